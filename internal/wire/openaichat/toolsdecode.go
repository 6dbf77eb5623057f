package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func (d *requestDecoder) readTools(name string, v llm.Raw) error {
	if err := wirejson.WantArray(name, v); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		t, err := readTool(e)
		if err != nil {
			return wirejson.Under(err, name, wirejson.At(i))
		}
		d.req.Tools = append(d.req.Tools, t)
	}
	return nil
}

// readFunctions reads the legacy spelling of tools.
func (d *requestDecoder) readFunctions(name string, v llm.Raw) error {
	if err := wirejson.WantArray(name, v); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		t := llm.Tool{Kind: llm.ToolFunction}
		if err := readFunction(&t, e); err != nil {
			return wirejson.Under(err, name, wirejson.At(i))
		}
		mark(&t.Ext, markLegacy)
		d.req.Tools = append(d.req.Tools, t)
	}
	return nil
}

// readWebSearch reads the member by which OpenAI's search models are asked to
// search: a tool that the upstream runs.
func (d *requestDecoder) readWebSearch(name string, v llm.Raw) error {
	d.req.Tools = append(d.req.Tools, llm.Tool{
		Kind: llm.ToolServer, Name: "web_search", Type: name, Native: native(v),
	})
	return wirejson.WantObject(name, v)
}

func readTool(v llm.Raw) (llm.Tool, error) {
	if err := wirejson.WantObject("", v); err != nil {
		return llm.Tool{}, err
	}
	kind, err := wirejson.WantText("type", wirejson.Member(v, "type"))
	if err != nil {
		return llm.Tool{}, err
	}
	if kind == "" && wirejson.Member(v, "function") != nil { // Mistral's own SDK leaves it out
		kind = "function"
	}
	t := llm.Tool{Kind: llm.ToolFunction}
	read := readFunction
	switch kind {
	case "function":
	case "custom":
		t.Kind, read = llm.ToolCustom, readCustom
	case "":
		return t, wirejson.Missing("type")
	default:
		name, _ := wirejson.Text(wirejson.Member(wirejson.Member(v, "function"), "name"))
		if name == "" {
			name = kind
		}
		return llm.Tool{Kind: llm.ToolServer, Name: name, Type: kind, Native: native(v)}, nil
	}
	seen := false
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type":
		case kind:
			seen = true
			if err := read(&t, e); err != nil {
				return t, wirejson.Under(err, kind)
			}
		case "cache_control":
			if !wirejson.IsNull(e) {
				t.Cache = readCacheControl(e)
			}
		default:
			keep(&t.Ext, protocol, name, e)
		}
	}
	if !seen {
		return t, wirejson.Missing(kind)
	}
	return t, nil
}

func readFunction(t *llm.Tool, v llm.Raw) (err error) {
	if err := wirejson.WantObject("", v); err != nil {
		return err
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "name":
			t.Name, err = wirejson.WantText("name", e)
		case "description":
			t.Description, err = wirejson.WantText("description", e)
		case "parameters":
			if !wirejson.IsNull(e) {
				t.Schema, err = e, wirejson.WantObject("parameters", e)
			}
		case "strict":
			t.Strict, err = wirejson.WantBool("strict", e)
		case "cache_control":
			if !wirejson.IsNull(e) {
				t.Cache = readCacheControl(e)
			}
		default:
			keep(&t.Ext, innerScope, name, e)
		}
		if err != nil {
			return err
		}
	}
	if t.Name == "" {
		return wirejson.Missing("name")
	}
	return nil
}

func readCustom(t *llm.Tool, v llm.Raw) (err error) {
	if err := wirejson.WantObject("", v); err != nil {
		return err
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "name":
			t.Name, err = wirejson.WantText("name", e)
		case "description":
			t.Description, err = wirejson.WantText("description", e)
		case "format":
			err = readToolFormat(t, e)
		default:
			keep(&t.Ext, innerScope, name, e)
		}
		if err != nil {
			return err
		}
	}
	if t.Name == "" {
		return wirejson.Missing("name")
	}
	return nil
}

// readToolFormat reads how a custom tool's text is constrained.
func readToolFormat(t *llm.Tool, v llm.Raw) (err error) {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wirejson.WantObject("format", v); err != nil {
		return err
	}
	switch kind, _ := wirejson.Text(wirejson.Member(v, "type")); kind {
	case "text":
		return nil
	case "grammar":
	default:
		keep(&t.Ext, innerScope, []byte("format"), v)
		return nil
	}
	inner := wirejson.Member(v, "grammar")
	if inner == nil {
		inner = v // as the Responses protocol has it
	}
	g := &llm.Grammar{}
	if g.Syntax, err = wirejson.WantText("format.grammar.syntax", wirejson.Member(inner, "syntax")); err != nil {
		return err
	}
	g.Definition, err = wirejson.WantText("format.grammar.definition", wirejson.Member(inner, "definition"))
	t.Grammar = g
	return err
}

