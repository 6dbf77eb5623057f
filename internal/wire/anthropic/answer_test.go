package anthropic_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// reply is an answer as another protocol's codec would decode it.
func reply(finish llm.Finish, blocks ...llm.Block) *llm.Response {
	return &llm.Response{
		ID: "chatcmpl-1", Model: "m", Choices: []llm.Choice{{Blocks: blocks, Finish: finish, FinishRaw: "raw"}},
		Usage: &llm.Usage{Input: 10, CacheRead: 5, CacheWrite5m: 2, CacheWrite1h: 1, Output: 20, Reasoning: 7, Searches: 1},
	}
}

func encodeResponse(t require.TestingT, r *llm.Response) ([]byte, []llm.Loss) {
	body, losses, err := codec.EncodeResponse(r, &llm.Request{Model: "alias"})
	require.NoError(t, err)
	return body, losses
}

func TestEncodeResponseBlocks(t *testing.T) {
	foreign := &llm.Signature{Data: "gAAA", Origin: llm.Origin{Protocol: llm.OpenAIResponses}}
	mine := &llm.Signature{Data: "SIG", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}
	tests := []struct {
		name, want, loss string
		block            llm.Block
	}{
		{"text", `[{"type":"text","text":"a"}]`, "", &llm.Text{Text: "a"}},
		{"empty text", `[]`, "", &llm.Text{}},
		{"white space is text", `[{"type":"text","text":"\n"}]`, "", &llm.Text{Text: "\n"}},
		{"unsigned thinking", `[{"type":"thinking","thinking":"t","signature":""}]`, "", &llm.Reasoning{Text: "t"}},
		{"signed thinking", `[{"type":"thinking","thinking":"t","signature":"SIG"}]`, "", &llm.Reasoning{Text: "t", Signature: mine}},
		{"omitted thinking", `[{"type":"thinking","thinking":"","signature":"SIG"}]`, "", &llm.Reasoning{Signature: mine}},
		{"foreign thinking", `[{"type":"thinking","thinking":"t","signature":""}]`, "dropped:foreign_signature", &llm.Reasoning{Text: "t", Signature: foreign}},
		{"summary", `[{"type":"thinking","thinking":"a\n\nb","signature":""}]`, "dropped:foreign_signature", &llm.Reasoning{Summary: []string{"a", "b"}, Encrypted: foreign}},
		{"only encrypted", `[]`, "dropped:foreign_signature", &llm.Reasoning{Encrypted: foreign}},
		{"redacted", `[{"type":"redacted_thinking","data":"SIG"}]`, "", &llm.Reasoning{Redacted: true, Encrypted: mine}},
		{"call", `[{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]`, "", &llm.ToolCall{CallID: "c", Name: "f", Input: llm.Raw(`{"a":1}`)}},
		{"call without arguments", `[{"type":"tool_use","id":"c","name":"f","input":{}}]`, "", &llm.ToolCall{CallID: "c", Name: "f"}},
		{"call with Gemini's signature", `[{"type":"tool_use","id":"c","name":"f","input":{}}]`, "dropped:foreign_signature", &llm.ToolCall{CallID: "c", Name: "f", Signature: foreign}},
		{"custom call", `[{"type":"tool_use","id":"c","name":"f","input":{"input":"a\"b"}}]`, "", &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolCustom, Input: llm.Raw(`a"b`)}},
		{"empty custom call", `[{"type":"tool_use","id":"c","name":"f","input":{"input":""}}]`, "", &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolCustom}},
		{"foreign server tool", `[]`, "dropped:server_tool", &llm.ToolCall{CallID: "c", Kind: llm.ToolServer, Native: &llm.Native{Protocol: llm.OpenAIResponses, Raw: llm.Raw(`{}`)}}},
		{"foreign server result", `[]`, "dropped:server_tool", &llm.ServerToolResult{}},
		{"refusal", `[{"type":"text","text":"no"}]`, "approximated:refusal", &llm.Refusal{Text: "no"}},
		{"foreign citations", `[{"type":"text","text":"a"}]`, "dropped:citations", &llm.Text{Text: "a", Citations: []llm.Citation{{URL: "u", Protocol: llm.OpenAIChat}}}},
		{"logprobs", `[{"type":"text","text":"a"}]`, "dropped:logprobs", &llm.Text{Text: "a", Logprobs: llm.Raw(`[{}]`)}},
		{"signed text", `[{"type":"text","text":"a"}]`, "dropped:foreign_signature", &llm.Text{Text: "a", Signature: foreign}},
		{"image", `[]`, "dropped:image_out", &llm.Media{Kind: llm.MediaImage, Data: "x"}},
		{"speech", `[{"type":"text","text":"hi"}]`, "approximated:audio_out", &llm.Media{Kind: llm.MediaAudio, Data: "x", Transcript: "hi"}},
		{"sound", `[]`, "dropped:audio_out", &llm.Media{Kind: llm.MediaAudio, Data: "x"}},
		{"opaque", `[]`, "dropped:opaque", &llm.Opaque{Native: llm.Native{Protocol: llm.Gemini, Raw: llm.Raw(`{}`)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reply(llm.FinishStop, tt.block)
			body, losses := encodeResponse(t, r)
			require.Contains(t, string(body), `"content":`+tt.want+`,`)
			require.Equal(t, tt.loss, lossCodes(losses))

			// The same answer as a stream says the same and loses the same.
			stream, losses := writeStream(slices.Collect(llm.Unfold(r)), &llm.Request{Model: "alias"})
			requireOrdered(t, stream)
			require.Equal(t, tt.loss, lossCodes(losses))
			whole, err := codec.DecodeResponse(body, wire.Target{})
			require.NoError(t, err)
			requireSame(t, whole, fold(t, readStream(t, bytes.NewReader(stream))))
		})
	}
}

