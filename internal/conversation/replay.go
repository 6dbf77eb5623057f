package conversation

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Items whose members are known well enough to change: those of hosted tools
// go as they are, for there the status and the id are required.
const (
	typeReasoning      = "reasoning"
	typeFunctionCall   = "function_call"
	typeFunctionOutput = "function_call_output"
	typeCustomCall     = "custom_tool_call"
	typeCustomOutput   = "custom_tool_call_output"
)

// replay appends a stored item to an array as it can be input again, and does
// not where nothing can read it.
//
// The status goes: it says how the item was made, and servers refuse it on some
// items. Away from home the id goes as well, for a server asks its own store
// about ids it is given; and thinking that is nothing but an id is left out.
func replay(dst []byte, it Item, provider string) []byte {
	atHome := it.Home != "" && it.Home == provider
	kind := itemType(it.JSON)
	switch kind {
	case typeMessage, typeReasoning, typeFunctionCall, typeFunctionOutput, typeCustomCall, typeCustomOutput:
	default:
		return append(wirejson.AppendSep(dst), it.JSON...)
	}
	if kind == typeReasoning && !atHome && !speaks(it.JSON) {
		return dst
	}
	dst = append(wirejson.AppendSep(dst), '{')
	for name, v := range wirejson.Members(it.JSON) {
		switch string(name) {
		case "status":
			continue
		case "id":
			if !atHome {
				continue
			}
		}
		dst = append(wirejson.AppendName(dst, name), v...)
	}
	return append(dst, '}')
}

// itemType returns an item's type; the easy form of a message has none.
func itemType(raw []byte) string {
	v := wirejson.Member(raw, "type")
	if wirejson.IsNull(v) && wirejson.Member(raw, "role") != nil {
		return typeMessage
	}
	kind, _ := wirejson.Text(v)
	return kind
}

// isItem reports whether raw can stand in an input without being taken for
// something else: an object without a type would be a reference.
func isItem(raw []byte) bool {
	if wirejson.KindOf(raw) != '{' {
		return false
	}
	kind := itemType(raw)
	return kind != "" && kind != typeReference
}

// speaks reports whether a reasoning item holds its thinking, encrypted or open.
func speaks(raw []byte) bool {
	if data, _ := wirejson.Text(wirejson.Member(raw, "encrypted_content")); data != "" {
		return true
	}
	for range wirejson.Elements(wirejson.Member(raw, "content")) {
		return true
	}
	return false
}

// prefixes are what ids of items begin with, by type.
var prefixes = map[string]string{
	typeMessage:        "msg",
	typeReasoning:      "rs",
	typeFunctionCall:   "fc",
	typeFunctionOutput: "fco",
	typeCustomCall:     "ctc",
	typeCustomOutput:   "ctco",
}

// normal returns an input item in the form it is stored in: with a type and an
// id, and a message's text as a list of one part. ok is false when raw is no
// item.
func (s *Service) normal(raw []byte) (it Item, ok bool) {
	if !isItem(raw) {
		return it, false
	}
	kind := itemType(raw)
	it.ID = itemID(raw)
	if it.ID == "" {
		it.ID = s.id(prefixFor(kind))
	}
	b := wirejson.AppendText(wirejson.AppendName([]byte{'{'}, "id"), it.ID)
	if kind == typeMessage {
		b = append(b, `,"type":"message"`...)
	}
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "id":
			continue
		case "type":
			if kind == typeMessage {
				continue
			}
		case "content":
			if kind == typeMessage && wirejson.KindOf(v) == '"' {
				v = contentParts(raw, v)
			}
		}
		b = append(wirejson.AppendName(b, name), v...)
	}
	it.JSON = append(b, '}')
	return it, true
}

// contentParts is the list of one part that a message's text stands for.
func contentParts(message, quoted []byte) []byte {
	kind := "input_text"
	if role, _ := wirejson.Text(wirejson.Member(message, "role")); role == "assistant" {
		kind = "output_text"
	}
	b := append([]byte(`[{"type":"`+kind+`","text":`), quoted...)
	if kind == "output_text" {
		b = append(b, `,"annotations":[]`...)
	}
	return append(b, "}]"...)
}

func prefixFor(kind string) string {
	if p, ok := prefixes[kind]; ok {
		return p
	}
	if strings.HasSuffix(kind, "_output") {
		return "out"
	}
	return "item"
}
