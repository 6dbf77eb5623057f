package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/config"
)

const canary = "canary-7f3a"

// printed renders v in every way that a program commonly prints a value.
func printed(t *testing.T, v any) []string {
	t.Helper()
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%10.3v"} {
		out = append(out, fmt.Sprintf(verb, v))
	}
	out = append(out, fmt.Sprint(v), errors.New(fmt.Sprintln(v)).Error())
	for _, marshal := range []func() ([]byte, error){
		func() ([]byte, error) { return json.Marshal(v) },
		func() ([]byte, error) { return jsonv2.Marshal(v) },
		func() ([]byte, error) { return yaml.Dump(v) },
	} {
		b, err := marshal()
		require.NoError(t, err)
		out = append(out, string(b))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", v)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", v)
	return append(out, log.String())
}

func TestSecretIsNeverPrinted(t *testing.T) {
	s := config.NewSecret(canary)
	values := map[string]any{
		"value":   s,
		"pointer": &s,
		"struct":  struct{ A config.Secret }{s},
		"map":     map[string]config.Secret{"a": s},
		"slice":   []config.Secret{s},
		"key":     config.Key{Name: "k", Secret: s},
		"ref":     config.NewSecretRef(canary),
	}
	hexed := fmt.Sprintf("%x", canary)
	for name, v := range values {
		t.Run(name, func(t *testing.T) {
			for _, text := range printed(t, v) {
				require.NotContains(t, text, canary)
				require.NotContains(t, text, hexed)
			}
		})
	}
	require.Equal(t, "<secret>", fmt.Sprintf("%v", s))
	require.Equal(t, "<secret>", fmt.Sprintf("%x", s))
}

func TestSecretForms(t *testing.T) {
	tests := []struct {
		name         string
		secret       config.Secret
		reveal, text string
		zero         bool
		ref          string
	}{
		{"zero", config.Secret{}, "", "", true, ""},
		{"empty", config.NewSecret(""), "", "", true, ""},
		{"value", config.NewSecret(canary), canary, "<secret>", false, ""},
		{"reference", config.NewSecretRef("main"), "", "<secret>", false, "main"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.reveal, tt.secret.Reveal())
			require.Equal(t, tt.zero, tt.secret.IsZero())
			require.Equal(t, tt.text, tt.secret.String())
			require.Equal(t, tt.text, tt.secret.GoString())
			require.Equal(t, tt.text, tt.secret.LogValue().String())
			b, err := json.Marshal(tt.secret)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("%q", tt.text), unescape(t, b))
			name, ok := tt.secret.Ref()
			require.Equal(t, tt.ref, name)
			require.Equal(t, tt.ref != "", ok)
		})
	}
	set := map[config.Secret]bool{config.NewSecret("a"): true}
	require.True(t, set[config.NewSecret("a")])
	require.False(t, set[config.NewSecretRef("a")])
}

// unescape undoes encoding/json's escapes of < and >.
func unescape(t *testing.T, b []byte) string {
	t.Helper()
	var s string
	require.NoError(t, json.Unmarshal(b, &s))
	return fmt.Sprintf("%q", s)
}

func TestSecretReferencesInAFile(t *testing.T) {
	c := parse(t, `providers: {p: {vendor: openai, api_key: "${secret:openai-main}", headers: {x-a: "${secret:a.b}", x-b: plain}}}`)
	name, ok := c.Providers[0].APIKey.Ref()
	require.True(t, ok)
	require.Equal(t, "openai-main", name)
	name, ok = c.Providers[0].Headers["X-A"].Ref()
	require.True(t, ok)
	require.Equal(t, "a.b", name)
	require.Equal(t, "plain", c.Providers[0].Headers["X-B"].Reveal())
}
