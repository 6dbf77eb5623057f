package relay_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// endings are how streams of each protocol tell of an error.
var endings = map[llm.Protocol]string{
	llm.OpenAIChat:        `data: {"error":{`,
	llm.OpenAICompletions: `data: {"error":{`,
	llm.OpenAIResponses:   "event: response.failed\n",
	llm.AnthropicMessages: "event: error\n",
	llm.Gemini:            `data: {"error":{`,
	llm.Ollama:            `{"error":"`,
}

// A gateway that stops says so in every stream that has begun, in its protocol.
func TestAStopIsToldInConvertedStreams(t *testing.T) {
	for p, end := range endings {
		for _, array := range []bool{false, true} {
			if array && p != llm.Gemini {
				continue
			}
			t.Run(string(p), func(t *testing.T) {
				out, open := llm.AnthropicMessages, claudeStart+claudeOpen+claudeText
				if p == out {
					out, open = llm.OpenAIChat, chunk(`[{"index":0,"delta":{"content":"hello"}}]`, "")
				}
				w, up := speaking(t, out)
				up.Script(fakeupstream.StallAfter(len(open), nil, fakeupstream.SSE(open+"data: {}\n\n")))
				c := clients()[p]
				path := c.path
				if p == llm.Gemini {
					path += "streamGenerateContent"
					if !array {
						path += "?alt=sse"
					}
				}
				resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, path, c.stream))
				require.NoError(t, err)
				defer resp.Body.Close()
				in := bufio.NewReader(resp.Body)
				before := ""
				for !strings.Contains(before, "hello") {
					b, err := in.ReadByte()
					require.NoError(t, err)
					before += string(b)
				}
				w.halt(llm.Errorf(llm.KindOverloaded, "draining", "the gateway stops"))
				rest, err := io.ReadAll(in)
				require.NoError(t, err)
				require.Contains(t, string(rest), "the gateway stops")
				if array {
					require.True(t, jsontext.Value(before+string(rest)).IsValid(), before+string(rest))
				} else {
					require.Contains(t, string(rest), end)
				}
				rec := w.only()
				require.Equal(t, record.StatusAbandoned, rec.Status)
				require.Equal(t, "draining", rec.ErrorCode)
				require.NotEmpty(t, rec.UsageSource)
			})
		}
	}
}

// jumpy is an upstream that pauses just as long as a client is left in silence.
type jumpy struct{ pauses int }

// RoundTrip answers.
func (j *jumpy) RoundTrip(*http.Request) (*http.Response, error) {
	parts := []io.Reader{strings.NewReader(claudeStart + claudeOpen)}
	for range j.pauses {
		parts = append(parts, readerFunc(func([]byte) (int, error) {
			time.Sleep(15 * time.Second)
			return 0, io.EOF
		}), strings.NewReader(claudeText))
	}
	parts = append(parts, strings.NewReader(claudeClose+claudeDelta+claudeStop))
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, ContentLength: -1,
		Body: io.NopCloser(io.MultiReader(parts...)),
	}, nil
}

// The timer and the request's goroutine want the pen at the same moment, at the
// beginning, in the middle and at the end. The race detector looks on.
func TestKeepAliveAndEventsAtTheSameTime(t *testing.T) {
	for path, body := range map[string]string{chatPath: chatStream, "/v1/messages": claudeStreamBody, "/v1/responses": `{"model":"m","input":"hi","stream":true}`} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				got := offline(t, &jumpy{pauses: 6}, path, body)
				require.GreaterOrEqual(t, strings.Count(got, "hello"), 6)
			})
		}
	}
}

// strictWriter refuses what comes after its deadline, as a socket does.
type strictWriter struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *strictWriter) SetWriteDeadline(t time.Time) error {
	s.until = t
	return nil
}

func (s *strictWriter) Write(p []byte) (int, error) {
	if time.Now().After(s.until) {
		return 0, os.ErrDeadlineExceeded
	}
	return s.ResponseRecorder.Write(p)
}

// A stream that fails after a long silence is told so: the bound on writing is
// on writing, not on waiting.
func TestAFailureAfterALongSilenceIsTold(t *testing.T) {
	for path, body := range map[string]string{
		"/v1beta/models/m:streamGenerateContent?alt=sse": clients()[llm.Gemini].stream,
		"/api/chat": clients()[llm.Ollama].stream,
		chatPath:    chatStream,
	} {
		synctest.Test(t, func(t *testing.T) {
			out := &strictWriter{ResponseRecorder: httptest.NewRecorder()}
			offlineTo(t, out, &slowAnswer{wait: 10 * time.Minute, first: claudeStart + claudeOpen + claudeText}, path, body)
			require.Contains(t, out.Body.String(), "hello", path)
			require.Contains(t, out.Body.String(), `"error"`, path)
		})
	}
}
