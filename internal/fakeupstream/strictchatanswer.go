package fakeupstream

import "strings"

const (
	strictChatID  = "chatcmpl-strict0123456789"
	strictCreated = 1795000000
)

var chatFinish = map[finish]string{
	finishStop: "stop", finishSequence: "stop", finishLength: "length", finishTool: "tool_calls", finishRefusal: "stop",
}

func (m *chatMock) whole(h *heard, a *answer) []byte {
	var text, refused strings.Builder
	var calls list
	for _, p := range a.parts {
		switch p.kind {
		case partText:
			text.WriteString(p.text)
		case partRefusal:
			refused.WriteString(p.text)
		case partCall:
			calls = append(calls, fields{"id", newID("call_", 24), "type", "function", "function", fields{"name", p.name, "arguments", orEmpty(p.text)}})
		case partThinking: // this API does not show it
		}
	}
	message := fields{"role", "assistant", "content", orNull(text.String()), "refusal", orNull(refused.String()), "annotations", list{}}
	if len(calls) > 0 {
		message = append(message, "tool_calls", calls)
	}
	return []byte(emit(fields{
		"id", strictChatID, "object", "chat.completion", "created", strictCreated, "model", h.model,
		"choices",
		list{fields{"index", 0, "message", message, "logprobs", null(), "finish_reason", chatFinish[a.finish]}},
		"usage", chatUsage(a.usage), "service_tier", "default", "system_fingerprint", "fp_strict",
	}))
}

// orEmpty is the arguments of a call, which are {} when there are none.
func orEmpty(arguments string) string {
	if arguments == "" {
		return "{}"
	}
	return arguments
}

func chatUsage(u counts) fields {
	return fields{
		"prompt_tokens", u.prompt, "completion_tokens", u.output, "total_tokens", u.prompt + u.output,
		"prompt_tokens_details",
		fields{"cached_tokens", u.cached, "cache_write_tokens", u.written, "audio_tokens", 0},
		"completion_tokens_details",
		fields{"reasoning_tokens", u.reasoning, "audio_tokens", 0, "accepted_prediction_tokens", 0, "rejected_prediction_tokens", 0},
	}
}

// chatChunk is one chunk; usage is null in all but the last when it was asked for.
func chatChunk(h *heard, choices list, usage any) string {
	chunk := fields{
		"id", strictChatID, "object", "chat.completion.chunk", "created", strictCreated, "model", h.model,
		"service_tier", "default", "system_fingerprint", "fp_strict", "choices", choices,
	}
	if asked, _ := h.custom.(bool); asked {
		chunk = append(chunk, "usage", usage)
	}
	return Data(emit(append(chunk, "obfuscation", "aB3")))
}

func chatDelta(h *heard, delta fields, finish any) string {
	return chatChunk(h, list{fields{"index", 0, "delta", delta, "logprobs", null(), "finish_reason", finish}}, null())
}

func (m *chatMock) stream(h *heard, a *answer) streamed {
	out := streamed{opening: []string{chatDelta(h, fields{"role", "assistant", "content", "", "refusal", null()}, null())}}
	for _, p := range a.parts {
		name := "content"
		switch p.kind {
		case partRefusal:
			name = "refusal"
		case partCall, partThinking:
			continue
		case partText:
		}
		for _, piece := range a.pieces(p.text) {
			out.body = append(out.body, chatDelta(h, fields{name, piece}, null()))
		}
	}
	out.body = append(out.body, chatCallFrames(h, a)...)
	out.closing = []string{chatDelta(h, fields{}, chatFinish[a.finish])}
	if asked, _ := h.custom.(bool); asked {
		out.closing = append(out.closing, chatChunk(h, list{}, chatUsage(a.usage)))
	}
	out.closing = append(out.closing, Data("[DONE]"))
	return out
}

// chatCallFrames streams the calls, the arguments of several in turn.
func chatCallFrames(h *heard, a *answer) []string {
	var frames []string
	var waiting [][]string
	for n, i := range a.calls() {
		p := a.parts[i]
		head := fields{"index", n, "id", newID("call_", 24), "type", "function", "function", fields{"name", p.name, "arguments", ""}}
		frames = append(frames, chatDelta(h, fields{"tool_calls", list{head}}, null()))
		waiting = append(waiting, a.chunks(orEmpty(p.text)))
	}
	for _, turn := range interleave(waiting) {
		more := fields{"index", turn.of, "function", fields{"arguments", turn.text}}
		frames = append(frames, chatDelta(h, fields{"tool_calls", list{more}}, null()))
	}
	return frames
}

// chunk is a piece of one of several texts.
type chunk struct {
	of   int
	text string
}

// interleave takes from each list in turn.
func interleave(lists [][]string) []chunk {
	var out []chunk
	for i := 0; ; i++ {
		taken := false
		for of, pieces := range lists {
			if i < len(pieces) {
				out = append(out, chunk{of, pieces[i]})
				taken = true
			}
		}
		if !taken {
			return out
		}
	}
}

func (m *chatMock) failed(_ *heard, no *refusal) []string {
	return []string{Data(emit(fields{"error", openAIError(no)}))}
}
