package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/plexus-gateway/plexus/internal/errs"
)

// minSQLite is the first version without the WAL-reset bug, by which two
// connections that write and checkpoint at once can corrupt the file
// (https://sqlite.org/releaselog/3_51_3.html).
var minSQLite = [3]int{3, 51, 3}

// openSQLite opens a writing pool of one connection and a reading pool on the
// same file: SQLite has one writer at a time, and a queue in front of it is
// better than every connection's busy handler.
func openSQLite(ctx context.Context, path string, o Options) (s *Store, err error) {
	defer errs.Wrap(&err, "SQLite file %s", path)
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, errors.New("want the path of a file")
	}
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	s = &Store{engine: SQLite, path: path, log: o.Logger}
	if err := s.connectSQLite(ctx, o.MaxOpenConns); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) connectSQLite(ctx context.Context, readers int) (err error) {
	if s.write, err = sql.Open("sqlite", sqliteDSN(s.path, true)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := checkSQLite(ctx, s.write); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", sqliteDSN(s.path, false)); err != nil {
		return err
	}
	if readers <= 0 {
		readers = DefaultReaders
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	s.wdb = bun.NewDB(s.write, sqlitedialect.New())
	s.rdb = bun.NewDB(s.read, sqlitedialect.New())
	return nil
}

// createPrivate makes the file, if need be, readable by its owner alone; the
// -wal and -shm files take its mode over.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteDSN returns the driver's name for the file. busy_timeout comes first,
// for the pragmas after it may have to wait for another process.
func sqliteDSN(path string, writer bool) string {
	pragmas := []string{
		"busy_timeout(10000)",
		"journal_mode(WAL)",
		"synchronous(FULL)", // see the package comment
		"foreign_keys(ON)",
		"temp_store(MEMORY)",
		"journal_size_limit(67108864)",
	}
	q := url.Values{}
	if writer {
		pragmas = append(pragmas, "cache_size(-8000)")
		q.Set("_txlock", "immediate")
	} else {
		pragmas = append(pragmas, "cache_size(-4000)", "query_only(ON)")
	}
	q["_pragma"] = pragmas
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version, mode string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if !atLeast(version, minSQLite) {
		return fmt.Errorf("SQLite %s can corrupt databases; want %d.%d.%d or later", version, minSQLite[0], minSQLite[1], minSQLite[2])
	}
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q, not WAL: is the file on a network file system?", mode)
	}
	return nil
}

// atLeast compares dotted version numbers.
func atLeast(version string, least [3]int) bool {
	parts := strings.SplitN(version, ".", 4)
	for i, want := range least {
		got := 0
		if i < len(parts) {
			var err error
			if got, err = strconv.Atoi(parts[i]); err != nil {
				return false
			}
		}
		if got != want {
			return got > want
		}
	}
	return true
}
