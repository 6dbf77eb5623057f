package vault_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genai"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// signedTurn is an answer of a model that signs its thinking.
func signedTurn() []llm.Block {
	return []llm.Block{
		&llm.Reasoning{Text: "I think.", Signature: sig(llm.AnthropicMessages, "Sig==")},
		call("toolu_1", `{"city":"Paris","days":1.0}`, nil),
	}
}

func TestNobodyElseOpensWhatBelongsToATenant(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			v := newVault()
			req := history(t, v, from, client(p), signedTurn()...)
			got, _, err := v.Open(t.Context(), "tenant-2", req, from)
			require.NoError(t, err)
			require.Empty(t, secrets(assistant(got)))
			require.NotContains(t, sent(t, got, from), vault.Marker)
			require.Equal(t, []string{"Sig=="}, secrets(assistant(open(t, v, req, from))))
		})
	}
}

func TestAnotherRingOpensNothing(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	store := vault.Memory(0, newClock().Now)
	one := vault.New(store, secretbox.Generate(), vault.Options{})
	two := vault.New(store, secretbox.Generate(), vault.Options{})
	req := history(t, one, from, client(llm.OpenAIResponses), signedTurn()...)
	got, losses, err := two.Open(t.Context(), tenant, req, from)
	require.NoError(t, err)
	require.Equal(t, []string{"dropped:foreign_signature"}, []string{llm.LossCodes(losses)})
	require.Equal(t, []string{
		`thinks "I think." [] signed - sealed - redacted false id "" ext `, "calls toolu_1 signed -",
	}, said(assistant(got)))
}

func TestARotatedRingStillOpens(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	store := vault.Memory(0, newClock().Now)
	ring := secretbox.Generate()
	rotated, err := ring.With([secretbox.KeySize]byte{1})
	require.NoError(t, err)
	for _, p := range []llm.Protocol{llm.OpenAIResponses, llm.OpenAIChat} {
		req := history(t, vault.New(store, ring, vault.Options{}), from, client(p), signedTurn()...)
		back := open(t, vault.New(store, rotated, vault.Options{}), req, from)
		require.Equal(t, said(signedTurn()), said(assistant(back)))
	}
}

func TestStoredTurnsExpire(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	c := newClock()
	v := vault.New(vault.Memory(0, c.Now), secretbox.Generate(), vault.Options{TTL: time.Hour})
	req := history(t, v, from, forgetful(llm.OpenAIChat), signedTurn()...)
	c.now = c.now.Add(time.Hour - 1)
	require.Equal(t, said(signedTurn()), said(assistant(open(t, v, req, from))))
	c.now = c.now.Add(1)
	require.Equal(t, []string{"calls toolu_1 signed -"}, said(assistant(open(t, v, req, from))))
}

// brokenStore fails at everything.
type brokenStore struct{}

var errBroken = errors.New("the store is away")

func (brokenStore) Put(context.Context, []vault.Item, time.Duration) error { return errBroken }

func (brokenStore) Get(context.Context, []vault.Key) ([][]byte, error) { return nil, errBroken }

func (slowStore) Put(ctx context.Context, _ []vault.Item, _ time.Duration) error { return wait(ctx) }

func (slowStore) Get(ctx context.Context, _ []vault.Key) ([][]byte, error) { return nil, wait(ctx) }

// slowStore never answers.
type slowStore struct{}

func wait(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestAStoreThatFailsFailsNoRequest(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	c := client(llm.Gemini) // thinking in envelopes, and stored too
	for name, store := range map[string]vault.Store{"broken": brokenStore{}, "slow": slowStore{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := vault.New(store, secretbox.Generate(), vault.Options{Timeout: time.Millisecond})
			sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(signedTurn()...))
			require.Error(t, err)
			req := c.next(t, c.whole(t, sealed))
			req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{call("call_9", "{}", nil)}})
			got, _, err := v.Open(t.Context(), tenant, req, from)
			require.Error(t, err)
			require.Equal(t, append(said(signedTurn()), "calls call_9 signed -"), said(assistant(got)), "envelopes open without the store")

			s := v.Stream(turn(from, llm.OpenAIChat))
			for ev := range llm.Unfold(answer(signedTurn()...)) {
				s.Event(ev, func(*llm.Event) {})
			}
			require.Error(t, s.Done(t.Context()))
		})
	}
}

