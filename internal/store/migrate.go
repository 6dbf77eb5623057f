package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/record/filelock"
)

//go:embed migrations
var migrations embed.FS

// ErrNewerSchema is returned by Migrate for a database that a later release
// has migrated: this one does not know what its columns mean.
var ErrNewerSchema = errors.New("store: the database was migrated by a later release of Plexus")

// Migrate brings the schema up to date. Of several processes that start at
// once one does the work and the others wait for it: on PostgreSQL by a
// session-level advisory lock, on SQLite by a lock file beside the database.
func (s *Store) Migrate(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "store: migrate")
	p, done, err := s.provider()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	// Usually there is nothing to do, and no lock to take.
	if behind, err := pending(ctx, p); err != nil || !behind {
		return err
	}
	if s.engine == SQLite {
		held, err := filelock.Acquire(s.path + ".migrate-lock")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, held.Unlock()) }()
	}
	results, err := p.Up(ctx)
	for _, r := range results {
		s.log.Info("database: applied a migration", "file", r.Source.Path, "duration", r.Duration)
	}
	return err
}

// pending says whether migrations wait to be applied.
func pending(ctx context.Context, p *goose.Provider) (bool, error) {
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return false, err
	}
	if current > target {
		return false, fmt.Errorf("%w: its version is %d, this one's %d", ErrNewerSchema, current, target)
	}
	return current < target, nil
}

// Version returns the schema's version: the number of the last migration
// applied, 0 before the first.
func (s *Store) Version(ctx context.Context) (v int64, err error) {
	defer errs.Wrap(&err, "store: schema version")
	p, done, err := s.provider()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return p.GetDBVersion(ctx)
}

// provider returns goose for this database, and what to call afterwards.
func (s *Store) provider() (*goose.Provider, func() error, error) {
	dir, err := fs.Sub(migrations, "migrations/"+string(s.engine))
	if err != nil {
		return nil, nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.log)}
	if s.engine == SQLite {
		p, err := goose.NewProvider(goose.DialectSQLite3, s.write, dir, options...)
		return p, func() error { return nil }, err
	}
	db := s.migrationDB()
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir, append(options, goose.WithSessionLocker(pgLocker{}))...)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return p, db.Close, nil
}

// migrationDB connects apart from the pool: a migration of a large table may
// take longer than any statement of the running gateway.
func (s *Store) migrationDB() *sql.DB {
	cfg := s.pool.Config().ConnConfig
	cfg.RuntimeParams["statement_timeout"] = "0"
	cfg.RuntimeParams["lock_timeout"] = "0"
	db := stdlib.OpenDB(*cfg)
	db.SetMaxOpenConns(2)
	return db
}

// pgLocker holds PostgreSQL's migration lock: an advisory lock of the session,
// one per schema, that goes when the session does. goose's own locker polls
// every few seconds; this one waits in the server.
type pgLocker struct{}

var _ lock.SessionLocker = pgLocker{}

// pgLockSpace is the first half of the lock's key, "PLXM".
const pgLockSpace = 0x504c584d

// SessionLock implements lock.SessionLocker.
func (pgLocker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1, hashtext(current_schema()))", pgLockSpace)
	return err
}

// SessionUnlock implements lock.SessionLocker.
func (pgLocker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1, hashtext(current_schema()))", pgLockSpace)
	return err
}
