package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// DecodeEmbedRequest reads the request of either method. What is not text is
// refused with KindUnsupported: only upstreams of this protocol embed it.
func (c EmbedCodec) DecodeEmbedRequest(in wire.Inbound) (*llm.EmbedRequest, error) {
	body, err := checked(in.Body)
	if err != nil {
		return nil, asInvalid(err)
	}
	d := embedDecoder{r: &llm.EmbedRequest{Model: modelName(in.Model), Single: !c.Batch}}
	if c.Batch {
		err = d.batch(body)
	} else {
		err = d.one(body)
	}
	switch {
	case err != nil:
		return nil, asInvalid(err)
	case d.refused != nil:
		return nil, d.refused
	}
	return d.r, nil
}

type embedDecoder struct {
	r       *llm.EmbedRequest
	refused *llm.Error // what only an upstream of this protocol can be asked
}

// batch reads a BatchEmbedContentsRequest.
func (d *embedDecoder) batch(body []byte) (err error) {
	d.r.Ext, err = decodeObject(d, body, batchFields)
	if err == nil && len(d.r.Inputs) == 0 {
		return wrong("requests", "is required: an array of requests")
	}
	return err
}

var batchFields = map[string]field[embedDecoder]{
	"model": ignoredModel[embedDecoder], // the URL's counts
	"requests": func(d *embedDecoder, v llm.Raw) error {
		return eachElement(v, d.one)
	},
}

func ignoredModel[T any](*T, llm.Raw) error { return nil }

// one reads an EmbedContentRequest.
func (d *embedDecoder) one(raw llm.Raw) error {
	if len(d.r.Inputs) == maxEmbeds {
		return wrong("", "is one too many: %d are taken at once", maxEmbeds)
	}
	var ask embedAsk
	ext, err := decodeObject(&ask, raw, embedFields)
	if err != nil {
		return err
	}
	if !ask.content {
		return wrong("content", "is required: an object with parts")
	}
	ask.in.Ext = append(ask.in.Ext, ext...)
	d.settle(&ask)
	d.r.Inputs = append(d.r.Inputs, ask.in)
	return nil
}

// settle brings what one request of a batch asks together with the others.
func (d *embedDecoder) settle(ask *embedAsk) {
	switch {
	case d.refused != nil:
	case ask.media != "":
		d.refused = unsupportedEmbed("content.parts", "not_text",
			"a part with %s can be embedded by a provider that speaks this API only; send text, or choose another model", ask.media)
	case len(d.r.Inputs) == 0:
		d.r.Dimensions = ask.dimensions
	case !same(d.r.Dimensions, ask.dimensions):
		d.refused = unsupportedEmbed(embedSize, "mixed_dimensions",
			"the requests of one batch differ in %s, which a provider that speaks this API is needed for; give all the same", embedSize)
	}
}

func same(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

// unsupportedEmbed makes the error for what is right but cannot be said in
// another protocol.
func unsupportedEmbed(param, code, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUnsupported, code, format, args...)
	e.Status, e.Param = 400, param // nothing is wrong with the media type of the request
	return e
}

// embedAsk is one EmbedContentRequest.
type embedAsk struct {
	in         llm.EmbedInput
	dimensions *int64
	content    bool
	media      string // the name of a part's data that is not text
	texts      []string
}

var embedFields = map[string]field[embedAsk]{
	"model":    ignoredModel[embedAsk],
	"content":  readEmbedContent,
	embedTask:  into(str, func(a *embedAsk, s string) { a.in.Task = s }),
	embedTitle: into(str, func(a *embedAsk, s string) { a.in.Title = s }),
	embedSize:  readDimensionality,
	embedConfig: func(a *embedAsk, v llm.Raw) error {
		rest, err := decodeObject(a, v, embedConfigFields)
		if len(rest) > 0 {
			left := jsonOf(func(w *writer) { w.open('{'); w.ext(rest); w.shut('}') })
			a.in.Ext = append(a.in.Ext, member(embedConfig, left))
		}
		return err
	},
}

var embedConfigFields = map[string]field[embedAsk]{
	embedTask:  into(str, func(a *embedAsk, s string) { a.in.Task = s }),
	embedTitle: into(str, func(a *embedAsk, s string) { a.in.Title = s }),
	embedSize:  readDimensionality,
}

func readDimensionality(a *embedAsk, v llm.Raw) error {
	n, err := integer(v)
	if err == nil && n < 1 {
		return wrong("", "must be at least 1, not %d", n)
	}
	a.dimensions = &n
	return err
}

// readEmbedContent reads the text of a content. Its role means nothing here.
func readEmbedContent(a *embedAsk, v llm.Raw) error {
	var c content
	if _, err := decodeObject(&c, v, contentFields); err != nil {
		return err
	}
	a.content = true
	if err := eachElement(c.parts, a.part); err != nil {
		return in(embedParts, err)
	}
	if len(a.texts) == 0 && a.media == "" {
		return wrong(embedParts, "must hold a text")
	}
	a.in.Text = strings.Join(a.texts, "\n")
	if len(a.texts) > 1 { // one vector for all: what is between them is not said
		a.in.Ext = append(a.in.Ext, member(embedParts, c.parts))
	}
	return nil
}

func (a *embedAsk) part(v llm.Raw) error {
	p, err := parsePart(v)
	if err != nil {
		return err
	}
	switch p.data {
	case "text":
		s, err := str(p.value)
		a.texts = append(a.texts, s)
		return in("text", err)
	case "":
		return wrong("", "must hold a text")
	default:
		a.media = p.data
		return nil
	}
}
