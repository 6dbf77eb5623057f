package anthropic_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func TestCodecSaysWhatItIs(t *testing.T) {
	require.Equal(t, llm.AnthropicMessages, codec.Protocol())
}

const messageStart = `{"type":"message_start","message":{"id":"m","usage":{"input_tokens":3,"output_tokens":1}}}`

func ended(data ...string) []byte {
	return framed(append(append([]string{messageStart}, data...),
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"}}`, `{"type":"message_stop"}`)...)
}

func TestStreamOpaqueBlocksGrow(t *testing.T) {
	r := fold(t, readStream(t, bytes.NewReader(ended(
		`{"type":"content_block_start","index":0,"content_block":{"type":"new","content":"a","n":1}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","content":"b","n":2}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"new_delta","content":"c","more":true}}`,
		`{"type":"content_block_stop","index":0}`,
	))))
	b := r.Choices[0].Blocks[0].(*llm.Opaque)
	require.Equal(t, "new", b.Type)
	require.JSONEq(t, `{"type":"new","content":"abc","n":2,"more":true}`, string(b.Native.Raw))
}

func TestStreamContentInTheStartOfABlock(t *testing.T) {
	r := fold(t, readStream(t, bytes.NewReader(ended(
		`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"a","signature":"S"}}`,
		`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"b"}}`,
		`{"type":"content_block_stop","index":0}`,
		`{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"c","citations":[{"type":"char_location","cited_text":"x","document_title":"D"}]}}`,
		`{"type":"content_block_stop","index":1}`,
		`{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"early":1}}}`,
		`{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"late\":1}"}}`,
		`{"type":"content_block_stop","index":2}`,
	))))
	blocks := r.Choices[0].Blocks
	require.Equal(t, "ab", blocks[0].(*llm.Reasoning).Text)
	require.Equal(t, "S", blocks[0].(*llm.Reasoning).Signature.Data)
	require.Equal(t, llm.AnthropicMessages, blocks[0].(*llm.Reasoning).Signature.Origin.Protocol)
	require.Equal(t, "c", blocks[1].(*llm.Text).Text)
	require.Equal(t, "D", blocks[1].(*llm.Text).Citations[0].Title)
	require.Equal(t, `{"late":1}`, string(blocks[2].(*llm.ToolCall).Input), "deltas have the word")
}

func TestStreamBoundsOpenBlocks(t *testing.T) {
	d := codec.EventDecoder(wire.Target{})
	emit := func(*llm.Event) {}
	push := func(data string) error {
		f, err := sse.NewReader(bytes.NewReader(framed(data)), nil, 0).Next()
		require.NoError(t, err)
		return d.Push(f, emit)
	}
	require.NoError(t, push(messageStart))
	var err error
	n := 0
	for ; err == nil && n < 5000; n++ {
		err = push(fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":{"type":"text","text":""}}`, n))
	}
	require.ErrorContains(t, err, "blocks open")
}

// TestScarA8RunesCutBetweenDeltas: a rune whose bytes come in two deltas is
// told whole; one that never ends is replaced, not lost and not garbled.
func TestScarA8RunesCutBetweenDeltas(t *testing.T) {
	rune4 := "😀"
	for cut := 1; cut < len(rune4); cut++ {
		out, _ := writeStream([]*llm.Event{
			{Type: llm.EventStart, Response: &llm.Response{ID: "m", Model: "m"}},
			{Type: llm.EventBlockStart, Block: &llm.Text{}},
			{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "a" + rune4[:cut]},
			{Type: llm.EventDelta, Delta: llm.DeltaText, Text: rune4[cut:] + "b"},
			{Type: llm.EventBlockStop},
			{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{}},
			{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaText, Text: "c" + rune4[:cut]},
			{Type: llm.EventBlockStop, Index: 1},
			{Type: llm.EventEnd},
		}, nil)
		requireOrdered(t, out)
		r := fold(t, readStream(t, bytes.NewReader(out)))
		require.Equal(t, "a"+rune4+"b", r.Choices[0].Blocks[0].(*llm.Text).Text)
		require.Equal(t, "c\uFFFD", r.Choices[0].Blocks[1].(*llm.Text).Text)
	}
}

// TestScarA1InputOfOtherModelsArrives: a chat model's call, its arguments in
// pieces and its stop late, reaches the client with its input.
func TestScarA1InputOfOtherModelsArrives(t *testing.T) {
	out, losses := writeStream([]*llm.Event{
		{Type: llm.EventStart, Response: &llm.Response{ID: "chatcmpl-1", Model: "gpt"}},
		{Type: llm.EventBlockStart, Block: &llm.Text{}},
		{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "Looking."},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.ToolCall{CallID: "call_1", Name: "f", Kind: llm.ToolFunction}},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaInput, Text: `{"a":`},
		{Type: llm.EventBlockStart, Index: 2, Block: &llm.ToolCall{CallID: "call_2", Name: "g", Kind: llm.ToolFunction}},
		{Type: llm.EventDelta, Index: 2, Delta: llm.DeltaInput, Text: `{"b":`},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaInput, Text: `1}`},
		{Type: llm.EventDelta, Index: 2, Delta: llm.DeltaInput, Text: `2}`},
		{Type: llm.EventBlockStop},
		{Type: llm.EventBlockStop, Index: 1},
		{Type: llm.EventBlockStop, Index: 2},
		{Type: llm.EventFinish, Finish: llm.FinishToolUse, FinishRaw: "tool_calls"},
		{Type: llm.EventUsage, Usage: &llm.Usage{Input: 8, Output: 9}},
		{Type: llm.EventEnd},
	}, &llm.Request{Model: "alias"})
	require.Empty(t, losses)
	requireOrdered(t, out)
	r := fold(t, readStream(t, bytes.NewReader(out)))
	require.Equal(t, llm.FinishToolUse, r.Choices[0].Finish)
	require.EqualValues(t, 8, r.Usage.Input, "usage that came last is told")
	var got []string
	for _, b := range r.Choices[0].Blocks[1:] {
		call := b.(*llm.ToolCall)
		got = append(got, call.CallID+call.Name+string(call.Input))
	}
	require.Equal(t, []string{`call_1f{"a":1}`, `call_2g{"b":2}`}, got)
}

