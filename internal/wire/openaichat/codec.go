package openaichat

import (
	"bytes"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

const protocol = llm.OpenAIChat

// Scopes are protocols of Ext members that do not belong to the object that
// carries them, but to one near it. They leave by this codec only.
const (
	// innerScope: members of the object inside (tools' function, parts'
	// image_url, the json_schema of response_format).
	innerScope llm.Protocol = protocol + "#inner"
	// messageScope: members of a choice's message, on Choice.Ext.
	messageScope llm.Protocol = protocol + "#message"
	// markScope: how a thing was spelled, where the protocol has several ways;
	// what is said so is said in full elsewhere.
	markScope llm.Protocol = protocol + "#mark"
)

// Marks.
const (
	markLegacy   = "function_call"   // said by functions and function_call
	markThinking = "thinking_blocks" // thinking in LiteLLM's spelling
	markInTool   = "tool_content"    // media that stood inside a tool's result
)

// Codec is server and client of the chat protocol. Its zero value is ready.
type Codec struct{}

var (
	_ wire.Ingress = Codec{}
	_ wire.Egress  = Codec{}
)

// Protocol returns openai.chat.
func (Codec) Protocol() llm.Protocol { return protocol }

func native(raw llm.Raw) *llm.Native { return &llm.Native{Protocol: protocol, Raw: raw} }

func isOwn(n *llm.Native) bool { return n != nil && n.Protocol == protocol && len(n.Raw) > 0 }

func ownSignature(s *llm.Signature) bool { return s != nil && s.Origin.Protocol == protocol }

func ownMember(ext llm.Ext, name string) llm.Raw { return wirejson.ExtOf(ext, protocol, name) }

// spelling returns a member that was kept as it came, because it says more than
// the canonical model does (this protocol's own member), or the same (a mark).
func spelling(ext llm.Ext, name string) llm.Raw {
	if v := ownMember(ext, name); v != nil {
		return v
	}
	return wirejson.ExtOf(ext, markScope, name)
}

// keep appends a member that the canonical model has no field for.
func keep(ext *llm.Ext, scope llm.Protocol, name []byte, v llm.Raw) {
	*ext = append(*ext, llm.Member{Protocol: scope, Name: string(name), Value: v})
}

func mark(ext *llm.Ext, name string) {
	*ext = append(*ext, llm.Member{Protocol: markScope, Name: name, Value: llm.Raw("true")})
}

func marked(ext llm.Ext, name string) bool { return wirejson.ExtOf(ext, markScope, name) != nil }

// checked returns body with invalid UTF-8 replaced, which some upstreams send,
// once it is known to be one JSON object.
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
