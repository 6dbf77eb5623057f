package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/vault"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const tenant = "tenant-1"

// clock is a time that only the test moves.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func newVault() *vault.Vault {
	return vault.New(vault.Memory(0, newClock().Now), secretbox.Generate(), vault.Options{})
}

// codec is one protocol from both sides.
type codec struct {
	protocol llm.Protocol
	in       wire.Ingress
	out      wire.Egress
}

func codecs() map[llm.Protocol]codec {
	g := gemini.New(0)
	return map[llm.Protocol]codec{
		llm.AnthropicMessages: {llm.AnthropicMessages, anthropic.Codec{}, anthropic.Codec{}},
		llm.OpenAIResponses:   {llm.OpenAIResponses, openairesponses.Codec{}, openairesponses.Codec{}},
		llm.OpenAIChat:        {llm.OpenAIChat, openaichat.Codec{}, openaichat.Codec{}},
		llm.Gemini:            {llm.Gemini, g, g},
	}
}

func protocols() []llm.Protocol {
	return []llm.Protocol{llm.AnthropicMessages, llm.OpenAIResponses, llm.OpenAIChat, llm.Gemini}
}

// originOf is a provider that speaks the protocol.
func originOf(p llm.Protocol) vault.Origin {
	return vault.Origin{Protocol: p, Vendor: "maker-of-" + string(p), Provider: "provider-of-" + string(p)}
}

// target is a model that demands no signature, so that what a request holds
// came from the client or the vault.
var target = wire.Target{Model: "gemini-2.5-flash"}

// ask is a request of the client's that leads to an answer.
func ask() *llm.Request {
	return &llm.Request{
		Model: "gemini-2.5-flash",
		Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{
			&llm.Text{Text: "What is the weather in Paris?"},
		}}},
		Tools:     []llm.Tool{{Kind: llm.ToolFunction, Name: "weather", Schema: llm.Raw(`{"type":"object"}`)}},
		MaxTokens: new(int64(4096)),
		Reasoning: &llm.ReasoningConfig{Effort: "high", Summary: "auto", IncludeThoughts: new(true)},
	}
}

// turn is ask answered by from.
func turn(from vault.Origin, client llm.Protocol) vault.Turn {
	return vault.Turn{Tenant: tenant, From: from, Client: client, Request: ask()}
}

func answer(blocks ...llm.Block) *llm.Response {
	finish := llm.FinishStop
	for _, b := range blocks {
		if _, ok := b.(*llm.ToolCall); ok {
			finish = llm.FinishToolUse
		}
	}
	return &llm.Response{
		ID: "resp_1", Model: "some-model", Created: 1700000000,
		Choices: []llm.Choice{{Blocks: blocks, Finish: finish}},
	}
}

func call(id, input string, sig *llm.Signature) *llm.ToolCall {
	return &llm.ToolCall{CallID: id, Name: "weather", Kind: llm.ToolFunction, Input: llm.Raw(input), Signature: sig}
}

func sig(p llm.Protocol, data string) *llm.Signature {
	return &llm.Signature{Data: data, Origin: llm.Origin{Protocol: p}}
}

// clientOf plays a client of a protocol.
type clientOf struct {
	codec
	// forgets says which blocks the client leaves out of its history.
	forgets func(llm.Block) bool
}

// whole is what the client understands of an answer that came whole.
func (c clientOf) whole(t require.TestingT, resp *llm.Response) []llm.Block {
	body, _, err := c.in.EncodeResponse(resp, ask())
	require.NoError(t, err)
	got, err := c.out.DecodeResponse(body, target)
	require.NoError(t, err)
	require.NotEmpty(t, got.Choices)
	return got.Choices[0].Blocks
}

// stream is what the client understands of an answer that was streamed.
func (c clientOf) stream(t require.TestingT, events iter.Seq[*llm.Event]) []llm.Block {
	req := ask()
	req.Stream = true
	enc := c.in.EventEncoder(req)
	var buf []byte
	for ev := range events {
		buf = enc.Encode(buf, ev)
	}
	dec := c.out.EventDecoder(target)
	var f llm.Folder
	emit := func(ev *llm.Event) { require.NoError(t, f.Add(ev)) }
	r := sse.NewReader(bytes.NewReader(buf), nil, 32<<20)
	for {
		frame, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NoError(t, dec.Push(frame, emit))
	}
	dec.End(emit)
	got, err := f.Response()
	require.NoError(t, err)
	require.NotEmpty(t, got.Choices)
	return got.Choices[0].Blocks
}

