package anthropic

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// tools writes the tools member.
func (e *requestEncoder) tools() {
	offered := e.offered()
	if len(offered) == 0 {
		if names := e.historyTools(); len(names) > 0 {
			e.declare(names)
		}
		return
	}
	e.w.begin("tools", '[')
	for _, i := range offered {
		e.tool(&e.req.Tools[i], index("tools", i))
	}
	e.w.close(']')
}

// offered returns the indices of the tools that can be offered: those the API
// can say and, because it has no allowed set, those the client allows.
func (e *requestEncoder) offered() []int {
	var out []int
	c := e.req.ToolChoice
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		if t.Kind == llm.ToolServer && !native(t.Native) {
			continue
		}
		if c != nil && c.Mode == llm.ToolModeAllowed && !slices.Contains(c.Allowed, t.Name) &&
			!slices.Contains(c.Allowed, wireName(t.Namespace, t.Name)) {
			continue
		}
		out = append(out, i)
	}
	return out
}

func (e *requestEncoder) tool(t *llm.Tool, path string) {
	e.w.elem('{')
	if t.Kind == llm.ToolServer {
		e.w.b = append(e.w.b[:len(e.w.b)-1], t.Native.Raw...)
		return
	}
	e.w.str("name", wireName(t.Namespace, t.Name))
	e.w.optStr("description", t.Description)
	if t.Kind == llm.ToolCustom {
		e.loss.Approximate("custom_tool", path)
		if t.Grammar != nil {
			e.loss.Drop("tool_grammar", path)
		}
		e.w.raw("input_schema", llm.Raw(freeSchema))
	} else {
		schema := objectSchema(t.Schema)
		if t.Strict != nil && *t.Strict {
			schema = e.enforceable(schema, path)
		}
		e.w.raw("input_schema", schema)
		e.w.optBool("strict", t.Strict)
	}
	e.w.cache(t.Cache)
	e.w.ext(t.Ext)
	e.w.close('}')
	e.foreign(t.Ext, path)
}

// freeSchema is the schema of a tool that takes free text.
const freeSchema = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`

// objectSchema returns a schema that says it is of an object, as the API
// demands of every input_schema.
func objectSchema(s llm.Raw) llm.Raw {
	s = bytes.TrimSpace(s)
	switch {
	case emptyObject(s): // or no object at all
		return llm.Raw(`{"type":"object"}`)
	case wirejson.Member(s, "type") != nil:
		return s
	}
	return append([]byte(`{"type":"object",`), bytes.TrimSpace(s[1:])...)
}

// toolChoice writes tool_choice, which the API takes only beside tools.
func (e *requestEncoder) toolChoice() {
	for i := range e.req.Tools {
		if t := &e.req.Tools[i]; t.Kind == llm.ToolServer && !native(t.Native) {
			e.loss.Drop("server_tool", index("tools", i))
		}
	}
	mode, name := e.toolMode()
	if mode == "" {
		return
	}
	if len(e.offered()) == 0 {
		if mode == "any" || mode == "tool" {
			e.loss.Drop("tool_choice", "tool_choice")
		}
		return
	}
	if mode == nativeMode {
		e.w.raw("tool_choice", e.req.ToolChoice.Native.Raw)
		return
	}
	if e.family.noForce && (mode == "any" || mode == "tool") {
		e.loss.Approximate("tool_choice", "tool_choice")
		mode, name = "auto", ""
	}
	e.w.begin("tool_choice", '{')
	e.w.str("type", mode)
	e.w.optStr("name", name)
	if p := e.req.ParallelTools; p != nil && mode != "none" {
		e.w.bool("disable_parallel_tool_use", !*p)
	}
	if e.req.ToolChoice != nil {
		e.w.ext(e.req.ToolChoice.Ext)
	}
	e.w.close('}')
}

// chosen returns the name on the wire of the tool that a choice names, which
// may stand in a namespace that the choice leaves out.
func (e *requestEncoder) chosen(name string) string {
	for i := range e.req.Tools {
		if t := &e.req.Tools[i]; t.Name == name {
			return wireName(t.Namespace, name)
		}
	}
	return name
}

// nativeMode stands for a tool choice in this protocol's own shape.
const nativeMode = "native"

// toolMode returns the type and name of tool_choice; "" writes none.
func (e *requestEncoder) toolMode() (mode, name string) {
	c := e.req.ToolChoice
	if c == nil {
		if p := e.req.ParallelTools; p != nil && !*p {
			return "auto", ""
		}
		return "", ""
	}
	switch c.Mode {
	case llm.ToolModeNone:
		return "none", ""
	case llm.ToolModeRequired:
		return "any", ""
	case llm.ToolModeNamed:
		return "tool", e.chosen(c.Name)
	case llm.ToolModeAllowed:
		e.loss.Approximate("tool_choice_allowed", "tool_choice")
		if c.AllowedRequired {
			return "any", ""
		}
	case llm.ToolModeNative:
		if !native(c.Native) {
			e.loss.Drop("tool_choice", "tool_choice")
			return "", ""
		}
		return nativeMode, ""
	case llm.ToolModeAuto:
	}
	return "auto", ""
}
