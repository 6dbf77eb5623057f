package openairesponses

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// streamTap reads a stream of typed events. Most are decided by their name;
// only those that open, end or fail the response are looked into.
type streamTap struct {
	seen  wire.Seen
	items seen // what the items that were done tell
	begun bool
	done  bool
	keep  int
	final []byte
}

// Seen returns what has been read so far.
func (t *streamTap) Seen() *wire.Seen { return &t.seen }

// Final returns the response object of the last event, see Finalizer.
func (t *streamTap) Final() []byte { return bytes.Clone(t.final) }

// Frame reads one event.
func (t *streamTap) Frame(f *sse.Frame) wire.Verdict {
	if len(f.Data) == 0 || t.done { // behind the end, some servers repeat it
		return 0
	}
	kind := kindOf(f)
	switch string(kind) {
	case "response.created", "response.queued", "response.in_progress":
		t.begin(f.Data)
		return 0
	case "response.output_item.added":
		return added(f.Data)
	case "response.output_item.done":
		t.itemDone(f.Data)
	case "response.content_part.added", "response.reasoning_summary_part.added":
		return 0 // they announce what is empty still
	case "response.refusal.delta", "response.refusal.done":
		t.items.refusal = true
	case "response.completed":
		return t.ended(f.Data, "")
	case "response.incomplete":
		return t.ended(f.Data, statusIncomplete)
	case "response.cancelled":
		return t.ended(f.Data, statusCancelled)
	case "response.failed":
		return t.ended(f.Data, statusFailed)
	case "error":
		return t.failed(f.Data)
	}
	if bytes.HasPrefix(kind, responsePrefix) {
		return wire.Meaningful
	}
	return 0 // keep-alives, and what an upstream adds on its own
}

var responsePrefix = []byte("response.")

// kindOf returns the event's type: its name, or what its data say where the
// name says nothing. It is "error" for data without type that hold an error.
func kindOf(f *sse.Frame) []byte {
	if bytes.HasPrefix(f.Event, responsePrefix) || string(f.Event) == "error" {
		return f.Event
	}
	if kind := wirejson.Member(f.Data, "type"); wirejson.KindOf(kind) == '"' {
		return bytes.Trim(kind, `"`)
	}
	if !wirejson.IsNull(wirejson.Member(f.Data, "error")) {
		return []byte("error")
	}
	return nil
}

var beginPaths = jsonspan.NewPaths("response.id", "response.model")

// begin reads the answer's id and model. The event repeats much of the
// request, and its siblings repeat it again.
func (t *streamTap) begin(data []byte) {
	if t.begun {
		return
	}
	t.begun = true
	w := jsonspan.NewWatch(beginPaths)
	w.Feed(data)
	t.seen.ID, t.seen.Model = textOf(w.Value(0)), textOf(w.Value(1))
}

// added judges the announcement of an item: a message or a thought comes later,
// all else (a call, a hosted tool at work) is something to show.
func added(data []byte) wire.Verdict {
	item := wirejson.Member(data, "item")
	switch string(wirejson.Member(item, "type")) {
	case `"message"`, `"reasoning"`:
		if nonEmptyArray(wirejson.Member(item, "content")) == nil && nonEmptyArray(wirejson.Member(item, "summary")) == nil {
			return 0
		}
	}
	return wire.Meaningful
}

func (t *streamTap) itemDone(data []byte) {
	w := jsonspan.NewWatch(itemPaths)
	w.Feed(wirejson.Member(data, "item"))
	t.items.noteItem(w)
}

// ended reads an event that ends the response. status is what the event's name
// says, or "" when the response's own counts.
func (t *streamTap) ended(data []byte, status string) wire.Verdict {
	raw := wirejson.Member(data, "response")
	a := newAnswer()
	a.write(raw)
	a.items.seen.add(t.items)
	if status == "" && textOf(a.watch.Value(atStatus)) == "" {
		status = statusCompleted
	}
	known := t.seen.Err
	if a.tell(&t.seen, status) {
		if known == nil {
			t.seen.Err.Body = kept(data)
		}
		return wire.Meaningful | wire.Failed
	}
	t.done = true
	if t.keep > 0 && len(raw) <= t.keep {
		t.final = whole(bytes.Clone(raw))
	}
	return wire.Meaningful | wire.Last
}

// failed reads an error event, whose members stand in an object or at its top.
func (t *streamTap) failed(data []byte) wire.Verdict {
	if t.seen.Err == nil {
		raw := wirejson.Member(data, "error")
		inside := !wirejson.IsNull(raw)
		if !inside {
			raw = data
		}
		t.seen.Err = failureOf(raw, kept(data))
		if !inside {
			t.seen.Err.Type = "" // the event's own type is no type of error
		}
	}
	return wire.Meaningful | wire.Failed
}

// kept returns a copy of what is kept of an upstream's error: data is the
// reader's, and the error outlives it.
func kept(data []byte) []byte { return bytes.Clone(data[:min(len(data), maxErrorBody)]) }
