package conversation

import (
	"context"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// maxNewItems is how many items one request may add; it is OpenAI's.
const maxNewItems = 20

// conversation returns a conversation of the tenant.
func (s *Service) conversation(ctx context.Context, tenant, id string) (Conversation, error) {
	if !legalID(id) {
		return Conversation{}, conversationNotFound(id)
	}
	c, err := s.store.Conversation(ctx, tenant, id, s.now())
	if err != nil {
		return c, failed(err, conversationNotFound(id), nil)
	}
	return c, nil
}

// CreateConversation returns what POST /conversations answers; body may be
// empty. Errors are *llm.Error, as with all methods for conversations.
func (s *Service) CreateConversation(ctx context.Context, tenant string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	doc, err := s.index(body)
	if err != nil {
		return nil, err
	}
	c := &Conversation{Tenant: tenant, ID: s.id("conv"), CreatedAt: s.now(), ExpiresAt: s.now().Add(s.o.TTL)}
	if c.Metadata, err = metadata(doc, false); err != nil {
		return nil, err
	}
	items, err := s.newItems(doc, false)
	if err != nil {
		return nil, err
	}
	if err := s.store.PutConversation(ctx, c, items, s.limits()); err != nil {
		return nil, failed(err, nil, nil)
	}
	return c.json(), nil
}

// GetConversation returns what GET /conversations/{id} answers.
func (s *Service) GetConversation(ctx context.Context, tenant, id string) ([]byte, error) {
	c, err := s.conversation(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	return c.json(), nil
}

// UpdateConversation returns what POST /conversations/{id} answers: the
// conversation with its metadata replaced.
func (s *Service) UpdateConversation(ctx context.Context, tenant, id string, body []byte) ([]byte, error) {
	doc, err := s.index(body)
	if err != nil {
		return nil, err
	}
	meta, err := metadata(doc, true)
	if err != nil {
		return nil, err
	}
	c, err := s.conversation(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	c.Metadata, c.ExpiresAt = meta, s.now().Add(s.o.TTL)
	if err := s.store.UpdateConversation(ctx, &c, s.now()); err != nil {
		return nil, failed(err, conversationNotFound(id), nil)
	}
	return c.json(), nil
}

// DeleteConversation returns what DELETE /conversations/{id} answers. The
// items go with the conversation; responses made in it stay.
func (s *Service) DeleteConversation(ctx context.Context, tenant, id string) ([]byte, error) {
	if !legalID(id) {
		return nil, conversationNotFound(id)
	}
	if err := s.store.DeleteConversation(ctx, tenant, id, s.now()); err != nil {
		return nil, failed(err, conversationNotFound(id), nil)
	}
	return deleted(id, "conversation.deleted"), nil
}

// AddItems returns what POST /conversations/{id}/items answers: a list of the
// items that were added.
func (s *Service) AddItems(ctx context.Context, tenant, id string, body []byte) ([]byte, error) {
	doc, err := s.index(body)
	if err != nil {
		return nil, err
	}
	items, err := s.newItems(doc, true)
	if err != nil {
		return nil, err
	}
	if !legalID(id) {
		return nil, conversationNotFound(id)
	}
	c := &Conversation{Tenant: tenant, ID: id, ExpiresAt: s.now().Add(s.o.TTL)}
	if err := s.store.AppendItems(ctx, c, items, s.now(), s.o.MaxHistory); err != nil {
		return nil, failed(err, conversationNotFound(id), historyTooLarge("items"))
	}
	return list(items, false), nil
}

// Items returns what GET /conversations/{id}/items answers.
func (s *Service) Items(ctx context.Context, tenant, id string, p Page) ([]byte, error) {
	c, err := s.conversation(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	q := ItemQuery{UpTo: noBound, Descending: !p.Ascending, Limit: p.limit() + 1}
	if p.After != "" {
		it, err := s.cursor(ctx, tenant, id, p.After)
		if err != nil {
			return nil, err
		}
		if p.Ascending {
			q.After = it.Position
		} else {
			q.UpTo = it.Position - 1
		}
	}
	items, err := s.store.ConversationItems(ctx, tenant, c.ID, q)
	if err != nil {
		return nil, failed(err, nil, nil)
	}
	if n := p.limit(); len(items) > n {
		return list(items[:n], true), nil
	}
	return list(items, false), nil
}

// cursor returns the item that a page comes after.
func (s *Service) cursor(ctx context.Context, tenant, id, after string) (Item, error) {
	if !legalID(after) {
		return Item{}, noCursor(after)
	}
	it, err := s.store.ConversationItem(ctx, tenant, id, after)
	if err != nil {
		return it, failed(err, noCursor(after), nil)
	}
	return it, nil
}

func (s *Service) item(ctx context.Context, tenant, id, item string) (Item, error) {
	if !legalID(item) {
		return Item{}, itemNotFound(item)
	}
	it, err := s.store.ConversationItem(ctx, tenant, id, item)
	if err != nil {
		return it, failed(err, itemNotFound(item), nil)
	}
	return it, nil
}

// Item returns what GET /conversations/{id}/items/{item} answers.
func (s *Service) Item(ctx context.Context, tenant, id, item string) ([]byte, error) {
	if _, err := s.conversation(ctx, tenant, id); err != nil {
		return nil, err
	}
	it, err := s.item(ctx, tenant, id, item)
	if err != nil {
		return nil, err
	}
	return it.JSON, nil
}

// DeleteItem returns what DELETE /conversations/{id}/items/{item} answers: the
// conversation.
func (s *Service) DeleteItem(ctx context.Context, tenant, id, item string) ([]byte, error) {
	c, err := s.conversation(ctx, tenant, id)
	if err != nil {
		return nil, err
	}
	if !legalID(item) {
		return nil, itemNotFound(item)
	}
	if err := s.store.DeleteConversationItem(ctx, tenant, id, item); err != nil {
		return nil, failed(err, itemNotFound(item), nil)
	}
	return c.json(), nil
}

func (c *Conversation) json() []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Str("id", c.ID)
	w.Str("object", "conversation")
	w.Int("created_at", c.CreatedAt.Unix())
	w.Raw("metadata", c.Metadata)
	w.Close('}')
	return w.B
}

// index reads the body of a request about conversations.
func (s *Service) index(body []byte) (*jsonspan.Doc, error) {
	var doc jsonspan.Doc
	if int64(len(body)) > s.o.MaxBytes {
		return nil, llm.Errorf(llm.KindTooLarge, "request_too_large", "The request body has more than %d bytes.", s.o.MaxBytes)
	}
	if err := doc.Index(body); err != nil {
		e := llm.Errorf(llm.KindInvalid, "invalid_json", "The request body must be a JSON object: %v.", err)
		e.Cause = err
		return nil, e
	}
	return &doc, nil
}

// newItems reads the items to add, in the form they are stored in.
func (s *Service) newItems(doc *jsonspan.Doc, required bool) ([]Item, error) {
	v, ok := doc.Get("items")
	if !required && (!ok || v.Kind() == 'n') {
		return nil, nil
	}
	if v.Kind() != '[' {
		return nil, invalid("invalid_type", "items", "Invalid type for 'items': expected an array of items.")
	}
	var items []Item
	for i, raw := range wirejson.Elements(v.Raw) {
		if reference(raw) != "" {
			return nil, invalid("invalid_value", "items"+wirejson.At(i), "A conversation holds items, not references to them.")
		}
		it, ok := s.normal(raw)
		if !ok {
			return nil, invalid("invalid_type", "items"+wirejson.At(i), "Invalid type for 'items[%d]': expected an object with a type.", i)
		}
		if !legalID(it.ID) {
			return nil, invalid("invalid_value", "items"+wirejson.At(i)+".id", "Invalid id: at most %d visible ASCII characters are possible.", maxIDBytes)
		}
		if items = append(items, it); len(items) > maxNewItems {
			return nil, invalid("array_above_max_length", "items", "'items' has more than %d items: add them in several requests.", maxNewItems)
		}
	}
	return items, nil
}
