package openairesponses_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func genText() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab \"\\\n<é😀\u2028")), 0, 8, -1)
}

func genBlock() *rapid.Generator[llm.Block] {
	return rapid.Custom(func(t *rapid.T) llm.Block {
		text := genText()
		id := rapid.SampledFrom([]string{"", "", "x1", "x2"}).Draw(t, "id")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return &llm.Refusal{Attrs: llm.Attrs{ID: id}, Text: text.Draw(t, "text")}
		case 1:
			r := &llm.Reasoning{Attrs: llm.Attrs{ID: id}, Text: text.Draw(t, "text"), Summary: rapid.SliceOfN(text, 0, 3).Draw(t, "summary")}
			if rapid.Bool().Draw(t, "sealed") {
				r.Encrypted = &llm.Signature{Data: "e", Origin: llm.Origin{Protocol: rapid.SampledFrom([]llm.Protocol{llm.OpenAIResponses, llm.AnthropicMessages}).Draw(t, "origin")}}
			}
			return r
		case 2:
			return &llm.ToolCall{Attrs: llm.Attrs{ID: id}, CallID: "c" + text.Draw(t, "call"), Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(rapid.SampledFrom([]string{`{}`, `{"a": 1}`}).Draw(t, "input"))}
		case 3:
			return &llm.ToolCall{Attrs: llm.Attrs{ID: id}, CallID: "c", Name: "f", Kind: llm.ToolCustom, Input: llm.Raw(text.Draw(t, "input"))}
		case 4:
			return &llm.Media{Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA"}
		}
		return &llm.Text{Attrs: llm.Attrs{ID: id}, Text: text.Draw(t, "text"), Phase: rapid.SampledFrom([]string{"", "final_answer"}).Draw(t, "phase")}
	})
}

func genResponse() *rapid.Generator[*llm.Response] {
	return rapid.Custom(func(t *rapid.T) *llm.Response {
		return &llm.Response{
			ID: "resp_" + genText().Draw(t, "id"), Model: "m", Created: 5,
			Usage: &llm.Usage{Input: 3, Output: 4},
			Choices: []llm.Choice{{
				Blocks: rapid.SliceOfN(genBlock(), 0, 6).Draw(t, "blocks"),
				Finish: rapid.SampledFrom(llm.Finishes()).Draw(t, "finish"),
			}},
		}
	})
}

// Any answer is told the same whole and as a stream, in legal order, however the
// blocks of the stream interleave; and reading it gives what was told.
func TestAnyResponseStreamsAsWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		resp := genResponse().Draw(rt, "response")
		whole, _, err := codec.EncodeResponse(resp, nil)
		require.NoError(rt, err)
		var want map[string]any
		require.NoError(rt, json.Unmarshal(whole, &want))
		b, _ := encodeStream(unfold(resp), nil)
		all := parseStream(t, b)
		checkOrder(t, all)
		if diff := cmp.Diff(want, all[len(all)-1].data["response"]); diff != "" {
			rt.Fatalf("the stream's response differs:\n%s", diff)
		}
		streamed, streamErr := fold(collect(t, b, len(b)))
		again, err := codec.DecodeResponse(whole, wire.Target{})
		require.Equal(rt, err == nil, streamErr == nil)
		if err == nil {
			require.Empty(rt, cmp.Diff(again.Choices, streamed.Choices))
		}
	})
}

// Blocks that interleave keep their content apart.
func TestAnyInterleavingIsLegal(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		resp := genResponse().Draw(rt, "response")
		resp.Choices[0].Finish = llm.FinishStop
		queues := map[int][]*llm.Event{}
		var head, tail, mixed []*llm.Event
		for _, ev := range unfold(resp) {
			switch ev.Type {
			case llm.EventBlockStart, llm.EventDelta, llm.EventBlockStop:
				queues[ev.Index] = append(queues[ev.Index], ev)
			case llm.EventStart:
				head = append(head, ev)
			default:
				tail = append(tail, ev)
			}
		}
		started := 0 // blocks start in order of their index
		for len(queues) > 0 {
			var ready []int
			for i := range len(resp.Choices[0].Blocks) {
				if q := queues[i]; len(q) > 0 && (i < started || i == started) {
					ready = append(ready, i)
				}
			}
			i := rapid.SampledFrom(ready).Draw(rt, "next")
			started = max(started, i+1)
			mixed = append(mixed, queues[i][0])
			if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
				delete(queues, i)
			}
		}
		b, _ := encodeStream(append(append(head, mixed...), tail...), nil)
		all := parseStream(t, b)
		checkOrder(t, all)
		got, err := fold(collect(t, b, len(b)))
		require.NoError(rt, err)
		require.Equal(rt, inputs(resp), inputs(got))
	})
}

func inputs(r *llm.Response) map[string]int {
	out := map[string]int{}
	for _, b := range r.Choices[0].Blocks {
		switch b := b.(type) {
		case *llm.ToolCall:
			out[string(b.Kind)+b.CallID+string(b.Input)]++
		case *llm.Text:
			out["text"+b.Text]++
		case *llm.Refusal:
			out["refusal"+b.Text]++
		}
	}
	return out
}
