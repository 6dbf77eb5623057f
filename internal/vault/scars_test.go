package vault_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// TestScarB12SignatureOnlyThinkingSurvives: thinking of which only the
// signature is told comes back to the model, so that its tool loop goes on.
func TestScarB12SignatureOnlyThinkingSurvives(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			v := newVault()
			issued := []llm.Block{
				&llm.Reasoning{Signature: sig(from.Protocol, "SignatureOnly==")},
				&llm.Reasoning{Redacted: true, Encrypted: sig(from.Protocol, "RedactedData==")},
				call("call_1", `{"city":"Paris"}`, nil),
			}
			back := open(t, v, history(t, v, from, client(p), issued...), from)
			require.Equal(t, said(issued), said(assistant(back)))
			body := sent(t, back, from)
			require.Contains(t, body, `{"type":"thinking","thinking":"","signature":"SignatureOnly=="}`)
			require.Contains(t, body, `{"type":"redacted_thinking","data":"RedactedData=="}`)
		})
	}
}

// TestScarB13SwitchingModelsNeverSendsForeignSignatures: three models answer in
// turn; each gets back what it signed itself and nothing of the others.
func TestScarB13SwitchingModelsNeverSendsForeignSignatures(t *testing.T) {
	t.Parallel()
	claude, gpt, flash := originOf(llm.AnthropicMessages), originOf(llm.OpenAIResponses), originOf(llm.Gemini)
	signed := map[vault.Origin][]llm.Block{
		claude: {&llm.Reasoning{Text: "Claude thinks.", Signature: sig(claude.Protocol, "OfClaude==")}, call("toolu_1", `{"city":"Oslo"}`, nil)},
		gpt:    {&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Encrypted: sig(gpt.Protocol, "OfGPT==")}, call("call_2", `{"city":"Bonn"}`, nil)},
		flash:  {&llm.Reasoning{Text: "Flash thinks."}, call("call_3", `{"city":"Rome"}`, sig(flash.Protocol, "OfFlash=="))},
	}
	c := client(llm.OpenAIChat)
	v := newVault()
	req := ask()
	for _, from := range []vault.Origin{claude, gpt, flash} {
		sealed, err := v.Seal(t.Context(), vault.Turn{Tenant: tenant, From: from, Client: c.protocol, Request: req}, answer(signed[from]...))
		require.NoError(t, err)
		req.Messages = append(req.Messages, c.next(t, c.whole(t, sealed)).Messages[1:]...)
	}
	names := map[vault.Origin]string{claude: "OfClaude==", gpt: "OfGPT==", flash: "OfFlash=="}
	for to, own := range names {
		body := sent(t, open(t, v, req, to), to)
		for from, name := range names {
			require.Equal(t, from == to, strings.Contains(body, name), "%s to %v", name, to)
		}
		require.Contains(t, body, own)
	}
	stranger := vault.Origin{Protocol: llm.AnthropicMessages, Vendor: "another", Provider: "another"}
	require.Empty(t, secrets(assistant(open(t, v, req, stranger))))
}

// TestScarB14EncryptedReasoningIsBoundToItsProvider: two accounts at one vendor
// cannot read each other's reasoning items.
func TestScarB14EncryptedReasoningIsBoundToItsProvider(t *testing.T) {
	t.Parallel()
	one := vault.Origin{Protocol: llm.OpenAIResponses, Vendor: "maker", Provider: "account-1"}
	two := one
	two.Provider = "account-2"
	issued := []llm.Block{
		&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_abc"}, Summary: []string{"A summary."}, Encrypted: sig(one.Protocol, "gAAAAOne==")},
		call("call_1", `{"city":"Paris"}`, nil),
	}
	for _, p := range []llm.Protocol{llm.AnthropicMessages, llm.OpenAIChat, llm.Gemini} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			v := newVault()
			req := history(t, v, one, client(p), issued...)
			body := sent(t, open(t, v, req, one), one)
			require.Contains(t, body, `"id":"rs_abc"`)
			require.Contains(t, body, `"encrypted_content":"gAAAAOne=="`)
			opened, losses, err := v.Open(t.Context(), tenant, req, two)
			require.NoError(t, err)
			body = sent(t, opened, two)
			require.NotContains(t, body, "rs_abc")
			require.NotContains(t, body, "gAAAAOne")
			require.Contains(t, body, `"call_1"`)
			if p != llm.OpenAIChat { // whose client never had it
				require.Equal(t, "dropped:foreign_signature", llm.LossCodes(losses))
			}
		})
	}
}

