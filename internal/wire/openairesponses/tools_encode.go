package openairesponses

import (
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// tools appends tools, the choice among them, and whether calls may be parallel.
func (e *requestEncoder) tools(b []byte) []byte {
	if tools := listed(e.req.Tools); len(tools) > 0 {
		b = appendTools(wirejson.AppendName(b, "tools"), tools, &e.losses)
	}
	if c := e.req.ToolChoice; c != nil {
		b = appendToolChoice(b, c, e.req.Tools, &e.losses)
	}
	return appendBool(b, "parallel_tool_calls", e.req.ParallelTools)
}

// appendTools appends the array of tools, those of a namespace in their group.
func appendTools(b []byte, tools []llm.Tool, losses *llm.Losses) []byte {
	b = append(b, '[')
	open := ""
	for i := range tools {
		t := &tools[i]
		if open != "" && (t.Namespace != open || hasScope(t.Ext, groupScope)) {
			b, open = append(b, "]}"...), ""
		}
		if t.Namespace != "" && open == "" {
			open = t.Namespace
			b = appendMember(appendType(b, "namespace"), "name", t.Namespace)
			b = appendExt(b, t.Ext, groupScope)
			b = append(wirejson.AppendName(b, "tools"), '[')
		}
		b = appendTool(b, t, "tools["+strconv.Itoa(i)+"]", losses)
	}
	if open != "" {
		b = append(b, "]}"...)
	}
	return append(b, ']')
}

func appendTool(b []byte, t *llm.Tool, path string, losses *llm.Losses) []byte {
	if t.Cache != nil {
		losses.Drop("cache_mark", path)
	}
	noteForeign(losses, t.Ext, path)
	switch t.Kind { //nolint:exhaustive // functions are below
	case llm.ToolServer:
		return appendServerTool(b, t, path, losses)
	case llm.ToolCustom:
		return appendCustomTool(b, t)
	}
	b = appendMember(appendType(b, "function"), "name", t.Name)
	b = appendOptional(b, "description", t.Description)
	schema := t.Schema
	if schema == nil {
		schema = llm.Raw("null")
	}
	b = appendRaw(b, "parameters", schema)
	switch {
	case t.Strict != nil:
		b = appendBool(b, "strict", t.Strict)
	case ownMember(t.Ext, markScope, "strict") == nil:
		// Elsewhere a tool is not strict unless it says so; here it would be.
		b = append(b, `,"strict":false`...)
	default:
		b = append(b, `,"strict":null`...)
	}
	return append(appendExt(b, t.Ext, protocol), '}')
}

func appendCustomTool(b []byte, t *llm.Tool) []byte {
	b = appendMember(appendType(b, "custom"), "name", t.Name)
	b = appendOptional(b, "description", t.Description)
	if g := t.Grammar; g != nil {
		b = append(wirejson.AppendName(b, "format"), `{"type":"grammar"`...)
		b = appendMember(b, "syntax", g.Syntax)
		b = append(appendMember(b, "definition", g.Definition), '}')
	}
	return append(appendExt(b, t.Ext, protocol), '}')
}

// appendServerTool appends a hosted tool. Web search, which all big vendors
// have, is translated; the rest cannot be.
func appendServerTool(b []byte, t *llm.Tool, path string, losses *llm.Losses) []byte {
	if isOwn(t.Native) {
		return append(wirejson.AppendSep(b), t.Native.Raw...)
	}
	if isWebSearch(t.Type) || isWebSearch(t.Name) {
		losses.Approximate("server_tool", path)
		return append(appendType(b, "web_search"), '}')
	}
	losses.Drop("server_tool", path)
	return b
}

func isWebSearch(name string) bool {
	return strings.HasPrefix(name, "web_search") || name == "google_search" || name == "googleSearch"
}

func appendToolChoice(b []byte, c *llm.ToolChoice, tools []llm.Tool, losses *llm.Losses) []byte {
	if isOwn(c.Native) {
		return appendRaw(b, "tool_choice", c.Native.Raw)
	}
	switch c.Mode { //nolint:exhaustive // native choices are taken before
	case llm.ToolModeAuto, llm.ToolModeNone, llm.ToolModeRequired:
		return appendMember(b, "tool_choice", string(c.Mode))
	case llm.ToolModeNamed:
		b = wirejson.AppendName(b, "tool_choice")
		b = append(b, `{"type":"`...)
		b = append(append(b, choiceKind(c.Kind, c.Name, tools)...), '"')
		b = appendMember(b, "name", c.Name)
		return append(appendExt(b, c.Ext, protocol), '}')
	case llm.ToolModeAllowed:
		mode := "auto"
		if c.AllowedRequired {
			mode = "required"
		}
		b = append(wirejson.AppendName(b, "tool_choice"), `{"type":"allowed_tools"`...)
		b = append(wirejson.AppendName(appendMember(b, "mode", mode), "tools"), '[')
		for _, name := range c.Allowed {
			b = appendType(b, choiceKind("", name, tools))
			b = append(appendMember(b, "name", name), '}')
		}
		return append(b, "]}"...)
	}
	losses.Drop("tool_choice", "tool_choice")
	return b
}

// choiceKind is the type that a choice names a tool by.
func choiceKind(kind llm.ToolKind, name string, tools []llm.Tool) string {
	for i := range tools {
		if kind == "" && tools[i].Name == name {
			kind = tools[i].Kind
		}
	}
	if kind == llm.ToolCustom {
		return "custom"
	}
	return "function"
}
