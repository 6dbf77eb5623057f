package fakeupstream

import "strings"

var geminiFinish = map[finish]string{
	finishStop: "STOP", finishSequence: "STOP", finishLength: "MAX_TOKENS", finishTool: "STOP", finishRefusal: "SAFETY",
}

// geminiUsage counts cached tokens within the prompt and thoughts beside the
// candidates.
func geminiUsage(u counts) fields {
	f := fields{"promptTokenCount", u.prompt, "candidatesTokenCount", u.output - u.reasoning, "totalTokenCount", u.prompt + u.output}
	if u.cached > 0 {
		f = append(f, "cachedContentTokenCount", u.cached)
	}
	f = append(f, "promptTokensDetails", list{fields{"modality", "TEXT", "tokenCount", u.prompt}})
	if u.reasoning > 0 {
		f = append(f, "thoughtsTokenCount", u.reasoning)
	}
	return f
}

// chunk is one response; finish is "" for those that others follow.
func (m *geminiMock) response(h *heard, parts list, finish string, u counts) string {
	candidate := fields{}
	if parts != nil {
		candidate = append(candidate, "content", fields{"parts", parts, "role", "model"})
	}
	if finish != "" {
		candidate = append(candidate, "finishReason", finish)
	}
	return emit(fields{
		"candidates",
		list{append(candidate, "index", 0)},
		"usageMetadata", geminiUsage(u),
		"modelVersion", h.model, "responseId", "strict0123456789",
	})
}

// parts renders one part of the answer; with pieces it comes in several.
func (m *geminiMock) parts(h *heard, p part, pieces []string, first bool) []fields {
	var out []fields
	switch p.kind {
	case partThinking:
		if h.shows {
			for _, piece := range pieces {
				out = append(out, fields{"text", piece, "thought", true})
			}
		}
	case partText:
		for _, piece := range pieces {
			out = append(out, fields{"text", piece})
		}
	case partCall:
		call := fields{}
		if m.names(h) {
			call = append(call, "id", newID("", 8))
		}
		call = append(call, "name", p.name)
		if p.text != "" { // a function without parameters is called without arguments
			call = append(call, "args", rawJSON(p.text))
		}
		f := fields{"functionCall", call}
		if first && h.thinks {
			f = append(f, "thoughtSignature", m.signer.sign(callWords(p.name, p.text)...))
		}
		out = append(out, f)
	case partRefusal: // a refusal is a reason to stop, not a text
	}
	return out
}

// names reports whether the model gives its calls ids.
func (m *geminiMock) names(h *heard) bool { return strings.HasPrefix(h.model, "gemini-3") }

// all renders the answer's parts in order; cut says how texts are cut.
func (m *geminiMock) all(h *heard, a *answer, cut func(string) []string) list {
	var out list
	first, signed := true, false
	for _, p := range a.parts {
		for _, f := range m.parts(h, p, cut(p.text), first) {
			out = append(out, f)
		}
		if p.kind == partCall {
			first = false
		}
		signed = signed || p.kind == partThinking
	}
	if signed && first { // no call carries the signature: an empty text does
		out = append(out, fields{"text", "", "thoughtSignature", m.signer.sign("text")})
	}
	return out
}

// blocked is the answer to a prompt that the model was not shown.
func (m *geminiMock) blocked(h *heard, a *answer) string {
	return emit(fields{
		"promptFeedback",
		fields{"blockReason", "PROHIBITED_CONTENT"},
		"usageMetadata",
		fields{"promptTokenCount", a.usage.prompt, "totalTokenCount", a.usage.prompt},
		"modelVersion", h.model, "responseId", "strict0123456789",
	})
}

func (m *geminiMock) whole(h *heard, a *answer) []byte {
	if a.blocked {
		return []byte(m.blocked(h, a))
	}
	parts := m.all(h, a, func(s string) []string { return []string{s} })
	return []byte(m.response(h, parts, geminiFinish[a.finish], a.usage))
}

func (m *geminiMock) stream(h *heard, a *answer) streamed {
	out := streamed{array: m.array(h)}
	if a.blocked {
		out.closing = []string{m.frame(h, m.blocked(h, a))}
		return out
	}
	for _, p := range m.all(h, a, a.pieces) {
		out.body = append(out.body, m.frame(h, m.response(h, list{p}, "", a.usage)))
	}
	last := list{fields{"text", ""}}
	if a.finish == finishRefusal {
		last = nil
	}
	out.closing = []string{m.frame(h, m.response(h, last, geminiFinish[a.finish], a.usage))}
	return out
}

func (m *geminiMock) array(h *heard) bool {
	array, _ := h.custom.(bool)
	return array
}

func (m *geminiMock) frame(h *heard, payload string) string {
	if m.array(h) {
		return payload
	}
	return "data: " + payload + "\r\n\r\n"
}

func (m *geminiMock) failed(h *heard, no *refusal) []string {
	return []string{m.frame(h, string(m.refuse(nil, no)))}
}
