package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

// head is the newest schema version.
const head = 4

// TestReleasedMigrationsAreNeverEdited compares every migration with the hash
// it had when it was released. A new migration gets a new line; a changed hash
// means that databases in the field differ from what the file says.
func TestReleasedMigrationsAreNeverEdited(t *testing.T) {
	list, err := os.ReadFile("testdata/migrations.sha256")
	require.NoError(t, err)
	var want []string
	for line := range strings.Lines(string(list)) {
		want = append(want, strings.TrimSpace(line))
	}
	files, err := filepath.Glob("migrations/*/*.sql")
	require.NoError(t, err)
	var got []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		name := strings.TrimPrefix(filepath.ToSlash(f), "migrations/")
		got = append(got, fmt.Sprintf("%x %s", sha256.Sum256(text), name))
	}
	require.Equal(t, want, got)
}

// TestEnginesHaveTheSameMigrations and, after them, the same columns.
func TestEnginesHaveTheSameMigrations(t *testing.T) {
	names := map[string]int{}
	for _, dir := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob("migrations/" + dir + "/*.sql")
		require.NoError(t, err)
		require.Len(t, files, head)
		for _, f := range files {
			names[filepath.Base(f)]++
		}
	}
	for name, n := range names {
		require.Equal(t, 2, n, name)
	}
	lite, pg := storetest.Open(t, storetest.SQLite(t)), storetest.Open(t, storetest.Postgres(t))
	require.Equal(t, columns(t, lite, false), columns(t, pg, false))
}

// columns describes the tables of a database.
func columns(t *testing.T, s *store.Store, full bool) []string {
	if s.Engine() == store.SQLite {
		detail := ""
		if full {
			detail = ` || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk || ' ' || coalesce(c.dflt_value, '-')`
		}
		return s.Column(t, `SELECT m.name || '.' || c.name`+detail+` FROM sqlite_schema m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'goose_%' ORDER BY m.name, c.name`)
	}
	detail := ""
	if full {
		detail = ` || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-')`
	}
	return s.Column(t, `SELECT table_name || '.' || column_name`+detail+` FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name NOT LIKE 'goose_%'
		ORDER BY table_name COLLATE "C", column_name COLLATE "C"`)
}

// extras lists indexes, triggers and constraints.
func extras(t *testing.T, s *store.Store) []string {
	if s.Engine() == store.SQLite {
		return s.Column(t, `SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema
			WHERE type <> 'table' ORDER BY 1`)
	}
	all := s.Column(t, `SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1`)
	return append(all, s.Column(t, `SELECT trigger_name || ' ' || event_manipulation || ' ' || action_orientation
		FROM information_schema.triggers WHERE trigger_schema = current_schema() ORDER BY 1`)...)
}

// loadDump puts the dump of an old release into an empty database.
func loadDump(t *testing.T, url string) {
	t.Helper()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		text, err := os.ReadFile("testdata/v1.sqlite.sql")
		require.NoError(t, err)
		db, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), string(text))
		require.NoError(t, err)
		require.NoError(t, db.Close())
		return
	}
	text, err := os.ReadFile("testdata/v1.postgres.sql")
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	_, err = conn.PgConn().Exec(t.Context(), string(text)).ReadAll()
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

// emptyLike returns a second empty database of the same engine.
func emptyLike(t *testing.T, url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return storetest.SQLite(t)
	}
	return storetest.Postgres(t)
}

func TestUpgradeFromVersion1(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		loadDump(t, url)
		old, err := store.Open(t.Context(), store.Options{URL: url, NoMigrate: true})
		require.NoError(t, err)
		v, err := old.Version(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(1), v)
		require.NoError(t, old.Close())

		s := storetest.Open(t, url)
		v, err = s.Version(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(head), v)

		fresh := storetest.Open(t, emptyLike(t, url))
		require.Equal(t, columns(t, fresh, true), columns(t, s, true))
		require.Equal(t, extras(t, fresh), extras(t, s))
		checkUpgraded(t, s)
	})
}

// checkUpgraded reads the dump's rows through today's code.
func checkUpgraded(t *testing.T, s *store.Store) {
	r, err := s.Request(t.Context(), uuid.MustParse("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"))
	require.NoError(t, err)
	want := typical(0)
	want.ID, want.Start = r.ID, epoch
	want.KeyID, want.ClientRequestID, want.UpstreamID, want.ErrorMessage = "k-1", "c-1", "chatcmpl-1", "it's fine"
	want.CacheWriteTokens, want.CacheWrite1hTokens, want.ReportedCostNano = 7, 8, 99
	require.Equal(t, want, *r)

	k, err := s.KeyByName(t.Context(), "ci")
	require.NoError(t, err)
	require.Equal(t, []string{"gpt-*"}, k.AllowedModels)
	require.Equal(t, byte(0xab), k.Digest[31])
	before, err := s.KeysRevision(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.DeleteKey(t.Context(), k.ID))
	after, err := s.KeysRevision(t.Context())
	require.NoError(t, err)
	require.Greater(t, after, before)

	list, err := s.Sessions(t.Context(), epoch)
	require.NoError(t, err)
	require.Len(t, list, 1)
	value, err := s.Setting(t.Context(), "install_id")
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2}, value)
	require.NoError(t, s.PutSecret(t.Context(), secretbox.Generate(), "new", []byte("x"), epoch))
	r.ID, r.LossCodes = uuid.UUID{1}, "dropped.top_k"
	insert(t, s, *r)
}

func TestConcurrentStart(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		errs := make(chan error, 4)
		for range cap(errs) {
			wg.Go(func() {
				s, err := store.Open(context.Background(), store.Options{URL: url})
				if err == nil {
					err = s.Close()
				}
				errs <- err
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
	})
}

func TestMigrateSeparately(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		s, err := store.Open(t.Context(), store.Options{URL: url, NoMigrate: true})
		require.NoError(t, err)
		_, err = s.Requests(t.Context(), record.Query{})
		require.Error(t, err, "no table yet")
		v, err := s.Version(t.Context())
		require.NoError(t, err)
		require.Zero(t, v)
		require.NoError(t, s.Migrate(t.Context()))
		require.NoError(t, s.Migrate(t.Context()), "twice is fine")
		require.Empty(t, list(t, s, record.Query{}).Items)
		require.NoError(t, s.Close())
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		s.Exec(t, "INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (99, true, '2026-01-01 00:00:00')")
		_, err := store.Open(t.Context(), store.Options{URL: url})
		require.ErrorIs(t, err, store.ErrNewerSchema)
		require.ErrorContains(t, err, "99")
	})
}

func TestMigrateHonoursContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err := store.Open(ctx, store.Options{URL: storetest.SQLite(t)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
