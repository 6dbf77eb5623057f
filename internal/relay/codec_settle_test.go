package relay_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// The record is safe before the client can see the end of its answer, in every
// form an upstream's answer and a client's can have.
func TestConvertedAnswersAreSettledBeforeTheirEnd(t *testing.T) {
	ends := map[llm.Protocol][2]string{ // of a document, of a stream
		llm.OpenAIChat:        {"}", "[DONE]"},
		llm.OpenAICompletions: {"}", "[DONE]"},
		llm.OpenAIResponses:   {"}", "response.completed"},
		llm.AnthropicMessages: {"}", "message_stop"},
		llm.Gemini:            {"}", `"finishReason":"STOP"`},
		llm.Ollama:            {"}", `"done":true`},
	}
	outs := []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages, llm.OpenAIResponses, llm.Gemini, llm.Ollama}
	for in, end := range ends {
		for _, out := range outs {
			if in == out || in == llm.OpenAICompletions && out == llm.OpenAIChat {
				continue
			}
			w, up := speaking(t, out)
			doc, stream := answersOf(out)
			for _, h := range []http.Handler{doc, stream, fakeupstream.Drip(stream)} {
				for asked, mark := range end {
					up.Script(h)
					got, written := httptest.NewRecorder(), "not yet"
					w.recorder.on(func(*record.Record) error {
						written = got.Body.String()
						return nil
					})
					c := clients()[in]
					path, body := c.path, [...]string{c.whole, c.stream}[asked]
					if in == llm.Gemini {
						path += [...]string{"generateContent", "streamGenerateContent?alt=sse"}[asked]
					}
					w.routes().ServeHTTP(got, w.request(t.Context(), http.MethodPost, path, body))
					what := string(in) + " of " + string(out)
					require.Equal(t, 200, got.Code, what+got.Body.String())
					require.Contains(t, got.Body.String(), "hello", what)
					require.Contains(t, got.Body.String(), mark, what)
					require.NotContains(t, written, mark, what)
					rec := w.only()
					require.Equal(t, record.StatusOK, rec.Status, what)
					require.EqualValues(t, got.Body.Len(), rec.ResponseBytes, what)
					require.Equal(t, "upstream", rec.UsageSource, what)
					require.NotZero(t, rec.InputTokens)
					require.NotZero(t, rec.OutputTokens)
				}
			}
		}
	}
}
