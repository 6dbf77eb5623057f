package openairesponses_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// script makes a stream of events of the given data.
func script(t *testing.T, lines ...string) []byte {
	t.Helper()
	return frame(t, []byte(strings.Join(lines, "\n")))
}

const created = `{"type":"response.created","response":{"id":"resp_1","model":"m","created_at":1,"status":"in_progress","output":[]}}`

func calls(t *testing.T, r *llm.Response) []string {
	t.Helper()
	var out []string
	for _, b := range r.Choices[0].Blocks {
		if c, ok := b.(*llm.ToolCall); ok {
			out = append(out, c.CallID+" "+c.Name+" "+string(c.Input))
		}
	}
	return out
}

// BerriAI/litellm#25321: arguments that come only in .done, or only with the
// item, or only with the response, are not lost.
func TestScarA1ArgumentsWithoutDeltas(t *testing.T) {
	events := collect(t, frame(t, files(t, "testdata/streams/no_deltas.jsonl")[0].data), 1<<20)
	r, err := fold(events)
	require.NoError(t, err)
	require.Equal(t, []string{`call_1 f {"x":1}`, `call_2 g {}`, `call_3 only_here {}`}, calls(t, r))
	deltas := map[int]string{}
	for _, ev := range events {
		if ev.Type == llm.EventDelta && ev.Delta == llm.DeltaInput {
			deltas[ev.Index] += ev.Text
		}
	}
	require.Len(t, deltas, 3, "codecs of other protocols live on the deltas")

	r, err = fold(collect(t, script(t, created,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":""}}`,
		`{"type":"response.function_call_arguments.done","output_index":0,"item_id":"fc_1","arguments":"{\"only\":\"done\"}"}`,
		`{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`), 1<<20))
	require.NoError(t, err)
	require.Equal(t, []string{`c f {"only":"done"}`}, calls(t, r))
}

// BerriAI/litellm#15307: parallel calls that interleave stay apart, on the way
// in and on the way out.
func TestScarA5ParallelCallsInterleave(t *testing.T) {
	events := collect(t, frame(t, files(t, "testdata/streams/interleaved.jsonl")[0].data), 1<<20)
	r, err := fold(events)
	require.NoError(t, err)
	require.Equal(t, []string{`call_a f {"a":1}`, `call_b g {"b":"\u00e9"}`}, calls(t, r))
	b, _ := encodeStream(events, nil)
	all := parseStream(t, b)
	checkOrder(t, all)
	// The second call goes out while the first is open.
	var order []float64
	for _, ev := range all {
		if ev.event == "response.function_call_arguments.delta" {
			index, ok := ev.data["output_index"].(float64)
			require.True(t, ok)
			order = append(order, index)
		}
	}
	require.Equal(t, []float64{1, 0, 1, 0}, order)
}

// musistudio/claude-code-router#1672: no character is cut, wherever the bytes are.
func TestScarA8MultiByteCharacters(t *testing.T) {
	stream := script(t, created,
		`{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}}`,
		`{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"Kö😀"}`,
		`{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"msg_1","delta":"\ud83d\ude00ln"}`,
		`{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`)
	for n := 1; n < 9; n++ {
		r, err := fold(collect(t, stream, n))
		require.NoError(t, err)
		require.Equal(t, "Kö😀😀ln", r.Choices[0].Blocks[0].(*llm.Text).Text)
	}
}

// router-for-me/CLIProxyAPI#5113 and its like.
func TestScarA11TerminalEvents(t *testing.T) {
	t.Run("incomplete is a finish", func(t *testing.T) {
		events := collect(t, frame(t, files(t, "testdata/streams/incomplete.jsonl")[0].data), 1<<20)
		r, err := fold(events)
		require.NoError(t, err)
		require.Equal(t, llm.FinishLength, r.Choices[0].Finish)
		require.Equal(t, "max_output_tokens", r.Choices[0].FinishRaw)
		require.Equal(t, int64(4), r.Usage.Output)
	})
	t.Run("nothing after the end", func(t *testing.T) {
		stream := script(t, created, `{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`,
			`{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"late"}`, `{"type":"error","message":"late"}`)
		stream = append(stream, "data: [DONE]\n\n"...)
		events := collect(t, stream, 1<<20)
		require.Equal(t, llm.EventEnd, events[len(events)-1].Type)
	})
	t.Run("an early end is a failure", func(t *testing.T) {
		events := collect(t, append(script(t, created), "data: [DONE]\n\n"...), 1<<20)
		last := events[len(events)-1]
		require.Equal(t, llm.EventFail, last.Type)
		require.Equal(t, llm.KindUpstream, last.Err.Kind)
	})
	t.Run("keep-alives", func(t *testing.T) {
		stream := append([]byte(": ping\n\nevent: keepalive\ndata: {}\n\ndata:\n\n"), script(t, created, `{"type":"ping"}`)...)
		events := collect(t, stream, 1<<20)
		var types []llm.EventType
		for _, ev := range events {
			types = append(types, ev.Type)
		}
		require.Equal(t, []llm.EventType{llm.EventPing, llm.EventPing, llm.EventPing, llm.EventStart, llm.EventPing, llm.EventFail}, types)
		b, _ := encodeStream(events[:1], nil)
		require.Equal(t, ": keep-alive\n\n", string(b), "as a comment, which no client takes for data")
	})
	t.Run("a call without a name is not begun", func(t *testing.T) {
		events := collect(t, script(t, created,
			`{"type":"response.output_item.added","output_index":0,"item":{"id":"fc_1","type":"function_call","name":"","arguments":""}}`,
			`{"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"{\"a\""}`,
			`{"type":"response.output_item.done","output_index":0,"item":{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}}`,
			`{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`), 1<<20)
		for _, ev := range events {
			if ev.Type == llm.EventBlockStart {
				require.Equal(t, "f", ev.Block.(*llm.ToolCall).Name)
			}
		}
		r, err := fold(events)
		require.NoError(t, err)
		require.Equal(t, []string{`c f {"a":1}`}, calls(t, r))
	})
}

