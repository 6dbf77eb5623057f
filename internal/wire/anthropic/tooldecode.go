package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func decodeToolUse(v llm.Raw) (llm.Block, error) {
	b := &llm.ToolCall{Kind: llm.ToolFunction, Input: llm.Raw("{}")}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "id":
			b.CallID, err = wantString("id", m)
		case "name":
			b.Name, err = wantString("name", m)
		case "input":
			b.Input, err = decodeInput(m)
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	if b.Name == "" {
		return nil, invalid("name", "must be the name of the tool that was called")
	}
	return b, nil
}

func decodeInput(v llm.Raw) (llm.Raw, error) {
	if wirejson.IsNull(v) {
		return llm.Raw("{}"), nil
	}
	if err := wantKind("input", v, '{', "an object with the tool's arguments"); err != nil {
		return nil, err
	}
	if emptyObject(v) {
		return llm.Raw("{}"), nil
	}
	return v, nil
}

func emptyObject(v llm.Raw) bool {
	for range wirejson.Members(v) {
		return false
	}
	return true
}

// decodeServerToolUse reads a call of a tool that the upstream runs. Native is
// the block without its input, so that it is whole when a stream begins it.
func decodeServerToolUse(v llm.Raw) (llm.Block, error) {
	b := &llm.ToolCall{Kind: llm.ToolServer, Input: llm.Raw("{}")}
	var w writer
	w.open('{')
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "input":
			b.Input, err = decodeInput(m)
		case "id":
			b.CallID, err = wantString("id", m)
			w.raw("id", m)
		case "name":
			b.Name, err = wantString("name", m)
			w.raw("name", m)
		default:
			w.raw(string(name), m)
		}
		if err != nil {
			return nil, err
		}
	}
	w.close('}')
	b.Native = &llm.Native{Protocol: self, Raw: w.b}
	return b, nil
}

func decodeToolResult(v llm.Raw) (llm.Block, error) {
	b := &llm.ToolResult{}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "tool_use_id":
			b.CallID, err = wantString("tool_use_id", m)
		case "is_error":
			var flag *bool
			flag, err = optBool("is_error", m)
			b.IsError = flag != nil && *flag
		case "content":
			if wirejson.IsNull(m) {
				continue
			}
			b.Blocks, err = decodeRequestContent(m)
			err = under(err, "content")
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	if b.CallID == "" {
		return nil, invalid("tool_use_id", "must be the id of the tool call that is answered")
	}
	b.Blocks = withoutBlank(b.Blocks)
	return b, nil
}

func decodeTools(v llm.Raw) ([]llm.Tool, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wantKind("", v, '[', "an array of tools"); err != nil {
		return nil, err
	}
	var tools []llm.Tool
	for i, e := range wirejson.Elements(v) {
		t, err := decodeTool(e)
		if err != nil {
			return nil, under(err, index("", i))
		}
		tools = append(tools, t)
	}
	return tools, nil
}

// decodeTool reads one tool. Tools with a type of the provider's own (server
// tools, and client tools whose schema the provider defines) stay in its shape.
func decodeTool(v llm.Raw) (llm.Tool, error) {
	if err := wantKind("", v, '{', "a tool (an object)"); err != nil {
		return llm.Tool{}, err
	}
	kind, err := optString("type", wirejson.Member(v, "type"))
	if err != nil {
		return llm.Tool{}, err
	}
	if kind != "" && kind != "custom" {
		name, _ := wirejson.Text(wirejson.Member(v, "name"))
		return llm.Tool{
			Kind: llm.ToolServer, Type: kind, Name: name, Native: &llm.Native{Protocol: self, Raw: v},
		}, nil
	}
	return decodeFunctionTool(v)
}

func decodeFunctionTool(v llm.Raw) (llm.Tool, error) {
	t := llm.Tool{Kind: llm.ToolFunction}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "name":
			t.Name, err = wantString("name", m)
		case "description":
			t.Description, err = optString("description", m)
		case "input_schema":
			t.Schema, err = m, wantKind("input_schema", m, '{', "a JSON Schema (an object)")
		case "strict":
			t.Strict, err = optBool("strict", m)
		case "cache_control":
			t.Cache, err = decodeCache(m)
		default:
			t.Ext = addExt(t.Ext, name, m)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, invalid("name", "must be the name of the tool")
	}
	if t.Schema == nil {
		return t, invalid("input_schema", "must be the JSON Schema of the tool's arguments")
	}
	return t, nil
}

var toolModes = map[string]llm.ToolMode{
	"auto": llm.ToolModeAuto, "any": llm.ToolModeRequired, "none": llm.ToolModeNone, "tool": llm.ToolModeNamed,
}

func (d *requestDecoder) toolChoice(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantKind("", v, '{', "an object such as {\"type\":\"auto\"}"); err != nil {
		return err
	}
	kind, err := wantString("type", wirejson.Member(v, "type"))
	if err != nil {
		return err
	}
	mode, known := toolModes[kind]
	if !known {
		d.req.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNative, Native: &llm.Native{Protocol: self, Raw: v}}
		return nil
	}
	c := &llm.ToolChoice{Mode: mode}
	for name, m := range wirejson.Members(v) {
		switch string(name) {
		case "type":
		case "name":
			c.Name, err = wantString("name", m)
		case "disable_parallel_tool_use":
			var off *bool
			off, err = optBool("disable_parallel_tool_use", m)
			if off != nil {
				on := !*off
				d.req.ParallelTools = &on
			}
		default:
			c.Ext = addExt(c.Ext, name, m)
		}
		if err != nil {
			return err
		}
	}
	if mode == llm.ToolModeNamed && c.Name == "" {
		return invalid("name", "must be the name of the tool to call when type is \"tool\"")
	}
	d.req.ToolChoice = c
	return nil
}
