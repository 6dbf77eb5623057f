package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

// blockAt is a block and where it stands in the canonical messages.
type blockAt struct {
	block        llm.Block
	message, pos int
}

// turn is one message of the protocol.
type turn struct {
	role    string
	results []blockAt // tool results, which the API wants first
	rest    []blockAt
	ext     llm.Ext
}

// conversation writes the system member and returns the turns: messages of one
// wire role joined (results of parallel calls in one turn), system messages
// moved to the top unless they were asked to stay.
func (e *requestEncoder) conversation() []turn {
	var turns []turn
	system := make([]blockAt, 0, len(e.req.System))
	for i, b := range e.req.System {
		system = append(system, blockAt{b, -1, i})
	}
	for i := range e.req.Messages {
		m := &e.req.Messages[i]
		if m.Name != "" {
			e.loss.Drop("message_name", index("messages", i))
		}
		e.foreign(m.Ext, index("messages", i))
		inline := marked(m.Ext, "role") != nil
		if (m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper) && !inline {
			if len(turns) > 0 {
				e.loss.Approximate("system_position", index("messages", i))
			}
			system = appendBlocks(system, m, i)
			continue
		}
		role := wireRole(m.Role)
		ext := m.Ext.For(self)
		last := len(turns) - 1
		if last < 0 || turns[last].role != role || role == "system" || len(ext) > 0 || len(turns[last].ext) > 0 {
			turns = append(turns, turn{role: role, ext: ext})
			last++
		}
		turns[last].add(m, i)
	}
	e.writeSystem(system)
	return turns
}

func appendBlocks(dst []blockAt, m *llm.Message, i int) []blockAt {
	for j, b := range m.Blocks {
		dst = append(dst, blockAt{b, i, j})
	}
	return dst
}

func (t *turn) add(m *llm.Message, i int) {
	for j, b := range m.Blocks {
		at := blockAt{b, i, j}
		if _, ok := b.(*llm.ToolResult); ok {
			t.results = append(t.results, at)
		} else {
			t.rest = append(t.rest, at)
		}
	}
}

func wireRole(r llm.Role) string {
	switch r {
	case llm.RoleAssistant:
		return "assistant"
	case llm.RoleSystem, llm.RoleDeveloper:
		return "system"
	case llm.RoleUser, llm.RoleTool:
	}
	return "user"
}

// writeSystem writes the system member.
func (e *requestEncoder) writeSystem(blocks []blockAt) {
	if len(blocks) == 0 {
		return
	}
	start := len(e.w.b)
	e.w.begin("system", '[')
	empty := len(e.w.b)
	for _, at := range blocks {
		e.place(at)
		switch at.block.(type) {
		case *llm.Text, *llm.Refusal, *llm.Opaque:
			e.put(at.block)
		default:
			e.drop("system_media")
		}
	}
	if len(e.w.b) == empty {
		e.w.b = e.w.b[:start]
		return
	}
	e.w.close(']')
}

func (e *requestEncoder) place(at blockAt) {
	e.message, e.block, e.system = at.message, at.pos, at.message < 0
}

// messages writes the messages member and reports whether it holds any. A turn
// of which nothing can be said is left out, and those beside it are joined.
func (e *requestEncoder) messages(turns []turn) bool {
	e.w.begin("messages", '[')
	lastRole, wrote := "", false
	for i := range turns {
		t := &turns[i]
		start := len(e.w.b)
		joined := wrote && t.role == lastRole && t.role != "system" && len(t.ext) == 0
		if joined {
			e.w.b = e.w.b[:start-len("]}")]
		} else {
			e.w.elem('{')
			e.w.str("role", t.role)
			e.w.ext(t.ext)
			e.w.begin("content", '[')
		}
		empty := len(e.w.b)
		for _, at := range append(t.results, t.rest...) {
			e.place(at)
			e.inTurn(t.role, at.block)
		}
		if len(e.w.b) == empty {
			if joined {
				e.w.close(']')
				e.w.close('}')
			} else {
				e.w.b = e.w.b[:start]
			}
			continue
		}
		e.w.close(']')
		e.w.close('}')
		lastRole, wrote = t.role, true
		if len(t.ext) > 0 {
			lastRole = "" // nothing may join a message with members of its own
		}
	}
	e.w.close(']')
	return wrote
}

// inTurn writes a block if it may stand in a turn of the role.
func (e *requestEncoder) inTurn(role string, b llm.Block) {
	if m, ok := b.(*llm.Media); ok && role != "user" {
		if role == "system" {
			e.drop("system_media")
		} else {
			e.drop(string(m.Kind) + "_out")
		}
		return
	}
	e.put(b)
}
