package gemini_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func stream(chunks ...string) []byte {
	var raws [][]byte
	for _, c := range chunks {
		raws = append(raws, []byte(c))
	}
	return framed(raws)
}

func part(p string) string {
	return `{"candidates":[{"content":{"parts":[` + p + `],"role":"model"},"index":0}],"responseId":"r"}`
}

const stop = `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`

func types(evs []*llm.Event) string {
	names := map[llm.EventType]string{
		llm.EventStart: "start", llm.EventBlockStart: "open", llm.EventDelta: "delta", llm.EventBlockStop: "close",
		llm.EventUsage: "usage", llm.EventFinish: "finish", llm.EventFail: "fail", llm.EventOpaque: "opaque",
		llm.EventPing: "ping", llm.EventEnd: "end",
	}
	var out []string
	for _, ev := range evs {
		out = append(out, names[ev.Type])
	}
	return strings.Join(out, " ")
}

func TestDecodeStreamEvents(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"text", stream(part(`{"text":"a"}`), part(`{"text":"b"}`), stop), "start open delta delta close finish usage end"},
		{"thoughts, then text", stream(part(`{"text":"t","thought":true}`), part(`{"text":"a"}`), stop), "start open delta close open delta close finish usage end"},
		{"a call", stream(part(`{"functionCall":{"name":"f","args":{"a":1}}}`), stop), "start open delta close finish usage end"},
		{"truncated text", stream(part(`{"text":"a"}`)), "start open delta close fail"},
		{"truncated after nothing", nil, "fail"},
		{"usage only", stream(`{"usageMetadata":{"promptTokenCount":1}}`), "start usage fail"},
		{"usage of the prompt", stream(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1}}`, stop), "start usage open delta close finish usage end"},
		{"usage with searches", stream(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"]}}],"usageMetadata":{"promptTokenCount":1}}`), "start usage open delta close finish usage end"},
		{"blocked", stream(`{"promptFeedback":{"blockReason":"SAFETY"}}`), "start finish end"},
		{"error in the stream", stream(part(`{"text":"a"}`), `{"error":{"code":503,"status":"UNAVAILABLE","message":"m"}}`, part(`{"text":"b"}`)), "start open delta close fail"},
		{"error at once", stream(`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m"}}`), "fail"},
		{"grounding after the finish", stream(part(`{"text":"a"}`), stop, `{"candidates":[{"groundingMetadata":{"webSearchQueries":["q"]}}]}`), "start open delta close finish usage opaque end"},
		{"comments and markers of gateways", append([]byte(": hi\n\n"), append(stream(part(`{"text":"a"}`), stop), "data: [DONE]\n\n"...)...), "start open delta close finish usage end"},
		{"empty parts", stream(part(`{"text":""}`), part(``), stop), "start finish usage end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, types(events(t, tt.in, 1<<20)))
		})
	}
}

func TestDecodeStreamFailure(t *testing.T) {
	evs := events(t, stream(part(`{"text":"a"}`)), 1<<20)
	fail := evs[len(evs)-1].Err
	require.Equal(t, llm.KindUpstream, fail.Kind)
	require.Equal(t, "stream_truncated", fail.Code)

	evs = events(t, stream(`{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow down"}}`), 1<<20)
	require.Equal(t, llm.KindRateLimit, evs[0].Err.Kind)
	require.Equal(t, "slow down", evs[0].Err.Message)
}

func TestDecodeStreamRefusesGarbage(t *testing.T) {
	dec := gemini.Codec{}.EventDecoder(target)
	err := dec.Push(&sse.Frame{HasData: true, Data: []byte(`{"candidates":`)}, func(*llm.Event) {})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindUpstream, e.Kind)
}

