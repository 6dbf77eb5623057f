package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// TestScarB12SignatureOnlyThinkingGoesBack: thinking of which Claude tells
// nothing but the signature is replayed in the tool loop, and a signature that
// is null harms nobody. BerriAI/litellm#38809, #31654.
func TestScarB12SignatureOnlyThinkingGoesBack(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s stream %v", c.name(), stream), func(t *testing.T) {
				w.ups["messages"].Script(signatureOnly(stream), claudeFine(stream))
				p := w.pair(c, "messages")
				talk := p.begin(settings{stream: stream, tools: true, think: true})
				talk.user("go")
				r := p.send(t, talk)
				require.Len(t, r.calls, 1)
				talk.results(result{call: r.calls[0], text: "22 degrees"})
				require.Equal(t, "fine", p.send(t, talk).text)
				require.Contains(t, w.lastSent(t, "messages"), `"signature":"OnlyASignature=="`)
			})
		}
	}
	abroad(t, "messages", func(t *testing.T, c spoken) {
		w.ups["messages"].Script(fakeupstream.JSON(http.StatusOK, strings.Replace(claudeSays, `[{`, `[{"type":"thinking","thinking":"hm","signature":null},{`, 1)))
		r := w.post(t, c.path("to-messages", false), c.body("to-messages", "hi", false))
		require.Equal(t, http.StatusOK, r.status, r.body)
		require.Contains(t, r.body, `"fine"`)
		require.Equal(t, "ok", w.record(t, r.head)["status"])
	})
}

const claudeSays = `{"id":"msg_2","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"fine"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}`

// claudeFine says so.
func claudeFine(stream bool) http.Handler {
	if !stream {
		return fakeupstream.JSON(http.StatusOK, claudeSays)
	}
	return fakeupstream.SSE(events(
		`{"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"fine"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}`,
		`{"type":"message_stop"}`)...)
}

// signatureOnly thinks in secret and calls.
func signatureOnly(stream bool) http.Handler {
	if !stream {
		return fakeupstream.JSON(http.StatusOK, `{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[`+
			`{"type":"thinking","thinking":"","signature":"OnlyASignature=="},{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Paris"}}],`+
			`"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":9}}`)
	}
	return fakeupstream.SSE(events(
		`{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`,
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"OnlyASignature=="}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}}`,
		`{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Paris\"}"}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}`,
		`{"type":"message_stop"}`)...)
}

// twoAccounts makes an alias "both" of two accounts with one vendor, each of
// which can read its own signatures only. The strict mock of the second is
// the one given.
func twoAccounts(t *testing.T, up, api string, second http.Handler) (*scarWorld, *fakeupstream.Server) {
	t.Helper()
	other := fakeupstream.Start(t)
	other.Fallback(second)
	version := "v1"
	if up == "gemini" {
		version = "v1beta"
	}
	vendor := map[string]string{"responses": "openai", "messages": "anthropic", "gemini": "gemini"}[up]
	w := scars(t, func(w *scarWorld, yaml string) string {
		return with(
			fmt.Sprintf("  second: {vendor: %s, base_url: {%s: \"%s/%s\"}, api_key: up-second, allow_private: true}\n", vendor, api, other.URL, version),
			fmt.Sprintf("  both: {targets: [{provider: %s, model: %s}, {provider: second, model: %s}]}\n", up, w.ups[up].model, w.ups[up].model))(w, yaml)
	})
	return w, other
}

// untilBoth goes on with a conversation of tool loops until both accounts have
// answered, each after the other.
func untilBoth(t *testing.T, other *fakeupstream.Server, p *pair, stream bool) {
	t.Helper()
	c := p.begin(settings{stream: stream, tools: true, think: true})
	c.change("both")
	for turn := range 12 {
		c.user("[[think+call]]")
		r, err := c.send(within(t), nil)
		require.NoError(t, err, "turn %d", turn)
		require.Len(t, r.calls, 1, r.text)
		c.results(result{call: r.calls[0], text: "22 degrees"})
		r, err = c.send(within(t), nil)
		require.NoError(t, err, "the result of turn %d", turn)
		require.Equal(t, "result: 22 degrees", r.text)
	}
	require.NotEmpty(t, p.up.Requests())
	require.NotEmpty(t, other.Requests())
	p.up.Reset()
	other.Reset()
}

// TestScarB13NoSignatureIsSentToWhoDidNotIssueIt: routing goes from one model
// to the other in mid-conversation, and every request is taken.
// OpenRouterTeam/ai-sdk-provider#439.
func TestScarB13NoSignatureIsSentToWhoDidNotIssueIt(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s stream %v", c.name(), stream), func(t *testing.T) {
				p := w.pair(c, "messages")
				talk := p.begin(settings{stream: stream, tools: true, think: true})
				for _, model := range []string{"to-messages", "to-gemini", "to-responses", "to-messages", "to-responses", "to-gemini"} {
					talk.change(model)
					talk.user("[[think+call]]")
					r, err := talk.send(within(t), nil)
					require.NoError(t, err, model)
					require.Len(t, r.calls, 1, "%s: %s", model, r.text)
					talk.results(result{call: r.calls[0], text: "22 degrees"})
					_, err = talk.send(within(t), nil)
					require.NoError(t, err, "the result to %s", model)
				}
			})
		}
	}
	t.Run("two accounts with Anthropic", func(t *testing.T) {
		w, other := twoAccounts(t, "messages", "messages", fakeupstream.StrictAnthropic())
		for _, c := range sdkClients() {
			untilBoth(t, other, w.pair(c, "messages"), true)
		}
	})
}

// TestScarB14ReasoningItemsAndTwoOrganisations: load is balanced over two
// organisations, neither of which can read the other's reasoning items.
// LiteLLM's incident of 2026-02-24.
func TestScarB14ReasoningItemsAndTwoOrganisations(t *testing.T) {
	t.Parallel()
	w, other := twoAccounts(t, "responses", "responses", fakeupstream.StrictResponses())
	for _, c := range sdkClients() {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s stream %v", c.name(), stream), func(t *testing.T) {
				untilBoth(t, other, w.pair(c, "responses"), stream)
			})
		}
	}
}

// TestScarB15ThoughtSignaturesReturnToGemini, and reasoning items have what
// strict SDKs demand. maximhq/bifrost#1437, #2210, #6329.
func TestScarB15ThoughtSignaturesReturnToGemini(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s stream %v", c.name(), stream), func(t *testing.T) {
				_, second := thinkAndCall(t, w.pair(c, "gemini"), settings{stream: stream})
				require.Contains(t, second, `"thoughtSignature":"`)
				require.NotContains(t, second, "skip_thought_signature_validator")
			})
		}
	}
	t.Run("reasoning items", func(t *testing.T) {
		c := spokenBy(t, "responses")
		type document struct{ Output []map[string]any }
		for _, up := range []string{"messages", "gemini", "responses"} {
			model := w.ups[up].alias
			w.stream(t, c, up, "[[think]]", c.think) // its reader demands a summary
			r := w.post(t, c.path(model, false), c.body(model, "[[think]]", false, c.think))
			require.Equal(t, http.StatusOK, r.status, r.body)
			item := parsed[document](t, r.body).Output[0]
			require.Equal(t, "reasoning", item["type"], up)
			require.NotEmpty(t, item["id"])
			require.NotNil(t, item["summary"])
		}
	})
	t.Run("two accounts with Google", func(t *testing.T) {
		w, other := twoAccounts(t, "gemini", "gemini", fakeupstream.StrictGemini())
		for _, c := range sdkClients() {
			untilBoth(t, other, w.pair(c, "gemini"), false)
		}
	})
}

