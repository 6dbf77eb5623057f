package openairesponses_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const (
	meaningful = wire.Meaningful
	last       = wire.Meaningful | wire.Last
	failure    = wire.Meaningful | wire.Failed
)

// event makes a frame; without a name, the data must say what it is.
func event(name, data string) *sse.Frame {
	return &sse.Frame{Event: []byte(name), Data: []byte(data), HasData: data != ""}
}

func TestStreamTapVerdicts(t *testing.T) {
	for _, tt := range []struct {
		kind, members string
		want          wire.Verdict
	}{
		{"response.created", `"response":{"id":"r"}`, 0},
		{"response.queued", `"response":{"id":"r"}`, 0},
		{"response.in_progress", `"response":{"id":"r"}`, 0},
		{"response.output_item.added", `"item":{"type":"message","content":[]}`, 0},
		{"response.output_item.added", `"item":{"type":"message"}`, 0},
		{"response.output_item.added", `"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}`, meaningful},
		{"response.output_item.added", `"item":{"type":"reasoning","summary":[],"encrypted_content":"g"}`, 0},
		{"response.output_item.added", `"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"a"}]}`, meaningful},
		{"response.output_item.added", `"item":{"type":"reasoning","content":[{"type":"reasoning_text","text":"a"}],"summary":[]}`, meaningful},
		{"response.output_item.added", `"item":{"type":"function_call","arguments":""}`, meaningful},
		{"response.output_item.added", `"item":{"type":"custom_tool_call","input":""}`, meaningful},
		{"response.output_item.added", `"item":{"type":"web_search_call"}`, meaningful},
		{"response.content_part.added", `"part":{"type":"output_text","text":""}`, 0},
		{"response.reasoning_summary_part.added", `"part":{"type":"summary_text","text":""}`, 0},
		{"response.output_text.delta", `"delta":"a"`, meaningful},
		{"response.reasoning_summary_text.delta", `"delta":"a"`, meaningful},
		{"response.function_call_arguments.delta", `"delta":"a"`, meaningful},
		{"response.custom_tool_call_input.delta", `"delta":"a"`, meaningful},
		{"response.refusal.delta", `"delta":"a"`, meaningful},
		{"response.output_item.done", `"item":{"type":"message"}`, meaningful},
		{"response.web_search_call.searching", `"item_id":"w"`, meaningful},
		{"response.completed", `"response":{"id":"r","status":"completed"}`, last},
		{"response.completed", `"response":{"id":"r","status":"completed","error":null}`, last},
		{"response.completed", `"response":{"id":"r","status":"failed","error":{"message":"m"}}`, failure},
		{"response.incomplete", `"response":{"id":"r"}`, last},
		{"response.cancelled", `"response":{"id":"r","status":"cancelled"}`, last},
		{"response.failed", `"response":{"id":"r"}`, failure},
		{"error", `"message":"m"`, failure},
		{"error", `"error":{"message":"m"}`, failure},
		{"error", `"error":"m"`, failure},
		{"keepalive", `"sequence_number":3`, 0},
		{"codex.rate_limits", `"plan_type":"pro"`, 0},
	} {
		t.Run(tt.kind+tt.members, func(t *testing.T) {
			typed := `{"type":"` + tt.kind + `",` + tt.members + `}`
			for name, f := range map[string]*sse.Frame{
				"both":       event(tt.kind, typed),
				"name":       event(tt.kind, `{`+tt.members+`}`),
				"type":       event("", typed),
				"type last":  event("", `{`+tt.members+`, "type" : "`+tt.kind+`"}`),
				"other name": event("message", typed),
			} {
				require.Equal(t, tt.want, lane.StreamTap(false).Frame(f), name)
			}
		})
	}
	for data, want := range map[string]wire.Verdict{
		"": 0, "[DONE]": 0, "hello": 0, "{": 0, `{"type":7}`: 0, `{"error":null}`: 0, `{"error":{"message":"m"}}`: failure,
	} {
		require.Equal(t, want, lane.StreamTap(false).Frame(event("", data)), data)
	}
}

