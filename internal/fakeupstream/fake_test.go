package fakeupstream_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client returns a client without retries, reuse or decompression.
func client(t *testing.T, s *fakeupstream.Server) *http.Client {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	if pool := s.RootCAs(); pool != nil {
		tr := s.Transport()
		tr.DisableCompression = true
		c.Transport = tr
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func post(ctx context.Context, t *testing.T, s *fakeupstream.Server, path, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer sk-x")
	return client(t, s).Do(r)
}

// fetch reads the whole answer.
func fetch(t *testing.T, s *fakeupstream.Server, body string) (*http.Response, string, error) {
	t.Helper()
	resp, err := post(t.Context(), t, s, "/v1/chat/completions", body)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func TestCapture(t *testing.T) {
	s := fakeupstream.Start(t)
	const body = "any \x00 bytes,\r\n not only JSON\xff"
	resp, err := post(t.Context(), t, s, "/v1/chat/completions?a=b", body)
	require.NoError(t, err)
	resp.Body.Close()
	got := s.Requests()
	require.Len(t, got, 1)
	require.Equal(t, http.MethodPost, got[0].Method)
	require.Equal(t, "/v1/chat/completions", got[0].Path)
	require.Equal(t, "a=b", got[0].Query)
	require.Equal(t, "HTTP/1.1", got[0].Proto)
	require.Equal(t, "Bearer sk-x", got[0].Header.Get("Authorization"))
	require.Equal(t, body, string(got[0].Body))
	require.NoError(t, got[0].BodyErr)
	require.Equal(t, got[0], <-s.Arrived())
	require.Empty(t, s.Disconnected())
	s.Reset()
	require.Empty(t, s.Requests())
}

func TestScriptThenFallback(t *testing.T) {
	s := fakeupstream.Start(t)
	s.Script(fakeupstream.JSON(500, "one"), fakeupstream.RateLimited("3"), fakeupstream.RateLimited(""))
	s.Fallback(fakeupstream.Echo())
	want := []struct {
		status      int
		body, retry string
	}{{500, "one", ""}, {429, "rate_limit_exceeded", "3"}, {429, "rate_limit_exceeded", ""}, {200, "ping", ""}}
	for _, tt := range want {
		resp, body, err := fetch(t, s, "ping")
		require.NoError(t, err)
		require.Equal(t, tt.status, resp.StatusCode)
		require.Contains(t, body, tt.body)
		require.Equal(t, tt.retry, resp.Header.Get("Retry-After"))
	}
}

func TestConcurrentCapture(t *testing.T) {
	f := fakeupstream.New()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			f.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/embeddings", strings.NewReader(`{"model":"m"}`)))
			f.Requests()
		})
	}
	wg.Wait()
	require.Len(t, f.Requests(), 50)
}

// TestFaults checks what a client sees of each fault: how much arrives, and
// with what error.
func TestFaults(t *testing.T) {
	const one, two = "data: 1\n\n", "data: 2\n\n"
	body := fakeupstream.SSE(one, two)
	all := map[string][]fakeupstream.Option{"http/1": nil, "tls": {fakeupstream.TLS()}, "http/2": {fakeupstream.HTTP2()}}
	tests := []struct {
		name  string
		reply http.Handler
		body  string // what arrives; after a reset it may be less
		says  string // the error; "" for a proper end
	}{
		{"cut in a frame", fakeupstream.CutAfter(12, body), one + "dat", "EOF|INTERNAL_ERROR"},
		{"cut at a frame", fakeupstream.CutAfter(len(one), body), one, "EOF|INTERNAL_ERROR"},
		{"cut beyond the end", fakeupstream.CutAfter(999, body), one + two, "EOF|INTERNAL_ERROR"},
		{"reset", fakeupstream.ResetAfter(12, body), one + "dat", "reset|INTERNAL_ERROR"},
		{"drip", fakeupstream.Drip(body), one + two, ""},
		{"split", fakeupstream.SplitAt(body, 3, 7, 3, 99), one + two, ""},
		{"error in the stream", fakeupstream.ErrorInStream(one), one + fakeupstream.Data(`{"error":{"message":"The server had an error while processing your request","type":"server_error","param":null,"code":null}}`), ""},
		{"redirect without following", fakeupstream.Status(204, ""), "", ""},
	}
	for proto, opts := range all {
		for _, tt := range tests {
			t.Run(proto+"/"+tt.name, func(t *testing.T) {
				s := fakeupstream.Start(t, opts...)
				s.Script(tt.reply)
				_, got, err := fetch(t, s, "{}")
				if tt.says == "" {
					require.NoError(t, err)
					require.Equal(t, tt.body, got)
					return
				}
				require.Error(t, err)
				require.Regexp(t, tt.says, err.Error())
				require.True(t, strings.HasPrefix(tt.body, got), "%q", got)
			})
		}
	}
}

