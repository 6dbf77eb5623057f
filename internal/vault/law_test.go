package vault_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// maker makes an answer as an upstream of one protocol gives it.
type maker struct {
	p llm.Protocol
	n int // so that nothing is twice in an answer
}

func (m *maker) unique(kind string) string {
	m.n++
	return fmt.Sprintf("%s%03d", kind, m.n)
}

// signature is base64, as all vendors' are.
func (m *maker) signature(t *rapid.T) *llm.Signature {
	n := rapid.IntRange(4, 90).Draw(t, "signature")
	return sig(m.p, m.unique("Sig")+strings.Repeat("Qz9/", n))
}

func (m *maker) words(t *rapid.T, kind string) string {
	tail := rapid.StringMatching(`[a-zé世 "\\\n]{0,40}`).Draw(t, kind)
	return m.unique(kind) + tail + "."
}

func (m *maker) thinking(t *rapid.T) llm.Block {
	r := &llm.Reasoning{}
	switch m.p {
	case llm.AnthropicMessages:
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0: // its text is omitted
			r.Signature = m.signature(t)
		case 1:
			r.Encrypted, r.Redacted = m.signature(t), true
		default:
			r.Text, r.Signature = m.words(t, "thought"), m.signature(t)
		}
	case llm.OpenAIResponses:
		r.ID, r.Encrypted = m.unique("rs_"), m.signature(t)
		for range rapid.IntRange(0, 2).Draw(t, "parts") {
			r.Summary = append(r.Summary, m.words(t, "summary"))
		}
	case llm.Gemini:
		r.Text = m.words(t, "thought")
		if rapid.Bool().Draw(t, "signed") {
			r.Signature = m.signature(t)
		}
	default:
		r.Text = m.words(t, "thought")
		if rapid.Bool().Draw(t, "detail") {
			r.Signature, r.ID = m.signature(t), m.unique("detail")
			r.Ext = llm.Ext{{Protocol: m.p, Name: "format", Value: llm.Raw(`"some-format-v1"`)}}
		}
	}
	return r
}

// aside is a signature outside of thinking, where the protocol has it.
func (m *maker) aside(t *rapid.T, protocols ...llm.Protocol) *llm.Signature {
	for _, p := range protocols {
		if m.p == p && rapid.Bool().Draw(t, "aside") {
			return m.signature(t)
		}
	}
	return nil
}

func (m *maker) call(t *rapid.T) llm.Block {
	input, err := json.Marshal(map[string]any{
		"city": m.words(t, "city"), "days": rapid.IntRange(0, 9).Draw(t, "days"), "at": rapid.Float64Range(0, 9).Draw(t, "at"),
	})
	require.NoError(t, err)
	return call(m.unique("call_"), string(input), m.aside(t, llm.Gemini, llm.OpenAIChat))
}

// blocks is thinking, saying and calling in any order that ends in no thinking.
func (m *maker) blocks(t *rapid.T) []llm.Block {
	var out []llm.Block
	said := false
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		for range rapid.IntRange(0, 2).Draw(t, "thinks") {
			out = append(out, m.thinking(t))
			said = false
		}
		if !said && rapid.Bool().Draw(t, "says") {
			out = append(out, &llm.Text{Text: m.words(t, "text"), Signature: m.aside(t, llm.Gemini)})
			said = true
			continue
		}
		out = append(out, m.call(t))
		said = false
	}
	return out
}

// TestWhatComesBackIsWhatWasIssued: whatever the client speaks, an answer comes
// back to its issuer bit by bit and in order, and no signature of it reaches
// anybody else, while the client's words do.
func TestWhatComesBackIsWhatWasIssued(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"whole", "streamed", "told at the end"} {
		for _, from := range protocols() {
			for _, to := range protocols() {
				if from == to {
					continue
				}
				t.Run(fmt.Sprintf("%s to %s %s", from, to, how), func(t *testing.T) {
					t.Parallel()
					rapid.Check(t, func(t *rapid.T) { roundTrip(t, originOf(from), client(to), how) })
				})
			}
		}
	}
}

