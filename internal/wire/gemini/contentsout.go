package gemini

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// skipSignature is what the API takes in place of a signature it never issued,
// for calls of other models in the history of a model that checks them
// (ai.google.dev/gemini-api/docs/thought-signatures, FAQ).
const skipSignature = "skip_thought_signature_validator"

// outTurn is one content to be written.
type outTurn struct {
	assistant bool
	results   []llm.Block // function responses, which come first
	rest      []llm.Block
	ext       llm.Ext
}

// turns brings the messages into the form of contents: roles alternate,
// results come first in the turn that follows their calls, and what the API
// cannot say is left out with a loss.
func (e *encoder) turns() []outTurn {
	var out []outTurn
	var ids pairing
	leading := true // only instructions so far, which are the system instruction's
	for i := range e.req.Messages {
		m := &e.req.Messages[i]
		at := place("messages[%d]", i)
		if m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper {
			if leading {
				continue
			}
			e.losses.Approximate("system_position", at)
		}
		leading = false
		if m.Name != "" {
			e.losses.Drop("message_name", at+".name")
		}
		e.foreign(m.Ext, at)
		t := outTurn{assistant: m.Role == llm.RoleAssistant, ext: own(m.Ext)}
		if t.assistant && (len(out) == 0 || !out[len(out)-1].assistant) {
			ids.turns++
		}
		e.fill(&t, m, at, &ids)
		out = appendTurn(out, t)
	}
	for i := range out {
		out[i].rest = pruneRest(out[i])
	}
	if e.model.checksSignatures() {
		e.vouch(out)
	}
	return out
}

func own(ext llm.Ext) llm.Ext { return ext.For(llm.Gemini) }

// fill translates the blocks of one message.
func (e *encoder) fill(t *outTurn, m *llm.Message, at string, ids *pairing) {
	for j, b := range m.Blocks {
		at := place("%s.content[%d]", at, j)
		switch b := b.(type) {
		case *llm.ToolCall:
			c := e.call(b, at)
			if c != nil {
				ids.calls([]llm.Block{c})
				t.rest = append(t.rest, c)
			}
		case *llm.ToolResult:
			r, beside := e.result(b, at, ids)
			t.results = append(t.results, r)
			t.rest = append(t.rest, beside...)
		default:
			if s := e.sayable(b, at); s != nil {
				t.rest = append(t.rest, s)
			}
		}
	}
}

// appendTurn adds t, joined to the turn before it where they are one role's.
func appendTurn(out []outTurn, t outTurn) []outTurn {
	if len(t.results)+len(t.rest) == 0 {
		return out
	}
	if len(out) == 0 || !out[len(out)-1].joins(t) {
		return append(out, t)
	}
	last := &out[len(out)-1]
	last.results = append(last.results, t.results...)
	last.rest = append(last.rest, t.rest...)
	return out
}

// joins reports whether next goes on the turn. Unknown members keep their
// content apart, but the results and the rest of one content belong together.
func (t *outTurn) joins(next outTurn) bool {
	if t.assistant != next.assistant || len(next.ext) > 0 {
		return false
	}
	return len(t.ext) == 0 || len(t.rest) == 0 && len(next.results) == 0
}

// pruneRest prunes a turn whose results, if any, are content enough.
func pruneRest(t outTurn) []llm.Block {
	pruned := prune(t.rest)
	if len(t.results) > 0 && len(pruned) == 1 {
		if b, ok := pruned[0].(*llm.Text); ok && b.Text == "" && b.Signature == nil && len(b.Ext) == 0 {
			return nil
		}
	}
	return pruned
}

// vouch puts the stand-in signature on the first call of each model turn of
// the current exchange that has none: the model refuses the request otherwise.
func (e *encoder) vouch(turns []outTurn) {
	start := 0
	for i := range turns {
		if !turns[i].assistant && len(turns[i].results) == 0 {
			start = i
		}
	}
	for i := start; i < len(turns); i++ {
		for j, b := range turns[i].rest {
			c, ok := b.(*llm.ToolCall)
			if !ok || c.Kind == llm.ToolServer {
				continue
			}
			if c.Signature == nil {
				signed := *c
				signed.Signature = &llm.Signature{Data: skipSignature, Origin: llm.Origin{Protocol: llm.Gemini}}
				turns[i].rest[j] = &signed
				e.losses.Default("thought_signature", "messages.tool_calls."+c.CallID)
			}
			break
		}
	}
}

