package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeRequest reads the body of POST /v1/messages. The result aliases
// in.Body. Errors are *llm.Error of KindInvalid with Param set, or of
// KindNotFound where the request goes on with a message thread.
func (Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	req, err := decodeRequest(in)
	if err == nil && req.MaxTokens == nil {
		err = invalid("max_tokens", "must be the largest number of tokens to generate; it is required")
	}
	if err != nil {
		return nil, err
	}
	return req, nil
}

// DecodeCountRequest reads the body of POST /v1/messages/count_tokens: that of
// DecodeRequest, but nothing needs to bound the output.
func (Codec) DecodeCountRequest(in wire.Inbound) (*llm.Request, error) {
	return decodeRequest(in)
}

// requestDecoder gathers one request; it has a method for every member that is
// more than a scalar.
type requestDecoder struct {
	req          *llm.Request
	outputFormat llm.Raw // the older name of output_config.format
	// Members of objects of which the canonical model knows only some.
	metadataRest, configRest llm.Raw
}

// requestDecoders has an entry for every member of a request with a canonical
// form; all others ride in Request.Ext.
var requestDecoders = map[string]func(*requestDecoder, llm.Raw) error{
	"model":          (*requestDecoder).model,
	"stream":         (*requestDecoder).stream,
	"system":         (*requestDecoder).system,
	"messages":       (*requestDecoder).messages,
	"max_tokens":     (*requestDecoder).maxTokens,
	"temperature":    (*requestDecoder).temperature,
	"top_p":          (*requestDecoder).topP,
	"top_k":          (*requestDecoder).topK,
	"stop_sequences": (*requestDecoder).stop,
	"metadata":       (*requestDecoder).metadata,
	"service_tier":   (*requestDecoder).serviceTier,
	"tools":          (*requestDecoder).tools,
	"tool_choice":    (*requestDecoder).toolChoice,
	"thinking":       (*requestDecoder).thinking,
	"output_config":  (*requestDecoder).outputConfig,
	"output_format":  (*requestDecoder).olderFormat,
	"thread":         (*requestDecoder).thread,
}

func decodeRequest(in wire.Inbound) (*llm.Request, error) {
	if err := wantKind("", in.Body, '{', "a request (an object)"); err != nil {
		return nil, err
	}
	d := requestDecoder{req: &llm.Request{Model: in.Model, Stream: in.Stream}}
	for name, v := range wirejson.Members(in.Body) {
		decode := requestDecoders[string(name)]
		if decode == nil {
			d.req.Ext = addExt(d.req.Ext, name, v)
			continue
		}
		if err := decode(&d, v); err != nil {
			return nil, under(err, string(name))
		}
	}
	if err := d.finish(); err != nil {
		return nil, err
	}
	return d.req, nil
}

// finish checks what only the whole request can tell. What is left of objects
// that were read in part stands first in Ext.
func (d *requestDecoder) finish() error {
	var rest llm.Ext
	if d.metadataRest != nil {
		rest = addExt(rest, []byte("metadata"), d.metadataRest)
	}
	if d.configRest != nil {
		rest = addExt(rest, []byte("output_config"), d.configRest)
	}
	d.req.Ext = append(rest, d.req.Ext...)
	if d.req.Model == "" {
		return invalid("model", "must be the name of a model; it is required")
	}
	if len(d.req.Messages) == 0 {
		return invalid("messages", "must hold at least one message with content; it is required")
	}
	if d.outputFormat == nil {
		return nil
	}
	if d.req.Format != nil {
		return invalid("output_format", "must not be given together with output_config.format")
	}
	format, err := decodeFormat(d.outputFormat)
	if err != nil {
		return under(err, "output_format")
	}
	d.req.Format = format
	return nil
}

func (d *requestDecoder) model(v llm.Raw) (err error) {
	d.req.Model, err = wantString("", v)
	return err
}

func (d *requestDecoder) stream(v llm.Raw) error {
	on, err := optBool("", v)
	d.req.Stream = d.req.Stream || on != nil && *on
	return err
}

func (d *requestDecoder) system(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	blocks, err := decodeRequestContent(v)
	d.req.System = withoutBlank(blocks)
	return err
}

func (d *requestDecoder) maxTokens(v llm.Raw) (err error) {
	d.req.MaxTokens, err = optInt("", v)
	if n := d.req.MaxTokens; n != nil && *n < 0 {
		return invalid("", "must be 0 or more, not %d", *n)
	}
	return err
}

func (d *requestDecoder) temperature(v llm.Raw) (err error) {
	d.req.Sampling.Temperature, err = optFloat("", v)
	return err
}

func (d *requestDecoder) topP(v llm.Raw) (err error) {
	d.req.Sampling.TopP, err = optFloat("", v)
	return err
}

func (d *requestDecoder) topK(v llm.Raw) (err error) {
	d.req.Sampling.TopK, err = optInt("", v)
	return err
}

func (d *requestDecoder) stop(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantKind("", v, '[', "an array of strings"); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		s, err := wantString(index("", i), e)
		if err != nil {
			return err
		}
		d.req.Stop = append(d.req.Stop, s)
	}
	return nil
}

// metadata reads user_id; whatever else stands there rides in Request.Ext
// under the same name.
func (d *requestDecoder) metadata(v llm.Raw) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantKind("", v, '{', "an object"); err != nil {
		return err
	}
	var rest writer
	rest.open('{')
	for name, m := range wirejson.Members(v) {
		if string(name) != "user_id" {
			rest.raw(string(name), m)
			continue
		}
		var err error
		if d.req.User, err = optString("user_id", m); err != nil {
			return err
		}
	}
	d.metadataRest = rest.object()
	return nil
}

func (d *requestDecoder) serviceTier(v llm.Raw) (err error) {
	d.req.ServiceTier, err = optString("", v)
	return err
}

func (d *requestDecoder) tools(v llm.Raw) (err error) {
	d.req.Tools, err = decodeTools(v)
	return err
}
