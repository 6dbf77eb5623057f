package anthropic

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// requestEncoder writes one request.
type requestEncoder struct {
	encoder
	req    *llm.Request
	to     wire.Target
	family family
}

func newRequestEncoder(req *llm.Request, to wire.Target) *requestEncoder {
	e := &requestEncoder{req: req, to: to}
	e.family = familyOf(e.model())
	return e
}

// EncodeRequest renders req for POST <base>/messages. It fails with
// KindUnsupported when no message is left to send.
func (Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := newRequestEncoder(req, to)
	e.w.b = make([]byte, 0, sizeHint(req))
	plan := e.planThinking()
	e.w.open('{')
	e.w.str("model", e.model())
	e.w.int("max_tokens", e.maxTokens(plan))
	if req.Stream {
		e.w.bool("stream", true)
	}
	if err := e.prompt(plan); err != nil {
		return nil, nil, err
	}
	e.sampling(plan)
	if stops := e.stops(); len(stops) > 0 {
		e.w.begin("stop_sequences", '[')
		for _, s := range stops {
			e.w.b = wirejson.AppendText(wirejson.AppendSep(e.w.b), s)
		}
		e.w.close(']')
	}
	e.metadata()
	e.serviceTier()
	e.w.ext(req.Ext, "metadata", "output_config")
	e.w.close('}')
	e.unsaid()
	return e.outbound("/messages"), e.loss.List, nil
}

// EncodeCountRequest renders req for POST <base>/messages/count_tokens, which
// takes only what counts as input.
func (Codec) EncodeCountRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := newRequestEncoder(req, to)
	e.w.open('{')
	e.w.str("model", e.model())
	if err := e.prompt(e.planThinking()); err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"cache_control", "context_management", "mcp_servers", "speed"} {
		if v := member(req.Ext, name); v != nil {
			e.w.raw(name, v)
		}
	}
	e.w.close('}')
	return e.outbound("/messages/count_tokens"), e.loss.List, nil
}

// model is the upstream's name of the model or, unrouted, the client's.
func (e *requestEncoder) model() string {
	if e.to.Model != "" {
		return e.to.Model
	}
	return e.req.Model
}

func (e *requestEncoder) outbound(path string) *wire.Outbound {
	return &wire.Outbound{
		Path: path, Body: e.w.b, Header: http.Header{"Anthropic-Version": {Version}},
	}
}

// prompt writes what the two requests share.
func (e *requestEncoder) prompt(plan thinkingPlan) error {
	turns := e.conversation()
	if !e.messages(turns) {
		return wirejson.NothingLeft(e.req.Messages)
	}
	e.tools()
	e.toolChoice()
	e.writeThinking(plan)
	e.outputConfig(plan)
	return nil
}

// maxTokens returns the bound the protocol demands. The model's own maximum
// says what a client meant that gave none; anything else is a loss.
func (e *requestEncoder) maxTokens(plan thinkingPlan) int64 {
	switch {
	case e.req.MaxTokens != nil:
		return *e.req.MaxTokens
	case e.to.MaxOutput > 0:
		return e.to.MaxOutput
	}
	e.loss.Default("max_tokens", "max_tokens")
	if plan.budget != nil {
		return defaultMaxTokens + *plan.budget
	}
	return defaultMaxTokens
}

// stops returns the stop sequences the API takes: those with something but
// white space in them.
func (e *requestEncoder) stops() []string {
	var out []string
	for i, s := range e.req.Stop {
		if blank(s) {
			e.loss.Drop("stop", index("stop", i))
			continue
		}
		out = append(out, s)
	}
	return out
}

func (e *requestEncoder) metadata() {
	rest := member(e.req.Ext, "metadata")
	if e.req.User == "" && rest == nil {
		return
	}
	e.w.begin("metadata", '{')
	e.w.optStr("user_id", e.req.User)
	e.rest(rest)
	e.w.close('}')
}

// rest writes the members of an object into the present one.
func (e *requestEncoder) rest(obj llm.Raw) {
	for name, v := range wirejson.Members(obj) {
		e.w.raw(string(name), v)
	}
}

// serviceTier writes the tiers of this API; "default" elsewhere is the
// standard one here.
func (e *requestEncoder) serviceTier() {
	switch tier := e.req.ServiceTier; tier {
	case "":
	case "auto", "standard_only":
		e.w.str("service_tier", tier)
	case "default", "standard":
		e.loss.Approximate("service_tier", "service_tier")
		e.w.str("service_tier", "standard_only")
	default:
		e.loss.Drop("service_tier", "service_tier")
	}
}

func (e *requestEncoder) outputConfig(plan thinkingPlan) {
	rest := member(e.req.Ext, "output_config")
	format := e.format()
	if plan.effort == "" && format == nil && rest == nil {
		return
	}
	e.w.begin("output_config", '{')
	e.w.optStr("effort", plan.effort)
	if format != nil {
		e.w.begin("format", '{')
		e.w.str("type", "json_schema")
		e.w.raw("schema", e.enforceable(format.Schema, "response_format.schema"))
		e.w.ext(format.Ext)
		e.w.close('}')
	}
	e.rest(rest)
	e.w.close('}')
}

// enforceable returns a schema that the API can hold the model to. What came in
// this protocol goes as it is.
func (e *requestEncoder) enforceable(schema llm.Raw, path string) llm.Raw {
	if e.req.Source == "" || e.req.Source == self {
		return schema
	}
	fit, changed := strictSchema(schema)
	if changed {
		e.loss.Approximate("schema", path)
	}
	return fit
}

// format returns the constraint on the answer that the API can say: a schema.
// The name is a label that the API does without.
func (e *requestEncoder) format() *llm.Format {
	f := e.req.Format
	switch {
	case f == nil || f.Type == "text" || f.Type == "":
		return nil
	case f.Type != "json_schema" || len(f.Schema) == 0:
		e.loss.Drop("response_format", "response_format")
		return nil
	}
	if f.Description != "" {
		e.loss.Drop("response_format_description", "response_format.description")
	}
	if f.Strict != nil && !*f.Strict { // it always is
		e.loss.Approximate("schema_strict", "response_format.strict")
	}
	return f
}
