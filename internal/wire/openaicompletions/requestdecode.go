package openaicompletions

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// typeTokens is the type of a prompt that is given as numbers of tokens, which
// only the model's own tokenizer understands.
const typeTokens = "tokens"

// DecodeRequest reads the body of POST /completions.
func (Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	body, bad := checked(in.Body)
	if bad != nil {
		return nil, bad
	}
	r := &llm.Request{Model: in.Model, Stream: in.Stream, Completion: &llm.Completion{}}
	for name, v := range wirejson.Members(body) {
		read, ok := requestFields[string(name)]
		if !ok {
			keep(&r.Ext, name, v)
			continue
		}
		if wirejson.IsNull(v) {
			continue
		}
		if err := read(r, string(name), v); err != nil {
			return nil, wirejson.Explain(err)
		}
	}
	if r.Model == "" {
		return nil, wirejson.Explain(wirejson.Missing("model"))
	}
	if len(r.Messages) == 0 {
		return nil, wirejson.Explain(wirejson.Missing("prompt"))
	}
	return r, nil
}

// requestField reads one member, which is not null.
type requestField func(r *llm.Request, name string, v llm.Raw) error

var requestFields = map[string]requestField{
	"model":             textField(func(r *llm.Request) *string { return &r.Model }),
	"prompt":            readPrompt,
	"suffix":            textField(func(r *llm.Request) *string { return &r.Completion.Suffix }),
	"echo":              flagField(func(r *llm.Request) *bool { return &r.Completion.Echo }),
	"best_of":           intField(func(r *llm.Request) **int64 { return &r.Completion.BestOf }),
	"stream":            flagField(func(r *llm.Request) *bool { return &r.Stream }),
	"stream_options":    readStreamOptions,
	"max_tokens":        intField(func(r *llm.Request) **int64 { return &r.MaxTokens }),
	"temperature":       floatField(func(r *llm.Request) **float64 { return &r.Sampling.Temperature }),
	"top_p":             floatField(func(r *llm.Request) **float64 { return &r.Sampling.TopP }),
	"top_k":             intField(func(r *llm.Request) **int64 { return &r.Sampling.TopK }),
	"min_p":             floatField(func(r *llm.Request) **float64 { return &r.Sampling.MinP }),
	"frequency_penalty": floatField(func(r *llm.Request) **float64 { return &r.Sampling.FrequencyPenalty }),
	"presence_penalty":  floatField(func(r *llm.Request) **float64 { return &r.Sampling.PresencePenalty }),
	"seed":              intField(func(r *llm.Request) **int64 { return &r.Sampling.Seed }),
	"logit_bias":        readLogitBias,
	"logprobs":          readLogprobs,
	"n":                 intField(func(r *llm.Request) **int64 { return &r.N }),
	"stop":              readStop,
	"user":              textField(func(r *llm.Request) *string { return &r.User }),
}

func textField(of func(*llm.Request) *string) requestField {
	return func(r *llm.Request, name string, v llm.Raw) (err error) {
		*of(r), err = wirejson.WantText(name, v)
		return err
	}
}

func flagField(of func(*llm.Request) *bool) requestField {
	return func(r *llm.Request, name string, v llm.Raw) error {
		b, err := wirejson.WantBool(name, v)
		if b != nil {
			*of(r) = *b
		}
		return err
	}
}

func intField(of func(*llm.Request) **int64) requestField {
	return func(r *llm.Request, name string, v llm.Raw) (err error) {
		*of(r), err = wirejson.WantInt(name, v)
		return err
	}
}

func floatField(of func(*llm.Request) **float64) requestField {
	return func(r *llm.Request, name string, v llm.Raw) (err error) {
		*of(r), err = wirejson.WantFloat(name, v)
		return err
	}
}

// readPrompt reads the prompt: a text, several, or tokens. What is not one text
// is kept as it came, too.
func readPrompt(r *llm.Request, name string, v llm.Raw) error {
	if s, ok := wirejson.Text(v); ok {
		r.Messages = []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: s}}}}
		return nil
	}
	if wirejson.KindOf(v) != '[' {
		return wirejson.BadType(name, "a string or an array of strings or tokens", v)
	}
	var blocks []llm.Block
	for i, e := range wirejson.Elements(v) {
		s, ok := wirejson.Text(e)
		switch {
		case ok:
			blocks = append(blocks, &llm.Text{Text: s})
		case wirejson.KindOf(e) == '0' || wirejson.KindOf(e) == '[':
			blocks = []llm.Block{&llm.Opaque{Type: typeTokens, Native: llm.Native{Protocol: protocol, Raw: v}}}
			r.Messages = []llm.Message{{Role: llm.RoleUser, Blocks: blocks}}
			return nil
		default:
			return wirejson.BadType(name+wirejson.At(i), "a string or tokens", e)
		}
	}
	if len(blocks) == 0 {
		return wirejson.Bad(name, "empty_array", "it must hold at least one prompt")
	}
	r.Messages = []llm.Message{{Role: llm.RoleUser, Blocks: blocks}}
	if len(blocks) > 1 {
		keep(&r.Completion.Ext, []byte(name), v)
	}
	return nil
}

// readStreamOptions keeps all options but include_usage under the same name.
func readStreamOptions(r *llm.Request, name string, v llm.Raw) error {
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
		r.IncludeUsage = b != nil && *b
	}
	if len(rest.B) > 1 {
		rest.Close('}')
		keep(&r.Ext, []byte(name), rest.B)
	}
	return nil
}

func readLogitBias(r *llm.Request, name string, v llm.Raw) error {
	r.Sampling.LogitBias = v
	return wirejson.WantObject(name, v)
}

// readLogprobs reads how many alternatives are wanted; none is not no.
func readLogprobs(r *llm.Request, name string, v llm.Raw) (err error) {
	yes := true
	r.Sampling.Logprobs = &yes
	r.Sampling.TopLogprobs, err = wirejson.WantInt(name, v)
	return err
}

func readStop(r *llm.Request, name string, v llm.Raw) error {
	if s, ok := wirejson.Text(v); ok {
		r.Stop = []string{s}
		return nil
	}
	if wirejson.KindOf(v) != '[' {
		return wirejson.BadType(name, "a string or an array of strings", v)
	}
	for i, e := range wirejson.Elements(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return wirejson.BadType(name+wirejson.At(i), "a string", e)
		}
		r.Stop = append(r.Stop, s)
	}
	return nil
}
