package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/ui"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func built(t *testing.T) http.Handler {
	t.Helper()
	h, err := ui.New(fstest.MapFS{
		".keep":                       file(""),
		"index.html":                  file("<html>index"),
		"index.html.br":               file("BR(index)"),
		"index.html.gz":               file("GZ(index)"),
		"theme.js":                    file("theme"),
		"assets/app-D4f9.js":          file("app"),
		"assets/app-D4f9.js.gz":       file("GZ(app)"),
		"assets/inter-B81c.woff2":     file("font"),
		"assets/style-Cc02.css":       file("css"),
		"assets/picture-Cc02.unknown": file("?"),
	})
	require.NoError(t, err)
	return h
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFiles(t *testing.T) {
	const forever, ask = "public, max-age=31536000, immutable", "no-cache"
	tests := []struct {
		name, path, accept string
		status             int
		body, kind, coding string
		cache              string
	}{
		{"the index", "/ui/", "", 200, "<html>index", "text/html; charset=utf-8", "", ask},
		{"brotli first", "/ui/", "gzip, deflate, br", 200, "BR(index)", "text/html; charset=utf-8", "br", ask},
		{"gzip", "/ui/", "gzip", 200, "GZ(index)", "text/html; charset=utf-8", "gzip", ask},
		{"brotli refused", "/ui/", "br;q=0, gzip;q=0.5", 200, "GZ(index)", "text/html; charset=utf-8", "gzip", ask},
		{"a hashed asset", "/ui/assets/app-D4f9.js", "", 200, "app", "text/javascript; charset=utf-8", "", forever},
		{"a hashed asset, coded", "/ui/assets/app-D4f9.js", "br, gzip", 200, "GZ(app)", "text/javascript; charset=utf-8", "gzip", forever},
		{"a font", "/ui/assets/inter-B81c.woff2", "br", 200, "font", "font/woff2", "", forever},
		{"a style sheet", "/ui/assets/style-Cc02.css", "", 200, "css", "text/css; charset=utf-8", "", forever},
		{"an unknown kind", "/ui/assets/picture-Cc02.unknown", "", 200, "?", "application/octet-stream", "", forever},
		{"an unhashed file", "/ui/theme.js", "", 200, "theme", "text/javascript; charset=utf-8", "", ask},
		{"a client route", "/ui/requests/0193", "", 200, "<html>index", "text/html; charset=utf-8", "", ask},
		{"a client route with a dot", "/ui/models/gpt-5.5", "", 200, "<html>index", "text/html; charset=utf-8", "", ask},
		{"a missing asset", "/ui/assets/app-old.js", "", 404, "no such file\n", "text/plain; charset=utf-8", "", "no-store"},
		{"a compressed form by its own name", "/ui/index.html.br", "", 404, "no such file\n", "text/plain; charset=utf-8", "", "no-store"},
		{"a hidden file", "/ui/.keep", "", 404, "no such file\n", "text/plain; charset=utf-8", "", "no-store"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(built(t), tt.path, "Accept-Encoding", tt.accept)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.body, w.Body.String())
			require.Equal(t, tt.kind, w.Header().Get("Content-Type"))
			require.Equal(t, tt.coding, w.Header().Get("Content-Encoding"))
			require.Equal(t, tt.cache, w.Header().Get("Cache-Control"))
			if tt.status == 200 {
				require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
			}
		})
	}
}

func TestETag(t *testing.T) {
	h := built(t)
	plain, coded := get(h, "/ui/").Header().Get("ETag"), get(h, "/ui/", "Accept-Encoding", "br").Header().Get("ETag")
	require.NotEmpty(t, plain)
	require.NotEqual(t, plain, coded, "each encoding is its own representation")
	require.Equal(t, http.StatusNotModified, get(h, "/ui/", "If-None-Match", plain).Code)
	require.Equal(t, http.StatusOK, get(h, "/ui/", "If-None-Match", `"other"`).Code)
}

func TestSecurityHeaders(t *testing.T) {
	empty, err := ui.New(fstest.MapFS{})
	require.NoError(t, err)
	for name, h := range map[string]http.Handler{"built": built(t), "not built": empty} {
		t.Run(name, func(t *testing.T) {
			header := get(h, "/ui/").Header()
			csp := header.Get("Content-Security-Policy")
			require.Contains(t, csp, "default-src 'none'")
			require.Contains(t, csp, "script-src 'self';")
			require.Contains(t, csp, "frame-ancestors 'none'")
			require.NotContains(t, csp, "unsafe")
			require.NotContains(t, csp, "http")
			require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
			require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		})
	}
}

func TestNotBuilt(t *testing.T) {
	h, err := ui.New(fstest.MapFS{".keep": file("")})
	require.NoError(t, err)
	w := get(h, "/ui/requests")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "npm run build")
}

func TestMethods(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/ui/", nil)
	w := httptest.NewRecorder()
	built(t).ServeHTTP(w, r)
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestRoot(t *testing.T) {
	root := ui.Root(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	tests := []struct {
		name, method, path, accept string
		status                     int
	}{
		{"a browser at /", "GET", "/", "text/html,application/xhtml+xml", 302},
		{"a script at /", "GET", "/", "*/*", 418},
		{"a browser elsewhere", "GET", "/v1/models", "text/html", 418},
		{"a post at /", "POST", "/", "text/html", 418},
		{"/ui without its slash", "GET", "/ui", "", 302},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Accept", tt.accept)
			w := httptest.NewRecorder()
			root.ServeHTTP(w, r)
			require.Equal(t, tt.status, w.Code)
			if tt.status == 302 {
				require.Equal(t, "/ui/", w.Header().Get("Location"))
			}
		})
	}
}

func TestEmbedded(t *testing.T) {
	dist, err := ui.Dist()
	require.NoError(t, err)
	h, err := ui.New(dist)
	require.NoError(t, err)
	require.Contains(t, []int{200, 404}, get(h, "/ui/").Code, "built or not, it answers")
}
