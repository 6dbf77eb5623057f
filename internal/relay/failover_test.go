package relay_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
)

// two is a world whose alias m goes to "one" first, then to "two".
func two(t *testing.T, change ...func(*setup)) (w *world, one, other *fakeupstream.Server) {
	t.Helper()
	one, other = fakeupstream.Start(t), fakeupstream.Start(t)
	w, _ = newWorld(t, append([]func(*setup){func(s *setup) {
		s.ups = map[string]*fakeupstream.Server{"one": one, "two": other}
		s.aliases, s.timeout = targets("one", "two"), 150*time.Millisecond
	}}, change...)...)
	return w, one, other
}

func TestFailover(t *testing.T) {
	failed := fakeupstream.ErrorInStream()
	hidden := fakeupstream.SSE(": hi\n\n", chunk(`[]`, oneUsage), fakeErrorFrames()[0])
	tests := []struct {
		name, body string
		h          http.Handler
	}{
		{"500", `{"model":"m","messages":[]}`, fakeupstream.JSON(500, `{"error":{"message":"x"}}`)},
		{"503", `{"model":"m","messages":[]}`, fakeupstream.JSON(503, ``)},
		{"429", `{"model":"m","messages":[]}`, fakeupstream.RateLimited("30")},
		{"401", `{"model":"m","messages":[]}`, fakeupstream.JSON(401, `{"error":{"message":"x"}}`)},
		{"402", `{"model":"m","messages":[]}`, fakeupstream.JSON(402, `{"error":{"message":"x"}}`)},
		{"404", `{"model":"m","messages":[]}`, fakeupstream.JSON(404, `{"error":{"message":"x"}}`)},
		{"409", `{"model":"m","messages":[]}`, fakeupstream.JSON(409, `{"error":{"message":"x"}}`)},
		{"redirect", `{"model":"m","messages":[]}`, fakeupstream.Redirect("/elsewhere")},
		{"stall", `{"model":"m","messages":[]}`, fakeupstream.Stall(nil, nil)},
		{"stall before the body", `{"model":"m","messages":[]}`, fakeupstream.StallAfter(0, nil, fakeupstream.JSON(200, `{}`))},
		{"garbage", `{"model":"m","messages":[]}`, fakeupstream.Garbage("application/json")},
		{"empty", `{"model":"m","messages":[]}`, fakeupstream.Status(200, "", "Content-Type", "application/json")},
		{"white space", `{"model":"m","messages":[]}`, fakeupstream.SplitAt(fakeupstream.JSON(200, "\n\n"), 1)},
		{"error in an answer", `{"model":"m","messages":[]}`, fakeupstream.JSON(200, `{"model":"bad","usage":{"prompt_tokens":9},"error":{"message":"x"}}`)},
		{"cut", `{"model":"m","messages":[]}`, fakeupstream.CutAfter(0, fakeupstream.JSON(200, `{}`))},
		{"error in a stream", streamBody, failed},
		{"error in a stream, behind what means nothing", streamBody, hidden},
		{"rate limit in a stream", streamBody, fakeupstream.SSE(fakeupstream.Data(`{"error":{"message":"x","code":429}}`))},
		{"stream without an event", streamBody, fakeupstream.SSE()},
		{"stream that stalls", streamBody, fakeupstream.StallAfter(0, nil, failed)},
	}
	w, one, other := two(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			one.Reset()
			other.Reset()
			one.Script(tt.h)
			r := w.post(chatPath, tt.body)
			require.Equal(t, 200, r.StatusCode, r.body)
			require.NotContains(t, r.body, `"error"`)
			require.Len(t, one.Requests(), 1)
			require.Len(t, other.Requests(), 1)
			require.Equal(t, strings.Replace(string(one.Requests()[0].Body), "-one", "-two", 1), string(other.Requests()[0].Body))
			require.Contains(t, string(other.Requests()[0].Body), `"model-of-two"`)
			rec := w.only()
			require.Equal(t, record.StatusOK, rec.Status)
			require.Equal(t, 2, rec.Attempts)
			require.Equal(t, []string{"two", "model-of-two", "model-of-two"}, []string{rec.Provider, rec.Model, rec.ServedModel})
			require.Equal(t, int64(fakeupstream.PromptTokens-fakeupstream.CachedTokens), rec.InputTokens)
			require.Empty(t, rec.ErrorKind)
			require.Contains(t, w.logs.String(), "trying the next target")
		})
	}
}

