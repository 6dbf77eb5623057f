package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestClientAnthropic: the SDKs that speak Anthropic's protocol.
func TestClientAnthropic(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("the version and not the key chooses the dialect of models", func(t *testing.T) {
		for version, member := range map[string]string{"2026-10-21": `"display_name"`, "2023-06-01": `"display_name"`, "": `"object":"list"`} {
			head := http.Header{"Authorization": {"Bearer " + testKey}}
			if version != "" {
				head.Set("Anthropic-Version", version)
			}
			require.Contains(t, w.asked(t, "/v1/models?limit=5", head), member, version)
		}
	})
	t.Run("every event has its event line", func(t *testing.T) {
		anthropic := spokenBy(t, "messages")
		upstreams(t, func(t *testing.T, up string) {
			model := w.ups[up].alias
			for _, said := range []string{"[[say:one two]]", "[[parallel]]", "[[midstream]]", "[[refuse]]"} {
				r := w.post(t, messagesPath, anthropic.body(model, said, true), "Anthropic-Version", "2026-10-21")
				require.Equal(t, http.StatusOK, r.status, r.body)
				for _, e := range sseEvents(t, r.body) {
					require.Equal(t, parsed[struct{ Type string }](t, e.data).Type, e.name)
				}
			}
		})
	})
	t.Run("eager_input_streaming stands on tools", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, messagesPath, "ai-sdk-anthropic-eager", up)
			require.Equal(t, "tool_use", first.finishedFor)
			require.Equal(t, "result: Paris: 22 degrees", second.text)
			require.Equal(t, up == "messages", strings.Contains(w.lastSent(t, up), "eager_input_streaming"))
		})
	})
	t.Run("the limit the SDK makes up for models it does not know is kept", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			hears(t, messagesPath, w.recorded(t, messagesPath, "ai-sdk-anthropic-json-tool", up))
			require.Contains(t, w.lastSent(t, up), `:4096`)
		})
	})
	t.Run("the json tool must be called, and once", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first := hears(t, messagesPath, w.recorded(t, messagesPath, "ai-sdk-anthropic-json-tool", up))
			require.Len(t, first.calls, 1)
			require.Contains(t, w.lastSent(t, up), map[string]string{
				"chat": `"tool_choice":"required"`, "responses": `"tool_choice":"required"`, "messages": `"tool_choice":{"type":"any"`, "gemini": `"mode":"ANY"`,
			}[up])
			if up == "chat" || up == "responses" {
				require.Contains(t, w.lastSent(t, up), `"parallel_tool_calls":false`)
			}
		})
	})
	t.Run("a message thread nobody keeps is not found and replayed", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first := hears(t, messagesPath, w.recorded(t, messagesPath, "anthropic-js-thread-1", up))
			require.Len(t, first.calls, 2)
			r := w.recorded(t, messagesPath, "anthropic-js-thread-2", up, append(first.places(), "@item0@", "msg_x")...)
			require.Equal(t, http.StatusNotFound, r.status, r.body)
			v := parsed[struct {
				Error struct {
					Type    string
					Details struct {
						Code string `json:"error_code"`
					}
				}
			}](t, r.body)
			require.Equal(t, "not_found_error", v.Error.Type)
			require.Equal(t, "thread_not_found", v.Error.Details.Code, "by this the SDK knows to send everything again")
		}, "messages")
	})
}

// TestClientGoogle: the libraries that speak Gemini's protocol.
func TestClientGoogle(t *testing.T) {
	t.Parallel()
	w := scars(t)
	t.Run("a stream without alt=sse is an array", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			model := w.ups[up].alias
			r := w.post(t, "/v1beta/models/"+model+":streamGenerateContent", `{"contents":[{"role":"user","parts":[{"text":"[[say:one two three]]"}]}]}`)
			require.Equal(t, http.StatusOK, r.status, r.body)
			require.Contains(t, r.head.Get("Content-Type"), "application/json")
			text := ""
			for _, chunk := range parsed[[]struct {
				Candidates []struct {
					Content struct{ Parts []struct{ Text string } }
				}
			}](t, r.body) {
				for _, c := range chunk.Candidates {
					for _, p := range c.Content.Parts {
						text += p.Text
					}
				}
			}
			require.Equal(t, "one two three", text)
		})
	})
	t.Run("a result is name and content", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			_, second := w.talked(t, geminiPath, "ai-sdk-google-tools", up)
			require.Contains(t, second.text, "Paris: 22 degrees")
			if up != "gemini" {
				require.Equal(t, "result: Paris: 22 degrees", second.text, "the content is the result")
			}
		})
	})
	t.Run("calls and results without ids are matched by name and order", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			first, second := w.talked(t, geminiPath, "genai-no-ids", up)
			require.Len(t, first.calls, 2)
			require.Less(t, strings.Index(second.text, "Paris: 22 degrees"), strings.Index(second.text, "Rome: 22 degrees"), second.text)
		}, "gemini")
	})
	t.Run("LangChain drops ids, divides results and makes signatures up", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			_, second := w.talked(t, geminiPath, "langchain-google-tools", up)
			require.Less(t, strings.Index(second.text, "Paris: 22 degrees"), strings.Index(second.text, "Rome: 22 degrees"), second.text)
			require.NotContains(t, w.lastSent(t, up), "ErYCCrMCAdHt", "nobody but Google is sent a signature of Google's")
		}, "gemini")
	})
	t.Run("empty stopSequences and safetySettings say nothing", func(t *testing.T) {
		upstreams(t, func(t *testing.T, up string) {
			hears(t, geminiPath, w.recorded(t, geminiPath, "langchain-google-tools-1", up))
			if up != "gemini" {
				require.NotContains(t, w.lastSent(t, up), `"stop`)
			}
		})
	})
	t.Run("x-goog-api-key is a key and chooses the dialect of models", func(t *testing.T) {
		key := http.Header{"X-Goog-Api-Key": {testKey}}
		for _, version := range []string{"/v1beta", "/v1"} { // the latter is what @google/genai 3 asks
			body := w.asked(t, version+"/models/to-chat", key)
			require.Equal(t, "models/to-chat", parsed[struct{ Name string }](t, body).Name)
			require.Contains(t, w.asked(t, version+"/models?pageSize=5", key), `"models"`)
		}
	})
}

// asked sends a GET with these headers and returns the answer's body.
func (w *scarWorld) asked(t *testing.T, path string, head http.Header) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.base+path, http.NoBody)
	require.NoError(t, err)
	req.Header = head
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(body))
	return string(body)
}