// TestTheSameCallIDInTwoConversations: some vendors count calls from zero.
func TestTheSameCallIDInTwoConversations(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	c := forgetful(llm.OpenAIChat)
	think := func(text string) *llm.Reasoning {
		return &llm.Reasoning{Text: text, Signature: sig(from.Protocol, "Sig==")}
	}
	one := history(t, v, from, c, think("of Paris"), call("weather:0", `{"city":"Paris"}`, nil))
	two := history(t, v, from, c, think("of Rome"), call("weather:0", `{"city":"Rome"}`, nil))
	require.Equal(t, []string{"calls weather:0 signed -"}, said(assistant(open(t, v, one, from))), "the other's thinking")
	require.Len(t, assistant(open(t, v, two, from)), 2)
	reader := originOf(llm.OpenAIChat) // who would take the words
	require.Len(t, assistant(open(t, v, one, reader)), 1)
	require.Len(t, assistant(open(t, v, two, reader)), 2)
}

// TestAnItemWithoutPayloadDoesNotGoBack: it is a reference to what its issuer
// may not have stored.
func TestAnItemWithoutPayloadDoesNotGoBack(t *testing.T) {
	t.Parallel()
	from := originOf(llm.OpenAIResponses)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages} {
		v := newVault()
		req := history(t, v, from, client(p), &llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Summary: []string{"Hm."}}, call("call_1", "{}", nil))
		opened := open(t, v, req, from)
		require.NotContains(t, sent(t, opened, from), "rs_1")
		require.Len(t, assistant(opened), 2)
	}
}

// TestThinkingWithoutWordsIsRedacted for the clients that know that.
func TestThinkingWithoutWordsIsRedacted(t *testing.T) {
	t.Parallel()
	c := client(llm.AnthropicMessages)
	sealed, err := newVault().Seal(t.Context(), turn(originOf(llm.OpenAIResponses), c.protocol), answer(
		&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Encrypted: sig(llm.OpenAIResponses, "Sig==")},
		&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_2"}, Summary: []string{"Hm."}, Encrypted: sig(llm.OpenAIResponses, "Sig==")},
		&llm.Text{Text: "So."}))
	require.NoError(t, err)
	body, losses, err := c.in.EncodeResponse(sealed, ask())
	require.NoError(t, err)
	require.Empty(t, losses)
	require.Contains(t, string(body), `{"type":"redacted_thinking","data":"`+vault.Marker)
	require.Contains(t, string(body), `{"type":"thinking","thinking":"Hm.","signature":"`+vault.Marker)
}

// TestArgumentsWrittenAnew: clients that parse arguments spell them in their
// own way.
func TestArgumentsWrittenAnew(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	v := newVault()
	req := history(t, v, from, client(llm.OpenAIChat), call("call_1", `{"city":"Paris","days":1.0}`, sig(from.Protocol, "Sig==")))
	c, ok := req.Messages[1].Blocks[0].(*llm.ToolCall)
	require.True(t, ok)
	c.Input = llm.Raw(`{ "days": 1, "city": "\u0050aris" }`)
	require.Equal(t, []string{"calls call_1 signed Sig==/gemini/"}, said(assistant(open(t, v, req, from))))
	c.Input = llm.Raw(`{"city":"Rome","days":1}`)
	require.Equal(t, []string{"calls call_1 signed -"}, said(assistant(open(t, v, req, from))))
}

// TestAnswersWithoutCallsAreFoundByTheirText and by what they answer.
func TestAnswersWithoutCallsAreFoundByTheirText(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	issued := []llm.Block{
		&llm.Reasoning{Text: "Easy.", Signature: sig(from.Protocol, "Sig==")}, &llm.Text{Text: "Done.\n"},
	}
	req := history(t, v, from, forgetful(llm.OpenAIChat), issued...)
	trimmed, ok := req.Messages[1].Blocks[0].(*llm.Text)
	require.True(t, ok)
	trimmed.Text = "Done."
	require.Equal(t, []string{"Sig=="}, secrets(assistant(open(t, v, req, from))))

	other := *req
	other.Messages = slices.Clone(req.Messages)
	other.Messages[0].Blocks = []llm.Block{&llm.Text{Text: "Something else"}}
	require.Empty(t, secrets(assistant(open(t, v, &other, from))), "the same words answered something else")
}

