package jsonspan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

const watched = `{"id":"chatcmpl-1", "choices" : [ {"index":0,"message":{"content":"\"usage\": {\"prompt_tokens\":9}}]","finish_reason":"inner"},"finish_reason":"stop"},
 {"finish_reason":null, "logprobs":[[1,2],[3]]} ], "empty":[], "none":{}, "n" :12 ,"us\u0061ge":{"prompt_tokens":3,"details":{"x":[1]}},"model":"gpt"}`

func watchAll(text string, step int, paths ...string) []string {
	w := jsonspan.NewWatch(jsonspan.NewPaths(paths...))
	for len(text) > 0 {
		n := min(step, len(text))
		w.Feed([]byte(text[:n]))
		text = text[n:]
	}
	got := make([]string, len(paths))
	for i := range paths {
		got[i] = string(w.Value(i))
	}
	return got
}

func TestWatchPicksValuesHoweverTheTextIsCut(t *testing.T) {
	t.Parallel()
	for step := 1; step <= len(watched); step++ {
		got := watchAll(watched, step, "usage", "model", "choices.*.finish_reason", "n", "absent", "none")
		require.Equal(t, []string{`{"prompt_tokens":3,"details":{"x":[1]}}`, `"gpt"`, `null`, `12`, ``, `{}`}, got, "step %d", step)
	}
}

func TestWatchSkipsLongArraysOfNumbers(t *testing.T) {
	t.Parallel()
	vec := strings.TrimSuffix(strings.Repeat("-0.0123456,", 3000), ",")
	text := `{"data":[{"embedding":[` + vec + `],"index":0},{"embedding":[` + vec + `]}],"usage":{"prompt_tokens":8}}`
	for _, step := range []int{7, 100, 4096, len(text)} {
		require.Equal(t, []string{`{"prompt_tokens":8}`}, watchAll(text, step, "usage"))
	}
}

func TestWatchGivesUpOnOutsizedValues(t *testing.T) {
	t.Parallel()
	text := `{"usage":"` + strings.Repeat("x", 100_000) + `","model":"m"}`
	require.Equal(t, []string{"", `"m"`}, watchAll(text, 1000, "usage", "model"))
}

// FuzzWatch: on any text it does not panic, however cut; on valid objects it
// finds what a full decoder finds.
func FuzzWatch(f *testing.F) {
	f.Add([]byte(watched), 3)
	f.Add([]byte(`]`), 1)
	f.Add([]byte(`{"a":]}}`), 1)
	f.Add([]byte(`{"usage":{"a":"\\\""}}`), 2)
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		step = max(1, step%64)
		got := watchAll(string(text), step, "usage", "choices.*.x")
		var d jsonspan.Doc
		if d.Index(text) != nil {
			return
		}
		var all map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(text, &all))
		if len(all["usage"]) < 1<<15 {
			require.Equal(t, string(all["usage"]), got[0])
		}
	})
}
