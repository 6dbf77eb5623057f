// Package store keeps what must outlive the process, in SQLite or PostgreSQL:
// finished requests, keys, admin sessions, settings and sealed secrets. There
// is one file per aggregate; the schema is in migrations/.
//
// Times are kept as whole microseconds since 1970 (UTC) in integer columns on
// both engines. SQLite has no time type, and PostgreSQL's microseconds map to
// them exactly, so one code path reads and writes both, comparisons are plain,
// and no session time zone can shift a value. In SQL,
// to_timestamp(start_us / 1e6) shows a time.
//
// What a method has written is durable when it returns: SQLite runs with
// synchronous=FULL, PostgreSQL with its default synchronous_commit. That is
// what lets the journal of package record delete what it has moved; see
// record.Sink.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"github.com/plexus-gateway/plexus/internal/errs"
)

// Errors of all aggregates.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("store: not found")
	// ErrExists: a row with this name is there already.
	ErrExists = errors.New("store: exists already")
)

// Engine is a kind of database.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// The default sizes of the connection pools.
const (
	DefaultReaders  = 4 // SQLite: reading connections beside the writing one
	DefaultMaxConns = 8 // PostgreSQL: a stock server takes 100, for all replicas
)

// Options says which database to open.
type Options struct {
	// URL is "" (plexus.db in DataDir), "sqlite:path", or a postgres:// URL
	// with the parameters libpq and pgxpool know.
	URL string
	// DataDir is the folder of the default SQLite file.
	DataDir string
	// MaxOpenConns bounds the reading connections of SQLite (0 means
	// DefaultReaders) or all connections of PostgreSQL (0 means what the URL
	// says in pool_max_conns, or else DefaultMaxConns).
	MaxOpenConns int
	// NoMigrate leaves the schema as it is; Migrate applies it.
	NoMigrate bool
	Logger    *slog.Logger
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	engine Engine
	path   string // of the SQLite file
	log    *slog.Logger

	pool  *pgxpool.Pool // PostgreSQL only
	write *sql.DB       // SQLite: one connection
	read  *sql.DB       // SQLite: read-only connections; PostgreSQL: the same as write
	wdb   *bun.DB       // builds statements on write
	rdb   *bun.DB       // builds statements on read
}

// Open connects to the database, checks that it can be used, and brings its
// schema up to date.
func Open(ctx context.Context, o Options) (s *Store, err error) {
	defer errs.Wrap(&err, "store: open")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch path, isFile := strings.CutPrefix(o.URL, "sqlite:"); {
	case o.URL == "":
		s, err = openSQLite(ctx, filepath.Join(o.DataDir, "plexus.db"), o)
	case isFile:
		s, err = openSQLite(ctx, strings.TrimPrefix(path, "//"), o)
	case strings.HasPrefix(o.URL, "postgres://"), strings.HasPrefix(o.URL, "postgresql://"):
		s, err = openPostgres(ctx, o)
	default:
		scheme, _, _ := strings.Cut(o.URL, ":") // the rest may hold a password
		return nil, fmt.Errorf("database URL of scheme %q; want sqlite: or postgres://", scheme)
	}
	if err != nil {
		return nil, err
	}
	if !o.NoMigrate {
		if err := s.Migrate(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Engine returns the kind of database.
func (s *Store) Engine() Engine { return s.engine }

// Ping checks that the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("store: ping: %w", err)
	}
	return nil
}

// Close closes all connections, after the statements under way.
func (s *Store) Close() error {
	var err error
	if s.read != nil && s.read != s.write {
		err = s.read.Close()
	}
	if s.write != nil {
		// Last: the last connection to leave folds the WAL into the file.
		err = errors.Join(err, s.write.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	if err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// affected turns "no row was touched" into ErrNotFound.
func affected(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}

// notFound turns database/sql's word for it into ours.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
