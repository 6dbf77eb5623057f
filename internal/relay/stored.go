package relay

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// Stored serves an operation on the tenant's stored state: run is given the
// tenant and the request's body, nil for methods that have none.
func (r *Relay) Stored(w http.ResponseWriter, req *http.Request, dialect wire.ErrorEncoder, run func(ctx context.Context, tenant string, body []byte) ([]byte, error)) {
	r.read(w, req, dialect, func(x *exchange) ([]byte, *llm.Error) {
		if e := x.enter(); e != nil {
			return nil, e
		}
		defer func() {
			x.body.free()
			x.body = nil
		}()
		var body []byte
		if req.Method == http.MethodPost {
			if e := x.readBody(); e != nil {
				return nil, e
			}
			body = x.body.b
		}
		answer, err := run(req.Context(), x.key.Key.ID, body)
		if err != nil {
			return nil, asError(err)
		}
		return answer, nil
	})
}

// Response serves GET /responses/{id}. One that is still under way at its
// provider is asked for there.
func (r *Relay) Response(w http.ResponseWriter, req *http.Request, dialect wire.ErrorEncoder, id string) {
	r.read(w, req, dialect, func(x *exchange) ([]byte, *llm.Error) {
		if e := x.enter(); e != nil {
			return nil, e
		}
		stored, err := r.o.Conversations.Get(req.Context(), x.key.Key.ID, id)
		if err != nil {
			return nil, asError(err)
		}
		if stored.Native && !stored.Final() {
			return x.refresh(&stored, http.MethodGet, "")
		}
		return stored.Body, nil
	})
}

// CancelResponse serves POST /responses/{id}/cancel.
func (r *Relay) CancelResponse(w http.ResponseWriter, req *http.Request, dialect wire.ErrorEncoder, id string) {
	r.read(w, req, dialect, func(x *exchange) ([]byte, *llm.Error) {
		if e := x.enter(); e != nil {
			return nil, e
		}
		stored, forward, err := r.o.Conversations.Cancel(req.Context(), x.key.Key.ID, id)
		if err != nil {
			return nil, asError(err)
		}
		if forward {
			return x.refresh(&stored, http.MethodPost, "/cancel")
		}
		return stored.Body, nil
	})
}

// refresh asks the provider for its own response and keeps what it says.
func (x *exchange) refresh(stored *conversation.Response, method, suffix string) ([]byte, *llm.Error) {
	p := x.snap.Providers[stored.Provider]
	if p == nil || !x.key.MayUseProvider(stored.Provider) {
		return stored.Body, nil
	}
	body, e := x.ask(p, method, "/responses/"+url.PathEscape(stored.ID)+suffix)
	if e != nil {
		return nil, e
	}
	var doc jsonspan.Doc
	if err := doc.Index(body); err != nil {
		return nil, llm.Errorf(llm.KindUpstream, upstream.CodeGarbage, "provider %q: it answered with something that is not a response", p.Slug)
	}
	if err := x.relay.o.Conversations.Refresh(x.ctx(), *stored, body); err != nil {
		x.relay.o.Logger.Warn("a response that was asked for again could not be kept", "response", stored.ID, "err", err)
	}
	return body, nil
}

// ask makes a small request of the gateway's own to a provider.
func (x *exchange) ask(p *Provider, method, path string) ([]byte, *llm.Error) {
	a := &attempt{x: x, provider: p, protocol: x.protocol, lane: rawLane{x.op.Raw}}
	a.ctx, a.cancel = context.WithCancelCause(x.ctx())
	defer a.cancel(nil)
	end, ok := p.Endpoints[x.protocol]
	if !ok {
		return nil, llm.Errorf(llm.KindNotFound, "not_found", "provider %q does not speak %s any more", p.Slug, x.protocol)
	}
	h := make(http.Header, 4)
	h["User-Agent"] = userAgent
	upstream.Authorize(h, end.Auth)
	maps.Copy(h, p.Headers)
	req := &http.Request{Method: method, URL: end.join(path, ""), Host: end.URL.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	resp, e := a.roundTrip(req.WithContext(a.ctx)) //nolint:bodyclose // closed below
	if e != nil {
		return nil, e
	}
	body := upstream.IdleBody(resp.Body, p.Timeout, a.cancel)
	defer func() { _ = body.Close() }()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, a.statusError(resp, body)
	}
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return nil, a.classify(err)
	}
	return text, nil
}
