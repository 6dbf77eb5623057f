package conversation

import (
	"context"

	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Get returns a response; its Body is what GET /responses/{id} answers. Where
// it is Native and not Final, the provider knows better: ask there, and
// Refresh. Errors are *llm.Error.
func (s *Service) Get(ctx context.Context, tenant, id string) (Response, error) {
	if !legalID(id) {
		return Response{}, responseNotFound(id)
	}
	r, err := s.store.Response(ctx, tenant, id, s.now())
	if err != nil {
		return Response{}, failed(err, responseNotFound(id), nil)
	}
	return r, nil
}

// Delete deletes a response and returns what DELETE /responses/{id} answers.
// Responses that continue it can no longer be continued themselves. Errors are
// *llm.Error.
func (s *Service) Delete(ctx context.Context, tenant, id string) ([]byte, error) {
	if !legalID(id) {
		return nil, responseNotFound(id)
	}
	if err := s.store.DeleteResponse(ctx, tenant, id, s.now()); err != nil {
		return nil, failed(err, responseNotFound(id), nil)
	}
	return deleted(id, "response"), nil
}

func deleted(id, object string) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Str("id", id)
	w.Str("object", object)
	w.Bool("deleted", true)
	w.Close('}')
	return w.B
}

// Cancel returns the response that POST /responses/{id}/cancel is about. With
// forward it is still running at its provider, which must be asked to cancel
// it, and Refresh told the answer; without, it has ended, and its Body is the
// answer. Errors are *llm.Error; only what runs in the background can be
// cancelled.
func (s *Service) Cancel(ctx context.Context, tenant, id string) (r Response, forward bool, err error) {
	r, err = s.Get(ctx, tenant, id)
	if err != nil {
		return r, false, err
	}
	if !r.Background {
		return r, false, invalid("", "",
			"Response '%s' cannot be cancelled: only a response created with 'background' set to true can be.", clip(id))
	}
	return r, r.Native && !r.Final(), nil
}

// InputItems returns what GET /responses/{id}/input_items answers: the items
// the response was made from, with those of the responses before it. Errors are
// *llm.Error.
func (s *Service) InputItems(ctx context.Context, tenant, id string, p Page) ([]byte, error) {
	turns, err := s.chain(ctx, tenant, id, responseNotFound)
	if err != nil {
		return nil, err
	}
	turns[len(turns)-1].Output = nil
	items, err := s.replayed(ctx, turns)
	if err != nil {
		return nil, err
	}
	page, more, err := p.cut(items)
	if err != nil {
		return nil, err
	}
	return list(page, more), nil
}
