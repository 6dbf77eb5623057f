package fakeupstream

import (
	"slices"

	"github.com/go-json-experiment/json"
)

// responseItem is one item of the answer, with the pieces it streams in.
type responseItem struct {
	id     string
	kind   partKind
	part   part
	callID string
	// freeform: the call is of a tool that takes a text.
	freeform bool
	proof    string // encrypted content
	shows    bool   // reasoning with a summary
}

// items makes the items of the answer. Reasoning comes only where the model
// reasons; what follows it is marked as made after it.
func (m *responsesMock) items(h *heard, a *answer) []responseItem {
	asked, _ := h.custom.(responsesAsked)
	stored, after := "", ""
	if asked.stored {
		stored = "s"
	}
	var out []responseItem
	for _, p := range a.parts {
		item := responseItem{kind: p.kind, part: p}
		switch p.kind {
		case partThinking:
			item.id, item.shows, after = m.signer.itemID("rs", stored), asked.summary, "r"
			if asked.encrypted {
				item.proof = m.signer.encrypt(item.id)
			}
		case partCall:
			kind := "fc"
			if slices.Contains(h.freeform, p.name) {
				kind, item.freeform, item.part.text = "ctc", true, freeText(p.text)
			}
			item.id, item.callID = m.signer.itemID(kind, stored+after), newID("call_", 24)
			after = "" // only the first item needs the reasoning before it
		case partText, partRefusal:
			item.id = m.signer.itemID("msg", stored+after)
			after = ""
		}
		out = append(out, item)
	}
	if asked.stored {
		m.kept.keep(asked, out)
	}
	return out
}

// freeText is what the script says for a tool that takes a text: the member
// input of its arguments, or all of them.
func freeText(arguments string) string {
	var wrapped struct {
		Input *string `json:"input"`
	}
	if json.Unmarshal([]byte(arguments), &wrapped) != nil || wrapped.Input == nil {
		return arguments
	}
	return *wrapped.Input
}

// value is the item as it stands in the output; begun is the empty form.
func (i *responseItem) value(status string, done bool) fields {
	text := ""
	if done {
		text = i.part.text
	}
	switch i.kind {
	case partThinking:
		summary := list{}
		if done && i.shows {
			summary = list{fields{"type", "summary_text", "text", text}}
		}
		v := fields{"id", i.id, "type", "reasoning"}
		if i.proof != "" {
			v = append(v, "encrypted_content", i.proof)
		}
		return append(v, "summary", summary)
	case partCall:
		if i.freeform {
			return i.named(fields{"id", i.id, "type", "custom_tool_call", "status", status, "call_id", i.callID, "input", text})
		}
		if done {
			text = orEmpty(text)
		}
		return i.named(fields{"id", i.id, "type", "function_call", "status", status, "arguments", text, "call_id", i.callID})
	default:
		content := list{}
		if done {
			content = list{i.content(text)}
		}
		return fields{"id", i.id, "type", "message", "status", status, "content", content, "role", "assistant"}
	}
}

func (i *responseItem) content(text string) fields {
	if i.kind == partRefusal {
		return fields{"type", "refusal", "refusal", text}
	}
	return fields{"type", "output_text", "annotations", list{}, "logprobs", list{}, "text", text}
}

// response is the response object around items.
func response(h *heard, a *answer, status string, output list, done bool) fields {
	incomplete, usage := any(null()), any(null())
	asked, _ := h.custom.(responsesAsked)
	if done {
		usage = responsesUsage(a.usage)
		if a.finish == finishLength {
			status, incomplete = "incomplete", fields{"reason", "max_output_tokens"}
		}
	}
	return fields{
		"id", asked.id, "object", "response", "created_at", strictCreated, "status", status, "background", false, "error", null(),
		"incomplete_details", incomplete, "instructions", null(), "max_output_tokens", null(), "max_tool_calls", null(), "model", h.model,
		"output", output, "parallel_tool_calls", true, "previous_response_id", null(), "prompt_cache_key", null(), "prompt_cache_retention", null(),
		"reasoning",
		fields{"effort", orNull(h.Thinking), "summary", null()},
		"safety_identifier", null(), "service_tier", "default", "store", asked.stored,
		"temperature", 1, "text",
		fields{"format", fields{"type", "text"}, "verbosity", "medium"},
		"tool_choice", "auto", "tools",
		list{},
		"top_logprobs", 0, "top_p", 1, "truncation", "disabled", "usage", usage, "user", null(), "metadata",
		fields{},
	}
}

func responsesUsage(u counts) fields {
	return fields{
		"input_tokens", u.prompt, "input_tokens_details",
		fields{"cached_tokens", u.cached, "cache_write_tokens", u.written},
		"output_tokens", u.output, "output_tokens_details",
		fields{"reasoning_tokens", u.reasoning},
		"total_tokens", u.prompt + u.output,
	}
}

func (m *responsesMock) whole(h *heard, a *answer) []byte {
	var output list
	for _, item := range m.items(h, a) {
		output = append(output, item.value(itemStatus(a), true))
	}
	return []byte(emit(response(h, a, "completed", output, true)))
}

