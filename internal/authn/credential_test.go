package authn_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
)

func TestCredentialOf(t *testing.T) {
	h := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		query  string
		want   authn.Credential
		ok     bool
	}{
		{"nothing", h(), "", authn.Credential{}, false},
		{"bearer", h("Authorization", "Bearer s"), "", authn.Credential{Secret: "s"}, true},
		{"bearer, tabs and case", h("Authorization", " bEaReR   s  "), "", authn.Credential{Secret: "s"}, true},
		{"bare", h("Authorization", "s"), "", authn.Credential{Secret: "s"}, true},
		{"bearer of nothing", h("Authorization", "Bearer"), "", authn.Credential{}, false},
		{"bearer of a space", h("Authorization", "Bearer "), "", authn.Credential{}, false},
		{"basic", h("Authorization", "Basic dTpw"), "", authn.Credential{}, false},
		{"basic, and a key elsewhere", h("Authorization", "Basic dTpw", "X-Api-Key", "s"), "", authn.Credential{Secret: "s"}, true},
		{"x-api-key", h("x-api-key", " s "), "", authn.Credential{Secret: "s"}, true},
		{"api-key", h("api-key", "s"), "", authn.Credential{Secret: "s"}, true},
		{"x-goog-api-key", h("x-goog-api-key", "s"), "", authn.Credential{Secret: "s"}, true},
		{"query", h(), "a=b&key=s", authn.Credential{Secret: "s"}, true},
		{"query escaped", h(), "key=s%3aTeam", authn.Credential{Secret: "s", Label: "team"}, true},
		{"query broken", h(), "%zz&key=s", authn.Credential{Secret: "s"}, true},
		{"order", h("X-Goog-Api-Key", "4", "Api-Key", "3", "X-Api-Key", "2", "Authorization", "1"), "key=5", authn.Credential{Secret: "1"}, true},
		{"order without authorization", h("X-Goog-Api-Key", "4", "Api-Key", "3", "X-Api-Key", "2"), "key=5", authn.Credential{Secret: "2"}, true},
		{"empty ones are passed over", h("Authorization", "", "X-Api-Key", " ", "Api-Key", "3"), "", authn.Credential{Secret: "3"}, true},
		{"only the first value counts", h("X-Api-Key", "1", "X-Api-Key", "2"), "", authn.Credential{Secret: "1"}, true},
		{"label", h("Authorization", "Bearer s:Team-A:x"), "", authn.Credential{Secret: "s", Label: "team-a:x"}, true},
		{"label of rubbish", h("X-Api-Key", "s:\x01\u00e4 \x7f a"), "", authn.Credential{Secret: "s", Label: "a"}, true},
		{"label too long", h("X-Api-Key", "s:"+strings.Repeat("x", 99)), "", authn.Credential{Secret: "s", Label: strings.Repeat("x", authn.MaxLabel)}, true},
		{"label alone", h("X-Api-Key", ":x"), "", authn.Credential{Label: "x"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := authn.CredentialOf(tt.header, &url.URL{RawQuery: tt.query})
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestDigest(t *testing.T) {
	pepper := [32]byte{7}
	h := authn.NewHasher(pepper)
	want := func(s string) (d [32]byte) {
		m := hmac.New(sha256.New, pepper[:])
		m.Write([]byte(s))
		copy(d[:], m.Sum(nil))
		return d
	}
	for _, s := range []string{"", "a", strings.Repeat("long", 100), "a"} {
		require.Equal(t, want(s), h.Digest(s))
	}
	require.NotEqual(t, h.Digest("a"), authn.NewHasher([32]byte{8}).Digest("a"))
	var wg sync.WaitGroup
	for _, s := range []string{"one", "two", "three", "four"} {
		wg.Go(func() {
			for range 200 {
				if h.Digest(s) != want(s) {
					t.Errorf("digest of %q", s)
				}
			}
		})
	}
	wg.Wait()
}

func TestSecrets(t *testing.T) {
	a, b := authn.NewSecret(authn.KeyPrefix), authn.NewSecret(authn.KeyPrefix)
	require.NotEqual(t, a, b)
	require.Len(t, a, len("plx_")+32)
	require.True(t, strings.HasPrefix(a, "plx_"))
	require.Equal(t, a[len(a)-4:], authn.Hint(a))
	require.Empty(t, authn.Hint("short-secret-15"))
	require.Equal(t, "cret", authn.Hint("just-long-secret"))
}
