package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// cookieName carries the session token; over TLS it gets the __Host- prefix,
// which pins it to this host, path / and TLS (RFC 6265bis section 4.1.3).
const cookieName = "plexus_session"

func cookieFor(secure bool) string {
	if secure {
		return "__Host-" + cookieName
	}
	return cookieName
}

// caller is what an operation may know about the request beside its input.
type caller struct {
	principal Principal
	token     string // session token; "" for bearer secrets and anonymous calls
	signedIn  bool
	ip        string
	agent     string
	secure    bool
	baseURL   string // scheme and host the caller used
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// authenticate admits a call that holds the permission and hands its caller to
// the operation.
func (a *api) authenticate(perm Permission) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(hc)
		who, err := a.identify(r)
		switch {
		case err == nil:
		case perm == PermPublic && errors.Is(err, ErrUnauthenticated):
			who.signedIn = false
		default:
			a.refuse(hc, err)
			return
		}
		if perm != PermPublic && !who.signedIn {
			a.refuse(hc, ErrUnauthenticated)
			return
		}
		if !who.principal.Can(perm) {
			a.refuse(hc, problem(http.StatusForbidden, ProblemForbidden, "this needs the permission "+string(perm)))
			return
		}
		next(huma.WithValue(hc, callerKey{}, who))
	}
}

// identify reads the bearer secret or the session cookie. A bearer secret
// counts against the same attempts as signing in.
func (a *api) identify(r *http.Request) (who caller, err error) {
	ctx := r.Context()
	who = caller{ip: a.ClientIP(r), agent: r.UserAgent(), secure: a.Secure(r)}
	who.baseURL = baseURL(who.secure, r.Host)
	if secret, ok := bearer(r.Header.Get("Authorization")); ok {
		if wait := a.attempt.take(who.ip); wait > 0 {
			return who, tooMany(wait)
		}
		who.principal, err = a.Sessions.VerifySecret(ctx, secret)
		if !errors.Is(err, ErrUnauthenticated) {
			a.attempt.refund(who.ip) // right, or never judged
		}
		if err != nil {
			return who, err
		}
		who.signedIn = true
		return who, nil
	}
	for _, cookie := range r.CookiesNamed(cookieFor(who.secure)) {
		who.token = cookie.Value
	}
	if who.token == "" {
		return who, nil
	}
	if who.principal, err = a.Sessions.Verify(ctx, who.token); err != nil {
		return who, err
	}
	who.signedIn = true
	return who, nil
}

func baseURL(secure bool, host string) string {
	if secure {
		return "https://" + host
	}
	return "http://" + host
}

func bearer(header string) (secret string, ok bool) {
	scheme, rest, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	rest = strings.TrimSpace(rest)
	return rest, rest != ""
}

func tooMany(wait time.Duration) error {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	p := problem(http.StatusTooManyRequests, ProblemTooManyAttempts, "too many failed attempts; try again in "+seconds+" seconds")
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {seconds}}) //nolint:wrapcheck // the answer itself
}

// refuse answers from a middleware, where huma does not render errors itself.
func (a *api) refuse(hc huma.Context, err error) {
	if headers, ok := errors.AsType[huma.HeadersError](err); ok {
		for name, values := range headers.GetHeaders() {
			hc.SetHeader(name, strings.Join(values, ", "))
		}
	}
	p, ok := problemOf(err)
	if !ok {
		p, _ = problemOf(a.answer(hc.Context(), hc.Operation().OperationID, err))
	}
	if p.Status == http.StatusUnauthorized {
		hc.SetHeader("WWW-Authenticate", `Bearer realm="plexus"`)
	}
	_, w := humago.Unwrap(hc)
	writeProblem(w, p)
}
