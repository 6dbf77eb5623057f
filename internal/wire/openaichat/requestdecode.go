package openaichat

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeRequest reads the body of POST /chat/completions. Members it does not
// know are kept in Ext, in order.
func (Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	body, bad := checked(in.Body)
	if bad != nil {
		return nil, bad
	}
	d := requestDecoder{req: &llm.Request{Model: in.Model, Stream: in.Stream}}
	for name, v := range wirejson.Members(body) {
		read, ok := requestFields[string(name)]
		if !ok {
			keep(&d.req.Ext, protocol, name, v)
			continue
		}
		if wirejson.IsNull(v) {
			continue
		}
		if err := read(&d, string(name), v); err != nil {
			return nil, wirejson.Explain(err)
		}
	}
	if err := d.complete(); err != nil {
		return nil, wirejson.Explain(err)
	}
	return d.req, nil
}

// requestDecoder reads one request.
type requestDecoder struct {
	req      *llm.Request
	messages bool
	// bound is max_completion_tokens, which goes before the older max_tokens.
	bound *int64
	// safety is safety_identifier, which replaces user.
	safety string
	legacy legacyCalls
}

// complete settles what several members say together.
func (d *requestDecoder) complete() error {
	if d.req.Model == "" {
		return wirejson.Missing("model")
	}
	if !d.messages {
		return wirejson.Missing("messages")
	}
	if d.bound != nil {
		d.req.MaxTokens = d.bound
	}
	if d.req.User == "" {
		d.req.User = d.safety
	}
	return nil
}

// requestField reads one member, which is not null.
type requestField func(d *requestDecoder, name string, v llm.Raw) error

var requestFields = map[string]requestField{
	"model":                  textField(func(d *requestDecoder) *string { return &d.req.Model }),
	"messages":               (*requestDecoder).readMessages,
	"stream":                 (*requestDecoder).readStream,
	"stream_options":         (*requestDecoder).readStreamOptions,
	"tools":                  (*requestDecoder).readTools,
	"functions":              (*requestDecoder).readFunctions,
	"tool_choice":            (*requestDecoder).readToolChoice,
	"function_call":          (*requestDecoder).readFunctionChoice,
	"parallel_tool_calls":    boolField(func(d *requestDecoder) **bool { return &d.req.ParallelTools }),
	"max_tokens":             intField(func(d *requestDecoder) **int64 { return &d.req.MaxTokens }),
	"max_completion_tokens":  intField(func(d *requestDecoder) **int64 { return &d.bound }),
	"temperature":            floatField(func(d *requestDecoder) **float64 { return &d.req.Sampling.Temperature }),
	"top_p":                  floatField(func(d *requestDecoder) **float64 { return &d.req.Sampling.TopP }),
	"top_k":                  intField(func(d *requestDecoder) **int64 { return &d.req.Sampling.TopK }),
	"min_p":                  floatField(func(d *requestDecoder) **float64 { return &d.req.Sampling.MinP }),
	"frequency_penalty":      floatField(func(d *requestDecoder) **float64 { return &d.req.Sampling.FrequencyPenalty }),
	"presence_penalty":       floatField(func(d *requestDecoder) **float64 { return &d.req.Sampling.PresencePenalty }),
	"seed":                   intField(func(d *requestDecoder) **int64 { return &d.req.Sampling.Seed }),
	"logit_bias":             (*requestDecoder).readLogitBias,
	"logprobs":               boolField(func(d *requestDecoder) **bool { return &d.req.Sampling.Logprobs }),
	"top_logprobs":           intField(func(d *requestDecoder) **int64 { return &d.req.Sampling.TopLogprobs }),
	"n":                      intField(func(d *requestDecoder) **int64 { return &d.req.N }),
	"stop":                   (*requestDecoder).readStop,
	"response_format":        (*requestDecoder).readFormat,
	"reasoning_effort":       (*requestDecoder).readEffort,
	"reasoning":              (*requestDecoder).readReasoning,
	"thinking":               (*requestDecoder).readThinking,
	"enable_thinking":        (*requestDecoder).readEnableThinking,
	"thinking_budget":        (*requestDecoder).readThinkingBudget,
	"verbosity":              textField(func(d *requestDecoder) *string { return &d.req.Verbosity }),
	"modalities":             (*requestDecoder).readModalities,
	"audio":                  (*requestDecoder).readAudio,
	"service_tier":           textField(func(d *requestDecoder) *string { return &d.req.ServiceTier }),
	"store":                  boolField(func(d *requestDecoder) **bool { return &d.req.Store }),
	"metadata":               (*requestDecoder).readMetadata,
	"user":                   textField(func(d *requestDecoder) *string { return &d.req.User }),
	"safety_identifier":      (*requestDecoder).readSafetyIdentifier,
	"prompt_cache_key":       textField(func(d *requestDecoder) *string { return &d.req.PromptCacheKey }),
	"prompt_cache_retention": textField(func(d *requestDecoder) *string { return &d.req.PromptCacheRetention }),
	"web_search_options":     (*requestDecoder).readWebSearch,
}

