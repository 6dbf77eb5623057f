package relay_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
)

// TestAClientThatLeavesCancelsTheUpstream, wherever the request stands.
func TestAClientThatLeavesCancelsTheUpstream(t *testing.T) {
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	long := fakeupstream.JSON(200, `{"id":"x","choices":[{"finish_reason":"stop"}]}`)
	tests := []struct {
		name, body string
		header     []string
		h          http.Handler
		sees       string // what the client has read before it leaves; "" means it has no head yet
		status     int
	}{
		{"before the head", `{"model":"m","messages":[]}`, nil, fakeupstream.Stall(nil, long), "", 499},
		{"before the head, gzip", gzipped(t, `{"model":"m","messages":[]}`), []string{"Content-Encoding", "gzip"}, fakeupstream.Stall(nil, long), "", 499},
		{"before the head, zstd", zstded(t, `{"model":"m","messages":[]}`), []string{"Content-Encoding", "zstd"}, fakeupstream.Stall(nil, long), "", 499},
		{"head without a byte", `{"model":"m","messages":[]}`, nil, fakeupstream.StallAfter(0, nil, long), "", 499},
		{"in mid-body", `{"model":"m","messages":[]}`, nil, fakeupstream.StallAfter(8, nil, long), `{"id":"x`, 200},
		{"streaming, before an event", streamBody, nil, fakeupstream.StallAfter(0, nil, fakeupstream.SSE(content)), "", 499},
		{"streaming", streamBody, nil, fakeupstream.StallAfter(len(content), nil, fakeupstream.SSE(content, content)), content, 200},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(tt.h)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			left := make(chan error, 1)
			go func() {
				resp, err := w.client.Do(w.request(ctx, http.MethodPost, chatPath, tt.body, tt.header...))
				if err == nil {
					_, err = io.ReadFull(resp.Body, make([]byte, len(tt.sees)))
					leave()
					resp.Body.Close()
				}
				left <- err
			}()
			receive(t, up.Arrived())
			if tt.sees == "" {
				leave()
				require.ErrorIs(t, receive(t, left), context.Canceled)
			} else {
				require.NoError(t, receive(t, left))
			}
			require.NotEmpty(t, receive(t, up.Disconnected()).Body)
			rec := w.only()
			require.Equal(t, record.StatusCanceled, rec.Status)
			require.Equal(t, "canceled", rec.ErrorKind)
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.Equal(t, 1, rec.Attempts)
		})
	}
}

// TestAClientThatLeavesWhileSending: nothing goes to the upstream.
func TestAClientThatLeavesWhileSending(t *testing.T) {
	w, up := newWorld(t)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST "+chatPath+" HTTP/1.1\r\nHost: x\r\nAuthorization: "+clientSecret+"\r\nContent-Length: 100\r\n\r\n{\"model\"")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	rec := w.only()
	require.Equal(t, record.StatusCanceled, rec.Status)
	require.Equal(t, "client_closed_request", rec.ErrorCode)
	require.Empty(t, up.Requests())
}

// slowWriter is a client's side that notes its deadlines.
type slowWriter struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	refuse    error
}

func (s *slowWriter) SetWriteDeadline(t time.Time) error {
	s.deadlines = append(s.deadlines, t)
	return nil
}

func (s *slowWriter) Write(p []byte) (int, error) {
	if s.refuse != nil {
		return 0, s.refuse
	}
	return s.ResponseRecorder.Write(p)
}

// TestASlowClientIsBounded: every answer is written under a deadline.
func TestASlowClientIsBounded(t *testing.T) {
	w, up := newWorld(t)
	h := w.relay.Handler(relay.Operation{Raw: openaichat.Raw{}})
	for _, body := range []string{`{"model":"m","messages":[]}`, streamBody} {
		s := &slowWriter{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(s, w.request(t.Context(), http.MethodPost, chatPath, body))
		require.Equal(t, 200, s.Code)
		require.NotEmpty(t, s.deadlines)
		require.False(t, s.deadlines[0].IsZero())
		require.Equal(t, record.StatusOK, w.only().Status)
	}
	// One whose deadline has passed is gone, and so is the upstream's work.
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	for _, script := range []http.Handler{
		fakeupstream.StallAfter(5, nil, fakeupstream.JSON(200, `{"id":"x"}`)),
		fakeupstream.StallAfter(len(content), nil, fakeupstream.SSE(content, content)),
	} {
		up.Script(script)
		s := &slowWriter{ResponseRecorder: httptest.NewRecorder(), refuse: context.DeadlineExceeded}
		h.ServeHTTP(s, w.request(t.Context(), http.MethodPost, chatPath, streamBody))
		require.Equal(t, record.StatusCanceled, w.only().Status)
		receive(t, up.Disconnected())
	}
}

// TestAClientThatReadsSlowlyGetsEverything: what it takes is the client's time.
func TestAClientThatReadsSlowlyGetsEverything(t *testing.T) {
	w, up := newWorld(t, func(s *setup) { s.timeout = 2 * time.Second })
	part := chunk(`[{"delta":{"content":"`+strings.Repeat("a", 4000)+`"}}]`, "")
	frames := make([]string, 500)
	for i := range frames {
		frames[i] = part
	}
	frames = append(frames, chunk(`[{"delta":{},"finish_reason":"stop"}]`, ""), done)
	up.Script(fakeupstream.SSE(frames...))
	resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, streamBody))
	require.NoError(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(bufio.NewReaderSize(resp.Body, 16))
	require.NoError(t, err)
	require.Equal(t, strings.Join(frames, ""), string(got))
	require.Equal(t, record.StatusOK, w.only().Status)
}

// TestAbandoned: the gateway stops, and says so to whoever waits.
func TestAbandoned(t *testing.T) {
	stop := llm.Errorf(llm.KindOverloaded, "gateway_stopping", "the gateway is stopping; try again")
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	tests := []struct {
		name, body string
		h          http.Handler
		status     int
		cut        bool // the client must not take a part for the whole
	}{
		{"before the head", `{"model":"m","messages":[]}`, fakeupstream.Stall(nil, nil), 503, false},
		{"streaming", streamBody, fakeupstream.StallAfter(len(content), nil, fakeupstream.SSE(content, content)), 200, false},
		{"in mid-body", `{"model":"m","messages":[]}`, fakeupstream.StallAfter(5, nil, fakeupstream.JSON(200, `{"id":"x"}`)), 200, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, up := newWorld(t)
			up.Script(tt.h)
			got := make(chan reply, 1)
			heads := make(chan struct{}, 1)
			go func() {
				resp, err := w.client.Do(w.request(context.Background(), http.MethodPost, chatPath, tt.body))
				if err != nil {
					got <- reply{err: err}
					return
				}
				defer resp.Body.Close()
				heads <- struct{}{}
				b, err := io.ReadAll(resp.Body)
				got <- reply{resp, string(b), err}
			}()
			receive(t, up.Arrived())
			if tt.status == 200 {
				receive(t, heads)
			}
			w.halt(stop)
			r := receive(t, got)
			rec := w.only()
			require.Equal(t, record.StatusAbandoned, rec.Status)
			require.Equal(t, "gateway_stopping", rec.ErrorCode)
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.Equal(t, tt.cut, r.err != nil)
			if tt.cut {
				return
			}
			require.Equal(t, tt.status, r.StatusCode)
			require.Equal(t, "gateway_stopping", decodeError(t, strings.TrimPrefix(strings.TrimPrefix(r.body, content), "data: ")).Code)
		})
	}
}
