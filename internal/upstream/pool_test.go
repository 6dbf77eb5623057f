package upstream_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// conns counts the connections of a server by what became of them.
type conns struct {
	mu     sync.Mutex
	opened int
	closed chan struct{}
}

func (c *conns) watch(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		c.mu.Lock()
		c.opened++
		c.mu.Unlock()
	case http.StateClosed:
		c.closed <- struct{}{}
	default:
	}
}

func (c *conns) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened
}

func countingServer(t *testing.T, h http.Handler) (*httptest.Server, *conns) {
	t.Helper()
	c := &conns{closed: make(chan struct{}, 100)}
	ts := httptest.NewUnstartedServer(h)
	ts.Config.ConnState = c.watch
	ts.Start()
	t.Cleanup(ts.Close)
	return ts, c
}

func newPool(t *testing.T, o upstream.Options) *upstream.Pool {
	t.Helper()
	p := upstream.NewPool(o)
	t.Cleanup(p.Close)
	return p
}

func TestPoolKeepsWarmConnections(t *testing.T) {
	ts, seen := countingServer(t, fakeupstream.JSON(http.StatusOK, "{}"))
	p := newPool(t, upstream.Options{})
	get := func(c upstream.Config) {
		_, _, err := call(t, p.RoundTripper(c), newRequest(t.Context(), t, ts.URL, ""))
		require.NoError(t, err)
	}
	yes := true
	a := upstream.Config{Provider: "a", AllowPrivate: true}
	same := upstream.Config{Provider: "a", AllowPrivate: true, HTTP2: &yes, MaxIdlePerHost: 256}
	b := upstream.Config{Provider: "b", AllowPrivate: true}

	get(a)
	p.Retain([]upstream.Config{same})
	get(same)
	require.Equal(t, 1, seen.count(), "a reload that changes nothing keeps the connection")
	get(b)
	require.Equal(t, 2, seen.count(), "providers share no connection")

	p.Retain([]upstream.Config{b})
	<-seen.closed
	get(b)
	require.Equal(t, 2, seen.count(), "the other provider's is still warm")
	get(a)
	require.Equal(t, 3, seen.count(), "the removed provider's was closed")
}

// TestPoolRemovalSparesRequests: a request under way survives the removal of
// its provider, and its connection is closed after it.
func TestPoolRemovalSparesRequests(t *testing.T) {
	gate := make(chan struct{})
	ts, seen := countingServer(t, fakeupstream.GatedSSE(gate, "data: 1\n\n"))
	p := newPool(t, upstream.Options{})
	resp, err := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true}).RoundTrip(newRequest(t.Context(), t, ts.URL, ""))
	require.NoError(t, err)
	defer resp.Body.Close()
	p.Retain(nil)
	close(gate)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "data: 1\n\n", string(b))
	<-seen.closed
}

func TestPoolRefusesPrivateUnlessAllowed(t *testing.T) {
	fake := fakeupstream.Start(t)
	p := newPool(t, upstream.Options{})
	_, err := p.RoundTripper(upstream.Config{Provider: "a"}).RoundTrip(newRequest(t.Context(), t, fake.URL, "{}"))
	e := upstream.Classify(t.Context(), "a", err)
	require.Equal(t, upstream.CodeBlocked, e.Code)
	require.Empty(t, fake.Requests())
}

func TestPoolProtocols(t *testing.T) {
	no := false
	fake := fakeupstream.Start(t, fakeupstream.HTTP2())
	p := newPool(t, upstream.Options{RootCAs: fake.RootCAs()})
	tests := []struct {
		name  string
		http2 *bool
		proto string
	}{
		{"negotiated", nil, "HTTP/2.0"},
		{"switched off", &no, "HTTP/1.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake.Reset()
			rt := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true, HTTP2: tt.http2})
			resp, _, err := call(t, rt, newRequest(t.Context(), t, fake.BaseURL()+"/models", ""))
			require.NoError(t, err)
			require.Equal(t, tt.proto, resp.Proto)
			require.Equal(t, tt.proto, fake.Requests()[0].Proto)
		})
	}
}

func TestPoolDeliversVerbatim(t *testing.T) {
	fake := fakeupstream.Start(t)
	p := newPool(t, upstream.Options{})
	rt := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true})

	fake.Script(fakeupstream.Gzip(fakeupstream.JSON(http.StatusOK, `{"a":1}`)), fakeupstream.Redirect(fake.URL+"/elsewhere"))
	resp, body, err := call(t, rt, newRequest(t.Context(), t, fake.URL, "{ }"))
	require.NoError(t, err)
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	require.Equal(t, "\x1f\x8b", body[:2], "not decompressed")
	require.NotContains(t, fake.Requests()[0].Header, "Accept-Encoding", "nor asked for")
	require.Equal(t, "{ }", string(fake.Requests()[0].Body))

	resp, _, err = call(t, rt, newRequest(t.Context(), t, fake.URL, "{}"))
	require.NoError(t, err)
	require.Equal(t, http.StatusTemporaryRedirect, resp.StatusCode)
	require.Len(t, fake.Requests(), 2, "the redirect is not followed")
}

func TestPoolIgnoresProxyEnvironment(t *testing.T) {
	fake := fakeupstream.Start(t)
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	p := newPool(t, upstream.Options{Resolver: names(t, "127.0.0.1")})
	_, port, err := net.SplitHostPort(fake.URL[len("http://"):])
	require.NoError(t, err)
	rt := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true})
	_, _, err = call(t, rt, newRequest(t.Context(), t, "http://vendor.example:"+port+"/v1/models", ""))
	require.NoError(t, err)
}

func TestPoolServesInProcess(t *testing.T) {
	p := newPool(t, upstream.Options{InProcess: map[string]http.Handler{"local": fakeupstream.OpenAI()}})
	resp, body, err := call(t, p.RoundTripper(upstream.Config{Provider: "a"}), newRequest(t.Context(), t, "local://host/v1/models", ""))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, body, "fake-model")

	_, err = p.RoundTripper(upstream.Config{Provider: "a"}).RoundTrip(newRequest(t.Context(), t, "other://host/", ""))
	require.Error(t, err)
}

// TestPoolCancelsUpstream: a cancelled request is seen by the upstream at once.
func TestPoolCancelsUpstream(t *testing.T) {
	for name, opts := range map[string][]fakeupstream.Option{"http/1": nil, "http/2": {fakeupstream.HTTP2()}} {
		t.Run(name, func(t *testing.T) {
			fake := fakeupstream.Start(t, opts...)
			fake.Script(fakeupstream.Stall(nil, fakeupstream.OpenAI()))
			p := newPool(t, upstream.Options{RootCAs: fake.RootCAs()})
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-fake.Arrived(); cancel() }()
			_, err := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true}).RoundTrip(newRequest(ctx, t, fake.URL, "{}"))
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, "{}", string((<-fake.Disconnected()).Body))
		})
	}
}
