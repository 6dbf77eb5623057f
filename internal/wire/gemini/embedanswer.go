package gemini

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeEmbedResponse reads the answer of either method, whichever was called:
// some servers of the API answer both in one form.
func (EmbedCodec) DecodeEmbedResponse(body []byte, req *llm.EmbedRequest) (*llm.EmbedResponse, error) {
	body, err := checked(body)
	if err != nil {
		return nil, asUpstream(err)
	}
	if isError(wirejson.Member(body, "error")) {
		return nil, Codec{}.DecodeError(0, nil, body)
	}
	var a embedAnswer
	if _, err := decodeObject(&a, body, embedAnswerFields); err != nil {
		return nil, asUpstream(err)
	}
	if n := len(req.Inputs); len(a.vectors) != n {
		return nil, asUpstream(wrong("embeddings", "holds %d vectors for %d inputs", len(a.vectors), n))
	}
	return &llm.EmbedResponse{Model: a.model, Vectors: a.vectors, Usage: a.counted()}, nil
}

// embedAnswer is an EmbedContentResponse or a BatchEmbedContentsResponse.
type embedAnswer struct {
	vectors []llm.Vector
	model   string
	usage   *llm.Usage
	tokens  int64 // of the statistics, which some servers give in place of usage
}

var embedAnswerFields = map[string]field[embedAnswer]{
	"embedding":    (*embedAnswer).embedding,
	"embeddings":   func(a *embedAnswer, v llm.Raw) error { return eachElement(v, a.embedding) },
	"modelVersion": into(str, func(a *embedAnswer, s string) { a.model = s }),
	"usageMetadata": func(a *embedAnswer, v llm.Raw) error {
		u, err := decodeUsage(v)
		if err == nil && u.Total() > 0 { // zero says nothing: no input has no tokens
			a.usage = &u
		}
		return err
	},
}

// embedding reads a ContentEmbedding.
func (a *embedAnswer) embedding(v llm.Raw) error {
	values := wirejson.Member(v, "values")
	if wirejson.KindOf(values) != '[' {
		return wrong("values", "must be an array, not %s", kindName(values))
	}
	a.vectors = append(a.vectors, llm.Vector{Values: values})
	n, _ := wirejson.Int(wirejson.Member(wirejson.Member(v, "statistics"), "tokenCount"))
	a.tokens += max(0, n)
	return nil
}

// counted is the usage as far as it was told.
func (a *embedAnswer) counted() *llm.Usage {
	if a.usage == nil && a.tokens > 0 {
		return &llm.Usage{Source: llm.UsageUpstream, Input: a.tokens}
	}
	return a.usage
}

// EncodeEmbedResponse renders the answer in the form of the method that was
// called. Nothing of an answer is lost but the name of who answered, for which
// the API has no member.
func (EmbedCodec) EncodeEmbedResponse(resp *llm.EmbedResponse, req *llm.EmbedRequest) ([]byte, []llm.Loss, error) {
	const around = 64 // bytes about each vector
	size := around
	for _, v := range resp.Vectors {
		size += around + max(len(v.Values), 3*len(v.Base64))
	}
	w := writer{buf: make([]byte, 0, size)}
	w.open('{')
	if req.Single && len(resp.Vectors) == 1 {
		w.key("embedding")
		if err := w.embedding(resp.Vectors[0]); err != nil {
			return nil, nil, err
		}
	} else {
		w.key("embeddings")
		w.open('[')
		for _, v := range resp.Vectors {
			w.elem()
			if err := w.embedding(v); err != nil {
				return nil, nil, err
			}
		}
		w.shut(']')
	}
	if u := resp.Usage; u != nil {
		w.object("usageMetadata", func() { w.int("promptTokenCount", u.Prompt()) })
	}
	w.shut('}')
	return w.buf, nil, nil
}

// embedding writes a ContentEmbedding.
func (w *writer) embedding(v llm.Vector) error {
	values, err := v.JSON()
	if err != nil {
		return asUpstream(err)
	}
	w.open('{')
	w.raw("values", values)
	w.shut('}')
	return nil
}