func TestEncodeResponseEnvelope(t *testing.T) {
	r := reply(llm.FinishStop, &llm.Text{Text: "a"})
	r.ServiceTier = "default"
	body, losses := encodeResponse(t, r)
	require.Empty(t, losses)
	require.JSONEq(t, `{"id":"chatcmpl-1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"a"}],
	"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,
	"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":1},"output_tokens":20,
	"output_tokens_details":{"thinking_tokens":7},"server_tool_use":{"web_search_requests":1},"service_tier":"standard"}}`, string(body))

	body, losses = encodeResponse(t, &llm.Response{})
	require.Empty(t, losses)
	v := parse(t, body)
	require.NotEmpty(t, v["id"])
	require.Equal(t, "alias", v["model"])
	require.Contains(t, v["usage"], "input_tokens", "SDKs demand usage")

	r.Choices = append(r.Choices, llm.Choice{Index: 1})
	_, losses = encodeResponse(t, r)
	require.Equal(t, "dropped:n", lossCodes(losses))
	stream, losses := writeStream(slices.Collect(llm.Unfold(&llm.Response{Choices: []llm.Choice{
		{Blocks: []llm.Block{&llm.Text{Text: "a"}}}, {Index: 1, Blocks: []llm.Block{&llm.Text{Text: "b"}}},
	}})), nil)
	require.Equal(t, "dropped:n", lossCodes(losses))
	requireOrdered(t, stream)
	require.NotContains(t, string(stream), `"b"`)
}

func TestFinishIsTotal(t *testing.T) {
	call := &llm.ToolCall{CallID: "c", Name: "f"}
	for _, f := range append(llm.Finishes(), llm.FinishNone) {
		body, _ := encodeResponse(t, reply(f, &llm.Text{Text: "a"}))
		reason := parse(t, body)["stop_reason"].(string)
		back, err := codec.DecodeResponse(body, wire.Target{})
		require.NoError(t, err)
		require.NotEqual(t, llm.FinishNone, back.Choices[0].Finish, reason)
		switch f {
		case llm.FinishNone, llm.FinishError:
			require.Equal(t, "end_turn", reason)
		case llm.FinishContentFilter:
			require.Equal(t, "refusal", reason)
		default:
			require.Equal(t, f, back.Choices[0].Finish, reason)
		}
	}
	for _, f := range []llm.Finish{llm.FinishNone, llm.FinishStop} {
		body, _ := encodeResponse(t, reply(f, call))
		require.Equal(t, "tool_use", parse(t, body)["stop_reason"], "clients act on it")
	}
	body, _ := encodeResponse(t, reply(llm.FinishLength, call))
	require.Equal(t, "max_tokens", parse(t, body)["stop_reason"])
}

