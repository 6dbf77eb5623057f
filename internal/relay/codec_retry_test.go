package relay_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

const (
	unverifiableAnswer = `{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid ` + "`signature` in `thinking`" + ` block"}}`
	thoughtful         = `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"hi"},` +
		`{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"text","text":"yo"}]},{"role":"user","content":"go on"}]}`
)

// What an upstream cannot verify is taken out and sent again, once; both are
// attempts, and the record tells of the second.
func TestSignaturesThatCannotBeVerified(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.JSON(400, unverifiableAnswer), fakeupstream.JSON(200, claudeAnswer))
	r := w.post("/v1/messages", thoughtful, "Idempotency-Key", "once")
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Contains(t, r.Header.Get("X-Plexus-Fidelity"), "reasoning_signature")
	sent := up.Requests()
	require.Len(t, sent, 2)
	require.Contains(t, string(sent[0].Body), "c2ln")
	require.Equal(t, "once", sent[0].Header.Get("Idempotency-Key"))
	require.Empty(t, sent[1].Header.Get("Idempotency-Key"), "another request")
	require.NotContains(t, string(sent[1].Body), "c2ln")
	rec := w.only()
	require.Equal(t, 2, rec.Attempts)
	require.False(t, rec.Passthrough)
	require.Contains(t, rec.LossCodes, "reasoning_signature")

	up.Fallback(fakeupstream.JSON(400, unverifiableAnswer))
	r = w.post("/v1/messages", thoughtful)
	require.Equal(t, 400, r.StatusCode)
	require.Len(t, up.Requests(), 4, "once")
	require.Equal(t, 2, w.only().Attempts)

	r = w.post("/v1/messages", thoughtful, "X-Plexus-Fidelity", "strict")
	require.Equal(t, 400, r.StatusCode, r.body)
	require.Contains(t, r.body, "strict fidelity")
	require.Len(t, up.Requests(), 5, "what would be lossy is not sent")
}

// TestScarI57NoRetryForAClientThatHasGone, whatever the upstream lacks.
func TestScarI57NoRetryForAClientThatHasGone(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	sent := 0
	w, _ := claude(t, func(s *setup) {
		s.transport = map[string]http.RoundTripper{"up": roundTripper(func(*http.Request) (*http.Response, error) {
			sent++
			leave()
			return &http.Response{StatusCode: 400, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(unverifiableAnswer))}, nil
		})}
	})
	w.routes().ServeHTTP(httptest.NewRecorder(), w.request(ctx, http.MethodPost, "/v1/messages", thoughtful))
	require.Equal(t, 1, sent)
	rec := w.only()
	require.Equal(t, record.StatusCanceled, rec.Status)
	require.Equal(t, 1, rec.Attempts)
}

// What one target cannot be told, another may be: as it came, if it speaks the
// client's protocol.
func TestWhatCannotBeDecodedGoesToWhoNeedsNoDecoding(t *testing.T) {
	w, one, other := two(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"one": {llm.AnthropicMessages}} })
	other.Script(fakeupstream.JSON(200, `{"choices":[]}`))
	r := w.post(chatPath, `{"model":"m","messages":[{"role":"user","content":7}]}`)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Empty(t, one.Requests())
	require.Len(t, other.Requests(), 1)
}

// Raw to codec and back: the client's bytes are there for every attempt.
func TestFailoverBetweenLanes(t *testing.T) {
	up := map[string]*fakeupstream.Server{}
	w, _ := newWorld(t, func(s *setup) {
		s.ups = up
		s.speaks = map[string][]llm.Protocol{}
		for _, slug := range []string{"a", "b", "c", "d"} {
			up[slug] = fakeupstream.Start(t)
		}
		s.speaks["b"], s.speaks["d"] = []llm.Protocol{llm.AnthropicMessages}, []llm.Protocol{llm.OpenAIResponses}
		a := targets("a", "b")[0]
		c := targets("c", "d")[0]
		for i := range a.Targets {
			a.Targets[i].Weight, c.Targets[i].Weight = 1_000_000-i*999_999, 1
		}
		s.aliases = targets("a", "b")
		s.aliases[0].Targets = append(s.aliases[0].Targets, c.Targets...)
	})
	long := strings.Repeat("words ", 2000)
	bad := fakeupstream.JSON(500, `{"error":{"message":"no","type":"api_error"}}`)
	for _, u := range up {
		u.Fallback(bad)
	}
	r := w.post(chatPath, `{"model":"m","messages":[{"role":"user","content":"`+long+`"}]}`)
	require.GreaterOrEqual(t, r.StatusCode, 500)
	rec := w.only()
	require.Equal(t, 4, rec.Attempts)
	for slug, u := range up {
		require.Len(t, u.Requests(), 1, slug)
		require.Contains(t, string(u.Requests()[0].Body), long, slug)
	}
}

// loader is a fetcher of its own.
type loader struct {
	mu   sync.Mutex
	had  []string
	size int
	fail bool
}

func (l *loader) Fetch(_ context.Context, address string) ([]byte, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.had = append(l.had, address)
	if l.fail {
		return nil, "", llm.Errorf(llm.KindInvalid, "media_not_fetched", "no")
	}
	return bytes.Repeat([]byte{1}, l.size), "image/png", nil
}

func pictures(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,{"type":"image","source":{"type":"url","url":"https://pictures.test/` + strconv.Itoa(i) + `"}}`)
	}
	return `{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"x"}` + b.String() + `]}]}`
}

func TestFilesAreFetchedOnceAndBounded(t *testing.T) {
	l := &loader{size: 10}
	gem := func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"one": {llm.Gemini}, "two": {llm.Gemini}}
		s.fetcher = l
	}
	w, one, other := two(t, gem)
	one.Fallback(fakeupstream.JSON(503, `{}`))
	other.Fallback(fakeupstream.JSON(200, `{"candidates":[{"content":{"parts":[{"text":"yo"}],"role":"model"},"finishReason":"STOP"}]}`))
	r := w.post("/v1/messages", pictures(3))
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Len(t, l.had, 3, "the second target gets the same bytes")
	w.only()

	require.Equal(t, 400, w.post("/v1/messages", pictures(33)).StatusCode)
	require.Equal(t, record.StatusFailed, w.only().Status)

	l.had, l.size = nil, 20<<20
	r = w.post("/v1/messages", pictures(10))
	require.Equal(t, 400, r.StatusCode, r.body)
	require.Contains(t, r.body, "64 MiB")
	require.LessOrEqual(t, len(l.had), 8)
	w.only()
}

// A file that the gateway does not get may be had by an upstream that fetches itself.
func TestAFileThatIsNotFetchedMayBeHadElsewhere(t *testing.T) {
	w, one, other := two(t, func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"one": {llm.Gemini}, "two": {llm.AnthropicMessages}}
		s.fetcher = &loader{fail: true}
	})
	other.Script(fakeupstream.JSON(200, claudeAnswer))
	r := w.post("/v1/messages", pictures(1))
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Empty(t, one.Requests())
	require.Equal(t, 2, w.only().Attempts)
}
