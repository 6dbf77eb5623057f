package openairesponses

import (
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Values of include that the canonical model has words for.
const includeLogprobs = "message.output_text.logprobs"

// DecodeRequest reads the body of POST /responses. Members it does not know
// are kept in Ext, in order.
func (Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	if err := wirejson.Check(in.Body); err != nil {
		e := llm.Errorf(llm.KindInvalid, "invalid_json", "The request body must be a JSON object: %v.", err)
		e.Cause = err
		return nil, e
	}
	if wirejson.KindOf(in.Body) != '{' {
		return nil, wrongType("body", "an object", in.Body)
	}
	req := &llm.Request{Model: in.Model, Stream: in.Stream}
	for name, v := range wirejson.Members(in.Body) {
		field, ok := requestFields[string(name)]
		if !ok {
			keep(&req.Ext, protocol, name, v)
			continue
		}
		if err := field(req, v); err != nil {
			return nil, err
		}
	}
	if req.Model == "" {
		return nil, missing("model")
	}
	req.Tools = offeredOnce(req.Tools)
	// Tokens' probabilities are asked for by include here, by a flag elsewhere.
	if slices.Contains(req.Include, includeLogprobs) {
		yes := true
		req.Sampling.Logprobs = &yes
	}
	return req, nil
}

// requestField reads one member of the request.
type requestField func(r *llm.Request, v llm.Raw) error

var requestFields = map[string]requestField{
	"model":                  textField("model", func(r *llm.Request) *string { return &r.Model }),
	"input":                  decodeInput,
	"instructions":           decodeInstructions,
	"stream":                 decodeStream,
	"tools":                  decodeTools,
	"tool_choice":            decodeToolChoice,
	"parallel_tool_calls":    boolField("parallel_tool_calls", func(r *llm.Request) **bool { return &r.ParallelTools }),
	"max_output_tokens":      intField("max_output_tokens", func(r *llm.Request) **int64 { return &r.MaxTokens }),
	"temperature":            floatField("temperature", func(r *llm.Request) **float64 { return &r.Sampling.Temperature }),
	"top_p":                  floatField("top_p", func(r *llm.Request) **float64 { return &r.Sampling.TopP }),
	"top_logprobs":           intField("top_logprobs", func(r *llm.Request) **int64 { return &r.Sampling.TopLogprobs }),
	"frequency_penalty":      penaltyField("frequency_penalty", func(r *llm.Request) **float64 { return &r.Sampling.FrequencyPenalty }),
	"presence_penalty":       penaltyField("presence_penalty", func(r *llm.Request) **float64 { return &r.Sampling.PresencePenalty }),
	"reasoning":              decodeReasoningConfig,
	"text":                   decodeTextConfig,
	"truncation":             textField("truncation", func(r *llm.Request) *string { return &r.Truncation }),
	"store":                  boolField("store", func(r *llm.Request) **bool { return &r.Store }),
	"background":             boolField("background", func(r *llm.Request) **bool { return &r.Background }),
	"previous_response_id":   textField("previous_response_id", func(r *llm.Request) *string { return &r.PreviousResponseID }),
	"conversation":           decodeConversation,
	"include":                decodeInclude,
	"metadata":               decodeMetadata,
	"user":                   textField("user", func(r *llm.Request) *string { return &r.User }),
	"safety_identifier":      decodeSafetyIdentifier,
	"prompt_cache_key":       textField("prompt_cache_key", func(r *llm.Request) *string { return &r.PromptCacheKey }),
	"prompt_cache_retention": textField("prompt_cache_retention", func(r *llm.Request) *string { return &r.PromptCacheRetention }),
	"service_tier":           textField("service_tier", func(r *llm.Request) *string { return &r.ServiceTier }),
}

func textField(name string, of func(*llm.Request) *string) requestField {
	return func(r *llm.Request, v llm.Raw) (err error) {
		if wirejson.IsNull(v) {
			return nil
		}
		*of(r), err = wantText(name, v)
		return err
	}
}

func boolField(name string, of func(*llm.Request) **bool) requestField {
	return func(r *llm.Request, v llm.Raw) (err error) {
		*of(r), err = wantBool(name, v)
		return err
	}
}

func intField(name string, of func(*llm.Request) **int64) requestField {
	return func(r *llm.Request, v llm.Raw) (err error) {
		*of(r), err = wantInt(name, v)
		return err
	}
}

func floatField(name string, of func(*llm.Request) **float64) requestField {
	return func(r *llm.Request, v llm.Raw) (err error) {
		*of(r), err = wantFloat(name, v)
		return err
	}
}

// penaltyField is for members that Open Responses has and OpenAI refuses: the
// value is known to all targets, and the member goes back out only because the
// client sent it in this protocol.
func penaltyField(name string, of func(*llm.Request) **float64) requestField {
	return func(r *llm.Request, v llm.Raw) (err error) {
		if *of(r), err = wantFloat(name, v); err != nil {
			return err
		}
		keep(&r.Ext, markScope, []byte(name), v)
		return nil
	}
}

func decodeStream(r *llm.Request, v llm.Raw) error {
	b, err := wantBool("stream", v)
	if err != nil {
		return err
	}
	if b != nil {
		r.Stream = *b
	}
	return nil
}

func decodeInstructions(r *llm.Request, v llm.Raw) error {
	text, err := wantText("instructions", v)
	if err != nil {
		return err
	}
	if text != "" {
		r.System = []llm.Block{&llm.Text{Text: text}}
	}
	return nil
}

func decodeConversation(r *llm.Request, v llm.Raw) error {
	switch wirejson.KindOf(v) {
	case 'n':
		return nil
	case '"':
		r.Conversation, _ = wirejson.Text(v)
		return nil
	case '{':
		id, err := wantText("conversation.id", wirejson.Member(v, "id"))
		if err != nil {
			return err
		}
		if id == "" {
			return missing("conversation.id")
		}
		r.Conversation = id
		for name := range wirejson.Members(v) {
			if string(name) != "id" {
				keep(&r.Ext, protocol, []byte("conversation"), v)
				break
			}
		}
		return nil
	}
	return wrongType("conversation", "a string or an object with an id", v)
}

func decodeInclude(r *llm.Request, v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantArray("include", v); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return wrongType(at("include", i), "a string", e)
		}
		r.Include = append(r.Include, s)
	}
	return nil
}

