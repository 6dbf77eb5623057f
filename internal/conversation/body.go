package conversation

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Body returns the request rewritten to need no stored state: its input begins
// with all that went before, references are replaced by what they refer to, and
// the members that name state are gone. Every other byte is as it came; so is
// the whole body when the request refers to nothing.
//
// provider is the slug of the connection the body is for: items that it keeps
// itself go with their ids. With "" the body can go anywhere.
func (r *Resolution) Body(provider string) ([]byte, error) {
	doc := &r.req.doc
	if !r.Stateful() {
		return doc.Body(), nil
	}
	input := r.input(provider)
	var gone []jsonspan.Value
	for _, name := range []string{paramPrevious, paramConversation} {
		if v, ok := doc.Get(name); ok {
			gone = append(gone, v)
		}
	}
	slices.SortFunc(gone, func(a, b jsonspan.Value) int { return cmp.Compare(a.Start, b.Start) })
	var edits []jsonspan.Edit
	if v, ok := doc.Get(paramInput); ok {
		edits = append(edits, jsonspan.Edit{Start: v.Start, End: v.Start + len(v.Raw), New: input})
	} else {
		// The input takes the place of the member that names the state, so
		// that the object is never without a member to stand behind.
		v := gone[0]
		member := append(wirejson.AppendName(nil, paramInput), input...)
		edits = append(edits, jsonspan.Edit{Start: nameStart(doc.Body(), v.Start), End: v.Start + len(v.Raw), New: member})
		gone = gone[1:]
	}
	spliced, err := jsonspan.Splice(doc.Body(), append(edits, removals(doc.Body(), gone)...)...)
	if err != nil {
		return nil, fmt.Errorf("put the history before the input: %w", err)
	}
	return spliced.Bytes(), nil
}

// input returns the array of all input items.
func (r *Resolution) input(provider string) []byte {
	size := 2
	for i := range r.history {
		size += len(r.history[i].JSON) + 1
	}
	for i := range r.req.input {
		size += len(r.req.input[i].raw) + len(r.req.input[i].item.JSON) + 1
	}
	b := append(make([]byte, 0, size), '[')
	for _, it := range r.history {
		b = replay(b, it, provider)
	}
	for _, e := range r.req.input {
		switch {
		case e.known:
		case e.refersTo != "":
			b = replay(b, e.item, provider)
		default:
			b = append(wirejson.AppendSep(b), e.raw...)
		}
	}
	return append(b, ']')
}

// removals returns the edits that take members out of an object in which
// others stay, given their values in order. With each goes the comma before it,
// or behind it when none that stays is before.
func removals(body []byte, values []jsonspan.Value) []jsonspan.Edit {
	edits := make([]jsonspan.Edit, 0, len(values))
	first := -1 // where the next member begins if only removed ones are before
	for _, v := range values {
		start, end := nameStart(body, v.Start), v.Start+len(v.Raw)
		before := len(bytes.TrimRight(body[:start], space)) - 1
		if body[before] == '{' || start == first {
			first = nextName(body, end)
			edits = append(edits, jsonspan.Edit{Start: start, End: first})
			continue
		}
		edits = append(edits, jsonspan.Edit{Start: before, End: end})
	}
	return edits
}

const space = " \t\r\n"

// nameStart returns where the name of the member begins whose value begins at
// value. The name is one of ours: however it is escaped, no quote is inside.
func nameStart(body []byte, value int) int {
	closing := bytes.LastIndexByte(body[:value], '"')
	return bytes.LastIndexByte(body[:closing], '"')
}

// nextName returns where the member after the value that ends at end begins.
func nextName(body []byte, end int) int {
	comma := bytes.IndexByte(body[end:], ',')
	return len(body) - len(bytes.TrimLeft(body[end+comma+1:], space))
}

// Echo puts what the client asked to continue into a response object that an
// upstream made of the rewritten body. A response that says it already, or that
// has no such member, is returned as it is.
func (r *Resolution) Echo(response []byte) ([]byte, error) {
	if !r.Stateful() {
		return response, nil
	}
	var doc jsonspan.Doc
	if err := doc.Index(response); err != nil {
		return nil, fmt.Errorf("response object: %w", err)
	}
	var edits []jsonspan.Edit
	if v, ok := doc.Get(paramPrevious); ok && r.PreviousID != "" && v.Kind() == 'n' {
		edits = append(edits, doc.Set(paramPrevious, jsonspan.Quote(r.PreviousID)))
	}
	if v, ok := doc.Get(paramConversation); ok && r.ConversationID != "" && v.Kind() == 'n' {
		b := wirejson.AppendText(wirejson.AppendName([]byte{'{'}, "id"), r.ConversationID)
		edits = append(edits, doc.Set(paramConversation, append(b, '}')))
	}
	if len(edits) == 0 {
		return response, nil
	}
	spliced, err := jsonspan.Splice(response, edits...)
	if err != nil {
		return nil, fmt.Errorf("response object: %w", err)
	}
	return spliced.Bytes(), nil
}
