package store

import (
	"context"
	"errors"
	"time"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/errs"
)

// idsPerQuery keeps lists of ids short.
const idsPerQuery = 500

// Items implements conversation.Store.
func (s *Store) Items(ctx context.Context, tenant string, ids []string, now time.Time, bytes int64) (found map[string]conversation.Item, err error) {
	defer errs.Wrap(&err, "store: %d response items", len(ids))
	found = make(map[string]conversation.Item, len(ids))
	for from := 0; from < len(ids); from += idsPerQuery {
		part := ids[from:min(from+idsPerQuery, len(ids))]
		for _, source := range []*itemSource{itemsOfConversations(), itemsOfResponses()} {
			if err := s.itemsFrom(ctx, source, tenant, part, now, &bytes, found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// itemSource is a place items are looked for by id. The parameters of rows are
// the tenant, the ids and the time; its last column is the order, so that of
// several items with one id the newest wins.
type itemSource struct{ length, columns, rows, order string }

func itemsOfResponses() *itemSource {
	return &itemSource{
		length: "i.length",
		columns: `i.item_id, i.response_id, CASE WHEN r.native THEN r.provider ELSE '' END,
			CASE WHEN i.in_body THEN 1 ELSE 0 END,
			CASE WHEN i.in_body THEN substr(r.body, CAST(i.start + 1 AS integer), CAST(i.length AS integer))
				ELSE substr(r.input, CAST(i.start + 1 AS integer), CAST(i.length AS integer)) END`,
		rows: `response_items i JOIN responses r ON r.tenant = i.tenant AND r.id = i.response_id
			WHERE i.tenant = ? AND i.item_id IN (%) AND r.expires_us > ?`,
		order: "r.created_us",
	}
}

func itemsOfConversations() *itemSource {
	return &itemSource{
		length:  "length(i.item)",
		columns: "i.id, '', i.home, 1, i.item",
		rows: `conversation_items i JOIN conversations c ON c.tenant = i.tenant AND c.id = i.conversation_id
			WHERE i.tenant = ? AND i.id IN (%) AND c.expires_us > ?`,
		order: "c.created_us",
	}
}

// itemsFrom adds what one source has. It weighs the items before it reads them
// and takes their weight off bytes.
func (s *Store) itemsFrom(ctx context.Context, from *itemSource, tenant string, ids []string, now time.Time, bytes *int64, found map[string]conversation.Item) (err error) {
	args := make([]any, 0, len(ids)+2)
	args = append(args, clean(tenant))
	for _, id := range ids {
		args = append(args, id)
	}
	args = append(args, micros(now))
	rows := " FROM " + replaceMark(from.rows, marks(len(ids)))

	var weight int64
	total := s.bind("SELECT CAST(coalesce(sum(" + from.length + "), 0) AS bigint)" + rows)
	if err := s.read.QueryRowContext(ctx, total, args...).Scan(&weight); err != nil {
		return err
	}
	if *bytes -= weight; *bytes < 0 {
		return conversation.ErrTooLarge
	}
	if weight == 0 {
		return nil
	}
	list, err := s.read.QueryContext(ctx, s.bind("SELECT "+from.columns+rows+" ORDER BY "+from.order), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, list.Close()) }()
	for list.Next() {
		var it conversation.Item
		var atHome int
		if err := list.Scan(&it.ID, &it.ResponseID, &it.Home, &atHome, &it.JSON); err != nil {
			return err
		}
		if atHome == 0 { // the provider gave ids of its own to what it was sent
			it.Home = ""
		}
		found[it.ID] = it
	}
	return list.Err()
}
