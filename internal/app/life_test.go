package app_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/app"
	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/demo"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

const admin = "admin-secret-for-tests"

func withAdmin(o *app.Options) {
	o.Env = envOf(map[string]string{"PLEXUS_ADMIN_SECRET": admin})
}

func TestFirstStartPrintsWhatItTakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := startIn(t, dir)
	g.Banner()
	banner := g.log.String()
	secret := after(t, banner, "admin secret  ")
	key := after(t, banner, `key "first"   `)
	require.Contains(t, banner, `curl -s `)
	require.Contains(t, banner, `"stream":true`)

	resp, body := g.call(t, http.MethodPost, "/v1/chat/completions", key, chat("demo-chat", false))
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	resp, _ = g.call(t, http.MethodGet, "/v0/status", secret, "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	g.stop(t)

	again := startIn(t, dir)
	again.Banner()
	require.NotContains(t, again.log.String(), "plxadmin_")
	require.NotContains(t, again.log.String(), "plx_")
	resp, _ = again.call(t, http.MethodPost, "/v1/chat/completions", key, chat("demo-chat", false))
	require.Equal(t, http.StatusOK, resp.StatusCode, "the key outlives the process")
	again.stop(t)
}

func after(t *testing.T, text, mark string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, mark)
	require.True(t, ok, text)
	return strings.Fields(rest)[0]
}

func TestReloadOnChange(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig, withAdmin)
	path := filepath.Join(g.dir, "plexus.yaml")
	changed := strings.Replace(demoConfig, "gpt-alias:", "gpt-renamed:", 1)
	replace(t, path, changed)
	eventually(t, "the new alias serves", func() bool {
		resp, _ := g.call(t, http.MethodGet, "/v1/models/gpt-renamed", testKey, "")
		return resp.StatusCode == http.StatusOK
	})

	replace(t, path, "providers:\n  demo: {vendr: demo}\nmodels: {x: {targets: []}}\n")
	eventually(t, "the failure is told by the API", func() bool {
		_, body := g.call(t, http.MethodGet, "/v0/status", admin, "")
		return strings.Contains(body, `"line":2`) && strings.Contains(body, "vendr") && strings.Contains(body, "models.x")
	})
	_, metrics := g.call(t, http.MethodGet, "/metrics", "", "")
	require.Contains(t, metrics, "plexus_config_last_reload_successful 0")
	require.Contains(t, g.log.String(), "vendr")
	resp, _ := g.call(t, http.MethodPost, "/v1/chat/completions", testKey, chat("gpt-renamed", false))
	require.Equal(t, http.StatusOK, resp.StatusCode, "the old configuration goes on serving")

	replace(t, path, demoConfig)
	require.NoError(t, g.Reload(t.Context()))
	_, metrics = g.call(t, http.MethodGet, "/metrics", "", "")
	require.Contains(t, metrics, "plexus_config_last_reload_successful 1")
}

func TestKeyMadeByAnotherProcessServes(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig, withAdmin)
	_, body := g.call(t, http.MethodPost, "/v0/keys", admin, `{"name":"bob","allowed_models":["demo-*"]}`)
	bob, _, _ := strings.Cut(body[strings.Index(body, "plx_"):], `"`)
	resp, _ := g.call(t, http.MethodPost, "/v1/chat/completions", bob, chat("demo-chat", false))
	require.Equal(t, http.StatusOK, resp.StatusCode, "live at once where it was made")
	resp, body = g.call(t, http.MethodPost, "/v1/chat/completions", bob, chat("gpt-alias", false))
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Contains(t, body, "allowed_models")

	tools, err := app.OpenTools(t.Context(), app.Options{ConfigPath: filepath.Join(g.dir, "plexus.yaml"), DataDir: filepath.Join(g.dir, "data"), Env: func(string) (string, bool) { return "", false }, Stderr: io.Discard})
	require.NoError(t, err)
	require.NoError(t, tools.Keys.Revoke(t.Context(), "bob"))
	require.NoError(t, tools.Close())
	eventually(t, "a revoked key is refused", func() bool {
		resp, _ := g.call(t, http.MethodPost, "/v1/chat/completions", bob, chat("demo-chat", false))
		return resp.StatusCode == http.StatusUnauthorized
	})
}