// TestScarA2ReasoningIsNotText: thinking stands in a thinking block, and the
// message starts once.
func TestScarA2ReasoningIsNotText(t *testing.T) {
	out, _ := writeStream([]*llm.Event{
		{Type: llm.EventStart, Response: &llm.Response{ID: "c", Model: "r1"}},
		{Type: llm.EventBlockStart, Block: &llm.Reasoning{}},
		{Type: llm.EventDelta, Delta: llm.DeltaReasoning, Text: "secret plan"},
		{Type: llm.EventBlockStop},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{}},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaText, Text: "answer"},
		{Type: llm.EventBlockStop, Index: 1},
		{Type: llm.EventEnd},
	}, nil)
	requireOrdered(t, out)
	require.Equal(t, 1, strings.Count(string(out), "event: message_start"))
	r := fold(t, readStream(t, bytes.NewReader(out)))
	require.Equal(t, "secret plan", r.Choices[0].Blocks[0].(*llm.Reasoning).Text)
	require.Equal(t, "answer", r.Choices[0].Blocks[1].(*llm.Text).Text)
}

// Events that make no sense change nothing and break nothing.
func TestEventEncoderIgnoresNonsense(t *testing.T) {
	out, _ := writeStream([]*llm.Event{
		{Type: llm.EventStart},
		{Type: 99},
		{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "stray"},
		{Type: llm.EventBlockStart, Block: &llm.Text{}},
		{Type: llm.EventDelta, Delta: 99, Text: "x"},
		{Type: llm.EventDelta, Delta: llm.DeltaInput, Text: "x"},
		{Type: llm.EventDelta, Delta: llm.DeltaCitation},
		{Type: llm.EventDelta, Delta: llm.DeltaData, Text: "x"},
		{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "ok"},
		{Type: llm.EventBlockStop},
		{Type: llm.EventBlockStop},
		{Type: llm.EventFail},
		{Type: llm.EventEnd},
	}, nil)
	requireOrdered(t, out)
	require.Contains(t, string(out), `"text":"ok"`)
	require.NotContains(t, string(out), "stray")
	require.Contains(t, string(out), "without saying why")
}

// Nothing of one stream is kept in the codec for another.
func TestCodecHasNoState(t *testing.T) {
	first, _ := writeStream([]*llm.Event{{Type: llm.EventStart, Response: &llm.Response{ID: "a"}}, {Type: llm.EventEnd}}, nil)
	second, _ := writeStream([]*llm.Event{{Type: llm.EventStart, Response: &llm.Response{ID: "b"}}, {Type: llm.EventEnd}}, nil)
	require.Equal(t, strings.ReplaceAll(string(first), `"a"`, `"b"`), string(second))
	require.Empty(t, codec.DecodeError(500, http.Header{}, nil).Param)
}