func (d *requestDecoder) readToolChoice(name string, v llm.Raw) error {
	switch wirejson.KindOf(v) {
	case '"':
		mode, _ := wirejson.Text(v)
		if mode == "any" { // Mistral's word
			mode = string(llm.ToolModeRequired)
		}
		switch m := llm.ToolMode(mode); m {
		case llm.ToolModeAuto, llm.ToolModeNone, llm.ToolModeRequired:
			d.req.ToolChoice = &llm.ToolChoice{Mode: m}
			return nil
		default:
			return wirejson.BadValue(name, mode, "none", "auto", "required")
		}
	case '{':
	default:
		return wirejson.BadType(name, "a string or an object", v)
	}
	kind, err := wirejson.WantText("type", wirejson.Member(v, "type"))
	if err == nil {
		switch kind {
		case "function", "custom":
			err = d.namedChoice(kind, v)
		case "allowed_tools":
			err = d.allowedChoice(v)
		case "":
			err = wirejson.Missing("type")
		default:
			d.req.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNative, Kind: llm.ToolServer, Name: kind, Native: native(v)}
		}
	}
	return wirejson.Under(err, name)
}

func (d *requestDecoder) namedChoice(kind string, v llm.Raw) (err error) {
	c := &llm.ToolChoice{Mode: llm.ToolModeNamed, Kind: llm.ToolFunction}
	if kind == "custom" {
		c.Kind = llm.ToolCustom
	}
	if c.Name, err = wirejson.WantText(kind+".name", wirejson.Member(wirejson.Member(v, kind), "name")); err != nil {
		return err
	}
	if c.Name == "" {
		return wirejson.Missing(kind + ".name")
	}
	for name, e := range wirejson.Members(v) {
		if s := string(name); s != "type" && s != kind {
			keep(&c.Ext, protocol, name, e)
		}
	}
	d.req.ToolChoice = c
	return nil
}

// allowedChoice reads a set of tools. One that says more than names of tools
// keeps the whole object beside them.
func (d *requestDecoder) allowedChoice(v llm.Raw) error {
	c := &llm.ToolChoice{Mode: llm.ToolModeAllowed}
	set := wirejson.Member(v, "allowed_tools")
	if err := wirejson.WantObject("allowed_tools", set); err != nil {
		return err
	}
	mode, err := wirejson.WantText("allowed_tools.mode", wirejson.Member(set, "mode"))
	if err != nil {
		return err
	}
	switch mode {
	case "required":
		c.AllowedRequired = true
	case "auto", "":
	default:
		return wirejson.BadValue("allowed_tools.mode", mode, "auto", "required")
	}
	tools := wirejson.Member(set, "tools")
	if err := wirejson.WantArray("allowed_tools.tools", tools); err != nil {
		return err
	}
	plain := count(v) == 2 && count(set) == 2
	for i, e := range wirejson.Elements(tools) {
		kind, _ := wirejson.Text(wirejson.Member(e, "type"))
		name, _ := wirejson.Text(wirejson.Member(wirejson.Member(e, kind), "name"))
		if name == "" {
			return wirejson.Under(wirejson.Missing("function.name"), "allowed_tools", "tools", wirejson.At(i))
		}
		c.Allowed = append(c.Allowed, name)
		plain = plain && kind == "function" && count(e) == 2
	}
	if !plain {
		c.Native = native(v)
	}
	d.req.ToolChoice = c
	return nil
}

// readFunctionChoice reads the legacy spelling of tool_choice.
func (d *requestDecoder) readFunctionChoice(name string, v llm.Raw) error {
	c := &llm.ToolChoice{}
	mark(&c.Ext, markLegacy)
	switch wirejson.KindOf(v) {
	case '"':
		mode, _ := wirejson.Text(v)
		if c.Mode = llm.ToolMode(mode); c.Mode != llm.ToolModeAuto && c.Mode != llm.ToolModeNone {
			return wirejson.BadValue(name, mode, "none", "auto")
		}
	case '{':
		fn, err := wirejson.WantText(name+".name", wirejson.Member(v, "name"))
		if err != nil {
			return err
		}
		if fn == "" {
			return wirejson.Missing(name + ".name")
		}
		c.Mode, c.Kind, c.Name = llm.ToolModeNamed, llm.ToolFunction, fn
	default:
		return wirejson.BadType(name, "a string or an object", v)
	}
	d.req.ToolChoice = c
	return nil
}
