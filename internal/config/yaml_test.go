package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/config"
)

func TestNotYAML(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unclosed list", "server: [\nlog: 1\n", "p:3:1: not YAML: did not find expected"},
		{"tab", "server:\n\tlisten: x\n", "p:2:1: not YAML: "},
		{"unknown anchor", "a: 1\nserver: *none\n", "p:2:9: not YAML: unknown anchor"},
		{"nested colon", "log: a: b\n", "p:1:7: not YAML: "},
		{"control character", "log: 1\nserver: \x01\n", "p:2:9: not YAML: the file is not UTF-8 text"},
		{"not UTF-8", "log: \xff\n", "p:1:6: not YAML: the file is not UTF-8 text"},
		{"second document", "log: {level: info}\n---\nserver: {}\n", "p:2:1: a second YAML document begins here"},
		{"too deep", strings.Repeat("[", 20_000), "p:1:10001: not YAML: exceeded max depth"},
		{"a list", "- server\n", "p:1:1: wrong kind of value: found a list, allowed: a mapping"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("p", []byte(tt.text), nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestAliasInsideItsAnchor(t *testing.T) {
	for _, text := range []string{
		"x-a: &a [*a]\n", "x-a: &a {b: *a}\n", "x-a: &a {<<: *a}\n", "x-a: &a {b: &b [*a, *b]}\n",
	} {
		_, err := config.Parse("p", []byte(text), nil)
		require.ErrorContains(t, err, "an alias stands inside the anchor it refers to", text)
	}
}

// TestBillionLaughs would need the age of the universe if aliases were
// expanded before they are counted.
func TestBillionLaughs(t *testing.T) {
	var b strings.Builder
	b.WriteString("x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := 1; i < 60; i++ {
		ref := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "x-%d: &a%d [%s]\n", i, i, strings.Join([]string{ref, ref, ref, ref, ref, ref, ref, ref, ref}, ", "))
	}
	_, err := config.Parse("p", []byte(b.String()), nil)
	require.ErrorContains(t, err, "the aliases expand to more than")
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("providers:\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  p%d: {}\n", i)
	}
	_, err := config.Parse("p", []byte(b.String()), nil)
	var problems config.Errors
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 501)
	require.Equal(t, "1500 more problems are not shown", problems[500].Message)
}

func TestProblemsAreSorted(t *testing.T) {
	_, err := config.Parse("p", []byte("keys: {k: {secret: x}}\nlog: {level: x}\nserver: {listen: x, foo: 1}\n"), nil)
	var problems config.Errors
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 4)
	for i := 1; i < len(problems); i++ {
		a, b := problems[i-1], problems[i]
		require.True(t, a.Line < b.Line || a.Line == b.Line && a.Col <= b.Col, "%v before %v", a, b)
	}
}

func TestDidYouMean(t *testing.T) {
	tests := []struct{ key, want string }{
		{"lisetn", "listen"},
		{"listenn", "listen"},
		{"isten", "listen"},
		{"Listen", "listen"},
		{"drain-timeout", "drain_timeout"},
		{"maxBodyBytes", "max_body_bytes"},
		{"colour", ""},
		{"x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			_, err := config.Parse("p", []byte("server: {"+tt.key+": 1}"), nil)
			var problem *config.Error
			require.ErrorAs(t, err, &problem)
			if tt.want == "" {
				require.Empty(t, problem.Hint)
				return
			}
			require.Equal(t, fmt.Sprintf("did you mean %q?", tt.want), problem.Hint)
		})
	}
}

// TestLongValuesAreClipped keeps a file's mistakes from flooding a terminal,
// and its control characters from steering it.
func TestLongValuesAreClipped(t *testing.T) {
	_, err := config.Parse("p", []byte("log: {level: \"\\e[31m"+strings.Repeat("é", 5000)+"\"}"), nil)
	require.Less(t, len(err.Error()), 400)
	require.NotContains(t, err.Error(), "\x1b")
}
