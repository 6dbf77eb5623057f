package app_test

import (
	"encoding/binary"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

const bothCities = "result: Paris: 22 degrees; result: Rome: 22 degrees"

// TestClientOpenAIJS: the official SDK puts what it parsed into the messages it
// gives its users, and they send those back.
func TestClientOpenAIJS(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("the stream helper replays parsed and parsed_arguments", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			_, second := w.talked(t, chatPath, "openai-js-stream-helper", up)
			require.Equal(t, "result: 22", second.text)
			require.NotContains(t, w.lastSent(t, up), "parsed", "its own helper's words are nobody else's")
		}, "chat")
	})
	t.Run("its own provider judges what the helper replays", func(t *testing.T) {
		first := hears(t, chatPath, w.recorded(t, chatPath, "openai-js-stream-helper-1", "chat"))
		r := w.recorded(t, chatPath, "openai-js-stream-helper-2", "chat", first.places()...)
		require.Equal(t, http.StatusBadRequest, r.status, r.body)
		require.Contains(t, w.lastSent(t, "chat"), `"parsed_arguments":{"city":"Paris"}`, "bytes pass")
		require.Contains(t, r.body, "messages[1].parsed")
	})
	t.Run("a parsed answer comes back with parsed", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			d := digestOf(t, hears(t, chatPath, w.recorded(t, chatPath, "openai-js-parse-2", up)).text)
			require.Equal(t, []string{"user", "assistant", "user"}, d.Roles)
			require.Equal(t, []string{fakeupstream.StrictJSON}, d.Assistant)
		}, "chat")
	})
	t.Run("a refusal comes back with annotations", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			require.Equal(t, "fine", hears(t, chatPath, w.recorded(t, chatPath, "openai-js-refusal-2", up)).text)
			require.Contains(t, w.lastSent(t, up), fakeupstream.StrictRefusal)
		}, "chat")
	})
	t.Run("a 429 arrives as a 429", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			for _, p := range protocols() {
				model := w.ups[up].alias
				r := w.post(t, p.path(model, false), p.body(model, "[[error:429]]", false))
				require.Equal(t, http.StatusTooManyRequests, r.status, r.body)
				require.Equal(t, "7", r.head.Get("Retry-After"))
			}
		})
	})
}

// TestClientOpenAIJSResponses: output items are sent back as they came, with
// what the SDK put into them.
func TestClientOpenAIJSResponses(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("parsed_arguments of calls", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, responsesPath, "openai-js-responses-parsed", up)
			require.Len(t, first.calls, 2)
			require.Equal(t, "result: 22; result: 22", second.text)
		}, "responses")
	})
	t.Run("parsed of texts", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, responsesPath, "openai-js-responses-parse", up)
			require.JSONEq(t, fakeupstream.StrictJSON, first.text)
			require.Equal(t, []string{"user", "assistant", "user"}, digestOf(t, second.text).Roles)
		}, "responses")
	})
}

// TestClientAISDKResponses: the AI SDK speaks Responses unless told otherwise.
func TestClientAISDKResponses(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("item_reference names the gateway's own item", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, responsesPath, "ai-sdk-item-reference", up)
			require.Len(t, first.items, 1)
			require.Equal(t, []string{"three"}, digestOf(t, second.text).Assistant)
		})
	})
	t.Run("previous_response_id names the gateway's own response", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first := hears(t, responsesPath, w.recorded(t, responsesPath, "ai-sdk-item-reference-1", up))
			second := hears(t, responsesPath, w.recorded(t, responsesPath, "ai-sdk-previous-response-2", up, first.places()...))
			require.Equal(t, []string{"user", "assistant", "user"}, digestOf(t, second.text).Roles)
		})
	})
	t.Run("store false brings encrypted reasoning back", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, responsesPath, "ai-sdk-store-false", up)
			require.NotEmpty(t, first.proof)
			require.Equal(t, "result: Paris: 22 degrees", second.text)
			require.Contains(t, w.lastSent(t, up), map[string]string{
				"responses": `"encrypted_content":"gAAAA`, "messages": `"signature":"`, "gemini": `"thoughtSignature":"`,
			}[up], "the proof goes back to its issuer")
		}, "chat")
	})
	t.Run("a summary that was asked for is a summary", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first := hears(t, responsesPath, w.recorded(t, responsesPath, "ai-sdk-store-false-1", up))
			require.Equal(t, fakeupstream.StrictThought, first.summary, "the SDK reads nothing else")
		}, "chat")
	})
	t.Run("nothing of thinking breaks a model that does not think", func(t *testing.T) {
		first := hears(t, responsesPath, w.recorded(t, responsesPath, "ai-sdk-store-false-1", "chat"))
		require.Len(t, first.calls, 1)
		require.Empty(t, first.summary)
	})
}

