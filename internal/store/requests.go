package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/errs"
	"github.com/plexus-gateway/plexus/internal/record"
)

// The bounds of a page.
const (
	defaultPageRows = 50
	maxPageRows     = 500
)

// Requests returns a page of the request log. Rows whose sort value is not
// known (no first byte, no usage, no price, no name) come last in either
// direction; equal values are ordered by id. It fails with record.ErrBadCursor
// for a cursor that was not handed out for this sort column and direction.
//
// The sort by start has an index; the others read the rows that match the
// filter, so that a window of time keeps them fast.
func (s *Store) Requests(ctx context.Context, q record.Query) (page record.Page, err error) {
	defer errs.Wrap(&err, "store: requests")
	order, err := sortOrder(q.Sort)
	if err != nil {
		return record.Page{}, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPageRows
	}
	limit = min(limit, maxPageRows)

	where := s.where(q.Filter)
	total, err := s.countRequests(ctx, where)
	if err != nil {
		return record.Page{}, err
	}
	if q.Cursor != "" {
		at, err := decodeCursor(q.Cursor, order, q.Asc)
		if err != nil {
			return record.Page{}, err
		}
		where.after(order.keyset(s.engine, q.Asc), q.Asc, at.value, s.id(at.id))
	}
	items, err := s.selectRequests(ctx, where, order, q.Asc, limit+1)
	if err != nil {
		return record.Page{}, err
	}
	page = record.Page{Items: items, Total: total}
	if len(items) > limit {
		page.Items = items[:limit]
		page.Next = encodeCursor(order, q.Asc, &items[limit-1])
	}
	return page, nil
}

func (s *Store) countRequests(ctx context.Context, where *conditions) (n int64, err error) {
	query := "SELECT count(*) FROM (SELECT 1 FROM requests" + where.sql() + " LIMIT ?) AS matching"
	err = s.read.QueryRowContext(ctx, s.bind(query), append(slices.Clip(where.args), record.TotalCap)...).Scan(&n)
	return n, err
}

// selectRequests finds the ids of the page first and reads whole rows only for
// those: the sort of a large table then carries two columns, not forty.
func (s *Store) selectRequests(ctx context.Context, where *conditions, order *sortColumn, asc bool, limit int) ([]record.Record, error) {
	by := order.orderBy(s.engine, asc)
	query := "SELECT " + requestColumnList() + " FROM requests WHERE id IN (SELECT id FROM requests" +
		where.sql() + by + " LIMIT ?)" + by
	args := append(slices.Clip(where.args), limit)
	rows, err := s.read.QueryContext(ctx, s.bind(query), args...)
	if err != nil {
		return nil, err
	}
	return scanRequests(rows)
}

func scanRequests(rows *sql.Rows) (out []record.Record, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	dest := make([]any, len(requestColumns)+1)
	for rows.Next() {
		var r record.Record
		var detail []byte
		for i, c := range requestColumns {
			dest[i] = scanner(c.field(&r))
		}
		dest[len(requestColumns)] = &detail
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		if err := readDetail(detail, &r); err != nil {
			return nil, fmt.Errorf("request %s: %w", r.ID, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Request returns one request, or record.ErrNotFound.
func (s *Store) Request(ctx context.Context, id uuid.UUID) (r *record.Record, err error) {
	defer errs.Wrap(&err, "store: request %s", id)
	query := "SELECT " + requestColumnList() + " FROM requests WHERE id = ?"
	rows, err := s.read.QueryContext(ctx, s.bind(query), s.id(id))
	if err != nil {
		return nil, err
	}
	found, err := scanRequests(rows)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, record.ErrNotFound
	}
	return &found[0], nil
}

// DeleteRequestsBefore deletes up to limit of the oldest requests that started
// before t and returns how many it deleted. Retention calls it until it
// deletes fewer than limit: small steps let the journal's inserts in between.
func (s *Store) DeleteRequestsBefore(ctx context.Context, t time.Time, limit int) (n int64, err error) {
	defer errs.Wrap(&err, "store: delete requests before %s", t.UTC().Format(time.RFC3339))
	if limit <= 0 {
		return 0, fmt.Errorf("limit is %d", limit)
	}
	res, err := s.write.ExecContext(ctx, s.bind(`DELETE FROM requests WHERE id IN (
		SELECT id FROM requests WHERE start_us < ? ORDER BY start_us LIMIT ?)`), micros(t), limit)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// id returns a request's id as the engine takes it for a parameter.
func (s *Store) id(id uuid.UUID) any {
	if s.engine == SQLite {
		return id[:]
	}
	return id.String()
}

// bind numbers the parameters for PostgreSQL. Statements written with it hold
// no question mark but parameters.
func (s *Store) bind(query string) string {
	if s.engine == SQLite {
		return query
	}
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(query, "?") {
		if rest, ok := strings.CutSuffix(part, "?"); ok {
			n++
			fmt.Fprintf(&b, "%s$%d", rest, n)
			continue
		}
		b.WriteString(part)
	}
	return b.String()
}