func TestDrainLetsStreamsFinish(t *testing.T) {
	t.Parallel()
	up := fakeupstream.Start(t)
	release := make(chan struct{})
	frames := fakeupstream.ChatFrames("m", true)
	up.Fallback(fakeupstream.GatedSSE(release, frames...))
	g := startIn(t, writeConfig(t, upstreamConfig(up.BaseURL())), withAdmin)
	go func() { release <- struct{}{} }() // the head is held until the first event
	resp := open(t, g, chat("m", true))
	defer resp.Body.Close()
	reader := bufio.NewReader(resp.Body)
	_, err := reader.ReadString('\n')
	require.NoError(t, err)

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		g.stop(t)
	}()
	eventually(t, "new connections are refused", func() bool {
		c, err := net.Dial("tcp", g.Addr().String())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	go func() {
		for range frames[1:] {
			release <- struct{}{}
		}
	}()
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Contains(t, string(rest), "[DONE]", "a stream that was under way ends properly")
	<-stopped
}

func TestDrainDeadlineEndsStreamsWithAnError(t *testing.T) {
	t.Parallel()
	g := startIn(t, writeConfig(t, demoConfig), withAdmin)
	resp := open(t, g, chat("demo-stall-stream", true))
	defer resp.Body.Close()
	reader := bufio.NewReader(resp.Body)
	_, err := reader.ReadString('\n')
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_ = g.Stop(ctx)
	rest, _ := io.ReadAll(reader)
	require.Contains(t, string(rest), "gateway_stopping")
	require.NotContains(t, string(rest), "[DONE]")

	again := startIn(t, g.dir, withAdmin)
	rows := again.requests(t, admin)
	again.stop(t)
	require.Len(t, rows, 1)
	require.Equal(t, "abandoned", rows[0]["status"])
}

// TestDeadDatabaseFailsNoRequest: PostgreSQL goes away behind a proxy; requests
// go on at once and are in the database after it is back.
func TestDeadDatabaseFailsNoRequest(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	proxy := newCutProxy(t, hostOf(t, url))
	g := startIn(t, writeConfig(t, demoConfig), func(o *app.Options) {
		o.Env = envOf(map[string]string{"PLEXUS_DB_URL": replaceHost(t, url, proxy.addr()), "PLEXUS_ADMIN_SECRET": admin})
	})
	defer g.stop(t)
	proxy.cut()
	for range 50 {
		resp, body := g.call(t, http.MethodPost, "/v1/chat/completions", testKey, chat("demo-chat", false))
		require.Equal(t, http.StatusOK, resp.StatusCode, body)
	}
	resp, body := g.call(t, http.MethodGet, "/readyz", "", "")
	require.Equal(t, http.StatusOK, resp.StatusCode, "requests are taken")
	require.Contains(t, body, `"database":{"ok":false`)
	_, metrics := g.call(t, http.MethodGet, "/metrics", "", "")
	require.NotContains(t, metrics, "plexus_journal_lag_records 0\n")
	proxy.mend(t)
	eventually(t, "the database catches up", func() bool { return len(g.requests(t, admin)) == 50 })
}

func TestFullJournalRefusesRatherThanForgets(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	proxy := newCutProxy(t, hostOf(t, url))
	g := startIn(t, writeConfig(t, "journal: {max_bytes: 1MiB}\n"+demoConfig), func(o *app.Options) {
		o.Env = envOf(map[string]string{"PLEXUS_DB_URL": replaceHost(t, url, proxy.addr())})
	})
	defer g.stop(t)
	proxy.cut()
	// Requests for a model that does not exist are the cheapest to fill it with.
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	long := strings.Repeat("x", 250)
	var refused string
	for range 20_000 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.base+"/v1/chat/completions", strings.NewReader(chat(long, false)))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+testKey)
		req.Header.Set("X-Client-Request-Id", long)
		resp, err := pool.RoundTrip(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if resp.StatusCode == http.StatusServiceUnavailable {
			require.NotEmpty(t, resp.Header.Get("Retry-After"))
			refused = string(body)
			break
		}
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
	}
	require.Contains(t, refused, "journal_full")
	resp, _ := g.call(t, http.MethodGet, "/readyz", "", "")
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	proxy.mend(t)
	eventually(t, "requests are taken again", func() bool {
		resp, _ := g.call(t, http.MethodPost, "/v1/chat/completions", testKey, chat("demo-chat", false))
		return resp.StatusCode == http.StatusOK
	})
}

