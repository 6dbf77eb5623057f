// Package ui serves the web UI from the binary: the files that the build of
// web/ leaves in dist, with their pre-compressed forms, client-side routes,
// caching and a content security policy without inline script.
//
// Building with the tag noui leaves the files out.
package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// Prefix is where the UI lives.
const Prefix = "/ui/"

// The UI loads nothing from elsewhere and runs no inline script or style.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler serves the UI under Prefix.
type Handler struct {
	files map[string]*file // by path below Prefix
	index *file            // nil when the UI was not built
}

// file is one file in all its encodings.
type file struct {
	contentType string
	immutable   bool // its name holds a hash of its content
	etag        string
	plain       []byte
	encoded     map[string][]byte // by content coding
}

// encodings are the pre-compressed forms in order of preference.
var encodings = []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// New reads every file of dist. Without an index.html there, the UI answers a
// page that says how to build it.
func New(dist fs.FS) (*Handler, error) {
	h := &Handler{files: map[string]*file{}}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || compressed(name) {
			return err
		}
		f, err := load(dist, name)
		h.files[name] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ui: reading the embedded files: %w", err)
	}
	h.index = h.files["index.html"]
	return h, nil
}

func compressed(name string) bool {
	return strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz")
}

func load(dist fs.FS, name string) (*file, error) {
	plain, err := fs.ReadFile(dist, name)
	if err != nil {
		return nil, err //nolint:wrapcheck // wrapped by New
	}
	sum := sha256.Sum256(plain)
	f := &file{
		contentType: contentType(name), immutable: strings.HasPrefix(name, "assets/"),
		etag: base64.RawURLEncoding.EncodeToString(sum[:12]), plain: plain, encoded: map[string][]byte{},
	}
	for _, e := range encodings {
		if b, err := fs.ReadFile(dist, name+e.suffix); err == nil {
			f.encoded[e.coding] = b
		}
	}
	return f, nil
}

// contentType does not ask the operating system, whose table differs between
// machines, for the types that the build makes.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// ServeHTTP answers a path below Prefix: the file, or index.html for a route
// of the client, or 404 for a file that does not exist.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if h.index == nil {
		unbuilt(w)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	f := h.files[name]
	if f == nil && path.Ext(name) != "" && fileLike(name) {
		header.Set("Cache-Control", "no-store")
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	if f == nil {
		f = h.index
	}
	f.serve(w, r)
}

// fileLike tells a missing asset from a client route that holds a dot, such as
// a model's name.
func fileLike(name string) bool {
	return strings.HasPrefix(name, "assets/") || !strings.Contains(name, "/")
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-cache")
	if f.immutable {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, etag := f.plain, f.etag
	for _, e := range encodings {
		if b, ok := f.encoded[e.coding]; ok && accepts(r.Header.Get("Accept-Encoding"), e.coding) {
			body, etag = b, f.etag+"-"+e.coding
			header.Set("Content-Encoding", e.coding)
			break
		}
	}
	header.Set("ETag", `"`+etag+`"`)
	// ServeContent answers conditional and range requests from the ETag.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// accepts reads Accept-Encoding (RFC 9110 section 12.5.3) as far as choosing a
// coding needs: named, and not refused by q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		return !found || strings.Trim(q, "0.") != ""
	}
	return false
}

// unbuilt answers when the binary holds no UI.
func unbuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	// The only possible error is a client that went away.
	_, _ = w.Write([]byte(unbuiltPage))
}

const unbuiltPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Plexus</title></head><body>
<h1>The web UI is not in this binary</h1>
<p>It was built without it. In a checkout, run <code>make build</code>, or by hand:</p>
<pre>cd web
npm ci --ignore-scripts
npm run build
cd ..
go build -o bin/plexus ./cmd/plexus</pre>
<p>The gateway itself works without the UI: see <code>plexus --help</code>.</p>
</body></html>
`

// Root redirects a browser that opens / to the UI; any other caller, and any
// other path, gets next.
func Root(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		get := r.Method == http.MethodGet || r.Method == http.MethodHead
		if get && (r.URL.Path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html") || r.URL.Path == strings.TrimSuffix(Prefix, "/")) {
			w.Header().Add("Vary", "Accept")
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, Prefix, http.StatusFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}
