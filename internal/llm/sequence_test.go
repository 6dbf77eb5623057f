package llm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
)

func sequenced(s *llm.Sequencer, evs []*llm.Event) (out []*llm.Event, left int) {
	for _, ev := range evs {
		ok := s.Push(ev, func(ev *llm.Event) {
			c := *ev
			out = append(out, &c)
		})
		if !ok {
			left++
		}
	}
	return out, left
}

// interleave shuffles the events of the blocks of one choice so that each
// block keeps its own order and starts come in the order of the indices.
func interleave(t *rapid.T, evs []*llm.Event) []*llm.Event {
	lanes := map[int][]*llm.Event{}
	var order []int
	var head, tail []*llm.Event
	for _, ev := range evs {
		switch ev.Type {
		case llm.EventBlockStart, llm.EventDelta, llm.EventBlockStop:
			if lanes[ev.Index] == nil {
				order = append(order, ev.Index)
			}
			lanes[ev.Index] = append(lanes[ev.Index], ev)
		case llm.EventStart:
			head = append(head, ev)
		default:
			tail = append(tail, ev)
		}
	}
	out, started := head, 0
	for {
		var ready []int
		for i, index := range order {
			if len(lanes[index]) > 0 && (i < started || i == started) {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			return append(out, tail...)
		}
		i := ready[rapid.IntRange(0, len(ready)-1).Draw(t, "lane")]
		started = max(started, i+1)
		out = append(out, lanes[order[i]][0])
		lanes[order[i]] = lanes[order[i]][1:]
	}
}

func TestSequencerPutsBlocksOneAfterAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genResponse(1).Draw(t, "response")
		evs := interleave(t, split(t, slices.Collect(llm.Unfold(r))))
		out, left := sequenced(&llm.Sequencer{}, evs)
		require.Zero(t, left)
		requireSequential(t, out)
		got, err := llm.Fold(events(out...))
		require.NoError(t, err)
		requireEqual(t, r, got)
	})
}

func requireSequential(t require.TestingT, evs []*llm.Event) {
	next, open := 0, -1
	for _, ev := range evs {
		switch ev.Type {
		case llm.EventBlockStart:
			require.Equal(t, -1, open, "a block opens inside another")
			require.Equal(t, next, ev.Index)
			open, next = ev.Index, next+1
		case llm.EventDelta:
			require.Equal(t, open, ev.Index)
		case llm.EventBlockStop:
			require.Equal(t, open, ev.Index)
			open = -1
		case llm.EventFinish, llm.EventEnd:
			require.Equal(t, -1, open, "the stream finishes inside a block")
		}
	}
}

func TestSequencerPassesTheFirstBlockAtOnce(t *testing.T) {
	var s llm.Sequencer
	call := func(id string) llm.Block { return &llm.ToolCall{CallID: id, Name: "f", Kind: llm.ToolFunction} }
	count := func(ev *llm.Event) int {
		n := 0
		require.True(t, s.Push(ev, func(*llm.Event) { n++ }))
		return n
	}
	require.Equal(t, 1, count(open(5, call("a"))))
	require.Equal(t, 0, count(open(9, call("b"))))
	require.Equal(t, 0, count(delta(9, llm.DeltaInput, `{"x"`)))
	require.Equal(t, 1, count(delta(5, llm.DeltaInput, `{}`)))
	require.Equal(t, 0, count(delta(9, llm.DeltaInput, `:1}`)))
	require.Equal(t, 1, count(&llm.Event{Type: llm.EventPing}), "pings do not wait")
	require.Equal(t, 0, count(&llm.Event{Type: llm.EventFinish}), "a finish waits for open blocks")
	// The stop of a, the start of b and its two deltas as one.
	require.Equal(t, 3, count(stop(5, nil)))
	require.Equal(t, 1, count(delta(9, llm.DeltaInput, ` `)), "b is first in line now")
	require.Equal(t, 2, count(stop(9, nil)), "and its stop lets the finish go")
	require.Equal(t, 1, count(end()))
}

