package openairesponses

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func decodeTools(r *llm.Request, v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	tools, err := decodeToolList(v, "tools")
	r.Tools = append(r.Tools, tools...)
	return err
}

// decodeToolList reads an array of tools and of namespaces of them.
func decodeToolList(v llm.Raw, list string) ([]llm.Tool, error) {
	if err := wantArray(list, v); err != nil {
		return nil, err
	}
	var tools []llm.Tool
	for i, e := range wirejson.Elements(v) {
		path := at(list, i)
		kind, err := toolType(e, path)
		if err != nil {
			return nil, err
		}
		if kind != "namespace" {
			t, err := decodeTool(kind, e, path)
			if err != nil {
				return nil, err
			}
			tools = append(tools, t)
			continue
		}
		group, err := decodeNamespace(e, path)
		if err != nil {
			return nil, err
		}
		tools = append(tools, group...)
	}
	return tools, nil
}

func toolType(v llm.Raw, path string) (string, error) {
	if err := wantObject(path, v); err != nil {
		return "", err
	}
	kind, err := wantText(path+".type", wirejson.Member(v, "type"))
	if err == nil && kind == "" {
		err = missing(path + ".type")
	}
	return kind, err
}

func decodeTool(kind string, raw llm.Raw, path string) (llm.Tool, error) {
	switch kind {
	case "function":
		return decodeFunctionTool(raw, path)
	case "custom":
		return decodeCustomTool(raw, path)
	}
	return llm.Tool{Kind: llm.ToolServer, Name: hostedToolName(kind), Type: kind, Native: native(raw)}, nil
}

// hostedToolName is the tool's name without the version its type may carry.
func hostedToolName(kind string) string {
	if strings.HasPrefix(kind, "web_search") {
		return "web_search"
	}
	return kind
}

func decodeFunctionTool(raw llm.Raw, path string) (llm.Tool, error) {
	t := llm.Tool{Kind: llm.ToolFunction}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "name":
			t.Name, err = wantText(path+".name", v)
		case "description":
			t.Description, err = wantText(path+".description", v)
		case "parameters":
			if !wirejson.IsNull(v) {
				err = wantObject(path+".parameters", v)
				t.Schema = v
			}
		case "strict":
			t.Strict, err = wantBool(path+".strict", v)
		default:
			keep(&t.Ext, protocol, name, v)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, missing(path + ".name")
	}
	if t.Strict == nil {
		// Not saying strict means something else here ("as far as the schema
		// allows") than elsewhere ("no"); the mark lets it go out as it came.
		keep(&t.Ext, markScope, []byte("strict"), llm.Raw("null"))
	}
	return t, nil
}

func decodeCustomTool(raw llm.Raw, path string) (llm.Tool, error) {
	t := llm.Tool{Kind: llm.ToolCustom}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "name":
			t.Name, err = wantText(path+".name", v)
		case "description":
			t.Description, err = wantText(path+".description", v)
		case "format":
			err = decodeToolFormat(&t, v, path+".format")
		default:
			keep(&t.Ext, protocol, name, v)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, missing(path + ".name")
	}
	return t, nil
}

func decodeToolFormat(t *llm.Tool, v llm.Raw, path string) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantObject(path, v); err != nil {
		return err
	}
	kind, err := wantText(path+".type", wirejson.Member(v, "type"))
	if err != nil {
		return err
	}
	if kind != "grammar" {
		if kind != "text" {
			keep(&t.Ext, protocol, []byte("format"), v)
		}
		return nil
	}
	g := &llm.Grammar{}
	if g.Syntax, err = wantText(path+".syntax", wirejson.Member(v, "syntax")); err != nil {
		return err
	}
	if g.Definition, err = wantText(path+".definition", wirejson.Member(v, "definition")); err != nil {
		return err
	}
	t.Grammar = g
	return nil
}

