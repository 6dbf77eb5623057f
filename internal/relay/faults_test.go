package relay_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// deadAddress returns a base URL nobody listens at.
func deadAddress(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return "http://" + ln.Addr().String() + "/v1"
}

// TestUpstreamFaults: each has its status, its code and a clear message, holds
// neither address nor credential, and is recorded.
func TestUpstreamFaults(t *testing.T) {
	tests := []struct {
		name     string
		h        http.Handler
		status   int
		code     string
		kind     string
		says     string
		streamed bool
	}{
		{"a stream nobody asked for", fakeupstream.SSE(done), 502, "upstream_garbage", "upstream", "not asked for", false},
		{"garbage as JSON", fakeupstream.Garbage("application/json"), 502, "upstream_garbage", "upstream", "not JSON", false},
		{"garbage as a stream", fakeupstream.Garbage("text/event-stream"), 502, "upstream_cut", "upstream", "ended before", true},
		{"HTML", fakeupstream.Status(200, "<!doctype html><p>hi", "Content-Type", "text/html"), 502, "upstream_garbage", "upstream", "not JSON", false},
		{"empty", fakeupstream.Status(200, "", "Content-Type", "application/json"), 502, "upstream_garbage", "upstream", "empty", false},
		{"empty stream", fakeupstream.SSE(), 502, "upstream_cut", "upstream", "ended before", true},
		{"stream of comments only", fakeupstream.SSE(": a\n\n", ": b\n\n"), 502, "upstream_cut", "upstream", "ended before", true},
		{"204", fakeupstream.Status(204, ""), 502, "upstream_garbage", "upstream", "empty", false},
		{"compressed unasked, unreadably", fakeupstream.Status(200, "x", "Content-Type", "application/json", "Content-Encoding", "br"), 502, "upstream_garbage", "upstream", "content-encoding", false},
		{"said to be compressed", fakeupstream.Status(200, "{}", "Content-Type", "application/json", "Content-Encoding", "gzip"), 502, "upstream_cut", "connection", "", false},
		{"redirect", fakeupstream.Redirect("http://169.254.169.254/latest"), 502, "upstream_error", "upstream", "redirect", false},
		{"not HTTP", fakeupstream.Raw("SSH-2.0-x\r\n\r\n"), 502, "upstream_garbage", "upstream", "not valid HTTP", false},
		{"closes at once", fakeupstream.CutAfter(0, fakeupstream.Raw("")), 502, "upstream_cut", "connection", "closed", false},
		{"cut before the body", fakeupstream.Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"), 502, "upstream_cut", "connection", "complete", false},
		{"stall before the head", fakeupstream.Stall(nil, nil), 504, "upstream_timeout", "timeout", "first byte", false},
		{"stall before the body", fakeupstream.StallAfter(0, nil, fakeupstream.JSON(200, `{}`)), 504, "upstream_timeout", "timeout", "idle", false},
		{"stall before the first event", fakeupstream.StallAfter(0, nil, fakeupstream.SSE("data: x\n\n")), 504, "upstream_timeout", "timeout", "idle", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, up := newWorld(t, func(s *setup) { s.timeout = 150 * time.Millisecond })
			up.Script(tt.h)
			body := `{"model":"m","messages":[]}`
			if tt.streamed {
				body = streamBody
			}
			e := w.fails(w.post(chatPath, body), tt.status, tt.code)
			require.Contains(t, e.Message, tt.says)
			require.Contains(t, e.Message, `provider "up"`)
			require.NotContains(t, e.Message, "169.254")
			rec := w.only()
			require.Equal(t, record.StatusFailed, rec.Status)
			require.Equal(t, []string{tt.kind, tt.code}, []string{rec.ErrorKind, rec.ErrorCode})
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.NotContains(t, w.logs.String(), canary)
		})
	}
}

