package relay_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/route"
)

const (
	chatDoc    = `{"id":"c1","model":"served","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}`
	geminiDoc  = `{"candidates":[{"content":{"parts":[{"text":"hello"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6},"modelVersion":"gv"}`
	ollamaDoc  = `{"model":"served","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"hello"},"done":true,"done_reason":"stop","prompt_eval_count":4,"eval_count":2}`
	ollamaPart = `{"model":"served","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"hello"},"done":false}`
)

// answersOf are a whole answer and a stream of a protocol.
func answersOf(p llm.Protocol) (doc, stream http.Handler) {
	switch p {
	case llm.AnthropicMessages:
		return fakeupstream.JSON(200, claudeAnswer), claudeStream()
	case llm.OpenAIResponses:
		return fakeupstream.JSON(200, respDoc), fakeupstream.SSE(respCreated, respAdded, respPart, respDelta, respDone)
	case llm.Gemini:
		return fakeupstream.JSON(200, geminiDoc), fakeupstream.SSE(fakeupstream.Data(geminiDoc))
	case llm.Ollama:
		return fakeupstream.JSON(200, ollamaDoc), fakeupstream.Status(200, ollamaPart+"\n"+ollamaDoc+"\n", "Content-Type", "application/x-ndjson")
	}
	return fakeupstream.JSON(200, chatDoc), fakeupstream.SSE(
		chunk(`[{"index":0,"delta":{"role":"assistant","content":""}}]`, ""), chunk(`[{"index":0,"delta":{"content":"hello"}}]`, ""),
		chunk(`[{"index":0,"delta":{},"finish_reason":"stop"}]`, oneUsage), done)
}

// moody is an upstream that answers as its dice fall.
func moody(p llm.Protocol, seed uint64) http.Handler {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(seed, 1))
	doc, stream := answersOf(p)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		roll, at := dice.IntN(24), dice.IntN(400)
		mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		h := doc
		if strings.Contains(string(body), `"stream":true`) || strings.Contains(r.URL.Path, ":stream") {
			h = stream
		}
		switch roll {
		case 0:
			h = fakeupstream.JSON(500, `{"error":{"message":"x"}}`)
		case 1:
			h = fakeupstream.RateLimited("1")
		case 2:
			h = fakeupstream.JSON(401, `{"error":{"message":"`+canary+`"}}`)
		case 3:
			h = fakeupstream.Garbage("application/json")
		case 4:
			h = fakeupstream.SSE()
		case 5:
			h = fakeupstream.SSE("data: {\"type\":\n\n")
		case 6:
			h = fakeupstream.JSON(400, `{"error":{"message":"no","type":"invalid_request_error"}}`)
		case 7:
			h = fakeupstream.JSON(499, `{"error":{"message":"gone"}}`)
		case 8, 9:
			h = fakeupstream.CutAfter(at, h)
		case 10:
			h = fakeupstream.ResetAfter(at, h)
		case 11:
			h = fakeupstream.StallAfter(at, nil, h)
		case 12, 13:
			h = fakeupstream.Drip(h)
		case 14:
			h = stream // perhaps unasked
		case 15:
			h = doc
		}
		h.ServeHTTP(w, r)
	})
}

// Whatever upstreams and clients do, every request is one record, no
// credential gets out, and nothing stays behind.
func TestEveryoneAtOnce(t *testing.T) {
	protocols := []llm.Protocol{llm.OpenAIChat, llm.AnthropicMessages, llm.OpenAIResponses, llm.Gemini, llm.Ollama}
	w, _ := newWorld(t, func(s *setup) {
		s.ups, s.speaks, s.timeout = map[string]*fakeupstream.Server{}, map[string][]llm.Protocol{}, 100*time.Millisecond
		s.aliases = []*route.Alias{{Name: "m"}}
		for i, p := range protocols {
			slug := fmt.Sprintf("up%d", i)
			s.ups[slug] = fakeupstream.Start(t)
			s.ups[slug].Fallback(moody(p, uint64(i)))
			s.speaks[slug] = []llm.Protocol{p}
			s.aliases[0].Targets = append(s.aliases[0].Targets, route.Target{Provider: slug, Model: "model", Weight: 1})
		}
	})
	w.client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	var mu sync.Mutex
	answered, leaked := map[string]bool{}, ""
	one := func(dice *rand.Rand) {
		ps := append([]llm.Protocol{llm.OpenAICompletions}, protocols...)
		p := ps[dice.IntN(len(ps))]
		c := clients()[p]
		path, body := c.path, c.whole
		if stream := dice.IntN(2) == 0; stream {
			body = c.stream
			if p == llm.Gemini {
				path += [...]string{"streamGenerateContent", "streamGenerateContent?alt=sse"}[dice.IntN(2)]
			}
		} else if p == llm.Gemini {
			path += "generateContent"
		}
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		leaves, after := dice.IntN(5) == 0, int64(dice.IntN(200))
		resp, err := w.client.Do(w.request(ctx, http.MethodPost, path, body))
		if err != nil {
			return // a cut connection; the record says so
		}
		defer resp.Body.Close()
		in := io.Reader(resp.Body)
		if leaves {
			in = io.LimitReader(in, after)
		}
		got, _ := io.ReadAll(in) // some answers are cut
		mu.Lock()
		defer mu.Unlock()
		answered[resp.Header.Get("X-Request-Id")] = true
		if strings.Contains(string(got), canary) || (len(got) == 0 && !leaves) {
			leaked = fmt.Sprintf("%s %d: %q", path, resp.StatusCode, got)
		}
	}
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(n), 2))
			for range 4 {
				one(dice)
			}
		})
	}
	all.Wait()
	require.Empty(t, leaked)
	seen := map[string]record.Status{}
	for range 256 {
		rec := w.record()
		id := rec.ID.String()
		require.NotContains(t, seen, id, "two records for one request")
		seen[id] = rec.Status
		delete(answered, id)
		require.NotContains(t, rec.ErrorMessage, canary)
		require.LessOrEqual(t, rec.Attempts, len(protocols))
		require.NotEmpty(t, rec.UsageSource)
	}
	require.Empty(t, answered, "answers without a record")
	require.Empty(t, w.recorder.c)
	require.NotContains(t, w.logs.String(), "panicked")
	require.NotContains(t, w.logs.String(), canary)
}
