package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests named TestScar… hold what users of other gateways reported as
// broken: a letter for the kind, a number for the report. They go through a
// running gateway, as those users did.

// scarWorld is a gateway between four strict providers and raw clients.
type scarWorld struct {
	*gateway
	ups map[string]*upstreamDouble
}

// scars starts one; more is what the configuration says besides.
func scars(t *testing.T, more ...func(w *scarWorld, yaml string) string) *scarWorld {
	t.Helper()
	list := doubles(t)
	w := &scarWorld{ups: map[string]*upstreamDouble{}}
	for _, d := range list {
		w.ups[d.name] = d
	}
	yaml := matrixConfig(list)
	for _, change := range more {
		yaml = change(w, yaml)
	}
	w.gateway = start(t, yaml, withAdmin)
	return w
}

// pair is a client's SDK and an upstream of this world.
func (w *scarWorld) pair(c sdkClient, up string) *pair {
	d := w.ups[up]
	return &pair{client: c, up: d, base: w.base, model: d.alias, log: w.log}
}

// with adds providers and models to the configuration.
func with(providers, models string) func(*scarWorld, string) string {
	return func(_ *scarWorld, yaml string) string {
		return strings.Replace(strings.Replace(yaml, "providers:\n", "providers:\n"+providers, 1), "models:\n", "models:\n"+models, 1)
	}
}

// told is an answer as a client that knows no SDK sees it.
type told struct {
	status int
	head   http.Header
	body   string
}

// post sends a body; headers come in pairs of name and value.
func (w *scarWorld) post(t *testing.T, path, body string, headers ...string) *told {
	t.Helper()
	resp := w.begin(t, path, body, headers...)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return &told{resp.StatusCode, resp.Header, string(text)}
}

// begin sends a body and returns the answer with its own unread.
func (w *scarWorld) begin(t *testing.T, path, body string, headers ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t), http.MethodPost, w.base+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+testKey)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	return resp
}

// record is the row that the answer's request left.
func (w *scarWorld) record(t *testing.T, head http.Header) map[string]any {
	t.Helper()
	id := head.Get("X-Request-Id")
	require.NotEmpty(t, id)
	var found map[string]any
	eventually(t, "the record of "+id, func() bool {
		for _, r := range w.requests(t, admin) {
			if r["id"] == id {
				found = r
			}
		}
		return found != nil
	})
	return found
}

// bodies are what the upstream was sent, in order.
func (w *scarWorld) bodies(up string) []string {
	var out []string
	for _, r := range w.ups[up].Requests() {
		out = append(out, string(r.Body))
	}
	return out
}

// lastSent is what the upstream was sent last.
func (w *scarWorld) lastSent(t *testing.T, up string) string {
	t.Helper()
	all := w.bodies(up)
	require.NotEmpty(t, all, "nothing was sent to %s", up)
	return all[len(all)-1]
}

// spoken is how a protocol asks.
type spoken struct {
	name  string
	tools string // members that declare get_weather and ping
	think string // members that ask for thinking
	path  func(model string, stream bool) string
	body  func(model, text string, stream bool, members ...string) string
	heard func(t *testing.T, body string) *heardStream
}

const citySchema = `{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`

func at(path string) func(string, bool) string { return func(string, bool) string { return path } }

func joined(members []string) string {
	text := ""
	for _, m := range members {
		if m != "" {
			text += "," + m
		}
	}
	return text
}

// protocols are the four, without an SDK.
func protocols() []spoken {
	return []spoken{
		{
			name: "chat", heard: chatStream, path: at("/v1/chat/completions"), think: `"reasoning_effort":"low"`,
			tools: `"tools":[{"type":"function","function":{"name":"get_weather","parameters":` + citySchema + `}},{"type":"function","function":{"name":"ping","parameters":{"type":"object","properties":{}}}}]`,
			body: func(model, text string, stream bool, members ...string) string {
				return fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"user","content":%q}]%s}`, model, stream, text, joined(members))
			},
		},
		{
			name: "responses", heard: responsesStream, path: at("/v1/responses"), think: `"reasoning":{"effort":"low","summary":"auto"},"include":["reasoning.encrypted_content"]`,
			tools: `"tools":[{"type":"function","name":"get_weather","strict":false,"parameters":` + citySchema + `},{"type":"function","name":"ping","strict":false,"parameters":{"type":"object","properties":{}}}]`,
			body: func(model, text string, stream bool, members ...string) string {
				return fmt.Sprintf(`{"model":%q,"stream":%t,"store":false,"input":[{"role":"user","content":%q}]%s}`, model, stream, text, joined(members))
			},
		},
		{
			name: "messages", heard: messagesStream, path: at("/v1/messages"), think: `"thinking":{"type":"enabled","budget_tokens":1024}`,
			tools: `"tools":[{"name":"get_weather","input_schema":` + citySchema + `},{"name":"ping","input_schema":{"type":"object","properties":{}}}]`,
			body: func(model, text string, stream bool, members ...string) string {
				return fmt.Sprintf(`{"model":%q,"stream":%t,"max_tokens":4096,"messages":[{"role":"user","content":%q}]%s}`, model, stream, text, joined(members))
			},
		},
		{
			name: "gemini", heard: geminiStream, think: `"generationConfig":{"thinkingConfig":{"includeThoughts":true}}`,
			tools: `"tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":` + citySchema + `},{"name":"ping"}]}]`,
			path: func(model string, stream bool) string {
				if stream {
					return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse"
				}
				return "/v1beta/models/" + model + ":generateContent"
			},
			body: func(_, text string, _ bool, members ...string) string {
				return fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]}]%s}`, text, joined(members))
			},
		},
	}
}

// spokenBy returns the protocol of that name.
func spokenBy(t *testing.T, name string) spoken {
	t.Helper()
	for _, p := range protocols() {
		if p.name == name {
			return p
		}
	}
	require.Fail(t, "no such protocol: "+name)
	return spoken{}
}

// stream asks and checks the stream by all rules of the client's protocol.
func (w *scarWorld) stream(t *testing.T, c spoken, up, text string, members ...string) *heardStream {
	t.Helper()
	model := w.ups[up].alias
	r := w.post(t, c.path(model, true), c.body(model, text, true, members...))
	require.Equal(t, http.StatusOK, r.status, r.body)
	h := c.heard(t, r.body)
	h.told = r
	return h
}

// abroad calls f for every client whose protocol is not the upstream's.
func abroad(t *testing.T, up string, f func(t *testing.T, c spoken)) {
	t.Helper()
	for _, c := range protocols() {
		if c.name != up {
			t.Run(c.name+"→"+up, func(t *testing.T) { f(t, c) })
		}
	}
}

// event is one frame as OpenAI's Responses and Anthropic send it: named by the
// type of its data.
func event(data string) string {
	kind := data[strings.Index(data, `"type":"`)+len(`"type":"`):]
	return "event: " + kind[:strings.IndexByte(kind, '"')] + "\ndata: " + data + "\n\n"
}

func events(data ...string) []string {
	var out []string
	for _, d := range data {
		out = append(out, event(d))
	}
	return out
}

// chatChunk is a frame of a chat stream with one choice.
func chatChunk(delta, finish string) string {
	if finish != "null" {
		finish = `"` + finish + `"`
	}
	return "data: " + `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + finish + `}]}` + "\n\n"
}

const (
	chatRole = `{"role":"assistant","content":""}`
	chatDone = "data: [DONE]\n\n"
)
