package llm_test

import (
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
)

func events(evs ...*llm.Event) iter.Seq[*llm.Event] { return slices.Values(evs) }

func start() *llm.Event {
	return &llm.Event{Type: llm.EventStart, Response: &llm.Response{ID: "r"}}
}

func open(index int, b llm.Block) *llm.Event {
	return &llm.Event{Type: llm.EventBlockStart, Index: index, Block: b}
}

func delta(index int, kind llm.DeltaKind, text string) *llm.Event {
	return &llm.Event{Type: llm.EventDelta, Index: index, Delta: kind, Text: text}
}

func stop(index int, end llm.Block) *llm.Event {
	return &llm.Event{Type: llm.EventBlockStop, Index: index, Block: end}
}

func end() *llm.Event { return &llm.Event{Type: llm.EventEnd} }

// one folds a stream of a single block and returns that block.
func one(t *testing.T, evs ...*llm.Event) llm.Block {
	t.Helper()
	all := append(append([]*llm.Event{start()}, evs...), end())
	r, err := llm.Fold(events(all...))
	require.NoError(t, err)
	require.Len(t, r.Choices, 1)
	require.Len(t, r.Choices[0].Blocks, 1)
	return r.Choices[0].Blocks[0]
}

func TestFoldUnfoldIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genResponse(3).Draw(t, "response")
		got, err := llm.Fold(llm.Unfold(r))
		require.NoError(t, err)
		requireEqual(t, r, got)
	})
}

func TestFoldDoesNotCareHowDeltasAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genResponse(2).Draw(t, "response")
		evs := split(t, slices.Collect(llm.Unfold(r)))
		got, err := llm.Fold(events(evs...))
		require.NoError(t, err)
		requireEqual(t, r, got)
	})
}

func TestUnfoldStopsWhenTheConsumerDoes(t *testing.T) {
	r := &llm.Response{Choices: []llm.Choice{{Blocks: []llm.Block{&llm.Text{Text: "a"}, &llm.Text{Text: "b"}}}}}
	total := len(slices.Collect(llm.Unfold(r)))
	for n := 1; n < total; n++ {
		seen := 0
		for range llm.Unfold(r) {
			if seen++; seen == n {
				break
			}
		}
		require.Equal(t, n, seen)
	}
}

func TestUnfoldKeepsTheGrammar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		evs := slices.Collect(llm.Unfold(genResponse(3).Draw(t, "response")))
		require.Equal(t, llm.EventStart, evs[0].Type)
		require.Equal(t, llm.EventEnd, evs[len(evs)-1].Type)
		next := 0
		for _, ev := range evs {
			if ev.Type == llm.EventBlockStart {
				require.Equal(t, next, ev.Index)
				next++
			}
		}
	})
}

func TestFoldInputOfCalls(t *testing.T) {
	call := func(kind llm.ToolKind) *llm.ToolCall { return &llm.ToolCall{CallID: "c", Name: "f", Kind: kind} }
	tests := []struct {
		name string
		evs  []*llm.Event
		want string
	}{
		{"no arguments become an empty object", []*llm.Event{open(0, call(llm.ToolFunction)), stop(0, nil)}, "{}"},
		{
			"blank arguments become an empty object",
			[]*llm.Event{open(0, call(llm.ToolFunction)), delta(0, llm.DeltaInput, " "), stop(0, nil)},
			"{}",
		},
		{
			"fragments join, also inside a rune",
			[]*llm.Event{
				open(0, call(llm.ToolFunction)), delta(0, llm.DeltaInput, "{\"a\":\"\xc3"),
				delta(0, llm.DeltaInput, "\xa9\"}"), stop(0, nil),
			},
			`{"a":"é"}`,
		},
		{
			"the stop fills in arguments that no delta told",
			[]*llm.Event{open(0, call(llm.ToolFunction)), stop(0, &llm.ToolCall{Input: llm.Raw(`{"a":1}`)})},
			`{"a":1}`,
		},
		{
			"deltas win over the stop",
			[]*llm.Event{
				open(0, call(llm.ToolFunction)), delta(0, llm.DeltaInput, `{"a":1}`),
				stop(0, &llm.ToolCall{Input: llm.Raw(`{"a":2}`)}),
			},
			`{"a":1}`,
		},
		{"free text of a custom tool may be empty", []*llm.Event{open(0, call(llm.ToolCustom)), stop(0, nil)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := one(t, tt.evs...)
			require.Equal(t, tt.want, string(b.(*llm.ToolCall).Input))
		})
	}
}

func TestFoldBlockStopTellsTheRest(t *testing.T) {
	sig := &llm.Signature{Data: "S", Origin: llm.Origin{Protocol: llm.OpenAIResponses}}
	b := one(t,
		open(0, &llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Encrypted: &llm.Signature{Data: "early"}}),
		delta(0, llm.DeltaReasoning, "hm"),
		stop(0, &llm.Reasoning{Encrypted: sig, Attrs: llm.Attrs{
			Ext: llm.Ext{{Protocol: llm.OpenAIResponses, Name: "status", Value: llm.Raw(`"completed"`)}},
		}}))
	requireEqual(t, &llm.Reasoning{
		Attrs: llm.Attrs{ID: "rs_1", Ext: llm.Ext{
			{Protocol: llm.OpenAIResponses, Name: "status", Value: llm.Raw(`"completed"`)},
		}},
		Text: "hm", Encrypted: sig,
	}, b)
}

