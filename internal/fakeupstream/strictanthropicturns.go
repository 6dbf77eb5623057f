package fakeupstream

import "strings"

// checkTurns checks the rules between turns and notes what was said.
// https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use.
func (t *blockTalk) checkTurns(tools bool) *refusal {
	if t.turns[0].role != "user" {
		return invalid(`messages: first message must use the "user" role`)
	}
	var calls map[string]bool // of the turn before
	for i := range t.turns {
		turn := &t.turns[i]
		next := map[string]bool{}
		for _, b := range turn.blocks {
			if (b.kind == "tool_use" || b.kind == "tool_result") && !tools {
				return invalid("Requests which include `tool_use` or `tool_result` blocks must define tools.")
			}
			if b.kind != "tool_use" {
				continue
			}
			if next[b.id] {
				return invalid("messages: `tool_use` ids must be unique")
			}
			next[b.id] = true
		}
		if no := checkResults(turn, calls); no != nil {
			return no
		}
		t.note(turn)
		calls = next
	}
	last := t.turns[len(t.turns)-1]
	if len(calls) > 0 {
		return unanswered(last.blocks[0].at, calls)
	}
	if n := len(last.blocks); last.role == "assistant" && n > 0 && last.blocks[n-1].text != strings.TrimRight(last.blocks[n-1].text, " \n\t") {
		return invalid("messages: final assistant content cannot end with trailing whitespace")
	}
	return nil
}

func unanswered(a at, calls map[string]bool) *refusal {
	return invalid(dots(a.path[:2]) + ": `tool_use` ids were found without `tool_result` blocks immediately after: " +
		strings.Join(sortedNames(calls), ", ") + ". Each `tool_use` block must have a corresponding `tool_result` block in the next message.")
}

// checkResults demands that a turn begins with the results of all calls of the
// turn before, each once, and holds no others.
func checkResults(turn *turn, calls map[string]bool) *refusal {
	open := map[string]bool{}
	for id := range calls {
		open[id] = true
	}
	leading := true
	for _, b := range turn.blocks {
		if b.kind != "tool_result" {
			leading = false
			continue
		}
		switch {
		case !calls[b.id]:
			return invalid(dots(b.path) + ": unexpected `tool_use_id` found in `tool_result` blocks: " + b.id +
				". Each `tool_result` block must have a corresponding `tool_use` block in the previous message.")
		case !open[b.id]:
			return invalid(dots(b.path) + ": each tool_use must have a single result. Found multiple `tool_result` blocks with id: " + b.id)
		case !leading:
			return unanswered(b.at, open)
		}
		delete(open, b.id)
	}
	if len(open) > 0 {
		return unanswered(turn.blocks[0].at, open)
	}
	return nil
}

// note keeps what the turn says; of the last one it stays.
func (t *blockTalk) note(turn *turn) {
	h := t.h
	h.said, h.results = "", nil
	var texts []string
	for _, b := range turn.blocks {
		switch b.kind {
		case "text":
			texts = append(texts, b.text)
		case "tool_result":
			h.results = append(h.results, b.result)
			h.Roles = append(h.Roles, "tool")
		}
	}
	text := strings.Join(texts, "")
	if text != "" || len(h.results) == 0 {
		h.Roles = append(h.Roles, turn.role)
	}
	switch {
	case text == "":
	case turn.role == "assistant":
		h.Assistant = append(h.Assistant, text)
	default:
		h.Texts, h.said = append(h.Texts, text), text
	}
}

// checkThinkingFirst demands that a tool turn that is still going on begins
// with thinking when a budget for it was given.
// https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking#preserving-thinking-blocks.
func (t *blockTalk) checkThinkingFirst(s *thinkingSettings) *refusal {
	if s == nil || s.Type != "enabled" {
		return nil
	}
	// The model's turn begins behind the last message that is not of results.
	// In it the model thinks at first, and need not do so after each result.
	begin := len(t.turns)
	for begin > 0 && (t.turns[begin-1].role == "assistant" || t.turns[begin-1].blocks[0].kind == "tool_result") {
		begin--
	}
	if begin == len(t.turns) {
		return nil
	}
	return firstThinks(&t.turns[begin])
}

func firstThinks(turn *turn) *refusal {
	if len(turn.blocks) == 0 {
		return nil
	}
	b := turn.blocks[0]
	if b.kind == "thinking" || b.kind == "redacted_thinking" {
		return nil
	}
	return invalid(dots(b.path) + ".type: Expected `thinking` or `redacted_thinking`, but found `" + b.kind +
		"`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks). " + //nolint:misspell // as the provider spells it
		"We recommend you include thinking blocks from previous turns. To avoid this requirement, disable `thinking`.")
}