func TestStreamTapSees(t *testing.T) {
	const usage = `"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":2}}`
	tap := openairesponses.Raw{Keep: 1 << 20}.StreamTap(false)
	tap.Frame(event("", `{"type":"response.created","response":{"id":"r1","tools":[{"id":"x","model":"y"}],"model":"m1"}}`))
	require.Equal(t, &wire.Seen{ID: "r1", Model: "m1"}, tap.Seen())
	tap.Frame(event("", `{"type":"response.output_item.done","item":{"type":"web_search_call","action":{"type":"open_page"}}}`))
	tap.Frame(event("", `{"type":"response.output_item.done","item":{"type":"web_search_call","action":{"type":"search"}}}`))
	tap.Frame(event("", `{"type":"response.output_item.done","item":{"type":"function_call","name":"f"}}`))
	require.Nil(t, tap.(openairesponses.Finalizer).Final())

	response := `{"id":"r1","model":"m2","status":"completed",` + usage + `,"output":[]}`
	data := []byte(`{"type":"response.completed","response":` + response + `}`)
	require.Equal(t, last, tap.Frame(&sse.Frame{Data: data, HasData: true}))
	clear(data)
	require.Equal(t, &wire.Seen{
		ID: "r1", Model: "m2", Finish: llm.FinishToolUse, FinishRaw: "completed",
		Usage: &llm.Usage{Input: 6, CacheRead: 4, Output: 7, Reasoning: 2, Searches: 1, Source: llm.UsageUpstream},
	}, tap.Seen())
	require.Equal(t, response, string(tap.(openairesponses.Finalizer).Final()), "a copy, not the reader's bytes")
	require.Zero(t, tap.Frame(event("", `{"type":"error","message":"late"}`)), "clients are done")
	require.Nil(t, tap.Seen().Err)
}

func TestStreamTapFinish(t *testing.T) {
	for _, tt := range []struct {
		name string
		data []string
		want llm.Finish
		raw  string
	}{
		{"stop", []string{`{"type":"response.completed","response":{"status":"completed","output":[]}}`}, llm.FinishStop, "completed"},
		{"no status", []string{`{"type":"response.completed","response":{}}`}, llm.FinishStop, "completed"},
		{"length", []string{`{"type":"response.incomplete","response":{"incomplete_details":{"reason":"max_output_tokens"}}}`}, llm.FinishLength, "max_output_tokens"},
		{"filter", []string{`{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"}}}`}, llm.FinishContentFilter, "content_filter"},
		{"incomplete inside completed", []string{`{"type":"response.completed","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}`}, llm.FinishLength, "max_output_tokens"},
		{"cancelled", []string{`{"type":"response.cancelled","response":{"status":"cancelled","error":{"message":"m"}}}`}, llm.FinishError, "cancelled"},
		{"failed", []string{`{"type":"response.failed","response":{"status":"failed"}}`}, llm.FinishError, "failed"},
		{"call told only at the end", []string{`{"type":"response.completed","response":{"output":[{"type":"message","content":[]},{"type":"custom_tool_call","input":"]}"},{"type":"message"}]}}`}, llm.FinishToolUse, "completed"},
		{"refused", []string{`{"type":"response.refusal.delta","delta":"no"}`, `{"type":"response.completed","response":{}}`}, llm.FinishRefusal, "completed"},
		{"refusal told only at the end", []string{`{"type":"response.completed","response":{"output":[{"type":"message","content":[{"type":"refusal","refusal":"no"},{"type":"output_text","text":"x"}]}]}}`}, llm.FinishRefusal, "completed"},
		{"not told", []string{`{"type":"response.created","response":{"status":"in_progress"}}`}, llm.FinishNone, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tap := lane.StreamTap(false)
			for _, d := range tt.data {
				tap.Frame(event("", d))
			}
			require.Equal(t, tt.want, tap.Seen().Finish)
			require.Equal(t, tt.raw, tap.Seen().FinishRaw)
		})
	}
}

func TestStreamTapErrors(t *testing.T) {
	for _, tt := range []struct{ name, data, kind, code, message string }{
		{"at the top", `{"type":"error","code":"rate_limit_exceeded","message":"m","param":null}`, "", "rate_limit_exceeded", "m"},
		{"in an object", `{"type":"error","error":{"type":"server_error","code":"c","message":"m"}}`, "server_error", "c", "m"},
		{"a number", `{"type":"error","error":{"code":429,"message":"m"}}`, "", "429", "m"},
		{"a text", `{"error":"m"}`, "", "", "m"},
		{"of the response", `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"m"}}}`, "", "server_error", "m"},
		{"of the response, not told", `{"type":"response.failed","response":{"error":null}}`, "", "", "The response failed, and the upstream did not say why."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tap := openairesponses.Raw{Keep: 1 << 20}.StreamTap(false)
			data := []byte(tt.data)
			require.Equal(t, failure, tap.Frame(&sse.Frame{Data: data, HasData: true}))
			clear(data)
			e := tap.Seen().Err
			require.Equal(t, []string{tt.kind, tt.code, tt.message}, []string{e.Type, e.Code, e.Message})
			require.Equal(t, tt.data, string(e.Body), "the error outlives the reader's buffer")
			require.Nil(t, tap.(openairesponses.Finalizer).Final())
			tap.Frame(event("", `{"type":"response.failed","response":{"error":{"message":"second"},"usage":{"input_tokens":3}}}`))
			require.Equal(t, tt.message, tap.Seen().Err.Message, "the first error is the cause")
			require.Equal(t, int64(3), tap.Seen().Usage.Input, "and what it cost is told")
		})
	}
	tap := lane.StreamTap(false)
	tap.Frame(event("error", `{"message":"`+strings.Repeat("x", 1<<20)+`"}`))
	require.Len(t, tap.Seen().Err.Body, 64<<10)
}

