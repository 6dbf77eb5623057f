package anthropic

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

var roles = map[string]llm.Role{
	"user": llm.RoleUser, "assistant": llm.RoleAssistant, "system": llm.RoleSystem,
}

// messages reads the conversation. The API combines consecutive messages of
// one role into one turn; so does this, unless a message has members of its
// own. Tool results stand first in their turn, as the API demands, and become
// a message of RoleTool; blank texts, which the API refuses, are left out.
func (d *requestDecoder) messages(v llm.Raw) error {
	if err := wantKind("", v, '[', "an array of messages"); err != nil {
		return err
	}
	var turn llm.Message
	for i, e := range wirejson.Elements(v) {
		m, err := decodeMessage(e)
		if err != nil {
			return under(err, index("", i))
		}
		if len(m.Blocks) == 0 {
			continue
		}
		if m.Role == turn.Role && m.Role != llm.RoleSystem && len(m.Ext) == 0 && len(turn.Ext) == 0 {
			turn.Blocks = append(turn.Blocks, m.Blocks...)
			continue
		}
		d.addTurn(turn)
		turn = m
	}
	d.addTurn(turn)
	return nil
}

func decodeMessage(v llm.Raw) (llm.Message, error) {
	var m llm.Message
	if err := wantKind("", v, '{', "a message (an object)"); err != nil {
		return m, err
	}
	var content llm.Raw
	for name, v := range wirejson.Members(v) {
		switch string(name) {
		case "role":
			s, err := wantString("role", v)
			if err != nil {
				return m, err
			}
			if m.Role = roles[s]; m.Role == "" {
				return m, invalid("role", "must be \"user\", \"assistant\" or \"system\", not %q", s)
			}
			if m.Role == llm.RoleSystem {
				m.Ext = mark(m.Ext, "role", s)
			}
		case "content":
			content = v
		default:
			m.Ext = addExt(m.Ext, name, v)
		}
	}
	if m.Role == "" {
		return m, invalid("role", "must be \"user\", \"assistant\" or \"system\"; it is required")
	}
	blocks, err := decodeRequestContent(content)
	m.Blocks = withoutBlank(blocks)
	return m, under(err, "content")
}

// addTurn adds a turn, its tool results as a message before the rest.
func (d *requestDecoder) addTurn(turn llm.Message) {
	rest := turn
	if turn.Role == llm.RoleUser {
		var results []llm.Block
		rest.Blocks = nil
		for _, b := range turn.Blocks {
			if _, ok := b.(*llm.ToolResult); ok {
				results = append(results, b)
			} else {
				rest.Blocks = append(rest.Blocks, b)
			}
		}
		if len(results) > 0 {
			tool := llm.Message{Role: llm.RoleTool, Blocks: results}
			if len(rest.Blocks) == 0 {
				tool.Ext = turn.Ext
			}
			d.req.Messages = append(d.req.Messages, tool)
		}
	}
	if len(rest.Blocks) > 0 {
		d.req.Messages = append(d.req.Messages, rest)
	}
}

// withoutBlank leaves out texts that say nothing.
func withoutBlank(blocks []llm.Block) []llm.Block {
	kept := blocks[:0]
	for _, b := range blocks {
		if t, ok := b.(*llm.Text); !ok || !blank(t.Text) {
			kept = append(kept, b)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// blank reports whether the API would refuse a text block of s ("text content
// blocks must contain non-whitespace text").
func blank(s string) bool { return strings.TrimSpace(s) == "" }