// Usage is a cumulative snapshot: the last one wins.
func TestDecodeStreamUsageLastWins(t *testing.T) {
	r := fold(t, events(t, stream(
		`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":10}}`,
		`{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":29}}`,
	), 1<<20))
	require.Equal(t, int64(29), r.Usage.Output)
	require.Equal(t, int64(9), r.Usage.Input)
	require.Equal(t, "ab", r.Choices[0].Blocks[0].(*llm.Text).Text)
}

// Citations of a stream count code points of the text told so far, also when
// a chunk ends inside it.
func TestDecodeStreamCitations(t *testing.T) {
	grounding := `"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://u"}}],"groundingSupports":[{"segment":{"startIndex":7,"endIndex":14},"groundingChunkIndices":[0]}]}`
	last := `{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP",` + grounding + `}]}`
	r := fold(t, events(t, stream(part(`{"text":"日本 "}`), part(`{"text":"größer"}`), `{"candidates":[{`+grounding+`}]}`, last), 1<<20))
	cites := r.Choices[0].Blocks[0].(*llm.Text).Citations
	require.Len(t, cites, 1, "told twice, once here")
	require.Equal(t, int64(3), cites[0].Start)
	require.Equal(t, int64(8), cites[0].End)
}

func encode(t *testing.T, c gemini.Codec, evs ...*llm.Event) string {
	t.Helper()
	out, _ := encodeEvents(c, asker(), evs)
	return string(out)
}

func startEvent() *llm.Event {
	return &llm.Event{Type: llm.EventStart, Response: &llm.Response{ID: "r", Model: "m"}}
}

func open(i int, b llm.Block) *llm.Event {
	return &llm.Event{Type: llm.EventBlockStart, Index: i, Block: b}
}

func delta(i int, k llm.DeltaKind, s string) *llm.Event {
	return &llm.Event{Type: llm.EventDelta, Index: i, Delta: k, Text: s}
}

func closed(i int) *llm.Event { return &llm.Event{Type: llm.EventBlockStop, Index: i} }

func finished(f llm.Finish) *llm.Event { return &llm.Event{Type: llm.EventFinish, Finish: f} }

func end() *llm.Event { return &llm.Event{Type: llm.EventEnd} }

func TestEncodeStreamText(t *testing.T) {
	got := encode(t, gemini.Codec{}, startEvent(), &llm.Event{Type: llm.EventPing}, open(0, &llm.Text{}), delta(0, llm.DeltaText, "hé"),
		delta(0, llm.DeltaText, ""), closed(0), finished(llm.FinishLength),
		&llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 2, Source: llm.UsageUpstream}}, end())
	require.Equal(t, `data: {"candidates":[{"content":{"parts":[{"text":"hé"}],"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}`+"\n\n"+
		`data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"m","responseId":"r"}`+"\n\n", got)
}

// Parallel calls whose arguments interleave come out whole, in order, with
// their ids; empty arguments are {}; fragments may cut a character.
func TestEncodeStreamParallelCalls(t *testing.T) {
	got := encode(t, gemini.Codec{}, startEvent(),
		open(0, &llm.ToolCall{CallID: "a", Name: "f", Kind: llm.ToolFunction}), delta(0, llm.DeltaInput, `{"x":"`+"\xc3"),
		open(1, &llm.ToolCall{CallID: "b", Name: "g", Kind: llm.ToolFunction}), delta(1, llm.DeltaInput, ``),
		open(2, &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction}), delta(2, llm.DeltaInput, `{"y":`),
		delta(0, llm.DeltaInput, "\xa9\"}"), delta(2, llm.DeltaInput, `2}`), closed(2), closed(1), closed(0),
		finished(llm.FinishToolUse), end())
	r := fold(t, events(t, []byte(got), 1<<20))
	var calls []string
	for _, b := range r.Choices[0].Blocks {
		c := b.(*llm.ToolCall)
		calls = append(calls, c.CallID+" "+c.Name+string(c.Input))
	}
	require.Equal(t, []string{`a f{"x":"é"}`, `b g{}`, `c f{"y":2}`}, calls)
	require.Equal(t, llm.FinishToolUse, r.Choices[0].Finish)
}

