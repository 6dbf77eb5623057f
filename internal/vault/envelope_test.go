package vault_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

func TestHasEnvelope(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       bool
	}{
		{"signature", `{"signature":"plx1envelopeAAAA"}`, true},
		{"encrypted content", `{"encrypted_content": "plx1envelopeAAAA"}`, true},
		{"nothing", `{"signature":"Eq0B"}`, false},
		{"empty", ``, false},
		{"in the middle of a text", `{"text":"see plx1envelopeAAAA"}`, false},
		{"quoted in a text", `{"text":"{\"signature\":\"plx1envelopeAAAA\"}"}`, false},
		{"quoted and real", `{"text":"\"plx1envelopeA\"","signature":"plx1envelopeAAAA"}`, true},
		{"at the very beginning", `"plx1envelopeAAAA"`, true},
	} {
		require.Equal(t, tt.want, vault.HasEnvelope([]byte(tt.body)), tt.name)
	}
}

// TestEnvelopesAreFoundInBodies as clients send them.
func TestEnvelopesAreFoundInBodies(t *testing.T) {
	t.Parallel()
	from := originOf(llm.OpenAIChat)
	for _, p := range []llm.Protocol{llm.AnthropicMessages, llm.OpenAIResponses, llm.Gemini} {
		v := newVault()
		req := history(t, v, from, client(p), &llm.Reasoning{Text: "Hm."}, &llm.Text{Text: "Yes."})
		out, _, err := codecs()[p].out.EncodeRequest(req, target)
		require.NoError(t, err)
		require.True(t, vault.HasEnvelope(out.Body), p)
	}
}

// envelopeOf returns the envelope that a Responses client gets of r.
func envelopeOf(t require.TestingT, v *vault.Vault, from vault.Origin, r *llm.Reasoning) string {
	sealed, err := v.Seal(bg(), turn(from, llm.OpenAIResponses), answer(r))
	require.NoError(t, err)
	return secrets(sealed.Choices[0].Blocks)[0]
}

// opened is what comes of an envelope in a request.
func opened(t require.TestingT, v *vault.Vault, to vault.Origin, envelope string) []llm.Block {
	req := ask()
	req.Messages = append(req.Messages, llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{
		&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_client"}, Summary: []string{"words"}, Encrypted: sig(llm.OpenAIResponses, envelope)},
	}})
	got, _, err := v.Open(bg(), tenant, req, to)
	require.NoError(t, err)
	return assistant(got)
}

// TestEnvelopesHoldAnything: the block comes out of the envelope as it went in,
// bytes that are no text included.
func TestEnvelopesHoldAnything(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, name)) }
		r := &llm.Reasoning{
			Attrs: llm.Attrs{ID: text("id"), Ext: llm.Ext{{Protocol: llm.Protocol(text("p")), Name: text("n"), Value: llm.Raw(text("v") + "x")}}},
			Text:  text("text"), Summary: []string{text("one"), text("two")}, Redacted: rapid.Bool().Draw(t, "redacted"),
			Signature: &llm.Signature{Data: text("signature"), Origin: llm.Origin{Protocol: "x", Vendor: text("vendor")}},
			Encrypted: sig(from.Protocol, text("encrypted")),
		}
		require.Equal(t, []llm.Block{r}, opened(t, v, from, envelopeOf(t, v, from, r)))
	})
}

