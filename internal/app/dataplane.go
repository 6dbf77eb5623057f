package app

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
	"github.com/plexus-gateway/plexus/internal/wire/openaiembeddings"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

// cachedSchemas bounds how many cleaned tool schemas are kept for Gemini.
const cachedSchemas = 4096

// egress has the codecs that speak to upstreams: a protocol is one line.
func egress() map[llm.Protocol]wire.Egress {
	codecs := make(map[llm.Protocol]wire.Egress)
	for _, c := range []wire.Egress{
		openaichat.Codec{}, openairesponses.Codec{}, anthropic.Codec{}, gemini.New(cachedSchemas), openaicompletions.Codec{}, ollama.Codec{},
	} {
		codecs[c.Protocol()] = c
	}
	return codecs
}

// embedEgress has those that ask upstreams for embeddings.
func embedEgress() map[llm.Protocol]wire.EmbedEgress {
	return map[llm.Protocol]wire.EmbedEgress{llm.OpenAIEmbeddings: openaiembeddings.Codec{}, llm.Gemini: gemini.EmbedCodec{}}
}

// operation is a route that a client posts to, at a path of its own.
type operation struct {
	path string
	relay.Operation
}

// operations lists what is served at a fixed path.
func operations() []operation {
	responses := relay.Operation{Raw: openairesponses.Raw{}, Codec: openairesponses.Codec{}}
	return []operation{
		{"/v1/chat/completions", relay.Operation{Raw: openaichat.Raw{}, Codec: openaichat.Codec{}}},
		{"/v1/completions", relay.Operation{Raw: openaicompletions.Raw{}, Codec: openaicompletions.Codec{}}},
		{"/v1/embeddings", relay.Operation{Raw: openaiembeddings.Raw{}, Embed: openaiembeddings.Codec{}}},
		{"/v1/responses", responses},
		{"/v1/codex/responses", responses},
		{"/v1/messages", relay.Operation{Raw: anthropic.Raw{}, Codec: anthropic.Codec{}}},
		{"/v1/messages/count_tokens", relay.Operation{Raw: anthropic.CountRaw{}, Count: anthropic.Counter{}}},
		{"/api/chat", relay.Operation{Raw: ollama.Raw{}, Codec: ollama.Codec{}}},
		{"/api/generate", relay.Operation{Raw: ollama.Raw{Generate: true}, Codec: ollama.Codec{Generate: true}}},
	}
}

// dataPlane mounts what clients of models call.
func (a *App) dataPlane(mux *http.ServeMux) {
	for _, op := range operations() {
		mux.Handle("POST "+op.path, a.relay.Handler(op.Operation))
		mux.HandleFunc(op.path, func(w http.ResponseWriter, r *http.Request) { notAllowed(w, r, "POST", op.Raw) })
	}
	// Not among the others: with GET it is the id of a response.
	mux.Handle("POST /v1/responses/input_tokens", a.relay.Handler(relay.Operation{Raw: openairesponses.CountRaw{}, Count: openairesponses.Counter{}}))
	a.storedState(mux)
	a.ollamaPages(mux)
	mux.HandleFunc("GET /v1/responses", noWebSocket)
	mux.HandleFunc("GET /v1/codex/responses", noWebSocket)

	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Models(w, r, listerFor(r), pageOf(r))
	})
	mux.HandleFunc("GET /v1/models/{name...}", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Model(w, r, listerFor(r), r.PathValue("name"))
	})
	mux.HandleFunc("GET /v1beta/models", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Models(w, r, gemini.Models{}, pageOf(r))
	})
	mux.HandleFunc("GET /v1beta/models/{name...}", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Model(w, r, gemini.Models{}, r.PathValue("name"))
	})
	verbs := a.geminiVerbs()
	mux.HandleFunc("POST /v1beta/models/{name...}", verbs)
	mux.HandleFunc("POST /v1/models/{name...}", verbs)

	mux.HandleFunc("HEAD /{$}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/v1/", unknownPath)
	mux.HandleFunc("/v1beta/", unknownPath)
	mux.HandleFunc("/api/", unknownPath)
	mux.HandleFunc("/", unknownPath)
}

