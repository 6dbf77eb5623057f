package gemini

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeRequest reads the body of generateContent or streamGenerateContent.
// The model and the stream flag come from the URL. Errors are *llm.Error of
// KindInvalid that name the field in Param.
func (Codec) DecodeRequest(in wire.Inbound) (*llm.Request, error) {
	body, err := checked(in.Body)
	if err != nil {
		return nil, asInvalid(err)
	}
	r := &llm.Request{Model: modelName(in.Model), Stream: in.Stream}
	ext, err := decodeObject(r, body, requestFields)
	if err != nil {
		return nil, asInvalid(err)
	}
	if len(r.Messages) == 0 {
		return nil, asInvalid(wrong("contents", "is required: at least one content with a part"))
	}
	r.Ext = inOrder(append(r.Ext, ext...))
	return r, nil
}

// inOrder brings the members into the order in which they are encoded: those
// lifted out of nested objects stand before the others.
func inOrder(ext llm.Ext) llm.Ext {
	rank := func(m llm.Member) int {
		for i, prefix := range lifted {
			if strings.HasPrefix(m.Name, prefix) {
				return i
			}
		}
		return len(lifted)
	}
	slices.SortStableFunc(ext, func(a, b llm.Member) int { return rank(a) - rank(b) })
	return ext
}

// modelName strips the collection from a model's resource name.
func modelName(name string) string { return strings.TrimPrefix(name, "models/") }

var requestFields = map[string]field[llm.Request]{
	// The SDKs' batch form repeats the model in the body; the URL wins.
	"model": into(str, func(r *llm.Request, s string) {
		if r.Model == "" {
			r.Model = modelName(s)
		}
	}),
	"contents":          decodeMessages,
	"systemInstruction": decodeSystem,
	"tools": func(r *llm.Request, v llm.Raw) (err error) {
		r.Tools, err = decodeTools(v)
		return err
	},
	"toolConfig":       nestedField("toolConfig", toolConfigFields),
	"safetySettings":   into(array, func(r *llm.Request, v llm.Raw) { r.SafetySettings = v }),
	"generationConfig": decodeGenerationConfig,
	"labels":           decodeLabels,
	"serviceTier":      decodeServiceTier,
	"store": func(r *llm.Request, v llm.Raw) error {
		b, err := boolean(v)
		r.Store = &b
		r.Ext = append(r.Ext, spelled("store", v))
		return err
	},
}

func decodeMessages(r *llm.Request, v llm.Raw) (err error) {
	if wirejson.KindOf(v) == '{' { // one content stands for a list of one
		v = jsonOf(func(w *writer) { w.open('['); w.value(v); w.shut(']') })
	}
	r.Messages, err = decodeContents(v)
	return err
}

// decodeSystem reads the system instruction, a content whose role means nothing.
func decodeSystem(r *llm.Request, v llm.Raw) error {
	var c content
	ext, err := decodeObject(&c, v, contentFields)
	if err != nil {
		return err
	}
	r.Ext = append(r.Ext, under("systemInstruction", ext)...)
	if c.parts == nil {
		return nil
	}
	var blocks []llm.Block
	err = eachElement(c.parts, func(v llm.Raw) error {
		p, err := parsePart(v)
		if err != nil {
			return err
		}
		b, err := p.block()
		switch b.(type) {
		case nil:
			return err
		case *llm.Text:
		default: // instructions are text; what else may stand there is the API's own
			b = &llm.Opaque{Type: p.data, Native: p.native()}
		}
		blocks = append(blocks, b)
		return err
	})
	r.System = prune(blocks)
	return in("parts", err)
}

// nestedField reads an object whose unknown members move up to the request.
func nestedField(name string, fields map[string]field[llm.Request]) field[llm.Request] {
	return func(r *llm.Request, v llm.Raw) error {
		ext, err := decodeObject(r, v, fields)
		r.Ext = append(r.Ext, under(name, ext)...)
		return err
	}
}

// decodeLabels reads Vertex AI's billing labels. They are metadata to other
// protocols; to this one they go back as they came.
func decodeLabels(r *llm.Request, v llm.Raw) error {
	if _, err := object(v); err != nil {
		return err
	}
	for name, v := range wirejson.Members(v) {
		s, err := str(v)
		if err != nil {
			return in(string(name), err)
		}
		r.Metadata = append(r.Metadata, llm.KeyValue{Key: string(name), Value: s})
	}
	r.Ext = append(r.Ext, spelled("labels", v))
	return nil
}

// decodeServiceTier reads the tier. One that is not known is only ours to say.
func decodeServiceTier(r *llm.Request, v llm.Raw) error {
	s, err := str(v)
	if err != nil {
		return err
	}
	switch s {
	case "standard", "flex", "priority":
		r.ServiceTier = s
	default:
		r.Ext = append(r.Ext, member("serviceTier", v))
	}
	return nil
}
