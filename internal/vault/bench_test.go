package vault_test

import (
	"fmt"
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// BenchmarkOpen opens an agent's long conversation: 100 turns of thinking,
// each with a call.
func BenchmarkOpen(b *testing.B) {
	from := originOf(llm.AnthropicMessages)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses} {
		v := newVault()
		req := ask()
		for i := range 100 {
			thinking := noise(600) + " Then I think of the weather in the city of the user." + noise(600)
			resp := answer(&llm.Reasoning{Text: thinking, Signature: sig(from.Protocol, noise(800))},
				call(fmt.Sprintf("call_%d", i), `{"city":"Paris","days":3}`, nil))
			sealed, err := v.Seal(b.Context(), turn(from, p), resp)
			if err != nil {
				b.Fatal(err)
			}
			req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: sealed.Choices[0].Blocks})
		}
		b.Run(string(p), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := v.Open(b.Context(), tenant, req, from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStream seals an answer of 500 deltas of thinking and a call.
func BenchmarkStream(b *testing.B) {
	from := originOf(llm.Gemini)
	events := []*llm.Event{{Type: llm.EventStart}, {Type: llm.EventBlockStart, Block: &llm.Reasoning{}}}
	for range 500 {
		events = append(events, &llm.Event{Type: llm.EventDelta, Delta: llm.DeltaReasoning, Text: " some thinking"})
	}
	events = append(events, &llm.Event{Type: llm.EventBlockStop})
	events = append(events, callEvents(1, "call_1", `{"city":"Rome"}`)...)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages, llm.Gemini} {
		b.Run(string(p), func(b *testing.B) {
			v := newVault()
			b.ReportAllocs()
			for b.Loop() {
				s := v.Stream(turn(from, p))
				for _, ev := range events {
					s.Event(ev, func(*llm.Event) {})
				}
				if err := s.Done(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
