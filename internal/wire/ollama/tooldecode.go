package ollama

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
			return wirejson.Under(err, name+wirejson.At(i))
		}
		d.req.Tools = append(d.req.Tools, t)
	}
	return nil
}

func readTool(v llm.Raw) (llm.Tool, error) {
	t := llm.Tool{Kind: llm.ToolFunction}
	if err := wirejson.WantObject("", v); err != nil {
		return t, err
	}
	var function llm.Raw
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "type": // it can only be a function
		case "function":
			function = e
		default:
			keep(&t.Ext, protocol, name, e)
		}
	}
	if function == nil {
		return t, wirejson.Missing("function")
	}
	if err := wirejson.WantObject("function", function); err != nil {
		return t, err
	}
	var err error
	for name, e := range wirejson.Members(function) {
		switch string(name) {
		case "name":
			t.Name, err = wirejson.WantText("function.name", e)
		case "description":
			t.Description, err = wirejson.WantText("function.description", e)
		case "parameters":
			if !wirejson.IsNull(e) {
				t.Schema, err = e, wirejson.WantObject("function.parameters", e)
			}
		default:
			keep(&t.Ext, innerScope, name, e)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, wirejson.Missing("function.name")
	}
	return t, nil
}
