package conversation

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The members of a request that are about state.
const (
	paramInput        = "input"
	paramPrevious     = "previous_response_id"
	paramConversation = "conversation"
	paramStore        = "store"
	paramBackground   = "background"
)

// Types of items that are treated specially.
const (
	typeMessage   = "message"
	typeReference = "item_reference"
)

// request is what a body says about state.
type request struct {
	doc               jsonspan.Doc
	previous          string
	conversation      string
	store, background bool
	input             []element
	references        bool // input has references
	strange           bool // input is neither a text nor an array
}

// element is one item of the input.
type element struct {
	raw      []byte
	refersTo string // id, when the item is a reference
	item     Item   // what it refers to, once found
	known    bool   // it refers to what stands in the history already
}

// readRequest reads a body. Of what is not about state it checks nothing: that
// is for the codec or the upstream.
func readRequest(body []byte) (*request, error) {
	r := &request{store: true}
	if err := r.doc.Index(body); err != nil {
		e := llm.Errorf(llm.KindInvalid, "invalid_json", "The request body must be a JSON object: %v.", err)
		e.Cause = err
		return nil, e
	}
	if v, ok := r.doc.Get(paramStore); ok && v.Kind() == 'f' {
		r.store = false
	}
	if v, ok := r.doc.Get(paramBackground); ok && v.Kind() == 't' {
		r.background = true
	}
	if err := r.readState(); err != nil {
		return nil, err
	}
	r.readInput()
	if r.strange && r.stateful() {
		return nil, invalid("invalid_type", paramInput, "Invalid type for 'input': expected a string or an array of items.")
	}
	return r, nil
}

func (r *request) stateful() bool { return r.previous != "" || r.conversation != "" || r.references }

func (r *request) readState() error {
	if v, ok := r.doc.Get(paramPrevious); ok && v.Kind() != 'n' {
		id, ok := v.String()
		if !ok {
			return invalid("invalid_type", paramPrevious, "Invalid type for 'previous_response_id': expected a string.")
		}
		r.previous = id
	}
	if v, ok := r.doc.Get(paramConversation); ok && v.Kind() != 'n' {
		id, ok := v.String()
		if v.Kind() == '{' {
			var m jsonspan.Value
			m, _ = v.Member("id")
			id, ok = m.String()
		}
		if !ok {
			return invalid("invalid_type", paramConversation, "Invalid type for 'conversation': expected an id, or an object with an id.")
		}
		r.conversation = id
	}
	if r.previous != "" && r.conversation != "" {
		return invalid("mutually_exclusive_parameters", paramPrevious,
			"'previous_response_id' and 'conversation' exclude each other: send the one that names the state to continue.")
	}
	return nil
}

func (r *request) readInput() {
	v, ok := r.doc.Get(paramInput)
	switch {
	case !ok || v.Kind() == 'n':
	case v.Kind() == '"':
		r.input = []element{{raw: userMessage(v.Raw)}}
	case v.Kind() == '[':
		for _, raw := range wirejson.Elements(v.Raw) {
			e := element{raw: raw, refersTo: reference(raw)}
			r.references = r.references || e.refersTo != ""
			r.input = append(r.input, e)
		}
	default:
		r.strange = true
	}
}

// userMessage is the item that a text as input stands for; quoted is the text
// as JSON.
func userMessage(quoted []byte) []byte {
	b := []byte(`{"type":"message","role":"user","content":[{"type":"input_text","text":`)
	return append(append(b, quoted...), `}]}`...)
}

// reference returns the id an input item refers to, or "". The type may be left
// out: an object with an id, no type and no role is a reference.
func reference(raw []byte) string {
	if wirejson.KindOf(raw) != '{' {
		return ""
	}
	var id, kind string
	typed, role := false, false
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "id":
			id, _ = wirejson.Text(v)
		case "type":
			typed = !wirejson.IsNull(v)
			kind, _ = wirejson.Text(v)
		case "role":
			role = true
		}
	}
	if kind == typeReference || !typed && !role {
		return id
	}
	return ""
}