func TestFailoverFromOneThatCannotBeReached(t *testing.T) {
	w, _, other := two(t, func(s *setup) {
		delete(s.ups, "one")
		s.bases = map[string]string{"one": deadAddress(t)}
	})
	w.chat(200)
	require.Len(t, other.Requests(), 1)
	require.Equal(t, 2, w.only().Attempts)
}

// TestNoFailover: the request is at fault, or the client has seen something.
func TestNoFailover(t *testing.T) {
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	tests := []struct {
		name, body string
		h          http.Handler
		status     int
	}{
		{"400", `{"model":"m","messages":[]}`, fakeupstream.JSON(400, `{"error":{"message":"x"}}`), 400},
		{"413", `{"model":"m","messages":[]}`, fakeupstream.JSON(413, `{"error":{"message":"x"}}`), 413},
		{"422", `{"model":"m","messages":[]}`, fakeupstream.JSON(422, `{"error":{"message":"x"}}`), 422},
		{"too long a prompt", `{"model":"m","messages":[]}`, fakeupstream.JSON(400, `{"error":{"code":"context_length_exceeded"}}`), 400},
		{"error after the first token", streamBody, fakeupstream.ErrorInStream(content), 200},
		{"cut after the first token", streamBody, fakeupstream.SSE(content), 200},
		{"invalid, inside a stream", streamBody, fakeupstream.SSE(fakeupstream.Data(`{"error":{"message":"x","type":"invalid_request_error"}}`)), 400},
	}
	w, one, other := two(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			one.Script(tt.h)
			r := w.post(chatPath, tt.body)
			require.Equal(t, tt.status, r.StatusCode)
			require.Empty(t, other.Requests())
			rec := w.only()
			require.Equal(t, record.StatusFailed, rec.Status)
			require.Equal(t, []any{1, "one", "model-of-one"}, []any{rec.Attempts, rec.Provider, rec.Model})
		})
	}
}

// TestEveryTargetFails: the last one's error is told, and its row names it.
func TestEveryTargetFails(t *testing.T) {
	w, one, other := two(t)
	one.Script(fakeupstream.JSON(200, `{"id":"first","model":"first","usage":{"prompt_tokens":1,"completion_tokens":1},"error":{"message":"x"}}`))
	other.Script(fakeupstream.RateLimited("9"))
	r := w.chat(429)
	require.Equal(t, "9", r.Header.Get("Retry-After"))
	rec := w.only()
	require.Equal(t, []any{2, "two", record.StatusFailed}, []any{rec.Attempts, rec.Provider, rec.Status})
	require.Equal(t, []any{"", "", "none", int64(0), time.Duration(0)}, []any{rec.ServedModel, rec.UpstreamID, rec.UsageSource, rec.InputTokens, rec.TTFT},
		"nothing of the first attempt is told of the second")
}

// TestFailoverKeepsToTheKeysProviders: an exclusion holds for fallbacks too.
func TestFailoverKeepsToTheKeysProviders(t *testing.T) {
	w, one, other := two(t, func(s *setup) {
		s.keys = []authn.Key{{ID: "key-1", Name: "tester", ExcludedProviders: []string{"two"}}}
	})
	one.Script(fakeupstream.JSON(500, `{"error":{"message":"x"}}`))
	w.chat(500)
	require.Empty(t, other.Requests())
	require.Equal(t, 1, w.only().Attempts)
}
