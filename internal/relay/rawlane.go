package relay

import (
	"io"
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// rawLane passes bytes both ways but for what routing demands.
type rawLane struct{ raw wire.Raw }

// compose edits the client's bytes for the target.
func (l rawLane) compose(a *attempt) (*outgoing, *llm.Error) {
	x := a.x
	doc, body, e := x.text(a.provider)
	if e != nil {
		return nil, e
	}
	p, err := l.raw.Patch(doc, x.meta, a.target())
	if err != nil {
		return nil, asError(err)
	}
	text, err := jsonspan.Splice(body, p.Edits...)
	if err != nil {
		return nil, asError(err)
	}
	a.hideUsage, a.fidelity = p.HideUsage, fidelityExact
	x.rec.Passthrough = true
	return &outgoing{
		path: p.Path, query: p.Query, header: p.Header, size: text.Size(),
		body: func() io.ReadCloser { return a.lease.body(text.Clone()) },
	}, nil
}

// commitRaw sends the head of an answer whose bytes pass, once.
func (a *attempt) commitRaw(resp *http.Response) {
	if a.x.committed {
		return
	}
	h := a.x.w.Header()
	upstream.ResponseHeaders(h, resp.Header, upstream.ResponseAllowed(a.protocol))
	a.x.writeHead(a, resp.StatusCode, resp.ContentLength)
}
