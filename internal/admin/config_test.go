package admin_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
)

func TestProvidersAndAliases(t *testing.T) {
	h := newHouse(t)
	w := h.call("GET", "/v0/providers", "")
	require.Equal(t, 200, w.Code)
	require.NotContains(t, w.Body.String(), "hunter2", "credentials inside a URL are removed")
	require.NotContains(t, w.Body.String(), "null")
	providers := decode[struct{ Items []admin.ProviderView }](t, w.Body).Items
	require.Len(t, providers, 4)
	require.Equal(t, "https://openrouter.ai/api/v1", providers[2].Endpoints[0].BaseURL)

	w = h.call("GET", "/v0/aliases", "")
	require.NotContains(t, w.Body.String(), "null")
	aliases := decode[struct{ Items []admin.AliasView }](t, w.Body).Items
	require.Equal(t, "claude-sonnet", aliases[2].Name)
	require.Len(t, aliases[2].Groups[0].Targets, 2)

	h.Loaded.ProviderViews, h.Loaded.AliasViews = nil, nil
	require.JSONEq(t, `{"items":[]}`, h.call("GET", "/v0/providers", "").Body.String())
	require.JSONEq(t, `{"items":[]}`, h.call("GET", "/v0/aliases", "").Body.String())
}

func TestStatus(t *testing.T) {
	h := newHouse(t)
	get := func() admin.StatusView {
		w := h.call("GET", "/v0/status", "")
		require.Equal(t, 200, w.Code, w.Body.String())
		return decode[admin.StatusView](t, w.Body)
	}
	v := get()
	require.Equal(t, "0.1.0-test", v.Version)
	require.EqualValues(t, 3600, v.UptimeSeconds)
	require.Equal(t, admin.FirstRun{BaseURL: "http://example.com", ModelToTry: "demo", HasProvider: true}, v.FirstRun)
	require.Nil(t, v.Config.LastError)

	h.Fill(2)
	v = get()
	require.True(t, v.FirstRun.HasKey)
	require.True(t, v.FirstRun.HasRequest)

	h.Loaded.ConfigStatus.LastError = &admin.ConfigError{At: noon, Problems: []admin.ConfigProblem{
		{File: "plexus.yaml", Line: 3, Column: 5, Path: "providers.x", Message: "unknown member"},
	}}
	require.Equal(t, 3, get().Config.LastError.Problems[0].Line)
}

func TestStatusIsReadableWithoutADatabase(t *testing.T) {
	h := newHouse(t)
	h.Log.Fail(errors.New("no database"))
	h.Health.DatabaseStatus = admin.DatabaseStatus{Engine: "postgres", Error: "does not answer"}
	w := h.call("GET", "/v0/status", "")
	require.Equal(t, 200, w.Code, w.Body.String())
	require.False(t, decode[admin.StatusView](t, w.Body).Database.OK)
}

func TestOpenAPIRoute(t *testing.T) {
	w := newHouse(t).call("GET", "/v0/openapi.json", "")
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/openapi+json", w.Header().Get("Content-Type"))
	require.Equal(t, "3.1.0", decode[struct{ OpenAPI string }](t, w.Body).OpenAPI)
}