// written hands a body to a tap in pieces of n bytes.
func written(raw openairesponses.Raw, body []byte, n int) wire.BodyTap {
	tap := raw.BodyTap()
	for len(body) > 0 {
		p := bytes.Clone(body[:min(n, len(body))])
		tap.Write(p)
		clear(p) // the reader's buffer is used again
		body = body[min(n, len(body)):]
	}
	return tap
}

func TestBodyTap(t *testing.T) {
	const usage = `"usage":{"input_tokens":5,"output_tokens":7}`
	seen := func(f llm.Finish, raw string) wire.Seen {
		return wire.Seen{ID: "i", Model: "m", Finish: f, FinishRaw: raw, Usage: &llm.Usage{Input: 5, Output: 7, Source: llm.UsageUpstream}}
	}
	searched := seen(llm.FinishToolUse, "completed")
	searched.Usage.Searches = 2
	for _, tt := range []struct {
		name, members string
		want          wire.Seen
	}{
		{"stop", `"status":"completed","error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"\"status\":\"failed\",\"error\":{}}]"}]}]`, seen(llm.FinishStop, "completed")},
		{"no status", `"output":[]`, seen(llm.FinishStop, "completed")},
		{"no status, no output", `"object":"x"`, seen(llm.FinishNone, "")},
		{"empty error", `"status":"completed","error":{},"output":[]`, seen(llm.FinishStop, "completed")},
		{"background", `"status":"queued","output":[]`, seen(llm.FinishNone, "queued")},
		{"length", `"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}`, seen(llm.FinishLength, "max_output_tokens")},
		{"call", `"status":"completed","output":[{"type":"function_call","arguments":"{\"type\":\"x\"}","action":null},{"type":"message"}]`, seen(llm.FinishToolUse, "completed")},
		{"searches", `"output":[{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call"},{"type":"web_search_call","action":{"type":"find"}},{"type":"computer_call"}],"status":"completed"`, searched},
		{"output inside another member", `"status":"completed","metadata":{"output":[{"type":"function_call"}]},"x":["output",[{"type":"function_call"}]]`, seen(llm.FinishStop, "completed")},
		{"output as text", `"status":"completed","x":"output","y":[[{"type":"function_call"}]]`, seen(llm.FinishStop, "completed")},
		{"items that are none", `"status":"completed","output":[1,"x",null,[{"type":"function_call"}]]`, seen(llm.FinishStop, "completed")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(` {"id":"i","model":"m",` + tt.members + `,` + usage + "}\n")
			for n := 1; n <= len(body); n += 3 {
				tap := written(openairesponses.Raw{Keep: len(body)}, body, n)
				require.Equal(t, tt.want, *tap.Seen(), n)
				require.Equal(t, string(bytes.TrimSpace(body)), string(tap.(openairesponses.Finalizer).Final()))
			}
			for _, keep := range []int{0, len(body) - 1} {
				require.Nil(t, written(openairesponses.Raw{Keep: keep}, body, 7).(openairesponses.Finalizer).Final())
			}
		})
	}
}

