package conversation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Answer is what a request led to.
type Answer struct {
	// Body is the response object as the client gets it: of a stream, the one
	// in its last event.
	Body []byte
	// Provider, Alias and Model are as in Response.
	Provider, Alias, Model string
	// Native: the provider stores the response itself, under this id, and can
	// continue it.
	Native bool
}

// Keep stores the answer to a request, unless the client said store:false. It
// must return before the client sees the end: the next request may follow at
// once. Errors are for the log: the answer itself is none the worse, but a
// request that continues it will be told that it is not found. They wrap
// ErrTooLarge and ErrExists where those are the cause.
func (s *Service) Keep(ctx context.Context, r *Resolution, a Answer) error {
	if !r.Store {
		return nil
	}
	e := &Entry{Response: Response{
		Tenant: r.Tenant, PreviousID: r.PreviousID, ConversationID: r.ConversationID, ConversationEnd: r.conversationEnd,
		Provider: a.Provider, Alias: a.Alias, Model: a.Model, Native: a.Native, Background: r.Background,
		CreatedAt: s.now(), Body: a.Body,
	}}
	e.Input = s.newInput(r, e)
	return s.put(ctx, e)
}

// Refresh stores a newer state of a response that had not finished: one that
// runs in the background at a provider that was asked again.
func (s *Service) Refresh(ctx context.Context, stored Response, body []byte) error {
	stored.Body = body
	return s.put(ctx, &Entry{Response: stored, Index: indexInput(stored.Input)})
}

// newInput returns the array of the request's own items and notes where they
// stand and whose life they prolong.
func (s *Service) newInput(r *Resolution, e *Entry) []byte {
	b := []byte{'['}
	used := map[string]bool{}
	for _, el := range r.req.input {
		it, ok := el.item, el.refersTo != "" && !el.known
		if el.refersTo == "" {
			it, ok = s.normal(el.raw)
		}
		if !ok {
			continue
		}
		b = wirejson.AppendSep(b)
		if el.refersTo == "" {
			e.Index = appendIndex(e.Index, it.ID, false, len(b), len(it.JSON))
		} else if it.ResponseID != "" && !used[it.ResponseID] {
			used[it.ResponseID] = true
			e.Used = append(e.Used, it.ResponseID)
		}
		b = append(b, it.JSON...)
	}
	return append(b, ']')
}

func appendIndex(index []IndexedItem, id string, inBody bool, start, length int) []IndexedItem {
	if !legalID(id) {
		return index
	}
	return append(index, IndexedItem{ID: id, InBody: inBody, At: Span{start, length}})
}

func indexInput(input []byte) (index []IndexedItem) {
	for at, raw := range spans(input) {
		index = appendIndex(index, itemID(raw), false, at, len(raw))
	}
	return index
}

// spans iterates over the elements of an array with their offsets in it.
func spans(array []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		at := 1
		for _, raw := range wirejson.Elements(array) {
			at += len(array[at:]) - len(bytes.TrimLeft(array[at:], space+","))
			if !yield(at, raw) {
				return
			}
			at += len(raw)
		}
	}
}

// put reads the response object and stores it.
func (s *Service) put(ctx context.Context, e *Entry) error {
	if err := s.readBody(e); err != nil {
		return fmt.Errorf("keep response: %w", err)
	}
	if size := int64(len(e.Body) + len(e.Input)); size > s.o.MaxBytes || len(e.Index) > maxItems {
		return fmt.Errorf("keep response %s of %d bytes and %d items: %w", clip(e.ID), size, len(e.Index), ErrTooLarge)
	}
	e.ExpiresAt = s.now().Add(s.o.TTL)
	if err := s.store.PutResponse(ctx, e, s.limits()); err != nil {
		return fmt.Errorf("keep response: %w", err)
	}
	return nil
}

// readBody fills in what the response object says: id, status, output.
func (s *Service) readBody(e *Entry) error {
	var doc jsonspan.Doc
	if err := doc.Index(e.Body); err != nil {
		return fmt.Errorf("response object: %w", err)
	}
	v, _ := doc.Get("id")
	id, _ := v.String()
	if !legalID(id) {
		return errors.New("response object: it has no id that could be asked for")
	}
	if e.ID != "" && e.ID != id {
		return fmt.Errorf("response object: its id is %q, not %q", clip(id), e.ID)
	}
	e.ID = id
	v, _ = doc.Get("status")
	if e.Status, _ = v.String(); e.Status == "" {
		e.Status = "completed"
	}
	e.OutSize = len(e.Input)
	if v, ok := doc.Get("output"); ok && v.Kind() == '[' {
		e.Output = Span{v.Start, len(v.Raw)}
		e.OutSize += len(v.Raw)
		s.readOutput(e, v)
	}
	return nil
}

// readOutput indexes the output items, and appends all that is new to the
// conversation once the response has ended well.
func (s *Service) readOutput(e *Entry, output jsonspan.Value) {
	home := homeOf(&e.Response)
	grow := e.ConversationID != "" && (e.Status == "completed" || e.Status == "incomplete")
	if grow {
		e.Append = appendItems(nil, e.Input, e.ID, "")
	}
	for at, raw := range spans(output.Raw) {
		if !isItem(raw) {
			continue
		}
		id := itemID(raw)
		e.Index = appendIndex(e.Index, id, true, output.Start+at, len(raw))
		if !grow {
			continue
		}
		it := Item{ID: id, JSON: raw, Home: home}
		if id == "" {
			it, _ = s.normal(raw)
		}
		e.Append = append(e.Append, it)
	}
}
