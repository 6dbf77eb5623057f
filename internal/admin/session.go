package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// SessionView says who is signed in.
type SessionView struct {
	SignedIn    bool         `json:"signed_in"`
	Name        string       `json:"name,omitempty" doc:"Who is signed in"`
	Permissions []Permission `json:"permissions" nullable:"false"`
	ExpiresAt   *time.Time   `json:"expires_at,omitempty" doc:"When the session ends, UTC"`
}

type sessionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      SessionView
}

// signInInput is not validated by huma, whose answer would quote the secret.
type signInInput struct{ Body SignIn }

// SignIn is the body of POST /v0/session.
type SignIn struct {
	Secret string `json:"secret" doc:"The admin secret, printed once at the first start" minLength:"1"`
}

func (a *api) sessionRoutes() {
	register(a, PermPublic, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/v0/session", Tags: []string{"Session"},
		Summary:          "Sign in with the admin secret",
		Description:      "Sets a cookie that scripts cannot read. Failed attempts are limited per address.",
		SkipValidateBody: true,
		Errors:           []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests},
	}, a.signIn)
	register(a, PermPublic, huma.Operation{
		OperationID: "get-session", Method: http.MethodGet, Path: "/v0/session", Tags: []string{"Session"},
		Summary:     "Who is signed in",
		Description: "Answers 200 with signed_in false when nobody is, so that a page can ask without an error.",
	}, a.session)
	register(a, PermPublic, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/v0/session", Tags: []string{"Session"},
		Summary:       "Sign out",
		Description:   "Revokes the session, ends its live streams and removes the cookie. Signing out twice is no error.",
		DefaultStatus: http.StatusNoContent,
	}, a.signOut)
}

func (a *api) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	who := callerOf(ctx)
	if in.Body.Secret == "" {
		return nil, problem(http.StatusBadRequest, ProblemInvalid, `the body must be a JSON object with a "secret" string`)
	}
	if wait := a.attempt.take(who.ip); wait > 0 {
		return nil, tooMany(wait)
	}
	token, expires, err := a.Sessions.SignIn(ctx, in.Body.Secret, who.ip, who.agent)
	if errors.Is(err, ErrUnauthenticated) {
		a.Log.WarnContext(ctx, "sign-in refused", "ip", who.ip)
		return nil, problem(http.StatusUnauthorized, ProblemWrongSecret, "this is not the admin secret")
	}
	a.attempt.refund(who.ip)
	if err != nil {
		return nil, err
	}
	principal, err := a.Sessions.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{
		SetCookie: sessionCookie(who.secure, token, expires).String(),
		Body:      sessionView(caller{principal: principal, signedIn: true}),
	}, nil
}

func (a *api) session(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	return &sessionOutput{Body: sessionView(callerOf(ctx))}, nil
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (a *api) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	who := callerOf(ctx)
	if who.token != "" {
		if err := a.Sessions.SignOut(ctx, who.token); err != nil {
			return nil, err
		}
		a.streams.end(who.token)
	}
	gone := sessionCookie(who.secure, "", time.Time{}) //nolint:gosec // see sessionCookie
	gone.MaxAge = -1
	return &signOutOutput{SetCookie: gone.String()}, nil
}

func sessionView(who caller) SessionView {
	view := SessionView{SignedIn: who.signedIn, Name: who.principal.Name, Permissions: []Permission{}}
	if who.signedIn {
		view.Permissions = append(view.Permissions, who.principal.Permissions...)
		view.ExpiresAt = utc(&who.principal.Expires)
	}
	return view
}

// sessionCookie is HttpOnly (no script reads it), SameSite=Lax (no foreign
// page posts with it), and Secure with the __Host- prefix over TLS.
func sessionCookie(secure bool, token string, expires time.Time) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the connection, so that plain HTTP on loopback works
		Name: cookieFor(secure), Value: token, Path: "/", Expires: expires,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}
