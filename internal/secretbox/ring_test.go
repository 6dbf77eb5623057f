package secretbox_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/secretbox"
)

const goldenPepper = "eb6946ac499b541bd3514e71c5f96d44d8763d103a4fce6da78ab1e62b108dbc"

func key(b byte) [secretbox.KeySize]byte {
	var k [secretbox.KeySize]byte
	for i := range k {
		k[i] = b
	}
	return k
}

func encoded(b byte) string {
	k := key(b)
	return base64.StdEncoding.EncodeToString(k[:])
}

func parse(t *testing.T, text string) *secretbox.Ring {
	t.Helper()
	r, err := secretbox.Parse(text)
	require.NoError(t, err)
	return r
}

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		text string
		keys int
		err  string
	}{
		{name: "one key", text: encoded(1), keys: 1},
		{name: "environment list", text: encoded(1) + "," + encoded(2), keys: 2},
		{name: "file with comments and blank lines", text: "# a, b\n" + encoded(1) + "\n\n" + encoded(2) + "\r\n", keys: 2},
		{name: "empty", text: "", err: "no key"},
		{name: "only a comment", text: "# x", err: "no key"},
		{name: "not base64", text: "hunter2!", err: "line 1"},
		{name: "short key names its line", text: encoded(1) + "\nAAAA", err: "line 2"},
		{name: "key of zeros", text: encoded(0), err: "zeros"},
		{name: "same key twice", text: encoded(1) + "\n" + encoded(1), err: "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := secretbox.Parse(tt.text)
			if tt.err != "" {
				require.ErrorIs(t, err, secretbox.ErrBadRing)
				require.ErrorContains(t, err, tt.err)
				require.NotContains(t, err.Error(), "hunter2")
				return
			}
			require.NoError(t, err)
			require.Len(t, r.IDs(), tt.keys)
		})
	}
}

func TestDerive(t *testing.T) {
	one := parse(t, encoded(1))
	rotated := parse(t, encoded(1)+","+encoded(2))
	other := parse(t, encoded(2))

	again := parse(t, encoded(1))
	require.Equal(t, one.Derive("pepper"), again.Derive("pepper"), "deterministic")
	require.NotEqual(t, one.Derive("pepper"), one.Derive("admin"), "purposes are independent")
	require.Equal(t, one.Derive("pepper"), rotated.Derive("pepper"), "a rotation keeps peppers")
	require.NotEqual(t, one.Derive("pepper"), other.Derive("pepper"))
	require.NotEqual(t, key(1), one.Derive(""), "the master key itself never comes out")
	// A fixed value: should the derivation ever change, every client key and
	// session of every installation would stop working.
	require.Equal(t, goldenPepper, fmt.Sprintf("%x", one.Derive("pepper")))
}

func TestRingShowsNoSecret(t *testing.T) {
	r := parse(t, encoded('k'))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		out := fmt.Sprintf(verb, r)
		require.NotContains(t, out, "kkkk", verb)
		require.NotContains(t, out, encoded('k'), verb)
		require.NotContains(t, out, "107 107", verb)
		require.Contains(t, out, r.IDs()[0].String(), verb)
	}
}
