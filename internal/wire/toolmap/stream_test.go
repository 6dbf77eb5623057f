package toolmap_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/toolmap"
)

// patching has a function in a namespace and a custom tool.
func patching() *toolmap.Map {
	return toolmap.New(&llm.Request{Tools: []llm.Tool{function("fs", "read"), custom("", "patch")}}, llm.AnthropicMessages)
}

// mapped returns the response that the client's side of a stream tells.
func mapped(t require.TestingT, m *toolmap.Map, events []*llm.Event) *llm.Response {
	s := m.Stream()
	var f llm.Folder
	for _, ev := range events {
		s.Event(ev, func(ev *llm.Event) {
			if ev.Type == llm.EventDelta && ev.Delta == llm.DeltaText {
				require.NotEmpty(t, ev.Text)
			}
			require.NoError(t, f.Add(ev))
		})
	}
	r, err := f.Response()
	require.NoError(t, err)
	return r
}

// calling is the stream of one call whose arguments come in the pieces.
func calling(tool string, pieces []string, end llm.Block) []*llm.Event {
	out := []*llm.Event{
		{Type: llm.EventStart, Response: &llm.Response{ID: "r"}},
		{Type: llm.EventBlockStart, Block: &llm.ToolCall{CallID: "c", Name: tool, Kind: llm.ToolFunction}},
	}
	for _, p := range pieces {
		out = append(out, &llm.Event{Type: llm.EventDelta, Delta: llm.DeltaInput, Text: p})
	}
	return append(out, &llm.Event{Type: llm.EventBlockStop, Block: end}, &llm.Event{Type: llm.EventEnd})
}

var arguments = []struct{ name, in, want string }{
	{"plain", `{"input":"*** Begin Patch\n+\"x\"\n"}`, "*** Begin Patch\n+\"x\"\n"},
	{"white space", " {\n \"input\" :\t\"a\" }\n", "a"},
	{"empty", `{"input":""}`, ""},
	{"every escape", `{"input":"\"\\\/\b\f\n\r\t\u0041\u00e9"}`, "\"\\/\b\f\n\r\tAé"},
	{"surrogates", `{"input":"\ud83d\ude00 \uD83D\uDE00"}`, "😀 😀"},
	{"lone surrogates", `{"input":"\ud83dx\ude00\ud83d\ud83d\ude00\ud83d\n\ud83d"}`, "\uFFFDx\uFFFD\uFFFD😀\uFFFD\n\uFFFD"},
	{"runes", `{"input":"é世😀"}`, "é世😀"},
	{"bytes that are no runes", "{\"input\":\"a\xff\xe4\xb8\"}", "a\uFFFD\uFFFD\uFFFD"},
	{"a bare line break", "{\"input\":\"a\nb\"}", "a\nb"},
	{"escapes that are none", `{"input":"\d+\u00zz\."}`, `\d+\u00zz\.`},
	{"more members", `{"input":"a","why":"b"}`, "a"},
	{"cut", `{"input":"abc`, "abc"},
	{"cut in an escape", `{"input":"abc\`, "abc\uFFFD"},
	{"cut in digits", `{"input":"abc\u00`, "abc\uFFFD"},
	{"cut in a pair", `{"input":"abc\ud83d`, "abc\uFFFD"},
	{"cut in a rune", "{\"input\":\"abc\xe4\xb8", "abc\uFFFD"},
	{"no arguments", `{}`, ""},
	{"no arguments, spaced", ` { } `, ""},
	{"nothing", ``, ""},
	{"only white space", " \n", ""},
	{"another member", `{"patch":"a"}`, `{"patch":"a"}`},
	{"another member first", `{"why":"b","input":"a"}`, `{"why":"b","input":"a"}`},
	{"a longer name", `{"inputs":"a"}`, `{"inputs":"a"}`},
	{"no text", `{"input":["a"]}`, `{"input":["a"]}`},
	{"a text alone", `"a"`, `"a"`},
	{"no JSON", "*** Begin Patch\n世", "*** Begin Patch\n世"},
	{"no JSON, indented", "  x", "  x"},
	{"cut before the text", `{"inp`, `{"inp`},
	{"behind nothing", `{} x`, `{} x`},
	{"white space without end", strings.Repeat(" ", 5000), strings.Repeat(" ", 5000)},
}

func TestTextOfCustomTools(t *testing.T) {
	t.Parallel()
	m := patching()
	for _, c := range arguments {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := called(t, m.Response(answer(call("", "patch", c.in))))
			require.Equal(t, c.want, string(got.Input))
			require.Equal(t, llm.ToolCustom, got.Kind)
			for n := 1; n <= 3; n++ {
				streamed := called(t, mapped(t, m, calling("patch", pieces(c.in, n), nil)))
				require.Equal(t, c.want, string(streamed.Input), "in pieces of %d", n)
				require.Equal(t, llm.ToolCustom, streamed.Kind)
			}
		})
	}
}

