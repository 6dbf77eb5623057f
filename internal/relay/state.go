package relay

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

const (
	// keepMax bounds a response object that is kept, in bytes.
	keepMax = conversation.DefaultMaxBytes
	// keepWithin bounds how long the end of an answer waits for it to be kept.
	keepWithin = 5 * time.Second
)

// keeper is a raw lane that can keep a copy of the answer it passes on.
type keeper interface {
	Keeping(maxBytes int) wire.Raw
}

// finalizer is a tap that has kept one.
type finalizer interface {
	Final() []byte
}

// resolve finds what a request of the Responses protocol refers to: responses,
// conversations and items of its own tenant.
func (x *exchange) resolve() *llm.Error {
	c := x.relay.o.Conversations
	if c == nil || x.protocol != llm.OpenAIResponses {
		return nil
	}
	state, err := c.Resolve(x.ctx(), x.key.Key.ID, x.body.b)
	if err != nil {
		return asError(err)
	}
	x.state = state
	if k, ok := x.op.Raw.(keeper); ok && state.Store {
		x.op.Raw = k.Keeping(keepMax)
	}
	return nil
}

// stateful reports whether the request refers to something stored.
func (x *exchange) stateful() bool { return x.state != nil && x.state.Stateful() }

// nativeAt reports whether the provider itself has all that the request
// refers to, so that it can go there as it came.
func (x *exchange) nativeAt(p *Provider) bool {
	return x.stateful() && x.state.Native && !x.amnesia && x.state.Provider == p.Slug
}

// homeFirst moves the targets at the provider that has what the request refers
// to before the others: it has the prompt in its cache, too.
func (x *exchange) homeFirst(order []int) {
	if !x.stateful() || x.state.Provider == "" {
		return
	}
	home := func(i int) int {
		if x.alias.Targets[i].Provider == x.state.Provider {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(order, func(a, b int) int { return home(a) - home(b) })
}

// text returns the request as the provider can read it: with what it refers to
// in place of the references, where the provider does not have that.
func (x *exchange) text(p *Provider) (*jsonspan.Doc, []byte, *llm.Error) {
	if !x.stateful() || x.nativeAt(p) {
		return &x.doc, x.body.b, nil
	}
	body, err := x.state.Body(p.Slug)
	if err != nil {
		return nil, nil, asError(err)
	}
	doc := new(jsonspan.Doc)
	if err := doc.Index(body); err != nil {
		return nil, nil, asError(err)
	}
	return doc, body, nil
}

// forgotten reports whether a provider says that it does not have what it was
// thought to have stored.
func (a *attempt) forgotten(e *llm.Error) bool {
	if !a.x.nativeAt(a.provider) || !a.x.rec.Passthrough || e.Upstream == nil {
		return false
	}
	return e.Code == "previous_response_not_found" || e.Kind == llm.KindNotFound ||
		e.Kind == llm.KindInvalid && strings.Contains(e.Param+e.Upstream.Message, "previous_response")
}

// keep stores a response, before the client sees its end. native says that the
// upstream has stored it, too.
func (a *attempt) keep(body []byte, native bool) {
	x := a.x
	if x.state == nil || !x.state.Store || body == nil {
		return
	}
	if native && x.stateful() && !x.nativeAt(a.provider) {
		if told, err := x.state.Echo(body); err == nil {
			body = told
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx()), keepWithin)
	defer cancel()
	err := x.relay.o.Conversations.Keep(ctx, x.state, conversation.Answer{
		Body: body, Provider: a.provider.Slug, Alias: x.alias.Name, Model: a.model, Native: native,
	})
	if err != nil {
		x.relay.o.Logger.Warn("a response could not be kept; it cannot be continued", "request", x.rec.ID, "err", err)
	}
}

// keepTapped stores what the tap of a passed answer has kept.
func (a *attempt) keepTapped(tap any) {
	if f, ok := tap.(finalizer); ok && a.x.state != nil {
		a.keep(f.Final(), true)
	}
}
