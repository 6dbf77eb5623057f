package openaichat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What a message says of thinking in two ways is said once, and what only the
// plain text has is kept, where it stood.
func TestThoughtsAreMerged(t *testing.T) {
	thought := func(text string) llm.Block { return &llm.Reasoning{Text: text} }
	signed := func(text, data string) llm.Block {
		return &llm.Reasoning{Text: text, Signature: &llm.Signature{Data: data, Origin: llm.Origin{Protocol: llm.OpenAIChat}}}
	}
	for _, c := range []struct {
		name, members string
		want          []llm.Block
	}{
		{"plain", `"reasoning_content":"\n\na\n\nb"`, []llm.Block{thought("\n\na\n\nb")}},
		{
			"repeated", `"reasoning_content":"a\n\nb","reasoning_details":[{"type":"reasoning.text","text":"a","signature":"1"},{"type":"reasoning.text","text":"b","signature":"2"}]`,
			[]llm.Block{signed("a", "1"), signed("b", "2")},
		},
		{
			"one more before", `"reasoning_content":"a\n\nb","reasoning_details":[{"type":"reasoning.text","text":"b","signature":"2"}]`,
			[]llm.Block{thought("a"), signed("b", "2")},
		},
		{
			"one more behind", `"reasoning_content":"a\n\nb","reasoning_details":[{"type":"reasoning.text","text":"a","signature":"1"}]`,
			[]llm.Block{signed("a", "1"), thought("b")},
		},
		{
			"other words", `"reasoning_content":"x","reasoning_details":[{"type":"reasoning.text","text":"a","signature":"1"}]`,
			[]llm.Block{signed("a", "1")},
		},
		{
			"a signature alone", `"reasoning_content":"a","reasoning_details":[{"type":"reasoning.text","signature":"1"}]`,
			[]llm.Block{thought("a"), signed("", "1")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decodeRequest(t, []byte(`{"model":"m","messages":[{"role":"assistant",`+c.members+`},{"role":"user","content":"u"}]}`))
			require.Equal(t, c.want, r.Messages[0].Blocks)
		})
	}
}

// A stream tells what a signature signs: a client sends it back as it was.
func TestStreamedSignaturesFitTheirText(t *testing.T) {
	own := func(text string) *llm.Reasoning {
		return &llm.Reasoning{Text: text, Signature: &llm.Signature{Data: "of " + text, Origin: llm.Origin{Protocol: llm.OpenAIChat}}}
	}
	answer := &llm.Response{ID: "i", Model: "m", Choices: []llm.Choice{{
		Blocks: []llm.Block{own("a"), own("b"), &llm.Text{Text: "t"}, own("c")}, Finish: llm.FinishStop,
	}}}
	var events []*llm.Event
	for ev := range llm.Unfold(answer) {
		events = append(events, cloneEvent(ev))
	}
	out, _ := encodeStream(events, &llm.Request{})
	again := fold(t, stream(t, bytesReader(out)))
	require.Equal(t, answer.Choices[0].Blocks, again.Choices[0].Blocks)
}

func TestCitationsAreTranslated(t *testing.T) {
	cite := llm.Citation{URL: "https://e.example/a", Title: "A", Protocol: llm.AnthropicMessages, Raw: llm.Raw(`{"type":"web_search_result_location"}`)}
	quoted, silent := cite, cite
	quoted.Text, silent.URL = "so", ""
	ask := func(c llm.Citation) *llm.Request {
		return &llm.Request{Model: "m", Messages: []llm.Message{
			{Role: llm.RoleAssistant, Blocks: []llm.Block{&llm.Text{Text: "é"}, &llm.Text{Text: "abc", Citations: []llm.Citation{c}}}},
			{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "u"}}},
		}}
	}
	const told = `[{"type":"url_citation","url_citation":{"end_index":4,"start_index":1,"title":"A","url":"https://e.example/a"}}]`
	for _, c := range []struct {
		name   string
		cite   llm.Citation
		to     wire.Target
		want   string
		losses string
	}{
		{"to OpenAI", cite, upstream(t, "openai", "gpt-4.1"), told, ""},
		{"what was cited", quoted, upstream(t, "openai", "gpt-4.1"), told, "approximated:citations"},
		{"to anything compatible", cite, wire.Target{}, told, ""},
		{"to a vendor without", cite, wire.Target{Traits: []string{"top_k"}}, ``, "dropped:citations"},
		{"of no page", silent, upstream(t, "openai", "gpt-4.1"), ``, "dropped:citations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, losses := encodeRequest(t, ask(c.cite), c.to)
			require.Equal(t, c.losses, codes(losses))
			first := wirejson.Member([]byte(body), "messages")
			for _, m := range wirejson.Elements(first) {
				require.Equal(t, c.want, string(wirejson.Member(m, "annotations")))
				break
			}
		})
	}
}