func pieces(s string, n int) (out []string) {
	for p := range slices.Chunk([]byte(s), n) {
		out = append(out, string(p))
	}
	return out
}

func TestStreamedIsWhole(t *testing.T) {
	t.Parallel()
	m := patching()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) string { return string(must(json.Marshal(map[string]string{"input": s}))) }),
			rapid.StringMatching(`[ {}"\\:inputda-f0-9😀]*`),
			rapid.String(),
		).Draw(t, "arguments")
		var cut []string
		for rest := in; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			cut, rest = append(cut, rest[:n]), rest[n:]
		}
		want := called(t, m.Response(answer(call("", "patch", in))))
		got := called(t, mapped(t, m, calling("patch", cut, nil)))
		require.Equal(t, string(want.Input), string(got.Input))
	})
}

func must(b []byte, err error) []byte {
	if err != nil {
		return nil
	}
	return b
}

func TestTextComesAsItIsKnown(t *testing.T) {
	t.Parallel()
	s := patching().Stream()
	var got []string
	for _, ev := range calling("patch", []string{`{"in`, `put": "Hel`, `lo\`, `n\ud83d`, `\ude00`, "\xe4", "\xb8\x96", `"`, `}`}, nil) {
		text := ""
		s.Event(ev, func(ev *llm.Event) {
			if ev.Type == llm.EventDelta {
				require.Equal(t, llm.DeltaText, ev.Delta)
				text += ev.Text
			}
		})
		if ev.Type == llm.EventDelta {
			got = append(got, text)
		}
	}
	require.Equal(t, []string{"", "Hel", "lo", "\n", "😀", "", "世", "", ""}, got)
}

func TestCallsThatOnlyTheirEndTells(t *testing.T) {
	t.Parallel()
	m := patching()
	end := &llm.ToolCall{CallID: "c", Name: "patch", Kind: llm.ToolFunction, Input: llm.Raw(`{"input":"late"}`)}
	require.Equal(t, "late", string(called(t, mapped(t, m, calling("patch", []string{" "}, end))).Input))
	c := called(t, mapped(t, m, calling("patch", []string{`{"input":"first"}`}, end)))
	require.Equal(t, "first", string(c.Input))
	require.Equal(t, llm.ToolCustom, c.Kind)
	c = called(t, mapped(t, m, calling("patch", nil, &llm.ToolCall{Attrs: llm.Attrs{ID: "i"}})))
	require.Empty(t, c.Input)
	require.Equal(t, "i", c.ID)
	read := &llm.ToolCall{Name: "fs__read", Kind: llm.ToolFunction}
	c = called(t, mapped(t, m, calling("fs__read", []string{`{"a"`, `:1}`}, read)))
	require.Equal(t, call("fs", "read", `{"a":1}`), c)
	events := calling("patch", nil, nil)
	events[1].Block = call("", "patch", `{"input":"at once"}`)
	require.Equal(t, "at once", string(called(t, mapped(t, m, events)).Input))
}

func TestOtherEventsPass(t *testing.T) {
	t.Parallel()
	m := patching()
	resp := answer(&llm.Text{Text: "a"}, &llm.ToolCall{CallID: "n", Name: "patch", Kind: llm.ToolCustom, Input: llm.Raw(`{"input":"as it is"}`)})
	resp.Choices[0].Finish = llm.FinishToolUse
	s := m.Stream()
	for ev := range llm.Unfold(resp) {
		s.Event(ev, func(got *llm.Event) { require.Same(t, ev, got) })
	}
}

// FuzzText: the pieces in which arguments come change nothing, and the text of
// arguments that are as they should be is what JSON says.
func FuzzText(f *testing.F) {
	for _, c := range arguments {
		f.Add(c.in, uint8(3))
	}
	m := patching()
	f.Fuzz(func(t *testing.T, in string, step uint8) {
		whole := string(called(t, m.Response(answer(call("", "patch", in)))).Input)
		cut := called(t, mapped(t, m, calling("patch", pieces(in, int(step%7)+1), nil)))
		require.Equal(t, whole, string(cut.Input))
		var known struct {
			Input *string `json:"input"`
		}
		if strings.HasPrefix(in, `{"input":"`) && utf8.ValidString(in) && strings.Count(in, ":") == 1 && json.Unmarshal([]byte(in), &known) == nil {
			require.Equal(t, *known.Input, whole)
		}
	})
}
