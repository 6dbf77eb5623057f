package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/errs"
)

var _ conversation.Store = (*Store)(nil)

// PutResponse implements conversation.Store.
func (s *Store) PutResponse(ctx context.Context, e *conversation.Entry, l conversation.Limits) (err error) {
	defer errs.Wrap(&err, "store: put response %s", e.ID)
	return s.inTx(ctx, func(tx *stateTx) error {
		if err := tx.lockTenant(ctx, e.Tenant); err != nil {
			return err
		}
		if err := tx.insertResponse(ctx, e); err != nil {
			return err
		}
		if err := tx.indexItems(ctx, e); err != nil {
			return err
		}
		if err := tx.prolong(ctx, e, l.Grace); err != nil {
			return err
		}
		if e.ConversationID != "" && len(e.Append) > 0 {
			c := &conversation.Conversation{Tenant: e.Tenant, ID: e.ConversationID, ExpiresAt: e.ExpiresAt}
			err := tx.append(ctx, c, e.Append, e.CreatedAt, 0)
			if err != nil && !errors.Is(err, conversation.ErrNotFound) { // deleted in the meantime
				return err
			}
		}
		return tx.evict(ctx, "responses", e.Tenant, e.ID, l.Responses)
	})
}

// stateTx is a transaction on the tables of the Responses API.
type stateTx struct {
	*sql.Tx
	s *Store
}

