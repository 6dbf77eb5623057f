package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/record"
)

var _ record.Sink = (*Store)(nil)

// InsertRecords implements record.Sink: all rows or none, ids that are there
// already are left as they are, and the rows are durable when it returns nil.
// Errors that lie in the records' values wrap record.ErrRejected.
func (s *Store) InsertRecords(ctx context.Context, rs []record.Record) (err error) {
	defer errs.Wrap(&err, "store: insert %d requests", len(rs))
	if len(rs) == 0 {
		return nil
	}
	if s.engine == SQLite {
		err = s.insertSQLite(ctx, rs)
	} else {
		err = s.insertPostgres(ctx, rs)
	}
	if err != nil && isRejection(err) {
		return fmt.Errorf("%w: %w", record.ErrRejected, err)
	}
	return err
}

// isRejection tells the database's "this value, never" from "not now".
func isRejection(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
			return true
		}
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Class 22 is data exceptions, 23 violated constraints.
		return strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23")
	}
	return false
}

// sqliteInsert is the statement of insertSQLite.
func sqliteInsert() string {
	marks := strings.Repeat("?, ", len(requestColumns)) + "?"
	return "INSERT INTO requests (" + requestColumnList() + ") VALUES (" + marks + ") ON CONFLICT (id) DO NOTHING"
}

// insertSQLite runs one prepared statement per row, on the driver's own
// connection: that is the fastest way in, and database/sql's conversions of
// every value would come on top.
func (s *Store) insertSQLite(ctx context.Context, rs []record.Record) (err error) {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return conn.Raw(func(raw any) error {
		c, ok := raw.(sqliteConn)
		if !ok {
			return fmt.Errorf("the SQLite driver's connection is a %T", raw)
		}
		return insertLoop(ctx, c, rs)
	})
}

// sqliteConn is what insertLoop needs of the driver's connection.
type sqliteConn interface {
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

// rowsPerYield is how many rows are inserted, in about 0.1 ms, before requests
// get a turn; yielding after every row would wake idle threads each time.
const rowsPerYield = 8

func insertLoop(ctx context.Context, c sqliteConn, rs []record.Record) (err error) {
	// The context is looked at between rows; handing it to the driver would
	// start a goroutine for every row.
	background := context.WithoutCancel(ctx)
	tx, err := c.BeginTx(background, driver.TxOptions{})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	stmt, err := c.PrepareContext(background, sqliteInsert())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	exec, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return fmt.Errorf("the SQLite driver's statement is a %T", stmt)
	}
	args := make([]driver.NamedValue, len(requestColumns)+1)
	var detail []byte
	for i := range rs {
		if err := ctx.Err(); err != nil {
			return err
		}
		for k := range requestColumns {
			args[k] = driver.NamedValue{Ordinal: k + 1, Value: sqlValue(requestColumns[k].field(&rs[i]))}
		}
		if detail, err = appendDetail(detail[:0], &rs[i]); err != nil {
			return err
		}
		args[len(requestColumns)] = driver.NamedValue{Ordinal: len(args), Value: string(detail)}
		if _, err := exec.ExecContext(background, args); err != nil {
			return err
		}
		if i%rowsPerYield == rowsPerYield-1 {
			runtime.Gosched() // a gateway on one core serves requests in between
		}
	}
	return tx.Commit()
}

// insertPostgres sends the batch as one array per column in one statement: one
// round trip, one prepared plan whatever the number of rows, and none of the
// catalogue churn of a temporary table to COPY into.
func (s *Store) insertPostgres(ctx context.Context, rs []record.Record) error {
	arrays := make([]any, len(requestColumns)+1)
	for k, c := range requestColumns {
		arrays[k] = pgArray(c, rs)
	}
	details := make([]string, len(rs))
	for i := range rs {
		b, err := appendDetail(nil, &rs[i])
		if err != nil {
			return err
		}
		details[i] = string(b)
	}
	arrays[len(requestColumns)] = details
	_, err := s.pool.Exec(ctx, postgresInsert(), arrays...)
	return err
}

func postgresInsert() string {
	params := make([]string, len(requestColumns))
	for k, c := range requestColumns {
		params[k] = fmt.Sprintf("$%d::%s[]", k+1, c.pgType)
	}
	return "INSERT INTO requests (" + requestColumnList() + ") SELECT * FROM unnest(" +
		strings.Join(params, ", ") + fmt.Sprintf(", $%d::text[]", len(params)+1) + ") ON CONFLICT (id) DO NOTHING"
}

// pgArray returns a column of the batch.
func pgArray(c requestColumn, rs []record.Record) any {
	switch c.pgType {
	case "uuid":
		return column(c, rs, func(p any) pgtype.UUID {
			return pgtype.UUID{Bytes: *p.(*uuid.UUID), Valid: true} //nolint:errcheck // the table says so
		})
	case "text":
		return column(c, rs, func(p any) string { return clean(*p.(*string)) }) //nolint:errcheck // likewise
	case "boolean":
		return column(c, rs, func(p any) bool { return *p.(*bool) }) //nolint:errcheck // likewise
	default:
		return column(c, rs, func(p any) int64 { n, _ := integer(p); return n })
	}
}

func column[T any](c requestColumn, rs []record.Record, get func(any) T) []T {
	out := make([]T, len(rs))
	for i := range rs {
		out[i] = get(c.field(&rs[i]))
	}
	return out
}
