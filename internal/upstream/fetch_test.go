package upstream_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

const png = "\x89PNG\r\n\x1a\n0000"

func files(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	serve := func(path, contentType, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				if name != "User-Agent" && name != "Accept" && (name != "Accept-Encoding" || r.Header.Get(name) != "identity") {
					w.WriteHeader(http.StatusTeapot) // nothing of the client's may arrive
					return
				}
			}
			if contentType != "" {
				w.Header().Set("Content-Type", contentType)
			}
			_, _ = w.Write([]byte(body))
		})
	}
	serve("/a.png", "image/png; q=1", png)
	serve("/octets", "application/octet-stream", png)
	serve("/page", "text/html", "<html>")
	serve("/large", "image/png", strings.Repeat("x", 20<<20+1))
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.png", http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/packed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Content-Encoding"] = []string{"image/png"}, []string{"gzip"}
		_, _ = w.Write([]byte(png))
	})
	mux.HandleFunc("/user", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://user:pass@"+r.Host+"/a.png", http.StatusFound)
	})
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://[::ffff:169.254.169.254]/latest/meta-data", http.StatusFound)
	})
	ts := httptest.NewServer(mux)
	t.Cleanup(ts.Close)
	return ts
}

func TestFetch(t *testing.T) {
	ts := files(t)
	f := upstream.NewFetcher(upstream.Policy{AllowPrivate: true})
	for _, path := range []string{"/a.png", "/octets", "/moved"} {
		data, mime, err := f.Fetch(t.Context(), ts.URL+path)
		require.NoError(t, err)
		require.Equal(t, png, string(data))
		require.Equal(t, "image/png", mime)
	}
	for path, says := range map[string]string{
		"/page": "neither a picture", "/large": "larger than 20 MiB", "/gone": "answered 404", "/round": "could not be had", "/file": "could not be had",
		"/packed": "compressed", "/user": "could not be had", "/inside": "not a public one",
	} {
		_, _, err := f.Fetch(t.Context(), ts.URL+path+"?sig=secret-signature")
		var e *llm.Error
		require.ErrorAs(t, err, &e, path)
		require.Equal(t, llm.KindInvalid, e.Kind)
		require.Contains(t, e.Message, says, path)
		require.NotContains(t, e.Message, "secret-signature")
	}
	for _, address := range []string{"ftp://x/y", "file:///etc/passwd", "http://user:pass@example.com/", "://", ""} {
		_, _, err := f.Fetch(t.Context(), address)
		require.Error(t, err, address)
	}
}

// TestFetchDialsPublicAddressesOnly: a client must not reach what is near us.
func TestFetchDialsPublicAddressesOnly(t *testing.T) {
	ts := files(t)
	f := upstream.NewFetcher(upstream.Policy{})
	for _, address := range []string{ts.URL + "/a.png", "http://localhost:1/a.png", "http://169.254.169.254/latest/meta-data", "http://[::1]:1/", "http://10.0.0.1/", "http://[::ffff:127.0.0.1]:1/", "http://[fe80::1%25lo]:1/"} {
		_, _, err := f.Fetch(t.Context(), address)
		require.ErrorContains(t, err, "not a public one", address)
	}
}
