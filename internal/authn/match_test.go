package authn_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/authn"
)

// oracle says by a regular expression what Match must say.
func oracle(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`\A(?s:` + strings.Join(parts, ".*") + `)\z`).MatchString(s)
}

func TestMatchIsWhatTheRegularExpressionSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab*/.ä\n")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab/.ä\n")), 0, 10, -1).Draw(t, "s")
		if rapid.Bool().Draw(t, "from the pattern") { // so that many match
			s = strings.ReplaceAll(pattern, "*", rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 3, -1).Draw(t, "run"))
		}
		if got, want := authn.Match(pattern, s), oracle(pattern, s); got != want {
			t.Fatalf("Match(%q, %q) = %v", pattern, s, got)
		}
	})
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a/b", true},
		{"gpt-*", "gpt-", true},
		{"gpt-*", "gpt", false},
		{"a*a", "a", false}, // one a is not both ends
		{"a*a", "aa", true},
		{"*mini*", "gpt-5-mini", true},
		{"a*b*c", "acb", false},
		{"GPT", "gpt", false},
		{"a.c", "abc", false},
	} {
		require.Equal(t, tt.want, authn.Match(tt.pattern, tt.s), "%q %q", tt.pattern, tt.s)
	}
}

// TestMatchIsNotSlow: a hostile name must not cost exponential time. It would
// not come back in a lifetime.
func TestMatchIsNotSlow(t *testing.T) {
	require.False(t, authn.Match(strings.Repeat("a*", 50)+"b", strings.Repeat("a", 5000)))
}