func TestFinishWords(t *testing.T) {
	for word, want := range map[string]llm.Finish{
		"end_turn": llm.FinishStop, "max_tokens": llm.FinishLength, "stop_sequence": llm.FinishStopSequence,
		"tool_use": llm.FinishToolUse, "pause_turn": llm.FinishPause, "refusal": llm.FinishRefusal,
		"model_context_window_exceeded": llm.FinishLength, "compaction": llm.FinishPause, "new": llm.FinishStop,
	} {
		r, err := codec.DecodeResponse([]byte(`{"id":"m","content":[],"stop_reason":"`+word+`"}`), wire.Target{})
		require.NoError(t, err)
		require.Equal(t, want, r.Choices[0].Finish, word)
		require.Equal(t, word, r.Choices[0].FinishRaw)
		body, _ := encodeResponse(t, r)
		require.Equal(t, word, parse(t, body)["stop_reason"])
	}
}

func TestEncodeRefusalExplained(t *testing.T) {
	r := reply(llm.FinishContentFilter)
	r.Choices[0].Explanation = "unsafe"
	body, _ := encodeResponse(t, r)
	require.Equal(t, object{"type": "refusal", "category": nil, "explanation": "unsafe"}, parse(t, body)["stop_details"])
}

func TestUsageDecode(t *testing.T) {
	tests := []struct {
		name, in string
		want     llm.Usage
	}{
		{
			"split", `{"input_tokens":1,"cache_read_input_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4},"output_tokens":5}`,
			llm.Usage{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, Output: 5},
		},
		{"no lifetimes", `{"input_tokens":1,"cache_creation_input_tokens":7,"output_tokens":5}`, llm.Usage{Input: 1, CacheWrite5m: 7, Output: 5}},
		{"some without lifetime", `{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":4}}`, llm.Usage{CacheWrite5m: 5, CacheWrite1h: 4}},
		{"nulls", `{"input_tokens":1,"cache_read_input_tokens":null,"cache_creation":null,"server_tool_use":null,"service_tier":null,"output_tokens":5}`, llm.Usage{Input: 1, Output: 5}},
		{"thinking", `{"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}`, llm.Usage{Output: 5, Reasoning: 3}},
		{"thinking over output", `{"output_tokens":2,"output_tokens_details":{"thinking_tokens":3}}`, llm.Usage{Output: 3, Reasoning: 3, Flags: llm.UsageReasoningOverOutput}},
		{"negative", `{"input_tokens":-4,"output_tokens":2}`, llm.Usage{Output: 2, Flags: llm.UsageNegative}},
		{"searches", `{"server_tool_use":{"web_search_requests":2}}`, llm.Usage{Searches: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := codec.DecodeResponse([]byte(`{"id":"m","content":[],"stop_reason":"end_turn","usage":`+tt.in+`}`), wire.Target{})
			require.NoError(t, err)
			tt.want.Source = llm.UsageUpstream
			require.Equal(t, tt.want, *r.Usage)
		})
	}
	r, err := codec.DecodeResponse([]byte(`{"id":"m","content":[]}`), wire.Target{})
	require.NoError(t, err)
	require.Nil(t, r.Usage, "what the upstream did not say is not zero")
}

// TestScarC18UsageInStreamsIsNeverAdded: the rival billed cache tokens twice,
// or prompts at zero, depending on which form message_delta has.
func TestScarC18UsageInStreamsIsNeverAdded(t *testing.T) {
	start := `{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1000,"cache_creation_input_tokens":2000,"cache_read_input_tokens":5000,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":2000},"output_tokens":1}}}`
	for name, deltas := range map[string][]string{
		"classic":              {`{"output_tokens":50}`},
		"cumulative":           {`{"input_tokens":1000,"cache_creation_input_tokens":2000,"cache_read_input_tokens":5000,"output_tokens":50}`},
		"several":              {`{"output_tokens":20}`, `{"output_tokens":50}`},
		"forgetful":            {`{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":50}`},
		"with an empty object": {`{"output_tokens":50}`, `{}`},
	} {
		data := []string{start}
		for _, u := range deltas {
			data = append(data, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":`+u+`}`)
		}
		r := fold(t, readStream(t, bytes.NewReader(framed(append(data, `{"type":"message_stop"}`)...))))
		require.Equal(t, llm.Usage{Input: 1000, CacheRead: 5000, CacheWrite1h: 2000, Output: 50, Source: llm.UsageUpstream}, *r.Usage, name)
	}
}

func TestDecodeResponseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"empty": ``, "html": `<html>`, "array": `[]`, "cut": `{"id":"m","content":[`, "content is a number": `{"content":5}`,
		"block without type": `{"content":[{}]}`, "call without name": `{"content":[{"type":"tool_use","id":"x","name":"","input":{}}]}`,
	} {
		_, err := codec.DecodeResponse([]byte(body), wire.Target{})
		var e *llm.Error
		require.ErrorAs(t, err, &e, name)
		require.Equal(t, llm.KindUpstream, e.Kind, name)
	}
	_, err := codec.DecodeResponse([]byte(`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`), wire.Target{})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindOverloaded, e.Kind, "an error in an answer of status 200 is an error")
}

