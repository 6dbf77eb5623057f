package config_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// env is an environment of the pairs name, value.
func env(pairs ...string) config.LookupEnv {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func parse(t *testing.T, text string, pairs ...string) *config.Config {
	t.Helper()
	c, err := config.Parse("plexus.yaml", []byte(text), env(pairs...))
	require.NoError(t, err)
	return c
}

func TestLoadMissingFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "plexus.yaml"), nil)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plexus.yaml")
	require.NoError(t, os.WriteFile(path, []byte("log: 3\n"), 0o600))
	_, err := config.Load(path, nil)
	var problem *config.Error
	require.ErrorAs(t, err, &problem)
	require.Equal(t, config.Error{
		File: path, Line: 1, Col: 6, Path: "log", Message: "wrong kind of value", Found: "a number", Allowed: "a mapping",
	}, *problem)
}

func TestLoadRefusesHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plexus.yaml")
	require.NoError(t, os.WriteFile(path, []byte("# "+strings.Repeat("x", 5<<20)), 0o600))
	_, err := config.Load(path, nil)
	require.ErrorContains(t, err, "larger than 4MiB")
}

func TestEmptyFiles(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "~\n", "{}\n", "providers:\nmodels:\nkeys:\nserver:\n"} {
		c := parse(t, text)
		require.Equal(t, config.Server{Listen: ":4000", MaxBodyBytes: 64 << 20, DrainTimeout: 30 * time.Second}, c.Server, "%q", text)
		require.Equal(t, config.Journal{Fsync: config.FsyncInterval, FsyncInterval: 200 * time.Millisecond, MaxBytes: 1 << 30}, c.Journal)
		require.Equal(t, config.Log{Level: "info", Format: config.LogText}, c.Log)
		require.Empty(t, c.Providers)
	}
}

func TestDefaultServesTheDemo(t *testing.T) {
	c := config.Default()
	require.Len(t, c.Providers, 1)
	p := c.Providers[0]
	require.Equal(t, "demo", p.Slug)
	require.Equal(t, "demo", p.Vendor)
	require.True(t, p.Enabled)
	require.Equal(t, "demo://local/v1", p.BaseURL[llm.OpenAIChat])
	require.Equal(t, "demo://local/v1", p.BaseURL[llm.OpenAIEmbeddings])
	require.Empty(t, c.Keys)
	var names []string
	for i, a := range c.Models {
		names = append(names, a.Name)
		require.Equal(t, []config.Target{{Provider: "demo", Model: a.Name, Weight: 1, Enabled: true}}, a.Targets)
		require.Equal(t, a.Name, p.Models[i].Name)
	}
	require.Equal(t, []string{"demo-chat", "demo-tools", "demo-fail", "demo-stall", "demo-ratelimit", "demo-embed"}, names)
	require.Equal(t, catalog.ModelEmbeddings, p.Models[5].Type)
}

// TestDefaultIsAValidFile also compares the defaults that Default sets itself
// with those of the file.
func TestDefaultIsAValidFile(t *testing.T) {
	want := config.Default()
	out, err := want.Redacted()
	require.NoError(t, err)
	require.Equal(t, want, parse(t, string(out)))
	var short strings.Builder
	short.WriteString("providers: {demo: {vendor: demo, display_name: Built-in demo}}\nmodels:\n")
	for _, a := range want.Models {
		fmt.Fprintf(&short, "  %s: {provider: demo, model: %s}\n", a.Name, a.Name)
	}
	require.Equal(t, want, parse(t, short.String()))
}

func TestDatabaseFromEnvironment(t *testing.T) {
	const file = "database: {url: 'sqlite:file.db'}\n"
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"file alone", nil, "sqlite:file.db"},
		{"DATABASE_URL overrides", []string{"DATABASE_URL", "postgres://a/b"}, "postgres://a/b"},
		{"PLEXUS_DB_URL wins", []string{"DATABASE_URL", "postgres://a/b", "PLEXUS_DB_URL", "sqlite:x.db"}, "sqlite:x.db"},
		{"a loser is not even checked", []string{"DATABASE_URL", "mysql://a/b", "PLEXUS_DB_URL", "sqlite:x.db"}, "sqlite:x.db"},
		{"empty is unset", []string{"DATABASE_URL", "postgresql://a/b", "PLEXUS_DB_URL", ""}, "postgresql://a/b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, parse(t, file, tt.env...).Database.URL.Reveal())
		})
	}
	_, err := config.Parse("plexus.yaml", nil, env("DATABASE_URL", "mysql://canary"))
	require.EqualError(t, err, "environment: DATABASE_URL: not the URL of a database that is supported: allowed: postgres://… or sqlite:path")
	c := config.Default()
	require.NoError(t, c.ApplyEnv(env("PLEXUS_DB_URL", "sqlite:y.db")))
	require.Equal(t, "sqlite:y.db", c.Database.URL.Reveal())
	require.Error(t, c.ApplyEnv(env("PLEXUS_DB_URL", "nonsense")))
}

