package relay_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// TestForbiddenHeadersNeverReachTheUpstream: the gateway key in all its
// places, and whatever tells of the client's network and session.
func TestForbiddenHeadersNeverReachTheUpstream(t *testing.T) {
	w, up := newWorld(t, func(s *setup) {
		s.headers = http.Header{"X-Provider": {"own-header"}, "User-Agent": {"ours"}}
	})
	const mark = "forbidden-mark"
	forbidden := []string{
		"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "Forwarded", "X-Real-Ip", "Via", "X-Plexus-Anything", "X-Request-Id", "Openai-Organization", "Openai-Project",
		"Accept-Encoding", "X-Unknown", "Te", "Referer", "Origin",
	}
	for _, place := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "?key="} {
		t.Run(place, func(t *testing.T) {
			w := w.in(t)
			up.Reset()
			path := chatPath + "?x=1"
			req := w.request(t.Context(), http.MethodPost, path, `{"model":"m","messages":[]}`)
			for _, name := range forbidden {
				req.Header.Set(name, mark)
			}
			for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key"} {
				req.Header.Del(name)
			}
			req.Header.Set("Openai-Beta", "passes")
			if place == "?key=" {
				req.URL.RawQuery += "&key=" + clientSecret
			} else {
				req.Header.Set(place, clientSecret)
			}
			r := w.do(req)
			require.Equal(t, 200, r.StatusCode, r.body)
			w.only()
			got := up.Requests()[0]
			require.Empty(t, got.Query)
			for name, values := range got.Header {
				require.NotContains(t, strings.Join(values, " "), mark, name)
				require.NotContains(t, strings.Join(values, " "), clientSecret, name)
			}
			require.Equal(t, []string{"Bearer " + canary}, got.Header["Authorization"])
			require.Equal(t, []string{"own-header"}, got.Header["X-Provider"])
			require.Equal(t, []string{"ours"}, got.Header["User-Agent"])
			require.Equal(t, []string{"passes"}, got.Header["Openai-Beta"])
			known := []string{"Authorization", "X-Provider", "User-Agent", "Openai-Beta", "Content-Type", "Content-Length"}
			for name := range got.Header {
				require.True(t, slices.Contains(known, name), "unexpected header %s", name)
			}
		})
	}
}

func TestHeadersOfTheAnswer(t *testing.T) {
	w, up := newWorld(t)
	up.Script(fakeupstream.Status(200, `{"id":"x"}`, "Content-Type", "application/json", "Set-Cookie", "a=b", "X-Request-Id", "up-1",
		"Server", "nginx", "Openai-Processing-Ms", "7", "Openai-Organization", "org-secret", "X-Unknown", "y"))
	r := w.chat(200, "X-Client-Request-Id", strings.Repeat("c", 300))
	rec := w.only()
	for _, name := range []string{"Set-Cookie", "Server", "X-Unknown", "Openai-Organization"} {
		require.Empty(t, r.Header.Values(name), name)
	}
	require.Equal(t, "7", r.Header.Get("Openai-Processing-Ms"))
	require.Equal(t, "up-1", r.Header.Get("X-Upstream-Request-Id"))
	require.Equal(t, []string{rec.ID.String()}, r.Header.Values("X-Request-Id"))
	require.Equal(t, "x", rec.UpstreamID)
	require.Equal(t, strings.Repeat("c", 255), r.Header.Get("X-Client-Request-Id"))
	require.Equal(t, strings.Repeat("c", 255), rec.ClientRequestID)

	up.Script(fakeupstream.Status(500, `{}`, "Set-Cookie", "a=b", "X-Request-Id", strings.Repeat("u", 5000)))
	r = w.chat(500)
	require.Empty(t, r.Header.Values("Set-Cookie"))
	rec = w.only()
	require.Equal(t, rec.ID.String(), r.Header.Get("X-Request-Id"))
	require.Len(t, rec.UpstreamID, 256)

	for _, bad := range []reply{w.post(chatPath, `{`), w.post(chatPath, `{}`, "Authorization", "nobody")} {
		rec := w.record()
		require.Equal(t, rec.ID.String(), bad.Header.Get("X-Request-Id"))
	}
	require.NotEmpty(t, w.do(w.request(t.Context(), http.MethodGet, "/v1/models", "")).Header.Get("X-Request-Id"))
}