func roundTrip(t *rapid.T, from vault.Origin, c clientOf, how string) {
	v := newVault()
	issued := (&maker{p: from.Protocol}).blocks(t)
	resp := answer(issued...)
	before := said(issued)
	var understood []llm.Block
	switch how {
	case "streamed":
		understood = c.stream(t, sealStream(t, v, turn(from, c.protocol), llm.Unfold(resp)))
	case "told at the end":
		understood = c.stream(t, sealStream(t, v, turn(from, c.protocol), late(resp)))
	default:
		sealed, err := v.Seal(t.Context(), turn(from, c.protocol), resp)
		require.NoError(t, err)
		understood = c.whole(t, sealed)
	}
	require.Equal(t, before, said(issued), "the answer sealed was changed")
	for _, s := range secrets(issued) {
		require.NotContains(t, strings.Join(secrets(understood), " "), s, "a foreign signature reached the client")
	}
	req := c.next(t, understood)
	back := open(t, v, req, from)
	if bound(issued) { // of other answers nothing needs to be known again
		require.Equal(t, before, said(assistant(back)))
	}
	body := sent(t, back, from)
	for _, s := range secrets(issued) {
		require.Contains(t, body, s)
	}
	requireNothingElsewhere(t, v, req, from, issued)
}

// bound reports whether an answer holds anything but words and calls.
func bound(blocks []llm.Block) bool {
	thinks := slices.ContainsFunc(blocks, func(b llm.Block) bool {
		_, ok := b.(*llm.Reasoning)
		return ok
	})
	return thinks || len(secrets(blocks)) > 0
}

// requireNothingElsewhere: no other upstream sees a signature of the issuer's.
func requireNothingElsewhere(t *rapid.T, v *vault.Vault, req *llm.Request, from vault.Origin, issued []llm.Block) {
	others := []vault.Origin{{Protocol: from.Protocol, Vendor: "another", Provider: from.Provider}}
	if from.Protocol == llm.OpenAIResponses {
		others = append(others, vault.Origin{Protocol: from.Protocol, Vendor: from.Vendor, Provider: "another"})
	}
	for _, p := range protocols() {
		if p != from.Protocol {
			others = append(others, originOf(p))
		}
	}
	for _, to := range others {
		opened := open(t, v, req, to)
		body := sent(t, opened, to)
		require.NotContains(t, body, vault.Marker)
		for _, s := range secrets(issued) {
			require.NotContains(t, strings.Join(secrets(assistant(opened)), " "), s)
			require.NotContains(t, body, s, "to %v", to)
		}
		for _, b := range issued {
			if text, ok := b.(*llm.Text); ok {
				require.Contains(t, strings.Join(said(assistant(opened)), ""), text.Text)
			}
		}
	}
}

// late is the stream of an upstream that tells every block at its end.
func late(resp *llm.Response) iter.Seq[*llm.Event] {
	return func(yield func(*llm.Event) bool) {
		yield(&llm.Event{Type: llm.EventStart, Response: &llm.Response{ID: resp.ID, Model: resp.Model}})
		for i, b := range resp.Choices[0].Blocks {
			var header llm.Block
			switch b := b.(type) {
			case *llm.Reasoning:
				header = &llm.Reasoning{}
			case *llm.Text:
				header = &llm.Text{}
			case *llm.ToolCall:
				header = &llm.ToolCall{CallID: b.CallID, Name: b.Name, Kind: b.Kind}
			}
			yield(&llm.Event{Type: llm.EventBlockStart, Index: i, Block: header})
			yield(&llm.Event{Type: llm.EventBlockStop, Index: i, Block: b})
		}
		yield(&llm.Event{Type: llm.EventFinish, Finish: resp.Choices[0].Finish})
		yield(&llm.Event{Type: llm.EventEnd})
	}
}
