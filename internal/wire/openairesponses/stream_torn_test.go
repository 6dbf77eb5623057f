package openairesponses_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// openai/codex takes an item whose end it is told for a whole one, keeps it and
// asks again: a stream that fails tells no ends of what it tore.
func TestFailureTellsNoEnds(t *testing.T) {
	start := &llm.Event{Type: llm.EventStart, Response: &llm.Response{ID: "resp_1", Model: "m"}}
	text := []*llm.Event{
		{Type: llm.EventBlockStart, Index: 0, Block: &llm.Text{}},
		{Type: llm.EventDelta, Index: 0, Delta: llm.DeltaText, Text: "one "},
		{Type: llm.EventDelta, Index: 0, Delta: llm.DeltaText, Text: "two"},
	}
	call := []*llm.Event{
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.ToolCall{CallID: "c", Kind: llm.ToolFunction, Name: "f"}},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaInput, Text: `{"a":`},
	}
	thinking := []*llm.Event{
		{Type: llm.EventBlockStart, Index: 2, Block: &llm.Reasoning{}},
		{Type: llm.EventDelta, Index: 2, Delta: llm.DeltaSummary, Text: "hm"},
	}
	silent := &llm.Event{Type: llm.EventBlockStart, Index: 3, Block: &llm.Reasoning{Redacted: true}}
	stop := func(i int) *llm.Event { return &llm.Event{Type: llm.EventBlockStop, Index: i} }
	usage := &llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 4}}
	fail := &llm.Event{Type: llm.EventFail, Err: llm.Errorf(llm.KindUpstream, "server_error", "broken")}
	join := func(parts ...[]*llm.Event) []*llm.Event {
		all := []*llm.Event{start}
		for _, p := range parts {
			all = append(all, p...)
		}
		return append(all, fail)
	}
	for _, tt := range []struct {
		name   string
		events []*llm.Event
		ends   int      // of items
		output []string // type status
	}{
		{"open text", join(text), 0, []string{"message incomplete one two"}},
		{"closed with the failure", join(text, []*llm.Event{stop(0), usage, {Type: llm.EventPing}}), 0, []string{"message incomplete one two"}},
		{"just begun", join(text[:1]), 0, []string{"message incomplete "}},
		{"text, then a call", join(text, []*llm.Event{stop(0)}, call), 1, []string{"message completed one two", "function_call incomplete f"}},
		{"interleaved", join(text, call, []*llm.Event{stop(0), stop(1)}), 0, []string{"message incomplete one two", "function_call incomplete f"}},
		{"thinking", join(thinking, []*llm.Event{silent}), 0, []string{"reasoning  hm"}},
		{"nothing", join(nil), 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := encodeStream(tt.events, &llm.Request{})
			all := parseStream(t, b)
			ends := 0
			for _, ev := range all {
				switch {
				case ev.event == "response.output_item.done":
					ends++
				case strings.HasSuffix(ev.event, ".done"):
					require.Positive(t, tt.ends, ev.event)
				}
			}
			require.Equal(t, tt.ends, ends)
			last := all[len(all)-1]
			require.Equal(t, "response.failed", last.event)
			require.Equal(t, tt.output, outputOf(t, last.data))
		})
	}
}

// outputOf renders the output of a response event in short.
func outputOf(t *testing.T, data map[string]any) []string {
	t.Helper()
	raw, err := json.Marshal(data["response"])
	require.NoError(t, err)
	var resp struct {
		Output []struct {
			Type, Status, Name string
			Content, Summary   []struct{ Text string }
		}
	}
	require.NoError(t, json.Unmarshal(raw, &resp))
	var out []string
	for _, item := range resp.Output {
		words := item.Name
		for _, part := range append(item.Content, item.Summary...) {
			words += part.Text
		}
		out = append(out, item.Type+" "+item.Status+" "+words)
	}
	return out
}
