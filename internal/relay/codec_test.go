package relay_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/route"
)

const (
	claudeAnswer = `{"id":"msg_01","type":"message","role":"assistant","model":"claude-served","content":[{"type":"text","text":"hello"}],` +
		`"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":3}}`
	claudeStart = "event: message_start\ndata: " +
		`{"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-served","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}}` + "\n\n"
	claudeOpen  = "event: content_block_start\ndata: " + `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n"
	claudeText  = "event: content_block_delta\ndata: " + `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}}` + "\n\n"
	claudeClose = "event: content_block_stop\ndata: " + `{"type":"content_block_stop","index":0}` + "\n\n"
	claudeDelta = "event: message_delta\ndata: " + `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}` + "\n\n"
	claudeStop  = "event: message_stop\ndata: " + `{"type":"message_stop"}` + "\n\n"
	claudeError = "event: error\ndata: " + `{"type":"error","error":{"type":"overloaded_error","message":"busy"}}` + "\n\n"

	chatBody   = `{"model":"m","messages":[{"role":"user","content":"hi"}]}`
	chatStream = `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`
	claudeBody = `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`
)

// claude is a world in which m is served by an upstream that speaks
// anthropic.messages only.
func claude(t *testing.T, change ...func(*setup)) (*world, *fakeupstream.Server) {
	t.Helper()
	w, up := newWorld(t, append([]func(*setup){func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"up": {llm.AnthropicMessages}}
	}}, change...)...)
	return w, up
}

func claudeStream() http.Handler {
	return fakeupstream.SSE(claudeStart, claudeOpen, claudeText, claudeClose, claudeDelta, claudeStop)
}

func TestConvertedAnswer(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.JSON(200, claudeAnswer))
	r := w.post(chatPath, chatBody)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Equal(t, "exact", r.Header.Get("X-Plexus-Fidelity"))
	require.Contains(t, r.body, `"content":"hello"`)
	require.Contains(t, r.body, `"prompt_tokens":15`)
	require.Contains(t, r.body, `"cached_tokens":5`)

	sent := up.Requests()[0]
	require.Equal(t, "/v1/messages", sent.Path)
	require.Equal(t, "2023-06-01", sent.Header.Get("Anthropic-Version"))
	require.Contains(t, string(sent.Body), `"max_tokens":`)

	rec := w.only()
	require.Equal(t, record.StatusOK, rec.Status)
	require.Equal(t, "openai.chat", rec.ProtocolIn)
	require.Equal(t, "anthropic.messages", rec.ProtocolOut)
	require.False(t, rec.Passthrough)
	require.EqualValues(t, 10, rec.InputTokens)
	require.EqualValues(t, 5, rec.CacheReadTokens)
	require.EqualValues(t, 3, rec.OutputTokens)
	require.Equal(t, "claude-served", rec.ServedModel)
	require.Equal(t, "msg_01", rec.UpstreamID)
	require.Equal(t, "defaulted:max_tokens", rec.LossCodes)
	require.EqualValues(t, len(r.body), rec.ResponseBytes)
}

func TestConvertedStream(t *testing.T) {
	w, up := claude(t)
	up.Script(claudeStream())
	r := w.post(chatPath, chatStream)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Equal(t, "text/event-stream", r.Header.Get("Content-Type"))
	require.Equal(t, "exact", r.Header.Get("X-Plexus-Fidelity"))
	require.Contains(t, r.body, `"role":"assistant"`)
	require.Contains(t, r.body, `"content":"hello"`)
	require.NotContains(t, r.body, `"usage":{`, "usage was not asked for")
	require.True(t, strings.HasSuffix(r.body, "data: [DONE]\n\n"), r.body)
	rec := w.only()
	require.Equal(t, record.StatusOK, rec.Status)
	require.EqualValues(t, 7, rec.OutputTokens, "the last snapshot wins")
	require.EqualValues(t, len(r.body), rec.ResponseBytes)
	require.NotZero(t, rec.TTFT)
}

// A client is served in the form it asked for, whatever the upstream gives.
func TestFormOfTheAnswer(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.JSON(200, claudeAnswer), claudeStream())
	r := w.post(chatPath, chatStream)
	require.Equal(t, "text/event-stream", r.Header.Get("Content-Type"))
	require.Contains(t, r.body, `"content":"hello"`)
	require.True(t, strings.HasSuffix(r.body, "data: [DONE]\n\n"), r.body)
	r = w.post(chatPath, chatBody)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	require.Contains(t, r.body, `"content":"hello"`)
	require.EqualValues(t, 3, w.record().OutputTokens)
	require.EqualValues(t, 7, w.record().OutputTokens)
}

func TestFidelityHeaderAndStrictMode(t *testing.T) {
	const biased = `{"model":"m","logit_bias":{"50256":-100},"messages":[{"role":"user","content":"hi"}]}`
	w, up := claude(t, func(s *setup) {
		s.aliases = append(s.aliases, &route.Alias{Name: "strict", StrictFidelity: true, Targets: s.aliases[0].Targets})
	})
	up.Fallback(fakeupstream.JSON(200, claudeAnswer))
	r := w.post(chatPath, biased)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Equal(t, "lossy; codes=dropped:logit_bias", r.Header.Get("X-Plexus-Fidelity"))
	require.Equal(t, "defaulted:max_tokens,dropped:logit_bias", w.only().LossCodes)

	for name, r := range map[string]reply{
		"header": w.post(chatPath, biased, "X-Plexus-Fidelity", "strict"),
		"alias":  w.post(chatPath, strings.Replace(biased, `"m"`, `"strict"`, 1)),
	} {
		e := w.fails(r, 400, "lossy_conversion")
		require.Equal(t, "logit_bias", e.Param, name)
		require.Equal(t, record.StatusFailed, w.record().Status)
	}
	require.Equal(t, 200, w.post(chatPath, chatBody, "X-Plexus-Fidelity", "strict").StatusCode, "what is exact passes")
}

func TestStrictModeOfAKey(t *testing.T) {
	w, _ := claude(t, func(s *setup) { s.keys[0].StrictFidelity = true })
	w.fails(w.post(chatPath, `{"model":"m","seed":1,"messages":[{"role":"user","content":"hi"}]}`), 400, "lossy_conversion")
}

// What cannot be said to one target may be said to another.
func TestStrictModeFailsOver(t *testing.T) {
	w, one, other := two(t, func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"one": {llm.AnthropicMessages}}
	})
	other.Script(fakeupstream.JSON(200, `{"choices":[]}`))
	r := w.post(chatPath, `{"model":"m","seed":1,"messages":[{"role":"user","content":"hi"}]}`, "X-Plexus-Fidelity", "strict")
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Empty(t, one.Requests())
	require.Equal(t, "exact", r.Header.Get("X-Plexus-Fidelity"))
}

func TestConvertedErrorsSpeakTheClientsDialect(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.Status(529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_7"}`,
		"Content-Type", "application/json", "Retry-After", "7", "Request-Id", "req_7"))
	r := w.post(chatPath, chatBody)
	require.Equal(t, 529, r.StatusCode, r.body)
	require.Equal(t, "7", r.Header.Get("Retry-After"))
	require.Equal(t, "req_7", r.Header.Get("X-Upstream-Request-Id"))
	require.Equal(t, "Overloaded", decodeError(t, r.body).Message)
	require.Equal(t, "overloaded", w.only().ErrorKind)
}

