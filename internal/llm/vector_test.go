package llm_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
)

func TestVectorForms(t *testing.T) {
	for _, tt := range []struct {
		in           llm.Vector
		json, packed string // "" when it fails
	}{
		{llm.Vector{Values: llm.Raw("[0.5,-1]")}, "[0.5,-1]", "AAAAPwAAgL8="},
		{llm.Vector{Values: llm.Raw("[\n  0.50,\n\t-1e0 ]")}, "[0.50,-1e0]", "AAAAPwAAgL8="},
		{llm.Vector{Base64: "AAAAPwAAgL8="}, "[0.5,-1]", "AAAAPwAAgL8="},
		{llm.Vector{Base64: "AAAAPwAAgL8"}, "[0.5,-1]", "AAAAPwAAgL8="}, // without padding
		{llm.Vector{Values: llm.Raw("[1e39]")}, "[1e39]", ""},           // no float32
		{llm.Vector{Values: llm.Raw("[]")}, "", ""},
		{llm.Vector{Values: llm.Raw("[ ]")}, "", ""},
		{llm.Vector{Values: llm.Raw(`["1"]`)}, "", ""},
		{llm.Vector{Values: llm.Raw(`[1,null]`)}, "", ""},
		{llm.Vector{Values: llm.Raw(`[[1,2]]`)}, "", ""},
		{llm.Vector{Values: llm.Raw(`{"a":1}`)}, "", ""},
		{llm.Vector{}, "", ""},
		{llm.Vector{Base64: "AAAA"}, "", ""},         // three bytes
		{llm.Vector{Base64: "?"}, "", ""},            // not base64
		{llm.Vector{Base64: "AADAfw=="}, "", "keep"}, // NaN has no number, but is packed already
	} {
		values, err := tt.in.JSON()
		require.Equal(t, tt.json, string(values), "%s", tt.in)
		require.Equal(t, tt.json == "", err != nil, "%s", tt.in)
		packed, err := tt.in.Packed()
		if tt.packed == "keep" {
			tt.packed = tt.in.Base64
		}
		require.Equal(t, tt.packed, packed, "%s", tt.in)
		require.Equal(t, tt.packed == "", err != nil, "%s", tt.in)
	}
}

// Unpacking and packing again gives the same bits, and the numbers read as the
// same float32.
func TestVectorRoundTrip(t *testing.T) {
	finite := rapid.Float32().Filter(func(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) })
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(finite, 1, 64).Draw(t, "values")
		var b []byte
		for _, f := range want {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
		packed := base64.StdEncoding.EncodeToString(b)
		values, err := llm.Vector{Base64: packed}.JSON()
		require.NoError(t, err)
		var got []float32
		require.NoError(t, json.Unmarshal(values, &got))
		require.Equal(t, want, got)
		again, err := llm.Vector{Values: values}.Packed()
		require.NoError(t, err)
		require.Equal(t, packed, again)
	})
}

func FuzzVector(f *testing.F) {
	f.Add([]byte("[0.1, -2e-3]"), "AAAAPw==")
	f.Add([]byte("[,]"), "====")
	f.Add([]byte("[\"a,b\"]"), "AADAfw==")
	f.Fuzz(func(t *testing.T, values []byte, packed string) {
		for _, v := range []llm.Vector{{Values: values}, {Base64: packed}} {
			text, err := v.JSON()
			if err != nil || v.Values != nil && !json.Valid(values) {
				continue
			}
			require.True(t, json.Valid(text), "%s", text)
			_, _ = v.Packed()
		}
	})
}