func textField(of func(*requestDecoder) *string) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(d), err = wirejson.WantText(name, v)
		return err
	}
}

func boolField(of func(*requestDecoder) **bool) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(d), err = wirejson.WantBool(name, v)
		return err
	}
}

func intField(of func(*requestDecoder) **int64) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(d), err = wirejson.WantInt(name, v)
		return err
	}
}

func floatField(of func(*requestDecoder) **float64) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(d), err = wirejson.WantFloat(name, v)
		return err
	}
}

func (d *requestDecoder) readStream(name string, v llm.Raw) error {
	b, err := wirejson.WantBool(name, v)
	if b != nil {
		d.req.Stream = *b
	}
	return err
}

// readStreamOptions keeps all options but include_usage under the same name.
func (d *requestDecoder) readStreamOptions(name string, v llm.Raw) error {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	rest := wirejson.Writer{B: []byte{'{'}}
	for m, e := range wirejson.Members(v) {
		if string(m) != "include_usage" {
			rest.Raw(string(m), e)
			continue
		}
		b, err := wirejson.WantBool(name+".include_usage", e)
		if err != nil {
			return err
		}
		d.req.IncludeUsage = b != nil && *b
	}
	if len(rest.B) > 1 {
		rest.Close('}')
		keep(&d.req.Ext, protocol, []byte(name), rest.B)
	}
	return nil
}

func (d *requestDecoder) readLogitBias(name string, v llm.Raw) error {
	d.req.Sampling.LogitBias = v
	return wirejson.WantObject(name, v)
}

func (d *requestDecoder) readStop(name string, v llm.Raw) error {
	if s, ok := wirejson.Text(v); ok {
		d.req.Stop = []string{s}
		return nil
	}
	if wirejson.KindOf(v) != '[' {
		return wirejson.BadType(name, "a string or an array of strings", v)
	}
	var err error
	d.req.Stop, err = textList(name, v)
	return err
}

func textList(name string, v llm.Raw) ([]string, error) {
	if err := wirejson.WantArray(name, v); err != nil {
		return nil, err
	}
	var list []string
	for i, e := range wirejson.Elements(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return nil, wirejson.BadType(name+wirejson.At(i), "a string", e)
		}
		list = append(list, s)
	}
	return list, nil
}

func (d *requestDecoder) readModalities(name string, v llm.Raw) (err error) {
	d.req.Modalities, err = textList(name, v)
	return err
}

func (d *requestDecoder) readAudio(name string, v llm.Raw) error {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	a := &llm.AudioOut{}
	for m, e := range wirejson.Members(v) {
		switch string(m) {
		case "voice":
			a.Voice = e
		case "format":
			format, err := wirejson.WantText(name+".format", e)
			if err != nil {
				return err
			}
			a.Format = format
		default:
			keep(&a.Ext, protocol, m, e)
		}
	}
	d.req.AudioOut = a
	return nil
}

func (d *requestDecoder) readMetadata(name string, v llm.Raw) error {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	for m, e := range wirejson.Members(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return wirejson.BadType(name+"."+string(m), "a string", e)
		}
		d.req.Metadata = append(d.req.Metadata, llm.KeyValue{Key: string(m), Value: s})
	}
	return nil
}

// readSafetyIdentifier keeps the member and takes it for the end user's id
// where user, which it replaces, does not say one.
func (d *requestDecoder) readSafetyIdentifier(name string, v llm.Raw) error {
	id, err := wirejson.WantText(name, v)
	if err != nil || id == "" {
		return err
	}
	keep(&d.req.Ext, markScope, []byte(name), v)
	d.safety = id
	return nil
}

func (d *requestDecoder) readFormat(name string, v llm.Raw) error {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	kind, err := wirejson.WantText(name+".type", wirejson.Member(v, "type"))
	if err != nil {
		return err
	}
	f := &llm.Format{Type: kind}
	switch kind {
	case "text", "json_object":
	case "json_schema":
		schema := wirejson.Member(v, "json_schema")
		if wirejson.IsNull(schema) {
			return wirejson.Missing(name + ".json_schema")
		}
		if err := readSchemaFormat(f, schema); err != nil {
			return wirejson.Under(err, name, "json_schema")
		}
	case "":
		return wirejson.Missing(name + ".type")
	default: // a kind of the vendor's own
		keep(&d.req.Ext, protocol, []byte(name), v)
		return nil
	}
	for m, e := range wirejson.Members(v) {
		if s := string(m); s != "type" && (s != "json_schema" || kind != s) {
			keep(&f.Ext, protocol, m, e)
		}
	}
	d.req.Format = f
	return nil
}

