package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeRequest reads the body of POST /chat, or of /generate. Members it does
// not know are kept in Ext, in order.
func (c Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	body, bad := checked(in.Body)
	if bad != nil {
		return nil, bad
	}
	// The API streams unless it is told not to.
	d := requestDecoder{req: &llm.Request{Model: in.Model, Stream: true}}
	own := chatFields
	if c.Generate {
		own = generateFields
	}
	for name, v := range wirejson.Members(body) {
		read := fieldOf(own, string(name))
		if read == nil && fieldOf(own, strings.ToLower(string(name))) != nil {
			// The server would take it for the other, and the last one counts.
			return nil, wirejson.Explain(wirejson.Bad(string(name), "invalid_name", "names are written in lower case here"))
		}
		if read == nil {
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
	if d.req.Model == "" {
		return nil, wirejson.Explain(wirejson.Missing("model"))
	}
	if c.Generate {
		d.completion()
	}
	return d.req, nil
}

// fieldOf returns what reads a member, of both paths or of one's own; or nil.
func fieldOf(own map[string]requestField, name string) requestField {
	if read, ok := requestFields[name]; ok {
		return read
	}
	return own[name]
}

// requestDecoder reads one request.
type requestDecoder struct {
	req   *llm.Request
	calls pending
	// What /generate says of its one message.
	prompt string
	suffix string
	images []llm.Block
}

// completion puts together what /generate said.
func (d *requestDecoder) completion() {
	d.req.Completion = &llm.Completion{Suffix: d.suffix}
	var blocks []llm.Block
	if d.prompt != "" {
		blocks = append(blocks, &llm.Text{Text: d.prompt})
	}
	blocks = append(blocks, d.images...)
	if len(blocks) > 0 {
		d.req.Messages = []llm.Message{{Role: llm.RoleUser, Blocks: blocks}}
	}
}

// requestField reads one member, which is not null.
type requestField func(d *requestDecoder, name string, v llm.Raw) error

var requestFields = map[string]requestField{
	"model":        textField(func(d *requestDecoder) *string { return &d.req.Model }),
	"stream":       (*requestDecoder).readStream,
	"format":       (*requestDecoder).readFormat,
	"options":      (*requestDecoder).readOptions,
	"think":        (*requestDecoder).readThink,
	"logprobs":     boolField(func(d *requestDecoder) **bool { return &d.req.Sampling.Logprobs }),
	"top_logprobs": intField(func(d *requestDecoder) **int64 { return &d.req.Sampling.TopLogprobs }),
}

var chatFields = map[string]requestField{
	"messages": (*requestDecoder).readMessages,
	"tools":    (*requestDecoder).readTools,
}

var generateFields = map[string]requestField{
	"prompt": textField(func(d *requestDecoder) *string { return &d.prompt }),
	"suffix": textField(func(d *requestDecoder) *string { return &d.suffix }),
	"system": (*requestDecoder).readSystem,
	"images": (*requestDecoder).readImages,
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

func (d *requestDecoder) readStream(name string, v llm.Raw) error {
	b, err := wirejson.WantBool(name, v)
	if b != nil {
		d.req.Stream = *b
	}
	return err
}

// readFormat reads "json", "" or a schema.
func (d *requestDecoder) readFormat(name string, v llm.Raw) error {
	if wirejson.KindOf(v) == '{' {
		d.req.Format = &llm.Format{Type: "json_schema", Schema: v}
		return nil
	}
	s, ok := wirejson.Text(v)
	switch {
	case !ok:
		return wirejson.BadType(name, `"json" or a JSON schema`, v)
	case s == "json":
		d.req.Format = &llm.Format{Type: "json_object"}
	case s != "":
		return wirejson.BadValue(name, s, "json")
	}
	return nil
}

// readThink reads whether, or how hard, the model is to think. It is kept in
// its spelling, because not every model takes every one.
func (d *requestDecoder) readThink(name string, v llm.Raw) error {
	r := &llm.ReasoningConfig{}
	if b, ok := wirejson.Bool(v); ok {
		r.Enabled = &b
	} else if r.Effort, ok = wirejson.Text(v); !ok {
		return wirejson.BadType(name, `a boolean or a level ("low", "medium", "high")`, v)
	} else if r.Effort == "" {
		return nil
	}
	keep(&r.Ext, markScope, []byte(name), v)
	d.req.Reasoning = r
	return nil
}

func (d *requestDecoder) readSystem(name string, v llm.Raw) error {
	s, err := wirejson.WantText(name, v)
	if s != "" {
		d.req.System = []llm.Block{&llm.Text{Text: s}}
	}
	return err
}

func (d *requestDecoder) readImages(name string, v llm.Raw) (err error) {
	d.images, err = readImages(name, v)
	return err
}
