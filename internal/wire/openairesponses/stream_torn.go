package openairesponses

import (
	"maps"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// A stream that fails leaves what it was about unfinished. Clients take an item
// whose end they are told for a whole one: Codex keeps its text and runs its
// call. So ends wait until something that follows shows that it goes on, since
// decoders close what is open before they tell of a failure. What is torn then
// stands in the failed response, as incomplete, and nowhere else.

// failing has the events that may stand between the end of a block and a
// failure that tore it.
var failing = map[llm.EventType]bool{
	llm.EventBlockStop: true, llm.EventUsage: true, llm.EventPing: true, llm.EventFail: true,
}

// holdStop keeps the end of a block.
func (e *eventEncoder) holdStop(dst []byte, ev *llm.Event) []byte {
	if e.live[ev.Index] == nil {
		return dst
	}
	end := *ev // valid only now
	if end.Block != nil {
		end.Block = llm.CloneBlock(end.Block)
	}
	e.stops = append(e.stops, end)
	return dst
}

// tellStops tells the ends that were kept.
func (e *eventEncoder) tellStops(dst []byte) []byte {
	for i := range e.stops {
		dst = e.blockStop(dst, &e.stops[i])
	}
	e.stops = e.stops[:0]
	return dst
}

// keepTorn puts the items whose end has not been told into the output.
func (e *eventEncoder) keepTorn() {
	torn := map[int]*liveItem{}
	if e.tail != nil {
		torn[e.tail.index] = e.tail
	}
	cut := func(l live, end *llm.Event) {
		if item := l.cut(end); item != nil {
			torn[item.index] = item
		}
	}
	for i := range e.stops {
		if l := e.live[e.stops[i].Index]; l != nil {
			cut(l, &e.stops[i])
			delete(e.live, e.stops[i].Index)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(e.live)) {
		cut(e.live[i], nil)
	}
	e.out.truncated = true
	for _, index := range slices.Sorted(maps.Keys(torn)) {
		e.keepItem(torn[index])
	}
	e.out.truncated = false
}

// keepItem puts an item into the output as far as it has come.
func (e *eventEncoder) keepItem(item *liveItem) {
	if item.closed {
		return
	}
	item.closed = true
	blocks := slices.DeleteFunc(item.blocks, func(b llm.Block) bool { return b == nil })
	if len(blocks) == 0 {
		return
	}
	e.out.count = item.index
	e.outputs[item.index] = e.out.block(nil, blocks, item.first)
}

// cut returns the message with the part as far as it has come.
func (l *liveText) cut(end *llm.Event) *liveItem { return l.fill(l.content, end) }

// cut returns the call as far as it has come.
func (l *liveCall) cut(end *llm.Event) *liveItem { return l.fill(0, end) }

// cut returns the thinking as far as it has come; nil if none of it was told.
func (l *liveReasoning) cut(end *llm.Event) *liveItem { return l.fill(0, end) }

// cut returns nothing: what is told in one piece has not been.
func (l *liveWhole) cut(*llm.Event) *liveItem { return nil }

// fill puts the block into its place in its item.
func (g *gathered) fill(place int, end *llm.Event) *liveItem {
	if g.item == nil {
		return nil
	}
	if end != nil {
		g.add(end)
	}
	g.item.blocks[place] = g.block()
	return g.item
}
