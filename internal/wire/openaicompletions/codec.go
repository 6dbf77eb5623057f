// Package openaicompletions is the codec of the legacy text-completion
// protocol, POST /completions, which lives on for fill-in-the-middle and base
// models. https://platform.openai.com/docs/api-reference/completions
//
// The prompt is one message of the user, a text for each element when it is a
// list; what else only this protocol has is llm.Completion.
package openaicompletions

import (
	"bytes"
	"net/http"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

const protocol = llm.OpenAICompletions

// Codec is server and client of the protocol. Its zero value is ready.
type Codec struct{}

var (
	_ wire.Ingress = Codec{}
	_ wire.Egress  = Codec{}
)

// Protocol returns openai.completions.
func (Codec) Protocol() llm.Protocol { return protocol }

// EncodeError returns the error body: {"error":{message,type,param,code}}.
func (Codec) EncodeError(e *llm.Error) []byte { return openai.EncodeError(e) }

// EncodeStreamError returns the data line that ends a stream.
func (Codec) EncodeStreamError(e *llm.Error) []byte { return openai.EncodeStreamError(e) }

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	return openai.ErrorOf(status, header, body)
}

// malformed makes the error for an answer that is not of the protocol.
func malformed(cause error, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "upstream_malformed", format, args...)
	e.Scope, e.Cause = llm.ScopeModel, cause
	return e
}

// keep appends a member that the canonical model has no field for.
func keep(ext *llm.Ext, name []byte, v llm.Raw) {
	*ext = append(*ext, llm.Member{Protocol: protocol, Name: string(name), Value: v})
}

// checked returns body with invalid UTF-8 replaced, once it is known to be one
// JSON object.
func checked(body []byte) ([]byte, *llm.Error) {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	if err := wirejson.Check(body); err != nil {
		e := llm.Errorf(llm.KindInvalid, "invalid_json", "The body must be a JSON object: %v.", err)
		e.Cause = err
		return nil, e
	}
	if wirejson.KindOf(body) != '{' {
		return nil, wirejson.Bad("", "invalid_type", "The body must be a JSON object.")
	}
	return body, nil
}