func TestBodyTapErrors(t *testing.T) {
	for body, want := range map[string]*llm.UpstreamError{
		`{"id":"i","status":"failed","error":{"code":"server_error","message":"m"}}`: {Code: "server_error", Message: "m", Body: []byte(`{"error":{"code":"server_error","message":"m"}}`)},
		`{"status":"failed","error":null}`:                                           {Message: "The response failed, and the upstream did not say why.", Body: []byte(`{"error":null}`)},
		`{"status":"failed"}`:                                                        {Message: "The response failed, and the upstream did not say why.", Body: []byte(`{"error":null}`)},
		`{"error":{"message":"m","type":"t","code":429}}`:                            {Type: "t", Code: "429", Message: "m", Body: []byte(`{"error":{"message":"m","type":"t","code":429}}`)},
		`{"error":"m"}`: {Message: "m", Body: []byte(`{"error":"m"}`)},
		`{"status":"cancelled","error":{"message":"m"}}`:                                    nil,
		`{"status":"completed","error":"","output":[{"error":{"message":"a tool's own"}}]}`: nil,
	} {
		tap := written(openairesponses.Raw{Keep: 1 << 10}, []byte(body), 5)
		require.Equal(t, want, tap.Seen().Err, body)
		require.Equal(t, want == nil, tap.(openairesponses.Finalizer).Final() != nil, body)
	}
}

