package admin_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/admin/admintest"
)

// TestPermissionsAreEnforced calls every operation without a credential, and
// with every permission but its own.
func TestPermissionsAreEnforced(t *testing.T) {
	operations(func(method, path string, op *huma.Operation) {
		perm := admin.Permission(op.Extensions["x-permission"].(string))
		if perm == admin.PermPublic {
			return
		}
		t.Run(op.OperationID, func(t *testing.T) {
			h := newHouse(t)
			path := strings.NewReplacer("{id}", "01900000-0000-7000-8000-000000000001", "{name}", "x").Replace(path)
			w := h.anonymous(method, path, "")
			require.Equal(t, admin.ProblemUnauthenticated, problemType(t, w, http.StatusUnauthorized))
			require.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")

			h.Sessions.Restrict(slices.DeleteFunc(admin.Permissions(), func(p admin.Permission) bool { return p == perm })...)
			require.Equal(t, admin.ProblemForbidden, problemType(t, h.call(method, path, ""), http.StatusForbidden))
		})
	})
}

func TestSignIn(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		problem    string
	}{
		{"right secret", `{"secret":"` + admintest.Secret + `"}`, 200, ""},
		{"wrong secret", `{"secret":"guess-canary"}`, 401, admin.ProblemWrongSecret},
		{"no secret", `{}`, 400, admin.ProblemInvalid},
		{"a number", `{"secret":4242424242}`, 422, admin.ProblemInvalid},
		{"broken JSON", `{"secret":"guess-canary`, 422, admin.ProblemInvalid},
		{"an overlong secret", `{"secret":"` + strings.Repeat("guess-canary", 10_000) + `"}`, 413, admin.ProblemInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			w := h.anonymous("POST", "/v0/session", tt.body)
			body := w.Body.String()
			require.NotContains(t, body, "guess-canary")
			require.NotContains(t, body, "4242424242")
			require.NotContains(t, body, admintest.Secret)
			require.NotContains(t, h.log.String(), "guess-canary")
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			if tt.problem != "" {
				require.Equal(t, tt.problem, problemType(t, w, tt.status))
				require.Empty(t, w.Result().Cookies())
				return
			}
			require.Equal(t, tt.status, w.Code, body)
			view := decode[admin.SessionView](t, w.Body)
			require.True(t, view.SignedIn)
			require.ElementsMatch(t, admin.Permissions(), view.Permissions)
		})
	}
}

func TestSessionCookie(t *testing.T) {
	tests := []struct {
		name   string
		secure bool
		cookie string
	}{
		{"plain HTTP", false, "plexus_session"},
		{"TLS", true, "__Host-plexus_session"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			r := httptest.NewRequest("POST", "/v0/session", strings.NewReader(`{"secret":"`+admintest.Secret+`"}`))
			if tt.secure {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			h.handler.ServeHTTP(w, r)
			require.Equal(t, 200, w.Code, w.Body.String())
			c := w.Result().Cookies()[0]
			require.Equal(t, tt.cookie, c.Name)
			require.Equal(t, tt.secure, c.Secure)
			require.True(t, c.HttpOnly)
			require.Equal(t, http.SameSiteLaxMode, c.SameSite)
			require.Equal(t, "/", c.Path)
			require.Empty(t, c.Domain)
			require.Equal(t, noon.Add(24*time.Hour), c.Expires)
		})
	}
}

func TestSessionLife(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn(t)

	who := h.anonymous("GET", "/v0/session", "", "Cookie", cookie)
	require.True(t, decode[admin.SessionView](t, who.Body).SignedIn)
	require.Equal(t, 200, h.anonymous("GET", "/v0/keys", "", "Cookie", cookie).Code)

	out := h.anonymous("DELETE", "/v0/session", "", "Cookie", cookie)
	require.Equal(t, http.StatusNoContent, out.Code)
	require.Negative(t, out.Result().Cookies()[0].MaxAge)
	require.Equal(t, 401, h.anonymous("GET", "/v0/keys", "", "Cookie", cookie).Code)

	who = h.anonymous("GET", "/v0/session", "", "Cookie", cookie)
	require.Equal(t, 200, who.Code, "asking who is signed in is no error")
	require.False(t, decode[admin.SessionView](t, who.Body).SignedIn)
	require.Equal(t, http.StatusNoContent, h.anonymous("DELETE", "/v0/session", "", "Cookie", cookie).Code)
}

func TestSessionExpires(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn(t)
	h.setClock(noon.Add(25 * time.Hour))
	require.Equal(t, 401, h.anonymous("GET", "/v0/keys", "", "Cookie", cookie).Code)
}

func TestFailedAttemptsAreLimited(t *testing.T) {
	h := newHouse(t)
	guess := func() *httptest.ResponseRecorder {
		return h.anonymous("POST", "/v0/session", `{"secret":"wrong"}`)
	}
	for range 8 {
		require.Equal(t, 401, guess().Code)
	}
	w := guess()
	require.Equal(t, admin.ProblemTooManyAttempts, problemType(t, w, http.StatusTooManyRequests))
	require.Equal(t, "15", w.Header().Get("Retry-After"))
	require.Equal(t, 429, h.call("GET", "/v0/keys", "").Code, "bearer secrets share the limit")

	h.setClock(noon.Add(16 * time.Second))
	require.Equal(t, 200, h.call("GET", "/v0/keys", "").Code)
	for range 20 {
		require.Equal(t, 200, h.call("GET", "/v0/keys", "").Code, "success costs nothing")
	}
}

func TestCrossOriginIsRefused(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn(t)
	tests := []struct {
		name    string
		method  string
		headers []string
		status  int
	}{
		{"other site posts", "POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"other origin posts", "POST", []string{"Origin", "https://evil.example"}, 403},
		{"own page posts", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 201},
		{"script posts", "POST", nil, 201},
		{"other site reads", "GET", []string{"Sec-Fetch-Site", "cross-site"}, 200},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := ""
			if tt.method == "POST" {
				body = `{"name":"k` + string(rune('a'+i)) + `"}`
			}
			w := h.anonymous(tt.method, "/v0/keys", body, append(tt.headers, "Cookie", cookie)...)
			require.Equal(t, tt.status, w.Code, w.Body.String())
		})
	}
}

func TestUnknownRoutes(t *testing.T) {
	h := newHouse(t)
	require.Equal(t, admin.ProblemNoSuchRoute, problemType(t, h.call("GET", "/v0/nothing", ""), 404))
	w := h.call("PUT", "/v0/keys", "")
	require.Equal(t, admin.ProblemMethod, problemType(t, w, 405))
	require.Equal(t, "GET, POST", w.Header().Get("Allow"))
}

func TestUnexpectedErrorsStayInside(t *testing.T) {
	h := newHouse(t)
	h.Log.Fail(errors.New("dial 10.1.2.3:5432: password canary refused"))
	w := h.call("GET", "/v0/requests", "")
	body := w.Body.String()
	require.Equal(t, admin.ProblemInternal, problemType(t, w, 500))
	require.NotContains(t, body, "canary")
	require.Equal(t, 1, strings.Count(h.log.String(), "canary"), "logged once")
}