func decodeMetadata(r *llm.Request, v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantObject("metadata", v); err != nil {
		return err
	}
	for name, e := range wirejson.Members(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return wrongType("metadata."+string(name), "a string", e)
		}
		r.Metadata = append(r.Metadata, llm.KeyValue{Key: string(name), Value: s})
	}
	return nil
}

// decodeSafetyIdentifier keeps the member and takes it for the end user's id
// where user, which it replaces, does not say one.
func decodeSafetyIdentifier(r *llm.Request, v llm.Raw) error {
	id, err := wantText("safety_identifier", v)
	if err != nil || id == "" {
		return err
	}
	keep(&r.Ext, markScope, []byte("safety_identifier"), v)
	if r.User == "" {
		r.User = id
	}
	return nil
}

func decodeReasoningConfig(r *llm.Request, v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantObject("reasoning", v); err != nil {
		return err
	}
	c := &llm.ReasoningConfig{}
	for name, e := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "effort":
			c.Effort, err = wantText("reasoning.effort", e)
		case "summary":
			if !wirejson.IsNull(e) {
				c.Summary, err = wantText("reasoning.summary", e)
			}
		case "generate_summary": // the deprecated name of summary
			if c.Summary == "" {
				c.Summary, err = wantText("reasoning.generate_summary", e)
			}
		default:
			keep(&c.Ext, protocol, name, e)
		}
		if err != nil {
			return err
		}
	}
	r.Reasoning = c
	return nil
}

func decodeTextConfig(r *llm.Request, v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantObject("text", v); err != nil {
		return err
	}
	for name, e := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "format":
			r.Format, err = decodeFormat(e)
		case "verbosity":
			r.Verbosity, err = wantText("text.verbosity", e)
		default:
			keep(&r.Ext, textScope, name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func decodeFormat(v llm.Raw) (*llm.Format, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wantObject("text.format", v); err != nil {
		return nil, err
	}
	f := &llm.Format{}
	for name, e := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
			f.Type, err = wantText("text.format.type", e)
		case "name":
			f.Name, err = wantText("text.format.name", e)
		case "description":
			f.Description, err = wantText("text.format.description", e)
		case "strict":
			f.Strict, err = wantBool("text.format.strict", e)
		case "schema":
			if err = wantObject("text.format.schema", e); err == nil {
				f.Schema = e
			}
		default:
			keep(&f.Ext, protocol, name, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return f, checkFormat(f)
}

func checkFormat(f *llm.Format) error {
	switch f.Type {
	case "text", "json_object":
		return nil
	case "json_schema":
		if f.Name == "" {
			return missing("text.format.name")
		}
		if f.Schema == nil {
			return missing("text.format.schema")
		}
		return nil
	case "":
		return missing("text.format.type")
	}
	return badValue("text.format.type", f.Type, "text", "json_object", "json_schema")
}
