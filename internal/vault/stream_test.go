package vault_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

func thinkEvents(index int) []*llm.Event {
	at := string(rune('a' + index))
	origin := llm.Origin{Protocol: llm.AnthropicMessages}
	return []*llm.Event{
		{Type: llm.EventBlockStart, Index: index, Block: &llm.Reasoning{}},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaReasoning, Text: "one " + at},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaReasoning, Text: " two " + at},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaSignature, Text: "Sig" + at, Origin: origin},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaSignature, Text: "+" + at},
		{Type: llm.EventBlockStop, Index: index},
	}
}

func callEvents(index int, id, input string) []*llm.Event {
	return []*llm.Event{
		{Type: llm.EventBlockStart, Index: index, Block: &llm.ToolCall{CallID: id, Name: "weather", Kind: llm.ToolFunction}},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaInput, Text: input[:3]},
		{Type: llm.EventDelta, Index: index, Delta: llm.DeltaInput, Text: input[3:]},
		{Type: llm.EventBlockStop, Index: index},
	}
}

// interleave takes one event of each list in turn.
func interleave(lists ...[]*llm.Event) []*llm.Event {
	var out []*llm.Event
	for some := true; some; {
		some = false
		for i := range lists {
			if len(lists[i]) > 0 {
				out, lists[i], some = append(out, lists[i][0]), lists[i][1:], true
			}
		}
	}
	return out
}

// poisoned yields the events one by one and spoils each after it was used, as
// decoders do that reuse their memory.
func poisoned(blocks []*llm.Event, last llm.EventType) func(yield func(*llm.Event) bool) {
	events := []*llm.Event{{Type: llm.EventStart, Response: &llm.Response{ID: "resp_1"}}}
	events = append(events, blocks...)
	events = append(events, &llm.Event{Type: llm.EventFinish, Finish: llm.FinishToolUse}, &llm.Event{Type: last, Err: &llm.Error{}})
	return func(yield func(*llm.Event) bool) {
		var shared llm.Event
		for _, ev := range events {
			shared = *ev
			if ev.Block != nil {
				shared.Block = llm.CloneBlock(ev.Block)
			}
			if !yield(&shared) {
				return
			}
			switch b := shared.Block.(type) {
			case *llm.Reasoning:
				*b = llm.Reasoning{Text: "spoiled"}
			case *llm.ToolCall:
				*b = llm.ToolCall{CallID: "spoiled"}
			}
			shared = llm.Event{Text: "spoiled"}
		}
	}
}

// TestInterleavedBlocks: two thoughts arrive at the same time, then two calls.
func TestInterleavedBlocks(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	events := slices.Concat(
		interleave(thinkEvents(0), thinkEvents(1)),
		interleave(callEvents(2, "call_1", `{"city":"Rome"}`), callEvents(3, "call_2", `{"city":"Oslo"}`)))
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			v := newVault()
			c := client(p)
			understood := c.stream(t, sealStream(t, v, turn(from, p), poisoned(events, llm.EventEnd)))
			require.Equal(t, []string{
				`thinks "one a two a" [] signed Siga+a/anthropic.messages/ sealed - redacted false id "" ext `,
				`thinks "one b two b" [] signed Sigb+b/anthropic.messages/ sealed - redacted false id "" ext `,
				"calls call_1 signed -", "calls call_2 signed -",
			}, said(assistant(open(t, v, c.next(t, understood), from))))
		})
	}
}

// TestAStreamThatFailedIsNotStored: no client sends it back.
func TestAStreamThatFailedIsNotStored(t *testing.T) {
	t.Parallel()
	store := vault.Memory(0, newClock().Now)
	v := vaultOn(store)
	s := v.Stream(turn(originOf(llm.AnthropicMessages), llm.OpenAIChat))
	for ev := range poisoned(append(thinkEvents(0), callEvents(1, "call_1", `{"city":"Rome"}`)...), llm.EventFail) {
		s.Event(ev, func(*llm.Event) {})
	}
	require.NoError(t, s.Done(t.Context()))
	require.Zero(t, store.Size())
}

