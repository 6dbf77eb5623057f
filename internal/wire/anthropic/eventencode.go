package anthropic

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventEncoder renders one stream for req. Blocks that interleave are put one
// after the other.
func (Codec) EventEncoder(req *llm.Request) wire.EventEncoder {
	e := &eventEncoder{req: req, encoder: encoder{reply: true}}
	e.sink = e.event
	return e
}

// eventEncoder writes one stream. message_start waits for the event behind
// EventStart, because upstreams of this protocol tell the usage there.
type eventEncoder struct {
	encoder
	req      *llm.Request
	seq      llm.Sequencer
	sink     func(*llm.Event)
	dst      []byte
	response llm.Response // of EventStart
	begun    bool         // message_start is out
	usage    *llm.Usage
	choice   llm.Choice // how it finished
	out      *outBlock
	next     int // index of the next block
	calls    bool
	choices  bool // other choices were left out
}

// eventEncoders has an entry for every llm.EventType.
var eventEncoders = [...]func(*eventEncoder, *llm.Event){
	llm.EventStart:      (*eventEncoder).start,
	llm.EventBlockStart: (*eventEncoder).blockStart,
	llm.EventDelta:      (*eventEncoder).delta,
	llm.EventBlockStop:  (*eventEncoder).blockStop,
	llm.EventUsage:      (*eventEncoder).keepUsage,
	llm.EventFinish:     (*eventEncoder).finish,
	llm.EventFail:       (*eventEncoder).fail,
	llm.EventOpaque:     (*eventEncoder).opaqueEvent,
	llm.EventPing:       (*eventEncoder).ping,
	llm.EventEnd:        (*eventEncoder).end,
}

// Encode appends the rendering of ev to dst.
func (e *eventEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	if ev.Choice != 0 {
		if !e.choices {
			e.choices = true
			e.loss.Drop("n", "n")
		}
		return dst
	}
	e.dst = dst
	e.seq.Push(ev, e.sink)
	dst, e.dst = e.dst, nil
	return dst
}

// Losses returns what could not be said so far.
func (e *eventEncoder) Losses() []llm.Loss { return e.loss.List }

func (e *eventEncoder) event(ev *llm.Event) {
	if int(ev.Type) < len(eventEncoders) && eventEncoders[ev.Type] != nil {
		eventEncoders[ev.Type](e, ev)
	}
}

// appendFrame appends one event. Data from elsewhere may stand on several
// lines, which an event's data must not.
func appendFrame(dst []byte, name string, data []byte) []byte {
	if bytes.ContainsAny(data, "\r\n") {
		v := jsontext.Value(bytes.Clone(data))
		if v.Compact(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) == nil {
			data = v
		}
	}
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: "...), data...)
	return append(dst, "\n\n"...)
}

// begin starts the data of an event; flush appends it.
func (e *eventEncoder) begin(name string) {
	e.w.b = e.w.b[:0]
	e.w.open('{')
	e.w.str("type", name)
}

func (e *eventEncoder) flush(name string) {
	e.w.close('}')
	e.dst = appendFrame(e.dst, name, e.w.b)
}

func (e *eventEncoder) start(ev *llm.Event) {
	if ev.Response != nil {
		e.response = *ev.Response
	}
}

// ensureBegun writes message_start before anything else.
func (e *eventEncoder) ensureBegun() {
	if e.begun {
		return
	}
	e.begun = true
	e.begin("message_start")
	e.w.begin("message", '{')
	e.w.messageHead(&e.response, e.req)
	e.w.raw("content", llm.Raw("[]"))
	e.w.raw("stop_reason", llm.Raw("null"))
	e.w.raw("stop_sequence", llm.Raw("null"))
	e.w.usage(e.startUsage(), responseTier(e.response.ServiceTier), nil)
	e.w.ext(e.response.Ext)
	e.w.close('}')
	e.flush("message_start")
}

// startUsage is what message_start tells of the prompt: the counts where the
// upstream has told them, else a rough estimate, because some clients take the
// prompt's size from there alone. The usage of message_delta is cumulative
// (API reference, Streaming messages) and corrects it. A request without a
// source has no client that waits, so that nothing need be guessed.
func (e *eventEncoder) startUsage() *llm.Usage {
	if e.usage != nil && e.usage.Prompt() > 0 {
		u := *e.usage
		u.Output, u.Reasoning = 0, 0 // some clients add what message_delta tells to it
		return &u
	}
	if e.req == nil || e.req.Source == "" {
		return e.usage
	}
	return &llm.Usage{Input: promptEstimate(e.req), Source: llm.UsageEstimated}
}

func (e *eventEncoder) keepUsage(ev *llm.Event) {
	if ev.Usage != nil {
		u := *ev.Usage
		e.usage = &u
	}
}

// finish keeps how the choice ended for message_delta, which has the last word
// on usage too.
func (e *eventEncoder) finish(ev *llm.Event) {
	e.choice = llm.Choice{
		Finish: ev.Finish, FinishRaw: ev.FinishRaw, StopSequence: ev.StopSequence, Explanation: ev.Explanation,
	}
	for _, m := range ev.Ext {
		m.Value = bytes.Clone(m.Value)
		e.choice.Ext = append(e.choice.Ext, m)
	}
}

// besideDelta names the members that message_delta has beside its delta.
var besideDelta = []string{"context_management", "input_transformations"}

func (e *eventEncoder) end(*llm.Event) {
	e.ensureBegun()
	e.finishLoss(e.choice.Finish)
	e.begin("message_delta")
	e.w.begin("delta", '{')
	e.w.ending(&e.choice, e.calls)
	e.w.ext(e.choice.Ext, slices.Concat(notLate, besideDelta)...)
	e.w.close('}')
	e.w.usage(e.usage, "", member(e.choice.Ext, "usage"))
	for _, name := range besideDelta {
		if v := member(e.choice.Ext, name); v != nil {
			e.w.raw(name, v)
		}
	}
	e.flush("message_delta")
	e.begin("message_stop")
	e.flush("message_stop")
}

func (e *eventEncoder) fail(ev *llm.Event) {
	err := ev.Err
	if err == nil {
		err = llm.Errorf(llm.KindUpstream, "stream_failed", "the stream failed without saying why")
	}
	e.dst = append(e.dst, Codec{}.EncodeStreamError(err)...)
}

func (e *eventEncoder) ping(*llm.Event) {
	e.ensureBegun()
	e.begin("ping")
	e.flush("ping")
}

// eventName returns the name for the event line, which must match the type in
// the data and cannot hold a line end.
func eventName(data llm.Raw) (string, bool) {
	name, ok := wirejson.Text(wirejson.Member(data, "type"))
	return name, ok && name != "" && !strings.ContainsAny(name, "\r\n")
}