// TestAnAnswerToToolResults is found by what the tools said.
func TestAnAnswerToToolResults(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	req := func(result string) *llm.Request {
		r := ask()
		r.Messages = append(
			r.Messages,
			llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{call("call_1", "{}", nil)}},
			llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{
				&llm.ToolResult{CallID: "call_1", Blocks: []llm.Block{&llm.Text{Text: result}}},
			}},
		)
		return r
	}
	_, err := v.Seal(t.Context(), vault.Turn{Tenant: tenant, From: from, Client: llm.Ollama, Request: req("sunny")}, answer(
		&llm.Reasoning{Text: "Nice.", Signature: sig(from.Protocol, "Sig==")}, &llm.Text{Text: "It is sunny."}))
	require.NoError(t, err)
	for result, want := range map[string]int{"sunny": 1, "rainy": 0} {
		r := req(result)
		r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Text{Text: "It is sunny."}}})
		require.Len(t, secrets(assistant(open(t, v, r, from))), want, result)
	}
	_, err = v.Seal(t.Context(), vault.Turn{Tenant: tenant, From: from, Client: llm.Ollama}, answer(&llm.Reasoning{Text: "?"}, &llm.Text{Text: "!"}))
	require.NoError(t, err, "what answers nothing known is not stored")
}

// TestArgumentsBeyondTheBound: a call that cannot be known again is not stored,
// and passes as it is.
func TestArgumentsBeyondTheBound(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	huge := call("call_1", `{"a":"`+strings.Repeat("a", 1<<20)+`"}`, sig(llm.Gemini, "OnHuge"))
	late := call("call_2", `{}`, sig(llm.Gemini, "OnLate"))
	for _, v := range kept(t, from, huge, late) {
		require.Empty(t, secrets(assistant(open(t, v, after(unsignedCall(huge), unsignedCall(late)), from))))
	}
	sealed, err := newVault().Seal(t.Context(), turn(from, llm.OpenAIChat), answer(huge))
	require.NoError(t, err)
	require.Equal(t, []string{"OnHuge"}, secrets(sealed.Choices[0].Blocks))
}

func unsignedCall(c *llm.ToolCall) *llm.ToolCall {
	out := *c
	out.Signature = nil
	return &out
}

// TestWordsForVendorsThatWantThem: some refuse a tool loop without the thinking
// that led to its calls, whoever thought it.
func TestWordsForVendorsThatWantThem(t *testing.T) {
	t.Parallel()
	from, to := originOf(llm.AnthropicMessages), originOf(llm.OpenAIChat)
	want := []string{`thinks "I think." [] signed - sealed - redacted false id "" ext `, "calls toolu_1 signed -"}
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		for _, c := range []clientOf{client(p), forgetful(p)} {
			if p == llm.OpenAIResponses && c.forgets != nil {
				continue // it brings back what it is given
			}
			v := newVault()
			opened := open(t, v, history(t, v, from, c, signedTurn()...), to)
			require.Equal(t, want, said(assistant(opened)), p)
			require.Contains(t, sent(t, opened, to), `"reasoning_content":"I think."`)
		}
	}
	v := newVault()
	opened := open(t, v, history(t, v, from, forgetful(llm.OpenAIChat), signedTurn()...), originOf(llm.OpenAIResponses))
	require.Equal(t, want[1:], said(assistant(opened)), "an upstream that cannot read it gets nothing new")
}

// TestPlainThinkingComesBackExactly: a client that drops the words (Codex
// sends content:null) still brings back the envelope.
func TestPlainThinkingComesBackExactly(t *testing.T) {
	t.Parallel()
	from := originOf(llm.OpenAIChat)
	v := newVault()
	c := client(llm.OpenAIResponses)
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(&llm.Reasoning{Text: "Think\x00 hard."}, call("call_1", `{}`, nil)))
	require.NoError(t, err)
	blocks := c.whole(t, sealed)
	r, ok := blocks[0].(*llm.Reasoning)
	require.True(t, ok)
	r.Text, r.Ext = "", nil
	opened := open(t, v, c.next(t, blocks), from)
	require.Equal(t, "Think\x00 hard.", assistant(opened)[0].(*llm.Reasoning).Text)
}

