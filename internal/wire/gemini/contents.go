package gemini

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// madeID is the prefix of ids given to calls of a request that came without.
const madeID = "call_gmq_"

// content is one entry of contents.
type content struct {
	role  string
	parts llm.Raw
}

var contentFields = map[string]field[content]{
	"role":  into(str, func(c *content, s string) { c.role = s }),
	"parts": into(array, func(c *content, v llm.Raw) { c.parts = v }),
}

// turn is what adjacent contents of one role amount to.
type turn struct {
	assistant bool
	blocks    []llm.Block
	ext       llm.Ext
}

// decodeContents reads the conversation.
func decodeContents(raw llm.Raw) ([]llm.Message, error) {
	var turns []turn
	err := eachElement(raw, func(v llm.Raw) error {
		t, err := decodeContent(v)
		if err != nil || len(t.blocks) == 0 {
			return err
		}
		if n := len(turns); n > 0 && turns[n-1].joins(t) {
			turns[n-1].blocks = append(turns[n-1].blocks, t.blocks...)
			return nil
		}
		turns = append(turns, t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []llm.Message
	var ids pairing
	for i := range turns {
		turns[i].blocks = prune(turns[i].blocks)
		out = turns[i].messages(out, &ids)
	}
	return out, nil
}

// joins reports whether next continues the turn.
func (t *turn) joins(next turn) bool {
	return t.assistant == next.assistant && len(t.ext) == 0 && len(next.ext) == 0
}

func decodeContent(raw llm.Raw) (turn, error) {
	c := content{}
	ext, err := decodeObject(&c, raw, contentFields)
	if err != nil {
		return turn{}, err
	}
	t := turn{ext: ext}
	switch c.role {
	case "", "user", "function", "tool":
	case "model":
		t.assistant = true
	default:
		return turn{}, wrong("role", "is %.40q; it must be user or model", c.role)
	}
	if c.parts != nil {
		t.blocks, err = decodeParts(c.parts)
	}
	return t, in("parts", err)
}

func decodeParts(raw llm.Raw) ([]llm.Block, error) {
	var out []llm.Block
	err := eachElement(raw, func(v llm.Raw) error {
		p, err := parsePart(v)
		if err != nil {
			return err
		}
		b, err := p.block()
		if b != nil && err == nil {
			out = append(out, b)
		}
		return err
	})
	return out, err
}

// prune leaves out empty texts, which the API refuses, unless nothing else is
// there, and puts a signature that stands alone on the text before it.
func prune(blocks []llm.Block) []llm.Block {
	var out []llm.Block
	for _, b := range blocks {
		t, ok := b.(*llm.Text)
		if !ok || t.Text != "" || len(t.Ext) > 0 {
			out = append(out, b)
			continue
		}
		if t.Signature == nil {
			continue
		}
		if last, ok := lastOf(out).(*llm.Text); ok && last.Signature == nil && last.Text != "" {
			signed := *last
			signed.Signature = t.Signature
			out[len(out)-1] = &signed
			continue
		}
		out = append(out, b)
	}
	if len(out) == 0 && len(blocks) > 0 {
		return blocks[:1]
	}
	return out
}

func lastOf(blocks []llm.Block) llm.Block {
	if len(blocks) == 0 {
		return nil
	}
	return blocks[len(blocks)-1]
}

// messages appends the turn as messages: an assistant's as one, a user's as
// the results first and the rest after them.
func (t *turn) messages(out []llm.Message, ids *pairing) []llm.Message {
	if t.assistant {
		ids.turns++
		ids.calls(t.blocks)
		return append(out, llm.Message{Role: llm.RoleAssistant, Blocks: t.blocks, Ext: t.ext})
	}
	var results, rest []llm.Block
	for _, b := range t.blocks {
		if r, ok := b.(*llm.ToolResult); ok {
			ids.result(r)
			results = append(results, b)
			continue
		}
		rest = append(rest, b)
	}
	ext := t.ext
	if len(results) > 0 {
		out = append(out, llm.Message{Role: llm.RoleTool, Blocks: results, Ext: ext})
		ext = nil
	}
	if len(rest) > 0 {
		out = append(out, llm.Message{Role: llm.RoleUser, Blocks: rest, Ext: ext})
	}
	return out
}

// pairing gives calls without id one and finds the call of each result.
type pairing struct {
	open  []*pendingCall // unanswered, in order
	made  int
	turns int
	exec  string // id of the last server call, for a result without id
}

type pendingCall struct {
	id, name string
	turn     int
}

func (p *pairing) next() string {
	id := madeID + strconv.Itoa(p.made)
	p.made++
	return id
}

// calls takes note of calls of the present assistant turn.
func (p *pairing) calls(blocks []llm.Block) {
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.ToolCall:
			if b.CallID == "" {
				b.CallID = p.next()
			}
			if b.Kind == llm.ToolServer {
				p.exec = b.CallID
				continue
			}
			p.open = append(p.open, &pendingCall{id: b.CallID, name: b.Name, turn: p.turns})
		case *llm.ServerToolResult:
			if b.CallID == "" {
				b.CallID = p.exec
			}
		}
	}
}

// result finds the call that r answers: by id, else by name, the first
// unanswered one of the latest turn that has one, else where the id was given
// as the name. The result gets the call's id and name.
func (p *pairing) result(r *llm.ToolResult) {
	best := -1
	for i, c := range p.open {
		if r.CallID != "" && c.id == r.CallID {
			best = i
			break
		}
	}
	if best < 0 {
		best = p.byName(r.Name)
	}
	if best < 0 && r.CallID == "" {
		best = p.byID(r.Name)
	}
	if best < 0 {
		if r.CallID == "" {
			r.CallID = p.next()
		}
		return
	}
	c := p.open[best]
	r.CallID, r.Name = c.id, c.name
	p.open = append(p.open[:best], p.open[best+1:]...)
}

func (p *pairing) byName(name string) int {
	best, turn := -1, 0
	for i, c := range p.open {
		if c.name == name && c.turn > turn {
			best, turn = i, c.turn
		}
	}
	return best
}

func (p *pairing) byID(id string) int {
	for i, c := range p.open {
		if c.id == id {
			return i
		}
	}
	return -1
}
