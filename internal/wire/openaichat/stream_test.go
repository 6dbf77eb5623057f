package openaichat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// chunks makes a stream of the deltas of one choice, and ends it.
func chunks(deltas ...string) string {
	var b strings.Builder
	for _, d := range deltas {
		fmt.Fprintf(&b, "data: {\"id\":\"r\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}\n\n", d)
	}
	b.WriteString("data: {\"id\":\"r\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	return b.String()
}

func folded(t *testing.T, body string) []llm.Block {
	t.Helper()
	events := stream(t, strings.NewReader(body))
	requireGrammar(t, events)
	r := fold(t, events)
	require.Len(t, r.Choices, 1)
	return r.Choices[0].Blocks
}

func TestTolerantStreams(t *testing.T) {
	signed := func(data string) *llm.Signature {
		return &llm.Signature{Data: data, Origin: llm.Origin{Protocol: llm.OpenAIChat}}
	}
	for _, c := range []struct {
		name   string
		deltas []string
		want   []llm.Block
	}{
		{"no role", []string{`{"content":"a"}`, `{"content":"b"}`}, []llm.Block{text("ab")}},
		{"null delta", []string{`null`, `{"content":null}`, `{"content":"a","tool_calls":null}`}, []llm.Block{text("a")}},
		{"ids on every delta", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}`,
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"}"}}]}`,
		}, []llm.Block{call("a", "f", "{}")}},
		{"an id made anew for each piece", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}`,
			`{"tool_calls":[{"index":0,"id":"b","function":{"arguments":"}"}}]}`,
		}, []llm.Block{call("a", "f", "{}")}},
		{"empty ids after the first", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}`,
			`{"tool_calls":[{"index":0,"id":"","function":{"arguments":"{}"}}]}`,
		}, []llm.Block{call("a", "f", "{}")}},
		{"all calls with one index", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}`,
			`{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\":"}}]}`,
			`{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}`,
		}, []llm.Block{call("a", "f", "{}"), call("b", "f", `{"x":1}`)}},
		{"no index", []string{
			`{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}`,
		}, []llm.Block{call("a", "f", "{}"), call("b", "g", "{}")}},
		{"no index and pieces", []string{
			`{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}`,
			`{"tool_calls":[{"function":{"arguments":"}"}}]}`,
			`{"tool_calls":[{"id":"b","function":{"name":"g"}}]}`,
		}, []llm.Block{call("a", "f", "{}"), call("b", "g", "{}")}},
		{"a name in pieces", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"get_"}}]}`,
			`{"tool_calls":[{"index":0,"function":{"name":"weather","arguments":""}}]}`,
			`{"tool_calls":[{"index":0,"function":{"name":"get_weather","arguments":"{}"}}]}`,
		}, []llm.Block{call("a", "get_weather", "{}")}},
		{"arguments as an object", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1.0}}}]}`,
		}, []llm.Block{call("a", "f", `{"x":1.0}`)}},
		{"arguments before the name", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{"}}]}`,
			`{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"}"}}]}`,
		}, []llm.Block{call("a", "f", "{}")}},
		{"no arguments", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}},{"index":1,"id":"b","function":{"name":"g","arguments":""}}]}`,
		}, []llm.Block{call("a", "f", "{}"), call("b", "g", "{}")}},
		{"a custom call", []string{
			`{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"p","input":"*** "}}]}`,
			`{"tool_calls":[{"index":0,"custom":{"input":"x"}}]}`,
		}, []llm.Block{&llm.ToolCall{CallID: "a", Name: "p", Kind: llm.ToolCustom, Input: llm.Raw("*** x")}}},
		{"indices that are not contiguous", []string{
			`{"tool_calls":[{"index":7,"id":"a","function":{"name":"f","arguments":"{"}},{"index":3,"id":"b","function":{"name":"g","arguments":"{"}}]}`,
			`{"tool_calls":[{"index":3,"function":{"arguments":"}"}},{"index":7,"function":{"arguments":"}"}}]}`,
		}, []llm.Block{call("a", "f", "{}"), call("b", "g", "{}")}},
		{"thinking in two members", []string{
			`{"reasoning":"a","reasoning_content":"a"}`, `{"reasoning":"b","reasoning_content":"b"}`, `{"content":"x"}`,
		}, []llm.Block{&llm.Reasoning{Text: "ab"}, text("x")}},
		{"a signature on plain thinking", []string{
			`{"reasoning_content":"a"}`, `{"reasoning_details":[{"type":"reasoning.text","signature":"s"}]}`, `{"content":"x"}`,
		}, []llm.Block{&llm.Reasoning{Text: "a", Signature: signed("s")}, text("x")}},
		{"parts", []string{
			`{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]}]}`, `{"content":[{"type":"text","text":"x"}]}`, `{"content":"y"}`,
		}, []llm.Block{&llm.Reasoning{Text: "a"}, text("xy")}},
		{"text behind a call", []string{
			`{"content":"a"}`, `{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}`, `{"content":"b"}`,
		}, []llm.Block{text("a"), call("a", "f", "{}"), text("b")}},
		{"halves of a rune", []string{
			`{"content":"\ud83d"}`, `{"content":"\ude00 \ud83d"}`, "{\"content\":\"\\ude00 \xe2\x82\"}", "{\"content\":\"\xac\"}", `{"content":"\\ud83d"}`,
		}, []llm.Block{text("😀 😀 €\\ud83d")}},
		{"half a rune and no other half", []string{`{"content":"a\ud83d"}`}, []llm.Block{text("a\uFFFD")}},
		{"a signature on a call", []string{
			`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}`,
		}, []llm.Block{&llm.ToolCall{CallID: "a", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw("{}"), Signature: signed("s")}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, folded(t, chunks(c.deltas...)))
		})
	}
}

func TestMissingIDsAreMade(t *testing.T) {
	blocks := folded(t, chunks(`{"tool_calls":[{"id":"","function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"{}"}}]}`))
	a, b := blocks[0].(*llm.ToolCall).CallID, blocks[1].(*llm.ToolCall).CallID
	require.NotEmpty(t, a)
	require.NotEqual(t, a, b)
	whole, err := codec.DecodeResponse([]byte(`{"id":"r","choices":[{"message":{"tool_calls":[{"function":{"name":"f"}},{"function":{"name":"f"}}]}}]}`), wire.Target{})
	require.NoError(t, err)
	require.Equal(t, a, whole.Choices[0].Blocks[0].(*llm.ToolCall).CallID)
	require.Equal(t, b, whole.Choices[0].Blocks[1].(*llm.ToolCall).CallID)
	require.Equal(t, llm.FinishToolUse, whole.Choices[0].Finish, "without a finish_reason")
}

func TestStreamEnds(t *testing.T) {
	const head = `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}` + "\n\n"
	const finish = `data: {"id":"r","choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}` + "\n\n"
	for _, c := range []struct {
		name, body string
		last       llm.EventType
		kind       llm.Kind
		code       string
	}{
		{"proper", head + finish + "data: [DONE]\n\n", llm.EventEnd, 0, ""},
		{"without [DONE]", head + finish, llm.EventEnd, 0, ""},
		{"[DONE] alone tells the end", head + "data: [DONE]\n\n", llm.EventEnd, 0, ""},
		{"more after the end", head + finish + "data: [DONE]\n\n" + head, llm.EventEnd, 0, ""},
		{"cut", head, llm.EventFail, llm.KindUpstream, "stream_truncated"},
		{"nothing", "", llm.EventFail, llm.KindUpstream, "stream_truncated"},
		{"no answer", "data: [DONE]\n\n", llm.EventFail, llm.KindUpstream, "upstream_malformed"},
		{"error", head + `data: {"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}` + "\n\n", llm.EventFail, llm.KindRateLimit, "rate_limit_exceeded"},
		{"error with a status for a code", `data: {"id":"x","choices":[{"index":0,"delta":{"content":""}}],"error":{"code":502,"message":"m"}}` + "\n\n", llm.EventFail, llm.KindUpstream, ""},
		{"error event", head + "event: error\ndata: {\"message\":\"boom\"}\n\n", llm.EventFail, llm.KindUpstream, ""},
		{"vLLM", `data: {"object":"error","message":"maximum context length is 5","type":"BadRequestError","code":400}` + "\n\n", llm.EventFail, llm.KindContextLength, "BadRequestError"},
		{"null error", `data: {"id":"r","error":null,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n", llm.EventEnd, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			events := stream(t, strings.NewReader(c.body))
			requireGrammar(t, events)
			last := events[len(events)-1]
			require.Equal(t, c.last, last.Type)
			if last.Type == llm.EventFail {
				require.Equal(t, c.kind, last.Err.Kind)
				require.Equal(t, c.code, last.Err.Code)
				require.NotEmpty(t, last.Err.Message)
			}
		})
	}
}

func TestPushRefusesGarbage(t *testing.T) {
	dec := codec.EventDecoder(wire.Target{})
	for _, data := range []string{"nonsense", "[1]", `{"a":`} {
		err := dec.Push(&sse.Frame{Data: []byte(data), HasData: true}, func(*llm.Event) { t.Fatal("an event") })
		require.Equal(t, llm.KindUpstream, kindOf(t, err).Kind)
	}
}

func TestUsageInStreams(t *testing.T) {
	for name, body := range map[string]string{
		"in the last chunk with content": `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`,
		"cumulative":                     `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1}}` + "\n\n" + `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}`,
		"in the choice (Moonshot)":       `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop","usage":{"prompt_tokens":7,"completion_tokens":2}}]}`,
		"in x_groq":                      `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":2}}}`,
		"behind":                         `data: {"id":"r","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n" + `data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}`,
	} {
		r := fold(t, stream(t, strings.NewReader(body+"\n\ndata: [DONE]\n\n")))
		require.NotNil(t, r.Usage, name)
		require.Equal(t, int64(7), r.Usage.Input, name)
		require.Equal(t, int64(2), r.Usage.Output, name)
	}
}

func ev(kind llm.EventType, index int, b llm.Block) *llm.Event {
	return &llm.Event{Type: kind, Index: index, Block: b}
}

func delta(index int, kind llm.DeltaKind, s string) *llm.Event {
	return &llm.Event{Type: llm.EventDelta, Index: index, Delta: kind, Text: s}
}

func head() *llm.Event {
	return &llm.Event{Type: llm.EventStart, Response: &llm.Response{ID: "r", Model: "m", Created: 9}}
}

func finished(f llm.Finish) *llm.Event { return &llm.Event{Type: llm.EventFinish, Finish: f} }

func end() *llm.Event { return &llm.Event{Type: llm.EventEnd} }

// chunksOf returns the choices of each chunk, and the lines that are no chunks.
func chunksOf(t *testing.T, out []byte) []string {
	t.Helper()
	const prefix, suffix = `data: {"id":"r","object":"chat.completion.chunk","created":9,"model":"m","choices":[`, `]}`
	var got []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n\n"), "\n\n") {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			line = strings.TrimSuffix(rest, suffix)
		}
		line = strings.Replace(line, `"logprobs":null,"finish_reason":null}`, `…}`, 1)
		got = append(got, line)
	}
	return got
}

func TestStreamEncoder(t *testing.T) {
	const role = `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},…}`
	const stop = `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}`
	for _, c := range []struct {
		name   string
		req    *llm.Request
		events []*llm.Event
		want   []string
		losses string
	}{
		{"text", nil, []*llm.Event{
			head(),
			{Type: llm.EventPing},
			ev(llm.EventBlockStart, 0, &llm.Text{}), delta(0, llm.DeltaText, "a"), ev(llm.EventBlockStop, 0, nil),
			{Type: llm.EventUsage, Usage: &llm.Usage{Input: 1}},
			finished(llm.FinishStop), end(), end(),
		}, []string{": ping", role, `{"index":0,"delta":{"content":"a"},…}`, stop, "data: [DONE]"}, ""},
		{"nothing at all", nil, []*llm.Event{head(), end()}, []string{role, stop, "data: [DONE]"}, ""},
		{"interleaved calls keep index and id", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 4, call("a", "f", "")), ev(llm.EventBlockStart, 9, call("b", "g", "")),
			delta(9, llm.DeltaInput, `{"y`), delta(4, llm.DeltaInput, `{"x`), delta(9, llm.DeltaInput, `":1}`), delta(4, llm.DeltaInput, `":1}`),
			ev(llm.EventBlockStop, 4, nil), ev(llm.EventBlockStop, 9, nil), finished(llm.FinishToolUse), end(),
		}, []string{
			`{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"y"}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"x"}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"\":1}"}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\":1}"}}]},…}`,
			`{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}`, "data: [DONE]",
		}, ""},
		{"empty arguments and a call told at its end", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, call("a", "f", "")), ev(llm.EventBlockStop, 0, nil),
			ev(llm.EventBlockStart, 1, call("b", "f", "")), ev(llm.EventBlockStop, 1, &llm.ToolCall{Input: llm.Raw(`{"x":1}`)}), finished(llm.FinishToolUse), end(),
		}, []string{
			`{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"f","arguments":""}}]},…}`,
			`{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\"x\":1}"}}]},…}`,
			`{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}`, "data: [DONE]",
		}, ""},
		{"thinking of others", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, &llm.Reasoning{}), delta(0, llm.DeltaReasoning, "a"),
			{Type: llm.EventDelta, Delta: llm.DeltaSignature, Text: "s", Origin: llm.Origin{Protocol: llm.AnthropicMessages}},
			ev(llm.EventBlockStop, 0, nil),
			ev(llm.EventBlockStart, 1, &llm.Reasoning{Redacted: true, Encrypted: &llm.Signature{Data: "x", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}}), ev(llm.EventBlockStop, 1, nil),
			ev(llm.EventBlockStart, 2, &llm.Reasoning{}), delta(2, llm.DeltaSummary, "b"),
			{Type: llm.EventDelta, Index: 2, Delta: llm.DeltaSummary, Part: 1, Text: "c"},
			ev(llm.EventBlockStop, 2, nil),
			finished(llm.FinishStop), end(),
		}, []string{
			role, `{"index":0,"delta":{"reasoning_content":"a"},…}`, `{"index":0,"delta":{"reasoning_content":"\n\nb"},…}`,
			`{"index":0,"delta":{"reasoning_content":"\n\nc"},…}`, stop, "data: [DONE]",
		}, "dropped:foreign_signature"},
		{"citations count over all texts", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, &llm.Text{}), delta(0, llm.DeltaText, "é1"), ev(llm.EventBlockStop, 0, nil),
			ev(llm.EventBlockStart, 1, &llm.Text{}), delta(1, llm.DeltaText, "xyz"),
			{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaCitation, Citation: &llm.Citation{URL: "u", Title: "t"}},
			{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaCitation, Citation: &llm.Citation{Text: "no url"}},
			ev(llm.EventBlockStop, 1, nil), finished(llm.FinishRefusal), end(),
		}, []string{
			role, `{"index":0,"delta":{"content":"é1"},…}`, `{"index":0,"delta":{"content":"xyz"},…}`,
			`{"index":0,"delta":{"annotations":[{"type":"url_citation","url_citation":{"end_index":5,"start_index":2,"title":"t","url":"u"}}]},…}`,
			`{"index":0,"delta":{},"logprobs":null,"finish_reason":"content_filter"}`, "data: [DONE]",
		}, "approximated:refusal,dropped:citations"},
		{"what the upstream ran", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, &llm.ToolCall{Kind: llm.ToolServer, Name: "web_search"}), delta(0, llm.DeltaInput, "{}"), ev(llm.EventBlockStop, 0, nil),
			ev(llm.EventBlockStart, 1, &llm.ServerToolResult{}), ev(llm.EventBlockStop, 1, nil), finished(llm.FinishPause), end(),
		}, []string{
			`{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},…}`, stop, "data: [DONE]",
		}, "approximated:pause,dropped:server_tool"},
		{"a picture", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, &llm.Media{Kind: llm.MediaImage, MIME: "image/png"}), delta(0, llm.DeltaData, "AA"), delta(0, llm.DeltaData, "BB"), ev(llm.EventBlockStop, 0, nil),
			finished(llm.FinishStop), end(),
		}, []string{role, `{"index":0,"delta":{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AABB"}}]},…}`, stop, "data: [DONE]"}, ""},
		{"a failure ends it", nil, []*llm.Event{
			head(), ev(llm.EventBlockStart, 0, &llm.Text{}), {Type: llm.EventFail, Err: llm.Errorf(llm.KindOverloaded, "", "busy")}, end(),
		}, []string{role, `data: {"error":{"message":"busy","type":"server_error","param":null,"code":"overloaded"}}`}, ""},
		{
			"a legacy client", &llm.Request{Tools: decodeRequest(t, []byte(`{"model":"m","messages":[{"role":"user","content":"x"}],"functions":[{"name":"f"}]}`)).Tools},
			[]*llm.Event{
				head(), ev(llm.EventBlockStart, 0, call("a", "f", "")), delta(0, llm.DeltaInput, "{}"), ev(llm.EventBlockStop, 0, nil),
				ev(llm.EventBlockStart, 1, call("b", "f", "")), delta(1, llm.DeltaInput, "{}"), ev(llm.EventBlockStop, 1, nil), finished(llm.FinishToolUse), end(),
			},
			[]string{
				`{"index":0,"delta":{"role":"assistant","content":null,"refusal":null},…}`,
				`{"index":0,"delta":{"function_call":{"name":"f","arguments":""}},…}`, `{"index":0,"delta":{"function_call":{"arguments":"{}"}},…}`,
				`{"index":0,"delta":{},"logprobs":null,"finish_reason":"function_call"}`, "data: [DONE]",
			},
			"dropped:parallel_tools",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, losses := encodeStream(c.events, c.req)
			require.Equal(t, c.want, chunksOf(t, out))
			require.Equal(t, c.losses, codes(losses))
		})
	}
}