// An error that hides in a 200 stream becomes one the next target can mend.
func TestHiddenErrorFailsOverToAnotherProtocol(t *testing.T) {
	w, one, other := two(t, func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"one": {llm.AnthropicMessages}}
	})
	one.Script(fakeupstream.SSE(claudeStart, claudeError))
	other.Script(fakeupstream.SSE(chunk(`[{"index":0,"delta":{"content":"there"}}]`, ""), chunk(`[{"index":0,"delta":{},"finish_reason":"stop"}]`, ""), "data: [DONE]\n\n"))
	r := w.post(chatPath, chatStream)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Contains(t, r.body, "there")
	rec := w.only()
	require.Equal(t, 2, rec.Attempts)
	require.Equal(t, "openai.chat", rec.ProtocolOut)
	require.True(t, rec.Passthrough)
}

func TestHiddenErrorOfTheLastTarget(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.SSE(claudeStart, claudeError))
	r := w.post(chatPath, chatStream)
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	require.GreaterOrEqual(t, r.StatusCode, 500)
	require.Equal(t, "busy", decodeError(t, r.body).Message)
}

// After the first byte a failure is an event of the client's protocol.
func TestFailureInAConvertedStream(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"error": fakeupstream.SSE(claudeStart, claudeOpen, claudeText, claudeError),
		"cut":   fakeupstream.SSE(claudeStart, claudeOpen, claudeText),
		"trash": fakeupstream.SSE(claudeStart, claudeOpen, claudeText, "event: content_block_delta\ndata: {\"type\":\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			w, up := claude(t)
			up.Script(h)
			r := w.post(chatPath, chatStream)
			require.Equal(t, 200, r.StatusCode)
			require.Contains(t, r.body, "hello")
			require.Contains(t, r.body, `data: {"error":`)
			require.NotContains(t, r.body, `"finish_reason":"stop"`)
			require.Equal(t, record.StatusFailed, w.only().Status)
		})
	}
}

// A credential of ours that the upstream refuses inside its answer is not the client's.
func TestRefusedCredentialInAConvertedStream(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.SSE(claudeStart, "event: error\ndata: "+`{"type":"error","error":{"type":"authentication_error","message":"bad key `+canary+`"}}`+"\n\n"))
	w.fails(w.post(chatPath, chatStream), 502, "upstream_auth")
}

