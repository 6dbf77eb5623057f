package wirejson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name, in string
		ok       bool
	}{
		{"object", ` {"a":[1,{"b":null}]} `, true},
		{"invalid utf-8 passes", "{\"a\":\"\xff\"}", true},
		{"duplicate names pass", `{"a":1,"a":2}`, true},
		{"empty", "", false},
		{"cut", `{"a":`, false},
		{"two values", `{} {}`, false},
		{"unquoted", `{a:1}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.ok, wirejson.Check([]byte(tt.in)) == nil)
		})
	}
}

func TestMembers(t *testing.T) {
	in := ` { "a" : 1 , "q\"\u0062" : { "x" : "}" } , "c":[ "]\\" , 2 ],"d":"e\\\"f" } `
	var got []string
	for n, v := range wirejson.Members([]byte(in)) {
		got = append(got, string(n)+"="+string(v))
	}
	require.Equal(t, []string{`a=1`, `q"b={ "x" : "}" }`, `c=[ "]\\" , 2 ]`, `d="e\\\"f"`}, got)
	require.Equal(t, `[ "]\\" , 2 ]`, string(wirejson.Member([]byte(in), "c")))
	require.Nil(t, wirejson.Member([]byte(in), "z"))
	require.Nil(t, wirejson.Member([]byte(`[1]`), "z"))
}

func TestElements(t *testing.T) {
	var got []string
	for i, v := range wirejson.Elements([]byte(` [ 1 ,"a,b", {"c":[ ]} , null ] `)) {
		require.Len(t, got, i)
		got = append(got, string(v))
	}
	require.Equal(t, []string{`1`, `"a,b"`, `{"c":[ ]}`, `null`}, got)
	for range wirejson.Elements([]byte(`[]`)) {
		require.Fail(t, "an empty array has no elements")
	}
}

func TestScalars(t *testing.T) {
	text, ok := wirejson.Text([]byte(`"a\u00e9\ud800\n"`))
	require.True(t, ok)
	require.Equal(t, "aé\uFFFD\n", text)
	text, ok = wirejson.Text([]byte("\"\xff<\""))
	require.True(t, ok)
	require.Equal(t, "\uFFFD<", text)
	_, ok = wirejson.Text([]byte(`1`))
	require.False(t, ok)

	for in, want := range map[string]int64{"16": 16, "16.0": 16, "1.6e1": 16, "-3": -3} {
		n, ok := wirejson.Int([]byte(in))
		require.True(t, ok, in)
		require.Equal(t, want, n, in)
	}
	for _, in := range []string{"1.5", `"1"`, "1e300", "null", ""} {
		_, ok := wirejson.Int([]byte(in))
		require.False(t, ok, in)
	}
	f, ok := wirejson.Float([]byte("0.70"))
	require.True(t, ok)
	require.InDelta(t, 0.7, f, 1e-12)
	b, ok := wirejson.Bool([]byte(" true "))
	require.True(t, ok && b)
	require.True(t, wirejson.IsNull(nil))
	require.True(t, wirejson.IsNull([]byte("null")))
	require.False(t, wirejson.IsNull([]byte("0")))
}

func TestAppend(t *testing.T) {
	b := wirejson.AppendName([]byte("{"), "a")
	b = wirejson.AppendText(b, "<b>&\xff\"")
	b = wirejson.AppendName(b, "n")
	b = wirejson.AppendFloat(b, 0.1)
	b = wirejson.AppendName(b, "e")
	b = wirejson.AppendFloat(b, 1e-9)
	require.Equal(t, "{\"a\":\"<b>&\uFFFD\\\"\",\"n\":0.1,\"e\":1e-09", string(b))
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\""}],"c":null}`))
	f.Add([]byte(`{"a"`))
	f.Add([]byte(`["\`))
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, v := range wirejson.Members(b) {
			wirejson.Text(v)
			wirejson.Int(v)
			for _, e := range wirejson.Elements(v) {
				wirejson.Float(e)
			}
		}
	})
}