// TestABlockCutShortIsNotStored, while what ended before it is.
func TestABlockCutShortIsNotStored(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	v := newVault()
	s := v.Stream(turn(from, llm.OpenAIChat))
	events := callEvents(0, "call_1", `{"city":"Rome"}`)
	events[0].Block = &llm.ToolCall{CallID: "call_1", Name: "weather", Kind: llm.ToolFunction, Signature: sig(llm.Gemini, "Sig==")}
	events = append(events, thinkEvents(1)[:3]...)
	for _, ev := range events {
		s.Event(ev, func(*llm.Event) {})
	}
	require.NoError(t, s.Done(t.Context()))
	req := client(llm.OpenAIChat).next(t, []llm.Block{call("call_1", `{"city":"Rome"}`, nil)})
	require.Equal(t, []string{"calls call_1 signed Sig==/gemini/"}, said(assistant(open(t, v, req, from))))
}

// TestThinkingBeyondTheBound passes as it is, and its codec notes the loss.
func TestThinkingBeyondTheBound(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	huge := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	resp := answer(
		&llm.Reasoning{Text: "small", Signature: sig(from.Protocol, "SigSmall==")},
		&llm.Reasoning{Text: huge, Signature: sig(from.Protocol, "SigHuge==")},
		&llm.Reasoning{Text: "late", Signature: sig(from.Protocol, "SigLate==")},
		call("call_1", "{}", nil))
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			v := newVault()
			c := client(p)
			sealed, err := v.Seal(t.Context(), turn(from, p), resp)
			require.NoError(t, err)
			_, losses, err := c.in.EncodeResponse(sealed, ask())
			require.NoError(t, err)
			require.Contains(t, llm.LossCodes(losses), "dropped:foreign_signature")
			streamed := c.stream(t, sealStream(t, v, turn(from, p), llm.Unfold(resp)))
			for _, blocks := range [][]llm.Block{c.whole(t, sealed), streamed} {
				opened := secrets(assistant(open(t, v, c.next(t, blocks), from)))
				if p == llm.OpenAIChat {
					require.Empty(t, opened, "a chain with a gap is of no use")
					continue
				}
				require.Equal(t, []string{"SigSmall=="}, opened)
			}
		})
	}
}

// TestATurnTooLargeToBeStored is told, and the answer is good all the same.
func TestATurnTooLargeToBeStored(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	sealed, err := v.Seal(t.Context(), turn(from, llm.OpenAIChat), answer(
		&llm.Reasoning{Signature: sig(from.Protocol, noise(400<<10))}, &llm.Text{Text: "Done."}))
	require.ErrorIs(t, err, vault.ErrTooLarge)
	require.Len(t, sealed.Choices[0].Blocks, 2)
}

// TestEachChoiceIsItsOwnAnswer: the client goes on with one of them.
func TestEachChoiceIsItsOwnAnswer(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	v := newVault()
	resp := answer(call("call_1", `{"city":"Rome"}`, sig(from.Protocol, "SigOne==")))
	resp.Choices = append(resp.Choices, llm.Choice{Index: 1, Blocks: []llm.Block{call("call_2", `{"city":"Oslo"}`, sig(from.Protocol, "SigTwo=="))}})
	_, err := v.Seal(t.Context(), turn(from, llm.OpenAIChat), resp)
	require.NoError(t, err)
	req := client(llm.OpenAIChat).next(t, []llm.Block{call("call_2", `{"city":"Oslo"}`, nil)})
	require.Equal(t, []string{"SigTwo=="}, secrets(assistant(open(t, v, req, from))))
}

// TestEventsOfStrangersPass: an event for a block that never began is none of
// the vault's.
func TestEventsOfStrangersPass(t *testing.T) {
	t.Parallel()
	s := newVault().Stream(turn(originOf(llm.Gemini), llm.OpenAIChat))
	for _, ev := range []*llm.Event{
		{Type: llm.EventDelta, Index: 7, Delta: llm.DeltaText, Text: "x"},
		{Type: llm.EventBlockStop, Index: 7},
		{Type: llm.EventBlockStart, Index: 8},
		{Type: llm.EventPing},
		{Type: llm.EventBlockStart, Index: 9, Block: &llm.Opaque{}},
		{Type: llm.EventBlockStop, Index: 9},
	} {
		n := 0
		s.Event(ev, func(out *llm.Event) {
			n++
			require.Same(t, ev, out)
		})
		require.Equal(t, 1, n)
	}
}