func itemStatus(a *answer) string {
	if a.finish == finishLength {
		return "incomplete"
	}
	return "completed"
}

// responseStream numbers the events of one stream.
type responseStream struct {
	answer *answer
	next   int
	body   []string
}

func (s *responseStream) event(kind string, members ...any) string {
	f := append(fields{"type", kind, "sequence_number", s.next}, members...)
	s.next++
	return event(kind, emit(f))
}

func (s *responseStream) add(kind string, item *responseItem, place int, members ...any) {
	s.body = append(s.body, s.event(kind, append([]any{"item_id", item.id, "output_index", place}, members...)...))
}

func (m *responsesMock) stream(h *heard, a *answer) streamed {
	s := &responseStream{answer: a}
	out := streamed{opening: []string{
		s.event("response.created", "response", response(h, a, "in_progress", list{}, false)),
		s.event("response.in_progress", "response", response(h, a, "in_progress", list{}, false)),
	}}
	items := m.items(h, a)
	var output list
	var calls []int
	for i := range items {
		output = append(output, items[i].value(itemStatus(a), true))
		if items[i].kind == partCall {
			calls = append(calls, i)
			continue
		}
		s.begin(&items[i], i)
		s.content(&items[i], i)
		s.end(&items[i], i)
	}
	s.calls(items, calls)
	out.body = s.body
	last := "response.completed"
	if a.finish == finishLength {
		last = "response.incomplete"
	}
	out.closing = []string{s.event(last, "response", response(h, a, "completed", output, true))}
	return out
}

func (s *responseStream) begin(item *responseItem, place int) {
	s.body = append(s.body, s.event("response.output_item.added", "output_index", place, "item", item.value("in_progress", false)))
}

func (s *responseStream) end(item *responseItem, place int) {
	s.body = append(s.body, s.event("response.output_item.done", "output_index", place, "item", item.value(itemStatus(s.answer), true)))
}

// content streams the text of a message, refusal or summary.
func (s *responseStream) content(item *responseItem, place int) {
	if item.kind == partThinking {
		s.summary(item, place)
		return
	}
	name, member := "output_text", "text"
	if item.kind == partRefusal {
		name, member = "refusal", "refusal"
	}
	s.add("response.content_part.added", item, place, "content_index", 0, "part", item.content(""))
	for _, piece := range s.answer.pieces(item.part.text) {
		s.add("response."+name+".delta", item, place, "content_index", 0, "delta", piece, "logprobs", list{}, "obfuscation", "x1")
	}
	s.add("response."+name+".done", item, place, "content_index", 0, member, item.part.text, "logprobs", list{})
	s.add("response.content_part.done", item, place, "content_index", 0, "part", item.content(item.part.text))
}

func (s *responseStream) summary(item *responseItem, place int) {
	if !item.shows {
		return
	}
	whole := fields{"type", "summary_text", "text", item.part.text}
	s.add("response.reasoning_summary_part.added", item, place, "summary_index", 0, "part", fields{"type", "summary_text", "text", ""})
	for _, piece := range s.answer.pieces(item.part.text) {
		s.add("response.reasoning_summary_text.delta", item, place, "summary_index", 0, "delta", piece, "obfuscation", "x2")
	}
	s.add("response.reasoning_summary_text.done", item, place, "summary_index", 0, "text", item.part.text)
	s.add("response.reasoning_summary_part.done", item, place, "summary_index", 0, "part", whole)
}

// calls streams the calls, the arguments of several in turn.
func (s *responseStream) calls(items []responseItem, places []int) {
	var waiting [][]string
	for _, place := range places {
		s.begin(&items[place], place)
		waiting = append(waiting, s.answer.chunks(orEmpty(items[place].part.text)))
	}
	for _, turn := range interleave(waiting) {
		place := places[turn.of]
		if items[place].freeform {
			s.add("response.custom_tool_call_input.delta", &items[place], place, "delta", turn.text, "obfuscation", "x4")
			continue
		}
		s.add("response.function_call_arguments.delta", &items[place], place, "delta", turn.text, "obfuscation", "x3")
	}
	for _, place := range places {
		item := &items[place]
		if item.freeform {
			s.add("response.custom_tool_call_input.done", item, place, "input", item.part.text)
			s.end(item, place)
			continue
		}
		s.add("response.function_call_arguments.done", item, place, "arguments", orEmpty(item.part.text), "name", item.part.name)
		s.end(item, place)
	}
}

// failed tells an error twice, as the provider does.
func (m *responsesMock) failed(h *heard, no *refusal) []string {
	const somewhere = 99
	f := response(h, &answer{}, "failed", list{}, false)
	for i := 0; i < len(f); i += 2 {
		if f[i] == "error" {
			f[i+1] = fields{"code", "server_error", "message", no.message}
		}
	}
	return []string{
		event("error", emit(fields{"type", "error", "sequence_number", somewhere, "error", openAIError(no)})),
		event("response.failed", emit(fields{"type", "response.failed", "sequence_number", somewhere + 1, "response", f})),
	}
}
