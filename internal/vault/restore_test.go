package vault_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// kept seals an answer for a client that carries nothing, whole and streamed.
func kept(t *testing.T, from vault.Origin, blocks ...llm.Block) []*vault.Vault {
	t.Helper()
	whole, streamed := newVault(), newVault()
	_, err := whole.Seal(t.Context(), turn(from, llm.OpenAIChat), answer(blocks...))
	require.NoError(t, err)
	for range sealStream(t, streamed, turn(from, llm.OpenAIChat), llm.Unfold(answer(blocks...))) {
		continue
	}
	return []*vault.Vault{whole, streamed}
}

// after is a request in which the client says that the answer was blocks.
func after(blocks ...llm.Block) *llm.Request {
	req := ask()
	req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: blocks})
	return req
}

func TestRestore(t *testing.T) {
	t.Parallel()
	g := llm.Gemini
	think := func(text string) llm.Block { return &llm.Reasoning{Text: text, Signature: sig(g, "Of"+text)} }
	thought := func(text string) string {
		return `thinks "` + text + `" [] signed Of` + text + `/gemini/ sealed - redacted false id "" ext `
	}
	custom := &llm.ToolCall{CallID: "call_1", Namespace: "ns", Name: "run", Kind: llm.ToolCustom, Input: llm.Raw("free text"), Signature: sig(g, "OnCall")}
	one, two := call("call_1", `{"n":1}`, nil), call("call_2", `{"n":2}`, nil)
	cited := &llm.Text{Text: "ab", Citations: []llm.Citation{{URL: "https://example.com"}}}
	for _, tt := range []struct {
		name   string
		issued []llm.Block
		client []llm.Block
		want   []string
	}{
		{
			"thinking whose call the client left out stays out",
			[]llm.Block{think("A"), one, think("B"), two},
			[]llm.Block{one},
			[]string{thought("A"), "calls call_1 signed -"},
		},
		{
			"thinking at the end comes back at the end",
			[]llm.Block{one, think("B")},
			[]llm.Block{one},
			[]string{"calls call_1 signed -", thought("B")},
		},
		{
			"words of the client's own are replaced by what was signed",
			[]llm.Block{think("A"), think("B"), one},
			[]llm.Block{&llm.Reasoning{Text: "A\n\nB"}, one},
			[]string{thought("A"), thought("B"), "calls call_1 signed -"},
		},
		{
			"texts that were joined are divided",
			[]llm.Block{&llm.Text{Text: "a ", Signature: sig(g, "OnText")}, think("B"), &llm.Text{Text: "b"}, one},
			[]llm.Block{&llm.Text{Text: "a b"}, one},
			[]string{"says signed OnText/gemini/: a ", thought("B"), "says signed -: b", "calls call_1 signed -"},
		},
		{
			"a text that was changed is kept as the client says it",
			[]llm.Block{think("A"), &llm.Text{Text: "a", Signature: sig(g, "OnText")}, think("B"), one},
			[]llm.Block{&llm.Text{Text: "changed"}, one},
			[]string{thought("A"), "says signed -: changed", thought("B"), "calls call_1 signed -"},
		},
		{
			"texts on which something stands are not divided",
			[]llm.Block{think("A"), &llm.Text{Text: "a"}, think("B"), &llm.Text{Text: "b"}, one},
			[]llm.Block{cited, one},
			[]string{thought("A"), "says signed -: ab", thought("B"), "calls call_1 signed -"},
		},
		{
			"texts that are longer than they were are not divided",
			[]llm.Block{&llm.Text{Text: "a"}, think("B"), &llm.Text{Text: "b"}, one},
			[]llm.Block{&llm.Text{Text: "abc"}, one},
			[]string{"says signed -: abc", thought("B"), "calls call_1 signed -"},
		},
		{
			"a signature on no text at all",
			[]llm.Block{think("A"), one, &llm.Text{Signature: sig(g, "OnNothing")}},
			[]llm.Block{one},
			[]string{thought("A"), "calls call_1 signed -", "says signed OnNothing/gemini/: "},
		},
		{
			"a custom tool, called as a function where there are none",
			[]llm.Block{custom},
			[]llm.Block{&llm.ToolCall{CallID: "call_1", Name: "ns__run", Kind: llm.ToolFunction, Input: llm.Raw(`{"input": "free text"}`)}},
			[]string{"calls call_1 signed OnCall/gemini/"},
		},
		{
			"a call without arguments",
			[]llm.Block{call("call_1", "", sig(g, "OnCall"))},
			[]llm.Block{call("call_1", "{ }", nil)},
			[]string{"calls call_1 signed OnCall/gemini/"},
		},
		{
			"arguments that are no JSON",
			[]llm.Block{call("call_1", `{"a`, sig(g, "OnCall"))},
			[]llm.Block{call("call_1", `{"a`, nil)},
			[]string{"calls call_1 signed OnCall/gemini/"},
		},
		{
			"a signature that the client has",
			[]llm.Block{call("call_1", `{}`, sig(g, "OnCall"))},
			[]llm.Block{call("call_1", `{}`, sig(g, "Other"))},
			[]string{"calls call_1 signed Other/gemini/"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, v := range kept(t, originOf(g), tt.issued...) {
				require.Equal(t, tt.want, said(assistant(open(t, v, after(tt.client...), originOf(g)))))
			}
		})
	}
}

