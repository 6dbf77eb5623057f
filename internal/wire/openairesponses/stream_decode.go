package openairesponses

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventDecoder reads one stream.
func (Codec) EventDecoder(wire.Target) wire.EventDecoder {
	return &eventDecoder{items: map[int]*streamItem{}}
}

// eventDecoder is the state of one stream. Every text comes up to four times
// (deltas, its own .done, the item's .done, the response): each step tells only
// what the steps before have not.
type eventDecoder struct {
	items map[int]*streamItem // by output_index
	next  int                 // index of the next block
	seen  seen
	begun bool
	ended bool
	emit  func(*llm.Event)
}

// streamFrame is one event's data, its members sorted once.
type streamFrame struct {
	raw                           llm.Raw
	kind                          string
	output, content, summary      int
	itemID                        string
	delta, text                   llm.Raw // text is the whole, under whatever name
	item, part, response          llm.Raw
	annotation, logprobs, failure llm.Raw
}

// Push reads one frame.
func (d *eventDecoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	if d.ended {
		return nil // clients are done; some servers send [DONE] or an error twice
	}
	d.emit = emit
	data := bytes.TrimSpace(f.Data)
	if len(data) == 0 {
		emit(&llm.Event{Type: llm.EventPing})
		return nil
	}
	if string(data) == "[DONE]" {
		return nil
	}
	if err := wirejson.Check(data); err != nil {
		return garbage(fmt.Errorf("openairesponses: read event: %w", err))
	}
	if wirejson.KindOf(data) != '{' {
		return garbage(fmt.Errorf("openairesponses: read event: got %s, not an object", describe(data)))
	}
	frame := readFrame(data)
	if frame.kind == "" {
		frame.kind = string(f.Event)
	}
	switch handle, ok := streamHandlers[frame.kind]; {
	case ok:
		handle(d, frame)
	case frame.kind == "" && frame.failure != nil:
		d.failed(frame)
	case frame.kind == "":
		return garbage(errors.New("openairesponses: read event: it has no type"))
	default:
		emit(&llm.Event{Type: llm.EventOpaque, Native: native(data)})
	}
	return nil
}

func readFrame(data llm.Raw) *streamFrame {
	f := &streamFrame{raw: data}
	for name, v := range wirejson.Members(data) {
		switch string(name) {
		case "type":
			f.kind, _ = wirejson.Text(v)
		case "output_index":
			f.output = index(v)
		case "content_index":
			f.content = index(v)
		case "summary_index":
			f.summary = index(v)
		case "item_id":
			f.itemID, _ = wirejson.Text(v)
		case "delta":
			f.delta = v
		case "text", "arguments", "input", "refusal":
			f.text = v
		case "item":
			f.item = v
		case "part":
			f.part = v
		case "response":
			f.response = v
		case "annotation":
			f.annotation = v
		case "logprobs":
			f.logprobs = nonEmptyArray(v)
		case "error":
			if !wirejson.IsNull(v) {
				f.failure = v
			}
		}
	}
	return f
}

// index reads an index, which upstreams choose; out of range is 0.
func index(v llm.Raw) int {
	const limit = 1 << 20
	n, ok := wirejson.Int(v)
	if !ok || n < 0 || n > limit {
		return 0
	}
	return int(n)
}

