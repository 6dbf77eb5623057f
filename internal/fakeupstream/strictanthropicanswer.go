package fakeupstream

const strictMessageID = "msg_strict0123456789"

var anthropicFinish = map[finish]string{
	finishStop: "end_turn", finishSequence: "stop_sequence", finishLength: "max_tokens", finishTool: "tool_use", finishRefusal: "refusal",
}

// anthropicUsage counts cached tokens beside the input.
func anthropicUsage(u counts) fields {
	return fields{
		"input_tokens", u.prompt - u.cached - u.written, "cache_creation_input_tokens", u.written, "cache_read_input_tokens", u.cached,
		"cache_creation",
		fields{"ephemeral_5m_input_tokens", u.written, "ephemeral_1h_input_tokens", 0},
		"output_tokens", u.output, "output_tokens_details",
		fields{"thinking_tokens", u.reasoning},
		"service_tier", "standard",
	}
}

// heading is the message around its content.
func (m *anthropicMock) heading(h *heard, content list, finish, sequence any, usage fields) fields {
	return fields{
		"model", h.model, "id", strictMessageID, "type", "message", "role", "assistant", "content", content,
		"stop_reason", finish, "stop_sequence", sequence, "usage", usage,
	}
}

// shown is the thinking as the client may see it; the signature is for that.
func shown(h *heard, text string) string {
	if !h.shows {
		return ""
	}
	return text
}

func (m *anthropicMock) whole(h *heard, a *answer) []byte {
	content := list{}
	for _, p := range a.parts {
		switch p.kind {
		case partText:
			content = append(content, fields{"type", "text", "text", p.text})
		case partThinking:
			text := shown(h, p.text)
			content = append(content, fields{"type", "thinking", "thinking", text, "signature", m.signer.sign(text)})
		case partCall:
			input := rawJSON(orEmpty(p.text))
			content = append(content, fields{"type", "tool_use", "id", newID("toolu_01", 22), "name", p.name, "input", input})
		case partRefusal: // a refusal is a reason to stop, not a text
		}
	}
	return []byte(emit(m.heading(h, content, anthropicFinish[a.finish], orNull(a.sequence), anthropicUsage(a.usage))))
}

func (m *anthropicMock) stream(h *heard, a *answer) streamed {
	begun := a.usage
	begun.output = 1
	out := streamed{opening: []string{
		event("message_start", emit(fields{"type", "message_start", "message", m.heading(h, list{}, null(), null(), anthropicUsage(begun))})),
		event("ping", `{"type": "ping"}`),
	}}
	index := 0
	for _, p := range a.parts {
		if p.kind == partRefusal {
			continue
		}
		out.body = append(out.body, m.blockFrames(h, a, p, index)...)
		index++
	}
	out.closing = []string{
		event("message_delta", emit(fields{
			"type", "message_delta", "delta",
			fields{"stop_reason", anthropicFinish[a.finish], "stop_sequence", orNull(a.sequence)},
			"usage",
			fields{
				"input_tokens", a.usage.prompt - a.usage.cached - a.usage.written, "cache_creation_input_tokens", a.usage.written,
				"cache_read_input_tokens", a.usage.cached, "output_tokens", a.usage.output,
				"output_tokens_details",
				fields{"thinking_tokens", a.usage.reasoning},
			},
		})),
		event("message_stop", `{"type":"message_stop"}`),
	}
	return out
}

// blockFrames streams one block: its start, its deltas, its stop.
func (m *anthropicMock) blockFrames(h *heard, a *answer, p part, index int) []string {
	var start fields
	var deltas []fields
	switch p.kind {
	case partThinking:
		start = fields{"type", "thinking", "thinking", "", "signature", ""}
		text := shown(h, p.text)
		if text != "" {
			for _, piece := range a.pieces(text) {
				deltas = append(deltas, fields{"type", "thinking_delta", "thinking", piece})
			}
		}
		deltas = append(deltas, fields{"type", "signature_delta", "signature", m.signer.sign(text)})
	case partCall:
		start = fields{"type", "tool_use", "id", newID("toolu_01", 22), "name", p.name, "input", fields{}}
		deltas = append(deltas, fields{"type", "input_json_delta", "partial_json", ""})
		for _, piece := range a.chunks(p.text) {
			deltas = append(deltas, fields{"type", "input_json_delta", "partial_json", piece})
		}
	case partText, partRefusal:
		start = fields{"type", "text", "text", ""}
		for _, piece := range a.pieces(p.text) {
			deltas = append(deltas, fields{"type", "text_delta", "text", piece})
		}
	}
	frames := []string{event("content_block_start", emit(fields{"type", "content_block_start", "index", index, "content_block", start}))}
	for _, d := range deltas {
		frames = append(frames, event("content_block_delta", emit(fields{"type", "content_block_delta", "index", index, "delta", d})))
	}
	return append(frames, event("content_block_stop", emit(fields{"type", "content_block_stop", "index", index})))
}

func (m *anthropicMock) failed(_ *heard, no *refusal) []string {
	return []string{event("error", emit(fields{"type", "error", "error", anthropicError(no), "request_id", StrictRequestID}))}
}
