package openaiembeddings

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeEmbedResponse renders a list of embeddings in the encoding that req asks
// for. Nothing of an answer is lost.
func (Codec) EncodeEmbedResponse(resp *llm.EmbedResponse, req *llm.EmbedRequest) ([]byte, []llm.Loss, error) {
	const around = 64 // bytes about each vector
	size := around
	for _, v := range resp.Vectors {
		size += around + max(len(v.Values), len(v.Base64))
	}
	w := wirejson.Writer{B: make([]byte, 0, size)}
	w.Open('{')
	w.Str("object", "list")
	w.Begin("data", '[')
	for i, v := range resp.Vectors {
		w.Open('{')
		w.Str("object", "embedding")
		w.Int("index", int64(i))
		if err := writeVector(&w, v, req.Encoding); err != nil {
			return nil, nil, err
		}
		w.Close('}')
	}
	w.Close(']')
	w.Str("model", resp.Model)
	var prompt int64
	if resp.Usage != nil {
		prompt = resp.Usage.Prompt()
	}
	w.Begin("usage", '{') // the SDKs demand it
	w.Int("prompt_tokens", prompt)
	w.Int("total_tokens", prompt)
	w.Close('}')
	w.Close('}')
	return w.B, nil, nil
}

func writeVector(w *wirejson.Writer, v llm.Vector, encoding string) error {
	if encoding == encodingBase64 {
		text, err := v.Packed()
		if err != nil {
			return malformed(err, "the upstream's answer has an embedding that is none: %v", err)
		}
		w.Str("embedding", text)
		return nil
	}
	values, err := v.JSON()
	if err != nil {
		return malformed(err, "the upstream's answer has an embedding that is none: %v", err)
	}
	w.Raw("embedding", values)
	return nil
}
