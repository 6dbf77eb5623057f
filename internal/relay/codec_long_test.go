package relay_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// devNull is a client that takes everything and keeps nothing.
type devNull struct {
	h       http.Header
	size    int
	flushes int
}

func (d *devNull) Header() http.Header         { return d.h }
func (d *devNull) WriteHeader(int)             {}
func (d *devNull) Write(p []byte) (int, error) { d.size += len(p); return len(p), nil }
func (d *devNull) Flush()                      { d.flushes++ }

// lengthy is an upstream that says as much.
type lengthy int

// RoundTrip answers.
func (n lengthy) RoundTrip(*http.Request) (*http.Response, error) {
	left := int(n)
	middle := readerFunc(func(p []byte) (int, error) {
		if left == 0 {
			return 0, io.EOF
		}
		left--
		return copy(p, claudeText), nil
	})
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, ContentLength: -1,
		Body: io.NopCloser(io.MultiReader(strings.NewReader(claudeStart+claudeOpen), middle, strings.NewReader(claudeClose+claudeDelta+claudeStop))),
	}, nil
}

// A long stream takes no more memory than a short one: nothing is gathered but
// what the vault bounds, and an event costs few allocations.
func TestLongStreams(t *testing.T) {
	run := func(events int) (allocs, held uint64) {
		w, _ := claude(t, func(s *setup) {
			s.transport = map[string]http.RoundTripper{"up": lengthy(events)}
		})
		out := &devNull{h: http.Header{}}
		req := w.request(t.Context(), http.MethodPost, chatPath, chatStream)
		h := w.routes()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		h.ServeHTTP(out, req)
		runtime.ReadMemStats(&after)
		require.Equal(t, record.StatusOK, w.only().Status)
		require.Greater(t, out.size, events*100)
		require.GreaterOrEqual(t, out.flushes, events, "each event leaves at once")
		return after.Mallocs - before.Mallocs, after.TotalAlloc - before.TotalAlloc
	}
	short, shortBytes := run(100)
	long, longBytes := run(10_100)
	t.Logf("an event takes %.2f allocations of %.0f bytes", float64(long-short)/10_000, float64(longBytes-shortBytes)/10_000)
	require.Less(t, long-short, uint64(6*10_000))
	require.Less(t, longBytes-shortBytes, uint64(300*10_000))
}

// What a client did not ask to be streamed is bounded, whatever it is made of.
func TestAGatheredAnswerIsBounded(t *testing.T) {
	junk := "event: content_block_start\ndata: {\"type\":\"surprise\",\"x\":\"" + strings.Repeat("y", 1<<20) + "\"}\n\n"
	sent := 0
	w, _ := claude(t, func(s *setup) {
		s.transport = map[string]http.RoundTripper{"up": roundTripper(func(*http.Request) (*http.Response, error) {
			endless := readerFunc(func(p []byte) (int, error) {
				n := copy(p, junk[sent%len(junk):])
				sent += n
				return n, nil
			})
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, ContentLength: -1, Body: io.NopCloser(endless)}, nil
		})}
	})
	out := httptest.NewRecorder()
	w.routes().ServeHTTP(out, w.request(t.Context(), http.MethodPost, chatPath, chatBody))
	require.Equal(t, 502, out.Code)
	require.Less(t, sent, 80<<20)
	require.Contains(t, out.Body.String(), "64 MiB")
	require.Equal(t, record.StatusFailed, w.only().Status)
}

// One event that does not end is an upstream's fault.
func TestAnEventWithoutEnd(t *testing.T) {
	for _, body := range []string{chatBody, chatStream} {
		w, _ := claude(t, func(s *setup) {
			s.transport = map[string]http.RoundTripper{"up": roundTripper(func(*http.Request) (*http.Response, error) {
				endless := readerFunc(func(p []byte) (int, error) {
					for i := range p {
						p[i] = 'x'
					}
					return len(p), nil
				})
				return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, ContentLength: -1, Body: io.NopCloser(endless)}, nil
			})}
		})
		out := httptest.NewRecorder()
		w.routes().ServeHTTP(out, w.request(t.Context(), http.MethodPost, chatPath, body))
		require.Equal(t, 502, out.Code)
		require.Equal(t, "upstream_garbage", decodeError(t, out.Body.String()).Code)
		require.Equal(t, record.StatusFailed, w.only().Status)
	}
}

// What is no text of the model's costs no tokens where nobody counts them.
func TestPicturesAreNotEstimatedAsText(t *testing.T) {
	w, _ := speaking(t, llm.Gemini, func(s *setup) {
		s.tokens = fixedTokens(42)
		s.transport = map[string]http.RoundTripper{"up": roundTripper(func(req *http.Request) (*http.Response, error) {
			answer := `{"candidates":[{"content":{"parts":[{"text":"12345678"},{"inlineData":{"mimeType":"image/png","data":"` + strings.Repeat("AAAA", 10_000) + `"}}],"role":"model"},"finishReason":"STOP"}]}`
			kind := "application/json"
			if strings.Contains(req.URL.Path, "stream") {
				answer, kind = "data: "+answer+"\n\n", "text/event-stream"
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(answer))}, nil
		})}
	})
	for _, stream := range []bool{false, true} {
		require.Equal(t, 200, w.ask(llm.OpenAIChat, stream).StatusCode)
		rec := w.only()
		require.Equal(t, "estimated", rec.UsageSource)
		require.EqualValues(t, 2, rec.OutputTokens)
	}
}
