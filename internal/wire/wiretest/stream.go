package wiretest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/ndjson"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// Cut says where a stream's bytes are cut: it returns how many come next, of
// at most n.
type Cut func(n int) int

// Whole leaves a stream uncut.
func Whole(n int) int { return n }

// cutReader reads in the pieces that next says.
type cutReader struct {
	r    io.Reader
	next Cut
}

func (c *cutReader) Read(p []byte) (int, error) {
	return c.r.Read(p[:max(1, min(len(p), c.next(len(p))))])
}

// Events returns the events that tell r, each on its own.
func Events(r *llm.Response) []*llm.Event {
	var out []*llm.Event
	for ev := range llm.Unfold(r) {
		out = append(out, cloneEvent(ev))
	}
	return out
}

func cloneEvent(ev *llm.Event) *llm.Event {
	c := *ev
	if ev.Block != nil {
		c.Block = llm.CloneBlock(ev.Block)
	}
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = bytes.Clone(cite.Raw)
		c.Citation = &cite
	}
	if ev.Response != nil {
		r := *ev.Response
		r.Ext = cloneExt(r.Ext)
		c.Response = &r
	}
	if ev.Usage != nil {
		u := *ev.Usage
		c.Usage = &u
	}
	if ev.Native != nil {
		c.Native = &llm.Native{Protocol: ev.Native.Protocol, Raw: bytes.Clone(ev.Native.Raw)}
	}
	c.Ext = cloneExt(ev.Ext)
	return &c
}

func cloneExt(ext llm.Ext) llm.Ext {
	ext = slices.Clone(ext)
	for i := range ext {
		ext[i].Value = bytes.Clone(ext[i].Value)
	}
	return ext
}

// EncodeStream renders events as a client of the protocol gets them.
func EncodeStream(in wire.Ingress, req *llm.Request, events []*llm.Event) ([]byte, []llm.Loss) {
	enc := in.EventEncoder(req)
	var b []byte
	for _, ev := range events {
		b = enc.Encode(b, ev)
	}
	return b, enc.Losses()
}

// framer splits a stream into frames.
type framer interface{ Next() (*sse.Frame, error) }

// framerOf returns the framing of the protocol's streams: server-sent events,
// or lines where the codec says that its streams are something else.
func framerOf(c any, r io.Reader) framer {
	if t, ok := c.(wire.StreamTyper); ok && t.StreamType() != "text/event-stream" {
		return ndjson.NewReader(r, nil, 0)
	}
	return sse.NewReader(r, nil, 0)
}

// DecodeStream reads a stream as the gateway gets it from an upstream, cut
// into pieces.
func DecodeStream(out wire.Egress, stream []byte, cut Cut) ([]*llm.Event, error) {
	r := framerOf(out, &cutReader{bytes.NewReader(stream), cut})
	dec := out.EventDecoder(wire.Target{})
	var events []*llm.Event
	emit := func(ev *llm.Event) { events = append(events, cloneEvent(ev)) }
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			dec.End(emit)
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the stream: %w", err)
		}
		if err := dec.Push(f, emit); err != nil {
			return nil, fmt.Errorf("decode %s: %w", f.Raw, err)
		}
	}
}

// FoldEvents gathers events into the response they tell.
func FoldEvents(events []*llm.Event) (*llm.Response, error) {
	r, err := llm.Fold(slices.Values(events))
	if err != nil {
		return r, fmt.Errorf("fold the events: %w", err)
	}
	return r, nil
}
