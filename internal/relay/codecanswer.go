package relay

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// maxAnswer bounds an answer that must be whole before it can be converted, in bytes.
const maxAnswer = 64 << 20

func hexID(id uuid.UUID) string { return hex.EncodeToString(id[:]) }

// answer converts an answer that is one document. A client that asked for a
// stream gets one.
func (l *codecLane) answer(a *attempt, resp *http.Response, body io.Reader) *llm.Error {
	text, e := a.whole(body)
	if e != nil {
		return e
	}
	r, err := l.egress.DecodeResponse(text, l.to)
	if err != nil {
		return a.insideError(err)
	}
	if silent(r) {
		return a.garbage("its answer says nothing")
	}
	a.firstByte()
	if a.x.meta.Stream {
		return l.unfold(a, resp, r)
	}
	return l.deliver(a, resp, r)
}

// whole reads an answer of bounded size.
func (a *attempt) whole(body io.Reader) ([]byte, *llm.Error) {
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return nil, a.classify(err)
	}
	if len(text) > maxAnswer {
		return nil, a.garbage("its answer is larger than 64 MiB")
	}
	return text, nil
}

// deliver sends a whole answer.
func (l *codecLane) deliver(a *attempt, resp *http.Response, r *llm.Response) *llm.Error {
	x := a.x
	seen := seenOf(r)
	r = l.tools.Response(r)
	a.name(r)
	r = l.seal(a, r)
	if l.summarises(a) {
		r = asSummaries(r)
	}
	out, losses, err := x.op.Codec.EncodeResponse(r, l.asked)
	if err != nil {
		x.setUsage(seen) // the upstream has worked all the same
		return asError(err)
	}
	l.losses = append(l.losses, losses...)
	x.rec.LossCodes, a.fidelity = llm.LossCodes(l.losses), fidelityOf(l.losses)
	x.rec.ResponseBytes += int64(len(out))
	l.estimate(a, seen, r)
	a.keep(out, false)
	a.complete(seen, http.StatusOK)
	a.commitConverted(resp, "application/json", int64(len(out)))
	x.extend()
	if _, err := x.w.Write(out); err != nil { //nolint:gosec // JSON, told so by its type
		return a.clientGone()
	}
	return nil
}

// seenOf is what a tap would have read of the answer.
func seenOf(r *llm.Response) *wire.Seen {
	s := &wire.Seen{Usage: r.Usage, Model: r.Model, ID: r.ID}
	if len(r.Choices) > 0 {
		s.Finish, s.FinishRaw = r.Choices[0].Finish, r.Choices[0].FinishRaw
	}
	return s
}

// silent reports whether an answer neither says anything nor tells why not.
func silent(r *llm.Response) bool {
	return !slices.ContainsFunc(r.Choices, func(c llm.Choice) bool {
		return c.Finish != llm.FinishNone || c.FinishRaw != "" || slices.ContainsFunc(c.Blocks, func(b llm.Block) bool {
			text, ok := b.(*llm.Text)
			return !ok || text.Text != ""
		})
	})
}

// insideError words what a decoder found wrong with an answer, or the error
// that the upstream put into a 200.
func (a *attempt) insideError(err error) *llm.Error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return a.garbage(err.Error())
	}
	if e.Upstream != nil {
		if refused := a.refusedInside(e.Upstream); refused != nil {
			return refused
		}
	}
	return a.ours(e)
}
