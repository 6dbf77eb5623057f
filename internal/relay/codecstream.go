package relay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// conversion is the state of one stream that is converted on its way.
type conversion struct {
	l    *codecLane
	a    *attempt
	resp *http.Response
	out  *outflow
	dec  wire.EventDecoder
	enc  wire.EventEncoder
	// pass takes an event of the upstream's through the stages, which change
	// it, to the encoder.
	pass func(ev *llm.Event)
	seal *vault.Stream

	buf  []byte // rendered and not yet sent
	seen wire.Seen
	text int // bytes of what the model wrote, where nobody counts tokens
	// stops are ends of blocks that wait for what comes behind them: where the
	// stream fails there, the blocks were cut and have no end.
	stops []llm.Event
	err   *llm.Error // the stream's own failure
	told  bool       // something meaningful is in buf or has been sent
	ended bool
}

// stream converts an answer that is a stream of events. A client that did not
// ask for one gets the document it tells.
func (l *codecLane) stream(a *attempt, resp *http.Response, body io.Reader) *llm.Error {
	buf := newBuffer(streamBuffer)
	defer buf.free()
	in := framesOf(resp.Header, body, buf.b)
	if !a.x.meta.Stream {
		return l.gather(a, resp, in)
	}
	c := l.conversion(a, resp, in)
	defer c.out.end()
	for {
		f, err := c.out.next()
		if err == nil {
			err = c.dec.Push(f, c.take)
			if err != nil {
				err = a.garbageFrame(err)
			}
		}
		if err != nil {
			return c.finish(err)
		}
		if e, done := c.send(); done {
			return e
		}
	}
}

func (l *codecLane) conversion(a *attempt, resp *http.Response, in frames) *conversion {
	c := &conversion{l: l, a: a, resp: resp}
	if l.egress != nil {
		c.dec = l.egress.EventDecoder(l.to)
	}
	c.enc = a.x.op.Codec.EventEncoder(l.asked)
	c.out = newOutflow(a.x, in, c.commit)
	// From the last stage to the first: each is made once and knows the next.
	c.pass = c.encode
	if l.summarises(a) {
		c.pass = stage(summaryEvent, c.pass)
	}
	if c.seal = l.sealStream(a); c.seal != nil {
		c.pass = stage(c.seal.Event, c.pass)
	}
	if s := l.tools.Stream(); s != nil {
		c.pass = stage(s.Event, c.pass)
	}
	return c
}

func stage(change func(ev *llm.Event, emit func(*llm.Event)), next func(*llm.Event)) func(*llm.Event) {
	return func(ev *llm.Event) { change(ev, next) }
}

func (c *conversion) encode(ev *llm.Event) { c.buf = c.enc.Encode(c.buf, ev) }

func (c *conversion) commit() {
	c.a.fidelity = fidelityOf(append(slices.Clip(c.l.losses), c.enc.Losses()...))
	contentType := "text/event-stream"
	if t, ok := c.a.x.op.Codec.(wire.StreamTyper); ok {
		contentType = t.StreamType()
	}
	c.a.x.w.Header()["Cache-Control"] = noCache
	c.a.commitConverted(c.resp, contentType, -1)
}

var noCache = []string{"no-cache"}

// take reads an event of the upstream's for what must be accounted, and sends
// it through the stages to the encoder.
func (c *conversion) take(ev *llm.Event) {
	switch ev.Type {
	case llm.EventStart:
		c.start(ev)
	case llm.EventBlockStart:
		switch ev.Block.(type) {
		case *llm.Text, *llm.Reasoning:
		default:
			c.told = true
		}
	case llm.EventDelta:
		c.told = c.told || ev.Text != ""
		c.text += wordsIn(ev)
	case llm.EventUsage:
		u := *ev.Usage
		c.seen.Usage = &u
	case llm.EventFinish:
		c.told = c.told || ev.Finish != llm.FinishNone || ev.FinishRaw != "" || ev.Explanation != ""
		if c.seen.Finish == llm.FinishNone {
			c.seen.Finish, c.seen.FinishRaw = ev.Finish, ev.FinishRaw
		}
	case llm.EventFail:
		c.fail(ev)
		return
	case llm.EventBlockStop:
		c.stops = append(c.stops, *ev)
		return
	case llm.EventEnd:
		c.ended = true
	case llm.EventOpaque, llm.EventPing:
	}
	c.release()
	c.pass(ev)
}

// release ends the blocks whose ends were held back.
func (c *conversion) release() {
	for i := range c.stops {
		c.pass(&c.stops[i])
	}
	clear(c.stops)
	c.stops = c.stops[:0]
}

// start names the answer before the client learns of it.
func (c *conversion) start(ev *llm.Event) {
	r := &llm.Response{}
	if ev.Response != nil {
		*r = *ev.Response
	}
	c.seen.Model, c.seen.ID = r.Model, r.ID
	c.a.name(r)
	ev.Response = r
}

// fail notes the failure that the upstream told of. The client hears of it in
// its stream only when that has begun.
func (c *conversion) fail(ev *llm.Event) {
	e := ev.Err
	if e == nil {
		e = c.a.garbage("its stream failed without saying why")
	}
	failed := *e
	if failed.Upstream != nil {
		up := *failed.Upstream
		failed.Upstream = &up
	}
	c.err = c.a.insideError(&failed)
}

