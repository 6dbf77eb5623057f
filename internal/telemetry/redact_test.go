package telemetry_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/telemetry"
)

type secretive struct{ Token string }

func (s secretive) String() string { return "token=" + s.Token }

// TestNoSecretInAnyLog: whatever it is logged as and however it is spelled.
func TestNoSecretInAnyLog(t *testing.T) {
	for _, secret := range []string{
		"correct-horse-battery", `quo"te\d/secret`, "tab\tand<angle>&amp", "umläut-Schlüssel", "space and + percent%",
	} {
		for _, asJSON := range []bool{true, false} {
			t.Run(fmt.Sprintf("%.5q json=%v", secret, asJSON), func(t *testing.T) {
				var out bytes.Buffer
				r := telemetry.NewRedactor(&out)
				r.Know([]string{secret, "short"})
				log := telemetry.NewLogger(r, slog.LevelDebug, asJSON)
				log.Info("in the message "+secret, //nolint:sloglint // a secret in the message is what is tested
					"attr", secret, "bytes", []byte("x"+secret), "any", map[string]string{"k": secret},
					"err", fmt.Errorf("dial: %w", errors.New(secret)), "stringer", secretive{secret})
				log.With("bound", secret).WithGroup("g").With("inner", secret).Debug("m", slog.Group("h", "x", secret), "list", []string{secret})
				log.Error("panic", "panic", fmt.Sprint(any(secret)), "quoted", fmt.Sprintf("%q", secret), "twice", fmt.Sprintf("%q", fmt.Sprintf("%q", "x")))
				text := out.String()
				require.Equal(t, 3, strings.Count(text, "\n"))
				require.NotContains(t, text, secret)
				for _, piece := range []string{"horse", "d/secret", "angle", "Schl", "percent"} {
					if strings.Contains(secret, piece) {
						require.NotContains(t, text, piece)
					}
				}
				require.Contains(t, text, "<secret>")
				if asJSON {
					for line := range strings.Lines(text) {
						var v map[string]any
						require.NoError(t, json.Unmarshal([]byte(line), &v), "a redacted line is JSON still: %s", line)
						require.True(t, strings.HasSuffix(v["time"].(string), "Z"))
					}
				}
			})
		}
	}
}

func TestShapes(t *testing.T) {
	r := telemetry.NewRedactor(nil)
	for _, tt := range []struct{ in, want string }{
		{"key sk-proj-abcdefghijkl end", "key <secret> end"},
		{"SK-ANT-api03-0123456789ab", "<secret>"},
		{"plx_0123456789abcdef", "<secret>"},
		{"plxadmin_0123456789abcdef", "<secret>"},
		{`"AIzaSyA0123456789012345678"`, `"<secret>"`},
		{"gsk_0123456789ab xai-0123456789ab", "<secret> <secret>"},
		{"Authorization: Bearer abc.def/ghi==", "Authorization: <secret>"},
		{"bearer  token-of-some-length,", "<secret>,"},
		{"risk-assessment-of-things", "risk-assessment-of-things"},
		{"bearer of news", "bearer of news"},
		{"sk-short", "sk-short"},
		{"task-0123456789abcdef", "task-0123456789abcdef"},
		{"", ""},
	} {
		require.Equal(t, tt.want, string(r.Redact([]byte(tt.in))), tt.in)
	}
}

func TestKnownSecrets(t *testing.T) {
	r := telemetry.NewRedactor(nil)
	require.Equal(t, "abcdefgh", string(r.Redact([]byte("abcdefgh"))), "before anything is known")
	r.Know([]string{"abcdefgh", "abcdefghijkl", "1234567"})
	require.Equal(t, "<secret> <secret> 1234567", string(r.Redact([]byte("abcdefghijkl abcdefgh 1234567"))), "the longest first; too short is no secret")
	require.Equal(t, "user:<secret>@host", string(r.Redact([]byte("user:abcdefgh@host"))))
	r.Know([]string{"p@ss/word one"})
	require.Equal(t, "<secret> <secret> <secret> abcdefgh", string(r.Redact([]byte("p%40ss%2Fword+one p@ss%2Fword%20one p@ss/word one abcdefgh"))), "a new list replaces the old one")
	line := []byte("p@ss/word one")
	r.Redact(line)
	require.Equal(t, "p@ss/word one", string(line), "the caller's bytes stay")
}

// failing is a writer that fails.
type failing struct{}

var errFull = errors.New("disk full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	r := telemetry.NewRedactor(&out)
	r.Know([]string{"a-long-secret-indeed"})
	n, err := r.Write([]byte("x a-long-secret-indeed\n"))
	require.NoError(t, err)
	require.Equal(t, 23, n, "io.Writer: as much as was given")
	_, err = telemetry.NewRedactor(failing{}).Write([]byte("x"))
	require.ErrorIs(t, err, errFull)
}

func TestManyWriters(t *testing.T) {
	var out bytes.Buffer
	r := telemetry.NewRedactor(&out)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 100 {
				secret := fmt.Sprintf("the-secret-%d", j)
				r.Know([]string{secret, "the-constant-secret"})
				fmt.Fprintf(r, "writer %d the-constant-secret\n", i)
			}
		})
	}
	wg.Wait()
	for line := range strings.Lines(out.String()) {
		if line != "writer "+line[7:8]+" <secret>\n" && !strings.Contains(line, "constant") {
			require.Fail(t, "lines are whole", line)
		}
	}
	require.NotContains(t, strings.TrimPrefix(out.String(), "writer"), "the-constant-secret")
	require.Equal(t, 800, strings.Count(out.String(), "\n"))
}