// A call that the upstream broke off never reaches the client.
func TestEncodeStreamBrokenCall(t *testing.T) {
	broken := []*llm.Event{
		startEvent(), open(0, &llm.ToolCall{CallID: "a", Name: "rm", Kind: llm.ToolFunction}),
		delta(0, llm.DeltaInput, `{"path":"/`), closed(0),
	}
	failed := encode(t, gemini.Codec{}, append(broken, &llm.Event{Type: llm.EventFail, Err: llm.Errorf(llm.KindUpstream, "stream_truncated", "cut")})...)
	require.NotContains(t, failed, "functionCall")
	require.Contains(t, failed, `data: {"error":{"code":502,"message":"cut","status":"INTERNAL"`)

	ended := encode(t, gemini.Codec{}, append(broken, finished(llm.FinishToolUse), end())...)
	require.Contains(t, ended, `"args":{"input":"{\"path\":\"/"}`)
}

func TestEncodeStreamArray(t *testing.T) {
	c := gemini.Codec{Array: true}
	got := encode(t, c, startEvent(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "a"), delta(0, llm.DeltaText, "b"), closed(0), finished(llm.FinishStop), end())
	var list []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(got), &list))
	require.Len(t, list, 3)

	failed := encode(t, c, startEvent(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "a"), &llm.Event{Type: llm.EventPing}, &llm.Event{Type: llm.EventFail})
	require.NoError(t, json.Unmarshal([]byte(failed), &list), failed)
	require.Len(t, list, 2)
	require.Contains(t, string(list[1]), `"error"`)

	began := encode(t, c, startEvent(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "a"))
	require.NoError(t, json.Unmarshal(append([]byte(began), c.EncodeStreamError(llm.Errorf(llm.KindTimeout, "", "late"))...), &list))
	require.Len(t, list, 2)

	atOnce := encode(t, c, &llm.Event{Type: llm.EventFail, Err: llm.Errorf(llm.KindTimeout, "", "late")})
	require.NoError(t, json.Unmarshal([]byte(atOnce), &list))
	require.Len(t, list, 1)
}

func TestEncodeStreamReasoning(t *testing.T) {
	evs := []*llm.Event{
		startEvent(), open(0, &llm.Reasoning{}), delta(0, llm.DeltaSummary, "one"),
		{Type: llm.EventDelta, Delta: llm.DeltaSummary, Part: 1, Text: "two"},
		{Type: llm.EventDelta, Delta: llm.DeltaSignature, Text: "F", Origin: llm.Origin{Protocol: llm.AnthropicMessages}},
		closed(0), open(1, &llm.Text{}), delta(1, llm.DeltaText, "answer"), closed(1), finished(llm.FinishStop), end(),
	}
	out, losses := encodeEvents(gemini.Codec{}, asker(), evs)
	blocks := fold(t, events(t, out, 1<<20)).Choices[0].Blocks
	require.Equal(t, []llm.Block{&llm.Reasoning{Text: "one\n\ntwo"}, &llm.Text{Text: "answer"}}, blocks)
	require.Equal(t, "dropped:foreign_signature", codes(losses))

	out, _ = encodeEvents(gemini.Codec{}, &llm.Request{}, evs)
	require.Equal(t, []llm.Block{&llm.Text{Text: "answer"}}, fold(t, events(t, out, 1<<20)).Choices[0].Blocks)
}

