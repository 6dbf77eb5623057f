package jsonspan_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

func index(t require.TestingT, body string) *jsonspan.Doc {
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func TestIndexFindsTopLevelMembers(t *testing.T) {
	t.Parallel()
	d := index(t, ` { "model" : "gpt-5\u002dmini", "n":-12, "stream":true, "messages":[{"model":"inner"}], "o":{"include_usage":false} } `)
	require.Equal(t, 5, d.Len())

	v, ok := d.Get("model")
	require.True(t, ok)
	s, ok := v.String()
	require.True(t, ok)
	require.Equal(t, "gpt-5-mini", s)

	v, _ = d.Get("n")
	n, ok := v.Int()
	require.True(t, ok)
	require.Equal(t, int64(-12), n)

	v, _ = d.Get("stream")
	b, ok := v.Bool()
	require.True(t, ok)
	require.True(t, b)

	v, _ = d.Get("messages")
	require.Equal(t, `[{"model":"inner"}]`, string(v.Raw))

	o, _ := d.Get("o")
	m, ok := o.Member("include_usage")
	require.True(t, ok)
	require.Equal(t, "false", string(d.Body()[m.Start:m.Start+len(m.Raw)]))

	_, ok = d.Get("Model")
	require.False(t, ok, "names are case-sensitive")
}

func TestIndexRefuses(t *testing.T) {
	t.Parallel()
	wide := make([]string, 40)
	for i := range wide {
		wide[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	cases := []struct {
		name, body, msg string
		offset          int
	}{
		{"empty", "", "empty", 0},
		{"array", "[]", "object is expected", 0},
		{"trailing text", `{} x`, "after the end", 3},
		{"second document", `{}{}`, "after the end", 2},
		{"cut", `{"a":1`, "ends inside", 6},
		{"trailing comma", `{"a":1,}`, "member name", 7},
		{"bare word", `{"a":nul}`, "value is expected", 5},
		{"leading zero", `{"a":01}`, "found where", 6},
		{"lone minus", `{"a":-}`, "digit", 6},
		{"no fraction", `{"a":1.}`, "decimal point", 7},
		{"no exponent", `{"a":1e+}`, "exponent", 8},
		{"control character", "{\"a\":\"x\ny\"}", "control character", 7},
		{"bad escape", `{"a":"\x"}`, "invalid escape", 6},
		{"short unicode escape", `{"a":"\u12"}`, "invalid escape", 6},
		{"invalid UTF-8", "{\"a\":\"0123456789\xff\"}", "UTF-8", 6},
		{"invalid UTF-8 in a short string", "{\"a\":\"\xc3\"}", "UTF-8", 6},
		{"mismatched brackets", `{"a":[1}`, "found where", 7},
		{"duplicate", `{"model":"a","model":"b"}`, "duplicate", 13},
		{"duplicate by escape", `{"model":"a","\u006dodel":"b"}`, "duplicate", 13},
		{"duplicate deep inside", `{"a":[{"b":{"c":1,"d":2,"c":3}}]}`, "duplicate", 24},
		{"duplicate of a large object", `{` + strings.Join(wide, ",") + `,"k7":0}`, "duplicate", -1},
		{"too deep", `{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`, "nested deeper", -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d jsonspan.Doc
			err := d.Index([]byte(c.body))
			var syn *jsonspan.SyntaxError
			require.ErrorAs(t, err, &syn)
			require.Contains(t, syn.Msg, c.msg)
			if c.offset >= 0 {
				require.Equal(t, c.offset, syn.Offset)
			}
		})
	}
}

func TestSameNameInDifferentObjectsIsNoDuplicate(t *testing.T) {
	t.Parallel()
	var objs []string
	for range 30 {
		var names []string
		for j := range 20 {
			names = append(names, fmt.Sprintf(`"k%d":{"k%d":1}`, j, j))
		}
		objs = append(objs, "{"+strings.Join(names, ",")+"}")
	}
	index(t, `{"list":[`+strings.Join(objs, ",")+`]}`)
}

func TestLoneSurrogateIsForTheUpstreamToMind(t *testing.T) {
	t.Parallel()
	d := index(t, `{"a":"x\ud83dy"}`)
	v, _ := d.Get("a")
	s, _ := v.String()
	require.Equal(t, "x\ufffdy", s)
}

func TestDocIsReusable(t *testing.T) {
	t.Parallel()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(`{"a":1}`)))
	require.Error(t, d.Index([]byte(`{"b":`)))
	require.NoError(t, d.Index([]byte(`{"c":3}`)))
	_, ok := d.Get("a")
	require.False(t, ok)
	v, ok := d.Get("c")
	require.True(t, ok)
	require.Equal(t, "3", string(v.Raw))
}

func TestPatchChangesOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, body, member, value, want string }{
		{"replace", `{ "x":1.0, "model" : "a" ,"y":[ ] }`, "model", `"b"`, `{ "x":1.0, "model" : "b" ,"y":[ ] }`},
		{"append", `{"x":1 }`, "stream", `true`, `{"x":1 ,"stream":true}`},
		{"append to empty", `{ }`, "stream", `true`, `{ "stream":true}`},
		{"a brace in the last string", `{"x":"}"}`, "m", `1`, `{"x":"}","m":1}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := index(t, c.body)
			s, err := jsonspan.Splice(d.Body(), d.Set(c.member, []byte(c.value)))
			require.NoError(t, err)
			require.Equal(t, c.want, string(s.Bytes()))
			require.Equal(t, int64(len(c.want)), s.Size())
		})
	}
}

func TestPatchInsideAnObject(t *testing.T) {
	t.Parallel()
	d := index(t, `{"stream_options":{"include_obfuscation":false},"model":"m"}`)
	v, _ := d.Get("stream_options")
	in, err := d.SetIn(v, "include_usage", []byte("true"))
	require.NoError(t, err)
	s, err := jsonspan.Splice(d.Body(), d.Set("model", []byte(`"up"`)), in)
	require.NoError(t, err)
	require.Equal(t, `{"stream_options":{"include_obfuscation":false,"include_usage":true},"model":"up"}`, string(s.Bytes()))
}

func TestSpliceRefusesOverlap(t *testing.T) {
	t.Parallel()
	_, err := jsonspan.Splice([]byte("0123456789"), jsonspan.Edit{Start: 2, End: 6}, jsonspan.Edit{Start: 5, End: 7})
	require.Error(t, err)
	_, err = jsonspan.Splice([]byte("0123"), jsonspan.Edit{Start: 2, End: 9})
	require.Error(t, err)
}

func TestSplicedReadsAndWritesTheSame(t *testing.T) {
	t.Parallel()
	s, err := jsonspan.Splice([]byte("hello world"), jsonspan.Edit{Start: 0, End: 5, New: []byte("goodbye")}, jsonspan.Edit{Start: 11, End: 11, New: []byte("!")})
	require.NoError(t, err)
	read, err := io.ReadAll(s.Clone())
	require.NoError(t, err)
	var written bytes.Buffer
	_, err = s.WriteTo(&written)
	require.NoError(t, err)
	require.Equal(t, "goodbye world!", string(read))
	require.Equal(t, "goodbye world!", written.String())
	n, err := s.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
	s.Rewind()
	read, err = io.ReadAll(s)
	require.NoError(t, err)
	require.Equal(t, "goodbye world!", string(read))
}

func TestQuoteRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		d := index(t, `{"a":`+string(jsonspan.Quote(s))+`}`)
		v, _ := d.Get("a")
		got, ok := v.String()
		require.True(t, ok)
		require.Equal(t, strings.ToValidUTF8(s, "\ufffd"), got)
	})
}

// TestLongStringsAreReadAsTheDecoderReadsThem aims at the code for long texts:
// whatever stands wherever in a string of any length, the scanner and the
// jsontext decoder agree.
func TestLongStringsAreReadAsTheDecoderReadsThem(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{`\"`, `\\`, `\n`, `\u00e9`, "é", "世", "\xff", "\x01", `"`, `\x`, "\x7f", `\`, "plain text ", "a"})
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "pieces") {
			b.WriteString(strings.Repeat("x", rapid.IntRange(0, 70).Draw(t, "run")))
			b.WriteString(piece.Draw(t, "piece"))
		}
		body := []byte(`{"a":"` + b.String() + `"` + rapid.SampledFrom([]string{"}", `,"b":[1]}`, ""}).Draw(t, "end"))
		var d jsonspan.Doc
		err, want := d.Index(body), oracle(body)
		require.Equal(t, want == nil, err == nil, "Index says %v, jsontext says %v, for %q", err, want, body)
	})
}

// FuzzIndex holds the scanner against the jsontext decoder: what one accepts
// the other accepts, but for the two differences that are meant.
func FuzzIndex(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":[1,2.5e-3,{"b":null}],"c":"\u00e9\n"}`, `{"a":1,"a":2}`, `{"a":"\ud800"}`, ` {"x" : true , "y":[ ] } `,
		"{\"a\":\"\xff\"}", `{"a":01}`, `{"a":"0123456\"789\\"}`, `[[`, `{"k0":0,"k1":0,"k2":0,"k3":0,"k4":0,"k5":0,"k6":0,"k7":0,"k8":0,"k9":0,"k1":0}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var d jsonspan.Doc
		err := d.Index(body)
		if bytes.Contains(bytes.ToLower(body), []byte(`\ud`)) || bytes.Count(body, []byte("[")) > 500 || bytes.Count(body, []byte("{")) > 500 {
			return // lone surrogates and depth: meant to differ
		}
		if want := oracle(body); (err == nil) != (want == nil) {
			t.Fatalf("Index says %v, jsontext says %v, for %q", err, want, body)
		}
		if err != nil {
			return
		}
		s, err := jsonspan.Splice(body, d.Set("model", []byte(`"patched"`)))
		require.NoError(t, err)
		require.NoError(t, oracle(s.Bytes()))
		var e jsonspan.Doc
		require.NoError(t, e.Index(s.Bytes()))
		v, ok := e.Get("model")
		require.True(t, ok)
		require.Equal(t, `"patched"`, string(v.Raw))
	})
}

func oracle(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if k := dec.PeekKind(); k != '{' {
		_, err := dec.ReadToken()
		return fmt.Errorf("not an object: %w", errOr(err))
	}
	if err := dec.SkipValue(); err != nil {
		return err
	}
	if _, err := dec.ReadToken(); err != io.EOF { //nolint:errorlint // the decoder returns io.EOF itself
		return errOr(err)
	}
	return nil
}

func errOr(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

func BenchmarkIndex(b *testing.B) {
	for _, size := range []int{10 << 10, 100 << 10, 1 << 20} {
		turn := `{"role":"user","content":"` + strings.Repeat(`The quick brown fox jumps over the lazy dog; then it \"rests\".\n`, 15) + `"},`
		body := []byte(`{"model":"m","messages":[` + strings.TrimSuffix(strings.Repeat(turn, size/len(turn)+1), ",") + `],"stream":true}`)
		b.Run(fmt.Sprintf("%dKB", len(body)>>10), func(b *testing.B) {
			var d jsonspan.Doc
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Index(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