// streamHandlers has one method for each type of event; types that are not here
// pass as opaque.
var streamHandlers = map[string]func(d *eventDecoder, f *streamFrame){
	"response.created":                       (*eventDecoder).started,
	"response.queued":                        (*eventDecoder).started,
	"response.in_progress":                   (*eventDecoder).started,
	"response.output_item.added":             (*eventDecoder).itemAdded,
	"response.output_item.done":              (*eventDecoder).itemDone,
	"response.content_part.added":            (*eventDecoder).partAdded,
	"response.content_part.done":             (*eventDecoder).partDone,
	"response.output_text.delta":             (*eventDecoder).textDelta,
	"response.output_text.done":              (*eventDecoder).textDone,
	"response.output_text.annotation.added":  (*eventDecoder).annotationAdded,
	"response.refusal.delta":                 (*eventDecoder).refusalDelta,
	"response.refusal.done":                  (*eventDecoder).refusalDone,
	"response.reasoning_text.delta":          (*eventDecoder).reasoningDelta,
	"response.reasoning_text.done":           (*eventDecoder).reasoningDone,
	"response.reasoning.delta":               (*eventDecoder).reasoningDelta, // the older name, vLLM
	"response.reasoning.done":                (*eventDecoder).reasoningDone,
	"response.reasoning_summary_part.added":  (*eventDecoder).summaryDelta,
	"response.reasoning_summary_text.delta":  (*eventDecoder).summaryDelta,
	"response.reasoning_summary_text.done":   (*eventDecoder).summaryDone,
	"response.reasoning_summary_part.done":   (*eventDecoder).ignored, // its text has been told
	"response.function_call_arguments.delta": (*eventDecoder).inputDelta,
	"response.function_call_arguments.done":  (*eventDecoder).inputDone,
	"response.custom_tool_call_input.delta":  (*eventDecoder).inputDelta,
	"response.custom_tool_call_input.done":   (*eventDecoder).inputDone,
	"response.completed":                     (*eventDecoder).completed,
	"response.incomplete":                    (*eventDecoder).completed,
	"response.failed":                        (*eventDecoder).completed,
	"response.cancelled":                     (*eventDecoder).completed,
	"error":                                  (*eventDecoder).failed,
	"keepalive":                              (*eventDecoder).ping,
	"ping":                                   (*eventDecoder).ping,
}

func (d *eventDecoder) ignored(*streamFrame) {}

func (d *eventDecoder) ping(*streamFrame) { d.emit(&llm.Event{Type: llm.EventPing}) }

func (d *eventDecoder) started(f *streamFrame) { d.begin(f.response) }

// begin emits the start once. A stream whose first event is of another type has
// a start that knows nothing.
func (d *eventDecoder) begin(response llm.Raw) {
	if d.begun {
		return
	}
	d.begun = true
	d.emit(&llm.Event{Type: llm.EventStart, Response: readObject(response).header()})
}

// completed ends the stream with what only the response object tells.
func (d *eventDecoder) completed(f *streamFrame) {
	o := readObject(f.response)
	d.begin(f.response)
	failed := o.failed() || f.kind == "response.failed"
	if !failed {
		d.missedItems(o.output)
	}
	d.closeAll()
	usage := o.usageWith(d.seen)
	if failed {
		if usage != nil {
			d.emit(&llm.Event{Type: llm.EventUsage, Usage: usage})
		}
		d.end(&llm.Event{Type: llm.EventFail, Err: o.err()})
		return
	}
	status := o.status
	if f.kind == "response.incomplete" {
		status = statusIncomplete
	}
	finish, raw := finishOf(status, o.reason, d.seen)
	d.emit(&llm.Event{Type: llm.EventFinish, Finish: finish, FinishRaw: raw})
	if usage != nil {
		d.emit(&llm.Event{Type: llm.EventUsage, Usage: usage})
	}
	// The tier that served the request is known only now.
	d.end(&llm.Event{Type: llm.EventEnd, Response: &llm.Response{ID: o.id, Model: o.model, Created: o.created, ServiceTier: o.tier}})
}

// failed ends the stream with an error event, whose members stand in an object
// or at its top.
func (d *eventDecoder) failed(f *streamFrame) {
	d.begin(nil)
	d.closeAll()
	u := readError(f.failure)
	if f.failure == nil {
		u = readError(f.raw)
		u.kind = ""
	}
	if text, ok := wirejson.Text(f.failure); ok {
		u.message = text
	}
	if u.message == "" {
		u.message = "The stream failed, and the upstream did not say why."
	}
	d.end(&llm.Event{Type: llm.EventFail, Err: u.canonical(0)})
}

func (d *eventDecoder) end(ev *llm.Event) {
	d.ended = true
	d.emit(ev)
}

// End is called at the end of the bytes.
func (d *eventDecoder) End(emit func(*llm.Event)) {
	if d.ended {
		return
	}
	d.emit = emit
	d.begin(nil)
	d.closeAll()
	e := llm.Errorf(llm.KindUpstream, "stream_truncated", "The upstream's stream ended before the response was complete.")
	e.Scope = llm.ScopeProvider
	d.end(&llm.Event{Type: llm.EventFail, Err: e})
}

// closeAll closes the blocks that are open, in order.
func (d *eventDecoder) closeAll() {
	for _, i := range slices.Sorted(maps.Keys(d.items)) {
		item := d.items[i]
		for _, p := range item.parts {
			d.stop(&p.told, nil)
		}
		d.stop(&item.told, nil)
	}
}
