package admin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
)

type keyList struct {
	Items []admin.KeyView `json:"items"`
}

func TestKeyLife(t *testing.T) {
	h := newHouse(t)
	w := h.call("POST", "/v0/keys", `{"name":"ada","comment":"laptop","allowed_models":["gpt-*"],"requests_per_minute":60,"expires_at":"2026-12-01T02:00:00+02:00"}`)
	require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	created := decode[admin.KeyCreated](t, w.Body)
	require.NotEmpty(t, created.Secret)
	require.Equal(t, "2026-12-01T00:00:00Z", created.Key.ExpiresAt.Format(time.RFC3339))

	list := h.call("GET", "/v0/keys", "")
	require.NotContains(t, list.Body.String(), created.Secret, "the secret is shown once")
	keys := decode[keyList](t, list.Body).Items
	require.Equal(t, []admin.KeyView{created.Key}, keys)
	require.Equal(t, "active", keys[0].State)

	patch := func(body string) admin.KeyView {
		w := h.call("PATCH", "/v0/keys/ada", body)
		require.Equal(t, 200, w.Code, w.Body.String())
		require.NotContains(t, w.Body.String(), created.Secret)
		return decode[admin.KeyView](t, w.Body)
	}
	require.Equal(t, "disabled", patch(`{"disabled":true}`).State)
	require.Equal(t, "active", patch(`{"disabled":false}`).State)
	got := patch(`{"comment":"desk","allowed_models":[]}`)
	require.Equal(t, "desk", got.Comment)
	require.Empty(t, got.AllowedModels)
	require.Equal(t, 60, got.RequestsPerMinute, "an absent member is left as it is")
	require.NotNil(t, got.ExpiresAt, "an absent member is left as it is")
	h.setClock(time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC))
	require.Equal(t, "expired", patch(`{}`).State)
	require.Nil(t, patch(`{"expires_at":null}`).ExpiresAt)

	require.Equal(t, http.StatusNoContent, h.call("DELETE", "/v0/keys/ada", "").Code)
	require.Empty(t, decode[keyList](t, h.call("GET", "/v0/keys", "").Body).Items)
}

func TestKeyRefusals(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		problem                  string
	}{
		{"taken name", "POST", "/v0/keys", `{"name":"conf"}`, 409, admin.ProblemKeyExists},
		{"bad name", "POST", "/v0/keys", `{"name":"Ada Lovelace"}`, 422, admin.ProblemInvalid},
		{"no name", "POST", "/v0/keys", `{}`, 422, admin.ProblemInvalid},
		{"unknown member", "POST", "/v0/keys", `{"name":"a","secret":"canary"}`, 422, admin.ProblemInvalid},
		{"bad address", "POST", "/v0/keys", `{"name":"a","allowed_ips":["10.0.0.1","nowhere"]}`, 422, admin.ProblemInvalid},
		{"expired already", "POST", "/v0/keys", `{"name":"a","expires_at":"2026-11-22T12:00:00Z"}`, 422, admin.ProblemInvalid},
		{"negative limit", "POST", "/v0/keys", `{"name":"a","max_concurrency":-1}`, 422, admin.ProblemInvalid},
		{"not JSON", "POST", "/v0/keys", `name=canary`, 400, admin.ProblemInvalid},
		{"change of an unknown key", "PATCH", "/v0/keys/nobody", `{}`, 404, admin.ProblemKeyNotFound},
		{"change of a configured key", "PATCH", "/v0/keys/conf", `{"disabled":true}`, 409, admin.ProblemKeyReadOnly},
		{"deletion of a configured key", "DELETE", "/v0/keys/conf", "", 409, admin.ProblemKeyReadOnly},
		{"deletion of an unknown key", "DELETE", "/v0/keys/nobody", "", 404, admin.ProblemKeyNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.Keys.Declare(authn.Key{Name: "conf"})
			w := h.call(tt.method, tt.path, tt.body)
			require.NotContains(t, w.Body.String(), "canary", "a refused value is not echoed")
			require.Equal(t, tt.problem, problemType(t, w, tt.status))
		})
	}
}

func TestInvalidFieldIsNamed(t *testing.T) {
	h := newHouse(t)
	w := h.call("POST", "/v0/keys", `{"name":"a","allowed_ips":["10.0.0.1","nowhere"]}`)
	require.Contains(t, w.Body.String(), `"location":"body.allowed_ips[1]"`)
	w = h.call("POST", "/v0/keys", `{"name":"A"}`)
	require.Contains(t, w.Body.String(), `"location":"body.name"`)
}
