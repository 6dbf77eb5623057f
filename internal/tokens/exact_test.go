package tokens_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/tokens"
)

func message(role llm.Role, name, text string) llm.Message {
	return llm.Message{Role: role, Name: name, Blocks: []llm.Block{&llm.Text{Text: text}}}
}

func user(text string) *llm.Request {
	return &llm.Request{Messages: []llm.Message{message(llm.RoleUser, "", text)}}
}

// The texts and counts are those of OpenAI's "How to count tokens with Tiktoken".
func TestTextIsCountedAsPublished(t *testing.T) {
	c := tokens.New()
	for _, tt := range []struct {
		text, model string
		want        int64
	}{
		{"tiktoken is great!", "gpt-4", 6},
		{"tiktoken is great!", "gpt-4o", 6},
		{"antidisestablishmentarianism", "gpt-3.5-turbo", 6},
		{"antidisestablishmentarianism", "gpt-5", 6},
		{"2 + 2 = 4", "gpt-4-turbo", 7},
		{"2 + 2 = 4", "o3", 7},
		{"お誕生日おめでとう", "text-embedding-3-small", 9},
		{"お誕生日おめでとう", "gpt-4.1", 8},
		{"", "gpt-4o", 0},
		{"<|endoftext|>", "gpt-4o", 7},
		{"a\x7fb", "gpt-4o", 3}, // one token for each byte
	} {
		t.Run(tt.model+" "+tt.text, func(t *testing.T) {
			require.Equal(t, tokens.Count{Tokens: tt.want, Exact: true}, c.Text(tt.text, tt.model))
		})
	}
}

// The conversation and the numbers are those of the same cookbook.
func TestChatIsFramedAsPublished(t *testing.T) {
	req := &llm.Request{Messages: []llm.Message{
		message(llm.RoleSystem, "", "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."),
		message(llm.RoleSystem, "example_user", "New synergies will help drive top-line growth."),
		message(llm.RoleSystem, "example_assistant", "Things working well together will increase revenue."),
		message(llm.RoleSystem, "example_user", "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."),
		message(llm.RoleSystem, "example_assistant", "Let's talk later when we're less busy about how to do better."),
		message(llm.RoleUser, "", "This late pivot means we don't have time to boil the ocean for the client deliverable."),
	}}
	c := tokens.New()
	require.Equal(t, tokens.Count{Tokens: 129, Exact: true}, c.Request(req, "gpt-3.5-turbo"))
	require.Equal(t, tokens.Count{Tokens: 129, Exact: true}, c.Request(req, "gpt-4-0613"))
	require.Equal(t, tokens.Count{Tokens: 124, Exact: true}, c.Request(req, "gpt-4o"))
	require.Equal(t, tokens.Count{Tokens: 124, Exact: true}, c.Request(req, "gpt-4o-mini"))
}

func TestToolsAreRenderedAsPublished(t *testing.T) {
	req := &llm.Request{
		Messages: []llm.Message{
			message(llm.RoleSystem, "", "You are a helpful assistant that can answer to questions about the weather."),
			message(llm.RoleUser, "", "What's the weather like in San Francisco?"),
		},
		Tools: []llm.Tool{{
			Kind: llm.ToolFunction, Name: "get_current_weather", Description: "Get the current weather in a given location",
			Schema: llm.Raw(`{"type":"object","properties":{
				"location":{"type":"string","description":"The city and state, e.g. San Francisco, CA"},
				"unit":{"type":"string","description":"The unit of temperature to return","enum":["celsius","fahrenheit"]}},
				"required":["location"]}`),
		}},
	}
	c := tokens.New()
	require.Equal(t, tokens.Count{Tokens: 105}, c.Request(req, "gpt-4"))
	require.Equal(t, tokens.Count{Tokens: 101}, c.Request(req, "gpt-4o"))
}

func TestExactSaysWhatItMeans(t *testing.T) {
	text := user("hello")
	picture := user("hello")
	picture.Messages[0].Blocks = append(picture.Messages[0].Blocks, &llm.Media{Kind: llm.MediaImage, URL: "https://example.com/a.png"})
	remembered := user("hello")
	remembered.PreviousResponseID = "resp_1"
	for _, tt := range []struct {
		name, model string
		req         *llm.Request
		want        bool
	}{
		{"own tokenizer", "gpt-4o", text, true},
		{"provider's prefix", "openai/gpt-5.1", text, true},
		{"azure's name", "gpt-35-turbo", text, true},
		{"fine-tuned", "ft:gpt-4o-mini-2024-07-18:acme::x", text, true},
		{"picture", "gpt-4o", picture, false},
		{"state at the upstream", "gpt-4o", remembered, false},
		{"newer than the table", "gpt-9-pro", text, false},
		{"harmony differs by host", "gpt-oss-120b", text, false},
		{"no public tokenizer", "claude-sonnet-4-5", text, false},
		{"unknown", "house-model", text, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tokens.New().Request(tt.req, tt.model)
			require.Equal(t, tt.want, got.Exact)
			require.Positive(t, got.Tokens)
		})
	}
}

// Cutting a long text for the tokenizer must not change its count.
func TestLongTextCountsAsItsParts(t *testing.T) {
	c := tokens.New()
	const sentence = "The gateway counts every word of the prompt twice and then once more, don't ask why."
	one := c.Text(sentence+"\n", "gpt-4o").Tokens
	got := c.Text(strings.Repeat(sentence+"\n", 5000), "gpt-4o")
	require.Equal(t, tokens.Count{Tokens: one * 5000, Exact: true}, got)
}

// A text without a place to cut, and one beyond the bound, take no longer than
// others: the test would not end otherwise.
func TestHostileTexts(t *testing.T) {
	c := tokens.New()
	const mega, chunks = 1 << 20, 1 << 17
	for _, tt := range []struct{ name, text string }{
		{"one word", strings.Repeat("a", mega)},
		{"capitals", strings.Repeat("A", chunks)},
		{"spaces", strings.Repeat(" ", chunks)},
		{"line ends", strings.Repeat("\n", chunks)},
		{"spaces and line ends", strings.Repeat(" \n", chunks/2)},
		{"punctuation", strings.Repeat("=", chunks)},
		{"Chinese", strings.Repeat("界", chunks/3)},
		{"not UTF-8", strings.Repeat("\xff", chunks)},
		{"ten times the bound", strings.Repeat("words ", 10*mega/6)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, model := range []string{"gpt-4o", "gpt-4", "claude-opus-5"} {
				require.Positive(t, c.Text(tt.text, model).Tokens, model)
			}
		})
	}
	require.False(t, c.Text(strings.Repeat("words ", mega), "gpt-4o").Exact, "beyond the bound")
}

// Many goroutines load a vocabulary once.
func TestConcurrentUse(t *testing.T) {
	c := tokens.New()
	done := make(chan int64)
	for range 8 {
		go func() { done <- c.Text("hello world", "gpt-4o").Tokens }()
	}
	for range 8 {
		select {
		case n := <-done:
			require.EqualValues(t, 2, n)
		case <-time.After(time.Minute):
			require.Fail(t, "no answer")
		}
	}
}
