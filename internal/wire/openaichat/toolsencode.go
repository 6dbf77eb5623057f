package openaichat

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// tools writes tools, the choice among them, and whether calls may be parallel.
// The last two are refused where there are no tools.
func (e *requestEncoder) tools() {
	var named, legacy []int
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		switch {
		case t.Kind == llm.ToolServer && !e.serverTool(t, i):
		case e.forbidden(t):
		case marked(t.Ext, markLegacy):
			legacy = append(legacy, i)
		default:
			named = append(named, i)
		}
	}
	if len(legacy) > 0 {
		e.w.Begin("functions", '[')
		for _, i := range legacy {
			e.w.Open('{')
			e.function(&e.req.Tools[i])
			e.w.Close('}')
		}
		e.w.Close(']')
	}
	if len(named) > 0 {
		e.w.Begin("tools", '[')
		for _, i := range named {
			e.tool(&e.req.Tools[i], i)
		}
		e.w.Close(']')
	}
	if len(named)+len(legacy) > 0 {
		e.toolChoice()
	} else if c := e.req.ToolChoice; c != nil && (c.Mode == llm.ToolModeRequired || c.Mode == llm.ToolModeNamed) {
		e.losses.Drop("tool_choice", "tool_choice")
	}
	if len(named) > 0 {
		e.w.OptBool("parallel_tool_calls", e.req.ParallelTools)
	}
}

// serverTool reports whether a tool that the upstream runs can be an element of
// tools. Searching the web is asked for by a member of its own.
func (e *requestEncoder) serverTool(t *llm.Tool, index int) bool {
	const search = "web_search_options"
	switch {
	case isOwn(t.Native) && t.Type == search:
		e.w.Raw(search, t.Native.Raw)
		return false
	case isOwn(t.Native):
		return true
	case isWebSearch(t) && strings.Contains(e.to.Model, "-search"):
		e.losses.Approximate("server_tool", "tools"+wirejson.At(index))
		e.w.Raw(search, llm.Raw("{}"))
		return false
	}
	e.losses.Drop("server_tool", "tools"+wirejson.At(index))
	return false
}

func isWebSearch(t *llm.Tool) bool {
	for _, name := range []string{t.Type, t.Name} {
		if strings.HasPrefix(name, "web_search") || name == "google_search" || name == "googleSearch" {
			return true
		}
	}
	return false
}

// customs reports whether the upstream knows tools that take free text.
func (e *requestEncoder) customs() bool { return e.vendor.reference || !e.vendor.known }

// allows reports whether the upstream takes a set of allowed tools.
func (e *requestEncoder) allows() bool { return e.vendor.reference || !e.vendor.known }

// forbidden reports whether a tool is outside the allowed set, where that can
// only be said by leaving it out.
func (e *requestEncoder) forbidden(t *llm.Tool) bool {
	c := e.req.ToolChoice
	return c != nil && c.Mode == llm.ToolModeAllowed && !e.allows() &&
		!slices.Contains(c.Allowed, t.Name) && !slices.Contains(c.Allowed, wireName(t.Namespace, t.Name))
}

func (e *requestEncoder) tool(t *llm.Tool, index int) {
	e.base, e.where = "tools", place{-1, index}
	switch t.Kind {
	case llm.ToolServer:
		e.w.Elem(t.Native.Raw)
		return
	case llm.ToolCustom:
		e.customTool(t)
		return
	default:
	}
	e.w.Open('{')
	e.w.Str("type", "function")
	e.w.Begin("function", '{')
	e.function(t)
	e.w.Close('}')
	e.cache(t.Cache)
	e.w.Ext(t.Ext, protocol)
	e.w.Close('}')
	e.foreignExt(t.Ext, e.base+wirejson.At(index))
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.w.Str("name", wireName(t.Namespace, t.Name))
	e.w.OptStr("description", t.Description)
	e.w.OptRaw("parameters", t.Schema)
	e.w.OptBool("strict", t.Strict)
	e.w.Ext(t.Ext, innerScope)
}

