package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/ui"
)

// FuzzServe asks for any path in any encoding: nothing but the built files may
// come out, and always under the policy.
func FuzzServe(f *testing.F) {
	for _, seed := range [][2]string{
		{"/ui/", "br"}, {"/ui/../etc/passwd", ""}, {"/ui/assets/app-1.js", "gzip;q=0"}, {"/ui/assets/%2e%2e/x.js", ", ;q=,"}, {"/ui", "*"},
	} {
		f.Add(seed[0], seed[1])
	}
	h, err := ui.New(fstest.MapFS{
		"index.html": file("index"), "index.html.br": file("index"), "assets/app-1.js": file("app"), "assets/app-1.js.gz": file("app"),
	})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path, accept string) {
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: path}
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Contains(t, []string{"index", "app", "no such file\n"}, w.Body.String())
		require.NotEmpty(t, w.Header().Get("Content-Security-Policy"))
	})
}