func TestUpstreamsThatCannotBeReached(t *testing.T) {
	secure := fakeupstream.Start(t, fakeupstream.TLS())
	plain := fakeupstream.Start(t)
	tests := []struct{ name, base, code, says string }{
		{"refused", deadAddress(t), "upstream_refused", "refused"},
		{"unknown authority", secure.BaseURL(), "upstream_tls", "unknown authority"},
		{"no TLS there", strings.Replace(plain.BaseURL(), "http:", "https:", 1), "upstream_tls", "TLS"},
		{"metadata service", "http://169.254.169.254/v1", "upstream_blocked", "not dialed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := newWorld(t, func(s *setup) { s.ups, s.bases = nil, map[string]string{"up": tt.base} })
			e := w.fails(w.chat(502), 502, tt.code)
			require.Contains(t, e.Message, tt.says)
			require.NotContains(t, e.Message, "169.254")
			rec := w.only()
			require.Equal(t, record.StatusFailed, rec.Status)
			require.Equal(t, tt.code, rec.ErrorCode)
		})
	}
}

// TestACutBodyIsNotTakenForAWholeOne: the client has seen a part.
func TestACutBodyIsNotTakenForAWholeOne(t *testing.T) {
	body := `{"id":"x","choices":[{"finish_reason":"stop"}]}`
	for name, h := range map[string]http.Handler{
		"cut":          fakeupstream.CutAfter(10, fakeupstream.JSON(200, body)),
		"reset":        fakeupstream.ResetAfter(10, fakeupstream.JSON(200, body)),
		"wrong length": fakeupstream.WrongLength(20, body),
		"stall":        fakeupstream.StallAfter(10, nil, fakeupstream.JSON(200, body)),
		"white space":  fakeupstream.SplitAt(fakeupstream.Status(200, strings.Repeat(" ", 40<<10)+"<html>", "Content-Type", "application/json"), 34<<10),
	} {
		t.Run(name, func(t *testing.T) {
			w, up := newWorld(t, func(s *setup) { s.timeout = 150 * time.Millisecond })
			up.Script(h)
			resp, err := w.client.Do(w.request(t.Context(), http.MethodPost, chatPath, `{"model":"m","messages":[]}`))
			rec := w.only()
			require.Equal(t, record.StatusFailed, rec.Status)
			if err != nil { // the part did not get out before the cut
				return
			}
			defer resp.Body.Close()
			b := new(strings.Builder)
			_, err = fmt.Fprint(b, readAll(resp))
			require.NoError(t, err)
			if resp.StatusCode != 200 { // a reset may lose what was under way, and then nothing was sent
				require.Equal(t, "reset", name)
				return
			}
			require.Contains(t, b.String(), "unexpected EOF")
		})
	}
}

func readAll(resp *http.Response) string {
	var b strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := resp.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return b.String() + err.Error()
		}
	}
}

// TestIdleInMidStream: an error event, and the row says why.
func TestIdleInMidStream(t *testing.T) {
	w, up := newWorld(t, func(s *setup) { s.timeout = 150 * time.Millisecond })
	content := chunk(`[{"delta":{"content":"a"}}]`, "")
	up.Script(fakeupstream.StallAfter(len(content), nil, fakeupstream.SSE(content, content)))
	r := w.post(chatPath, streamBody)
	require.NoError(t, r.err)
	rest, ok := strings.CutPrefix(r.body, content)
	require.True(t, ok)
	require.Equal(t, upstream.CodeTimeout, decodeError(t, strings.TrimPrefix(rest, "data: ")).Code)
	rec := w.only()
	require.Equal(t, record.StatusFailed, rec.Status)
	require.Equal(t, "timeout", rec.ErrorKind)
	receive(t, up.Disconnected())
}

