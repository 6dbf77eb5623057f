package openairesponses_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// orderChecker holds a stream to the protocol's rules of order.
type orderChecker struct {
	t     *testing.T
	items map[float64]*checkedItem
	added int
}

type checkedItem struct {
	id, kind string
	done     bool
	parts    map[float64]bool // open content parts
	summary  map[float64]bool
	text     map[string]string // deltas by kind and index
}

// checkOrder checks every rule that clients of the protocol rely on.
func checkOrder(t *testing.T, events []told) {
	t.Helper()
	require.NotEmpty(t, events)
	c := &orderChecker{t: t, items: map[float64]*checkedItem{}}
	for i, ev := range events {
		require.Equal(t, ev.event, ev.data["type"], "the event line and the type agree")
		require.InDelta(t, float64(i), ev.data["sequence_number"], 0, "sequence numbers have no gaps")
		c.check(ev)
	}
	require.Equal(t, "response.created", events[0].event)
	require.Equal(t, "response.in_progress", events[1].event)
	last := events[len(events)-1]
	require.Contains(t, []string{"response.completed", "response.incomplete", "response.failed"}, last.event)
	if last.event != "response.failed" {
		for index, item := range c.items {
			require.True(t, item.done, "item %v is done", index)
		}
		output, ok := last.data["response"].(map[string]any)["output"].([]any)
		require.True(t, ok)
		require.Len(t, output, len(c.items))
	}
}

func (c *orderChecker) check(ev told) {
	index, isItem := ev.data["output_index"].(float64)
	if !isItem {
		return
	}
	if ev.event == "response.output_item.added" {
		item, _ := ev.data["item"].(map[string]any)
		require.InDelta(c.t, float64(c.added), index, 0, "output_index counts up")
		c.added++
		id, _ := item["id"].(string)
		kind, _ := item["type"].(string)
		require.NotEmpty(c.t, kind)
		c.items[index] = &checkedItem{
			id: id, kind: kind,
			parts: map[float64]bool{}, summary: map[float64]bool{}, text: map[string]string{},
		}
		return
	}
	item := c.items[index]
	require.NotNil(c.t, item, "%s comes after output_item.added", ev.event)
	require.False(c.t, item.done, "%s comes before output_item.done", ev.event)
	if ev.event == "response.output_item.done" {
		require.Empty(c.t, item.parts)
		require.Empty(c.t, item.summary)
		done, _ := ev.data["item"].(map[string]any)
		require.Equal(c.t, item.kind, done["type"])
		if item.id != "" {
			require.Equal(c.t, item.id, done["id"])
		}
		item.done = true
		return
	}
	require.Equal(c.t, item.id, ev.data["item_id"])
	item.check(c.t, ev)
}

func (i *checkedItem) check(t *testing.T, ev told) {
	content, _ := ev.data["content_index"].(float64)
	summary, _ := ev.data["summary_index"].(float64)
	delta, _ := ev.data["delta"].(string)
	switch ev.event {
	case "response.content_part.added":
		require.False(t, i.parts[content])
		i.parts[content] = true
	case "response.content_part.done":
		require.True(t, i.parts[content])
		delete(i.parts, content)
	case "response.reasoning_summary_part.added":
		require.False(t, i.summary[summary])
		i.summary[summary] = true
	case "response.reasoning_summary_part.done":
		require.True(t, i.summary[summary])
		delete(i.summary, summary)
	case "response.reasoning_summary_text.delta":
		require.True(t, i.summary[summary])
		i.text["s"+string(rune('0'+int(summary)))] += delta
	case "response.reasoning_summary_text.done":
		require.Equal(t, i.text["s"+string(rune('0'+int(summary)))], ev.data["text"])
	case "response.output_text.delta", "response.refusal.delta", "response.reasoning_text.delta":
		require.True(t, i.parts[content])
		i.text["c"+string(rune('0'+int(content)))] += delta
	case "response.output_text.done", "response.reasoning_text.done":
		require.Equal(t, i.text["c"+string(rune('0'+int(content)))], ev.data["text"])
	case "response.refusal.done":
		require.Equal(t, i.text["c"+string(rune('0'+int(content)))], ev.data["refusal"])
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		i.text["a"] += delta
	case "response.function_call_arguments.done":
		require.Equal(t, i.text["a"], ev.data["arguments"])
	case "response.custom_tool_call_input.done":
		require.Equal(t, i.text["a"], ev.data["input"])
	}
}
