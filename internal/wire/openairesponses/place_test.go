package openairesponses_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

// Thinking that an upstream of the protocol begins stands before what begins
// behind it, even if its first words come later.
func TestReasoningTakesItsPlace(t *testing.T) {
	out, _ := encodeStream([]*llm.Event{
		{Type: llm.EventStart, Response: &llm.Response{ID: "resp_1", Model: "m"}},
		{Type: llm.EventBlockStart, Index: 0, Block: &llm.Reasoning{Attrs: llm.Attrs{ID: "rs_1"}}},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{}},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaText, Text: "t"},
		{Type: llm.EventDelta, Index: 0, Delta: llm.DeltaSummary, Text: "hm"},
		{Type: llm.EventBlockStop, Index: 1},
		{Type: llm.EventBlockStop, Index: 0},
		{Type: llm.EventFinish, Finish: llm.FinishStop},
		{Type: llm.EventEnd},
	}, &llm.Request{})
	told := parseStream(t, out)
	checkOrder(t, told)
	var added []string
	for _, ev := range told {
		if ev.event != "response.output_item.added" {
			continue
		}
		item, ok := ev.data["item"].(map[string]any)
		require.True(t, ok)
		kind, ok := item["type"].(string)
		require.True(t, ok)
		added = append(added, kind)
	}
	require.Equal(t, []string{"reasoning", "message"}, added)
}

// What an MCP server calls its tools says nothing of who runs them.
func TestHostedToolsOfAnyName(t *testing.T) {
	for item, want := range map[string]llm.Finish{
		`{"type":"mcp_call","id":"mcp_1","name":"computer","server_label":"s","arguments":"{}"}`:  llm.FinishStop,
		`{"type":"mcp_call","id":"mcp_1","name":"apply_patch","server_label":"s","arguments":""}`: llm.FinishStop,
		`{"type":"computer_call","id":"cu_1","call_id":"c","action":{"type":"click"}}`:            llm.FinishToolUse,
		`{"type":"apply_patch_call","id":"ap_1","call_id":"c","operation":{}}`:                    llm.FinishToolUse,
		`{"type":"local_shell_call","id":"ls_1","call_id":"c","action":{"type":"exec"}}`:          llm.FinishToolUse,
	} {
		body := []byte(`{"id":"r","object":"response","status":"completed","model":"m","output":[` + item + `]}`)
		resp, err := codec.DecodeResponse(body, wire.Target{})
		require.NoError(t, err)
		require.Equal(t, want, resp.Choices[0].Finish, item)
		tap := openairesponses.Raw{}.BodyTap()
		tap.Write(body)
		require.Equal(t, want, tap.Seen().Finish, item)
	}
}

// Escapes are read right however the bytes are cut.
func TestBodyTapReadsEscapes(t *testing.T) {
	text := strings.Repeat(`a\n`, 9) + `\"output\":[{\"type\":\"function_call\"}]` + strings.Repeat(`\\`, 7) + `\"\\`
	body := `{"note":"` + text + `","output":[{"type":"message","content":[{"type":"output_text","text":"` + text + `"}]},` +
		`{"type":"web_search_call","action":{"type":"search"}}],"id":"r","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}`
	for size := 1; size <= len(body); size++ {
		tap := openairesponses.Raw{}.BodyTap()
		for at := 0; at < len(body); at += size {
			tap.Write([]byte(body[at:min(at+size, len(body))]))
		}
		seen := tap.Seen()
		require.Equal(t, llm.FinishStop, seen.Finish, size)
		require.Equal(t, int64(1), seen.Usage.Searches, size)
	}
}
