package openaichat_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func frame(data string) *sse.Frame { return &sse.Frame{Data: []byte(data), HasData: data != ""} }

func TestStreamTapVerdicts(t *testing.T) {
	const usage = `"usage":{"prompt_tokens":1,"completion_tokens":2}`
	big := strings.Repeat("x", 100<<10)
	tests := []struct {
		name, data string
		hide       bool
		want       wire.Verdict
	}{
		{"comment", "", true, 0},
		{"done", "[DONE]", true, wire.Last},
		{"done with spaces", " [DONE] ", true, wire.Last},
		{"not JSON", "hello", true, 0},
		{"content", `{"choices":[{"delta":{"content":"a"}}]}`, true, wire.Meaningful},
		{"no choices", `{"choices":[]}`, true, 0},
		{"finish", `{"choices":[{"delta":{},"finish_reason":"stop"}]}`, true, wire.Meaningful},
		{"filter results", `{"choices":[],"prompt_filter_results":[{}],"usage":null}`, true, 0},
		{"usage", `{"choices":[],` + usage + `}`, true, wire.Hide},
		{"usage wanted", `{"choices":[],` + usage + `}`, false, 0},
		{"usage, choices null", `{"choices":null,` + usage + `}`, true, wire.Hide},
		{"usage and content", `{"choices":[{"delta":{"content":"a"}}],` + usage + `}`, true, wire.Meaningful},
		{"usage and much content", `{"choices":[{"delta":{"content":"` + big + `"}}],` + usage + `}`, true, wire.Meaningful},
		{"error", `{"error":{"message":"x"}}`, true, wire.Meaningful | wire.Failed},
		{"error as text", `{"error":"x"}`, true, wire.Meaningful | wire.Failed},
		{"error null", `{"error":null,"choices":[{}]}`, true, wire.Meaningful},
		{"error empty", `{"error":{},"choices":[{}]}`, true, wire.Meaningful},
		{"error only in the text", `{"choices":[{"delta":{"content":"{\"error\":{\"message\":1}} \"usage\":{}"}}]}`, true, wire.Meaningful},
	}
	for _, tt := range tests {
		for _, started := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				tap := openaichat.Raw{}.StreamTap(tt.hide)
				want := tt.want
				if started {
					tap.Frame(frame(`{"id":"i","model":"m","choices":[{"delta":{"content":"a"}}]}`))
					if tt.name == "no choices" || tt.name == "filter results" {
						want = wire.Meaningful // behind the first chunk nothing hangs on it
					}
				}
				require.Equal(t, want, tap.Frame(frame(tt.data)))
			})
		}
	}
}

// A chunk that only opens the answer is none the client waits for: an error may
// still follow that another target could mend.
func TestOpeningChunkIsHeld(t *testing.T) {
	for _, delta := range []string{
		`{}`, `{"role":"assistant"}`, `{"role": "assistant", "content": ""}`, `{"role":"assistant","content":null,"refusal":null}`,
	} {
		tap := openaichat.Raw{}.StreamTap(false)
		require.Zero(t, tap.Frame(frame(`{"choices":[{"index":0,"delta":`+delta+`,"finish_reason":null}]}`)), delta)
		require.Zero(t, tap.Frame(frame(`{"choices":[{"index":0,"delta":{}}]}`)))
		require.Equal(t, wire.Meaningful, tap.Frame(frame(`{"choices":[{"index":0,"delta":{"content":"a"}}]}`)))
		require.Equal(t, wire.Meaningful, tap.Frame(frame(`{"choices":[{"index":0,"delta":{}}]}`)))
	}
	for _, delta := range []string{`{"role":"assistant","content":"","tool_calls":[{}]}`, `{"reasoning":"x"}`, `{"content":" "}`} {
		require.Equal(t, wire.Meaningful, openaichat.Raw{}.StreamTap(false).Frame(frame(`{"choices":[{"delta":`+delta+`}]}`)), delta)
	}
}

func TestStreamTapSees(t *testing.T) {
	tap := openaichat.Raw{}.StreamTap(false)
	data := []byte(`{"id":"i1","model":"m1","choices":[{"delta":{"content":"a"},"finish_reason":null}],"usage":{"prompt_tokens":9}}`)
	tap.Frame(&sse.Frame{Data: data, HasData: true})
	tap.Frame(frame(`{"id":"i2","model":"m2","choices":[{"delta":{"content":"` + strings.Repeat("x", 100<<10) + `"},"finish_reason":"tool_calls"}]}`))
	tap.Frame(frame(`{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}`))
	tap.Frame(frame(`{"choices":[],"usage":null}`))
	s := tap.Seen()
	require.Equal(t, []string{"i1", "m1", "tool_calls"}, []string{s.ID, s.Model, s.FinishRaw})
	require.Equal(t, llm.FinishToolUse, s.Finish)
	require.Equal(t, []int64{5, 7}, []int64{s.Usage.Input, s.Usage.Output}, "the last snapshot wins")

	failed := []byte(`{"error":{"message":"m","code":"c"}}`)
	tap.Frame(&sse.Frame{Data: failed, HasData: true})
	copy(failed, bytes.Repeat([]byte("#"), len(failed)))
	require.JSONEq(t, `{"error":{"message":"m","code":"c"}}`, string(tap.Seen().Err.Body), "the error outlives the reader's buffer")
}