// TestScarB15GeminiThoughtSignatureReturns: whatever the client speaks, the
// signatures on calls come back to Gemini, which refuses calls without.
func TestScarB15GeminiThoughtSignatureReturns(t *testing.T) {
	t.Parallel()
	from := originOf(llm.Gemini)
	issued := []llm.Block{
		&llm.Reasoning{Text: "Two cities."},
		call("call_1", `{"city":"Paris","days":1.0}`, sig(from.Protocol, "OnTheFirstCall==")),
		call("call_2", `{"city":"Rome"}`, nil),
	}
	for _, p := range []llm.Protocol{llm.AnthropicMessages, llm.OpenAIChat, llm.OpenAIResponses} {
		for _, c := range []clientOf{client(p), forgetful(p)} {
			t.Run(fmt.Sprintf("%s forgetful %v", p, c.forgets != nil), func(t *testing.T) {
				t.Parallel()
				v := newVault()
				opened := open(t, v, history(t, v, from, c, issued...), from)
				body := sent(t, opened, from)
				require.Contains(t, body, `"thoughtSignature":"OnTheFirstCall=="`)
				require.Equal(t, 1, strings.Count(body, "thoughtSignature"))
				require.Equal(t, "OnTheFirstCall==", secrets(assistant(opened))[0])
			})
		}
	}
}

// TestScarB16BothVendorsGoOnInOneConversation: a signature missing for Gemini
// and a turn that does not begin with thinking for Anthropic, in one proxy.
func TestScarB16BothVendorsGoOnInOneConversation(t *testing.T) {
	t.Parallel()
	claude, flash := originOf(llm.AnthropicMessages), originOf(llm.Gemini)
	for _, p := range []llm.Protocol{llm.OpenAIChat, llm.OpenAIResponses} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			c := client(p)
			v := newVault()
			req := history(t, v, flash, c, call("call_1", `{"city":"Paris"}`, sig(flash.Protocol, "OfFlash==")))
			sealed, err := v.Seal(t.Context(), vault.Turn{Tenant: tenant, From: claude, Client: p, Request: req}, answer(
				&llm.Reasoning{Text: "I think.", Signature: sig(claude.Protocol, "OfClaude==")},
				&llm.Text{Text: "Let me see."}, call("toolu_2", `{"city":"Oslo"}`, nil)))
			require.NoError(t, err)
			req.Messages = append(req.Messages, c.next(t, c.whole(t, sealed)).Messages[1:]...)

			toFlash := sent(t, open(t, v, req, flash), flash)
			require.Contains(t, toFlash, `"thoughtSignature":"OfFlash=="`)
			require.NotContains(t, toFlash, "OfClaude")

			toClaude := open(t, v, req, claude)
			last := toClaude.Messages[len(toClaude.Messages)-2]
			require.IsType(t, &llm.Reasoning{}, last.Blocks[0], "the turn must begin with its thinking")
			require.NotContains(t, sent(t, toClaude, claude), "OfFlash")
		})
	}
}

// TestScarB17EnvelopesAreNotShown: what the gateway adds is never part of what
// a person reads.
func TestScarB17EnvelopesAreNotShown(t *testing.T) {
	t.Parallel()
	for _, from := range protocols() {
		for _, to := range protocols() {
			if from == to {
				continue
			}
			v := newVault()
			sealed, err := v.Seal(t.Context(), turn(originOf(from), to), answer(
				&llm.Reasoning{Text: "Hidden.", Signature: sig(from, "Sig==")}, &llm.Text{Text: "Shown."}))
			require.NoError(t, err)
			blocks := client(to).whole(t, sealed)
			require.True(t, slices.ContainsFunc(blocks, func(b llm.Block) bool {
				text, ok := b.(*llm.Text)
				return ok && text.Text == "Shown."
			}))
			for _, b := range blocks {
				if text, ok := b.(*llm.Text); ok {
					require.NotContains(t, text.Text, vault.Marker)
					require.NotContains(t, text.Text, "Hidden")
				}
				if r, ok := b.(*llm.Reasoning); ok {
					require.NotContains(t, r.Text, vault.Marker)
				}
			}
		}
	}
}