func TestRawFaults(t *testing.T) {
	tests := []struct {
		name  string
		reply http.Handler
		body  string
		says  string
	}{
		{"too long a length", fakeupstream.WrongLength(5, "{}"), "{}", "unexpected EOF"},
		{"too short a length", fakeupstream.WrongLength(-1, "{}"), "{", ""},
		{"not HTTP", fakeupstream.Raw("hello\r\n\r\n"), "", "malformed HTTP"},
		{"garbage", fakeupstream.Garbage("application/json"), "\x00\xff<html>not what you asked for\xfe", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := fakeupstream.Start(t)
			s.Script(tt.reply)
			_, got, err := fetch(t, s, "{}")
			require.Equal(t, tt.body, got)
			if tt.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.says)
			}
		})
	}
}

func TestGzipUnasked(t *testing.T) {
	s := fakeupstream.Start(t)
	s.Script(fakeupstream.Gzip(fakeupstream.SSE("data: 1\n\n", "data: 2\n\n")))
	resp, body, err := fetch(t, s, "{}")
	require.NoError(t, err)
	require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"))
	z, err := gzip.NewReader(strings.NewReader(body))
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, "data: 1\n\ndata: 2\n\n", string(plain))
}

func TestGatedFrames(t *testing.T) {
	s := fakeupstream.Start(t)
	gate := make(chan struct{})
	s.Script(fakeupstream.GatedSSE(gate, "data: 1\n\n", "data: 2\n\n"))
	resp, err := post(t.Context(), t, s, "/", "{}")
	require.NoError(t, err)
	defer resp.Body.Close()
	for _, want := range []string{"data: 1\n\n", "data: 2\n\n"} {
		gate <- struct{}{}
		b := make([]byte, len(want))
		_, err := io.ReadFull(resp.Body, b)
		require.NoError(t, err)
		require.Equal(t, want, string(b))
	}
	_, err = resp.Body.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
}

func TestStallReleased(t *testing.T) {
	s := fakeupstream.Start(t)
	release := make(chan struct{})
	s.Script(fakeupstream.Stall(release, fakeupstream.JSON(200, "late")))
	go func() { <-s.Arrived(); close(release) }()
	_, body, err := fetch(t, s, "{}")
	require.NoError(t, err)
	require.Equal(t, "late", body)
	require.Empty(t, s.Disconnected())
}

// TestDisconnectIsSeen: before the head, in the body, and between frames.
func TestDisconnectIsSeen(t *testing.T) {
	tests := []struct {
		name  string
		reply http.Handler
	}{
		{"stall", fakeupstream.Stall(nil, fakeupstream.OpenAI())},
		{"stall in the body", fakeupstream.StallAfter(3, nil, fakeupstream.SSE("data: 1\n\n"))},
		{"stall after the head", fakeupstream.StallAfter(0, nil, fakeupstream.SSE("data: 1\n\n"))},
		{"gate", fakeupstream.GatedSSE(make(chan struct{}), "data: 1\n\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := fakeupstream.Start(t)
			s.Script(tt.reply)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-s.Arrived(); cancel() }()
			if resp, err := post(ctx, t, s, "/", "the one"); err == nil {
				_, err = io.ReadAll(resp.Body)
				require.ErrorIs(t, err, context.Canceled)
				resp.Body.Close()
			}
			require.Equal(t, "the one", string((<-s.Disconnected()).Body))
		})
	}
}

// TestStopReleasesStalls: the end of a test waits for nothing and is not taken
// for a client that left.
func TestStopReleasesStalls(t *testing.T) {
	s := fakeupstream.Start(t)
	s.Script(fakeupstream.Stall(nil, fakeupstream.OpenAI()))
	go func() { <-s.Arrived(); s.Stop() }()
	_, _, err := fetch(t, s, "{}")
	require.Error(t, err)
	require.Empty(t, s.Disconnected())
	_, _, err = fetch(t, s, "{}")
	require.Error(t, err, "nobody answers any more")
}
