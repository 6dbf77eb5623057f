package demo

import (
	"net/http"
	"time"
)

// maxBody bounds request bodies, in bytes; it is the gateway's own default.
const maxBody = 64 << 20

// SlowDelay is the pause before each word of demo-slow.
const SlowDelay = 250 * time.Millisecond

// Options configure the demo vendor.
type Options struct {
	// WordDelay is the pause before each chunk of a stream; 0 means none.
	WordDelay time.Duration
	// Now gives the time answers are created at; nil means time.Now.
	Now func() time.Time
}

// New returns the demo vendor. It accepts any credential and none.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &server{opts: o}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.chat)
	mux.HandleFunc("POST /v1/embeddings", s.embeddings)
	mux.HandleFunc("GET /v1/models", s.models)
	mux.HandleFunc("GET /v1/models/{id}", s.model)
	for _, path := range []string{"/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/models/{id}"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			writeError(w, http.StatusMethodNotAllowed, apiError{
				Type: typeInvalid, Code: "method_not_supported", Message: "Not allowed to " + r.Method + " on " + r.URL.Path + ".",
			})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, apiError{
			Type: typeInvalid, Code: "unknown_url", Message: "Invalid URL (" + r.Method + " " + r.URL.Path + ")",
		})
	})
	return mux
}

type server struct{ opts Options }
