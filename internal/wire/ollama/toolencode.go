package ollama

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// wireName is the name of a tool that may stand in a namespace.
func wireName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "__" + name
}

// freeSchema is the schema of a function that stands for a tool of free text.
const freeSchema = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`

// tools writes the tools. The API knows no choice among them: those that must
// not be called are left out, and that one must be called cannot be said.
func (e *requestEncoder) tools() {
	var offered []int
	for i := range e.req.Tools {
		if e.offers(&e.req.Tools[i], "tools"+wirejson.At(i)) {
			offered = append(offered, i)
		}
	}
	e.toolChoice()
	if len(offered) == 0 {
		return
	}
	e.w.Begin("tools", '[')
	for _, i := range offered {
		e.where = "tools" + wirejson.At(i)
		e.tool(&e.req.Tools[i])
	}
	e.w.Close(']')
}

// offers reports whether a tool is said.
func (e *requestEncoder) offers(t *llm.Tool, path string) bool {
	if t.Kind == llm.ToolServer {
		e.losses.Drop("server_tool", path)
		return false
	}
	c := e.req.ToolChoice
	if c == nil {
		return true
	}
	name := wireName(t.Namespace, t.Name)
	switch c.Mode { //nolint:exhaustive // the other modes offer all
	case llm.ToolModeNone:
		return false
	case llm.ToolModeNamed:
		return c.Name == t.Name || c.Name == name
	case llm.ToolModeAllowed:
		return slices.Contains(c.Allowed, t.Name) || slices.Contains(c.Allowed, name)
	}
	return true
}

// toolChoice notes what of the choice is not said by leaving tools out.
func (e *requestEncoder) toolChoice() {
	c := e.req.ToolChoice
	if c == nil {
		return
	}
	switch c.Mode {
	case llm.ToolModeAuto, llm.ToolModeNone:
	case llm.ToolModeNamed:
		e.losses.Approximate("tool_choice", "tool_choice")
	case llm.ToolModeAllowed:
		e.losses.Approximate("tool_choice_allowed", "tool_choice")
	case llm.ToolModeRequired, llm.ToolModeNative:
		e.losses.Drop("tool_choice", "tool_choice")
	}
}

func (e *requestEncoder) tool(t *llm.Tool) {
	e.cache(t.Cache)
	e.foreign(t.Ext, e.where+".")
	e.w.Open('{')
	e.w.Str("type", "function")
	e.w.Begin("function", '{')
	e.w.Str("name", wireName(t.Namespace, t.Name))
	e.w.OptStr("description", t.Description)
	if t.Kind == llm.ToolCustom {
		e.approximate("custom_tool")
		if t.Grammar != nil {
			e.drop("tool_grammar")
		}
		e.w.Raw("parameters", llm.Raw(freeSchema))
	} else {
		e.w.OptRaw("parameters", t.Schema)
		if t.Strict != nil && *t.Strict {
			e.drop("tool_strict")
		}
	}
	e.w.Ext(t.Ext, innerScope)
	e.w.Close('}')
	e.w.Ext(t.Ext, protocol)
	e.w.Close('}')
}

// calls writes the calls of a message.
func (e *requestEncoder) calls(calls []*llm.ToolCall) {
	if len(calls) == 0 {
		return
	}
	e.w.Begin("tool_calls", '[')
	for i, c := range calls {
		e.cache(c.Cache)
		if c.Signature != nil {
			e.drop("foreign_signature")
		}
		writeCall(&e.w, c, i, func(feature string) { e.approximate(feature) })
	}
	e.w.Close(']')
}

// writeCall writes the call with the index as an element.
func writeCall(w *wirejson.Writer, c *llm.ToolCall, index int, approximate func(feature string)) {
	w.Open('{')
	w.OptStr("id", c.CallID)
	w.Begin("function", '{')
	w.Int("index", int64(index))
	w.Str("name", wireName(c.Namespace, c.Name))
	w.Raw("arguments", argumentsOf(c, approximate))
	w.Ext(c.Ext, innerScope)
	w.Close('}')
	w.Ext(c.Ext, protocol)
	w.Close('}')
}

// argumentsOf returns the call's input as an object. Free text, and arguments
// that are no object, which models do write, stand in the one member of
// freeSchema.
func argumentsOf(c *llm.ToolCall, approximate func(feature string)) llm.Raw {
	input := bytes.TrimSpace(c.Input)
	switch {
	case c.Kind == llm.ToolCustom:
		approximate("custom_tool")
		input = c.Input
	case len(input) == 0:
		return llm.Raw("{}")
	case input[0] == '{' && wirejson.Check(input) == nil:
		return input
	default:
		approximate("tool_input")
	}
	return append(wirejson.AppendText([]byte(`{"input":`), input), '}')
}