func TestDecodeResponseForgives(t *testing.T) {
	r, err := codec.DecodeResponse([]byte("{\"id\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"a\xff\"},{\"type\":\"tool_use\",\"name\":\"f\",\"input\":null}]}"), wire.Target{})
	require.NoError(t, err)
	require.Equal(t, "a\uFFFD", r.Choices[0].Blocks[0].(*llm.Text).Text)
	call := r.Choices[0].Blocks[1].(*llm.ToolCall)
	require.NotEmpty(t, call.CallID, "a call always has an id")
	require.Equal(t, "{}", string(call.Input))
	again, err := codec.DecodeResponse([]byte(`{"id":"m","content":[{"type":"text","text":"b"},{"type":"tool_use","name":"f"}]}`), wire.Target{})
	require.NoError(t, err)
	require.Equal(t, call.CallID, again.Choices[0].Blocks[1].(*llm.ToolCall).CallID)
	r, err = codec.DecodeResponse([]byte(`{"id":"m","content":"plain"}`), wire.Target{})
	require.NoError(t, err)
	require.Equal(t, "plain", r.Choices[0].Blocks[0].(*llm.Text).Text)
}

// Whatever an answer holds and however its stream interleaves, the stream is
// in order and says what the whole answer says.
func TestRandomForeignAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := reply(rapid.SampledFrom(llm.Finishes()).Draw(t, "finish"), rapid.SliceOfN(rapid.Custom(genAnswerBlock), 0, 5).Draw(t, "blocks")...)
		body, wholeLoss := encodeResponse(t, r)
		whole, err := codec.DecodeResponse(body, wire.Target{})
		require.NoError(t, err)
		stream, streamLoss := writeStream(shuffle(t, slices.Collect(llm.Unfold(r))), &llm.Request{Model: "alias"})
		requireOrdered(t, stream)
		requireSame(t, whole, fold(t, readStream(t, bytes.NewReader(stream))))
		require.Equal(t, lossCodes(wholeLoss), lossCodes(streamLoss))
	})
}

func genAnswerBlock(t *rapid.T) llm.Block {
	text := rapid.SampledFrom([]string{"", "x", "two words", "ünï😀\u2028", "\"\\\n"}).Draw(t, "text")
	signature := rapid.SampledFrom([]*llm.Signature{
		nil, {Data: "S", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}, {Data: "G", Origin: llm.Origin{Protocol: llm.Gemini}},
	})
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return &llm.Reasoning{Text: text, Signature: signature.Draw(t, "signature")}
	case 1:
		return &llm.Reasoning{Summary: []string{text, "y"}, Encrypted: &llm.Signature{Data: "E", Origin: llm.Origin{Protocol: llm.OpenAIResponses}}}
	case 2:
		return &llm.ToolCall{CallID: "c:1", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(rapid.SampledFrom([]string{"", "{}", `{"a":"ü😀"}`}).Draw(t, "input"))}
	case 3:
		return &llm.ToolCall{CallID: "c2", Name: "p", Kind: llm.ToolCustom, Input: llm.Raw(text)}
	case 4:
		return &llm.Refusal{Text: text}
	case 5:
		return &llm.Media{Kind: llm.MediaAudio, Data: "AAAA", Transcript: text}
	default:
		return &llm.Text{Text: text}
	}
}