func TestExpansion(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"value", "${A}-longer-than-16", "one-longer-than-16"},
		{"fallback for unset", "${NONE:-fallback}-12345678", "fallback-12345678"},
		{"fallback for empty", "${EMPTY:-fallback}-12345678", "fallback-12345678"},
		{"no fallback needed", "${A:-fallback}-1234567890123", "one-1234567890123"},
		{"empty fallback", "${NONE:-}1234567890123456", "1234567890123456"},
		{"fallback with colons and dashes", "${NONE:-a-b}-1234567890123", "a-b-1234567890123"},
		{"escaped", "$${A}-1234567890123", "${A}-1234567890123"},
		{"doubled twice", "$$$$-12345678901234", "$$-12345678901234"},
		{"a plain dollar stays", "pa$word$-12345678901234$", "pa$word$-12345678901234$"},
		{"what was put in is not expanded again", "${NESTED}-1234567890123", "${A}$$-1234567890123"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := parse(t, "keys: {k: {secret: '"+tt.text+"'}}", "A", "one", "EMPTY", "", "NESTED", "${A}$$")
			require.Equal(t, tt.want, c.Keys[0].Secret.Reveal())
		})
	}
}

func TestKeysAreNotExpanded(t *testing.T) {
	c := parse(t, "providers: {p: {vendor: openai}}\nmodels: {'${A}': {provider: p, model: x}}", "A", "one")
	require.Equal(t, "${A}", c.Models[0].Name)
}

func TestOrderOfTheFile(t *testing.T) {
	c := parse(t, `
providers: {z: {vendor: openai}, a: {vendor: groq}, m: {vendor: xai, headers: {x-b: "1", X-A: "2"}}}
models: {z: {provider: z, model: x}, a: {provider: a, model: x}}
keys: {z: {secret: 0123456789abcdef-z}, a: {secret: 0123456789abcdef-a}}
`)
	require.Equal(t, []string{"z", "a", "m"}, []string{c.Providers[0].Slug, c.Providers[1].Slug, c.Providers[2].Slug})
	require.Equal(t, []string{"z", "a"}, []string{c.Models[0].Name, c.Models[1].Name})
	require.Equal(t, []string{"z", "a"}, []string{c.Keys[0].Name, c.Keys[1].Name})
	require.Equal(t, []string{"X-A", "X-B"}, c.Providers[2].HeaderNames())
}

// TestLongNamesAreNotMixedUp has two names that look the same where messages
// clip them.
func TestLongNamesAreNotMixedUp(t *testing.T) {
	long := strings.Repeat("a/", 50)
	c := parse(t, `
providers: {p: {vendor: openai}}
models:
  `+long+`1: {provider: p, model: x}
  `+long+`2: {targets: [{provider: p, model: y}]}
`)
	require.Equal(t, "x", c.Models[0].Targets[0].Model)
	require.Equal(t, "y", c.Models[1].Targets[0].Model)
	_, err := config.Parse("p", []byte("server: {"+strings.Repeat("x", 500)+": 1}"), nil)
	require.Less(t, len(err.Error()), 400)
}

func TestExpiry(t *testing.T) {
	c := parse(t, `
keys:
  a: {secret: 0123456789abcdef-a, expires_at: 2027-01-31}
  b: {secret: 0123456789abcdef-b, expires_at: 2027-01-31T12:00:00+02:00}
  c: {secret: 0123456789abcdef-c}
`)
	require.Equal(t, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), *c.Keys[0].ExpiresAt)
	require.Equal(t, time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC), *c.Keys[1].ExpiresAt)
	require.Nil(t, c.Keys[2].ExpiresAt)
}

