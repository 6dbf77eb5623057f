package openaiembeddings

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeEmbedResponse reads a list of embeddings. They stand where their index
// says, and without one where they stand.
func (Codec) DecodeEmbedResponse(body []byte, req *llm.EmbedRequest) (*llm.EmbedResponse, error) {
	body, bad := object(body)
	if bad != nil {
		return nil, malformed(bad, "the upstream's answer is not a JSON object")
	}
	if e := openai.ErrorIn(body); e != nil {
		return nil, e
	}
	r := &llm.EmbedResponse{Usage: openai.ParseUsage(wirejson.Member(body, "usage"))}
	r.Model, _ = wirejson.Text(wirejson.Member(body, "model"))
	vectors, err := readData(wirejson.Member(body, "data"), len(req.Inputs))
	if err != nil {
		return nil, err
	}
	r.Vectors = vectors
	return r, nil
}

// readData reads the n embeddings of an answer.
func readData(data llm.Raw, n int) ([]llm.Vector, error) {
	vectors, placed := make([]llm.Vector, n), make([]bool, n)
	found := 0
	for i, e := range wirejson.Elements(data) {
		at := int64(i)
		if raw := wirejson.Member(e, "index"); !wirejson.IsNull(raw) {
			index, ok := wirejson.Int(raw)
			if !ok {
				return nil, malformed(nil, "the upstream's answer has an embedding with no number for its index")
			}
			at = index
		}
		if at < 0 || at >= int64(n) || placed[at] {
			return nil, malformed(nil, "the upstream's answer has an embedding at index %d, where none is to be", at)
		}
		v, err := readVector(wirejson.Member(e, "embedding"))
		if err != nil {
			return nil, err
		}
		vectors[at], placed[at] = v, true
		found++
	}
	if found != n {
		return nil, malformed(nil, "the upstream's answer has %d embeddings for %d inputs", found, n)
	}
	return vectors, nil
}

// readVector reads an embedding in either encoding, whatever was asked for.
func readVector(raw llm.Raw) (llm.Vector, error) {
	if text, ok := wirejson.Text(raw); ok {
		return llm.Vector{Base64: text}, nil
	}
	if wirejson.KindOf(raw) != '[' {
		return llm.Vector{}, malformed(nil, "the upstream's answer has an embedding that is neither an array nor base64")
	}
	return llm.Vector{Values: raw}, nil
}