// system returns the system instruction, a content without role; nil when
// there is none. The API wants at least one content: a request that has only
// instructions asks them as the user.
func (e *encoder) system(turns *[]outTurn) llm.Raw {
	var blocks []llm.Block
	add := func(list []llm.Block, at string) {
		for j, b := range list {
			if s := e.instruction(b, place("%s[%d]", at, j)); s != nil {
				blocks = append(blocks, s)
			}
		}
	}
	add(e.req.System, "system")
	for i := range e.req.Messages {
		m := &e.req.Messages[i]
		if m.Role != llm.RoleSystem && m.Role != llm.RoleDeveloper {
			break
		}
		if m.Name != "" {
			e.losses.Drop("message_name", place("messages[%d].name", i))
		}
		add(m.Blocks, place("messages[%d].content", i))
	}
	blocks = prune(blocks)
	if len(blocks) == 0 {
		return nil
	}
	if len(*turns) == 0 {
		e.losses.Approximate("system_position", "system")
		*turns = []outTurn{{rest: blocks}}
		return nil
	}
	return jsonOf(func(w *writer) {
		w.open('{')
		w.parts(blocks)
		w.under(e.req.Ext, "systemInstruction")
		w.shut('}')
	})
}

// instruction translates a block of the system instruction, which is text.
func (e *encoder) instruction(b llm.Block, at string) llm.Block {
	switch b.(type) {
	case *llm.Text, *llm.Refusal, *llm.Opaque:
		return e.sayable(b, at)
	}
	e.losses.Drop("system_media", at)
	return nil
}

func (e *encoder) contents(turns []outTurn) {
	e.array("contents", func() {
		for _, t := range turns {
			e.elem()
			e.open('{')
			role := "user"
			if t.assistant {
				role = "model"
			}
			e.str("role", role)
			e.parts(append(slices.Clip(t.results), t.rest...))
			e.ext(t.ext)
			e.shut('}')
		}
	})
}

// call translates a call; nil when the API cannot say it.
func (e *encoder) call(c *llm.ToolCall, at string) *llm.ToolCall {
	e.attrs(&c.Attrs, at)
	if c.Kind == llm.ToolServer {
		if c.Native != nil && c.Native.Protocol == llm.Gemini {
			out := *c
			return &out
		}
		e.losses.Drop("server_tool", at)
		return nil
	}
	out := *c
	out.Name, out.Namespace = e.toolName(c.Namespace, c.Name, at), ""
	out.Signature = e.signature(c.Signature, at)
	out.Input = e.arguments(c, at)
	return &out
}

// arguments returns the call's input as an object: {} for none, and what is no
// object under the name "input", which is how free-form tools are offered.
func (e *encoder) arguments(c *llm.ToolCall, at string) llm.Raw {
	text := strings.TrimSpace(string(c.Input))
	switch {
	case c.Kind != llm.ToolCustom && text == "":
		return llm.Raw("{}")
	case c.Kind != llm.ToolCustom && isObject([]byte(text)):
		return llm.Raw(text)
	case c.Kind != llm.ToolCustom:
		e.losses.Approximate("tool_input", at)
	}
	return jsonOf(func(w *writer) {
		w.open('{')
		w.str("input", string(c.Input))
		w.shut('}')
	})
}

// result translates a tool result. Media that an older model cannot take
// inside it come back to stand beside it.
func (e *encoder) result(r *llm.ToolResult, at string, ids *pairing) (*llm.ToolResult, []llm.Block) {
	e.attrs(&r.Attrs, at)
	out := *r
	if out.Name != "" {
		out.Name = legalName(out.Name)
	}
	ids.result(&out)
	if out.Name == "" {
		out.Name = "tool"
		e.losses.Default("tool_result_name", at)
	}
	text, texts, others := resultText(r)
	if texts > 1 {
		e.losses.Approximate("tool_result_parts", at)
	}
	out.Blocks = nil
	if text != "" {
		out.Blocks = append(out.Blocks, &llm.Text{Text: text})
	}
	var beside []llm.Block
	for j, b := range others {
		s := e.sayable(b, place("%s.content[%d]", at, j))
		switch {
		case s == nil:
		case e.model.before3():
			e.losses.Approximate("tool_result_media", at)
			beside = append(beside, s)
		default:
			out.Blocks = append(out.Blocks, s)
		}
	}
	return &out, beside
}