func TestStreamFailures(t *testing.T) {
	tests := []struct {
		name string
		line string
		kind llm.Kind
		code string
	}{
		{"flat", `{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null,"sequence_number":3}`, llm.KindRateLimit, "rate_limit_exceeded"},
		{"nested", `{"type":"error","error":{"type":"insufficient_quota","code":"insufficient_quota","message":"m"}}`, llm.KindQuota, "insufficient_quota"},
		{"without type", `{"error":{"message":"m","type":"server_error"}}`, llm.KindUpstream, "server_error"},
		{"text", `{"type":"error","error":"boom"}`, llm.KindUpstream, ""},
		{"failed", `{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"context_length_exceeded","message":"m"},"usage":{"input_tokens":7,"output_tokens":0}}}`, llm.KindContextLength, "context_length_exceeded"},
		{"failed, silent", `{"type":"response.failed","response":{"id":"resp_1"}}`, llm.KindUpstream, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := collect(t, append(script(t, created), "data: "+tt.line+"\n\n"...), 1<<20)
			last := events[len(events)-1]
			require.Equal(t, llm.EventFail, last.Type)
			require.Equal(t, tt.kind, last.Err.Kind)
			require.Equal(t, tt.code, last.Err.Code)
			require.NotEmpty(t, last.Err.Message)
			b, _ := encodeStream(events, nil)
			all := parseStream(t, b)
			checkOrder(t, all)
			require.Equal(t, "error", all[len(all)-2].event)
			require.Equal(t, "response.failed", all[len(all)-1].event)
		})
	}
	// What a failed response used is not lost.
	events := collect(t, script(t, created, tests[4].line), 1<<20)
	require.Equal(t, int64(7), events[len(events)-2].Usage.Input)
}

func TestStreamGarbage(t *testing.T) {
	for _, data := range []string{`{"type":`, `[1]`, `"x"`, `{}`} {
		d := codec.EventDecoder(wire.Target{})
		err := d.Push(&sse.Frame{Data: []byte(data), HasData: true}, func(*llm.Event) { require.Fail(t, "nothing to emit") })
		var e *llm.Error
		require.ErrorAs(t, err, &e, data)
		require.Equal(t, llm.KindUpstream, e.Kind)
	}
}

// Servers that number nothing still keep their items apart, by id.
func TestStreamWithoutIndices(t *testing.T) {
	r, err := fold(collect(t, script(t, created,
		`{"type":"response.output_item.added","item":{"id":"fc_1","type":"function_call","call_id":"a","name":"f","arguments":""}}`,
		`{"type":"response.output_item.added","item":{"id":"fc_2","type":"function_call","call_id":"b","name":"g","arguments":""}}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_2","delta":"{\"b\":2}"}`,
		`{"type":"response.function_call_arguments.delta","item_id":"fc_1","delta":"{\"a\":1}"}`,
		`{"type":"response.output_item.done","item":{"id":"fc_2","type":"function_call","call_id":"b","name":"g","arguments":"{\"b\":2}"}}`,
		`{"type":"response.output_item.done","item":{"id":"fc_1","type":"function_call","call_id":"a","name":"f","arguments":"{\"a\":1}"}}`,
		`{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`), 1<<20))
	require.NoError(t, err)
	require.Equal(t, []string{`a f {"a":1}`, `b g {"b":2}`}, calls(t, r))
}