func TestSecondGatewayOnTheSameFolderIsRefused(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	_, err := app.New(t.Context(), app.Options{ConfigPath: filepath.Join(g.dir, "plexus.yaml"), DataDir: filepath.Join(g.dir, "data"), Stdout: io.Discard, Stderr: io.Discard, Env: func(string) (string, bool) { return "", false }})
	require.ErrorContains(t, err, "journal")
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	resp, body := g.call(t, http.MethodGet, "/v1/chat/completions", testKey, "")
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	require.Equal(t, "POST", resp.Header.Get("Allow"))
	require.Contains(t, body, `"error"`)
	resp, body = g.call(t, http.MethodPost, "/v1/nonsense", testKey, "{}")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	require.Contains(t, body, "unknown_url")
	resp, _ = g.call(t, http.MethodGet, "/healthz", "", "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// TestCatalogListsWhatTheDemoServes holds the two lists of demo models together.
func TestCatalogListsWhatTheDemoServes(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Load()
	require.NoError(t, err)
	v, ok := cat.Vendor("demo")
	require.True(t, ok)
	served := make(map[string]bool)
	for _, m := range demo.Models() {
		served[m] = true
	}
	for _, m := range v.Models {
		require.True(t, served[m.Name], "the catalog lists %s, which the demo does not serve", m.Name)
	}
}

// replace changes a file in one step, as editors do: the tests look at it so
// often that they would see the half of a file that is written in place.
func replace(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func writeConfig(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plexus.yaml"), []byte(yaml), 0o600))
	return dir
}

func upstreamConfig(base string) string {
	return "providers:\n  up: {base_url: \"" + base + "\", api_key: sk-upstream-secret, allow_private: true}\nmodels:\n  m: {targets: [{provider: up, model: m}]}\nkeys:\n  ada: {secret: " + testKey + "}\n"
}

// open starts a request and returns the answer with its body unread.
func open(t *testing.T, g *gateway, body string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.base+"/v1/chat/completions", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+testKey)
	resp, err := client.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return resp
}

// cutProxy is a TCP proxy whose line can be cut.
type cutProxy struct {
	target string
	ln     net.Listener
	at     string
	mu     sync.Mutex
	conns  map[net.Conn]bool
	jobs   sync.WaitGroup
}

func newCutProxy(t *testing.T, target string) *cutProxy {
	t.Helper()
	p := &cutProxy{target: target, conns: make(map[net.Conn]bool)}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.at = ln.Addr().String()
	p.serve(ln)
	t.Cleanup(func() { p.cut(); p.jobs.Wait() })
	return p
}

func (p *cutProxy) addr() string { return p.at }

func (p *cutProxy) serve(ln net.Listener) {
	p.ln = ln
	p.jobs.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", p.target)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns[c], p.conns[up] = true, true
			p.mu.Unlock()
			p.pipe(c, up)
			p.pipe(up, c)
		}
	})
}

func (p *cutProxy) pipe(dst, src net.Conn) {
	p.jobs.Go(func() {
		_, _ = io.Copy(dst, src)
		_ = dst.Close()
		_ = src.Close()
	})
}

func (p *cutProxy) cut() {
	_ = p.ln.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

func (p *cutProxy) mend(t *testing.T) {
	t.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) })
	}}
	ln, err := lc.Listen(t.Context(), "tcp", p.at)
	require.NoError(t, err)
	p.serve(ln)
}
