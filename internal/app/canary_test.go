package app_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/app"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
)

// TestCanarySecretsAppearNowhere puts a recognisable secret into every
// credential there is, makes everything fail that can, and then looks for them
// in all that the gateway wrote: log, answers, database, journal, files.
func TestCanarySecretsAppearNowhere(t *testing.T) {
	t.Parallel()
	const (
		providerKey = "canary-provider-key-7d1f0a"
		headerValue = "canary-header-value-91bc2e"
		configKey   = "canary-config-key-55aa01ff"
		envAdmin    = "canary-admin-secret-0c0ffee"
		stored      = "canary-stored-secret-beef77"
	)
	canaries := []string{providerKey, headerValue, configKey, envAdmin, stored}
	// The upstream quotes what it was sent, in errors of every form.
	up := fakeupstream.Start(t)
	up.Fallback(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		quoted := fmt.Sprintf(`{"error":{"message":"you sent %s and %s","type":"server_error","code":"x"}}`, r.Header.Get("Authorization"), r.Header.Get("X-Extra"))
		switch status := r.Header.Get("Session-Id"); status {
		case "stream", "late":
			w.Header().Set("Content-Type", "text/event-stream")
			if status == "late" {
				fmt.Fprint(w, "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n")
			}
			fmt.Fprintf(w, "data: %s\n\n", quoted)
		default:
			w.Header().Set("Content-Type", "application/json")
			code := 500
			_, _ = fmt.Sscan(status, &code)
			w.WriteHeader(code)
			fmt.Fprint(w, quoted)
		}
	}))
	yaml := fmt.Sprintf(`
log: {level: debug}
providers:
  up: {base_url: %q, api_key: %s, headers: {x-extra: %s}, allow_private: true}
  stored: {base_url: "http://127.0.0.1:1/v1", api_key: "${secret:kept}", allow_private: true}
models:
  m: {targets: [{provider: up, model: m}]}
  s: {targets: [{provider: stored, model: m}]}
keys:
  ada: {secret: %s}
`, up.BaseURL(), providerKey, headerValue, configKey)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plexus.yaml"), []byte(yaml), 0o600))
	options := func(o *app.Options) { o.Env = envOf(map[string]string{"PLEXUS_ADMIN_SECRET": envAdmin}) }
	keep(t, dir, "kept", stored)

	g := startIn(t, dir, options)
	var seen bytes.Buffer
	for _, path := range []string{"/v1/chat/completions", "/v1/embeddings"} {
		for _, session := range []string{"400", "401", "403", "404", "429", "500", "503", "stream", "late"} {
			for _, model := range []string{"m", "s", "nope"} {
				seen.WriteString(post(t, g, path, configKey+":label", session, strings.Replace(chat(model, session == "stream"), `"messages"`, `"input":"x","messages"`, 1)))
			}
		}
		seen.WriteString(post(t, g, path, configKey+"-wrong", "", chat("m", false)))
		seen.WriteString(post(t, g, path+"?key="+configKey, configKey, "", `{"model":`))
	}
	_, _ = g.call(t, http.MethodPost, "/v0/session", "", `{"secret":"`+envAdmin+`"}`)
	eventually(t, "the requests are in the log", func() bool { return len(g.requests(t, envAdmin)) > 50 })
	for _, path := range []string{"/v0/requests", "/v0/providers", "/v0/aliases", "/v0/keys", "/v0/status", "/metrics", "/readyz"} {
		resp, body := g.call(t, http.MethodGet, path, envAdmin, "")
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
		seen.WriteString(body)
	}
	_, made := g.call(t, http.MethodPost, "/v0/keys", envAdmin, `{"name":"fresh"}`)
	fresh := made[strings.Index(made, "plx_"):]
	canaries = append(canaries, fresh[:strings.IndexByte(fresh, '"')])
	g.stop(t)

	for _, c := range canaries {
		require.NotContains(t, seen.String(), c, "an answer shows a secret")
		require.NotContains(t, g.log.String(), c, "the log shows a secret")
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, c := range canaries {
			require.False(t, bytes.Contains(data, []byte(c)), "%s holds a secret in clear", d.Name())
		}
		return err
	}))
	require.NotEmpty(t, up.Requests(), "the upstream was reached with the credentials")
	require.Equal(t, "Bearer "+providerKey, up.Requests()[0].Header.Get("Authorization"))
}

// keep stores a secret as the command line does.
func keep(t *testing.T, dir, name, value string) {
	t.Helper()
	tools, err := app.OpenTools(t.Context(), app.Options{ConfigPath: filepath.Join(dir, "plexus.yaml"), DataDir: filepath.Join(dir, "data"), Env: func(string) (string, bool) { return "", false }, Stderr: new(syncBuffer)})
	require.NoError(t, err)
	require.NoError(t, tools.Store.PutSecret(t.Context(), tools.Ring, name, []byte(value), record.Record{}.Start))
	require.NoError(t, tools.Close())
}

func post(t *testing.T, g *gateway, path, bearer, session, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.base+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+bearer)
	req.Header.Set("Session-Id", session)
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(resp.Body)
	require.NoError(t, err)
	return fmt.Sprint(resp.Header) + text.String()
}