// geminiVerbs serves the operations whose URL names the model and, behind a
// colon, what is wanted of it.
func (a *App) geminiVerbs() http.HandlerFunc {
	codec := gemini.New(cachedSchemas)
	array := codec
	array.Array = true
	generate := relay.Operation{Raw: gemini.Raw{}, Codec: codec}
	stream := relay.Operation{Raw: gemini.Raw{}, Codec: array}
	others := map[string]relay.Operation{
		"countTokens":        {Raw: gemini.CountRaw{}, Count: gemini.Counter{}},
		"embedContent":       {Raw: gemini.EmbedRaw{}, Embed: gemini.EmbedCodec{}},
		"batchEmbedContents": {Raw: gemini.EmbedRaw{Batch: true}, Embed: gemini.EmbedCodec{Batch: true}},
	}
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		i := strings.LastIndexByte(name, ':')
		if i < 0 {
			notAllowed(w, r, "GET", gemini.Models{})
			return
		}
		in := wire.Inbound{Model: name[:i]}
		switch verb := name[i+1:]; verb {
		case "generateContent":
			a.relay.Serve(w, r, generate, in)
		case "streamGenerateContent":
			in.Stream = true
			op := stream
			if r.URL.Query().Get("alt") == "sse" {
				op = generate
			}
			a.relay.Serve(w, r, op, in)
		default:
			op, ok := others[verb]
			if !ok {
				unknownPath(w, r)
				return
			}
			a.relay.Serve(w, r, op, in)
		}
	}
}

// listerFor chooses the dialect of GET /v1/models: Anthropic's and Google's SDKs
// say by a header who they are; their keys look like any other.
func listerFor(r *http.Request) wire.ModelLister {
	switch {
	case r.Header.Get("Anthropic-Version") != "":
		return anthropic.Models{}
	case r.Header.Get("X-Goog-Api-Key") != "" || r.Header.Get("X-Goog-Api-Client") != "":
		return gemini.Models{}
	}
	return openai.Models{}
}

// pageOf reads what part of a list of models is asked for, in the words of
// Anthropic or Google. OpenAI has no pages.
func pageOf(r *http.Request) wire.ModelPage {
	q := r.URL.Query()
	first := func(names ...string) string {
		for _, n := range names {
			if v := q.Get(n); v != "" {
				return v
			}
		}
		return ""
	}
	limit, err := strconv.Atoi(first("limit", "pageSize"))
	if err != nil || limit < 0 {
		limit = 0
	}
	return wire.ModelPage{Limit: limit, After: first("after_id", "pageToken"), Before: first("before_id")}
}

// noWebSocket answers clients that would rather speak over a WebSocket: those
// that are told so go on with POST at once.
func noWebSocket(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		notAllowed(w, r, "POST", openairesponses.Raw{})
		return
	}
	e := llm.Errorf(llm.KindUnsupported, "websocket_not_served", "the Responses API is not served over a WebSocket here; use POST %s", r.URL.Path)
	e.Status = http.StatusUpgradeRequired
	writeDialect(w, e, openairesponses.Raw{})
}

func notAllowed(w http.ResponseWriter, r *http.Request, method string, dialect wire.ErrorEncoder) {
	w.Header().Set("Allow", method)
	e := llm.Errorf(llm.KindUnsupported, "method_not_allowed", "%s is not served at %.200s; use %s", r.Method, r.URL.Path, method)
	e.Status = http.StatusMethodNotAllowed
	writeDialect(w, e, dialect)
}

// unknownPath answers in the dialect of whose path it looks like.
func unknownPath(w http.ResponseWriter, r *http.Request) {
	e := llm.Errorf(llm.KindNotFound, "unknown_url", "%s %.200s is not served here; see /v1/chat/completions, /v1/responses, /v1/messages, /v1beta/models/{model}:generateContent, /v1/embeddings, /v1/models", r.Method, r.URL.Path)
	writeDialect(w, e, dialectOf(r))
}

func dialectOf(r *http.Request) wire.ErrorEncoder {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/v1/messages"), r.Header.Get("Anthropic-Version") != "":
		return anthropic.Models{}
	case strings.HasPrefix(path, "/v1beta/"), strings.HasPrefix(path, "/v1/models/") && strings.Contains(path, ":"):
		return gemini.Models{}
	case strings.HasPrefix(path, "/api/"):
		return ollama.Raw{}
	}
	return openai.Models{}
}

func writeDialect(w http.ResponseWriter, e *llm.Error, dialect wire.ErrorEncoder) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(dialect.EncodeError(e)) //nolint:gosec // JSON, told so by its type; the client may be gone
}

// front forgives slips in paths and lets browsers call the data plane: it is
// opened by a key, never by a cookie, so any origin may.
func front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := straighten(r.URL.Path); path != r.URL.Path {
			u := *r.URL
			u.Path, u.RawPath = path, ""
			r2 := *r
			r2.URL = &u
			r = &r2
		}
		if !isDataPath(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Header.Get("Origin") != "" {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Expose-Headers", "*")
		}
		if r.Method == http.MethodOptions {
			preflight(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isDataPath(path string) bool {
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v1beta/") || strings.HasPrefix(path, "/api/")
}

// preflight answers what a browser or an SDK asks before it asks.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Allow", "GET, HEAD, POST, DELETE, OPTIONS")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE, OPTIONS")
		h.Set("Access-Control-Allow-Headers", asked)
		h.Set("Access-Control-Max-Age", "86400")
		h.Add("Vary", "Access-Control-Request-Headers")
	}
	w.WriteHeader(http.StatusNoContent)
}
