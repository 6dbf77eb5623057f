package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/internal/app"
)

// childEnv makes the test binary a gateway process, for tests that kill one.
const childEnv = "PLEXUS_TEST_GATEWAY_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		runChild(dir)
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// runChild serves until SIGTERM and prints its address.
func runChild(dir string) {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	a, err := app.New(ctx, app.Options{ConfigPath: filepath.Join(dir, "plexus.yaml"), DataDir: dir, Listen: "127.0.0.1:0", Version: "test", Stdout: io.Discard, Stderr: os.Stderr})
	if err == nil {
		err = a.Start(ctx)
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(a.Addr())
	<-ctx.Done()
	if err := a.Stop(context.WithoutCancel(ctx)); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// gateway is a running gateway in this process.
type gateway struct {
	*app.App
	dir  string
	base string
	log  *syncBuffer
}

// syncBuffer collects output of several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

const testKey = "test-key-0123456789abcdef"

const demoConfig = `
providers:
  demo: {vendor: demo}
models:
  demo-chat: {targets: [{provider: demo, model: demo-chat}]}
  demo-tools: {targets: [{provider: demo, model: demo-tools}]}
  demo-embed: {targets: [{provider: demo, model: demo-embed}]}
  demo-stall-stream: {targets: [{provider: demo, model: demo-stall-stream}]}
  gpt-alias: {targets: [{provider: demo, model: demo-chat}], additional_aliases: [other/name]}
keys:
  ada: {secret: ` + testKey + `}
`

// start serves yaml until the test ends.
func start(t *testing.T, yaml string, change ...func(*app.Options)) *gateway {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plexus.yaml"), []byte(yaml), 0o600))
	g := startIn(t, dir, change...)
	t.Cleanup(func() { g.stop(t) })
	return g
}

func startIn(t *testing.T, dir string, change ...func(*app.Options)) *gateway {
	t.Helper()
	g := &gateway{dir: dir, log: new(syncBuffer)}
	o := app.Options{
		ConfigPath: filepath.Join(dir, "plexus.yaml"), DataDir: filepath.Join(dir, "data"), Listen: "127.0.0.1:0",
		Version: "test", Stdout: g.log, Stderr: g.log, WatchEvery: 5 * time.Millisecond,
		Env: func(string) (string, bool) { return "", false },
	}
	for _, c := range change {
		c(&o)
	}
	a, err := app.New(t.Context(), o)
	require.NoError(t, err)
	g.App = a
	require.NoError(t, a.Start(t.Context()))
	g.base = "http://" + a.Addr().String()
	return g
}

// stop stops the gateway; the records of its requests are in the database then.
func (g *gateway) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	require.NoError(t, g.Stop(ctx))
}

// call sends a JSON request and returns the answer with its body read.
func (g *gateway) call(t *testing.T, method, path, bearer, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.base+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

// client keeps no connections, so that stopping a gateway leaves no goroutine.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// eventually waits for a condition that other goroutines bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 20*time.Second, 5*time.Millisecond, what)
}

// requests reads the request log by the management API.
func (g *gateway) requests(t *testing.T, admin string) []map[string]any {
	t.Helper()
	_, body := g.call(t, http.MethodGet, "/v0/requests?limit=500", admin, "")
	var page struct{ Items []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(body), &page), body)
	return page.Items
}

func chat(model string, stream bool) string {
	return fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"user","content":"hello"}]}`, model, stream)
}

// firstLine returns what a process prints first.
func firstLine(t *testing.T, r io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err, line)
	return strings.TrimSpace(line)
}

// envOf is an environment of these variables only.
func envOf(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}