func TestUsageChunkOnlyIfAsked(t *testing.T) {
	events := []*llm.Event{
		head(), ev(llm.EventBlockStart, 0, &llm.Text{}), delta(0, llm.DeltaText, "a"), ev(llm.EventBlockStop, 0, nil), finished(llm.FinishStop),
		{Type: llm.EventUsage, Usage: &llm.Usage{Input: 10, CacheRead: 5, CacheWrite1h: 2, Output: 7, Reasoning: 3}},
		end(),
	}
	out, _ := encodeStream(events, &llm.Request{})
	require.NotContains(t, string(out), "usage")
	out, _ = encodeStream(events, &llm.Request{IncludeUsage: true})
	require.Equal(t, 3, strings.Count(string(out), `"usage":null`))
	require.True(t, strings.HasSuffix(string(out), `"choices":[],"usage":{"prompt_tokens":17,"completion_tokens":7,"total_tokens":24,`+
		`"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":2,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0}}}`+
		"\n\ndata: [DONE]\n\n"), "%s", out)
}

// A value kept from a pretty-printed answer must not break the events.
func TestLineBreaksStayOutOfEvents(t *testing.T) {
	r := &llm.Response{ID: "r", Ext: llm.Ext{{Protocol: llm.OpenAIChat, Name: "x", Value: llm.Raw("{\r\n \"a\": [\n1]\n}")}}, Choices: []llm.Choice{{Blocks: []llm.Block{text("a\nb")}, Finish: llm.FinishStop}}}
	out, _ := encodeStream(slices.Collect(cloned(r)), nil)
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n\n"), "\n\n") {
		require.NotContains(t, line, "\n")
	}
	require.Equal(t, []llm.Block{text("a\nb")}, fold(t, stream(t, strings.NewReader(string(out)))).Choices[0].Blocks)
}

func BenchmarkStream(b *testing.B) {
	body := chunks(slices.Repeat([]string{`{"content":"hello world"}`}, 1000)...)
	reader := strings.NewReader("")
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		r := sse.NewReader(reader, nil, 0)
		dec, enc := codec.EventDecoder(wire.Target{}), codec.EventEncoder(nil)
		var out []byte
		emit := func(ev *llm.Event) { out = enc.Encode(out[:0], ev) }
		for {
			f, err := r.Next()
			if err != nil {
				break
			}
			if err := dec.Push(f, emit); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/chunk")
}
