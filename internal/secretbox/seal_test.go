package secretbox_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/secretbox"
)

var place = secretbox.Place{Table: "secrets", Column: "sealed", Row: "openai"}

func TestSealOpen(t *testing.T) {
	ring := secretbox.Generate()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		at := secretbox.Place{
			Table:  rapid.String().Draw(t, "table"),
			Column: rapid.String().Draw(t, "column"),
			Row:    rapid.String().Draw(t, "row"),
		}
		box, err := ring.Seal(plain, at)
		require.NoError(t, err)
		got, err := ring.Open(box, at)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, got))

		// Every single bit counts.
		i := rapid.IntRange(0, len(box)*8-1).Draw(t, "bit")
		box[i/8] ^= 1 << (i % 8)
		_, err = ring.Open(box, at)
		require.Error(t, err)
	})
}

func TestOpenRefuses(t *testing.T) {
	ring := secretbox.Generate()
	box, err := ring.Seal([]byte("sk-canary"), place)
	require.NoError(t, err)
	require.NotContains(t, string(box), "canary")

	move := func(f func(*secretbox.Place)) secretbox.Place {
		p := place
		f(&p)
		return p
	}
	tests := []struct {
		name string
		box  []byte
		at   secretbox.Place
		err  error
	}{
		{name: "another row", box: box, at: move(func(p *secretbox.Place) { p.Row = "azure" }), err: secretbox.ErrOpen},
		{name: "another column", box: box, at: move(func(p *secretbox.Place) { p.Column = "x" }), err: secretbox.ErrOpen},
		{name: "another table", box: box, at: move(func(p *secretbox.Place) { p.Table = "x" }), err: secretbox.ErrOpen},
		{name: "boundary moved", box: box, at: secretbox.Place{Table: "secretss", Column: "ealed", Row: "openai"}, err: secretbox.ErrOpen},
		{name: "empty", box: nil, at: place, err: secretbox.ErrOpen},
		{name: "truncated", box: box[:len(box)-1], at: place, err: secretbox.ErrOpen},
		{name: "header only", box: box[:5], at: place, err: secretbox.ErrOpen},
		{name: "unknown version", box: append([]byte{9}, box[1:]...), at: place, err: secretbox.ErrOpen},
		{name: "unknown key", box: append([]byte{1, 0, 0, 0, 0}, box[5:]...), at: place, err: secretbox.ErrUnknownKey},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ring.Open(tt.box, tt.at)
			require.ErrorIs(t, err, tt.err)
			require.Nil(t, got)
		})
	}
}

func TestKeyIDIsAuthenticated(t *testing.T) {
	// Two keys in the ring: pointing an envelope at the other one must fail.
	ring := parse(t, encoded(1)+","+encoded(2))
	box, err := ring.Seal([]byte("v"), place)
	require.NoError(t, err)
	old, err := parse(t, encoded(1)).Seal([]byte("v"), place)
	require.NoError(t, err)
	copy(box[1:5], old[1:5])
	_, err = ring.Open(box, place)
	require.ErrorIs(t, err, secretbox.ErrOpen)
}

func TestNoncesDiffer(t *testing.T) {
	ring := secretbox.Generate()
	a, err := ring.Seal([]byte("v"), place)
	require.NoError(t, err)
	b, err := ring.Seal([]byte("v"), place)
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}

func FuzzOpen(f *testing.F) {
	ring := secretbox.Generate()
	box, err := ring.Seal([]byte("v"), place)
	require.NoError(f, err)
	f.Add(box)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ring.Open(b, place)
		if bytes.Equal(b, box) {
			require.NoError(t, err)
			return
		}
		require.Error(t, err)
		require.Nil(t, got)
	})
}

func FuzzParse(f *testing.F) {
	f.Add(encoded(1) + "\n# c\n" + encoded(2))
	f.Fuzz(func(t *testing.T, text string) {
		r, err := secretbox.Parse(text)
		if err == nil {
			require.NotEmpty(t, r.IDs())
			return
		}
		require.ErrorIs(t, err, secretbox.ErrBadRing)
	})
}
