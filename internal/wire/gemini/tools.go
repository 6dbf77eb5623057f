package gemini

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// declaration is one function declaration.
type declaration struct {
	name, description  string
	parameters, schema llm.Raw
}

var declarationFields = map[string]field[declaration]{
	"name":                 into(str, func(d *declaration, s string) { d.name = s }),
	"description":          into(str, func(d *declaration, s string) { d.description = s }),
	"parameters":           into(object, func(d *declaration, v llm.Raw) { d.parameters = v }),
	"parametersJsonSchema": into(object, func(d *declaration, v llm.Raw) { d.schema = v }),
}

// decodeTools reads tools: functions first, then the API's own tools, each in
// order. (A tools entry may hold several of both; their order means nothing.)
func decodeTools(raw llm.Raw) ([]llm.Tool, error) {
	var functions, server []llm.Tool
	err := eachElement(raw, func(v llm.Raw) error {
		if wirejson.KindOf(v) != '{' {
			return wrong("", "must be an object such as {\"functionDeclarations\": […]}, not %s", kindName(v))
		}
		for name, v := range wirejson.Members(v) {
			switch camel(name) {
			case "functionDeclarations":
				if wirejson.IsNull(v) {
					continue
				}
				list, err := decodeDeclarations(v)
				if err != nil {
					return in(string(name), err)
				}
				functions = append(functions, list...)
			default:
				server = append(server, serverToolOf(string(name), v))
			}
		}
		return nil
	})
	return append(functions, server...), err
}

func serverToolOf(name string, v llm.Raw) llm.Tool {
	obj := jsonOf(func(w *writer) {
		w.open('{')
		w.raw(name, v)
		w.shut('}')
	})
	return llm.Tool{
		Kind: llm.ToolServer, Name: camel([]byte(name)), Type: camel([]byte(name)),
		Native: &llm.Native{Protocol: llm.Gemini, Raw: obj},
	}
}

func decodeDeclarations(raw llm.Raw) ([]llm.Tool, error) {
	var out []llm.Tool
	err := eachElement(raw, func(v llm.Raw) error {
		t, err := decodeDeclaration(v)
		out = append(out, t)
		return err
	})
	return out, err
}

func decodeDeclaration(raw llm.Raw) (llm.Tool, error) {
	var d declaration
	ext, err := decodeObject(&d, raw, declarationFields)
	if err != nil {
		return llm.Tool{}, err
	}
	if d.name == "" {
		return llm.Tool{}, wrong("name", "is required: the function's name")
	}
	if d.parameters != nil && d.schema != nil {
		return llm.Tool{}, wrong("parametersJsonSchema", "cannot stand beside parameters; give one of the two")
	}
	t := llm.Tool{Kind: llm.ToolFunction, Name: d.name, Description: d.description, Ext: ext}
	switch {
	case d.parameters != nil:
		t.Schema = toJSONSchema(d.parameters)
		t.Ext = append(t.Ext, spelled("parameters", d.parameters))
	case d.schema != nil:
		t.Schema = toJSONSchema(d.schema)
		if string(t.Schema) != string(d.schema) {
			t.Ext = append(t.Ext, spelled("parametersJsonSchema", d.schema))
		}
	}
	return t, nil
}

// callingConfig is toolConfig.functionCallingConfig.
type callingConfig struct {
	mode    string
	allowed []string
}

var callingConfigFields = map[string]field[callingConfig]{
	"mode":                 into(str, func(c *callingConfig, s string) { c.mode = s }),
	"allowedFunctionNames": into(stringsOf, func(c *callingConfig, s []string) { c.allowed = s }),
}

var callingModes = []string{"AUTO", "ANY", "NONE", "VALIDATED", "MODE_UNSPECIFIED"}

var toolConfigFields = map[string]field[llm.Request]{
	"functionCallingConfig": func(r *llm.Request, v llm.Raw) error {
		var c callingConfig
		ext, err := decodeObject(&c, v, callingConfigFields)
		if err != nil {
			return err
		}
		r.ToolChoice, err = c.choice()
		if r.ToolChoice != nil {
			r.ToolChoice.Ext = append(r.ToolChoice.Ext, ext...)
		}
		return err
	},
}

// choice turns the configuration into a canonical one; nil when it says nothing.
func (c *callingConfig) choice() (*llm.ToolChoice, error) {
	if c.mode != "" && !slices.Contains(callingModes, c.mode) {
		return nil, wrong("mode", "is %.40q; it must be AUTO, ANY, NONE or VALIDATED", c.mode)
	}
	ch := &llm.ToolChoice{Mode: llm.ToolModeAuto}
	switch {
	case c.mode == "NONE":
		ch.Mode = llm.ToolModeNone
		ch.Allowed = c.allowed
	case c.mode == "ANY" && len(c.allowed) == 1:
		ch.Mode, ch.Name, ch.Kind = llm.ToolModeNamed, c.allowed[0], llm.ToolFunction
	case c.mode == "ANY" && len(c.allowed) > 0:
		ch.Mode, ch.Allowed, ch.AllowedRequired = llm.ToolModeAllowed, c.allowed, true
	case c.mode == "ANY":
		ch.Mode = llm.ToolModeRequired
	case len(c.allowed) > 0:
		ch.Mode, ch.Allowed = llm.ToolModeAllowed, c.allowed
	}
	// The encoder's own words for auto and an allowed set that is not required.
	if own := modeOf(ch); c.mode != own && c.mode != "" {
		ch.Ext = llm.Ext{member("mode", wirejson.AppendText(nil, c.mode))}
	}
	if c.mode == "" && len(c.allowed) == 0 {
		return nil, nil
	}
	return ch, nil
}

// modeOf returns the mode that says what the choice asks.
func modeOf(c *llm.ToolChoice) string {
	switch {
	case c.Mode == llm.ToolModeNone:
		return "NONE"
	case c.Mode == llm.ToolModeRequired || c.Mode == llm.ToolModeNamed:
		return "ANY"
	case c.Mode == llm.ToolModeAllowed && c.AllowedRequired:
		return "ANY"
	case c.Mode == llm.ToolModeAllowed:
		return "VALIDATED" // the only mode beside ANY that takes a set
	}
	return "AUTO"
}