// send sends what the last frame gave; done reports that the stream is over.
func (c *conversion) send() (e *llm.Error, done bool) {
	if c.err != nil {
		return c.broken(c.err), true
	}
	c.release()
	if c.told {
		c.a.firstByte()
	}
	buf := c.buf
	c.buf = c.buf[:0]
	switch {
	case c.ended && !c.told:
		return c.broken(c.a.garbage("its stream ended without an answer")), true
	case c.ended:
		c.settle(buf)
	case len(buf) == 0:
		return nil, false
	case !c.told && c.out.hold(buf):
		return nil, false
	}
	if !c.out.write(buf) {
		c.account()
		return c.a.clientGone(), true
	}
	return nil, c.ended
}

// settle records the stream as complete, before its last bytes leave.
func (c *conversion) settle(last []byte) {
	x := c.a.x
	if c.seal != nil {
		c.a.vaultFailed(c.seal.Done(x.ctx()))
	}
	x.rec.LossCodes = llm.LossCodes(append(slices.Clip(c.l.losses), c.enc.Losses()...))
	x.rec.ResponseBytes += int64(len(c.out.held) + len(last))
	c.count()
	c.keep(last)
	c.a.complete(&c.seen, http.StatusOK)
}

// keep stores the response that the stream's last bytes tell.
func (c *conversion) keep(last []byte) {
	raw := c.a.x.op.Raw
	if _, ok := raw.(keeper); !ok || c.a.x.state == nil {
		return
	}
	tap := raw.StreamTap(false)
	r := sse.NewReader(bytes.NewReader(last), nil, 0)
	for f, err := r.Next(); err == nil; f, err = r.Next() {
		tap.Frame(f)
	}
	if f, ok := tap.(finalizer); ok {
		c.a.keep(f.Final(), false)
	}
}

// finish ends a stream whose bytes have ended.
func (c *conversion) finish(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return c.broken(e)
	}
	clean := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if !clean {
		return c.broken(c.a.cutOff(err, clean))
	}
	c.dec.End(c.take)
	if c.err == nil && !c.ended {
		c.err = c.a.cutOff(err, clean)
	}
	e, _ := c.send()
	return e
}

// broken ends a stream that failed: with an error for the next target as long
// as the client has seen nothing, else with an error event.
func (c *conversion) broken(e *llm.Error) *llm.Error {
	x := c.a.x
	if !x.committed {
		x.setUsage(&c.seen) // another attempt forgets it
		return e
	}
	c.account()
	if stop := x.stopped(); stop != nil {
		e = stop
	}
	end := c.enc.Encode(c.buf, &llm.Event{Type: llm.EventFail, Err: e})
	c.out.breakOff(e, end)
	return nil
}

// account puts into the record what a stream that does not end well has used.
func (c *conversion) account() {
	x := c.a.x
	c.count()
	// The last count may be of the stream's beginning (Anthropic's first says
	// one token): who leaves before the end has still had what was written.
	if told := tokensOf(c.text); told > c.seen.Usage.Output {
		c.seen.Usage.Output, c.seen.Usage.Source = told, llm.UsageEstimated
	}
	x.setUsage(&c.seen)
	x.rec.LossCodes = llm.LossCodes(append(slices.Clip(c.l.losses), c.enc.Losses()...))
}

// gather folds a stream that the client did not ask for.
func (l *codecLane) gather(a *attempt, resp *http.Response, in frames) *llm.Error {
	var seen wire.Seen
	r, e := l.folded(a, in, &seen)
	if e == nil && silent(r) {
		e = a.garbage("its stream ended without an answer")
	}
	if e != nil {
		a.x.setUsage(&seen) // another attempt forgets it
		return e
	}
	a.firstByte()
	return l.deliver(a, resp, r)
}

// folded reads a stream to its end. What it tells of its cost is in seen, also
// when it fails.
func (l *codecLane) folded(a *attempt, in frames, seen *wire.Seen) (*llm.Response, *llm.Error) {
	dec := l.egress.EventDecoder(l.to)
	var folder llm.Folder
	var failed error
	take := func(ev *llm.Event) {
		if ev.Type == llm.EventUsage && ev.Usage != nil {
			u := *ev.Usage
			seen.Usage = &u
		}
		if err := folder.Add(ev); err != nil && failed == nil {
			failed = err
		}
	}
	for size := 0; failed == nil; {
		f, err := in.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			dec.End(take)
			break
		}
		if err != nil {
			return nil, a.cutOff(err, false)
		}
		// All of a frame counts: what is no text (pictures, an item of another
		// protocol) takes memory, too.
		if size += len(f.Raw); size > maxAnswer {
			return nil, a.garbage("its answer is larger than 64 MiB")
		}
		if err := dec.Push(f, take); err != nil {
			return nil, a.garbageFrame(err)
		}
	}
	r, err := folder.Response()
	if err != nil {
		return nil, a.insideError(err)
	}
	return r, nil
}

// unfold tells a document as the stream the client asked for.
func (l *codecLane) unfold(a *attempt, resp *http.Response, r *llm.Response) *llm.Error {
	c := l.conversion(a, resp, noFrames{})
	defer c.out.end()
	for ev := range llm.Unfold(r) {
		c.take(ev)
		if e, done := c.send(); done {
			return e
		}
	}
	return nil
}

// noFrames is the source of a stream that comes from memory.
type noFrames struct{}

// Next is at the end.
func (noFrames) Next() (*sse.Frame, error) { return nil, io.EOF }

// Buffered reports that nothing more is at hand.
func (noFrames) Buffered() bool { return false }

// garbageFrame words what a decoder found wrong with an event.
func (a *attempt) garbageFrame(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return a.ours(e)
	}
	e := a.garbage("an event of its stream is not of the protocol")
	e.Cause = err
	return e
}