// inTx runs do in a transaction.
func (s *Store) inTx(ctx context.Context, do func(tx *stateTx) error) (err error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(&stateTx{tx, s}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// exec runs a statement and returns how many rows it touched.
func (t *stateTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, t.s.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// lockTenant lets the writers of one tenant pass one after the other, so that
// two that prolong the same chain cannot deadlock and counts are exact. SQLite
// has one writer anyway.
func (t *stateTx) lockTenant(ctx context.Context, tenant string) error {
	if t.s.engine == SQLite {
		return nil
	}
	_, err := t.exec(ctx, "SELECT pg_advisory_xact_lock(?, hashtext(?))", pgTenantSpace, clean(tenant))
	return err
}

// pgTenantSpace is the first half of the keys of tenants' locks, "PLXR".
const pgTenantSpace = 0x504c5852

func (t *stateTx) insertResponse(ctx context.Context, e *conversation.Entry) error {
	const columns = 18
	n, err := t.exec(ctx, `INSERT INTO responses (tenant, id, previous_id, conversation_id, conversation_end, provider, alias, model,
			status, native, background, created_us, expires_us, output_start, output_length, size, input, body)
		VALUES (`+marks(columns)+`)
		ON CONFLICT (tenant, id) DO UPDATE SET status = EXCLUDED.status, expires_us = EXCLUDED.expires_us,
			output_start = EXCLUDED.output_start, output_length = EXCLUDED.output_length, size = EXCLUDED.size, body = EXCLUDED.body
		WHERE responses.status IN ('queued', 'in_progress')`,
		clean(e.Tenant), e.ID, e.PreviousID, e.ConversationID, e.ConversationEnd, clean(e.Provider), clean(e.Alias), clean(e.Model),
		clean(e.Status), e.Native, e.Background, micros(e.CreatedAt), micros(e.ExpiresAt), e.Output.Start, e.Output.Len, e.OutSize,
		notNil(e.Input), notNil(e.Body))
	if err != nil {
		return err
	}
	if n == 0 {
		return conversation.ErrExists
	}
	return nil
}

// marks returns n parameters.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// rowsPerInsert keeps statements of many rows short.
const rowsPerInsert = 100

func (t *stateTx) indexItems(ctx context.Context, e *conversation.Entry) error {
	if _, err := t.exec(ctx, "DELETE FROM response_items WHERE tenant = ? AND response_id = ?", clean(e.Tenant), e.ID); err != nil {
		return err
	}
	for from := 0; from < len(e.Index); from += rowsPerInsert {
		rows := e.Index[from:min(from+rowsPerInsert, len(e.Index))]
		args := make([]any, 0, 6*len(rows))
		for _, it := range rows {
			args = append(args, clean(e.Tenant), it.ID, e.ID, it.InBody, it.At.Start, it.At.Len)
		}
		values := strings.TrimSuffix(strings.Repeat("("+marks(6)+"), ", len(rows)), ", ")
		_, err := t.exec(ctx, `INSERT INTO response_items (tenant, item_id, response_id, in_body, start, length)
			VALUES `+values+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// prolong gives what the response builds on its own life and the grace, unless
// it lives as long already.
func (t *stateTx) prolong(ctx context.Context, e *conversation.Entry, grace time.Duration) error {
	seeds := make([]any, 0, len(e.Used)+1)
	if e.PreviousID != "" {
		seeds = append(seeds, e.PreviousID)
	}
	for _, id := range e.Used {
		seeds = append(seeds, id)
	}
	if len(seeds) == 0 {
		return nil
	}
	tenant, until := clean(e.Tenant), micros(e.ExpiresAt)
	args := append([]any{tenant}, seeds...)
	args = append(args, tenant, until+grace.Microseconds(), tenant, until)
	_, err := t.exec(ctx, `WITH RECURSIVE chain (id, previous_id) AS (
			SELECT id, previous_id FROM responses WHERE tenant = ? AND id IN (`+marks(len(seeds))+`)
			UNION
			SELECT r.id, r.previous_id FROM chain c JOIN responses r ON r.tenant = ? AND r.id = c.previous_id
		)
		UPDATE responses SET expires_us = ? WHERE tenant = ? AND expires_us < ? AND id IN (SELECT id FROM chain)`, args...)
	return err
}

// evict deletes what is used least of a tenant's rows beyond limit, but never
// the row with the id except. table is a name of ours.
func (t *stateTx) evict(ctx context.Context, table, tenant, except string, limit int) error {
	var n int
	err := t.QueryRowContext(ctx, t.s.bind("SELECT count(*) FROM "+table+" WHERE tenant = ?"), clean(tenant)).Scan(&n)
	if err != nil || n <= limit {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM `+table+` WHERE tenant = ? AND id IN (
		SELECT id FROM `+table+` WHERE tenant = ? AND id <> ? ORDER BY expires_us, created_us, id LIMIT ?)`,
		clean(tenant), clean(tenant), except, n-limit)
	return err
}

// responseColumns are read by scanResponse, in its order.
const responseColumns = `r.id, r.previous_id, r.conversation_id, r.conversation_end, r.provider, r.alias, r.model, r.status,
	r.native, r.background, r.created_us, r.expires_us, r.input`

func scanResponse(row interface{ Scan(dest ...any) error }, r *conversation.Response, last any) error {
	return row.Scan(&r.ID, &r.PreviousID, &r.ConversationID, &r.ConversationEnd, &r.Provider, &r.Alias, &r.Model, &r.Status,
		&r.Native, &r.Background, scanner(&r.CreatedAt), scanner(&r.ExpiresAt), &r.Input, last)
}

// Response implements conversation.Store.
func (s *Store) Response(ctx context.Context, tenant, id string, now time.Time) (r conversation.Response, err error) {
	defer errs.Wrap(&err, "store: response %s", id)
	r.Tenant = tenant
	row := s.read.QueryRowContext(ctx, s.bind(`SELECT `+responseColumns+`, r.body FROM responses r
		WHERE r.tenant = ? AND r.id = ? AND r.expires_us > ?`), clean(tenant), id, micros(now))
	return r, absent(scanResponse(row, &r, &r.Body))
}

// absent turns database/sql's word for it into package conversation's.
func absent(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return conversation.ErrNotFound
	}
	return err
}

// DeleteResponse implements conversation.Store.
func (s *Store) DeleteResponse(ctx context.Context, tenant, id string, now time.Time) (err error) {
	defer errs.Wrap(&err, "store: delete response %s", id)
	return s.touchOne(ctx, "DELETE FROM responses WHERE tenant = ? AND id = ? AND expires_us > ?", clean(tenant), id, micros(now))
}

// touchOne runs a statement that must touch a row.
func (s *Store) touchOne(ctx context.Context, query string, args ...any) error {
	err := affected(s.write.ExecContext(ctx, s.bind(query), args...))
	if errors.Is(err, ErrNotFound) {
		return conversation.ErrNotFound
	}
	return err
}

// Chain implements conversation.Store.
func (s *Store) Chain(ctx context.Context, tenant, id string, now time.Time, b conversation.Bound) (turns []conversation.Turn, err error) {
	defer errs.Wrap(&err, "store: chain of response %s", id)
	owner, at := clean(tenant), micros(now)
	// The recursion sees no text: the sizes are counted before any is read.
	rows, err := s.read.QueryContext(ctx, s.bind(`WITH RECURSIVE chain (id, previous_id, depth, bytes) AS (
			SELECT id, previous_id, 1, size FROM responses WHERE tenant = ? AND id = ? AND expires_us > ?
			UNION ALL
			SELECT r.id, r.previous_id, c.depth + 1, c.bytes + r.size FROM chain c JOIN responses r ON r.tenant = ? AND r.id = c.previous_id
			WHERE r.expires_us > ? AND c.depth < ? AND c.bytes <= ?
		)
		SELECT `+responseColumns+`, substr(r.body, CAST(r.output_start + 1 AS integer), CAST(r.output_length AS integer))
		FROM chain c JOIN responses r ON r.tenant = ? AND r.id = c.id ORDER BY c.depth DESC`),
		owner, id, at, owner, at, b.Turns, b.Bytes, owner)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		t := conversation.Turn{Response: conversation.Response{Tenant: tenant}}
		if err := scanResponse(rows, &t.Response, &t.Output); err != nil {
			return nil, err
		}
		turns = append(turns, t)
	}
	if len(turns) == 0 && rows.Err() == nil {
		return nil, conversation.ErrNotFound
	}
	return turns, rows.Err()
}

// DeleteExpired implements conversation.Store.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time, limit int) (n int64, err error) {
	defer errs.Wrap(&err, "store: delete expired responses")
	if limit <= 0 {
		return 0, fmt.Errorf("limit is %d", limit)
	}
	for _, table := range []string{"responses", "conversations"} {
		res, err := s.write.ExecContext(ctx, s.bind(`DELETE FROM `+table+` WHERE (tenant, id) IN (
			SELECT tenant, id FROM `+table+` WHERE expires_us <= ? ORDER BY expires_us LIMIT ?)`), micros(now), limit)
		if err != nil {
			return n, err
		}
		deleted, err := res.RowsAffected()
		if n += deleted; err != nil {
			return n, err
		}
	}
	return n, nil
}