// TestScarB16OneLoopThroughGeminiAndClaude: what one calls the other is told
// the result of, so that neither misses a signature nor finds text where it
// expects thinking. lbjlaq/Antigravity-Manager#139.
func TestScarB16OneLoopThroughGeminiAndClaude(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		t.Run(c.name(), func(t *testing.T) {
			p := w.pair(c, "gemini")
			talk := p.begin(settings{tools: true, think: true})
			for _, way := range [][2]string{{"to-gemini", "to-messages"}, {"to-messages", "to-gemini"}, {"to-gemini", "to-gemini"}, {"to-messages", "to-messages"}} {
				talk.change(way[0])
				talk.user("[[think+call]]")
				r, err := talk.send(within(t), nil)
				require.NoError(t, err, way)
				require.Len(t, r.calls, 1, r.text)
				talk.results(result{call: r.calls[0], text: "22 degrees"})
				talk.change(way[1])
				r, err = talk.send(within(t), nil)
				require.NoError(t, err, way)
				require.Equal(t, "result: 22 degrees", r.text)
			}
		})
	}
}

// TestScarB17ThinkingIsNotInTheAnswer: maximhq/bifrost#2421, BerriAI/litellm#32357.
func TestScarB17ThinkingIsNotInTheAnswer(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range sdkClients() {
		for _, up := range []string{"responses", "messages", "gemini"} {
			for _, stream := range []bool{false, true} {
				r := w.pair(c, up).ask(t, settings{stream: stream, think: true}, "[[think]]")
				require.Equal(t, fakeupstream.StrictHello, r.text, "%s→%s stream %v", c.name(), up, stream)
			}
		}
	}
	abroad(t, "chat", func(t *testing.T, c spoken) { // as DeepSeek and its like tell it
		w.ups["chat"].Script(thinkingChat())
		h := w.stream(t, c, "chat", "hi", c.think)
		require.Equal(t, "It is so.", h.text)
		require.Equal(t, "I think so.", h.thinking)
	})
}
