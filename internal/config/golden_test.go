package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with the file, or rewrites the file under -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run the test with -update when the change is meant")
}

// testEnv is the environment of the files in testdata.
func testEnv(name string) (string, bool) {
	v, ok := map[string]string{
		"PORT": "4100", "ON": "true", "EMPTY": "", "NUMBER": "7", "API_KEY": "sk-canary-from-env",
	}[name]
	return v, ok
}

// fewVendors is a catalog of a few vendors, so that the goldens do not change
// when a vendor is added.
func fewVendors(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.LoadFS(os.DirFS("testdata/vendors"))
	require.NoError(t, err)
	return c
}

// rules lists the files testdata/conf.<rule>.<kind>.yaml by rule.
func rules(t *testing.T, kind string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/conf.*." + kind + ".yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	byRule := make(map[string]string, len(paths))
	for _, p := range paths {
		byRule[strings.Split(filepath.Base(p), ".")[1]] = p
	}
	return byRule
}

func TestEveryRuleHasBothFiles(t *testing.T) {
	good, bad := rules(t, "good"), rules(t, "bad")
	for rule := range good {
		require.Contains(t, bad, rule)
	}
	require.Len(t, bad, len(good))
}

// TestGoodFiles compares the effective configuration of each good file.
func TestGoodFiles(t *testing.T) {
	for rule, path := range rules(t, "good") {
		t.Run(rule, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			c, err := config.ParseWith(fewVendors(t), "plexus.yaml", data, testEnv)
			require.NoError(t, err)
			out, err := c.Redacted()
			require.NoError(t, err)
			require.NotContains(t, string(out), "canary-")
			golden(t, strings.TrimSuffix(path, ".yaml")+".out", out)
		})
	}
}

// TestBadFiles compares every error of each bad file: position, path, what was
// found and what is allowed. No secret may be in them.
func TestBadFiles(t *testing.T) {
	for rule, path := range rules(t, "bad") {
		t.Run(rule, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			c, err := config.ParseWith(fewVendors(t), "plexus.yaml", data, testEnv)
			require.Nil(t, c)
			var problems config.Errors
			require.ErrorAs(t, err, &problems)
			require.NotContains(t, err.Error(), "canary")
			golden(t, strings.TrimSuffix(path, ".yaml")+".out", []byte(err.Error()+"\n"))
		})
	}
}