// decodeNamespace flattens a group; its first tool carries what the group says.
func decodeNamespace(raw llm.Raw, path string) ([]llm.Tool, error) {
	var group llm.Ext
	var space string
	var inner llm.Raw
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "name":
			space, err = wantText(path+".name", v)
		case "tools":
			err = wantArray(path+".tools", v)
			inner = v
		default:
			keep(&group, groupScope, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if space == "" {
		return nil, missing(path + ".name")
	}
	var tools []llm.Tool
	for i, e := range wirejson.Elements(inner) {
		sub := at(path+".tools", i)
		kind, err := toolType(e, sub)
		if err != nil {
			return nil, err
		}
		t, err := decodeTool(kind, e, sub)
		if err != nil {
			return nil, err
		}
		t.Namespace = space
		if i == 0 {
			t.Ext = append(t.Ext, group...)
		}
		tools = append(tools, t)
	}
	if len(tools) == 0 {
		return []llm.Tool{{Kind: llm.ToolServer, Name: space, Type: "namespace", Native: native(raw)}}, nil
	}
	return tools, nil
}

func decodeToolChoice(r *llm.Request, v llm.Raw) error {
	switch wirejson.KindOf(v) {
	case 'n':
		return nil
	case '"':
		mode, _ := wirejson.Text(v)
		switch mode {
		case "auto", "none", "required":
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolMode(mode)}
			return nil
		}
		return badValue("tool_choice", mode, "none", "auto", "required")
	case '{':
	default:
		return wrongType("tool_choice", "a string or an object", v)
	}
	kind, err := toolType(v, "tool_choice")
	if err != nil {
		return err
	}
	switch kind {
	case "function", "custom":
		r.ToolChoice, err = decodeNamedChoice(kind, v)
	case "allowed_tools":
		r.ToolChoice, err = decodeAllowedChoice(v)
	default:
		r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNative, Kind: llm.ToolServer, Name: hostedToolName(kind), Native: native(v)}
	}
	return err
}

func decodeNamedChoice(kind string, v llm.Raw) (*llm.ToolChoice, error) {
	c := &llm.ToolChoice{Mode: llm.ToolModeNamed, Kind: llm.ToolFunction}
	if kind == "custom" {
		c.Kind = llm.ToolCustom
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type":
		case "name":
			text, err := wantText("tool_choice.name", e)
			if err != nil {
				return nil, err
			}
			c.Name = text
		default:
			keep(&c.Ext, protocol, name, e)
		}
	}
	if c.Name == "" {
		return nil, missing("tool_choice.name")
	}
	return c, nil
}

// decodeAllowedChoice reads a set of tools. Entries that are more than the name
// of a function keep the whole object beside the names.
func decodeAllowedChoice(v llm.Raw) (*llm.ToolChoice, error) {
	c := &llm.ToolChoice{Mode: llm.ToolModeAllowed}
	mode, err := wantText("tool_choice.mode", wirejson.Member(v, "mode"))
	if err != nil {
		return nil, err
	}
	switch mode {
	case "required":
		c.AllowedRequired = true
	case "auto", "":
	default:
		return nil, badValue("tool_choice.mode", mode, "auto", "required")
	}
	tools := wirejson.Member(v, "tools")
	if err := wantArray("tool_choice.tools", tools); err != nil {
		return nil, err
	}
	plain := mode != ""
	for i, e := range wirejson.Elements(tools) {
		kind, err := toolType(e, at("tool_choice.tools", i))
		if err != nil {
			return nil, err
		}
		name, _ := wirejson.Text(wirejson.Member(e, "name"))
		if name == "" {
			name = hostedToolName(kind)
		}
		c.Allowed = append(c.Allowed, name)
		plain = plain && kind == "function" && members(e) == 2
	}
	if !plain || members(v) != 3 {
		c.Native = native(v)
	}
	return c, nil
}

func members(v llm.Raw) int {
	n := 0
	for range wirejson.Members(v) {
		n++
	}
	return n
}