// freeSchema is the schema of a function that takes free text.
const freeSchema = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`

// customTool writes a tool that takes free text; vendors other than OpenAI get
// a function with one text.
func (e *requestEncoder) customTool(t *llm.Tool) {
	e.w.Open('{')
	if !e.customs() {
		e.approximate("custom_tool")
		if t.Grammar != nil {
			e.drop("tool_grammar")
		}
		e.w.Str("type", "function")
		e.w.Begin("function", '{')
		e.w.Str("name", wireName(t.Namespace, t.Name))
		e.w.OptStr("description", t.Description)
		e.w.Raw("parameters", llm.Raw(freeSchema))
		e.w.B = append(e.w.B, "}}"...)
		e.foreignExt(t.Ext, e.base+wirejson.At(e.where.block))
		return
	}
	e.w.Str("type", "custom")
	e.w.Begin("custom", '{')
	e.w.Str("name", wireName(t.Namespace, t.Name))
	e.w.OptStr("description", t.Description)
	if g := t.Grammar; g != nil {
		e.w.Begin("format", '{')
		e.w.Str("type", "grammar")
		e.w.Begin("grammar", '{')
		e.w.Str("definition", g.Definition)
		e.w.Str("syntax", g.Syntax)
		e.w.B = append(e.w.B, "}}"...)
	}
	e.w.Ext(t.Ext, innerScope)
	e.w.Close('}')
	e.cache(t.Cache)
	e.w.Ext(t.Ext, protocol)
	e.w.Close('}')
	e.foreignExt(t.Ext, e.base+wirejson.At(e.where.block))
}

func (e *requestEncoder) toolChoice() {
	c := e.req.ToolChoice
	if c == nil {
		return
	}
	e.foreignExt(c.Ext, "tool_choice")
	if marked(c.Ext, markLegacy) {
		e.functionChoice(c)
		return
	}
	switch c.Mode {
	case llm.ToolModeAuto, llm.ToolModeNone, llm.ToolModeRequired:
		e.w.Str("tool_choice", string(c.Mode))
	case llm.ToolModeNamed:
		name, kind := e.choiceTool(c.Name, c.Kind)
		e.w.Begin("tool_choice", '{')
		e.w.Str("type", kind)
		e.w.Begin(kind, '{')
		e.w.Str("name", name)
		e.w.Close('}')
		e.w.Ext(c.Ext, protocol)
		e.w.Close('}')
	case llm.ToolModeAllowed:
		e.allowedChoice(c)
	default:
		if isOwn(c.Native) {
			e.w.Raw("tool_choice", c.Native.Raw)
			return
		}
		e.losses.Drop("tool_choice", "tool_choice")
	}
}

func (e *requestEncoder) functionChoice(c *llm.ToolChoice) {
	if c.Mode != llm.ToolModeNamed {
		e.w.Str("function_call", string(c.Mode))
		return
	}
	e.w.Begin("function_call", '{')
	e.w.Str("name", c.Name)
	e.w.Close('}')
}

// choiceTool returns the name on the wire and the type of a tool that is chosen.
func (e *requestEncoder) choiceTool(name string, kind llm.ToolKind) (wire, kindName string) {
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		if t.Name != name && wireName(t.Namespace, t.Name) != name {
			continue
		}
		if kind == "" {
			kind = t.Kind
		}
		name = wireName(t.Namespace, t.Name)
		break
	}
	if kind == llm.ToolCustom && e.customs() {
		return name, "custom"
	}
	return name, "function"
}

func (e *requestEncoder) allowedChoice(c *llm.ToolChoice) {
	mode := "auto"
	if c.AllowedRequired {
		mode = "required"
	}
	if !e.allows() {
		e.losses.Approximate("tool_choice_allowed", "tool_choice")
		e.w.Str("tool_choice", mode)
		return
	}
	if isOwn(c.Native) {
		e.w.Raw("tool_choice", c.Native.Raw)
		return
	}
	e.w.Begin("tool_choice", '{')
	e.w.Str("type", "allowed_tools")
	e.w.Begin("allowed_tools", '{')
	e.w.Str("mode", mode)
	e.w.Begin("tools", '[')
	for _, allowed := range c.Allowed {
		name, kind := e.choiceTool(allowed, "")
		e.w.Open('{')
		e.w.Str("type", kind)
		e.w.Begin(kind, '{')
		e.w.Str("name", name)
		e.w.B = append(e.w.B, "}}"...)
	}
	e.w.B = append(e.w.B, "]}}"...)
}
