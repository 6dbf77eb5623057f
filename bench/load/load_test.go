package load_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts h and returns its host:port. The server closes connections the
// client left open.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func fleet(t *testing.T, addr string, n int) *load.Fleet {
	t.Helper()
	f, err := load.NewFleet(t.Context(), addr, n)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestChatBodyIsJSONOfTheSizeAsked(t *testing.T) {
	t.Parallel()
	for _, size := range []int{300, 1 << 10, 100 << 10, 1 << 20} {
		body := load.ChatBody("bench-json", true, size)
		require.Len(t, body, size)
		var got struct {
			Model  string
			Stream bool
		}
		require.NoError(t, json.Unmarshal(body, &got))
		require.Equal(t, "bench-json", got.Model)
		require.True(t, got.Stream)
	}
}

func TestBodiesOfProtocolsAreJSON(t *testing.T) {
	t.Parallel()
	for _, p := range []load.Protocol{load.Chat, load.Messages, load.Responses, load.Gemini} {
		body := p.Body("bench-json", true, 1<<10)
		require.True(t, json.Valid(body), "%s: %s", p, body)
		require.Greater(t, len(body), 1000)
		named := string(body) + p.Path("bench-json", true)
		require.Equal(t, 1, strings.Count(named, "bench-json"), "the model is in the body or in the path")
	}
}

func TestConnReadsEveryFraming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		status  int // 0: no error
	}{
		{name: "length", handler: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "hello") // the client's view is what is tested
		}},
		{name: "empty", handler: func(http.ResponseWriter, *http.Request) {}},
		{name: "chunks", handler: func(w http.ResponseWriter, _ *http.Request) {
			for range 3 {
				_, _ = io.WriteString(w, strings.Repeat("x", 5000))
				w.(http.Flusher).Flush()
			}
		}},
		{name: "error", status: 429, handler: func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "slow down", http.StatusTooManyRequests)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var bodies atomic.Int64
			addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				if string(b) == `{"a":1}` && r.Header.Get("Authorization") == "Bearer k" && r.URL.Path == "/p" {
					bodies.Add(1)
				}
				c.handler(w, r)
			})
			conn, err := load.Dial(t.Context(), addr)
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close()) }()
			req := load.NewRequest(addr, "/p", "k", []byte(`{"a":1}`))
			for range 3 { // the connection is left where the next answer begins
				err = conn.Do(req)
				if c.status == 0 {
					require.NoError(t, err)
					continue
				}
				var status *load.StatusError
				require.ErrorAs(t, err, &status)
				require.Equal(t, c.status, status.Code)
				require.Contains(t, status.Body, "slow down")
			}
			require.EqualValues(t, 3, bodies.Load())
		})
	}
}

func TestClosedCountsAnswersAndFailsOnErrors(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	addr := serve(t, func(http.ResponseWriter, *http.Request) { served.Add(1) })
	f := fleet(t, addr, 4)
	out, err := f.Closed(t.Context(), load.NewRequest(addr, "/", "k", nil), 20*time.Millisecond)
	require.NoError(t, err)
	require.EqualValues(t, served.Load(), out.Requests)
	require.Positive(t, out.Rate())

	bad := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	_, err = fleet(t, bad, 2).Closed(t.Context(), load.NewRequest(bad, "/", "k", nil), 20*time.Millisecond)
	require.ErrorContains(t, err, "status 502")
}

func TestOpenCountsLatencyFromTheSchedule(t *testing.T) {
	t.Parallel()
	const stall = 40 * time.Millisecond
	var n atomic.Int64
	addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			select { // the first answer stalls; one connection serves all
			case <-time.After(stall):
			case <-r.Context().Done():
			}
		}
	})
	samples, err := fleet(t, addr, 1).Open(t.Context(), load.NewRequest(addr, "/", "k", nil), 200, 50*time.Millisecond)
	require.NoError(t, err)
	require.Len(t, samples, 10)
	late := 0
	for _, s := range samples {
		if s >= stall/4 {
			late++
		}
	}
	require.GreaterOrEqual(t, late, 3, "requests that waited behind the stall count their wait: %v", samples)
}

func TestStreamsTakeTheTimeFromTheChunk(t *testing.T) {
	t.Parallel()
	const chunks = 5
	sent := time.Now().Add(-time.Hour)
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for range chunks {
			_, _ = io.WriteString(w, "data: {\"content\":\""+load.Stamp+itoa(sent.UnixNano())+" \"}\n\n")
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, "data: [DONE]\n\n")
	})
	f := fleet(t, addr, 3)
	delays, err := f.Streams(t.Context(), load.NewRequest(addr, "/", "k", nil), chunks, time.Millisecond)
	require.NoError(t, err)
	require.Len(t, delays, 3*chunks)
	for _, d := range delays {
		require.GreaterOrEqual(t, d, time.Hour)
	}
	_, err = f.Streams(t.Context(), load.NewRequest(addr, "/", "k", nil), chunks+1, time.Millisecond)
	require.ErrorContains(t, err, "5 chunks came, want 6")
}

func TestHoldReturnsAtTheFirstEventAndKeepsTheStreamOpen(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{}, 2)
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "data: x\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	})
	f, err := load.NewFleet(t.Context(), addr, 2)
	require.NoError(t, err)
	require.NoError(t, f.Hold(t.Context(), load.NewRequest(addr, "/", "k", nil)))
	require.Empty(t, gone)
	require.NoError(t, f.Close())
	<-gone
	<-gone
}

func TestSent(t *testing.T) {
	t.Parallel()
	at, ok := load.Sent([]byte(`{"content":" at=1790000000000000001 "}`))
	require.True(t, ok)
	require.EqualValues(t, 1790000000000000001, at.UnixNano())
	for _, bad := range []string{"", "[DONE]", "at=", "at=x", `{"content":"at=99999999999999999999"}`} {
		_, ok := load.Sent([]byte(bad))
		require.False(t, ok, bad)
	}
}

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}
