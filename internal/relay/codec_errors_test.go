package relay_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// errorIn requires an error as the SDKs of the protocol read it.
func errorIn(t *testing.T, p llm.Protocol, status int, body string) {
	t.Helper()
	var v struct {
		Type  string `json:"type"`
		Error any    `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	if p == llm.Ollama {
		require.NotEmpty(t, v.Error.(string), body)
		return
	}
	e, ok := v.Error.(map[string]any)
	require.True(t, ok, body)
	require.NotEmpty(t, e["message"], body)
	switch p {
	case llm.AnthropicMessages:
		require.Equal(t, "error", v.Type, body)
		require.NotEmpty(t, e["type"], body)
	case llm.Gemini:
		require.EqualValues(t, status, e["code"], body)
		require.NotEmpty(t, e["status"], body)
	default:
		require.NotEmpty(t, e["type"], body)
		require.Contains(t, e, "param", body)
		require.Contains(t, e, "code", body)
	}
}

// Every failure of an upstream is one of the client's dialect, keeps what the
// upstream says of when and who, and is retried elsewhere only where that helps.
func TestErrorsOfUpstreamsInEveryDialect(t *testing.T) {
	bodies := map[llm.Protocol]string{
		llm.OpenAIChat:        `{"error":{"message":"no","type":"x","param":null,"code":null}}`,
		llm.AnthropicMessages: `{"type":"error","error":{"type":"x","message":"no"},"request_id":"r1"}`,
		llm.OpenAIResponses:   `{"error":{"message":"no","type":"x","param":null,"code":null}}`,
		llm.Gemini:            `{"error":{"code":%d,"message":"no","status":"x"}}`,
		llm.Ollama:            `{"error":"no"}`,
	}
	elsewhere := map[int]bool{400: false, 413: false, 422: false}
	for _, s := range []int{401, 402, 403, 404, 408, 429, 499, 500, 502, 503, 504, 529} {
		elsewhere[s] = true
	}
	for in := range clients() {
		for out, body := range bodies {
			if in == out || in == llm.OpenAICompletions && out == llm.OpenAIChat {
				continue
			}
			w, one, other := two(t, func(s *setup) {
				s.speaks = map[string][]llm.Protocol{"one": {out}, "two": {out}}
			})
			for status, helps := range elsewhere {
				what := fmt.Sprintf("%s to %s: %d", in, out, status)
				text := body
				if out == llm.Gemini {
					text = fmt.Sprintf(body, status)
				}
				h := fakeupstream.Status(status, text, "Content-Type", "application/json", "Retry-After", "7", "X-Request-Id", "up-7")
				one.Reset()
				other.Reset()
				one.Script(h)
				other.Script(h)
				r := w.ask(in, false)
				errorIn(t, in, r.StatusCode, r.body)
				require.Equal(t, "application/json", r.Header.Get("Content-Type"), what)
				require.Equal(t, fmt.Sprint(len(r.body)), r.Header.Get("Content-Length"), what)
				require.Equal(t, "up-7", r.Header.Get("X-Upstream-Request-Id"), what)
				rec := w.only()
				require.Equal(t, record.StatusFailed, rec.Status, what)
				require.Equal(t, r.StatusCode, rec.HTTPStatus, what)
				require.Equal(t, map[bool]int{false: 1, true: 2}[helps], rec.Attempts, what)
				switch status {
				case 401, 403, 499:
					require.Equal(t, http.StatusBadGateway, r.StatusCode, what)
				default:
					require.Equal(t, status, r.StatusCode, what)
				}
				if status == 429 || status == 529 || status == 503 {
					require.Equal(t, "7", r.Header.Get("Retry-After"), what)
				}
			}
		}
	}
}