// TestClientSchemas: each library writes schemas its own way; every provider
// must take them.
func TestClientSchemas(t *testing.T) {
	t.Parallel()
	w := scars(t)
	for _, c := range []struct{ fact, path, file string }{
		{"zod integers have bounds", chatPath, "ai-sdk-openai-schema"},
		{"Google's have no additionalProperties", geminiPath, "ai-sdk-google-schema"},
		{"Google's types are upper-case", geminiPath, "genai-upper-schema"},
		{"Anthropic's say bounds in the description", messagesPath, "anthropic-js-zod"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			upstreams(t, func(t *testing.T, up string) {
				require.JSONEq(t, fakeupstream.StrictJSON, hears(t, c.path, w.recorded(t, c.path, c.file, up)).text)
			})
		})
	}
}

// TestClientHistory: what comes back of a conversation is read or refused.
func TestClientHistory(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("a part that nobody knows is refused or read", func(t *testing.T) {
		const body = `{"model":"@","input":[{"role":"user","content":[{"type":"input_text","text":"[[echo]]"},{"type":"image_url","image_url":{"url":"https://files.invalid/cat.png"}}]}]}`
		upstreams(t, func(t *testing.T, up string) {
			r := w.post(t, responsesPath, strings.Replace(body, "@", w.ups[up].alias, 1))
			if r.status == http.StatusOK {
				require.NotEmpty(t, digestOf(t, hears(t, responsesPath, r).text).Images, "the image was left out in silence")
				return
			}
			require.Equal(t, http.StatusBadRequest, r.status, r.body)
		}, "responses")
	})
	t.Run("a history with calls needs no tools", func(t *testing.T) {
		const body = `{"model":"@","messages":[{"role":"user","content":"go"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{}"}}]},` +
			`{"role":"tool","tool_call_id":"call_1","content":"22"},{"role":"assistant","content":"22 degrees"},{"role":"user","content":"[[say:fine]]"}]}`
		upstreams(t, func(t *testing.T, up string) {
			require.Equal(t, "fine", hears(t, chatPath, w.post(t, chatPath, strings.Replace(body, "@", w.ups[up].alias, 1))).text)
		})
	})
	t.Run("input tokens are counted", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			r := w.post(t, "/v1/responses/input_tokens", `{"model":"`+w.ups[up].alias+`","input":"how many?"}`)
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.Positive(t, parsed[struct {
				Tokens int `json:"input_tokens"`
			}](t, r.body).Tokens)
		})
	})
}

// TestClientLangChainOpenAI: what LangChain makes of the official SDK.
func TestClientLangChainOpenAI(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("tool messages have names", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			_, second := w.talked(t, chatPath, "langchain-chat-tools", up)
			require.Equal(t, bothCities, second.text)
		})
	})
	t.Run("an assistant message without content stands before its calls", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			_, second := w.talked(t, responsesPath, "langchain-responses-zdr", up)
			require.Equal(t, "result: Paris: 22 degrees", second.text)
		}, "chat")
	})
}

// TestClientOpenAIJSEmbeddings: the SDK asks for base64 unless told otherwise,
// and reads nothing else then.
func TestClientOpenAIJSEmbeddings(t *testing.T) {
	t.Parallel()
	const asked = `{"model":"@","input":"abc","encoding_format":"base64"}`
	g, google, openAI := embedGateway(t)
	type embeddings struct {
		Data []struct{ Embedding []byte } // JSON's bytes are base64
	}
	t.Run("of its own provider as they come", func(t *testing.T) {
		openAI.Script(fakeupstream.JSON(http.StatusOK, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPg=="}],"usage":{"prompt_tokens":1,"total_tokens":1}}`))
		resp, body := g.call(t, http.MethodPost, "/v1/embeddings", testKey, strings.Replace(asked, "@", "to-openai", 1))
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		require.Equal(t, []byte{0, 0, 0x80, 0x3e}, parsed[embeddings](t, body).Data[0].Embedding)
		require.Contains(t, string(openAI.Requests()[0].Body), `"encoding_format":"base64"`)
	})
	t.Run("of Google made so", func(t *testing.T) {
		resp, body := g.call(t, http.MethodPost, "/v1/embeddings", testKey, strings.Replace(asked, "@", "to-google", 1))
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
		first := parsed[embeddings](t, body).Data[0].Embedding
		require.Len(t, first, 3*4, "three numbers of four bytes")
		require.InDelta(t, 3, math.Float32frombits(binary.LittleEndian.Uint32(first)), 0, "the length of the text")
		require.NotContains(t, string(google.Requests()[0].Body), "base64")
	})
}
