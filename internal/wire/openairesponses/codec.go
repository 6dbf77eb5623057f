// Package openairesponses is the codec of OpenAI's Responses API: POST
// /responses, its response object and its stream of typed events.
//
// Sources: the API reference (developers.openai.com/api/reference/resources/responses),
// the Open Responses specification (openresponses.org) for servers that are not
// OpenAI's, and recorded answers.
//
// The protocol's conversation is a flat list of items, the canonical one is a
// list of turns. Decoding gathers consecutive items of the assistant into one
// message and consecutive tool outputs into one; encoding splits them again.
// What the canonical model has no field for rides in Ext under one of the
// scopes below, and items that no other protocol knows stay Native.
package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

const protocol = llm.OpenAIResponses

// Scopes are protocols of Ext members that do not belong to the block or tool
// that carries them, but to the object around it. They leave by this codec only.
const (
	// itemScope: members of the message item that the block closes, for
	// messages of the assistant (a turn may hold several message items). In a
	// stream only the end of an item tells them.
	itemScope llm.Protocol = protocol + "#item"
	// groupScope: members of the namespace object that the tool opens.
	groupScope llm.Protocol = protocol + "#namespace"
	// markScope: how a thing was spelled, where that says nothing others lack.
	markScope llm.Protocol = protocol + "#mark"
	// textScope: members of the request's text object.
	textScope llm.Protocol = protocol + "#text"
)

// markPart marks an Opaque that is a content part and not an item.
const markPart = "part"

// Codec is server and client of the Responses protocol. Its zero value is ready.
type Codec struct{}

var (
	_ wire.Ingress = Codec{}
	_ wire.Egress  = Codec{}
)

// Protocol returns openai.responses.
func (Codec) Protocol() llm.Protocol { return protocol }

// native wraps an object of this protocol.
func native(raw llm.Raw) *llm.Native { return &llm.Native{Protocol: protocol, Raw: raw} }

// isOwn reports whether n is an object of this protocol.
func isOwn(n *llm.Native) bool { return n != nil && n.Protocol == protocol && len(n.Raw) > 0 }

// ownMember returns the member of the scope with the name, or nil.
func ownMember(ext llm.Ext, scope llm.Protocol, name string) llm.Raw {
	for i := range ext {
		if ext[i].Protocol == scope && ext[i].Name == name {
			return ext[i].Value
		}
	}
	return nil
}

func hasScope(ext llm.Ext, scope llm.Protocol) bool {
	for i := range ext {
		if ext[i].Protocol == scope {
			return true
		}
	}
	return false
}

// keep appends an unknown member to ext.
func keep(ext *llm.Ext, scope llm.Protocol, name []byte, value llm.Raw) {
	*ext = append(*ext, llm.Member{Protocol: scope, Name: string(name), Value: value})
}
