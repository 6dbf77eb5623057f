package relay_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// spoken is a way to ask: a client's protocol, whole and streamed.
type spoken struct{ path, whole, stream string }

const claudeStreamBody = `{"model":"m","stream":true,"max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`

func clients() map[llm.Protocol]spoken {
	const contents = `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`
	return map[llm.Protocol]spoken{
		llm.OpenAIChat:        {chatPath, chatBody, chatStream},
		llm.OpenAICompletions: {"/v1/completions", `{"model":"m","prompt":"hi"}`, `{"model":"m","prompt":"hi","stream":true}`},
		llm.OpenAIResponses:   {"/v1/responses", `{"model":"m","input":"hi"}`, `{"model":"m","input":"hi","stream":true}`},
		llm.AnthropicMessages: {"/v1/messages", claudeBody, claudeStreamBody},
		llm.Gemini:            {"/v1beta/models/m:", contents, contents},
		llm.Ollama: {
			"/api/chat", `{"model":"m","stream":false,"messages":[{"role":"user","content":"hi"}]}`,
			`{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
		},
	}
}

// ask sends what the client asks.
func (w *world) ask(p llm.Protocol, stream bool) reply {
	w.t.Helper()
	c := clients()[p]
	path, body := c.path, c.whole
	if stream {
		body = c.stream
	}
	if p == llm.Gemini {
		path += map[bool]string{false: "generateContent", true: "streamGenerateContent?alt=sse"}[stream]
	}
	return w.post(path, body)
}

// speaking is a world whose upstream speaks one protocol.
func speaking(t *testing.T, p llm.Protocol, change ...func(*setup)) (*world, *fakeupstream.Server) {
	t.Helper()
	return newWorld(t, append([]func(*setup){func(s *setup) { s.speaks = map[string][]llm.Protocol{"up": {p}} }}, change...)...)
}

// An upstream that says its client went away speaks of us, not of our client,
// who is there and waits for an answer.
func TestAnUpstreamsOwnCancellationIsAnswered(t *testing.T) {
	w, up := speaking(t, llm.OpenAIChat)
	up.Script(fakeupstream.JSON(499, `{"error":{"message":"client closed request","code":"499"}}`))
	r := w.ask(llm.AnthropicMessages, false)
	require.GreaterOrEqual(t, r.StatusCode, 500, r.body)
	require.Contains(t, r.body, `"error"`)
	rec := w.only()
	require.Equal(t, record.StatusFailed, rec.Status)
	require.Equal(t, "upstream", rec.ErrorKind)

	up.Script(fakeupstream.SSE(fakeupstream.Data(`{"error":{"message":"client closed request","code":499}}`)))
	r = w.ask(llm.AnthropicMessages, true)
	require.GreaterOrEqual(t, r.StatusCode, 500, r.body)
	require.Equal(t, record.StatusFailed, w.only().Status)
}

// What an upstream has counted stays in the record, however the stream ends.
func TestUsageOfAStreamThatFails(t *testing.T) {
	const events = claudeStart + claudeOpen + claudeText
	for name, tt := range map[string]struct {
		stream string
		output int64
	}{
		"before anything was sent": {claudeStart + claudeError, 1},
		"in mid-answer":            {events + claudeError, 2},
		"at its end":               {events + claudeClose + claudeDelta + claudeError, 7},
		"cut":                      {events + claudeClose + claudeDelta, 7},
	} {
		for _, streamed := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w, up := claude(t)
				up.Script(fakeupstream.SSE(tt.stream))
				w.ask(llm.OpenAIChat, streamed)
				rec := w.only()
				require.Equal(t, record.StatusFailed, rec.Status)
				require.EqualValues(t, 10, rec.InputTokens)
				if tt.output == 2 { // what has been sent is more than the upstream has counted so far
					require.Equal(t, map[bool]int64{true: 2, false: 1}[streamed], rec.OutputTokens)
					require.Equal(t, map[bool]string{true: "estimated", false: "upstream"}[streamed], rec.UsageSource)
					return
				}
				require.Equal(t, tt.output, rec.OutputTokens)
				require.Equal(t, "upstream", rec.UsageSource)
			})
		}
	}
}

// goneWriter is a client that is gone, though nothing has told its request so.
type goneWriter struct {
	*httptest.ResponseRecorder
	left int
}

func (g *goneWriter) Write(p []byte) (int, error) {
	if g.left--; g.left < 0 {
		return 0, errors.New("broken pipe")
	}
	return g.ResponseRecorder.Write(p)
}

func (g *goneWriter) SetWriteDeadline(time.Time) error { return nil }

// A client that does not take the answer has used what it has used.
func TestUsageOfAStreamNobodyReads(t *testing.T) {
	for name, p := range map[string]llm.Protocol{"codec": llm.OpenAIChat, "raw": llm.AnthropicMessages} {
		t.Run(name, func(t *testing.T) {
			w, up := claude(t)
			up.Script(fakeupstream.Drip(claudeStream()))
			c := clients()[p]
			w.routes().ServeHTTP(&goneWriter{httptest.NewRecorder(), 1}, w.request(t.Context(), http.MethodPost, c.path, c.stream))
			rec := w.only()
			require.Equal(t, record.StatusCanceled, rec.Status)
			require.EqualValues(t, 10, rec.InputTokens)
			require.NotEqual(t, "none", rec.UsageSource)
		})
	}
}

// Nothing that an upstream says of our credential reaches a client, wherever it
// stands in its answer.
func TestNoCredentialOfOursInAConvertedError(t *testing.T) {
	esc := strings.ReplaceAll(canary, "/", `\/`)
	answers := map[string]http.Handler{
		"message":          fakeupstream.JSON(400, `{"error":{"type":"invalid_request_error","message":"key `+canary+` is bad","param":"`+canary+`","code":"`+canary+`"}}`),
		"escaped":          fakeupstream.JSON(400, `{"error":{"type":"`+esc+`","message":"key `+esc+`","status":"`+esc+`"}}`),
		"not JSON":         fakeupstream.Status(500, "key "+canary, "Content-Type", "text/html"),
		"string":           fakeupstream.JSON(500, `{"error":"`+esc+`"}`),
		"inside":           fakeupstream.JSON(200, `{"type":"error","error":{"type":"`+esc+`","message":"`+esc+`","code":"`+esc+`"}}`),
		"a type":           fakeupstream.JSON(200, `{"type":"`+esc+`","object":"`+esc+`"}`),
		"not an answer":    fakeupstream.JSON(200, `"`+canary+`"`),
		"garbage":          fakeupstream.JSON(200, canary),
		"odd members":      fakeupstream.JSON(200, `{"choices":"`+esc+`","output":"`+esc+`","candidates":"`+esc+`","id":{"x":"`+canary+`"}}`),
		"stream":           fakeupstream.SSE("event: error\ndata: " + `{"type":"error","error":{"type":"x","message":"` + esc + `","code":"` + esc + `"}}` + "\n\n"),
		"stream, unknown":  fakeupstream.SSE("event: " + canary + "\ndata: " + `{"type":"` + canary + `"}` + "\n\n"),
		"stream, no JSON":  fakeupstream.SSE("data: " + canary + "\n\n"),
		"stream, type":     fakeupstream.SSE("data: " + `{"type":["` + canary + `"],"choices":"` + canary + `","candidates":"` + canary + `"}` + "\n\n"),
		"stream, failed":   fakeupstream.SSE("event: response.failed\ndata: " + `{"type":"response.failed","response":{"status":"failed","error":{"code":"` + esc + `","message":"` + esc + `"}}}` + "\n\n"),
		"ndjson":           fakeupstream.Status(200, `{"error":"`+esc+`"}`+"\n", "Content-Type", "application/x-ndjson"),
		"refused, quoting": fakeupstream.JSON(403, `{"error":{"message":"no access for `+canary[:20]+`"}}`),
		"refused with 400": fakeupstream.JSON(400, `{"error":{"code":400,"status":"INVALID_ARGUMENT","type":"authentication_error","message":"API key not valid: `+canary[:20]+`","details":[{"reason":"API_KEY_INVALID"}]}}`),
	}
	for in := range clients() {
		for out := range clients() {
			if in == out || out == llm.OpenAICompletions && in != llm.OpenAIChat {
				continue
			}
			w, up := speaking(t, out)
			for name, h := range answers {
				for _, stream := range []bool{false, true} {
					up.Script(h)
					r := w.ask(in, stream)
					what := string(in) + " to " + string(out) + ": " + name
					require.NotContains(t, r.body, canary, what)
					require.NotContains(t, r.body, esc, what)
					if strings.HasPrefix(name, "refused") {
						require.NotContains(t, r.body, canary[:20], what)
					}
					for h, v := range r.Header {
						require.NotContains(t, strings.Join(v, ","), canary, h)
					}
					rec := w.only()
					require.NotContains(t, rec.ErrorMessage+rec.ErrorCode+rec.UpstreamID+rec.ServedModel+rec.FinishReason, canary, what)
				}
			}
			require.NotContains(t, w.logs.String(), canary, string(out))
		}
	}
}

// A stream that ends without an answer is a failure, and another target may mend it.
func TestStreamsThatSayNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		out  llm.Protocol
		sent string
	}{
		"chat, nothing":        {llm.OpenAIChat, ""},
		"chat, done":           {llm.OpenAIChat, done},
		"chat, comment":        {llm.OpenAIChat, ": hi\n\n" + done},
		"anthropic, stop":      {llm.AnthropicMessages, claudeStop},
		"anthropic, no blocks": {llm.AnthropicMessages, claudeStart + claudeStop},
		"anthropic, opened":    {llm.AnthropicMessages, claudeStart + claudeOpen + claudeClose + claudeStop},
		"responses, nothing":   {llm.OpenAIResponses, ""},
		"responses, created":   {llm.OpenAIResponses, respCreated},
		"gemini, nothing":      {llm.Gemini, ""},
		"gemini, empty":        {llm.Gemini, "data: {}\n\n"},
		"gemini, usage":        {llm.Gemini, `data: {"usageMetadata":{"promptTokenCount":4}}` + "\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			in := llm.AnthropicMessages
			if tt.out == in {
				in = llm.OpenAIChat
			}
			w, up := speaking(t, tt.out)
			for _, stream := range []bool{true, false} {
				up.Script(fakeupstream.SSE(tt.sent))
				r := w.ask(in, stream)
				require.Equal(t, 502, r.StatusCode, r.body)
				require.Equal(t, record.StatusFailed, w.only().Status)
			}
		})
	}
}

// breaking is a codec with a defect.
type breaking struct {
	anthropic.Codec
	at string
}

func (b breaking) EventDecoder(to wire.Target) wire.EventDecoder {
	return brokenDecoder{b.Codec.EventDecoder(to), b.at}
}

func (b breaking) DecodeResponse([]byte, wire.Target) (*llm.Response, error) { panic("defect") }

func (b breaking) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	if b.at == "request" {
		panic("defect")
	}
	return b.Codec.EncodeRequest(req, to)
}

type brokenDecoder struct {
	wire.EventDecoder
	at string
}

func (b brokenDecoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	if strings.Contains(string(f.Data), b.at) {
		panic("defect")
	}
	return b.EventDecoder.Push(f, emit)
}

// A defect of ours is one record, one line in the log, and an answer that
// cannot be taken for a whole one.
func TestDefectsOfCodecs(t *testing.T) {
	for name, tt := range map[string]struct {
		at     string
		stream bool
		h      http.Handler
		status int
	}{
		"request":     {"request", false, nil, 500},
		"document":    {"", false, fakeupstream.JSON(200, claudeAnswer), 500},
		"first event": {"message_start", true, claudeStream(), 500},
		"later event": {"message_delta", true, fakeupstream.Drip(claudeStream()), 200},
		"gathered":    {"message_delta", false, claudeStream(), 500},
	} {
		t.Run(name, func(t *testing.T) {
			w, up := claude(t, func(s *setup) {
				s.codecs = map[llm.Protocol]wire.Egress{llm.AnthropicMessages: breaking{at: tt.at}}
			})
			if tt.h != nil {
				up.Script(tt.h)
			}
			if tt.status == 200 { // the connection is cut, perhaps before the head was out
				resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, chatStream))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					require.NoError(t, resp.Body.Close())
				}
				require.Error(t, err)
			} else {
				r := w.ask(llm.OpenAIChat, tt.stream)
				require.Equal(t, tt.status, r.StatusCode, r.body)
				decodeError(t, r.body)
			}
			require.Equal(t, record.StatusFailed, w.only().Status)
			require.Equal(t, 1, strings.Count(w.logs.String(), "request panicked"))
		})
	}
}