// shuffle lets the blocks of a stream interleave and cuts its deltas anywhere,
// also inside a rune.
func shuffle(t *rapid.T, evs []*llm.Event) []*llm.Event {
	var lanes [][]*llm.Event
	var head, tail []*llm.Event
	for _, ev := range evs {
		switch ev.Type {
		case llm.EventBlockStart:
			lanes = append(lanes, []*llm.Event{ev})
		case llm.EventDelta:
			cut := 0
			if ev.Delta != llm.DeltaCitation && ev.Delta != llm.DeltaLogprobs {
				cut = rapid.IntRange(0, len(ev.Text)).Draw(t, "cut")
			}
			first, second := *ev, *ev
			first.Text, second.Text = ev.Text[:cut], ev.Text[cut:]
			lanes[ev.Index] = append(lanes[ev.Index], &first, &second)
		case llm.EventBlockStop:
			lanes[ev.Index] = append(lanes[ev.Index], ev)
		case llm.EventStart:
			head = append(head, ev)
		default:
			tail = append(tail, ev)
		}
	}
	started := 0
	for {
		var ready []int
		for i := range lanes {
			if len(lanes[i]) > 0 && i <= started {
				ready = append(ready, i)
			}
		}
		if len(ready) == 0 {
			return append(head, tail...)
		}
		i := rapid.SampledFrom(ready).Draw(t, "lane")
		started = max(started, i+1)
		head, lanes[i] = append(head, lanes[i][0]), lanes[i][1:]
	}
}

func TestStreamErrors(t *testing.T) {
	start := `{"type":"message_start","message":{"id":"m"}}`
	text := `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	tests := []struct {
		name string
		data []string
		want string
	}{
		{"not JSON", []string{start, `{"type":`}, "not JSON"},
		{"content before the start", []string{text}, "before message_start"},
		{"delta before the start", []string{`{"type":"message_delta","delta":{}}`}, "before message_start"},
		{"stop before the start", []string{`{"type":"message_stop"}`}, "before message_start"},
		{"start without a message", []string{`{"type":"message_start"}`}, "no message"},
		{"same block twice", []string{start, text, text}, "twice"},
		{"block of no type", []string{start, `{"type":"content_block_start","index":0,"content_block":{}}`}, "makes no sense"},
		{"delta of no block", []string{start, `{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"x"}}`}, "not open"},
		{"delta after the stop", []string{start, text, `{"type":"content_block_stop","index":0}`, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta"}}`}, "not open"},
		{"delta without an index", []string{start, text, `{"type":"content_block_delta","delta":{"type":"text_delta"}}`}, "which content block"},
		{"delta without a type", []string{start, text, `{"type":"content_block_delta","index":0,"delta":{}}`}, "no type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := codec.EventDecoder(wire.Target{})
			var err error
			var last llm.EventType
			emit := func(ev *llm.Event) { last = ev.Type }
			reader := sse.NewReader(bytes.NewReader(framed(tt.data...)), nil, 0)
			for err == nil {
				f, end := reader.Next()
				if end != nil {
					break
				}
				err = d.Push(f, emit)
			}
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, llm.KindUpstream, e.Kind)
			require.Contains(t, e.Message, tt.want)
			d.End(emit)
			require.Equal(t, llm.EventFail, last)
		})
	}
}

func TestStreamErrorEvents(t *testing.T) {
	for name, data := range map[string]string{
		"typed":   `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}`,
		"untyped": `{"error":{"type":"overloaded_error","message":"Overloaded"}}`,
	} {
		evs := readStream(t, bytes.NewReader(framed(
			`{"type":"message_start","message":{"id":"m"}}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, data,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"late"}}`,
		)))
		last := evs[len(evs)-1]
		require.Equal(t, llm.EventFail, last.Type, name)
		require.Equal(t, llm.KindOverloaded, last.Err.Kind)
		require.Equal(t, llm.EventBlockStop, evs[len(evs)-2].Type)
		out, _ := writeStream(evs, nil)
		require.True(t, strings.HasSuffix(string(out), "event: error\ndata: "+string(codec.EncodeError(last.Err))+"\n\n"))
		requireOrdered(t, out)
	}
}

func TestStreamForgives(t *testing.T) {
	stream := ": comment\n\n" +
		"event: message_start\ndata: {\"message\":{\"id\":\"m\"}}\n\n" + // type on the event line only
		"data: {\"type\":\"message_start\",\"message\":{\"id\":\"again\"}}\n\n" +
		"data:{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\"}}\n\n" + // no space, no text
		"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\xff\"}}\n\n" +
		"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n" +
		"data: {\"type\":\"message_stop\"}\n\ndata: [DONE]\n\ndata: {\"type\":\"ping\"}\n\n"
	r := fold(t, readStream(t, strings.NewReader(stream)))
	require.Equal(t, "m", r.ID)
	require.Equal(t, "\uFFFD", r.Choices[0].Blocks[0].(*llm.Text).Text)
}

