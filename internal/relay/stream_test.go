package relay_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
)

const (
	streamBody      = `{"model":"m","messages":[],"stream":true}`
	streamUsageBody = `{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}`
)

func chunk(choices, more string) string {
	return fakeupstream.Data(`{"id":"c1","model":"served","choices":` + choices + more + `}`)
}

const (
	oneUsage = `,"usage":{"prompt_tokens":5,"completion_tokens":7}`
	done     = "data: [DONE]\n\n"
)

func TestStreamReturnsByteForByteHoweverItIsCut(t *testing.T) {
	frames := fakeupstream.ChatFrames("upstream-model", true)
	whole := strings.Join(frames, "")
	var cuts []int
	for i := 1; i < len(whole); i += 3 {
		cuts = append(cuts, i)
	}
	crlf := strings.ReplaceAll(whole, "\n", "\r\n")
	odd := ": hello\n\nretry: 10\n" + "event: x\nid: 1\n" + whole + ": bye\n\n"
	tests := []struct {
		name string
		h    http.Handler
		want string
	}{
		{"frame by frame", fakeupstream.SSE(frames...), whole},
		{"all at once", fakeupstream.SSE(whole), whole},
		{"byte by byte", fakeupstream.Drip(fakeupstream.SSE(whole)), whole},
		{"in threes", fakeupstream.SplitAt(fakeupstream.SSE(whole), cuts...), whole},
		{"in the middle", fakeupstream.SplitAt(fakeupstream.SSE(whole), len(whole)/2), whole},
		{"CRLF", fakeupstream.SplitAt(fakeupstream.SSE(crlf), cuts...), crlf},
		{"comments and odd fields", fakeupstream.SSE(odd), odd},
		{"declared length", fakeupstream.Status(200, whole, "Content-Type", "text/event-stream", "Content-Length", fmt.Sprint(len(whole))), whole},
		{"no newline at the end", fakeupstream.SSE(strings.TrimRight(whole, "\n")), strings.TrimRight(whole, "\n")},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(tt.h)
			r := w.post(chatPath, streamUsageBody)
			require.NoError(t, r.err)
			require.Equal(t, tt.want, r.body)
			require.Contains(t, r.Header.Get("Content-Type"), "text/event-stream")
			rec := w.only()
			require.Equal(t, record.StatusOK, rec.Status)
			require.True(t, rec.Streamed)
			require.Equal(t, int64(fakeupstream.CompletionTokens), rec.OutputTokens)
			require.Equal(t, "stop", rec.FinishReason)
			require.Equal(t, int64(len(strings.TrimSuffix(tt.want, ": bye\n\n"))), rec.ResponseBytes, "all up to the protocol's end")
		})
	}
}

// TestUsageChunk: the chunk the gateway asked for is the gateway's.
func TestUsageChunk(t *testing.T) {
	content, finish := chunk(`[{"delta":{"content":"a"}}]`, ""), chunk(`[{"delta":{},"finish_reason":"stop"}]`, "")
	usage := chunk(`[]`, oneUsage)
	azure := chunk(`[]`, `,"prompt_filter_results":[{"x":1}]`)
	big := chunk(`[{"delta":{"images":["`+strings.Repeat("A", 100<<10)+`"]},"finish_reason":"stop"}]`, oneUsage)
	tests := []struct {
		name, body     string
		frames, expect []string
	}{
		{"did not ask", streamBody, []string{content, finish, usage, done}, []string{content, finish, done}},
		{"asked", streamUsageBody, []string{content, finish, usage, done}, []string{content, finish, usage, done}},
		{"choices null", streamBody, []string{content, finish, chunk("null", oneUsage), done}, []string{content, finish, done}},
		{"no choices member", streamBody, []string{content, finish, fakeupstream.Data(`{"usage":{"prompt_tokens":5,"completion_tokens":7}}`), done}, []string{content, finish, done}},
		{"in the last chunk of content", streamBody, []string{content, chunk(`[{"delta":{},"finish_reason":"stop"}]`, oneUsage), done}, []string{content, chunk(`[{"delta":{},"finish_reason":"stop"}]`, oneUsage), done}},
		{"in a large chunk of content", streamBody, []string{content, big, done}, []string{content, big, done}},
		{"first chunk without choices", streamBody, []string{azure, content, finish, usage, done}, []string{azure, content, finish, done}},
		{"declared length", streamBody, nil, nil},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(fakeupstream.SSE(tt.frames...))
			if tt.frames == nil { // an upstream that buffers its stream knows its length, which hiding makes wrong
				all := content + finish + usage + done
				up.Reset()
				up.Script(fakeupstream.Status(200, all, "Content-Type", "text/event-stream", "Content-Length", fmt.Sprint(len(all))))
				tt.expect = []string{content, finish, done}
			}
			r := w.post(chatPath, tt.body)
			require.NoError(t, r.err)
			require.Equal(t, strings.Join(tt.expect, ""), r.body)
			rec := w.only()
			require.Equal(t, []int64{5, 7}, []int64{rec.InputTokens, rec.OutputTokens})
			require.Equal(t, "stop", rec.FinishReason)
			require.Equal(t, record.StatusOK, rec.Status)
		})
	}
}