// TestSignaturesOnPictures: a model that edits its own picture wants back what
// it signed.
func TestSignaturesOnPictures(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	picture := func(data string, s *llm.Signature) *llm.Media {
		return &llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: data, Signature: s}
	}
	text := &llm.Text{Text: "Here it is."}
	for _, v := range kept(t, from, picture("AAAA", nil), text, picture("BBBB", sig(llm.Gemini, "OnPicture"))) {
		got := assistant(open(t, v, after(picture("BBBB", nil), text, picture("AAAA", nil)), from))
		require.Equal(t, []string{"OnPicture"}, secrets(got))
		got = assistant(open(t, v, after(text, picture("CCCC", nil)), from))
		require.Empty(t, secrets(got))
	}
	s := newVault().Stream(turn(from, llm.OpenAIChat))
	s.Event(&llm.Event{Type: llm.EventBlockStart, Block: &llm.Media{Kind: llm.MediaImage}}, func(*llm.Event) {})
	s.Event(&llm.Event{Type: llm.EventBlockStop, Block: picture("AAAA", sig(llm.Gemini, "OnPicture"))}, func(ev *llm.Event) {
		require.Empty(t, secrets([]llm.Block{ev.Block}), "the vault keeps it")
		require.Equal(t, "AAAA", ev.Block.(*llm.Media).Data)
	})
}

// TestGeminiClientsTellThinkingInPieces: an envelope at the end of a stream
// stands for the pieces before it, and for no more.
func TestGeminiClientsTellThinkingInPieces(t *testing.T) {
	t.Parallel()
	from := originOf(llm.OpenAIResponses)
	v := newVault()
	c := client(llm.Gemini)
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(&llm.Reasoning{
		Attrs: llm.Attrs{ID: "rs_1"}, Summary: []string{"one", "two"}, Encrypted: sig(from.Protocol, "Sig=="),
	}))
	require.NoError(t, err)
	envelope := sealed.Choices[0].Blocks[0].(*llm.Reasoning).Signature
	whole := `thinks "" ["one" "two"] signed - sealed Sig==/openai.responses/ redacted false id "rs_1" ext `
	other := `thinks "other" [] signed - sealed - redacted false id "" ext `
	for _, tt := range []struct {
		pieces []string
		want   []string
	}{
		{nil, []string{whole}},
		{[]string{"one", "\n\n", "two"}, []string{whole}},
		{[]string{"other", "on", "e\n\ntwo"}, []string{other, whole}},
		{[]string{"other"}, []string{other, whole}},
	} {
		var blocks []llm.Block
		for _, p := range tt.pieces {
			blocks = append(blocks, &llm.Reasoning{Text: p})
		}
		blocks = append(blocks, &llm.Reasoning{Signature: envelope}, &llm.Text{Text: "So."})
		require.Equal(t, append(tt.want, "says signed -: So."), said(assistant(open(t, v, after(blocks...), from))))
	}
}

// TestHiddenThinkingComesBack: a client of Gemini's that did not ask to see
// thoughts still carries what binds them, whole and streamed.
func TestHiddenThinkingComesBack(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	c := client(llm.Gemini)
	req := ask()
	req.Reasoning = nil
	issued := []llm.Block{&llm.Reasoning{Text: "Hidden.", Signature: sig(from.Protocol, "Sig==")}, &llm.Text{Text: "So."}}
	v := newVault()
	sealed, err := v.Seal(t.Context(), turn(from, c.protocol), answer(issued...))
	require.NoError(t, err)
	body, _, err := c.in.EncodeResponse(sealed, req)
	require.NoError(t, err)
	enc := c.in.EventEncoder(req)
	var stream []byte
	for ev := range sealStream(t, v, turn(from, c.protocol), llm.Unfold(answer(issued...))) {
		stream = enc.Encode(stream, ev)
	}
	for _, b := range [][]byte{body, stream} {
		require.NotContains(t, string(b), "Hidden")
		require.Contains(t, string(b), `"thought":true,"thoughtSignature":"`+vault.Marker)
	}
	resp, err := c.out.DecodeResponse(body, target)
	require.NoError(t, err)
	require.Equal(t, said(issued), said(assistant(open(t, v, c.next(t, resp.Choices[0].Blocks), from))))
}

// counting is a store that tells how much it was given.
type counting struct {
	vault.Store
	items, bytes int
}

func (c *counting) Put(ctx context.Context, items []vault.Item, ttl time.Duration) error {
	for _, it := range items {
		c.items, c.bytes = c.items+1, c.bytes+len(it.Value)
	}
	return c.Store.Put(ctx, items, ttl)
}

// TestManyCallsStoreNoMoreThanTheyMay, and the first call still finds them.
func TestManyCallsStoreNoMoreThanTheyMay(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	store := &counting{Store: vault.Memory(0, newClock().Now)}
	v := vaultOn(store)
	issued := []llm.Block{&llm.Reasoning{Text: "Many.", Signature: sig(from.Protocol, noise(100<<10))}}
	for i := range 200 {
		issued = append(issued, call(fmt.Sprintf("call_%d", i), "{}", nil))
	}
	_, err := v.Seal(t.Context(), turn(from, llm.OpenAIChat), answer(issued...))
	require.NoError(t, err)
	require.Greater(t, store.items, 1)
	require.LessOrEqual(t, store.items, 64)
	require.LessOrEqual(t, store.bytes, 2<<20)
	got := assistant(open(t, v, after(issued[1:]...), from))
	require.Equal(t, said(issued), said(got))
}
