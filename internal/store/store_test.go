package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	require.NoError(t, os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 500)), 0o600))
	tests := []struct {
		name, url, want string
	}{
		{name: "unknown scheme", url: "mysql://root:hunter2@db/x", want: `scheme "mysql"`},
		{name: "memory", url: "sqlite::memory:", want: "path of a file"},
		{name: "no path", url: "sqlite:", want: "path of a file"},
		{name: "not a database", url: "sqlite:" + garbage, want: "garbage.db"},
		{name: "folder", url: "sqlite:" + dir, want: "directory"},
		{name: "bad PostgreSQL URL", url: "postgres://u:hunter2@:x:y/db", want: "cannot be parsed"},
		{name: "PostgreSQL is not there", url: "postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=1", want: "PostgreSQL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := store.Open(t.Context(), store.Options{URL: tt.url})
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestSQLiteFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%20") // a path is not a URL
	s, err := store.Open(t.Context(), store.Options{DataDir: dir})
	require.NoError(t, err)
	require.Equal(t, store.SQLite, s.Engine())
	insert(t, s, typical(1))
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range list {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		require.True(t, strings.HasPrefix(e.Name(), "plexus.db"), e.Name())
	}
	require.Equal(t, []string{"wal"}, s.Column(t, "PRAGMA journal_mode"))
	require.Equal(t, []string{"2"}, s.Column(t, "PRAGMA synchronous"), "2 is FULL")
	require.Equal(t, []string{"1"}, s.Column(t, "PRAGMA foreign_keys"))
	require.Equal(t, []string{"10000"}, s.Column(t, "PRAGMA busy_timeout"))
	require.ErrorContains(t, s.ExecOnReader(t.Context(), "DELETE FROM requests"), "readonly")
	require.NoError(t, s.Close())
	_, err = os.Stat(filepath.Join(dir, "plexus.db-wal"))
	require.ErrorIs(t, err, os.ErrNotExist, "closing folds the WAL in")
}

func TestPoolSizes(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{URL: storetest.SQLite(t), MaxOpenConns: 2})
	require.NoError(t, err)
	require.Equal(t, 2, s.MaxOpen())
	require.NoError(t, s.Close())

	url := storetest.Postgres(t)
	for _, tt := range []struct {
		suffix    string
		max, want int
	}{{"", 0, 8}, {"&pool_max_conns=3", 0, 3}, {"&pool_max_conns=3", 5, 5}} {
		s, err := store.Open(t.Context(), store.Options{URL: url + tt.suffix, MaxOpenConns: tt.max})
		require.NoError(t, err)
		require.Equal(t, tt.want, s.MaxOpen())
		require.Equal(t, []string{"30s"}, s.Column(t, "SHOW statement_timeout"))
		require.NoError(t, s.Close())
	}
}

func TestAtLeast(t *testing.T) {
	least := [3]int{3, 51, 3}
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.4": true, "3.52": true, "3.53.4": true, "4.0.0": true,
		"3.51.2": false, "3.51": false, "3.7.17": false, "2.99.9": false, "": false, "x.y.z": false,
	} {
		require.Equal(t, want, store.AtLeast(version, least), version)
	}
}
