package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// maxBody bounds the body of a management call, in bytes. The largest is a
// key with long pattern lists.
const maxBody = 64 << 10

// Deps is everything the API needs. Requests, Tail, Keys, Loaded, Health and
// Sessions are required; the rest has defaults.
type Deps struct {
	Requests Requests
	Tail     Tail
	Keys     Keys
	Loaded   Loaded
	Health   Health
	Sessions Sessions

	Version   string    // shown by /v0/status
	StartedAt time.Time // of the process, UTC

	// ClientIP tells the caller's address; the default is the peer's. The app
	// passes one that honours the configured trusted proxies.
	ClientIP func(*http.Request) string
	// Secure tells whether the browser reached us by TLS; the default looks
	// at the connection only.
	Secure func(*http.Request) bool
	// Done ends live streams when the process stops; nil means never.
	Done <-chan struct{}

	Now func() time.Time // default time.Now
	Log *slog.Logger     // default discards
}

// api carries the dependencies of all operations.
type api struct {
	Deps
	huma    huma.API
	attempt *attempts
	streams *streams
}

// New returns the handler of everything under /v0/.
func New(deps Deps) http.Handler {
	a, mux := build(deps)
	mux.HandleFunc("/v0/", a.noRoute(mux))

	// Only safe methods may come from another origin: the session cookie rides
	// along on its own, and signing in is protected too (login CSRF).
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problem(http.StatusForbidden, ProblemCrossOrigin, "refused: the request comes from another origin"))
	}))
	guarded := guard.Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		guarded.ServeHTTP(w, r)
	})
}

// OpenAPI returns the API's description; it needs no dependencies.
func OpenAPI() *huma.OpenAPI {
	a, _ := build(Deps{})
	return a.huma.OpenAPI()
}

func build(deps Deps) (*api, *http.ServeMux) {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.ClientIP == nil {
		deps.ClientIP = peerIP
	}
	if deps.Secure == nil {
		deps.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	mux := http.NewServeMux()
	a := &api{Deps: deps, attempt: newAttempts(deps.Now), streams: newStreams()}
	a.huma = humago.New(mux, humaConfig())
	a.routes()
	return a, mux
}

func (a *api) routes() {
	a.sessionRoutes()
	a.requestRoutes()
	a.liveRoutes()
	a.providerRoutes()
	a.aliasRoutes()
	a.keyRoutes()
	a.statusRoutes()
	a.openAPIRoutes()
}

// humaConfig is huma's configuration without its documentation pages (they
// load scripts from a CDN) and without its own document route (ours asks for a
// permission).
func humaConfig() huma.Config {
	config := huma.DefaultConfig("Plexus management API", "v0")
	config.Info.Description = "Manages a Plexus gateway. Sign in with POST /v0/session (cookie), or send the admin secret as a bearer token. " +
		"Errors are RFC 9457 problems whose type names the cause. Times are RFC 3339 in UTC; money is decimal dollars and integer nano-dollars, both as strings."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{scrubProblem}
	config.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "Set by POST /v0/session; named __Host-" + cookieName + " over TLS."},
		"secret":  {Type: "http", Scheme: "bearer", Description: "The admin secret."},
	}
	return config
}

// register adds one operation: its permission, its authentication and the
// translation of its errors. Nothing else may call huma.Register.
func register[I, O any](a *api, perm Permission, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.Extensions = map[string]any{"x-permission": string(perm)}
	op.MaxBodyBytes = maxBody
	op.Middlewares = append(op.Middlewares, a.authenticate(perm))
	if perm != PermPublic {
		op.Security = []map[string][]string{{"session": {}}, {"secret": {}}}
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.answer(ctx, op.OperationID, err)
		}
		return out, nil
	})
}

// answer turns an error into what the caller may see. This is the edge: an
// error no port promised is logged here, once, and shown without its text.
func (a *api) answer(ctx context.Context, operation string, err error) error {
	if p, ok := problemOf(err); ok {
		if headers, ok := errors.AsType[huma.HeadersError](err); ok {
			return huma.ErrorWithHeaders(p, headers.GetHeaders()) //nolint:wrapcheck // the answer itself
		}
		return p
	}
	if ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "management call failed", "operation", operation, "error", err)
	}
	return problem(http.StatusInternalServerError, ProblemInternal, "something failed inside the gateway; its log has the cause")
}

// noRoute answers what no operation matches: 405 where another method would
// have, else 404.
func (a *api) noRoute(mux *http.ServeMux) http.HandlerFunc {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	return func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, m := range methods {
			probe := &http.Request{Method: m, URL: r.URL, Host: r.Host}
			if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/v0/" {
				allow = append(allow, m)
			}
		}
		if len(allow) > 0 {
			w.Header().Set("Allow", strings.Join(allow, ", "))
			writeProblem(w, problem(http.StatusMethodNotAllowed, ProblemMethod, "this resource does not answer "+r.Method))
			return
		}
		writeProblem(w, problem(http.StatusNotFound, ProblemNoSuchRoute, "the management API has no such resource"))
	}
}

func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
