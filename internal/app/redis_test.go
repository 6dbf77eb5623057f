package app_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/app"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

// A wrong address of Redis stops the start, and is not repeated: it may hold a
// password.
func TestWrongRedisAddressesAreRefused(t *testing.T) {
	const password = "redis-canary-0123456789"
	for _, address := range []string{"redis://:" + password + "@host:port:1/0", "http://:" + password + "@127.0.0.1:6379", password, "redis://:" + password + "@127.0.0.1:1/0"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "plexus.yaml"), []byte("redis: {url: \""+address+"\"}\n"), 0o600))
		_, err := app.New(t.Context(), app.Options{
			ConfigPath: filepath.Join(dir, "plexus.yaml"), DataDir: dir, Listen: "127.0.0.1:0", Version: "test", Stdout: io.Discard, Stderr: io.Discard,
		})
		require.ErrorContains(t, err, "redis.url")
		require.NotContains(t, err.Error(), password)
	}
}

func TestStartsWithRedis(t *testing.T) {
	g := start(t, "redis: {url: \""+storetest.Redis(t)+"\"}\n"+demoConfig)
	resp, body := g.call(t, "POST", "/v1/messages", testKey, `{"model":"demo-chat","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`)
	require.Equal(t, 200, resp.StatusCode, body)
}
