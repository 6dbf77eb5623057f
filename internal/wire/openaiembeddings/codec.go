package openaiembeddings

import (
	"bytes"
	"net/http"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

const protocol = llm.OpenAIEmbeddings

// Codec is server and client of the protocol, for conversion from and to the
// embeddings of others. Its zero value is ready.
type Codec struct{}

var (
	_ wire.EmbedIngress = Codec{}
	_ wire.EmbedEgress  = Codec{}
)

// Protocol returns openai.embeddings.
func (Codec) Protocol() llm.Protocol { return protocol }

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	return openai.ErrorOf(status, header, body)
}

// The forms of vectors that clients may ask for.
const (
	encodingFloat  = "float"
	encodingBase64 = "base64"
)

// maxInputs bounds the inputs of one request, as the API does.
const maxInputs = 2048

// malformed makes the error for an answer that is not of the protocol.
func malformed(cause error, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "upstream_malformed", format, args...)
	e.Scope, e.Cause = llm.ScopeModel, cause
	return e
}

// object returns body with invalid UTF-8 replaced, once it is known to be one
// JSON object.
func object(body []byte) ([]byte, *llm.Error) {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if err := wirejson.Check(body); err != nil {
		e := wirejson.Bad("", "invalid_json", "The body must be a JSON object: "+err.Error()+".")
		e.Cause = err
		return nil, e
	}
	if wirejson.KindOf(body) != '{' {
		return nil, wirejson.Bad("", "invalid_type", "The body must be a JSON object.")
	}
	return body, nil
}
