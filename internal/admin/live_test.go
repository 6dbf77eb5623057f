package admin_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/admin/admintest"
	"github.com/plexus-gateway/plexus/internal/record"
)

// sink is a ResponseWriter that tells what has been flushed.
type sink struct {
	mu      sync.Mutex
	header  http.Header
	pending strings.Builder
	flushed strings.Builder
	flushes int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.Write(b)
}

func (s *sink) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushed.WriteString(s.pending.String())
	s.pending.Reset()
	s.flushes++
}

func (s *sink) seen() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushed.String(), s.flushes
}

// watch opens a live stream inside a synctest bubble; ended closes when it ends.
func (h *house) watch(ctx context.Context, query string, headers ...string) (out *sink, ended chan struct{}) {
	out, ended = &sink{header: http.Header{}}, make(chan struct{})
	r := httptest.NewRequest("GET", "/v0/requests/live"+query, nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+admintest.Secret)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Del("Authorization")
		r.Header.Set(headers[i], headers[i+1])
	}
	go func() {
		defer close(ended)
		h.handler.ServeHTTP(out, r)
	}()
	synctest.Wait()
	return out, ended
}

func sample(n byte, key string) record.Record {
	return record.Record{ID: uuid.UUID{15: n}, Start: noon, KeyName: key, Status: record.StatusOK, UsageSource: "none"}
}

func TestLiveFlushesWithin250ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		ctx, cancel := context.WithCancel(t.Context())
		out, ended := h.watch(ctx, "")
		text, flushes := out.seen()
		require.Equal(t, ": connected\n\n", text)
		require.Equal(t, 1, flushes)
		require.Equal(t, "text/event-stream", out.header.Get("Content-Type"))

		for n := range byte(50) {
			h.Log.Append(sample(n, "ada"))
		}
		synctest.Wait()
		_, flushes = out.seen()
		require.Equal(t, 1, flushes, "a burst waits")
		time.Sleep(250 * time.Millisecond)
		synctest.Wait()
		text, flushes = out.seen()
		require.Equal(t, 2, flushes, "and is one flush")
		require.Equal(t, 50, strings.Count(text, "event: request\nid: "))
		require.Contains(t, text, `data: {"id":"00000000-0000-0000-0000-000000000031"`)

		cancel()
		<-ended
		require.Zero(t, h.Log.Subscribers())
	})
}

func TestLiveFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		ctx, cancel := context.WithCancel(t.Context())
		out, ended := h.watch(ctx, "?key=ada")
		h.Log.Append(sample(1, "bob"))
		h.Log.Append(sample(2, "ada"))
		time.Sleep(time.Second)
		synctest.Wait()
		text, _ := out.seen()
		require.Equal(t, 1, strings.Count(text, "event: request"))
		require.Contains(t, text, "id: 00000000-0000-0000-0000-000000000002\n")
		cancel()
		<-ended
	})
}

func TestLiveKeepsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		ctx, cancel := context.WithCancel(t.Context())
		out, ended := h.watch(ctx, "")
		time.Sleep(46 * time.Second)
		synctest.Wait()
		text, _ := out.seen()
		require.Equal(t, 3, strings.Count(text, ": keep-alive\n\n"))
		cancel()
		<-ended
	})
}

func TestLiveEnds(t *testing.T) {
	tests := []struct {
		name string
		end  func(h *house, cookie string, done chan struct{})
	}{
		{"on sign-out, at once", func(h *house, cookie string, _ chan struct{}) {
			h.anonymous("DELETE", "/v0/session", "", "Cookie", cookie)
		}},
		{"when the session expires, within a keep-alive", func(h *house, _ string, _ chan struct{}) {
			h.setClock(noon.Add(48 * time.Hour))
			time.Sleep(16 * time.Second)
		}},
		{"when the process stops", func(_ *house, _ string, done chan struct{}) { close(done) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				h := newHouse(t, func(d *admin.Deps) { d.Done = done })
				cookie := h.signIn(t)
				_, ended := h.watch(t.Context(), "", "Cookie", cookie)
				require.Equal(t, 1, h.Log.Subscribers())
				tt.end(h, cookie, done)
				<-ended // a stream that stays open deadlocks the bubble, which fails the test
				require.Zero(t, h.Log.Subscribers())
			})
		})
	}
}

// TestLiveOverTheNetwork proves that events pass a real server unbuffered.
func TestLiveOverTheNetwork(t *testing.T) {
	h := newHouse(t)
	server := httptest.NewServer(h.handler)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/v0/requests/live", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+admintest.Secret)
	resp, err := server.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	require.True(t, lines.Scan())
	require.Equal(t, ": connected", lines.Text())
	h.Log.Append(sample(7, "ada"))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "id: ") {
			require.Equal(t, "id: 00000000-0000-0000-0000-000000000007", lines.Text())
			return
		}
	}
	t.Fatal("the stream ended without the event")
}