// What only the end of a block tells is told.
func TestEncodeStreamBlockStop(t *testing.T) {
	out := encode(t, gemini.Codec{}, startEvent(),
		open(0, &llm.Text{}), &llm.Event{Type: llm.EventBlockStop, Block: &llm.Text{
			Text: "late", Signature: ownSig("S"),
			Citations: []llm.Citation{{URL: "https://u", Start: 0, End: 4, Protocol: llm.OpenAIResponses}},
		}},
		open(1, &llm.Refusal{}), &llm.Event{Type: llm.EventBlockStop, Index: 1, Block: &llm.Refusal{Text: "no"}},
		open(2, &llm.Media{Kind: llm.MediaImage, MIME: "image/png"}), delta(2, llm.DeltaData, "iVBO"), delta(2, llm.DeltaData, "Rw=="), closed(2),
		finished(llm.FinishStop), end())
	r := fold(t, events(t, []byte(out), 1<<20))
	require.Equal(t, "late", r.Choices[0].Blocks[0].(*llm.Text).Text)
	require.Equal(t, "S", r.Choices[0].Blocks[0].(*llm.Text).Signature.Data)
	require.Equal(t, "no", r.Choices[0].Blocks[1].(*llm.Text).Text)
	require.Equal(t, "iVBORw==", r.Choices[0].Blocks[2].(*llm.Media).Data)
	require.Contains(t, out, `"groundingChunks":[{"web":{"uri":"https://u"}}]`)
}

func TestEncodeStreamChoicesInterleave(t *testing.T) {
	in := func(c int, ev *llm.Event) *llm.Event { ev.Choice = c; return ev }
	out := encode(t, gemini.Codec{}, startEvent(), in(0, open(0, &llm.Text{})), in(1, open(1, &llm.Text{})),
		in(1, delta(1, llm.DeltaText, "B")), in(0, delta(0, llm.DeltaText, "A")), in(0, closed(0)), in(1, closed(1)),
		in(0, finished(llm.FinishStop)), in(1, finished(llm.FinishLength)), end())
	require.Less(t, strings.Index(out, `"B"`), strings.Index(out, `"A"`), "written as they come")
	r := fold(t, events(t, []byte(out), 1<<20))
	require.Equal(t, "A", r.Choices[0].Blocks[0].(*llm.Text).Text)
	require.Equal(t, llm.FinishLength, r.Choices[1].Finish)
}

func TestEncodeStreamOpaque(t *testing.T) {
	native := func(p llm.Protocol) *llm.Event {
		return &llm.Event{Type: llm.EventOpaque, Native: &llm.Native{Protocol: p, Raw: llm.Raw("{\n\"x\": 1\n}")}}
	}
	out, losses := encodeEvents(gemini.Codec{}, asker(), []*llm.Event{startEvent(), native(llm.Gemini), native(llm.OpenAIChat)})
	require.Equal(t, "data: {\"x\":1,\"modelVersion\":\"m\",\"responseId\":\"r\"}\n\n", strings.ReplaceAll(string(out), `"x": 1`, `"x":1`))
	require.Equal(t, "dropped:opaque_event", codes(losses))
}

// Raw values that span lines do not break the event they are in.
func TestEncodeStreamRawLines(t *testing.T) {
	out := encode(t, gemini.Codec{}, startEvent(),
		open(0, &llm.ToolCall{CallID: "a", Name: "f", Kind: llm.ToolFunction}), delta(0, llm.DeltaInput, "{\r\n  \"a\": \"x\\ny\"\n}"), closed(0),
		finished(llm.FinishToolUse), end())
	require.Contains(t, out, `"args":{"a":"x\ny"}`)
	require.Equal(t, 4, strings.Count(out, "\n"), "two events of one line and a blank one")
}

func TestEncodeStreamAfterTheEnd(t *testing.T) {
	enc := gemini.Codec{}.EventEncoder(asker())
	first := enc.Encode(nil, end())
	require.NotEmpty(t, first)
	require.Empty(t, enc.Encode(nil, &llm.Event{Type: llm.EventPing}))
	require.Empty(t, enc.Encode(nil, &llm.Event{Type: llm.EventFail}))
	require.Equal(t, "keep", string(enc.Encode([]byte("keep"), end())), "what stood in dst stays")
}
