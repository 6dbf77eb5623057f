package conversation

import (
	"context"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Resolution is what a request's references stand for. It aliases the request's
// body and belongs to one request; only Keep may be called with it from another
// goroutine.
type Resolution struct {
	// Tenant owns the request and all it refers to.
	Tenant string
	// PreviousID and ConversationID are what the request continues, or "".
	PreviousID, ConversationID string
	// Store: the client wants the response to be kept. Background: it wants
	// not to wait for it.
	Store, Background bool
	// Provider is the slug of the connection that made the newest of what the
	// request refers to, "" when none did or it is not known; Alias and Model
	// go with it when the request continues a response.
	Provider, Alias, Model string
	// Native: the provider itself has everything the request refers to, so the
	// request may go there as it came.
	Native bool

	req             *request
	history         []Item
	conversationEnd int64
}

// Stateful reports whether the request refers to anything stored. If it does
// not, its body can go anywhere as it is.
func (r *Resolution) Stateful() bool { return r.req.stateful() }

// Resolve finds what a request refers to. body must be the whole request; the
// store is asked only when the request refers to something. Errors are
// *llm.Error.
func (s *Service) Resolve(ctx context.Context, tenant string, body []byte) (*Resolution, error) {
	req, err := readRequest(body)
	if err != nil {
		return nil, err
	}
	r := &Resolution{
		Tenant: tenant, PreviousID: req.previous, ConversationID: req.conversation,
		Store: req.store, Background: req.background, req: req,
	}
	var home string
	switch {
	case req.previous != "":
		home, err = s.readPrevious(ctx, r)
	case req.conversation != "":
		err = s.readConversation(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	if req.references {
		if err := s.readReferences(ctx, r); err != nil {
			return nil, err
		}
	}
	r.settleHome(home)
	return r, nil
}

// readPrevious reads the chain and returns the provider that stores its last
// response, or "".
func (s *Service) readPrevious(ctx context.Context, r *Resolution) (home string, err error) {
	turns, err := s.chain(ctx, r.Tenant, r.PreviousID, previousNotFound)
	if err != nil {
		return "", err
	}
	last := &turns[len(turns)-1]
	if !last.Final() {
		return "", invalid("previous_response_not_ready", paramPrevious,
			"Previous response with id '%s' has not finished: its status is '%s'.", clip(last.ID), last.Status)
	}
	if r.history, err = s.replayed(ctx, turns); err != nil {
		return "", err
	}
	r.Provider, r.Alias, r.Model = last.Provider, last.Alias, last.Model
	return homeOf(&last.Response), nil
}

// chain reads a response and all before it. absent makes the error for one that
// is missing.
func (s *Service) chain(ctx context.Context, tenant, id string, absent func(id string) *llm.Error) ([]Turn, error) {
	if !legalID(id) {
		return nil, absent(id)
	}
	bound := Bound{Turns: s.o.MaxTurns, Bytes: s.o.MaxHistory}
	turns, err := s.store.Chain(ctx, tenant, id, s.now(), bound)
	if err != nil {
		return nil, failed(err, absent(id), nil)
	}
	size := int64(0)
	for i := range turns {
		size += int64(len(turns[i].Input) + len(turns[i].Output))
	}
	first := &turns[0]
	switch {
	case size > bound.Bytes, first.PreviousID != "" && len(turns) >= bound.Turns:
		return nil, historyTooLarge(paramPrevious)
	case first.PreviousID != "":
		// Half a history would be a different question: better no answer.
		return nil, absent(first.PreviousID)
	}
	return turns, nil
}

// replayed lists all items of a chain, in order.
func (s *Service) replayed(ctx context.Context, turns []Turn) (items []Item, err error) {
	if first := &turns[0]; first.ConversationID != "" && first.ConversationEnd > 0 {
		c, err := s.store.Conversation(ctx, first.Tenant, first.ConversationID, s.now())
		if err != nil {
			return nil, failed(err, conversationNotFound(first.ConversationID), nil)
		}
		if items, err = s.conversationItems(ctx, &c, first.ConversationEnd); err != nil {
			return nil, err
		}
	}
	for i := range turns {
		t := &turns[i]
		items = appendItems(items, t.Input, t.ID, "")
		items = appendItems(items, t.Output, t.ID, homeOf(&t.Response))
	}
	return items, nil
}

// appendItems adds the items of an array.
func appendItems(items []Item, array []byte, response, home string) []Item {
	for _, raw := range wirejson.Elements(array) {
		if isItem(raw) {
			items = append(items, Item{ID: itemID(raw), JSON: raw, Home: home, ResponseID: response})
		}
	}
	return items
}

// homeOf returns the provider that stores the response itself, or "".
func homeOf(r *Response) string {
	if r.Native {
		return r.Provider
	}
	return ""
}

func itemID(raw []byte) string {
	id, _ := wirejson.Text(wirejson.Member(raw, "id"))
	return id
}

func (s *Service) readConversation(ctx context.Context, r *Resolution) error {
	c, err := s.conversation(ctx, r.Tenant, r.ConversationID)
	if err != nil {
		return err
	}
	r.conversationEnd = c.Last
	r.history, err = s.conversationItems(ctx, &c, c.Last)
	return err
}

// conversationItems returns the items of a conversation up to a position.
func (s *Service) conversationItems(ctx context.Context, c *Conversation, upTo int64) ([]Item, error) {
	if c.Size > s.o.MaxHistory {
		return nil, historyTooLarge(paramConversation)
	}
	items, err := s.store.ConversationItems(ctx, c.Tenant, c.ID, all(upTo))
	if err != nil {
		return nil, failed(err, nil, nil)
	}
	return items, nil
}

// readReferences finds the items that the input refers to. What the history
// holds already is not said twice.
func (s *Service) readReferences(ctx context.Context, r *Resolution) error {
	held := make(map[string]Item, len(r.history))
	for _, it := range r.history {
		held[it.ID] = it
	}
	wanted, err := r.req.wanted(held)
	if err != nil {
		return err
	}
	found := map[string]Item{}
	if len(wanted) > 0 {
		found, err = s.store.Items(ctx, r.Tenant, wanted, s.now(), s.o.MaxHistory)
		if err != nil {
			return failed(err, nil, historyTooLarge(paramInput))
		}
	}
	for i := range r.req.input {
		e := &r.req.input[i]
		if e.refersTo == "" {
			continue
		}
		var ok bool
		if e.item, ok = found[e.refersTo]; ok {
			continue
		}
		if e.item, e.known = held[e.refersTo]; !e.known {
			return itemNotFound(e.refersTo)
		}
	}
	return nil
}

// wanted lists the ids that the input refers to and held has not.
func (r *request) wanted(held map[string]Item) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for _, e := range r.input {
		_, known := held[e.refersTo]
		if e.refersTo == "" || known || seen[e.refersTo] {
			continue
		}
		if !legalID(e.refersTo) {
			return nil, itemNotFound(e.refersTo)
		}
		seen[e.refersTo] = true
		ids = append(ids, e.refersTo)
	}
	if len(ids) > maxReferences {
		return nil, invalid("too_many_references", paramInput,
			"'input' refers to %d items; at most %d are possible.", len(ids), maxReferences)
	}
	return ids, nil
}

// settleHome decides whether one provider has everything. previous is the
// provider that stores the previous response. Conversations are ours alone.
func (r *Resolution) settleHome(previous string) {
	if !r.Stateful() {
		return
	}
	homes := make([]string, 0, len(r.req.input)+1)
	if r.PreviousID != "" {
		homes = append(homes, previous)
	}
	for _, e := range r.req.input {
		if e.refersTo != "" {
			homes = append(homes, e.item.Home)
		}
	}
	if r.Provider == "" {
		r.Provider = r.newestHome(homes)
	}
	r.Native = r.ConversationID == "" && r.Provider != "" &&
		!slices.ContainsFunc(homes, func(h string) bool { return h != r.Provider })
}

// newestHome returns the provider that stores the last of what the request
// refers to, among what is stored by a provider at all.
func (r *Resolution) newestHome(references []string) string {
	for _, h := range slices.Backward(references) {
		if h != "" {
			return h
		}
	}
	for i := range slices.Backward(r.history) {
		if h := r.history[i].Home; h != "" {
			return h
		}
	}
	return ""
}
