package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/errs"
)

// PutConversation implements conversation.Store.
func (s *Store) PutConversation(ctx context.Context, c *conversation.Conversation, items []conversation.Item, l conversation.Limits) (err error) {
	defer errs.Wrap(&err, "store: put conversation %s", c.ID)
	return s.inTx(ctx, func(tx *stateTx) error {
		if err := tx.lockTenant(ctx, c.Tenant); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `INSERT INTO conversations (tenant, id, metadata, created_us, expires_us, last_position, size)
			VALUES (?, ?, ?, ?, ?, 0, 0)`, clean(c.Tenant), c.ID, notNil(c.Metadata), micros(c.CreatedAt), micros(c.ExpiresAt))
		if err != nil {
			return err
		}
		if err := tx.append(ctx, c, items, c.CreatedAt, 0); err != nil {
			return err
		}
		return tx.evict(ctx, "conversations", c.Tenant, c.ID, l.Conversations)
	})
}

// AppendItems implements conversation.Store.
func (s *Store) AppendItems(ctx context.Context, c *conversation.Conversation, items []conversation.Item, now time.Time, bytes int64) (err error) {
	defer errs.Wrap(&err, "store: append to conversation %s", c.ID)
	return s.inTx(ctx, func(tx *stateTx) error { return tx.append(ctx, c, items, now, bytes) })
}

// append adds items at the end of a conversation; bytes bounds its size, unless
// it is 0. The conversation's row is changed first: that makes a second writer
// wait until the first has committed.
func (t *stateTx) append(ctx context.Context, c *conversation.Conversation, items []conversation.Item, now time.Time, bytes int64) error {
	var last, size int64
	err := t.QueryRowContext(ctx, t.s.bind(`UPDATE conversations SET expires_us = ?
		WHERE tenant = ? AND id = ? AND expires_us > ? RETURNING last_position, size`),
		micros(c.ExpiresAt), clean(c.Tenant), c.ID, micros(now)).Scan(&last, &size)
	if err != nil {
		return absent(err)
	}
	for _, it := range items {
		n, err := t.exec(ctx, `INSERT INTO conversation_items (tenant, conversation_id, position, id, home, item)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id, conversation_id) DO NOTHING`,
			clean(c.Tenant), c.ID, last+1, clean(it.ID), clean(it.Home), notNil(it.JSON))
		if err != nil {
			return err
		}
		last += n
		size += n * int64(len(it.JSON))
	}
	if bytes > 0 && size > bytes {
		return conversation.ErrTooLarge
	}
	_, err = t.exec(ctx, "UPDATE conversations SET last_position = ?, size = ? WHERE tenant = ? AND id = ?", last, size, clean(c.Tenant), c.ID)
	return err
}

// Conversation implements conversation.Store.
func (s *Store) Conversation(ctx context.Context, tenant, id string, now time.Time) (c conversation.Conversation, err error) {
	defer errs.Wrap(&err, "store: conversation %s", id)
	c.Tenant, c.ID = tenant, id
	err = s.read.QueryRowContext(ctx, s.bind(`SELECT metadata, created_us, expires_us, last_position, size FROM conversations
		WHERE tenant = ? AND id = ? AND expires_us > ?`), clean(tenant), id, micros(now)).
		Scan(&c.Metadata, scanner(&c.CreatedAt), scanner(&c.ExpiresAt), &c.Last, &c.Size)
	return c, absent(err)
}

// UpdateConversation implements conversation.Store.
func (s *Store) UpdateConversation(ctx context.Context, c *conversation.Conversation, now time.Time) (err error) {
	defer errs.Wrap(&err, "store: update conversation %s", c.ID)
	return s.touchOne(ctx, "UPDATE conversations SET metadata = ?, expires_us = ? WHERE tenant = ? AND id = ? AND expires_us > ?",
		notNil(c.Metadata), micros(c.ExpiresAt), clean(c.Tenant), c.ID, micros(now))
}

// DeleteConversation implements conversation.Store.
func (s *Store) DeleteConversation(ctx context.Context, tenant, id string, now time.Time) (err error) {
	defer errs.Wrap(&err, "store: delete conversation %s", id)
	return s.touchOne(ctx, "DELETE FROM conversations WHERE tenant = ? AND id = ? AND expires_us > ?", clean(tenant), id, micros(now))
}

// ConversationItems implements conversation.Store.
func (s *Store) ConversationItems(ctx context.Context, tenant, id string, q conversation.ItemQuery) (items []conversation.Item, err error) {
	defer errs.Wrap(&err, "store: items of conversation %s", id)
	query := `SELECT id, home, item, position FROM conversation_items
		WHERE tenant = ? AND conversation_id = ? AND position > ? AND position <= ? ORDER BY position`
	args := []any{clean(tenant), id, q.After, q.UpTo}
	if q.Descending {
		query += " DESC"
	}
	if q.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, q.Limit)
	}
	rows, err := s.read.QueryContext(ctx, s.bind(query), args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var it conversation.Item
		if err := rows.Scan(&it.ID, &it.Home, &it.JSON, &it.Position); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, rows.Err()
}

// ConversationItem implements conversation.Store.
func (s *Store) ConversationItem(ctx context.Context, tenant, id, item string) (it conversation.Item, err error) {
	defer errs.Wrap(&err, "store: item %s of conversation %s", item, id)
	it.ID = item
	err = s.read.QueryRowContext(ctx, s.bind(`SELECT home, item, position FROM conversation_items
		WHERE tenant = ? AND id = ? AND conversation_id = ?`), clean(tenant), item, id).Scan(&it.Home, &it.JSON, &it.Position)
	return it, absent(err)
}

// DeleteConversationItem implements conversation.Store.
func (s *Store) DeleteConversationItem(ctx context.Context, tenant, id, item string) (err error) {
	defer errs.Wrap(&err, "store: delete item %s of conversation %s", item, id)
	return s.inTx(ctx, func(tx *stateTx) error {
		// The conversation first, as in append: the order of the locks.
		if _, err := tx.exec(ctx, "UPDATE conversations SET size = size WHERE tenant = ? AND id = ?", clean(tenant), id); err != nil {
			return err
		}
		var size int64
		err := tx.QueryRowContext(ctx, s.bind(`DELETE FROM conversation_items
			WHERE tenant = ? AND id = ? AND conversation_id = ? RETURNING length(item)`), clean(tenant), item, id).Scan(&size)
		if err != nil {
			return absent(err)
		}
		_, err = tx.exec(ctx, "UPDATE conversations SET size = size - ? WHERE tenant = ? AND id = ?", size, clean(tenant), id)
		return err
	})
}

// replaceMark puts a list of parameters where a query has a percent sign.
func replaceMark(query, list string) string { return strings.Replace(query, "%", list, 1) }
