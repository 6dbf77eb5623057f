package demo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/demo"
)

func TestChat(t *testing.T) {
	const request = `{"model":"demo-chat","messages":[{"role":"system","content":"be brief"},{"role":"user","content":[{"type":"text","text":"café at noon?"}]}]}`
	got := complete(t, request)
	require.Equal(t, "chat.completion", got.Object)
	require.Equal(t, clock().Unix(), got.Created)
	require.Equal(t, "demo-chat", got.Model)
	require.Len(t, got.Choices, 1)
	require.Equal(t, "assistant", got.Choices[0].Message.Role)
	require.Contains(t, *got.Choices[0].Message.Content, "café at noon?")
	require.Equal(t, "stop", got.Choices[0].FinishReason)
	require.Positive(t, got.Usage.PromptTokens)
	require.Equal(t, len(strings.Fields(*got.Choices[0].Message.Content)), got.Usage.CompletionTokens)
	require.Equal(t, got.Usage.PromptTokens+got.Usage.CompletionTokens, got.Usage.TotalTokens)
	require.Equal(t, got, complete(t, request), "the same request, the same answer")
}

func TestChatOptions(t *testing.T) {
	const ask = `{"model":"demo-chat","messages":[{"role":"user","content":"hi"}]%s}`
	full := *complete(t, fmt.Sprintf(ask, "")).Choices[0].Message.Content
	tests := []struct {
		name, option string
		want         []string // texts of the choices
		finish       string
	}{
		{"max_tokens", `,"max_tokens":3`, []string{strings.Join(strings.SplitAfter(full, " ")[:3], "")}, "length"},
		{"max_completion_tokens", `,"max_completion_tokens":1`, []string{"You "}, "length"},
		{"the smaller limit wins", `,"max_tokens":4,"max_completion_tokens":2`, []string{"You said: "}, "length"},
		{"limit not reached", `,"max_tokens":10000`, []string{full}, "stop"},
		{"stop string", `,"stop":" I am"`, []string{`You said: "hi"`}, "stop"},
		{"stop list", `,"stop":["nowhere","said"]`, []string{"You "}, "stop"},
		{"stop null", `,"stop":null`, []string{full}, "stop"},
		{"n", `,"n":3`, []string{full, "(Choice 2) " + full, "(Choice 3) " + full}, "stop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := complete(t, fmt.Sprintf(ask, tt.option))
			streamed := fold(t, chat(t, fmt.Sprintf(ask, tt.option+`,"stream":true`)).Body.Bytes())
			require.Len(t, got.Choices, len(tt.want))
			for i, c := range got.Choices {
				require.Equal(t, i, c.Index)
				require.Equal(t, tt.want[i], *c.Message.Content)
				require.Equal(t, tt.finish, c.FinishReason)
				require.Equal(t, tt.want[i], streamed.texts[i], "streaming gives the same text")
				require.Equal(t, tt.finish, streamed.finish[i])
			}
		})
	}
}

func TestStreamUsage(t *testing.T) {
	const ask = `{"model":"demo-chat","stream":true,"messages":[{"role":"user","content":"hi"}]%s}`
	tests := []struct {
		name, options string
		want          bool
	}{
		{"not asked", "", false},
		{"false", `,"stream_options":{"include_usage":false}`, false},
		{"true", `,"stream_options":{"include_usage":true}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := chat(t, fmt.Sprintf(ask, tt.options))
			require.Equal(t, "text/event-stream; charset=utf-8", w.Header().Get("Content-Type"))
			require.Equal(t, tt.want, strings.Contains(w.Body.String(), `"usage":null`))
			got := fold(t, w.Body.Bytes())
			require.True(t, got.done)
			require.Equal(t, tt.want, got.usage != nil)
			if tt.want {
				require.Equal(t, got.usage.TotalTokens, got.usage.PromptTokens+got.usage.CompletionTokens)
				require.Positive(t, got.usage.CompletionTokens)
			}
		})
	}
}

func TestStreamOpensWithRole(t *testing.T) {
	w := chat(t, `{"model":"demo-chat","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	first := parse[answer](t, []byte(frames(t, w.Body.Bytes())[0]))
	require.Equal(t, "assistant", first.Choices[0].Delta.Role)
	require.NotNil(t, first.Choices[0].Delta.Content)
	require.Empty(t, *first.Choices[0].Delta.Content)
}

func TestResponseFormat(t *testing.T) {
	const ask = `{"model":"demo-chat","messages":[{"role":"user","content":"hi"}],"response_format":%s}`
	tests := []struct {
		name, format, want string
	}{
		{"object", `{"type":"json_object"}`, ""},
		{"schema", `{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object","properties":{"b":{"type":"boolean"},"a":{"type":"integer","minimum":5}},"required":["b","a"]}}}`, `{"b":true,"a":5}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := *complete(t, fmt.Sprintf(ask, tt.format)).Choices[0].Message.Content
			var object map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &object))
			require.NotEmpty(t, object)
			if tt.want != "" {
				require.Equal(t, tt.want, text)
			}
		})
	}
}

func TestSlowTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got := fold(t, chat(t, `{"model":"demo-slow","stream":true,"messages":[{"role":"user","content":"hi"}]}`).Body.Bytes())
		require.True(t, got.done)
		require.Equal(t, demo.SlowDelay*time.Duration(got.chunks), time.Since(start))
	})
}

func TestWordDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions",
			strings.NewReader(`{"model":"demo-chat","stream":true,"max_tokens":2,"messages":[{"role":"user","content":"hi"}]}`))
		demo.New(demo.Options{WordDelay: time.Second}).ServeHTTP(w, r)
		require.Equal(t, 4*time.Second, time.Since(start), "role, two words, finish")
	})
}

// TestStalls checks that the models that stall end with their client, and what
// they said before.
func TestStalls(t *testing.T) {
	tests := []struct {
		name, body string
		chunks     int
	}{
		{"stall", `{"model":"demo-stall","messages":[{"role":"user","content":"hi"}]}`, 0},
		{"stall, streamed", `{"model":"demo-stall","stream":true,"messages":[{"role":"user","content":"hi"}]}`, 0},
		{"stall-stream", `{"model":"demo-stall-stream","stream":true,"messages":[{"role":"user","content":"hi"}]}`, 3},
		{"stall-stream, not streamed", `{"model":"demo-stall-stream","messages":[{"role":"user","content":"hi"}]}`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				w := httptest.NewRecorder()
				ended := make(chan any, 1)
				go func() {
					defer func() { ended <- recover() }()
					r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/chat/completions", strings.NewReader(tt.body))
					demo.New(demo.Options{}).ServeHTTP(w, r)
				}()
				synctest.Wait()
				require.Empty(t, ended, "still stalling")
				cancel()
				require.Equal(t, http.ErrAbortHandler, <-ended, "the answer must not look complete")
				require.Len(t, frames(t, w.Body.Bytes()), tt.chunks)
			})
		})
	}
}

func TestErrorInStream(t *testing.T) {
	w := chat(t, `{"model":"demo-error-in-stream","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	require.Equal(t, http.StatusOK, w.Code)
	got := fold(t, w.Body.Bytes())
	require.Equal(t, 3, got.chunks)
	require.NotNil(t, got.fail)
	require.False(t, got.done)

	w = chat(t, `{"model":"demo-error-in-stream","messages":[{"role":"user","content":"hi"}]}`)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "server_error", parse[answer](t, w.Body.Bytes()).Error.Type)
}
