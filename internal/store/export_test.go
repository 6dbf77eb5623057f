package store

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// Exec runs a statement behind the store's back.
func (s *Store) Exec(t testing.TB, query string, args ...any) {
	t.Helper()
	_, err := s.write.ExecContext(t.Context(), query, args...)
	require.NoError(t, err)
}

// Column returns the values of a query of one text column.
func (s *Store) Column(t testing.TB, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var v sql.NullString
		require.NoError(t, rows.Scan(&v))
		out = append(out, v.String)
	}
	require.NoError(t, rows.Err())
	return out
}

// ExecOnReader tries a statement on SQLite's reading pool.
func (s *Store) ExecOnReader(ctx context.Context, query string) error {
	_, err := s.read.ExecContext(ctx, query)
	return err
}

// MaxOpen returns the size of the pool reads come from.
func (s *Store) MaxOpen() int {
	if s.pool != nil {
		return int(s.pool.Config().MaxConns)
	}
	return s.read.Stats().MaxOpenConnections
}

// AtLeast is atLeast.
var AtLeast = atLeast
