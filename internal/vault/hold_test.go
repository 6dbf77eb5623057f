package vault_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// keepsCalls plays a client of Gemini's that, of a stream, keeps thinking
// without its signatures, drops it where it is empty, and names calls anew.
func keepsCalls() clientOf {
	c := client(llm.Gemini)
	c.forgets = func(b llm.Block) bool {
		r, ok := b.(*llm.Reasoning)
		return ok && r.Text == ""
	}
	return c
}

// unsignedThinking is what such a client understood.
func unsignedThinking(blocks []llm.Block) []llm.Block {
	var out []llm.Block
	for i, b := range blocks {
		switch b := b.(type) {
		case *llm.Reasoning:
			out = append(out, &llm.Reasoning{Text: b.Text})
		case *llm.ToolCall:
			c := *b
			c.CallID = "call_of_client_" + string(rune('a'+i))
			out = append(out, &c)
		default:
			out = append(out, b)
		}
	}
	return out
}

// TestEnvelopesStandOnCalls: a client that keeps signatures of calls alone
// brings the thinking back that stood right before one, without the store.
func TestEnvelopesStandOnCalls(t *testing.T) {
	t.Parallel()
	ping := []*llm.Event{{Type: llm.EventPing}, {Type: llm.EventUsage, Usage: &llm.Usage{Input: 1}}}
	text := []*llm.Event{
		{Type: llm.EventBlockStart, Index: 9, Block: &llm.Text{}},
		{Type: llm.EventDelta, Index: 9, Delta: llm.DeltaText, Text: "So."},
		{Type: llm.EventBlockStop, Index: 9},
	}
	rome := func(i int) []*llm.Event { return callEvents(i, "call_1", `{"city":"Rome"}`) }
	oslo := func(i int) []*llm.Event { return callEvents(i, "call_2", `{"city":"Oslo"}`) }
	const a, b = `thinks "one a two a" [] signed Siga+a/anthropic.messages/ sealed - redacted false id "" ext `,
		`thinks "one b two b" [] signed Sigb+b/anthropic.messages/ sealed - redacted false id "" ext `
	tests := []struct {
		name   string
		events []*llm.Event
		lone   int // envelopes in parts of their own
		calls  int // envelopes on calls
		want   []string
	}{
		{"a call", slices.Concat(thinkEvents(0), rome(1)), 0, 1, []string{a, "calls"}},
		{"parallel calls", slices.Concat(thinkEvents(0), rome(1), oslo(2)), 0, 1, []string{a, "calls", "calls"}},
		{"pings before it", slices.Concat(thinkEvents(0), ping, rome(1)), 0, 1, []string{a, "calls"}},
		{"twice", slices.Concat(thinkEvents(0), rome(2), thinkEvents(1), oslo(3)), 0, 2, []string{a, "calls", b, "calls"}},
		{"text", slices.Concat(thinkEvents(0), text), 1, 0, nil},
		{"nothing", thinkEvents(0), 1, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVault()
			from := originOf(llm.AnthropicMessages)
			c := keepsCalls()
			enc := c.in.EventEncoder(ask())
			var stream []byte
			var told []*llm.Event
			for ev := range sealStream(t, v, turn(from, llm.Gemini), poisoned(tt.events, llm.EventEnd)) {
				stream = enc.Encode(stream, ev)
				kept := *ev
				if ev.Block != nil {
					kept.Block = llm.CloneBlock(ev.Block)
				}
				told = append(told, &kept)
			}
			require.Equal(t, tt.lone, strings.Count(string(stream), `"thought":true,"thoughtSignature":"`+vault.Marker))
			require.Equal(t, tt.lone+tt.calls, strings.Count(string(stream), `"thoughtSignature":"`+vault.Marker))
			if tt.want == nil {
				return
			}
			understood := unsignedThinking(c.stream(t, slices.Values(told)))
			var got []string
			for _, line := range said(assistant(open(t, v, c.next(t, understood), from))) {
				if strings.HasPrefix(line, "calls ") {
					require.Contains(t, line, "signed -")
					line = "calls"
				}
				got = append(got, line)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

// TestOneEnvelopeIsNotTheWhole: a client that leaves out its thinking brings
// back the envelope on the call; the rest is in the store.
func TestOneEnvelopeIsNotTheWhole(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	c := forgetful(llm.Gemini)
	events := slices.Concat(thinkEvents(0), thinkEvents(1), callEvents(2, "call_1", `{"city":"Rome"}`))
	understood := c.stream(t, sealStream(t, v, turn(from, llm.Gemini), poisoned(events, llm.EventEnd)))
	require.Equal(t, []string{
		`thinks "one a two a" [] signed Siga+a/anthropic.messages/ sealed - redacted false id "" ext `,
		`thinks "one b two b" [] signed Sigb+b/anthropic.messages/ sealed - redacted false id "" ext `,
		"calls call_1 signed -",
	}, said(assistant(open(t, v, c.next(t, understood), from))))
}

// TestAFailureReleasesThinking that waits for what follows.
func TestAFailureReleasesThinking(t *testing.T) {
	t.Parallel()
	s := newVault().Stream(turn(originOf(llm.AnthropicMessages), llm.Gemini))
	var types []llm.EventType
	for ev := range poisoned(thinkEvents(0), llm.EventFail) {
		if ev.Type != llm.EventFinish {
			s.Event(ev, func(out *llm.Event) { types = append(types, out.Type) })
		}
	}
	require.Equal(t, []llm.EventType{llm.EventBlockStop, llm.EventFail}, types[len(types)-2:])
}
