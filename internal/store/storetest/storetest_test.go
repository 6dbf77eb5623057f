package storetest_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func TestEngines(t *testing.T) {
	var seen []store.Engine
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		require.NoError(t, s.Ping(t.Context()))
		seen = append(seen, s.Engine())
	})
	require.Contains(t, seen, store.SQLite)
}

func TestPostgresSchemasAreApart(t *testing.T) {
	a, b := storetest.Postgres(t), storetest.Postgres(t)
	require.NotEqual(t, a, b)
	for _, url := range []string{a, b} {
		conn, err := pgx.Connect(t.Context(), url)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "CREATE TABLE here (n integer)")
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
	}
}

func TestRedis(t *testing.T) {
	require.True(t, strings.HasPrefix(storetest.Redis(t), "redis"))
	one, two := storetest.Prefix(t), storetest.Prefix(t)
	require.NotEqual(t, one, two)
}