// next is the request with which the client goes on after an answer, as the
// gateway decodes it.
func (c clientOf) next(t require.TestingT, blocks []llm.Block) *llm.Request {
	req := ask()
	if c.forgets != nil {
		blocks = slices.DeleteFunc(slices.Clone(blocks), c.forgets)
	}
	req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: blocks})
	var results []llm.Block
	for _, b := range blocks {
		if call, ok := b.(*llm.ToolCall); ok {
			results = append(results, &llm.ToolResult{
				CallID: call.CallID, Name: call.Name, Blocks: []llm.Block{&llm.Text{Text: "sunny"}},
			})
		}
	}
	if len(results) > 0 {
		req.Messages = append(req.Messages, llm.Message{Role: llm.RoleTool, Blocks: results})
	} else {
		req.Messages = append(req.Messages, llm.Message{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "And now?"}}})
	}
	out, _, err := c.out.EncodeRequest(req, target)
	require.NoError(t, err)
	got, err := c.in.DecodeRequest(wire.Inbound{Body: out.Body, Model: target.Model})
	require.NoError(t, err)
	return got
}

// sealStream seals a stream and returns the events the client gets.
func sealStream(t require.TestingT, v *vault.Vault, turn vault.Turn, events iter.Seq[*llm.Event]) iter.Seq[*llm.Event] {
	s := v.Stream(turn)
	return func(yield func(*llm.Event) bool) {
		for ev := range events {
			if ev.Type == llm.EventEnd {
				require.NoError(t, s.Done(bg()))
			}
			s.Event(ev, func(out *llm.Event) { yield(out) })
		}
	}
}

// said is what a message of the assistant holds, in order, one line a block.
// Texts next to each other that nothing keeps apart are one.
func said(blocks []llm.Block) []string {
	var out []string
	text := false
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Reasoning:
			out = append(out, fmt.Sprintf("thinks %q %q signed %s sealed %s redacted %v id %q ext %s",
				b.Text, b.Summary, show(b.Signature), show(b.Encrypted), b.Redacted, b.ID, ext(b.Ext)))
			text = false
		case *llm.Text:
			if text && b.Signature == nil {
				out[len(out)-1] += b.Text
				continue
			}
			out = append(out, fmt.Sprintf("says signed %s: %s", show(b.Signature), b.Text))
			text = b.Signature == nil
		case *llm.ToolCall:
			out = append(out, fmt.Sprintf("calls %s signed %s", b.CallID, show(b.Signature)))
			text = false
		}
	}
	return out
}

func ext(e llm.Ext) string {
	var b strings.Builder
	for _, m := range e {
		fmt.Fprintf(&b, "%s.%s=%s;", m.Protocol, m.Name, m.Value)
	}
	return b.String()
}

func show(s *llm.Signature) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%s/%s/%s", s.Data, s.Origin.Protocol, s.Origin.Vendor)
}

// assistant returns the blocks of the assistant's messages.
func assistant(req *llm.Request) []llm.Block {
	var out []llm.Block
	for _, m := range req.Messages {
		if m.Role == llm.RoleAssistant {
			out = append(out, m.Blocks...)
		}
	}
	return out
}

// secrets are the texts of all signatures and payloads in blocks.
func secrets(blocks []llm.Block) []string {
	var out []string
	add := func(all ...*llm.Signature) {
		for _, s := range all {
			if s != nil && s.Data != "" {
				out = append(out, s.Data)
			}
		}
	}
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Reasoning:
			add(b.Signature, b.Encrypted)
		case *llm.Text:
			add(b.Signature)
		case *llm.ToolCall:
			add(b.Signature)
		case *llm.Media:
			add(b.Signature)
		}
	}
	return out
}

// sent is the body of the request as it goes to an upstream.
func sent(t require.TestingT, req *llm.Request, to vault.Origin) string {
	out, _, err := codecs()[to.Protocol].out.EncodeRequest(req, target)
	require.NoError(t, err)
	return string(out.Body)
}

// open opens a request and checks that it was not changed by it.
func open(t require.TestingT, v *vault.Vault, req *llm.Request, to vault.Origin) *llm.Request {
	before := said(assistant(req))
	got, _, err := v.Open(bg(), tenant, req, to)
	require.NoError(t, err)
	require.Equal(t, before, said(assistant(req)), "the request opened was changed")
	return got
}

// history seals an answer, plays the client and returns its next request.
func history(t *testing.T, v *vault.Vault, from vault.Origin, c clientOf, blocks ...llm.Block) *llm.Request {
	t.Helper()
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(blocks...))
	require.NoError(t, err)
	return c.next(t, c.whole(t, sealed))
}

func client(p llm.Protocol) clientOf { return clientOf{codec: codecs()[p]} }

// forgetful leaves all thinking out of its history.
func forgetful(p llm.Protocol) clientOf {
	return clientOf{codec: codecs()[p], forgets: func(b llm.Block) bool {
		_, ok := b.(*llm.Reasoning)
		return ok
	}}
}

func bg() context.Context { return context.Background() }
