package openairesponses

import "github.com/plexus-gateway/plexus/internal/llm"

// turns gathers the flat items of an input into messages: what the assistant
// did between two inputs is one message, and so are results that follow each
// other, because other protocols demand results right behind all calls of a turn.
type turns struct {
	messages []llm.Message
	tools    []llm.Tool // that items offer
}

// message adds a message of anyone but the assistant; each stays on its own.
func (t *turns) message(m llm.Message) { t.messages = append(t.messages, m) }

// assistant adds what one item says. A message item right behind another one
// begins a new message, so that two answers stay two.
func (t *turns) assistant(blocks []llm.Block, isMessage bool) {
	last := t.last(llm.RoleAssistant)
	if last == nil || isMessage && len(last.Blocks) > 0 && isPart(last.Blocks[len(last.Blocks)-1]) {
		t.messages = append(t.messages, llm.Message{Role: llm.RoleAssistant, Blocks: blocks})
		return
	}
	last.Blocks = append(last.Blocks, blocks...)
}

// result adds the result of a client's tool.
func (t *turns) result(b llm.Block) {
	if last := t.last(llm.RoleTool); last != nil {
		last.Blocks = append(last.Blocks, b)
		return
	}
	t.messages = append(t.messages, llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{b}})
}

// last returns the last message if the role speaks in it.
func (t *turns) last(role llm.Role) *llm.Message {
	if n := len(t.messages); n > 0 && t.messages[n-1].Role == role {
		return &t.messages[n-1]
	}
	return nil
}

// isPart reports whether b is a content part of a message item of the assistant.
func isPart(b llm.Block) bool {
	switch b := b.(type) {
	case *llm.Text, *llm.Refusal:
		return true
	case *llm.Opaque:
		return ownMember(b.Ext, markScope, markPart) != nil
	case *llm.Media:
		return b.Kind != llm.MediaImage
	}
	return false
}

// joins reports whether next is a part of the message item that prev is in.
func joins(prev, next llm.Block) bool {
	if !isPart(prev) || !isPart(next) || hasScope(prev.Common().Ext, itemScope) {
		return false
	}
	p, isText := prev.(*llm.Text)
	n, areText := next.(*llm.Text)
	if isText && areText && p.Phase != n.Phase {
		return false
	}
	return prev.Common().ID == next.Common().ID
}