func TestFoldLogprobsAppend(t *testing.T) {
	b := one(t, open(0, &llm.Text{}), delta(0, llm.DeltaLogprobs, `[{"a":1}]`), delta(0, llm.DeltaLogprobs, `[]`),
		delta(0, llm.DeltaLogprobs, ` [{"b":2}, {"c":3}] `), stop(0, nil))
	require.Equal(t, `[{"a":1},{"b":2}, {"c":3}]`, string(b.(*llm.Text).Logprobs))
}

func TestFoldUsageLastWins(t *testing.T) {
	usage := func(n int64) *llm.Event {
		return &llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Input: 10, Output: n}}
	}
	r, err := llm.Fold(events(start(), usage(1), usage(25), usage(40), end()))
	require.NoError(t, err)
	require.Equal(t, int64(40), r.Usage.Output)
	require.Equal(t, int64(10), r.Usage.Input)
}

func TestFoldFailures(t *testing.T) {
	failed := &llm.Error{Kind: llm.KindOverloaded, Message: "busy"}
	tests := []struct {
		name string
		evs  []*llm.Event
		want llm.Kind
		code string
	}{
		{"fail", []*llm.Event{start(), {Type: llm.EventFail, Err: failed}}, llm.KindOverloaded, ""},
		{"fail without an error", []*llm.Event{start(), {Type: llm.EventFail}}, llm.KindUpstream, "stream_failed"},
		{"truncated", []*llm.Event{start(), open(0, &llm.Text{})}, llm.KindUpstream, "stream_truncated"},
		{"empty", nil, llm.KindUpstream, "stream_truncated"},
		{"second start", []*llm.Event{start(), start()}, llm.KindInternal, "stream_order"},
		{"delta before its block", []*llm.Event{start(), delta(0, llm.DeltaText, "x")}, llm.KindInternal, "stream_order"},
		{
			"delta after its block",
			[]*llm.Event{start(), open(0, &llm.Text{}), stop(0, nil), delta(0, llm.DeltaText, "x")},
			llm.KindInternal, "stream_order",
		},
		{"index used twice", []*llm.Event{start(), open(0, &llm.Text{}), open(0, &llm.Text{})}, llm.KindInternal, "stream_order"},
		{"block without a header", []*llm.Event{start(), open(0, nil)}, llm.KindInternal, "stream_order"},
		{"event after the end", []*llm.Event{start(), end(), {Type: llm.EventPing}}, llm.KindInternal, "stream_order"},
		{
			"block ends as another type",
			[]*llm.Event{start(), open(0, &llm.Text{}), stop(0, &llm.Refusal{})},
			llm.KindInternal, "stream_order",
		},
		{
			"summary part out of range",
			[]*llm.Event{
				start(), open(0, &llm.Reasoning{}),
				{Type: llm.EventDelta, Delta: llm.DeltaSummary, Part: 1 << 30, Text: "x"},
			},
			llm.KindInternal, "stream_order",
		},
		{"unknown delta", []*llm.Event{start(), open(0, &llm.Text{}), delta(0, 99, "x")}, llm.KindInternal, "stream_order"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := llm.Fold(events(tt.evs...))
			require.NotNil(t, r)
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.want, e.Kind)
			require.Equal(t, tt.code, e.Code)
		})
	}
}

func TestFoldFailKeepsWhatArrived(t *testing.T) {
	r, err := llm.Fold(events(start(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "half"),
		&llm.Event{Type: llm.EventFail, Err: llm.Errorf(llm.KindUpstream, "x", "boom")}))
	require.ErrorContains(t, err, "boom")
	require.Equal(t, "half", r.Choices[0].Blocks[0].(*llm.Text).Text)
}

func TestFoldKeepsNoMemoryOfEvents(t *testing.T) {
	raw := llm.Raw(`{"type":"x"}`)
	ext := llm.Raw(`1`)
	var f llm.Folder
	require.NoError(t, f.Add(start()))
	require.NoError(t, f.Add(open(0, &llm.Opaque{
		Attrs: llm.Attrs{Ext: llm.Ext{{Name: "a", Value: ext}}}, Native: llm.Native{Raw: raw},
	})))
	copy(raw, strings.Repeat("!", len(raw)))
	ext[0] = '!'
	require.NoError(t, f.Add(stop(0, nil)))
	require.NoError(t, f.Add(end()))
	r, err := f.Response()
	require.NoError(t, err)
	b := r.Choices[0].Blocks[0].(*llm.Opaque)
	require.Equal(t, `{"type":"x"}`, string(b.Native.Raw))
	require.Equal(t, `1`, string(b.Ext[0].Value))
}

func TestFolderAnswersTwice(t *testing.T) {
	var f llm.Folder
	for _, ev := range []*llm.Event{start(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "a")} {
		require.NoError(t, f.Add(ev))
	}
	first, err := f.Response()
	require.Error(t, err)
	second, _ := f.Response()
	requireEqual(t, first, second)
	require.NoError(t, f.Add(delta(0, llm.DeltaText, "b")))
	require.Equal(t, "a", first.Choices[0].Blocks[0].(*llm.Text).Text)
}
