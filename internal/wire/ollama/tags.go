package ollama

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What clients ask for beside answers. A gateway has no model files: sizes are
// 0, times the start of 1970, and digests stand for names.

// EncodeTags renders the answer to GET /tags: the models behind the names, in
// their order. https://docs.ollama.com/api/tags
func EncodeTags(names []string) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Begin("models", '[')
	for _, name := range names {
		sum := sha256.Sum256([]byte(name))
		w.Open('{')
		w.Str("name", name)
		w.Str("model", name)
		w.Str("modified_at", timestamp(0))
		w.Int("size", 0)
		w.Str("digest", hex.EncodeToString(sum[:]))
		writeDetails(&w, name)
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
	return w.B
}

// capabilities are what a model behind a gateway may be asked for: clients hide
// what is not named, and the upstream of a name may change.
var capabilities = [...]string{"completion", "tools", "vision", "thinking", "insert"}

// EncodeShow renders the answer to POST /show for one model.
// https://docs.ollama.com/api-reference/show-model-details
func EncodeShow(name string) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Str("modelfile", "")
	w.Str("parameters", "")
	w.Str("template", "")
	writeDetails(&w, name)
	w.Begin("model_info", '{')
	w.Close('}')
	w.Begin("capabilities", '[')
	for _, c := range capabilities {
		w.StrElem(c)
	}
	w.Close(']')
	w.Str("modified_at", timestamp(0))
	w.Close('}')
	return w.B
}

// writeDetails writes what kind of model it is: the family is the name without
// owner and tag, because some clients group by it.
func writeDetails(w *wirejson.Writer, name string) {
	family := name[strings.LastIndexByte(name, '/')+1:]
	family, _, _ = strings.Cut(family, ":")
	w.Begin("details", '{')
	w.Str("parent_model", "")
	w.Str("format", "")
	w.Str("family", family)
	w.Begin("families", '[')
	w.StrElem(family)
	w.Close(']')
	w.Str("parameter_size", "")
	w.Str("quantization_level", "")
	w.Close('}')
}

// EncodeVersion renders the answer to GET /version. Clients compare it with the
// version a feature came with, so it is that of an Ollama which has them all.
func EncodeVersion(version string) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Str("version", version)
	w.Close('}')
	return w.B
}

// DecodeShow reads the model's name from the body of POST /show, which older
// clients call name.
func DecodeShow(body []byte) (string, error) {
	body, bad := checked(body)
	if bad != nil {
		return "", bad
	}
	for _, member := range [...]string{"model", "name"} {
		name, err := wirejson.WantText(member, wirejson.Member(body, member))
		if err != nil {
			return "", wirejson.Explain(err)
		}
		if name != "" {
			return name, nil
		}
	}
	return "", wirejson.Explain(wirejson.Missing("model"))
}
