package fakeupstream_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

func ask(t *testing.T, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	fakeupstream.New().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body)))
	return w
}

func TestOpenAI(t *testing.T) {
	tests := []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"chat", "/v1/chat/completions", `{"model":"m","unknown":1}`, 200, fmt.Sprintf(`"total_tokens":%d`, fakeupstream.PromptTokens+fakeupstream.CompletionTokens)},
		{"embeddings", "/v1/embeddings", `{"model":"m","input":"x"}`, 200, `"embedding":[0.6,0.8]`},
		{"models", "/v1/models", ``, 200, `"fake-model"`},
		{"any prefix", "/deep/v7/chat/completions", `{"model":"m"}`, 200, fakeupstream.Answer},
		{"no model", "/v1/chat/completions", `{}`, 400, "could not parse"},
		{"not JSON", "/v1/embeddings", `{`, 400, "could not parse"},
		{"duplicate member", "/v1/chat/completions", `{"model":"a","model":"b"}`, 400, "could not parse"},
		{"unknown path", "/v1/audio", `{}`, 404, "unknown_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, tt.path, tt.body)
			require.Equal(t, tt.status, w.Code)
			require.Contains(t, w.Body.String(), tt.says)
			require.Equal(t, fakeupstream.UpstreamID, w.Header().Get("X-Request-Id"))
			var v map[string]any
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
		})
	}
}

func TestOpenAIStream(t *testing.T) {
	tests := []struct {
		name, options string
		usage         bool
	}{
		{"without", ``, false},
		{"refused", `,"stream_options":{"include_usage":false}`, false},
		{"with", `,"stream_options":{"include_usage":true}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, "/v1/chat/completions", `{"model":"m","stream":true`+tt.options+`}`)
			require.Equal(t, "text/event-stream", w.Header().Get("Content-Type"))
			require.Equal(t, strings.Join(fakeupstream.ChatFrames("m", tt.usage), ""), w.Body.String())
			require.Equal(t, tt.usage, strings.Contains(w.Body.String(), "total_tokens"))
			require.True(t, strings.HasSuffix(w.Body.String(), "data: [DONE]\n\n"))
			text := ""
			for event := range strings.SplitSeq(strings.TrimSuffix(w.Body.String(), "data: [DONE]\n\n"), "\n\n") {
				if event == "" {
					continue
				}
				var c struct {
					Choices []struct {
						Delta struct {
							Content string `json:"content"`
						} `json:"delta"`
					} `json:"choices"`
				}
				require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &c))
				if len(c.Choices) > 0 {
					text += c.Choices[0].Delta.Content
				}
			}
			require.Equal(t, fakeupstream.Answer, text)
		})
	}
}

// parts counts the flushes of a reply.
type parts struct {
	httptest.ResponseRecorder
	open string
	all  []string
}

func (p *parts) Write(b []byte) (int, error) { p.open += string(b); return len(b), nil }

func (p *parts) Flush() {
	if p.open != "" {
		p.all, p.open = append(p.all, p.open), ""
	}
}

func TestSplitAtIsExact(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	const stream = "data: 1\n\ndata: 2\n\n"
	for at := range len(stream) + 1 {
		p := &parts{ResponseRecorder: *httptest.NewRecorder()}
		fakeupstream.SplitAt(fakeupstream.SSE("data: 1\n\n", "data: 2\n\n"), at).ServeHTTP(p, r)
		want := []string{stream[:at], stream[at:]}
		if at == 0 || at == len(stream) {
			want = []string{stream}
		}
		require.Equal(t, want, p.all)
	}
	p := &parts{ResponseRecorder: *httptest.NewRecorder()}
	fakeupstream.Drip(fakeupstream.SSE(stream)).ServeHTTP(p, r)
	require.Len(t, p.all, len(stream))
}
