// Package storetest opens databases for tests: SQLite always, PostgreSQL and
// Redis where one answers. With CI=true a server that does not answer fails the
// test; elsewhere the test is skipped and says so.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/store"
)

// The servers asked when the environment names none.
const (
	defaultPostgres = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable"
	defaultRedis    = "redis://127.0.0.1:6379/0"
	answerTimeout   = 5 * time.Second
)

// Engines runs a test on every engine, each time with an empty, migrated
// store that is closed afterwards.
func Engines(t *testing.T, run func(t *testing.T, s *store.Store)) {
	t.Helper()
	URLs(t, func(t *testing.T, url string) { run(t, Open(t, url)) })
}

// URLs runs a test on every engine, each time with the URL of a database that
// has no tables yet.
func URLs(t *testing.T, run func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { run(t, Postgres(t)) })
}

// Open opens and migrates a database and closes it when the test ends.
func Open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// SQLite returns the URL of a new file in a temporary folder.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Postgres returns the URL of a new schema, which is dropped when the test
// ends. The server is that of PLEXUS_TEST_POSTGRES_URL, or the local one.
func Postgres(t testing.TB) string {
	t.Helper()
	base := env("PLEXUS_TEST_POSTGRES_URL", defaultPostgres)
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		absent(t, "PostgreSQL", "PLEXUS_TEST_POSTGRES_URL", err)
	}
	schema := "plexus_test_" + suffix()
	_, err = conn.Exec(ctx, "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
	t.Cleanup(func() { dropSchema(t, base, schema) })

	u, err := url.Parse(base)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func dropSchema(t testing.TB, base, schema string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

// Redis returns the URL of a Redis server that answers: that of
// PLEXUS_TEST_REDIS_URL, or the local one. Tests share it; each puts Prefix
// before its keys.
func Redis(t testing.TB) string {
	t.Helper()
	base := env("PLEXUS_TEST_REDIS_URL", defaultRedis)
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	conn, err := redis.DialURLContext(ctx, base)
	if err == nil {
		_, err = redis.DoContext(conn, ctx, "PING")
		require.NoError(t, conn.Close())
	}
	if err != nil {
		absent(t, "Redis", "PLEXUS_TEST_REDIS_URL", err)
	}
	return base
}

// Prefix returns a prefix for Redis keys that no other test has.
func Prefix(t testing.TB) string {
	t.Helper()
	return "plexus_test:" + suffix() + ":"
}

func absent(t testing.TB, what, variable string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s does not answer, and CI=true wants it: set %s (%v)", what, variable, err)
	}
	t.Skipf("%s does not answer; set %s to test with it (%v)", what, variable, err)
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func suffix() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