func TestUpstreamErrorsPass(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		kind, code string
	}{
		{"verbatim", "{ \"error\" : {\"message\":\"no\", \"type\":\"t\", \"code\":\"c\", \"extra\":[1.0]} , \"more\":true}\n", 400, "invalid", "c"},
		{"context", `{"error":{"message":"too long","code":"context_length_exceeded"}}`, 400, "context_length", "context_length_exceeded"},
		{"quota", `{"error":{"message":"pay","code":"insufficient_quota"}}`, 429, "quota", "insufficient_quota"},
		{"filter", `{"error":{"message":"bad","code":"content_filter"}}`, 400, "content_filter", "content_filter"},
		{"teapot", `{"error":{"message":"tea"}}`, 418, "invalid", "upstream_error"},
		{"unavailable", `{"error":{"message":"busy","code":503}}`, 503, "overloaded", "503"},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(fakeupstream.Status(tt.status, tt.body, "Content-Type", "application/json", "Retry-After", "7", "X-Request-Id", "up-7"))
			r := w.chat(tt.status)
			require.Equal(t, tt.body, r.body)
			require.Equal(t, "7", r.Header.Get("Retry-After"))
			require.Equal(t, "up-7", r.Header.Get("X-Upstream-Request-Id"))
			rec := w.only()
			require.Equal(t, []string{tt.kind, tt.code, "up-7"}, []string{rec.ErrorKind, rec.ErrorCode, rec.UpstreamID})
			require.Equal(t, record.StatusFailed, rec.Status)
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.Equal(t, int64(len(r.body)), rec.ResponseBytes)
		})
	}
}

// TestUpstreamErrorsThatAreNotInTheDialect are put into it.
func TestUpstreamErrorsThatAreNotInTheDialect(t *testing.T) {
	tests := []struct {
		name, body string
		says       string
	}{
		{"HTML", "<html>Bad gateway", "500 Internal Server Error"},
		{"empty", "", "500 Internal Server Error"},
		{"a detail", `{"detail":"out of memory"}`, "out of memory"},
		{"a string", `{"error":"out of memory"}`, "out of memory"},
		{"a message", `{"message":"out of memory"}`, "out of memory"},
		{"duplicates", `{"error":{"message":"x"},"error":{"message":"y"}}`, "y"},
		{"huge", `{"error":{"message":"` + strings.Repeat("x", 70<<10) + `"}}`, "500 Internal Server Error"},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Script(fakeupstream.JSON(500, tt.body))
			e := w.fails(w.chat(500), 500, "upstream_error")
			require.Contains(t, e.Message, tt.says)
			w.only()
		})
	}
}

// TestARefusedCredentialIsOurs: the client's own key is not at fault, and what
// the vendor says may quote a part of ours.
func TestARefusedCredentialIsOurs(t *testing.T) {
	for _, status := range []int{401, 403} {
		w, up := newWorld(t)
		up.Script(fakeupstream.JSON(status, `{"error":{"message":"Incorrect API key provided: sk-prov***3210","code":"invalid_api_key"}}`))
		r := w.chat(502)
		e := w.fails(r, 502, "upstream_auth")
		require.Contains(t, e.Message, `provider "up"`)
		require.NotContains(t, r.body, "3210")
		require.Empty(t, r.Header.Get("Www-Authenticate"))
		rec := w.only()
		require.Equal(t, []string{"auth", "upstream_auth"}, []string{rec.ErrorKind, rec.ErrorCode})
		require.NotContains(t, rec.ErrorMessage, "3210")
	}
}

// TestCredentialsInErrorBodiesAreScrubbed, however the vendor spells them.
func TestCredentialsInErrorBodiesAreScrubbed(t *testing.T) {
	escaped := strings.ReplaceAll(canary, "/", `\/`)
	w, up := newWorld(t)
	for _, secret := range []string{canary, escaped} {
		for _, body := range []string{
			`{"error":{"message":"the key %s is odd","code":"%[1]s"}}`, `{"error":{"message":"odd"},"headers":{"authorization":"Bearer %s"}}`,
			`{"detail":"the key %s is odd"}`, `not JSON: %s`,
		} {
			up.Script(fakeupstream.JSON(500, fmt.Sprintf(body, secret)))
			r := w.chat(500)
			rec := w.only()
			for _, text := range []string{r.body, rec.ErrorMessage, rec.ErrorCode, w.logs.String()} {
				require.NotContains(t, text, canary, body)
				require.NotContains(t, text, escaped, body)
			}
			require.Contains(t, r.body, `"error"`)
		}
	}
}
