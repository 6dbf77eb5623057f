package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// decodeInput reads input: one text of the user, or items.
func decodeInput(r *llm.Request, v llm.Raw) error {
	switch wirejson.KindOf(v) {
	case 'n':
		return nil
	case '"':
		text, _ := wirejson.Text(v)
		r.Messages = []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: text}}}}
		return nil
	case '[':
	default:
		return wrongType("input", "a string or an array of items", v)
	}
	var t turns
	for i, e := range wirejson.Elements(v) {
		if err := decodeInputItem(&t, e, at("input", i)); err != nil {
			return err
		}
	}
	r.Messages = t.messages
	r.Tools = append(r.Tools, t.tools...)
	return nil
}

func decodeInputItem(t *turns, raw llm.Raw, path string) error {
	if err := wantObject(path, raw); err != nil {
		return err
	}
	kind, err := inputItemType(raw, path)
	if err != nil {
		return err
	}
	if kind == itemMessage {
		return decodeInputMessage(t, raw, path)
	}
	block, err := decodeItem(kind, raw, path)
	if err != nil {
		return err
	}
	forgetOwnID(block)
	if kind == itemMoreTools {
		if err := t.offer(raw, path); err != nil {
			return err
		}
	}
	switch b := block.(type) {
	case *llm.ToolResult:
		t.result(b)
	case *llm.ToolCall:
		keepArguments(b)
		t.assistant([]llm.Block{b}, false)
	default:
		t.assistant([]llm.Block{b}, false)
	}
	return nil
}

// inputItemType returns an item's type. The easy form of a message has none,
// and a reference may come as an id alone.
func inputItemType(raw llm.Raw, path string) (string, error) {
	v := wirejson.Member(raw, "type")
	if !wirejson.IsNull(v) {
		return wantText(path+".type", v)
	}
	switch {
	case wirejson.Member(raw, "role") != nil:
		return itemMessage, nil
	case wirejson.Member(raw, "id") != nil:
		return itemReference, nil
	}
	return "", missing(path + ".type")
}

func decodeInputMessage(t *turns, raw llm.Raw, path string) error {
	m, err := decodeMessage(raw, path)
	if err != nil {
		return err
	}
	switch m.role {
	case "user", "system", "developer":
		msg := llm.Message{Role: llm.Role(m.role), ID: notOwn(m.id), Blocks: m.blocks, Ext: m.ext}
		if m.phase != "" {
			keep(&msg.Ext, protocol, []byte("phase"), llm.Raw(wirejson.AppendText(nil, m.phase)))
		}
		t.message(msg)
		return nil
	case "assistant":
		m.id = notOwn(m.id)
		t.assistant(m.assistantBlocks(), true)
		return nil
	case "":
		return missing(path + ".role")
	}
	return badValue(path+".role", m.role, "user", "assistant", "system", "developer")
}

// forgetOwnID takes out an id that we made: no upstream knows it. Native items
// keep theirs; a reference is nothing but its id.
func forgetOwnID(b llm.Block) {
	switch b := b.(type) {
	case *llm.Opaque, *llm.ServerToolResult:
		return
	case *llm.ToolCall:
		if b.Kind == llm.ToolServer {
			return
		}
	}
	a := b.Common()
	a.ID = notOwn(a.ID)
}

// keepArguments makes sure that the input of a function is a JSON object, which
// other protocols embed as such. The API takes any text, and clients replay
// calls that were cut short; what is not an object is kept beside its wrapping.
func keepArguments(c *llm.ToolCall) {
	if c.Kind != llm.ToolFunction || wirejson.KindOf(c.Input) == '{' && wirejson.Check(c.Input) == nil {
		return
	}
	quoted := llm.Raw(wirejson.AppendText(nil, c.Input))
	keep(&c.Ext, markScope, []byte("arguments"), quoted)
	wrapped := wirejson.AppendName([]byte("{"), "arguments")
	c.Input = append(append(wrapped, quoted...), '}')
}