// TestEnvelopesThatDoNotOpen leave the client's words and nothing else.
func TestEnvelopesThatDoNotOpen(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	good := envelopeOf(t, v, from, &llm.Reasoning{Text: "I think.", Signature: sig(from.Protocol, "Sig==")})
	require.Equal(t, []string{"Sig=="}, secrets(opened(t, v, from, good)))
	words := []llm.Block{&llm.Reasoning{Summary: []string{"words"}}}
	raw, err := base64.StdEncoding.DecodeString(good[len(vault.Marker):])
	require.NoError(t, err)
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 1
		require.Equal(t, words, opened(t, v, from, vault.Marker+base64.StdEncoding.EncodeToString(bad)), "byte %d", i)
		require.Equal(t, words, opened(t, v, from, vault.Marker+base64.StdEncoding.EncodeToString(raw[:i])), "cut at %d", i)
	}
	for _, bad := range []string{
		vault.Marker, vault.Marker + "!", good + "A", good + good, vault.Marker + good,
		vault.Marker + string(bytes.Repeat([]byte("A"), 3<<20)),
	} {
		require.Equal(t, words, opened(t, v, from, bad))
	}
}

// TestPayloadsAreBounded: what inflates to more than it may is refused.
func TestPayloadsAreBounded(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	bomb.WriteByte(1)
	w, err := flate.NewWriter(&bomb, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, 8<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = vault.Unpack(bomb.Bytes())
	require.Error(t, err)
	for _, bad := range [][]byte{nil, {2}, {1}, {1, 0xff}} {
		_, err := vault.Unpack(bad)
		require.Error(t, err, "%x", bad)
	}
}

// TestOneSmallEnvelopeSentManyTimes: what one request may hold is bounded.
func TestOneSmallEnvelopeSentManyTimes(t *testing.T) {
	t.Parallel()
	from := originOf(llm.AnthropicMessages)
	v := newVault()
	small := envelopeOf(t, v, from, &llm.Reasoning{Text: string(make([]byte, 1<<20-8<<10)), Signature: sig(from.Protocol, "Sig==")})
	require.Less(t, len(small), 16<<10)
	req := ask()
	m := llm.Message{Role: llm.RoleAssistant}
	for range 80 {
		m.Blocks = append(m.Blocks, &llm.Reasoning{Encrypted: sig(llm.OpenAIResponses, small)})
	}
	req.Messages = append(req.Messages, m)
	got, losses, err := v.Open(t.Context(), tenant, req, from)
	require.NoError(t, err)
	require.Len(t, assistant(got), 64)
	require.Len(t, losses, 16)
}

// FuzzEnvelope: no payload harms, and what is understood of one is all of it.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("\x01"))
	f.Add(vault.EnvelopePayload(vault.Origin{Protocol: "p", Vendor: "v", Provider: "s"}, &llm.Reasoning{
		Attrs: llm.Attrs{ID: "id", Ext: llm.Ext{{Protocol: "p", Name: "n", Value: llm.Raw("1")}}},
		Text:  "text", Summary: []string{"a", ""}, Signature: sig("p", "sig"), Redacted: true,
	}))
	f.Add([]byte("\x01\x01p\x01v\x01s\x02\x02\x05sum-of-the-text-\x00\x03\x02id0123456789abcdef0123456789abcdef\x01\x03sig\x01p\x00"))
	f.Add([]byte("\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	v := newVault()
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, understood := range vault.ReadPayloads(data) {
			for _, again := range vault.ReadPayloads(understood) {
				require.LessOrEqual(t, len(understood), len(data))
				require.NotEmpty(t, again)
			}
		}
		back, err := vault.Unpack(vault.Pack(data))
		if len(data) <= 1<<20 {
			require.NoError(t, err)
			require.Equal(t, data, append(data[:0:0], back...))
		}
		_, _ = vault.Unpack(data)
		blocks := opened(t, v, originOf(llm.OpenAIResponses), vault.Marker+base64.StdEncoding.EncodeToString(data))
		require.Empty(t, secrets(blocks))
	})
}

func BenchmarkHasEnvelope(b *testing.B) {
	body := []byte(`{"messages":[` + strings.Repeat(`{"role":"user","content":"The quick brown fox jumps over the lazy dog, then \"rests\" a while.\n"},`, 10_000) + `{}]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if vault.HasEnvelope(body) {
			b.Fatal("there is none")
		}
	}
}
