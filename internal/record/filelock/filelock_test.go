package filelock_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record/filelock"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := filelock.TryLock(path)
	require.NoError(t, err)
	_, err = filelock.TryLock(path)
	require.ErrorIs(t, err, filelock.ErrHeld)

	got := make(chan error, 1)
	go func() {
		next, err := filelock.Acquire(path)
		if err == nil {
			err = next.Unlock()
		}
		got <- err
	}()
	require.NoError(t, held.Unlock())
	require.NoError(t, <-got)

	again, err := filelock.TryLock(path)
	require.NoError(t, err)
	require.NoError(t, again.Unlock())
}

func TestLockNoDirectory(t *testing.T) {
	_, err := filelock.TryLock(filepath.Join(t.TempDir(), "missing", "lock"))
	require.Error(t, err)
}
