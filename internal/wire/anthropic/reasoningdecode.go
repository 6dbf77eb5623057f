package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func (d *requestDecoder) reasoning() *llm.ReasoningConfig {
	if d.req.Reasoning == nil {
		d.req.Reasoning = &llm.ReasoningConfig{}
	}
	return d.req.Reasoning
}

// thinking reads the thinking member. Its type stays in Ext as a mark; see the
// package comment.
func (d *requestDecoder) thinking(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantKind("", v, '{', "an object such as {\"type\":\"adaptive\"}"); err != nil {
		return err
	}
	r := d.reasoning()
	kind, err := wantString("type", wirejson.Member(v, "type"))
	if err != nil {
		return err
	}
	on := kind != "disabled"
	r.Enabled, r.Adaptive = &on, kind == "adaptive"
	r.Ext = mark(r.Ext, "type", kind)
	for name, m := range wirejson.Members(v) {
		switch string(name) {
		case "type":
		case "budget_tokens":
			r.Budget, err = optInt("budget_tokens", m)
		case "display":
			r.Summary, err = decodeDisplay(m)
		default:
			r.Ext = addExt(r.Ext, name, m)
		}
		if err != nil {
			return err
		}
	}
	if kind == "enabled" && r.Budget == nil {
		return invalid("budget_tokens", "must bound the thinking in tokens when type is \"enabled\"")
	}
	return nil
}

// decodeDisplay reads how thinking is shown: summarized or omitted.
func decodeDisplay(v llm.Raw) (string, error) {
	s, err := optString("display", v)
	if s == "summarized" {
		return "auto", nil
	}
	return s, err
}

// outputConfig reads effort and format; whatever else stands there rides in
// Request.Ext under the same name.
func (d *requestDecoder) outputConfig(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantKind("", v, '{', "an object"); err != nil {
		return err
	}
	var rest writer
	rest.open('{')
	for name, m := range wirejson.Members(v) {
		var err error
		switch {
		case string(name) == "effort" && !wirejson.IsNull(m):
			err = d.effort(m)
		case string(name) == "format" && !wirejson.IsNull(m):
			d.req.Format, err = decodeFormat(m)
			err = under(err, "format")
		case wirejson.IsNull(m):
		default:
			rest.raw(string(name), m)
		}
		if err != nil {
			return err
		}
	}
	d.configRest = rest.object()
	return nil
}

func (d *requestDecoder) effort(v llm.Raw) error {
	s, err := wantString("effort", v)
	if err != nil {
		return err
	}
	r := d.reasoning()
	r.Effort = s
	r.Ext = mark(r.Ext, "effort", s)
	return nil
}

func (d *requestDecoder) olderFormat(v llm.Raw) error {
	if !wirejson.IsNull(v) {
		d.outputFormat = v
	}
	return nil
}

func decodeFormat(v llm.Raw) (*llm.Format, error) {
	if err := wantKind("", v, '{', "an object such as {\"type\":\"json_schema\",\"schema\":{…}}"); err != nil {
		return nil, err
	}
	f := &llm.Format{}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
			f.Type, err = wantString("type", m)
		case "schema":
			f.Schema, err = m, wantKind("schema", m, '{', "a JSON Schema (an object)")
		case "name": // a label that other protocols require; the API ignores it
			f.Name, err = optString("name", m)
		default:
			f.Ext = addExt(f.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.Type != "json_schema" {
		return nil, invalid("type", "must be \"json_schema\", not %q", f.Type)
	}
	if f.Schema == nil {
		return nil, invalid("schema", "must be the JSON Schema of the answer")
	}
	return f, nil
}
