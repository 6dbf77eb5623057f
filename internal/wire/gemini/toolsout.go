package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// freeText is the schema under which a free-form tool is offered: the API has
// functions only.
const freeText = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}`

// standIns maps the beginnings of other protocols' server tools to those of
// this one that do the same.
var standIns = []struct{ prefix, tool string }{
	{"web_search", "googleSearch"},
	{"openrouter:web_search", "googleSearch"},
	{"web_fetch", "urlContext"},
	{"code_execution", "codeExecution"},
	{"code_interpreter", "codeExecution"},
}

// tools writes one entry with all functions and one for each server tool.
func (e *encoder) tools() {
	var functions []int
	var server []llm.Raw
	for i := range e.req.Tools {
		t := &e.req.Tools[i]
		at := place("tools[%d]", i)
		if t.Cache != nil {
			e.losses.Drop("cache_mark", at)
		}
		e.foreign(t.Ext, at)
		if t.Kind != llm.ToolServer {
			functions = append(functions, i)
			continue
		}
		if own := e.serverTool(t, at); own != nil {
			server = append(server, own)
		}
	}
	if len(functions)+len(server) == 0 {
		return
	}
	e.array("tools", func() {
		if len(functions) > 0 {
			e.elem()
			e.open('{')
			e.array("functionDeclarations", func() {
				for _, i := range functions {
					e.elem()
					e.declaration(&e.req.Tools[i], place("tools[%d]", i))
				}
			})
			e.shut('}')
		}
		for _, v := range server {
			e.elem()
			e.value(v)
		}
	})
}

// serverTool returns the entry of a server tool: its own, or that of a tool
// that does the same. The API refuses its own tools beside functions unless
// the client is prepared for it, so a stand-in gives way to functions.
func (e *encoder) serverTool(t *llm.Tool, at string) llm.Raw {
	if t.Native != nil && t.Native.Protocol == llm.Gemini {
		return t.Native.Raw
	}
	name := t.Type
	if name == "" {
		name = t.Name
	}
	for _, s := range standIns {
		if strings.HasPrefix(name, s.prefix) && !e.hasFunctions() {
			e.losses.Approximate("server_tool", at)
			return llm.Raw(`{"` + s.tool + `":{}}`)
		}
	}
	e.losses.Drop("server_tool", at)
	return nil
}

func (e *encoder) hasFunctions() bool {
	for i := range e.req.Tools {
		if e.req.Tools[i].Kind != llm.ToolServer {
			return true
		}
	}
	return false
}

func (e *encoder) declaration(t *llm.Tool, at string) {
	e.open('{')
	e.str("name", e.toolName(t.Namespace, t.Name, at))
	e.strIf("description", t.Description)
	if t.Strict != nil && *t.Strict {
		e.losses.Drop("tool_strict", at+".strict")
	}
	if t.Grammar != nil {
		e.losses.Drop("tool_grammar", at+".grammar")
	}
	if t.Kind == llm.ToolCustom {
		e.losses.Approximate("custom_tool", at)
		e.schema(llm.Raw(freeText), at)
	} else {
		e.parameters(t, at)
	}
	e.ext(t.Ext, "parameters", "parametersJsonSchema")
	e.shut('}')
}

func (e *encoder) parameters(t *llm.Tool, at string) {
	for _, name := range []string{"parameters", "parametersJsonSchema"} {
		if own, ok := get(t.Ext, name); ok && string(toJSONSchema(own)) == string(t.Schema) {
			e.raw(name, own)
			return
		}
	}
	e.schema(t.Schema, at)
}

func (e *encoder) schema(schema llm.Raw, at string) {
	if len(schema) == 0 || wirejson.IsNull(schema) {
		return
	}
	if !isObject(schema) {
		e.losses.Drop("schema", at+".parameters")
		return
	}
	if !e.codec.SchemaSubset {
		e.raw("parametersJsonSchema", schema)
		return
	}
	s, lossy := e.codec.schemas.clean(schema, useParameters)
	schemaLoss(&e.losses, lossy, at+".parameters")
	if s != nil {
		e.raw("parameters", s)
	}
}

// maxName is the length of a function's name, in bytes.
const maxName = 128

// toolName returns a name the API takes: letters, digits, "_", ".", ":" and
// "-", beginning with a letter or underscore, of at most 128 bytes.
func (e *encoder) toolName(namespace, name, at string) string {
	if namespace != "" {
		name = namespace + "__" + name
	}
	legal := legalName(name)
	if legal != name {
		e.losses.Approximate("tool_name", at+".name")
	}
	return legal
}

func legalName(name string) string {
	b := []byte(name)
	for i, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && c != '.' && c != ':' && c != '-' {
			b[i] = '_'
		}
	}
	if len(b) == 0 || b[0] >= '0' && b[0] <= '9' || b[0] == '.' || b[0] == ':' || b[0] == '-' {
		b = append([]byte{'_'}, b...)
	}
	return string(b[:min(len(b), maxName)])
}

func (e *encoder) toolConfig() {
	e.nonEmpty("toolConfig", func() {
		if c := e.req.ToolChoice; c != nil {
			e.nonEmpty("functionCallingConfig", func() { e.choice(c) })
		}
		e.under(e.req.Ext, "toolConfig")
	})
}

// namespaceOf returns the namespace of the tool that a choice names without it.
func (e *encoder) namespaceOf(name string) string {
	for i := range e.req.Tools {
		if e.req.Tools[i].Name == name {
			return e.req.Tools[i].Namespace
		}
	}
	return ""
}

func (e *encoder) choice(c *llm.ToolChoice) {
	e.foreign(c.Ext, "tool_choice")
	named := c.Mode == llm.ToolModeNamed
	if c.Mode == llm.ToolModeNative || named && c.Kind == llm.ToolServer {
		e.losses.Drop("tool_choice", "tool_choice")
		return
	}
	if own, ok := get(c.Ext, "mode"); ok {
		e.raw("mode", own)
	} else {
		e.str("mode", modeOf(c))
	}
	allowed := c.Allowed
	if named {
		allowed = []string{c.Name}
	}
	if len(allowed) > 0 {
		e.array("allowedFunctionNames", func() {
			for _, name := range allowed {
				e.elem()
				e.quote(e.toolName(e.namespaceOf(name), name, "tool_choice"))
			}
		})
	}
	if _, ok := get(c.Ext, "streamFunctionCallArguments"); ok {
		// Arguments that come in pieces by JSON path are not decoded; the
		// stream tells them whole.
		e.losses.Drop("stream_tool_args", "tool_choice.streamFunctionCallArguments")
	}
	e.ext(c.Ext, "mode", "streamFunctionCallArguments")
}