func readSchemaFormat(f *llm.Format, v llm.Raw) (err error) {
	if err := wirejson.WantObject("", v); err != nil {
		return err
	}
	for m, e := range wirejson.Members(v) {
		switch string(m) {
		case "name":
			f.Name, err = wirejson.WantText("name", e)
		case "description":
			f.Description, err = wirejson.WantText("description", e)
		case "strict":
			f.Strict, err = wirejson.WantBool("strict", e)
		case "schema":
			if !wirejson.IsNull(e) {
				f.Schema, err = e, wirejson.WantObject("schema", e)
			}
		default:
			keep(&f.Ext, innerScope, m, e)
		}
		if err != nil {
			return err
		}
	}
	if f.Name == "" {
		return wirejson.Missing("name")
	}
	return nil
}

func (d *requestDecoder) thinking() *llm.ReasoningConfig {
	if d.req.Reasoning == nil {
		d.req.Reasoning = &llm.ReasoningConfig{}
	}
	return d.req.Reasoning
}

func (d *requestDecoder) readEffort(name string, v llm.Raw) (err error) {
	effort, err := wirejson.WantText(name, v)
	if err == nil && effort != "" {
		d.thinking().Effort = effort
	}
	return err
}

// known reports whether an object holds nothing but the members named.
func known(v llm.Raw, names ...string) bool {
	for name := range wirejson.Members(v) {
		if !slices.Contains(names, string(name)) {
			return false
		}
	}
	return true
}

// spelledIn is the scope in which an object stays as it came: a mark where the
// canonical model says all of it.
func spelledIn(whole bool) llm.Protocol {
	if whole {
		return markScope
	}
	return protocol
}

// readReasoning reads OpenRouter's object. It stays in Ext as it came: a vendor
// that knows it gets it back so.
func (d *requestDecoder) readReasoning(name string, v llm.Raw) (err error) {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	c := d.thinking()
	keep(&c.Ext, spelledIn(known(v, "effort", "max_tokens", "enabled", "exclude", "summary")), []byte(name), v)
	for m, e := range wirejson.Members(v) {
		switch string(m) {
		case "effort":
			var effort string
			effort, err = wirejson.WantText(name+".effort", e)
			if c.Effort == "" {
				c.Effort = effort
			}
		case "max_tokens":
			c.Budget, err = wirejson.WantInt(name+".max_tokens", e)
		case "enabled":
			c.Enabled, err = wirejson.WantBool(name+".enabled", e)
		case "exclude":
			var hide *bool
			if hide, err = wirejson.WantBool(name+".exclude", e); hide != nil && *hide {
				c.Summary = "omitted"
			}
		case "summary":
			c.Summary, err = wirejson.WantText(name+".summary", e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readThinking reads the object of DeepSeek, Z.AI and Moonshot, and of gateways
// before Anthropic. It stays in Ext as it came.
func (d *requestDecoder) readThinking(name string, v llm.Raw) (err error) {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	c := d.thinking()
	keep(&c.Ext, spelledIn(known(v, "type", "budget_tokens")), []byte(name), v)
	kind, err := wirejson.WantText(name+".type", wirejson.Member(v, "type"))
	if err != nil {
		return err
	}
	switch kind {
	case "enabled", "disabled":
		on := kind == "enabled"
		c.Enabled = &on
	case "adaptive", "auto":
		c.Adaptive = true
	}
	if budget := wirejson.Member(v, "budget_tokens"); budget != nil {
		c.Budget, err = wirejson.WantInt(name+".budget_tokens", budget)
	}
	return err
}

// readEnableThinking reads Qwen's switch.
func (d *requestDecoder) readEnableThinking(name string, v llm.Raw) (err error) {
	c := d.thinking()
	keep(&c.Ext, markScope, []byte(name), v)
	c.Enabled, err = wirejson.WantBool(name, v)
	return err
}

func (d *requestDecoder) readThinkingBudget(name string, v llm.Raw) (err error) {
	c := d.thinking()
	keep(&c.Ext, markScope, []byte(name), v)
	c.Budget, err = wirejson.WantInt(name, v)
	return err
}