func TestUnits(t *testing.T) {
	durations := map[string]time.Duration{
		"0": 0, "0s": 0, "90m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "106751d": 106751 * 24 * time.Hour,
	}
	for text, want := range durations {
		require.Equal(t, want, parse(t, "retention: {requests: "+text+"}").Retention.Requests, text)
	}
	sizes := map[string]int64{
		"1024": 1024, "64MiB": 64 << 20, "64 MiB": 64 << 20, "1GB": 1e9, "2kB": 2000, "2KB": 2000, "3KiB": 3072, "5000B": 5000,
	}
	for text, want := range sizes {
		require.Equal(t, want, parse(t, "server: {max_body_bytes: "+text+"}").Server.MaxBodyBytes, text)
	}
	for _, text := range []string{"106752d", "99999999999999999999d", "1d1d", "d", "1 d", "5", "-1d", "106751d24h"} {
		_, err := config.Parse("x", []byte("retention: {requests: "+text+"}"), nil)
		require.Error(t, err, text)
	}
	for _, text := range []string{"64mib", "MiB", "-5", "9999999999GiB", "1.5MiB", "0x10", "64 MiB MiB"} {
		_, err := config.Parse("x", []byte("server: {max_body_bytes: "+text+"}"), nil)
		require.Error(t, err, text)
	}
}

func TestSlogLevel(t *testing.T) {
	for text, want := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		require.Equal(t, want, parse(t, "log: {level: "+text+"}").Log.SlogLevel())
	}
}

// TestVendorIsOneFile adds a vendor at run time.
func TestVendorIsOneFile(t *testing.T) {
	cat, err := catalog.LoadFS(fstest.MapFS{"acme.yaml": {Data: []byte(`
id: acme
name: Acme
allow_private: true
protocols: {openai.chat: {base_url: https://api.acme.example/v3}}
models: [{name: roadrunner}]
infer: [{host: acme.example, protocols: [openai.responses]}]
`)}})
	require.NoError(t, err)
	c, err := config.ParseWith(cat, "plexus.yaml", []byte(`
providers:
  a: {vendor: acme}
  b: {base_url: https://eu.acme.example/v3}
`), nil)
	require.NoError(t, err)
	require.Equal(t, map[llm.Protocol]string{llm.OpenAIChat: "https://api.acme.example/v3"}, c.Providers[0].BaseURL)
	require.Equal(t, []config.ProviderModel{{Name: "roadrunner", Type: catalog.ModelChat}}, c.Providers[0].Models)
	require.True(t, c.Providers[0].AllowPrivate)
	require.Equal(t, map[llm.Protocol]string{llm.OpenAIResponses: "https://eu.acme.example/v3"}, c.Providers[1].BaseURL)
	require.False(t, c.Providers[1].AllowPrivate)
}

// TestRedactedReadsBack puts secrets back into the printed configuration of
// every good file and expects the same configuration.
func TestRedactedReadsBack(t *testing.T) {
	paths := []string{exampleFile}
	for _, p := range rules(t, "good") {
		paths = append(paths, p)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, err := config.Load(path, testEnv)
			require.NoError(t, err)
			first, err := c.Redacted()
			require.NoError(t, err)
			again, err := config.Parse("again", []byte(fillSecrets(string(first))), nil)
			require.NoError(t, err)
			second, err := again.Redacted()
			require.NoError(t, err)
			require.Equal(t, string(first), string(second))
			dropSecrets(c)
			dropSecrets(again)
			require.Equal(t, c, again)
		})
	}
}

func fillSecrets(text string) string {
	text = strings.ReplaceAll(text, "url: <secret>", "url: sqlite:some.db")
	for i := 0; strings.Contains(text, "<secret>"); i++ {
		text = strings.Replace(text, "<secret>", fmt.Sprintf("put-back-secret-%04d", i), 1)
	}
	return text
}

func dropSecrets(c *config.Config) {
	c.Database.URL = config.Secret{}
	for i := range c.Providers {
		c.Providers[i].APIKey, c.Providers[i].Headers = config.Secret{}, nil
	}
	for i := range c.Keys {
		c.Keys[i].Secret = config.Secret{}
	}
}
