package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// heardStream is what a stream said. Those that make one check every rule of
// the protocol that its clients rely on.
type heardStream struct {
	*told
	text, thinking string
	calls          []call
	finish         string
	model          string
	cached         float64 // tokens read from a cache
}

type sseEvent struct {
	name, data string
}

// sseEvents reads the frames of a stream.
func sseEvents(t *testing.T, body string) []sseEvent {
	t.Helper()
	require.True(t, strings.HasSuffix(body, "\n\n") || strings.HasSuffix(body, "\r\n\r\n"), "the stream does not end with a whole event: %q", body)
	var out []sseEvent
	for frame := range strings.SplitSeq(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n") {
		var e sseEvent
		for line := range strings.SplitSeq(frame, "\n") {
			if v, ok := strings.CutPrefix(line, "event:"); ok {
				e.name = strings.TrimSpace(v)
			}
			if v, ok := strings.CutPrefix(line, "data:"); ok {
				e.data += strings.TrimPrefix(v, " ")
			}
		}
		if e.data != "" {
			out = append(out, e)
		}
	}
	require.NotEmpty(t, out, body)
	return out
}

func parsed[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

type messagesEvent struct {
	Type    string
	Index   int
	Message struct {
		ID, Type, Role, Model string
		Content               []any
		StopReason            *string `json:"stop_reason"`
		Usage                 map[string]any
	}
	Block struct {
		Type, ID, Name string
		Input          json.RawMessage
	} `json:"content_block"`
	Delta struct {
		Type, Text, Thinking, Signature string
		PartialJSON                     string `json:"partial_json"`
		StopReason                      string `json:"stop_reason"`
	}
	Usage map[string]any
}

// messagesStream holds a stream of Anthropic's to its rules: one start, blocks
// one after the other, each begun and ended once, deltas that fit their block.
func messagesStream(t *testing.T, body string) *heardStream {
	t.Helper()
	h := &heardStream{}
	all := sseEvents(t, body)
	open, begun, deltas := "", 0, 0
	for i, e := range all {
		v := parsed[messagesEvent](t, e.data)
		require.Equal(t, e.name, v.Type, "SDKs ignore an event without its name")
		require.Equal(t, i == 0, v.Type == "message_start", "message_start is the first and comes once")
		require.Equal(t, i == len(all)-1, v.Type == "message_stop", "message_stop is the last and comes once: %s", body)
		switch v.Type {
		case "message_start":
			m := v.Message
			require.Equal(t, "assistant", m.Role)
			require.Equal(t, "message", m.Type)
			require.NotEmpty(t, m.ID)
			require.NotNil(t, m.Content)
			require.Empty(t, m.Content)
			require.Nil(t, m.StopReason)
			require.Contains(t, m.Usage, "input_tokens")
			require.Contains(t, m.Usage, "output_tokens")
			h.model = m.Model
		case "content_block_start":
			require.Empty(t, open, "a block begins in another: %s", body)
			require.Equal(t, begun, v.Index)
			open = v.Block.Type
			begun++
			if open == "tool_use" {
				require.NotEmpty(t, v.Block.Name)
				require.NotEmpty(t, v.Block.ID)
				require.JSONEq(t, `{}`, string(v.Block.Input))
				h.calls = append(h.calls, call{id: v.Block.ID, name: v.Block.Name})
			}
		case "content_block_delta":
			require.Equal(t, begun-1, v.Index)
			h.messagesDelta(t, open, &v)
		case "content_block_stop":
			require.NotEmpty(t, open, "a block ends twice: %s", body)
			require.Equal(t, begun-1, v.Index)
			open = ""
		case "message_delta":
			deltas++
			require.Empty(t, open)
			h.finish = v.Delta.StopReason
			h.cached, _ = v.Usage["cache_read_input_tokens"].(float64)
		case "ping", "message_stop":
		default:
			require.Fail(t, "an event that Anthropic does not have: "+e.data)
		}
	}
	require.Equal(t, 1, deltas, "message_delta comes once")
	require.NotEmpty(t, h.finish)
	h.endCalls()
	return h
}

func (h *heardStream) messagesDelta(t *testing.T, open string, v *messagesEvent) {
	t.Helper()
	allowed := map[string][]string{"text": {"text_delta", "citations_delta"}, "thinking": {"thinking_delta", "signature_delta"}, "tool_use": {"input_json_delta"}}
	require.Contains(t, allowed[open], v.Delta.Type, "a delta in a block of type %q", open)
	h.text += v.Delta.Text
	h.thinking += v.Delta.Thinking
	if open == "tool_use" {
		h.calls[len(h.calls)-1].args += v.Delta.PartialJSON
	}
}

// endCalls reads empty arguments as SDKs do.
func (h *heardStream) endCalls() {
	for i := range h.calls {
		if h.calls[i].args == "" {
			h.calls[i].args = "{}"
		}
	}
}

type chatEvent struct {
	ID, Object, Model string
	Choices           []struct {
		Delta struct {
			Role             string
			Content          *string
			ReasoningContent string `json:"reasoning_content"`
			ToolCalls        []struct {
				Index    *int
				ID, Type string
				Function struct{ Name, Arguments string }
			} `json:"tool_calls"`
		}
		FinishReason *string `json:"finish_reason"`
	}
	Usage *struct {
		Details struct {
			Cached float64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
	}
}

// chatStream holds a stream of OpenAI's chat to its rules: the role first, one
// finish, calls by contiguous indices, [DONE] and nothing behind it.
func chatStream(t *testing.T, body string) *heardStream {
	t.Helper()
	h := &heardStream{}
	all := sseEvents(t, body)
	first := true
	for i, e := range all {
		if i == len(all)-1 {
			require.Equal(t, "[DONE]", e.data)
			break
		}
		v := parsed[chatEvent](t, e.data)
		if len(v.Choices) > 0 { // what Azure sends first has none
			require.Equal(t, "chat.completion.chunk", v.Object)
		}
		require.NotNil(t, v.Choices, "choices is an array, also where it is empty: %s", e.data)
		h.model = v.Model
		if v.Usage != nil {
			h.cached = v.Usage.Details.Cached
		}
		for _, c := range v.Choices {
			require.Empty(t, h.finish, "something behind the finish: %s", e.data)
			if first {
				require.Equal(t, "assistant", c.Delta.Role)
				first = false
			}
			if c.Delta.Content != nil {
				h.text += *c.Delta.Content
			}
			h.thinking += c.Delta.ReasoningContent
			for _, tc := range c.Delta.ToolCalls {
				require.NotNil(t, tc.Index)
				require.LessOrEqual(t, *tc.Index, len(h.calls))
				if *tc.Index == len(h.calls) {
					require.NotEmpty(t, tc.ID)
					require.NotEmpty(t, tc.Function.Name)
					h.calls = append(h.calls, call{id: tc.ID, name: tc.Function.Name})
				}
				h.calls[*tc.Index].args += tc.Function.Arguments
			}
			if c.FinishReason != nil {
				h.finish = *c.FinishReason
			}
		}
	}
	require.NotEmpty(t, h.finish, body)
	return h
}

type responsesItem struct {
	ID, Type, Status, Arguments, Name string
	CallID                            string `json:"call_id"`
	Summary                           []struct{ Text string }
	Content                           []struct{ Text string }
}

type responsesEvent struct {
	Type     string
	Sequence *int   `json:"sequence_number"`
	Index    int    `json:"output_index"`
	ItemID   string `json:"item_id"`
	Delta    string
	Item     responsesItem
	Response struct {
		Status, Model string
		Incomplete    *struct{ Reason string } `json:"incomplete_details"`
		Output        []responsesItem
		Usage         *struct {
			Details struct {
				Cached float64 `json:"cached_tokens"`
			} `json:"input_tokens_details"`
		}
	}
}

// responsesStream holds a stream of OpenAI's Responses to its rules: numbered
// events, items that are added, filled and done once, and an end that repeats
// them.
func responsesStream(t *testing.T, body string) *heardStream {
	t.Helper()
	h := &heardStream{}
	all := sseEvents(t, body)
	var items []responsesItem
	done := map[int]bool{}
	args := map[int]string{}
	for i, e := range all {
		v := parsed[responsesEvent](t, e.data)
		require.Equal(t, e.name, v.Type)
		require.NotNil(t, v.Sequence, e.data)
		require.Equal(t, i, *v.Sequence, "sequence numbers count without a gap")
		require.Equal(t, i == 0, v.Type == "response.created")
		last := i == len(all)-1
		switch v.Type {
		case "response.output_item.added":
			require.Len(t, items, v.Index)
			items = append(items, v.Item)
			require.NotEmpty(t, v.Item.ID)
		case "response.output_item.done":
			require.False(t, done[v.Index], "an item is done twice")
			done[v.Index] = true
			require.Less(t, v.Index, len(items))
			require.Equal(t, items[v.Index].ID, v.Item.ID)
			if v.Item.Type == "function_call" {
				require.Equal(t, v.Item.Arguments, args[v.Index], "what the deltas said")
			}
		case "response.output_text.delta", "response.refusal.delta":
			require.False(t, done[v.Index])
			require.Equal(t, items[v.Index].ID, v.ItemID)
			h.text += v.Delta
		case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
			h.thinking += v.Delta
		case "response.function_call_arguments.delta":
			args[v.Index] += v.Delta
		case "response.completed", "response.incomplete":
			require.True(t, last, "something behind the end: %s", body)
			h.responsesEnd(t, &v, items)
		}
		require.Equal(t, last, v.Type == "response.completed" || v.Type == "response.incomplete", e.data)
	}
	require.Len(t, done, len(items), "every item is done")
	return h
}

func (h *heardStream) responsesEnd(t *testing.T, v *responsesEvent, items []responsesItem) {
	t.Helper()
	h.model, h.finish = v.Response.Model, v.Response.Status
	if v.Response.Incomplete != nil {
		h.finish = v.Response.Incomplete.Reason
	}
	if v.Response.Usage != nil {
		h.cached = v.Response.Usage.Details.Cached
	}
	require.Len(t, v.Response.Output, len(items))
	for i, item := range v.Response.Output {
		require.Equal(t, items[i].ID, item.ID)
		switch item.Type {
		case "function_call":
			h.calls = append(h.calls, call{item.CallID, item.Name, item.Arguments})
		case "reasoning":
			require.NotNil(t, item.Summary, "strict SDKs demand a summary")
		}
	}
}

type geminiEvent struct {
	Candidates []struct {
		Content struct {
			Role  string
			Parts []struct {
				Text         string
				Thought      bool
				FunctionCall *struct {
					ID, Name string
					Args     json.RawMessage
				}
			}
		}
		FinishReason string
	}
	ModelVersion  string
	UsageMetadata struct{ CachedContentTokenCount float64 }
}

// geminiStream holds a stream of Gemini's to its rules: one finish, in the
// last chunk that has a candidate.
func geminiStream(t *testing.T, body string) *heardStream {
	t.Helper()
	h := &heardStream{}
	for _, e := range sseEvents(t, body) {
		v := parsed[geminiEvent](t, e.data)
		if v.ModelVersion != "" {
			h.model = v.ModelVersion
		}
		h.cached = max(h.cached, v.UsageMetadata.CachedContentTokenCount)
		for _, c := range v.Candidates {
			require.Empty(t, h.finish, "something behind the finish: %s", e.data)
			h.finish = c.FinishReason
			for _, p := range c.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					require.NotEmpty(t, p.FunctionCall.Name)
					args := string(p.FunctionCall.Args)
					if args == "" {
						args = "{}"
					}
					h.calls = append(h.calls, call{p.FunctionCall.ID, p.FunctionCall.Name, args})
				case p.Thought:
					h.thinking += p.Text
				default:
					h.text += p.Text
				}
			}
		}
	}
	require.NotEmpty(t, h.finish, body)
	return h
}