// TestEventsArriveOneByOne: each reaches the client before the next is sent.
func TestEventsArriveOneByOne(t *testing.T) {
	w, up := newWorld(t)
	gate := make(chan struct{})
	frames := fakeupstream.ChatFrames("upstream-model", true)
	up.Script(fakeupstream.GatedSSE(gate, frames...))
	next := make(chan *http.Response)
	go func() {
		resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, streamUsageBody))
		if err == nil {
			next <- resp
		}
	}()
	gate <- struct{}{} // the first says nothing yet and waits for the second
	gate <- struct{}{}
	resp := receive(t, next)
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for i, want := range frames {
		if i > 1 {
			gate <- struct{}{}
		}
		got := ""
		for !strings.HasSuffix(got, "\n\n") {
			line, err := in.ReadString('\n')
			require.NoError(t, err)
			got += line
		}
		require.Equal(t, want, got)
	}
	require.Equal(t, record.StatusOK, w.only().Status)
}

func TestStreamThatEndsBadly(t *testing.T) {
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	finish := chunk(`[{"delta":{},"finish_reason":"stop"}]`, "")
	tests := []struct {
		name      string
		h         http.Handler
		passes    string // what the client gets before the error event
		status    record.Status
		code      string // of the error event, "" for none
		errorKind string
	}{
		{"cut at a frame's end", fakeupstream.CutAfter(len(content), fakeupstream.SSE(content, finish)), content, record.StatusFailed, "upstream_cut", "upstream"},
		{"ends without finish", fakeupstream.SSE(content), content, record.StatusFailed, "upstream_cut", "upstream"},
		{"ends inside a frame", fakeupstream.SSE(content, finish[:30]), content, record.StatusFailed, "upstream_cut", "upstream"},
		{"ends inside [DONE]", fakeupstream.SSE(content, "data: [DO"), content, record.StatusFailed, "upstream_cut", "upstream"},
		{"ends after an unended frame", fakeupstream.SSE(strings.TrimSpace(content)), strings.TrimSpace(content) + "\n\n", record.StatusFailed, "upstream_cut", "upstream"},
		{"reset", fakeupstream.ResetAfter(len(content), fakeupstream.SSE(content, finish)), content, record.StatusFailed, "upstream_reset", "connection"},
		{"ends with finish, without [DONE]", fakeupstream.SSE(content, finish), content + finish, record.StatusOK, "", ""},
		{"error after content", fakeupstream.ErrorInStream(content), content + strings.Join(fakeErrorFrames(), ""), record.StatusFailed, "", "upstream"},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(tt.h)
			r := w.post(chatPath, streamBody)
			require.Equal(t, 200, r.StatusCode)
			require.NoError(t, r.err, "a stream is ended in its own way")
			rest, found := strings.CutPrefix(r.body, tt.passes)
			require.True(t, found, r.body)
			rec := w.only()
			require.Equal(t, tt.status, rec.Status)
			require.Equal(t, tt.errorKind, rec.ErrorKind)
			require.Equal(t, 200, rec.HTTPStatus)
			if tt.code == "" {
				require.Empty(t, rest)
				return
			}
			data, found := strings.CutPrefix(rest, "data: ")
			require.True(t, found, rest)
			e := decodeError(t, data)
			require.Equal(t, rec.ErrorCode, e.Code)
			require.NotContains(t, r.body, "127.0.0.1")
			if tt.name == "cut at a frame's end" { // net/http tells a cut chunked body from its end
				require.Contains(t, []string{"upstream_cut", "upstream_reset"}, e.Code)
				return
			}
			require.Equal(t, tt.code, e.Code)
		})
	}
}

// fakeErrorFrames is the error event of fakeupstream.ErrorInStream.
func fakeErrorFrames() []string {
	return []string{fakeupstream.Data(`{"error":{"message":"The server had an error while processing your request","type":"server_error","param":null,"code":null}}`)}
}

// TestErrorEventsHoldNoCredential: before the first event and after it.
func TestErrorEventsHoldNoCredential(t *testing.T) {
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	quote := func(code, secret string) string {
		return fakeupstream.Data(fmt.Sprintf(`{"error":{"message":"key %s is bad","type":"x","code":%q},"trace":"%s"}`, secret, code, secret))
	}
	escaped := strings.ReplaceAll(canary, "/", `\/`)
	for _, code := range []string{"oops", "invalid_api_key", "401"} {
		for _, secret := range []string{canary, escaped} {
			t.Run(code+" "+secret[:4]+fmt.Sprint(len(secret)), func(t *testing.T) {
				w, up := newWorld(t)
				up.Script(fakeupstream.SSE(quote(code, secret)), fakeupstream.SSE(content, quote(code, secret)))
				r := w.post(chatPath, streamBody)
				require.Equal(t, 502, r.StatusCode)
				require.Equal(t, "application/json", r.Header.Get("Content-Type"))
				first := w.only()
				second := w.post(chatPath, streamBody)
				require.Equal(t, 200, second.StatusCode)
				require.True(t, strings.HasPrefix(second.body, content))
				rec := w.only()
				for _, text := range []string{r.body, second.body, w.logs.String(), first.ErrorMessage, rec.ErrorMessage} {
					require.NotContains(t, text, canary)
					require.NotContains(t, text, escaped)
				}
				require.Equal(t, record.StatusFailed, rec.Status)
				want := "oops"
				if code != "oops" {
					want = "upstream_auth"
					require.NotContains(t, r.body, "is bad")
				}
				require.Equal(t, []string{want, want}, []string{first.ErrorCode, rec.ErrorCode})
				require.Equal(t, want, decodeError(t, r.body).Code)
				require.Equal(t, want, decodeError(t, strings.TrimPrefix(second.body[len(content):], "data: ")).Code)
			})
		}
	}
}
