package fakeupstream_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// asks is one user's text as a request of the mock's protocol, with a tool.
func (m mock) asks(text string, stream bool) (path, body string) {
	flag := `,"stream":false`
	if stream {
		flag = `,"stream":true`
	}
	const schema = `{"type":"object","properties":{"city":{"type":"string"}}}`
	text = strings.ReplaceAll(text, `"`, `\"`)
	user := `{"role":"user","content":"` + text + `"}`
	switch m.name {
	case "chat":
		if stream {
			flag += `,"stream_options":{"include_usage":true}`
		}
		return m.path, chatSays(user, flag+`,"max_tokens":50,"tools":[{"type":"function","function":{"name":"get_weather","parameters":`+schema+`}},{"type":"function","function":{"name":"ping"}}]`)
	case "responses":
		return m.path, respSays("["+user+"]", flag+`,"max_output_tokens":50,"tools":[{"type":"function","name":"get_weather","parameters":`+schema+`},{"type":"function","name":"ping","parameters":`+schema+`}]`)
	case "anthropic":
		return m.path, claudeSays(user, flag+`,"tools":[{"name":"get_weather","input_schema":`+schema+`},{"name":"ping","input_schema":`+schema+`}]`)
	}
	path = m.path
	if stream {
		path = m.stream
	}
	return path, geminiSays(`{"role":"user","parts":[{"text":"`+text+`"}]}`, `,"generationConfig":{"maxOutputTokens":50}`+geminiTool(`{"name":"get_weather","parametersJsonSchema":`+schema+`},{"name":"ping"}`))
}

// TestScript: each directive means the same to all four, whole and streamed.
func TestScript(t *testing.T) {
	t.Parallel()
	tests := []struct {
		say     string
		status  int
		streams int      // status of the stream; 0 is 200
		want    []string // of all answers
		not     []string
	}{
		{"nothing special", 200, 0, []string{"Hello", "strict"}, nil},
		{"[[say:hi]]", 200, 0, []string{"hi"}, []string{"Hello"}},
		{"[[call:get_weather]]", 200, 0, []string{"get_weather", "Par"}, nil},
		{"[[call:nobody]]", 200, 0, []string{"such", "nobody"}, nil},
		{`[[call:get_weather {"city":"Oslo"}]]`, 200, 0, []string{"get_weather", "Os"}, []string{"Par"}},
		{"[[say+call]]", 200, 0, []string{"look.", "get_weather"}, nil},
		{"[[say:first]] and [[say:two]]", 200, 0, []string{"two"}, []string{"first"}},
		{"[[empty]]", 200, 0, nil, []string{"Hello"}},
		{"[[refuse]]", 200, 0, nil, []string{"Hello"}},
		{"[[block]]", 200, 0, nil, []string{"Hello"}},
		{"[[too-long]]", 400, 400, []string{"input", "exceed"}, nil},
		{"[[parallel]]", 200, 0, []string{"Par", "Rom"}, nil},
		{"[[empty-args]]", 200, 0, []string{"ping"}, []string{"Paris"}},
		{"[[json]]", 200, 0, []string{"schema"}, []string{"degrees"}},
		{"[[long]]", 200, 0, []string{"long"}, []string{"no limit came"}},
		{"[[stop]]", 200, 0, []string{"STOP"}, nil},
		{"[[cached]]", 200, 0, []string{"60"}, nil},
		{"[[error:429]]", 429, 429, []string{"Rate limit reached"}, nil},
		{"[[error:500]]", 500, 500, []string{fakeupstream.StrictLate}, nil},
		{"[[error:x]]", 200, 0, []string{"status"}, nil},
		{"[[hidden]]", 503, 0, []string{fakeupstream.StrictLate}, []string{"Hello", "two"}},
		{"[[midstream]]", 503, 0, []string{fakeupstream.StrictLate}, []string{"four"}},
		{"[[dance]]", 200, 0, []string{"directive"}, nil},
	}
	for _, m := range []mock{chatMock, respMock, claude, gemini} {
		h := m.make()
		for _, tt := range tests {
			for _, stream := range []bool{false, true} {
				path, body := m.asks(tt.say, stream)
				w := m.post(t, h, path, body)
				want := tt.status
				if stream {
					want = max(tt.streams, 200)
				}
				require.Equal(t, want, w.Code, "%s %s %s", m.name, tt.say, w.Body.String())
				for _, s := range tt.want {
					if m.name == "anthropic" && tt.say == "[[too-long]]" {
						s = "prompt is too long"
					}
					require.Contains(t, w.Body.String(), s, "%s %s", m.name, tt.say)
				}
				for _, s := range tt.not {
					require.NotContains(t, w.Body.String(), s, "%s %s", m.name, tt.say)
				}
				if want == http.StatusTooManyRequests && m.name != "gemini" {
					require.Equal(t, "7", w.Header().Get("Retry-After"))
				}
			}
		}
	}
}

// TestScriptStalls: half the answer, then silence until the test says so.
func TestScriptStalls(t *testing.T) {
	t.Parallel()
	for _, m := range []mock{chatMock, respMock, claude, gemini} {
		release := make(chan struct{})
		seen := &halfway{ResponseRecorder: httptest.NewRecorder(), mark: "two", reached: func() { close(release) }}
		path, body := m.asks("[[stall]]", true)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		for name, value := range m.headers {
			r.Header.Set(name, value)
		}
		m.make(fakeupstream.ReleasedBy(release)).ServeHTTP(seen, r)
		require.Contains(t, seen.Body.String(), "four", m.name)
	}
}

// halfway calls reached once, when the mark has been written.
type halfway struct {
	*httptest.ResponseRecorder
	mark    string
	reached func()
}

func (h *halfway) WriteString(s string) (int, error) { return h.Write([]byte(s)) }

func (h *halfway) Write(p []byte) (int, error) {
	n, err := h.ResponseRecorder.Write(p)
	if h.reached != nil && strings.Contains(h.Body.String(), h.mark) {
		h.reached()
		h.reached = nil
	}
	return n, err
}

// TestScriptSplits: what is flushed at once ends within runes.
func TestScriptSplits(t *testing.T) {
	t.Parallel()
	for _, m := range []mock{chatMock, respMock, claude, gemini} {
		s := fakeupstream.Start(t)
		s.Fallback(m.make())
		path, body := m.asks("[[split]]", true)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		for name, value := range m.headers {
			r.Header.Set(name, value)
		}
		resp, err := client(t, s).Do(r)
		require.NoError(t, err)
		whole, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, string(whole), "京", m.name)
	}
}

// TestGeminiWithoutSSEIsAnArray: the API streams a JSON array unless asked
// for events.
func TestGeminiWithoutSSEIsAnArray(t *testing.T) {
	t.Parallel()
	path, body := gemini.asks("[[say:one two]]", true)
	path, _, _ = strings.Cut(path, "?")
	w := gemini.post(t, gemini.make(), path, body)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.True(t, strings.HasPrefix(w.Body.String(), "[{") && strings.HasSuffix(w.Body.String(), "}]"), w.Body.String())
}

func TestStrictMocksWantAKey(t *testing.T) {
	t.Parallel()
	for _, m := range []mock{chatMock, respMock, claude, gemini} {
		path, body := m.asks("hi", false)
		w := mock{}.post(t, m.make(), path, body)
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, w.Code, m.name)
		require.Equal(t, http.StatusNotFound, m.post(t, m.make(), "/elsewhere", body).Code, m.name)
	}
}