func TestChoosesTheProtocolThatSaysMost(t *testing.T) {
	for name, tt := range map[string]struct {
		speaks []llm.Protocol
		want   string
	}{
		"own":       {[]llm.Protocol{llm.AnthropicMessages, llm.OpenAIResponses, llm.OpenAIChat}, "/v1/chat/completions"},
		"anthropic": {[]llm.Protocol{llm.OpenAIResponses, llm.AnthropicMessages}, "/v1/messages"},
		"responses": {[]llm.Protocol{llm.Gemini, llm.OpenAIResponses}, "/v1/responses"},
		"gemini":    {[]llm.Protocol{llm.Gemini}, "/v1/models/upstream-model:generateContent"},
	} {
		t.Run(name, func(t *testing.T) {
			w, up := newWorld(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"up": tt.speaks} })
			up.Script(fakeupstream.JSON(500, `{}`))
			w.post(chatPath, chatBody)
			require.Equal(t, tt.want, up.Requests()[0].Path)
		})
	}
}

// TestScarI56NonStreamingRequestsCancelUpstream: the client leaves, the
// upstream learns it, also where nothing streams and the answer is converted.
func TestScarI56NonStreamingRequestsCancelUpstream(t *testing.T) {
	w, up := claude(t)
	up.Script(fakeupstream.Stall(nil, nil))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		resp, err := w.client.Do(w.request(ctx, http.MethodPost, chatPath, chatBody))
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-up.Arrived()
	cancel()
	<-up.Disconnected()
	<-done
	rec := w.record()
	require.Equal(t, record.StatusCanceled, rec.Status)
	require.Equal(t, 1, rec.Attempts, "I57: nothing is tried again for a client that has gone")
}

type fixedTokens int64

func (n fixedTokens) Estimate(*llm.Request, string) int64      { return int64(n) }
func (n fixedTokens) Count(*llm.Request, string) (int64, bool) { return int64(n), false }

func TestUsageIsEstimatedWhereTheUpstreamDoesNotCount(t *testing.T) {
	w, up := newWorld(t, func(s *setup) {
		s.speaks, s.tokens = map[string][]llm.Protocol{"up": {llm.OpenAIChat}}, fixedTokens(42)
	})
	up.Script(
		fakeupstream.JSON(200, `{"id":"x","model":"served","choices":[{"index":0,"message":{"role":"assistant","content":"12345678"},"finish_reason":"stop"}]}`),
		fakeupstream.SSE(chunk(`[{"index":0,"delta":{"content":"12345678"}}]`, ""), chunk(`[{"index":0,"delta":{},"finish_reason":"stop"}]`, ""), "data: [DONE]\n\n"))
	for _, body := range []string{claudeBody, strings.Replace(claudeBody, `{`, `{"stream":true,`, 1)} {
		require.Equal(t, 200, w.post("/v1/messages", body).StatusCode)
		rec := w.only()
		require.Equal(t, "estimated", rec.UsageSource)
		require.EqualValues(t, 42, rec.InputTokens)
		require.EqualValues(t, 2, rec.OutputTokens)
	}
}

