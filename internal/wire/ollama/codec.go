// Package ollama speaks Ollama's own protocol: POST /chat and /generate below
// the base URL …/api, with streams of newline-delimited JSON.
// https://github.com/ollama/ollama/blob/main/docs/api.md and its successor,
// https://docs.ollama.com/api
//
// Where it differs from other protocols: a request streams unless it says
// stream:false; sampling stands in options; pictures are bare base64 beside the
// text; the arguments of a call are an object; calls and their results may have
// no ids, so results answer calls by name and order; a conversation without
// messages only loads the model (see Codec.Preload).
//
// A codec has no clock. Answers carry the time of Response.Created, and the
// start of 1970 where that is not known, which every client can parse; durations
// that no Ollama measured are 0.
package ollama

import (
	"bytes"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

const protocol = llm.Ollama

// Scopes are protocols of Ext members that do not belong to the object that
// carries them, but to one near it. They leave by this codec only.
const (
	// innerScope: members of the function inside a tool or call.
	innerScope llm.Protocol = protocol + "#inner"
	// messageScope: members of an answer's message, on Choice.Ext.
	messageScope llm.Protocol = protocol + "#message"
	// markScope: how a thing was spelled, where that says nothing others lack.
	markScope llm.Protocol = protocol + "#mark"
)

// Codec is server and client of the protocol. Its zero value is ready.
type Codec struct {
	// Generate makes the server that of /generate: a prompt in, a response
	// out. The client takes the request's word: it completes a text where
	// Request.Completion is set, and chats otherwise.
	Generate bool
}

var (
	_ wire.Ingress     = Codec{}
	_ wire.Egress      = Codec{}
	_ wire.StreamTyper = Codec{}
)

// Protocol returns ollama.
func (Codec) Protocol() llm.Protocol { return protocol }

// StreamType is the content type of a stream.
func (Codec) StreamType() string { return "application/x-ndjson" }

func ownMember(ext llm.Ext, name string) llm.Raw { return wirejson.ExtOf(ext, protocol, name) }

// keep appends a member that the canonical model has no field for.
func keep(ext *llm.Ext, scope llm.Protocol, name []byte, v llm.Raw) {
	*ext = append(*ext, llm.Member{Protocol: scope, Name: string(name), Value: v})
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