// TestScarA5ParallelCallsKeepIndexAndID: interleaved fragments reach the call
// they are of, under sequential indices.
func TestScarA5ParallelCallsKeepIndexAndID(t *testing.T) {
	evs := readStream(t, bytes.NewReader(framed(strings.Split(strings.TrimSpace(string(corpus(t, "streams")["02_interleaved.jsonl"])), "\n")...)))
	r := fold(t, evs)
	a, b := r.Choices[0].Blocks[0].(*llm.ToolCall), r.Choices[0].Blocks[1].(*llm.ToolCall)
	require.Equal(t, []string{"toolu_A", `{"a":1}`, "toolu_B", `{"b":2}`}, []string{a.CallID, string(a.Input), b.CallID, string(b.Input)})
	require.Equal(t, 0, evs[2].Index, "indices are dense, whatever the upstream's are")
	require.Equal(t, 1, evs[3].Index)
}

// TestScarB12SignatureOnlyThinking: thinking whose text is omitted keeps its
// signature, and is told in a block of its own.
func TestScarB12SignatureOnlyThinking(t *testing.T) {
	r := reply(llm.FinishStop, &llm.Reasoning{Signature: &llm.Signature{Data: "SIG", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}})
	stream, _ := writeStream(slices.Collect(llm.Unfold(r)), nil)
	require.Contains(t, string(stream), `"content_block":{"type":"thinking","thinking":"","signature":""}`)
	require.Contains(t, string(stream), `"delta":{"type":"signature_delta","signature":"SIG"}`)
}

// What only the stop of a block tells is told too.
func TestStreamBlockStopTells(t *testing.T) {
	mine := llm.Origin{Protocol: llm.AnthropicMessages}
	tests := []struct {
		name       string
		start, end llm.Block
		want       llm.Block
	}{
		{"text", &llm.Text{}, &llm.Text{Text: "a"}, &llm.Text{Text: "a"}},
		{"refusal", &llm.Refusal{}, &llm.Refusal{Text: "a"}, &llm.Text{Text: "a"}},
		{"thinking", &llm.Reasoning{}, &llm.Reasoning{Text: "a", Signature: &llm.Signature{Data: "S", Origin: mine}}, &llm.Reasoning{Text: "a", Signature: &llm.Signature{Data: "S", Origin: mine}}},
		{"redacted", &llm.Reasoning{}, &llm.Reasoning{Encrypted: &llm.Signature{Data: "S", Origin: mine}}, &llm.Reasoning{Redacted: true, Encrypted: &llm.Signature{Data: "S", Origin: mine}}},
		{"arguments", &llm.ToolCall{CallID: "c", Name: "f"}, &llm.ToolCall{Input: llm.Raw(`{"a":1}`)}, &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{"a":1}`)}},
		{"free text", &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolCustom}, &llm.ToolCall{Input: llm.Raw("x\"y")}, &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{"input":"x\"y"}`)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, losses := writeStream([]*llm.Event{
				{Type: llm.EventStart, Response: &llm.Response{ID: "m", Model: "m"}},
				{Type: llm.EventBlockStart, Block: tt.start},
				{Type: llm.EventBlockStop, Block: tt.end},
				{Type: llm.EventEnd},
			}, nil)
			requireOrdered(t, out)
			if tt.name != "refusal" {
				require.Empty(t, losses)
			}
			r := fold(t, readStream(t, bytes.NewReader(out)))
			requireSame(t, tt.want, r.Choices[0].Blocks[0])
		})
	}
}

func TestStreamPassesPingsAndItsOwnEvents(t *testing.T) {
	out, _ := writeStream([]*llm.Event{
		{Type: llm.EventStart, Response: &llm.Response{ID: "m"}},
		{Type: llm.EventUsage, Usage: &llm.Usage{Input: 9}},
		{Type: llm.EventPing},
		{Type: llm.EventOpaque, Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{\"type\":\"new\",\n\"x\":1}")}},
		{Type: llm.EventOpaque, Native: &llm.Native{Protocol: llm.Gemini, Raw: llm.Raw(`{"type":"theirs"}`)}},
		{Type: llm.EventEnd},
	}, nil)
	requireOrdered(t, out)
	require.Contains(t, string(out), "event: ping\ndata: {\"type\":\"ping\"}\n\n")
	require.Contains(t, string(out), "event: new\ndata: {\"type\":\"new\",\"x\":1}\n\n")
	require.NotContains(t, string(out), "theirs")
	first, _, _ := strings.Cut(string(out), "\n\n")
	require.Contains(t, first, `"input_tokens":9`, "usage that is known at the start is told there")
}