func TestCountTokens(t *testing.T) {
	t.Run("by the upstream that can", func(t *testing.T) {
		w, up := claude(t)
		up.Script(fakeupstream.JSON(200, `{"input_tokens":17}`))
		r := w.post("/v1/messages/count_tokens", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`)
		require.Equal(t, `{"input_tokens":17}`, r.body)
		require.Equal(t, "/v1/messages/count_tokens", up.Requests()[0].Path)
		require.Equal(t, record.StatusOK, w.only().Status)
	})
	t.Run("here where none can", func(t *testing.T) {
		w, up := newWorld(t, func(s *setup) { s.tokens = fixedTokens(42) })
		r := w.post("/v1/messages/count_tokens", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`)
		require.Equal(t, 200, r.StatusCode, r.body)
		require.JSONEq(t, `{"input_tokens":42}`, r.body)
		require.Equal(t, "true", r.Header.Get("X-Plexus-Estimate"))
		require.Empty(t, up.Requests())
		require.Equal(t, record.StatusOK, w.only().Status)
	})
	t.Run("here where the upstream fails", func(t *testing.T) {
		w, up := claude(t, func(s *setup) { s.tokens = fixedTokens(42) })
		up.Script(fakeupstream.JSON(404, `{"type":"error","error":{"type":"not_found_error","message":"no such route"}}`))
		r := w.post("/v1/messages/count_tokens", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`)
		require.JSONEq(t, `{"input_tokens":42}`, r.body)
		require.Equal(t, record.StatusOK, w.only().Status)
	})
	t.Run("a bad request is the client's", func(t *testing.T) {
		w, _ := newWorld(t, func(s *setup) { s.tokens = fixedTokens(42) })
		r := w.post("/v1/messages/count_tokens", `{"model":"m","messages":[{"role":"nobody","content":"hi"}]}`)
		require.Equal(t, 400, r.StatusCode, r.body)
		require.Contains(t, r.body, `"invalid_request_error"`)
	})
}

// A request that names a model in its URL is passed with the target's name there.
func TestGeminiPassesThrough(t *testing.T) {
	w, up := newWorld(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"up": {llm.Gemini}} })
	const body = `{ "contents": [{"parts":[{"text":"hi"}]}], "futureField": 1.50 }`
	const answer = `{"candidates":[{"content":{"parts":[{"text":"yo"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":6},"modelVersion":"gv"}`
	up.Script(fakeupstream.JSON(200, answer),
		fakeupstream.SSE(fakeupstream.Data(answer)),
		fakeupstream.JSON(200, "["+answer+"\n,\n"+answer+"]"))
	for _, tt := range []struct{ path, upstream, query, want string }{
		{"/v1beta/models/m:generateContent", "/v1/models/upstream-model:generateContent", "", answer},
		{"/v1beta/models/m:streamGenerateContent?alt=sse&key=x", "/v1/models/upstream-model:streamGenerateContent", "alt=sse", fakeupstream.Data(answer)},
		{"/v1beta/models/m:streamGenerateContent", "/v1/models/upstream-model:streamGenerateContent", "", "[" + answer + "\n,\n" + answer + "]"},
	} {
		r := w.post(tt.path, body)
		require.Equal(t, 200, r.StatusCode, r.body)
		require.Equal(t, tt.want, r.body)
		sent := up.Requests()
		last := sent[len(sent)-1]
		require.Equal(t, tt.upstream, last.Path)
		require.Equal(t, tt.query, last.Query)
		require.Equal(t, body, string(last.Body))
		rec := w.only()
		require.Equal(t, record.StatusOK, rec.Status)
		require.EqualValues(t, 4, rec.InputTokens)
		require.EqualValues(t, 2, rec.OutputTokens)
		require.Equal(t, "gv", rec.ServedModel)
	}
}

// A client that hears nothing is told that its stream is alive.
func TestSilentStreamIsKeptAlive(t *testing.T) {
	for name, tt := range map[string]struct{ body, path, beat string }{
		"chat":      {chatStream, chatPath, ": keep-alive\n\n"},
		"anthropic": {strings.Replace(claudeBody, `{`, `{"stream":true,`, 1), "/v1/messages", "event: ping\ndata: {\"type\": \"ping\"}\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := &slowAnswer{wait: 40 * time.Second, first: claudeStart + claudeOpen + claudeText, rest: claudeClose + claudeDelta + claudeStop}
				body := offline(t, answer, tt.path, tt.body)
				require.Equal(t, 2, strings.Count(body, tt.beat), body)
				require.Contains(t, body, "hello")
			})
		})
	}
}

// slowAnswer is a transport whose answer pauses.
type slowAnswer struct {
	wait        time.Duration
	first, rest string
}

// RoundTrip answers.
func (a *slowAnswer) RoundTrip(*http.Request) (*http.Response, error) {
	pause := readerFunc(func([]byte) (int, error) {
		time.Sleep(a.wait) // the bubble's time
		return 0, io.EOF
	})
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, ContentLength: -1,
		Body: io.NopCloser(io.MultiReader(strings.NewReader(a.first), pause, strings.NewReader(a.rest))),
	}, nil
}

type readerFunc func([]byte) (int, error)

// Read calls the function.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// offline serves one request without a network, so that time can be a bubble's.
func offline(t *testing.T, upstream http.RoundTripper, path, body string) string {
	t.Helper()
	out := httptest.NewRecorder()
	offlineTo(t, out, upstream, path, body)
	require.Equal(t, 200, out.Code, out.Body.String())
	return out.Body.String()
}

func offlineTo(t *testing.T, out http.ResponseWriter, upstream http.RoundTripper, path, body string) {
	t.Helper()
	s := &setup{
		bases: map[string]string{"up": "http://upstream.test/v1"}, transport: map[string]http.RoundTripper{"up": upstream},
		speaks: map[string][]llm.Protocol{"up": {llm.AnthropicMessages}}, maxBody: 1 << 20, aliases: targets("up"),
		keys: []authn.Key{{ID: "key-1", Name: "tester", Digest: hasher().Digest(clientSecret)}},
	}
	w := &world{t: t, recorder: &recorder{c: make(chan record.Record, 1)}, observer: &observer{}, logs: &syncBuffer{}}
	w.build(s)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	w.routes().ServeHTTP(out, req)
}

var _ relay.Tokens = fixedTokens(0)