// TestTextThatTheClientChanged: a signature holds only for the words it was
// given for.
func TestTextThatTheClientChanged(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	v := newVault()
	c := client(llm.AnthropicMessages)
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(
		&llm.Reasoning{Text: "I think.", Signature: sig(from.Protocol, "Sig==")}, &llm.Text{Text: "So."}))
	require.NoError(t, err)
	blocks := c.whole(t, sealed)
	r, ok := blocks[0].(*llm.Reasoning)
	require.True(t, ok)
	r.Text = "I was made to think."
	opened, losses, err := v.Open(t.Context(), tenant, c.next(t, blocks), from)
	require.NoError(t, err)
	require.Equal(t, []string{
		`thinks "I was made to think." [] signed - sealed - redacted false id "" ext `, "says signed -: So.",
	}, said(assistant(opened)))
	require.Equal(t, []llm.Loss{{Action: llm.LossDropped, Feature: "foreign_signature", Path: "messages[1].content[0]"}}, losses)
}

// TestEnvelopesPassGoogleSDKs, which read signatures as base64 and write them
// anew, some in the alphabet for URLs.
func TestEnvelopesPassGoogleSDKs(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	c := client(llm.Gemini)
	for n := range 8 { // all lengths of padding
		issued := []llm.Block{
			&llm.Reasoning{Text: "I think.", Signature: sig(from.Protocol, "Sig"+strings.Repeat("x", n))}, &llm.Text{Text: "So."},
		}
		sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(issued...))
		require.NoError(t, err)
		body, _, err := c.in.EncodeResponse(sealed, ask())
		require.NoError(t, err)
		var sdk genai.GenerateContentResponse
		require.NoError(t, json.Unmarshal(body, &sdk))
		again, err := json.Marshal(&sdk)
		require.NoError(t, err)
		resp, err := c.out.DecodeResponse(again, target)
		require.NoError(t, err)
		r, ok := resp.Choices[0].Blocks[0].(*llm.Reasoning)
		require.True(t, ok)
		for _, spelling := range []*strings.Replacer{strings.NewReplacer(), strings.NewReplacer("+", "-", "/", "_"), strings.NewReplacer("=", "")} {
			signed := *r
			signed.Signature = sig(llm.Gemini, spelling.Replace(r.Signature.Data))
			req := ask()
			req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{&signed, &llm.Text{Text: "So."}}})
			require.Equal(t, said(issued), said(assistant(open(t, v, req, from))))
		}
	}
}

// TestASignatureMovedToTheNextPart: some clients leave out empty parts and put
// their signatures on what follows.
func TestASignatureMovedToTheNextPart(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	c := client(llm.Gemini)
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(signedTurn()...))
	require.NoError(t, err)
	blocks := c.whole(t, sealed)
	moved := call("toolu_1", `{"city":"Paris","days":1.0}`, blocks[0].(*llm.Reasoning).Signature)
	opened := open(t, v, c.next(t, []llm.Block{moved}), from)
	require.Equal(t, said(signedTurn()), said(assistant(opened)))
}

func TestMessagesOfWhichNothingIsLeftAreLeftOut(t *testing.T) {
	t.Parallel()
	from := originOf(llm.OpenAIResponses)
	v := newVault()
	c := client(llm.AnthropicMessages)
	req := history(t, v, from, c, &llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Encrypted: sig(from.Protocol, "Sig==")})
	require.Len(t, req.Messages, 3)
	opened := open(t, v, req, originOf(llm.Gemini))
	require.Len(t, opened.Messages, 2)
	require.Equal(t, "And now?", opened.Messages[1].Blocks[0].(*llm.Text).Text)
}

// TestNothingToDo: what needs no vault is not copied.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	v := newVault()
	resp := answer(signedTurn()...)
	for _, p := range []llm.Protocol{llm.AnthropicMessages, llm.OpenAICompletions} {
		got, err := v.Seal(t.Context(), turn(originOf(llm.AnthropicMessages), p), resp)
		require.NoError(t, err)
		require.Same(t, resp, got)
		s := v.Stream(turn(originOf(llm.AnthropicMessages), p))
		for ev := range llm.Unfold(resp) {
			s.Event(ev, func(out *llm.Event) { require.Same(t, ev, out) })
		}
		require.NoError(t, s.Done(t.Context()))
	}
	req := ask()
	req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: signedTurn()})
	got, losses, err := v.Open(t.Context(), tenant, req, originOf(llm.AnthropicMessages))
	require.NoError(t, err)
	require.Empty(t, losses)
	require.Same(t, req, got)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	req := history(t, v, from, client(llm.OpenAIChat), signedTurn()...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, _, err := v.Open(context.Background(), tenant, req, from)
				if err != nil || len(secrets(assistant(got))) != 1 {
					panic("lost")
				}
				if _, err := v.Seal(context.Background(), turn(from, llm.Gemini), answer(signedTurn()...)); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
}
