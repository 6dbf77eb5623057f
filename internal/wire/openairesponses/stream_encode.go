package openairesponses

import (
	"maps"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventEncoder renders one stream. The protocol repeats every text in its .done
// events and the whole output in the last one, so the encoder holds the answer
// until the end.
func (Codec) EventEncoder(req *llm.Request) wire.EventEncoder { return newEventEncoder(req) }

func newEventEncoder(req *llm.Request) *eventEncoder {
	return &eventEncoder{req: req, live: map[int]live{}, announced: map[string]int{}, places: map[string]int{}}
}

// eventEncoder is the state of one stream. Blocks may interleave, as the
// protocol's items may: output_index keeps them apart.
type eventEncoder struct {
	req    *llm.Request
	losses llm.Losses
	head   *head
	out    *outputWriter

	seq   int          // sequence number of the next event
	live  map[int]live // open blocks by event index
	count int          // blocks so far
	// stops are the ends of blocks that have not been told yet, see failing.
	stops []llm.Event

	// tail is the item begun last. Its output_item.done waits until the next
	// item or the finish tells whether it goes on or was cut.
	tail    *liveItem
	outputs [][]byte // finished items by output index; nil while open
	// announced holds items that an upstream's own event has added before
	// their block starts, by id.
	announced map[string]int
	places    map[string]int // output indices of all items, by id

	usage *llm.Usage
	end   ending
	done  bool
}

// liveItem is an output item that is being streamed.
type liveItem struct {
	index  int // output_index
	id     string
	first  int         // ordinal of its first block
	blocks []llm.Block // nil where still open
	last   llm.Block   // header of the newest block
	open   int         // blocks that are open
	closed bool
}

// live is one block that is being streamed.
type live interface {
	delta(e *eventEncoder, dst []byte, ev *llm.Event) []byte
	stop(e *eventEncoder, dst []byte, end *llm.Event) []byte
	// cut takes the end (nil for none) of a block that nobody is told the end
	// of, and returns its item; nil where it has none.
	cut(end *llm.Event) *liveItem
}

// Losses returns what could not be said so far.
func (e *eventEncoder) Losses() []llm.Loss { return e.losses.List }

// encoders has one method for each type of event.
var encoders = map[llm.EventType]func(e *eventEncoder, dst []byte, ev *llm.Event) []byte{
	llm.EventStart:      (*eventEncoder).start,
	llm.EventBlockStart: (*eventEncoder).blockStart,
	llm.EventDelta:      (*eventEncoder).delta,
	llm.EventBlockStop:  (*eventEncoder).holdStop,
	llm.EventUsage:      (*eventEncoder).keepUsage,
	llm.EventFinish:     (*eventEncoder).finish,
	llm.EventFail:       (*eventEncoder).fail,
	llm.EventOpaque:     (*eventEncoder).opaque,
	llm.EventPing:       (*eventEncoder).ping,
	llm.EventEnd:        (*eventEncoder).finished,
}

// Encode appends the rendering of ev to dst.
func (e *eventEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	encode, ok := encoders[ev.Type]
	if !ok || e.done {
		return dst
	}
	if e.head == nil && ev.Type != llm.EventStart && ev.Type != llm.EventPing {
		dst = e.begin(dst, &llm.Response{}, ev.Type != llm.EventFail)
	}
	if !failing[ev.Type] {
		dst = e.tellStops(dst)
	}
	return encode(e, dst, ev)
}

func (e *eventEncoder) start(dst []byte, ev *llm.Event) []byte {
	if e.head != nil {
		return dst
	}
	resp := ev.Response
	if resp == nil {
		resp = &llm.Response{}
	}
	return e.begin(dst, resp, true)
}

// begin fixes what all events of the stream share and, unless the stream has
// failed before it began, announces the response.
func (e *eventEncoder) begin(dst []byte, resp *llm.Response, announce bool) []byte {
	e.head = newHead(resp, e.req)
	e.out = newOutputWriter(e.head.id, e.req, &e.losses)
	if !announce {
		return dst
	}
	dst = e.response(dst, "response.created", outcome{status: statusInProgress}, false)
	return e.response(dst, "response.in_progress", outcome{status: statusInProgress}, false)
}

// response appends an event that carries the response object.
func (e *eventEncoder) response(dst []byte, kind string, out outcome, final bool) []byte {
	dst, start := e.open(dst, kind)
	var output []byte
	for _, item := range e.outputs {
		if item != nil {
			output = append(wirejson.AppendSep(output), item...)
		}
	}
	dst = e.head.appendTo(wirejson.AppendName(dst, "response"), out, e.end, output)
	dst = wirejson.AppendName(dst, "usage")
	if final {
		dst = appendUsage(dst, e.usage)
	} else {
		dst = append(dst, "null"...)
	}
	return closeEvent(append(dst, '}'), start)
}

func (e *eventEncoder) blockStart(dst []byte, ev *llm.Event) []byte {
	if ev.Block == nil || e.live[ev.Index] != nil {
		return dst
	}
	ordinal := e.count
	e.count++
	if ev.Choice > 0 {
		e.losses.Drop("n", "choices")
		e.live[ev.Index] = silent{}
		return dst
	}
	l, dst := e.newLive(dst, ev, ordinal)
	e.live[ev.Index] = l
	return dst
}

func (e *eventEncoder) delta(dst []byte, ev *llm.Event) []byte {
	if l := e.live[ev.Index]; l != nil {
		return l.delta(e, dst, ev)
	}
	return dst
}

func (e *eventEncoder) blockStop(dst []byte, ev *llm.Event) []byte {
	l := e.live[ev.Index]
	if l == nil {
		return dst
	}
	delete(e.live, ev.Index)
	return l.stop(e, dst, ev)
}

func (e *eventEncoder) keepUsage(dst []byte, ev *llm.Event) []byte {
	if ev.Usage != nil {
		usage := *ev.Usage
		e.usage = &usage
	}
	return dst
}

func (e *eventEncoder) finish(dst []byte, ev *llm.Event) []byte {
	if ev.Choice > 0 {
		return dst
	}
	e.end.finish, e.end.raw, e.end.explanation = ev.Finish, ev.FinishRaw, ev.Explanation
	e.out.cut = ev.Finish == llm.FinishLength || ev.Finish == llm.FinishContentFilter
	return dst
}

// finished ends the stream properly: what is open is closed first.
func (e *eventEncoder) finished(dst []byte, _ *llm.Event) []byte {
	dst = e.closeAll(dst)
	e.end.refusal = e.out.refusal
	out := outcomeOf(e.end.finish, e.end.raw, e.end.refusal)
	if out.loss != "" {
		e.losses.Approximate(out.loss, "finish")
	}
	kind := "response.failed"
	switch out.status {
	case statusCompleted, statusIncomplete:
		kind = "response." + out.status
	}
	dst = e.response(dst, kind, out, true)
	e.done = true
	return dst
}

// closeAll closes the blocks that are open, oldest first, and the last item.
func (e *eventEncoder) closeAll(dst []byte) []byte {
	for _, i := range slices.Sorted(maps.Keys(e.live)) {
		dst = e.blockStop(dst, &llm.Event{Type: llm.EventBlockStop, Index: i})
	}
	if e.tail != nil && !e.tail.closed {
		e.out.truncated = e.out.cut
		dst = e.closeItem(dst, e.tail)
		e.out.truncated = false
	}
	return dst
}

// fail ends the stream with an error event and response.failed, as OpenAI does.
// The error event has its members both at its top, as documented, and in an
// object, as sent and as SDKs look for it.
func (e *eventEncoder) fail(dst []byte, ev *llm.Event) []byte {
	err := ev.Err
	if err == nil {
		err = llm.Errorf(llm.KindUpstream, "", "%s", generationFailed(""))
	}
	e.keepTorn()
	_, code := dialectOf(err)
	dst, start := e.open(dst, "error")
	dst = appendMember(dst, "code", code)
	dst = appendMember(dst, "message", err.Message)
	dst = appendNullable(dst, "param", err.Param)
	dst = closeEvent(appendErrorObject(wirejson.AppendName(dst, "error"), err), start)
	e.end.err = err
	dst = e.response(dst, "response.failed", outcome{status: statusFailed}, e.usage != nil)
	e.done = true
	return dst
}

func (e *eventEncoder) ping(dst []byte, _ *llm.Event) []byte {
	return append(dst, ": keep-alive\n\n"...)
}
