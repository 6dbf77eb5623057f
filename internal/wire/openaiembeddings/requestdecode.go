package openaiembeddings

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeEmbedRequest reads the body of POST /embeddings.
func (Codec) DecodeEmbedRequest(in wire.Inbound) (*llm.EmbedRequest, error) {
	body, bad := object(in.Body)
	if bad != nil {
		return nil, bad
	}
	d := requestDecoder{r: &llm.EmbedRequest{Model: in.Model}}
	for name, v := range wirejson.Members(body) {
		read, known := requestFields[string(name)]
		switch {
		case !known:
			d.keep(protocol, string(name), v)
		case wirejson.IsNull(v):
		default:
			if err := read(&d, string(name), v); err != nil {
				return nil, wirejson.Explain(err)
			}
		}
	}
	if d.r.Model == "" {
		return nil, wirejson.Explain(wirejson.Missing("model"))
	}
	if len(d.r.Inputs) == 0 {
		return nil, wirejson.Explain(wirejson.Missing("input"))
	}
	for i := range d.r.Inputs {
		d.r.Inputs[i].Task, d.r.Inputs[i].Title = d.task, d.title
	}
	return d.r, nil
}

type requestDecoder struct {
	r           *llm.EmbedRequest
	task, title string // of all inputs
}

func (d *requestDecoder) keep(scope llm.Protocol, name string, v llm.Raw) {
	d.r.Ext = append(d.r.Ext, llm.Member{Protocol: scope, Name: name, Value: v})
}

// requestField reads one member, which is not null.
type requestField func(d *requestDecoder, name string, v llm.Raw) error

var requestFields = map[string]requestField{
	"model":           textField(func(d *requestDecoder) *string { return &d.r.Model }),
	"user":            textField(func(d *requestDecoder) *string { return &d.r.User }),
	"input":           readInput,
	"dimensions":      readDimensions,
	"encoding_format": readEncoding,
	// Not OpenAI's own: by these, clients that cannot speak Gemini's protocol
	// say what its models take.
	"task_type": liftedField(func(d *requestDecoder) *string { return &d.task }),
	"title":     liftedField(func(d *requestDecoder) *string { return &d.title }),
}

func textField(of func(*requestDecoder) *string) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(d), err = wirejson.WantText(name, v)
		return err
	}
}

// liftedField reads a member that the canonical model knows for another
// protocol, and remembers it for an upstream of this one.
func liftedField(of func(*requestDecoder) *string) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) error {
		if s, ok := wirejson.Text(v); ok {
			*of(d) = s
			d.keep(wirejson.MarkScope(protocol), name, v)
			return nil
		}
		d.keep(protocol, name, v) // it means something else to somebody
		return nil
	}
}

func readDimensions(d *requestDecoder, name string, v llm.Raw) (err error) {
	d.r.Dimensions, err = wirejson.WantInt(name, v)
	if err == nil && *d.r.Dimensions < 1 {
		return wirejson.Bad(name, "invalid_value", "it must be at least 1, not "+strconv.FormatInt(*d.r.Dimensions, 10))
	}
	return err
}

func readEncoding(d *requestDecoder, name string, v llm.Raw) error {
	s, err := wirejson.WantText(name, v)
	if err != nil {
		return err
	}
	if s != encodingFloat && s != encodingBase64 {
		return wirejson.BadValue(name, s, encodingFloat, encodingBase64)
	}
	d.r.Encoding = s
	return nil
}

// readInput reads the four shapes of input: a text, texts, tokens, and lists of
// tokens.
func readInput(d *requestDecoder, name string, v llm.Raw) error {
	switch wirejson.KindOf(v) {
	case '"':
		text, _ := wirejson.Text(v)
		d.r.Single, d.r.Inputs = true, []llm.EmbedInput{{Text: text}}
		return nil
	case '[':
	default:
		return wirejson.BadType(name, "a string or an array of strings or tokens", v)
	}
	for _, first := range wirejson.Elements(v) {
		if wirejson.KindOf(first) != '0' {
			return d.inputs(name, v)
		}
		d.r.Single, d.r.Inputs = true, []llm.EmbedInput{{Tokens: v}}
		return checkTokens(name, v)
	}
	return wirejson.Bad(name, "empty_array", "it must hold at least one input")
}

// inputs reads an array of texts or of lists of tokens.
func (d *requestDecoder) inputs(name string, v llm.Raw) error {
	for i, e := range wirejson.Elements(v) {
		if i == maxInputs {
			return wirejson.Bad(name, "array_above_max_length", "it may hold at most "+strconv.Itoa(maxInputs)+" inputs")
		}
		in := llm.EmbedInput{}
		text, isText := wirejson.Text(e)
		switch {
		case isText:
			in.Text = text
		case wirejson.KindOf(e) == '[':
			if err := checkTokens(name+wirejson.At(i), e); err != nil {
				return err
			}
			in.Tokens = e
		default:
			return wirejson.BadType(name+wirejson.At(i), "a string or an array of tokens", e)
		}
		d.r.Inputs = append(d.r.Inputs, in)
	}
	return nil
}

// checkTokens demands a list of the numbers of tokens.
func checkTokens(name string, v llm.Raw) error {
	n := 0
	for i, e := range wirejson.Elements(v) {
		if token, ok := wirejson.Int(e); !ok || token < 0 {
			return wirejson.BadType(name+wirejson.At(i), "the number of a token", e)
		}
		n++
	}
	if n == 0 {
		return wirejson.Bad(name, "empty_array", "it must hold at least one token")
	}
	return nil
}