func TestSequencerClosesWhatIsOpenAtTheEnd(t *testing.T) {
	out, left := sequenced(&llm.Sequencer{}, []*llm.Event{
		start(), open(0, &llm.Text{}), open(1, &llm.Text{}), delta(1, llm.DeltaText, "b"), delta(0, llm.DeltaText, "a"),
		{Type: llm.EventFinish, Finish: llm.FinishStop},
		end(),
		{Type: llm.EventPing},
	})
	require.Equal(t, 1, left, "nothing follows the end")
	requireSequential(t, out)
	require.Equal(t, llm.EventEnd, out[len(out)-1].Type)
	require.Equal(t, llm.EventFinish, out[len(out)-2].Type)
	r, _ := llm.Fold(events(out...))
	require.Equal(t, "a", r.Choices[0].Blocks[0].(*llm.Text).Text)
	require.Equal(t, "b", r.Choices[0].Blocks[1].(*llm.Text).Text)
}

// A block that a failure cut is not closed: a client would take it for whole.
func TestSequencerLeavesOpenWhatAFailureCuts(t *testing.T) {
	out, left := sequenced(&llm.Sequencer{}, []*llm.Event{
		start(), open(0, &llm.Text{}), open(1, &llm.Text{}), delta(1, llm.DeltaText, "b"), delta(0, llm.DeltaText, "a"),
		{Type: llm.EventFail, Err: llm.Errorf(llm.KindUpstream, "x", "boom")},
		{Type: llm.EventPing},
	})
	require.Equal(t, 1, left, "nothing follows the end")
	requireSequential(t, out)
	var types []llm.EventType
	for _, ev := range out {
		types = append(types, ev.Type)
	}
	require.Equal(t, []llm.EventType{llm.EventStart, llm.EventBlockStart, llm.EventDelta, llm.EventFail}, types)
}

func TestSequencerLeavesStrayEventsOut(t *testing.T) {
	out, left := sequenced(&llm.Sequencer{}, []*llm.Event{
		start(), delta(3, llm.DeltaText, "x"), stop(3, nil), open(0, nil), open(0, &llm.Text{}), open(0, &llm.Text{}), end(),
	})
	require.Equal(t, 4, left)
	requireSequential(t, out)
}

func TestSequencerBoundsItsMemory(t *testing.T) {
	s := llm.Sequencer{Limit: 1000}
	evs := []*llm.Event{start(), open(0, &llm.Text{}), open(1, &llm.Text{})}
	for range 20 {
		evs = append(evs, delta(1, llm.DeltaText, strings.Repeat("x", 100)))
	}
	out, left := sequenced(&s, append(evs, end()))
	require.Positive(t, left)
	requireSequential(t, out)
	last := out[len(out)-1]
	require.Equal(t, llm.EventFail, last.Type)
	require.Equal(t, "stream_buffer_exceeded", last.Err.Code)
}

func TestSequencerReleasesWhatItCounted(t *testing.T) {
	s := llm.Sequencer{Limit: 2000}
	var evs []*llm.Event
	for i := range 50 { // more in all than the limit, never more at once
		a, b := 2*i, 2*i+1
		evs = append(evs, open(a, &llm.Text{}), open(b, &llm.Text{}))
		for range 10 {
			evs = append(evs, delta(b, llm.DeltaText, strings.Repeat("x", 100)))
		}
		evs = append(evs, stop(a, nil), stop(b, nil))
	}
	out, left := sequenced(&s, append(evs, end()))
	require.Zero(t, left)
	require.Equal(t, llm.EventEnd, out[len(out)-1].Type)
}

func TestSequencerKeepsNoMemoryOfEvents(t *testing.T) {
	var s llm.Sequencer
	raw := llm.Raw(`{"a":1}`)
	cite := &llm.Citation{URL: "u", Raw: llm.Raw(`{"c":1}`)}
	out, _ := sequenced(&s, []*llm.Event{
		open(0, &llm.Text{}), open(1, &llm.Opaque{Native: llm.Native{Raw: raw}}), stop(1, nil),
		open(2, &llm.Text{}),
		{Type: llm.EventDelta, Index: 2, Delta: llm.DeltaCitation, Citation: cite},
	})
	require.Len(t, out, 1)
	raw[0], cite.Raw[0], cite.URL = '!', '!', "!"
	out, _ = sequenced(&s, []*llm.Event{stop(0, nil)})
	require.Equal(t, `{"a":1}`, string(out[1].Block.(*llm.Opaque).Native.Raw))
	require.Equal(t, `{"c":1}`, string(out[4].Citation.Raw))
	require.Equal(t, "u", out[4].Citation.URL)
}
