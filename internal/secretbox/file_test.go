package secretbox_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/secretbox"
)

func TestOpenFileCreatesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "keyring")
	first, created, err := secretbox.OpenFile(path)
	require.NoError(t, err)
	require.True(t, created)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	second, created, err := secretbox.OpenFile(path)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, first.Derive("x"), second.Derive("x"))
	require.Len(t, entries(t, filepath.Dir(path)), 1, "no temporary file stays")
}

func TestOpenFileRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		secrets = map[[32]byte]int{}
		creates int
		failed  []error
	)
	for range 16 {
		wg.Go(func() {
			r, created, err := secretbox.OpenFile(path)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
				return
			}
			secrets[r.Derive("x")]++
			if created {
				creates++
			}
		})
	}
	wg.Wait()
	require.Empty(t, failed)
	require.Len(t, secrets, 1)
	require.Equal(t, 1, creates)
}

func TestOpenFileRefuses(t *testing.T) {
	tests := []struct {
		name string
		mode os.FileMode
		text string
		err  error
	}{
		{name: "group readable", mode: 0o640, text: encoded(1), err: secretbox.ErrExposed},
		{name: "world readable", mode: 0o604, text: encoded(1), err: secretbox.ErrExposed},
		{name: "group writable", mode: 0o620, text: encoded(1), err: secretbox.ErrExposed},
		{name: "empty", mode: 0o600, text: "", err: secretbox.ErrBadRing},
		{name: "garbage", mode: 0o600, text: "!!", err: secretbox.ErrBadRing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keyring")
			require.NoError(t, os.WriteFile(path, []byte(tt.text), 0o600))
			require.NoError(t, os.Chmod(path, tt.mode))
			_, _, err := secretbox.OpenFile(path)
			require.ErrorIs(t, err, tt.err)
			require.ErrorContains(t, err, path)
		})
	}
	t.Run("directory", func(t *testing.T) {
		_, _, err := secretbox.OpenFile(t.TempDir())
		require.ErrorIs(t, err, secretbox.ErrBadRing)
	})
}

func TestRotateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring")
	before, _, err := secretbox.OpenFile(path)
	require.NoError(t, err)
	at := secretbox.Place{Table: "secrets", Column: "sealed", Row: "a"}
	box, err := before.Seal([]byte("v"), at)
	require.NoError(t, err)

	_, err = secretbox.RotateFile(path)
	require.NoError(t, err)
	after, created, err := secretbox.OpenFile(path)
	require.NoError(t, err)
	require.False(t, created)
	require.Len(t, after.IDs(), 2)
	require.Equal(t, before.Derive("pepper"), after.Derive("pepper"))

	got, err := after.Open(box, at)
	require.NoError(t, err)
	require.Equal(t, "v", string(got))
	require.True(t, after.Stale(box))
	resealed, err := after.Seal(got, at)
	require.NoError(t, err)
	require.False(t, after.Stale(resealed))
	_, err = before.Open(resealed, at)
	require.ErrorIs(t, err, secretbox.ErrUnknownKey)
	require.Len(t, entries(t, filepath.Dir(path)), 1)
}

func TestRotateFileMissing(t *testing.T) {
	_, err := secretbox.RotateFile(filepath.Join(t.TempDir(), "keyring"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	return list
}