// What only this protocol knows passes through the codec lane with numbers of
// its own stream.
func TestHostedEventsPass(t *testing.T) {
	events := collect(t, script(t, created,
		`{"type":"response.output_item.added","sequence_number":9,"output_index":4,"item":{"id":"ig_1","type":"image_generation_call","status":"in_progress"}}`,
		`{"type":"response.image_generation_call.partial_image","sequence_number":10,"output_index":4,"item_id":"ig_1","partial_image_index":0,"partial_image_b64":"AAAA"}`,
		`{"type":"response.output_item.done","sequence_number":11,"output_index":4,"item":{"id":"ig_1","type":"image_generation_call","status":"completed","result":"BBBB","output_format":"png"}}`,
		`{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[]}}`), 1<<20)
	r, err := fold(events)
	require.NoError(t, err)
	m, ok := r.Choices[0].Blocks[0].(*llm.Media)
	require.True(t, ok)
	require.Equal(t, "BBBB", m.Data)
	require.Equal(t, "image/png", m.MIME)
	b, losses := encodeStream(events, nil)
	require.Empty(t, losses)
	all := parseStream(t, b)
	checkOrder(t, all)
	require.Equal(t, []string{
		"response.created", "response.in_progress", "response.output_item.added",
		"response.image_generation_call.partial_image", "response.output_item.done", "response.completed",
	}, kinds(all))
	require.Equal(t, "AAAA", all[3].data["partial_image_b64"])
	require.InDelta(t, 0, all[3].data["output_index"], 0)
}

// The exact events of a plain answer, as a client sees them.
func TestStreamGolden(t *testing.T) {
	resp := &llm.Response{ID: "resp_1", Model: "m", Created: 5, Usage: &llm.Usage{Input: 1, Output: 2}, Choices: []llm.Choice{{
		Finish: llm.FinishStop,
		Blocks: []llm.Block{
			&llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}, Summary: []string{"s0", "s1"}},
			&llm.Text{Attrs: llm.Attrs{ID: "msg_1"}, Text: "hi"},
			&llm.Refusal{Attrs: llm.Attrs{ID: "msg_1"}, Text: "no"},
			&llm.ToolCall{Attrs: llm.Attrs{ID: "fc_1"}, CallID: "c", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{}`)},
		},
	}}}
	b, losses := encodeStream(unfold(resp), nil)
	require.Empty(t, losses)
	all := parseStream(t, b)
	checkOrder(t, all)
	require.Equal(t, []string{
		"response.created", "response.in_progress",
		"response.output_item.added",
		"response.reasoning_summary_part.added", "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
		"response.reasoning_summary_part.added", "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done", "response.reasoning_summary_part.done",
		"response.output_item.done",
		"response.output_item.added",
		"response.content_part.added", "response.output_text.delta", "response.output_text.done", "response.content_part.done",
		"response.content_part.added", "response.refusal.delta", "response.refusal.done", "response.content_part.done",
		"response.output_item.done",
		"response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done",
		"response.completed",
	}, kinds(all))
	require.JSONEq(t, `{"type":"response.output_text.delta","sequence_number":14,"item_id":"msg_1","output_index":1,"content_index":0,"delta":"hi","logprobs":[]}`, string(all[14].raw))
	require.JSONEq(t, `{"type":"response.reasoning_summary_part.added","sequence_number":7,"item_id":"rs_1","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}`, string(all[7].raw))
	require.JSONEq(t, `{"type":"response.output_item.done","sequence_number":21,"output_index":1,"item":{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"hi","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"no"}]}}`, string(all[21].raw))
}

// An encoder that gets events out of the grammar stays within the protocol's.
func TestEncoderIsRobust(t *testing.T) {
	enc := codec.EventEncoder(nil)
	var b []byte
	for _, ev := range []*llm.Event{
		{Type: llm.EventDelta, Index: 3, Text: "x"},
		{Type: llm.EventBlockStart, Index: 0},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{}},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{}},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaKind(99)},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaSummary, Part: -1},
		{Type: llm.EventBlockStop, Index: 7},
		{Type: llm.EventOpaque},
		{Type: llm.EventOpaque, Native: &llm.Native{Protocol: llm.Gemini, Raw: llm.Raw(`{}`)}},
		{Type: llm.EventOpaque, Native: &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw(`{}`)}},
		{Type: llm.EventStart},
		{Type: llm.EventUsage},
		{Type: llm.EventEnd},
		{Type: llm.EventEnd},
		{Type: llm.EventFail},
	} {
		b = enc.Encode(b, ev)
	}
	all := parseStream(t, b)
	checkOrder(t, all)
	require.Equal(t, "response.completed", all[len(all)-1].event)
}

// Line breaks in what a client or upstream sent cannot break the framing.
func TestStreamFraming(t *testing.T) {
	req := decodeRequest(t, []byte("{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\n\r\n \"type\":\n\"object\"}}]}"))
	resp := &llm.Response{ID: "r", Choices: []llm.Choice{{Blocks: []llm.Block{
		&llm.ToolCall{CallID: "x", Kind: llm.ToolServer, Name: "n", Native: &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw("{\"type\":\"n_call\",\n\n\"id\":\"a\\nb\"}")}},
	}}}}
	b, _ := encodeStream(unfold(resp), req)
	all := parseStream(t, b)
	require.Equal(t, []string{"response.created", "response.in_progress", "response.output_item.added", "response.output_item.done", "response.completed"}, kinds(all))
	item, ok := all[3].data["item"].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "a\nb", item["id"])
}