func TestBodyTapOfBrokenBodies(t *testing.T) {
	for _, body := range []string{
		``, `[`, `]`, `}`, `{}}`, `"output"`, `{"id":"`, `{"model":"a\`, `{"id":"\u12"}`, `{"usage":{"input_tok`, `{"output":[{"type":"`, `{"output":[{"type":"x"}`,
		`{"output":]`, `{"error":{`, `{"output":[}]}`,
	} {
		tap := written(openairesponses.Raw{Keep: 1 << 10}, []byte(body), 2)
		require.Nil(t, tap.Seen().Usage, body)
		if body != `{}}` && body != `{"output":[}]}` { // an end that a lenient reader takes for one
			require.Zero(t, tap.Seen().Finish, body)
		}
		require.Nil(t, tap.(openairesponses.Finalizer).Final(), body)
	}
}

// tapped runs a stream past a tap.
func tapped(t *testing.T, stream []byte) (wire.StreamTap, wire.Verdict) {
	t.Helper()
	tap := openairesponses.Raw{Keep: 1 << 20}.StreamTap(false)
	var all wire.Verdict
	r := sse.NewReader(bytes.NewReader(stream), nil, 0)
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tap, all
		}
		require.NoError(t, err)
		all |= tap.Frame(f)
	}
}

// The tap says of a stream what the codec's decoder says, with names of events
// and without, and keeps what the decoder reads as the same answer.
func TestStreamTapSaysAsTheCodec(t *testing.T) {
	for _, s := range streams(t) {
		for _, named := range []bool{true, false} {
			t.Run(fmt.Sprint(s.name, named), func(t *testing.T) {
				data := s.data
				if !named {
					data = unnamed(data)
				}
				tap, verdict := tapped(t, data)
				want, err := fold(collect(t, data, len(data)))
				requireSame(t, want, err, tap.Seen())
				require.Equal(t, err == nil, verdict&wire.Last != 0)
				require.Equal(t, err != nil, verdict&wire.Failed != 0)
				require.Zero(t, verdict&wire.Hide)
				final := tap.(openairesponses.Finalizer).Final()
				require.Equal(t, err == nil, final != nil)
				if err == nil {
					resp, err := codec.DecodeResponse(final, wire.Target{})
					require.NoError(t, err)
					require.Equal(t, want.ID, resp.ID)
				}
			})
		}
	}
}

// unnamed takes the events' names out of a stream.
func unnamed(stream []byte) []byte {
	var out []byte
	for line := range bytes.SplitAfterSeq(stream, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte("event:")) {
			out = append(out, line...)
		}
	}
	return out
}

func TestBodyTapSaysAsTheCodec(t *testing.T) {
	for _, s := range wholeResponses(t) {
		t.Run(s.name, func(t *testing.T) {
			want, err := codec.DecodeResponse(s.data, wire.Target{})
			for _, n := range []int{1, 7, 1000, len(s.data)} {
				tap := written(openairesponses.Raw{Keep: len(s.data)}, s.data, n)
				requireSame(t, want, err, tap.Seen())
				require.Equal(t, string(bytes.TrimSpace(s.data)), string(tap.(openairesponses.Finalizer).Final()))
			}
		})
	}
}

func requireSame(t *testing.T, want *llm.Response, err error, got *wire.Seen) {
	t.Helper()
	if err != nil {
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.NotNil(t, got.Err)
		require.Equal(t, []string{e.Upstream.Type, e.Upstream.Code, e.Upstream.Message}, []string{got.Err.Type, got.Err.Code, got.Err.Message})
		return
	}
	require.Nil(t, got.Err)
	require.Equal(t, want.Usage, got.Usage)
	c := want.Choices[0]
	require.Equal(t, []any{want.ID, want.Model, c.Finish, c.FinishRaw}, []any{got.ID, got.Model, got.Finish, got.FinishRaw})
}

// FuzzTaps: whatever passes, taps never panic, never call one event both an end
// and a failure, keep only what is JSON and within the limit, and a body says
// the same however it is cut.
func FuzzTaps(f *testing.F) {
	f.Add("response.completed", `{"response":{"id":"i","status":"completed","usage":{"input_tokens":1},"output":[{"type":"web_search_call"}]}}`, 3)
	f.Add("", `{"type":"error","code":"c","message":"m"}`, 1)
	f.Add("", `{"id":"i","status":"failed","error":{"message":"m"},"output":[{"type":"message","content":[{"refusal":"\"]"}]}]}`, 2)
	f.Add("response.output_item.done", `{"item":{"type":"message","content":[{"refusal":"n`, 5)
	f.Add("message", `{"output":[[{]}]`, 4)
	f.Fuzz(func(t *testing.T, name, data string, n int) {
		raw := openairesponses.Raw{Keep: 64}
		tap := raw.StreamTap(false)
		for range 2 {
			v := tap.Frame(event(name, data))
			require.False(t, v&wire.Last != 0 && v&wire.Failed != 0)
			require.Equal(t, v&wire.Failed != 0, v&wire.Failed != 0 && tap.Seen().Err != nil)
		}
		require.LessOrEqual(t, len(tap.(openairesponses.Finalizer).Final()), 64)
		cut, at1 := written(raw, []byte(data), n&15+1), written(raw, []byte(data), max(1, len(data)))
		require.Equal(t, at1.Seen(), cut.Seen())
		require.Equal(t, at1.(openairesponses.Finalizer).Final(), cut.(openairesponses.Finalizer).Final())
	})
}

func TestStreamTapDoesNotAllocate(t *testing.T) {
	tap := lane.StreamTap(false)
	for _, f := range []*sse.Frame{
		event("response.output_text.delta", `{"type":"response.output_text.delta","delta":"a word or two"}`),
		event("", `{"type":"response.function_call_arguments.delta","delta":"a"}`),
		event("", `{"delta":"a","item_id":"x","output_index":0,"type":"response.function_call_arguments.delta"}`),
		event("response.content_part.added", `{"type":"response.content_part.added"}`),
	} {
		require.Zero(t, testing.AllocsPerRun(100, func() { tap.Frame(f) }))
	}
}

func BenchmarkStreamTapDelta(b *testing.B) {
	const data = `{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"a word or two","logprobs":[],"obfuscation":"abcdef"}`
	for name, f := range map[string]*sse.Frame{"named": event("response.output_text.delta", data), "unnamed": event("", data)} {
		b.Run(name, func(b *testing.B) {
			tap := lane.StreamTap(false)
			b.ReportAllocs()
			for b.Loop() {
				tap.Frame(f)
			}
		})
	}
}

// large is a response of about 700 KB: tools echoed, much text, a picture.
func large() string {
	text := strings.Repeat(`func main() {\n\tfmt.Println(\"hello\")\n}\n`, 8000)
	tools := strings.Repeat(`{"type":"function","name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}},`, 500)
	return `{"id":"resp_1","model":"m","status":"completed","tools":[` + strings.TrimSuffix(tools, ",") + `],"output":[` +
		`{"type":"message","content":[{"type":"output_text","text":"` + text + `"}]},` +
		`{"type":"image_generation_call","result":"` + strings.Repeat("iVBORw0K", 40000) + `"}],"usage":{"input_tokens":5,"output_tokens":7}}`
}

func BenchmarkStreamTapLast(b *testing.B) {
	lines := `{"id":"resp_1","status":"completed","output":[{"type":"message","content":[{"text":"` + strings.Repeat(`some words of a line\n`, 30000) + `"}]}]}`
	for name, response := range map[string]string{"mixed": large(), "lines": lines} {
		b.Run(name, func(b *testing.B) {
			data := `{"type":"response.completed","sequence_number":9,"response":` + response + `}`
			f := event("response.completed", data)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				lane.StreamTap(false).Frame(f)
			}
		})
	}
}

func BenchmarkBodyTap(b *testing.B) {
	body := []byte(large())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		tap := lane.BodyTap()
		for rest := body; len(rest) > 0; rest = rest[min(32<<10, len(rest)):] {
			tap.Write(rest[:min(32<<10, len(rest))])
		}
		if tap.Seen().Usage == nil {
			b.Fatal("no usage")
		}
	}
}