func TestFinishReasons(t *testing.T) {
	for raw, want := range map[string]llm.Finish{
		"stop": llm.FinishStop, "length": llm.FinishLength, "tool_calls": llm.FinishToolUse, "function_call": llm.FinishToolUse,
		"content_filter": llm.FinishContentFilter, "eos": llm.FinishStop,
	} {
		tap := openaichat.Raw{}.BodyTap()
		tap.Write([]byte(`{"choices":[{"finish_reason":"` + raw + `"}]}`))
		require.Equal(t, want, tap.Seen().Finish)
		require.Equal(t, raw, tap.Seen().FinishRaw)
	}
}

func TestBodyTap(t *testing.T) {
	body := `{"id":"i","object":"chat.completion","model":"m","choices":[{"message":{"content":"\"usage\":{}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}`
	for step := 1; step <= len(body); step += 7 {
		tap := openaichat.Raw{}.BodyTap()
		for rest := body; rest != ""; {
			n := min(step, len(rest))
			tap.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		s := tap.Seen()
		require.Equal(t, []string{"i", "m", "stop"}, []string{s.ID, s.Model, s.FinishRaw})
		require.Equal(t, []int64{5, 7}, []int64{s.Usage.Input, s.Usage.Output})
		require.Nil(t, s.Err)
	}
	tap := openaichat.Raw{}.BodyTap()
	tap.Write([]byte(`{"error":{"message":"m","code":429}}`))
	require.Equal(t, []string{"m", "429"}, []string{tap.Seen().Err.Message, tap.Seen().Err.Code})
	for _, broken := range []string{`{"id":"`, `{"model":"a\`, `{"id":"\u12"}`, `{"usage":{"prompt`, ``, `[`, `}`, `{"choices":[{"finish_reason":"`, `{"error":{`} {
		tap := openaichat.Raw{}.BodyTap()
		tap.Write([]byte(broken))
		require.NotPanics(t, func() { tap.Seen() }, broken)
	}
}

// full is what a decoder that reads every chunk whole would know.
type full struct {
	ID      string         `json:"id"`
	Model   string         `json:"model"`
	Usage   jsontext.Value `json:"usage"`
	Error   jsontext.Value `json:"error"`
	Choices []struct {
		Finish *string `json:"finish_reason"`
	} `json:"choices"`
}

// FuzzTap: the tap never panics, and for chunks that are well formed it knows
// what a decoder of every whole chunk would know.
func FuzzTap(f *testing.F) {
	f.Add(`{"id":"a","model":"m","choices":[{"delta":{"content":"x"},"finish_reason":null}]}`, `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}`, true)
	f.Add(`{"choices":[{"finish_reason":"stop"},{"finish_reason":"length"}]}`, `{"error":{"message":"m"}}`, false)
	f.Add(`{"id":"`, `{"model":"\`, true)
	f.Add(`{"usage":{},"choices":null}`, `[DONE]`, true)
	f.Fuzz(func(t *testing.T, one, two string, hide bool) {
		tap := openaichat.Raw{}.StreamTap(hide)
		var want wire.Seen
		comparable, first := true, true
		for _, data := range []string{one, two, two, one} {
			v := tap.Frame(frame(data))
			var c full
			if json.Unmarshal([]byte(data), &c) != nil || strings.Contains(data, `\`) || data == "" || data[0] != '{' {
				comparable = comparable && (data == "" || data[0] != '{')
				continue
			}
			if first {
				first, want.ID, want.Model = false, c.ID, c.Model
			}
			if openai.IsError(c.Error) {
				if comparable {
					require.Equal(t, wire.Meaningful|wire.Failed, v)
				}
				return
			}
			for _, ch := range c.Choices {
				if ch.Finish != nil && *ch.Finish != "" {
					want.FinishRaw = *ch.Finish
				}
			}
			if u := openai.ParseUsage(c.Usage); u != nil {
				want.Usage = u
			}
		}
		if !comparable {
			return
		}
		got := tap.Seen()
		require.Equal(t, want.Usage, got.Usage)
		require.Equal(t, []string{want.ID, want.Model}, []string{got.ID, got.Model})
		if want.FinishRaw != "" {
			require.NotEmpty(t, got.FinishRaw)
		}
	})
}
