package relay_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
)

// TestTheRecordIsSafeBeforeTheClientSeesTheEnd: with a recorder that blocks,
// no client can have a whole answer.
func TestTheRecordIsSafeBeforeTheClientSeesTheEnd(t *testing.T) {
	finish := chunk(`[{"delta":{"content":"a"},"finish_reason":"stop"}]`, "")
	tests := []struct {
		name, body string
		h          http.Handler
		end        string // what must not be seen; "" means the end of the body
	}{
		{"one document", `{"model":"m","messages":[]}`, fakeupstream.JSON(200, `{"id":"x"}`), `}`},
		{"one too long for the server's buffer", `{"model":"m","messages":[]}`, fakeupstream.SplitAt(fakeupstream.Status(200, `{"id":"`+strings.Repeat("x", 24<<10)+`"}`, "Content-Type", "application/json", "Content-Length", strconv.Itoa(9+(24<<10))), 10), `}`},
		{"a document in parts", `{"model":"m","messages":[]}`, fakeupstream.SplitAt(fakeupstream.JSON(200, `{"id":"x"}`), 3), ""},
		{"a stream", streamBody, fakeupstream.SSE(finish, done), "[DONE]"},
		{"a stream without [DONE]", streamBody, fakeupstream.SSE(finish), ""},
		{"an error", `{"model":"m","messages":[]}`, fakeupstream.JSON(500, `{"error":{"message":"x"}}`), "error"},
		{"an error in a stream", streamBody, fakeupstream.ErrorInStream(finish), "error"},
		{"a cut stream", streamBody, fakeupstream.SSE(chunk(`[{"delta":{"content":"a"}}]`, "")), "error"},
		{"a refusal", `{`, nil, "error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, up := newWorld(t)
			if tt.h != nil {
				up.Script(tt.h)
			}
			blocked, release := make(chan struct{}), make(chan struct{})
			w.recorder.on(func(*record.Record) error {
				close(blocked)
				<-release
				return nil
			})
			var mu sync.Mutex
			var seen strings.Builder
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, tt.body))
				if err != nil {
					return
				}
				defer resp.Body.Close()
				buf := make([]byte, 512)
				for err == nil {
					var n int
					n, err = resp.Body.Read(buf)
					mu.Lock()
					seen.Write(buf[:n])
					mu.Unlock()
				}
			}()
			receive(t, blocked)
			mu.Lock()
			before := seen.String()
			mu.Unlock()
			if tt.end != "" {
				require.NotContains(t, before, tt.end)
			}
			select {
			case <-ended:
				require.Fail(t, "the client saw the end before the record was safe")
			default:
			}
			close(release)
			receive(t, ended)
			require.Contains(t, seen.String(), tt.end)
			w.only()

			// The same without a network: what has been handed to the server
			// when the record is written.
			if tt.h != nil {
				up.Script(tt.h)
			}
			out, written := httptest.NewRecorder(), ""
			w.recorder.on(func(*record.Record) error {
				written = out.Body.String()
				return nil
			})
			w.relay.Handler(relay.Operation{Raw: openaichat.Raw{}}).ServeHTTP(out, w.request(t.Context(), http.MethodPost, chatPath, tt.body))
			if tt.end != "" {
				require.NotContains(t, written, tt.end)
			}
			require.Contains(t, out.Body.String(), tt.end)
			w.only()
		})
	}
}

// TestARecorderThatFails: the request is answered all the same, and the loss
// is counted.
func TestARecorderThatFails(t *testing.T) {
	w, _ := newWorld(t)
	w.recorder.on(func(*record.Record) error { return errDisk })
	w.chat(200)
	r := w.post(chatPath, streamBody)
	require.Contains(t, r.body, "[DONE]")
	w.fails(w.post(chatPath, `{`), 400, "invalid_json")
	w.observer.mu.Lock()
	defer w.observer.mu.Unlock()
	require.Equal(t, 3, w.observer.lost)
	require.Equal(t, 3, strings.Count(w.logs.String(), "could not be recorded"))
}

// TestPanics: 500 in the dialect when nothing was sent, else a cut connection;
// one line in the log; the connection serves on.
func TestPanics(t *testing.T) {
	w, up := newWorld(t)
	w.recorder.on(func(*record.Record) error { panic("recorder broke") })
	r := w.chat(500)
	e := w.fails(r, 500, "internal_error")
	require.Contains(t, e.Message, r.Header.Get("X-Request-Id"))
	require.NotContains(t, r.body, "recorder broke")
	require.Equal(t, 1, strings.Count(w.logs.String(), "request panicked"))

	content := chunk(`[{"delta":{"content":"a"},"finish_reason":"stop"}]`, "")
	up.Script(fakeupstream.SSE(content, done))
	resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, streamBody))
	if err == nil { // what was sent before is out
		var b []byte
		b, err = io.ReadAll(resp.Body)
		require.NotContains(t, string(b), "[DONE]")
		require.NoError(t, resp.Body.Close())
	}
	require.Error(t, err, "a cut answer must not pass for a whole one")

	w.recorder.on(nil)
	w.observer.mu.Lock()
	w.observer.hook = func() { panic("observer broke") }
	w.observer.mu.Unlock()
	w.fails(w.chat(500), 500, "internal_error")
	require.Len(t, w.recorder.c, 1, "the record was safe already")
	w.record()

	w.observer.mu.Lock()
	w.observer.hook = nil
	w.observer.mu.Unlock()
	w.chat(200)
	require.Equal(t, record.StatusOK, w.only().Status)
}

// TestSwapLeavesRequestsUnderWayAlone: they end with the configuration they
// began with.
func TestSwapLeavesRequestsUnderWayAlone(t *testing.T) {
	w, up := newWorld(t)
	release := make(chan struct{})
	up.Script(fakeupstream.Stall(release, fakeupstream.JSON(200, `{"id":"x"}`)))
	got := make(chan int, 1)
	go func() { got <- w.post(chatPath, `{"model":"m","messages":[]}`).StatusCode }()
	receive(t, up.Arrived())
	next := *w.relay.Current()
	next.Providers = nil
	w.relay.Swap(&next)
	w.fails(w.chat(404), 404, "no_target")
	close(release)
	require.Equal(t, 200, receive(t, got))
}
