package anthropic_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Some clients take the prompt's size from message_start alone.
func TestStreamStartTellsThePrompt(t *testing.T) {
	req := ask(func(r *llm.Request) {
		r.Source = llm.AnthropicMessages
		r.System = []llm.Block{&llm.Text{Text: strings.Repeat("s", 400)}}
		r.Messages = append(r.Messages,
			llm.Message{Role: llm.RoleAssistant, Blocks: []llm.Block{
				&llm.Reasoning{Text: strings.Repeat("t", 40)}, &llm.ToolCall{Name: "f", Input: llm.Raw(`{"a":12}`)},
			}},
			llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{&llm.ToolResult{Blocks: []llm.Block{
				&llm.Text{Text: strings.Repeat("r", 80)},
				&llm.Media{Kind: llm.MediaImage, Data: strings.Repeat("A", 1<<20)},
				&llm.Media{Kind: llm.MediaDocument, Text: strings.Repeat("d", 800)},
			}}}})
		r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Description: "abc", Schema: llm.Raw(`{}`)}}
	})
	told := &llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Input: 30, CacheRead: 70, Output: 6, Reasoning: 2}}
	late := &llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Input: 31, CacheRead: 70, Output: 25}}
	nothing := &llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{Output: 1}}
	sourceless := *req
	sourceless.Source = ""
	tests := []struct {
		name          string
		req           *llm.Request
		first         *llm.Event // nil: nothing is known at the start
		input, cached float64
	}{
		// (400+1+40+9+80+800+6)/4 and a picture
		{"told at the end", req, nil, 334 + 1600, 0},
		{"of no use at the start", req, nothing, 334 + 1600, 0},
		{"told at the start", req, told, 30, 70},
		{"no client", &sourceless, nil, 0, 0},
		{"no request", nil, nil, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			evs := []*llm.Event{{Type: llm.EventStart, Response: &llm.Response{ID: "m"}}}
			if tt.first != nil {
				evs = append(evs, tt.first)
			}
			evs = append(evs,
				&llm.Event{Type: llm.EventBlockStart, Block: &llm.Text{}}, &llm.Event{Type: llm.EventDelta, Delta: llm.DeltaText, Text: "a"},
				&llm.Event{Type: llm.EventBlockStop}, late, &llm.Event{Type: llm.EventFinish, Finish: llm.FinishStop}, &llm.Event{Type: llm.EventEnd})
			out, _ := writeStream(evs, tt.req)
			requireOrdered(t, out)
			start, _, _ := strings.Cut(strings.TrimPrefix(string(out), "event: message_start\ndata: "), "\n")
			usage := parse(t, []byte(start))["message"].(object)["usage"].(object)
			require.InDelta(t, tt.input, usage["input_tokens"], 0)
			require.InDelta(t, tt.cached, usage["cache_read_input_tokens"], 0)
			if tt.first == told {
				require.Zero(t, usage["output_tokens"], "some clients add the end's to it")
			}
			_, end, _ := strings.Cut(string(out), "event: message_delta\ndata: ")
			end, _, _ = strings.Cut(end, "\n")
			require.InDelta(t, 31, parse(t, []byte(end))["usage"].(object)["input_tokens"], 0, "the end corrects it")
		})
	}
}
