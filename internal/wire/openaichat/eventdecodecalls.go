package openaichat

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// callDecoder gathers one call of a stream. Its block starts with the first
// piece of arguments, when id and name are complete.
type callDecoder struct {
	call  llm.ToolCall // header; Input holds arguments that came before the name
	wire  int64        // index on the wire; -1 when not told
	index int          // of the block
	open  bool
	said  bool // arguments were told
	late  llm.Ext
	text  wirejson.Carry
}

func (c *choiceDecoder) toolCalls(v llm.Raw) {
	for _, e := range wirejson.Elements(v) {
		if wirejson.KindOf(e) == '{' {
			c.callDelta(e)
		}
	}
}

// callDelta reads a piece of a call.
func (c *choiceDecoder) callDelta(v llm.Raw) {
	body := wirejson.Member(v, "function")
	kind, member := llm.ToolFunction, "arguments"
	if custom := wirejson.Member(v, "custom"); custom != nil {
		t, _ := wirejson.Text(wirejson.Member(v, "type"))
		if t == "custom" || wirejson.IsNull(body) {
			body, kind, member = custom, llm.ToolCustom, "input"
		}
	}
	id, _ := wirejson.Text(wirejson.Member(v, "id"))
	name, _ := wirejson.Text(wirejson.Member(body, "name"))
	wire := int64(-1)
	if n, ok := wirejson.Int(wirejson.Member(v, "index")); ok {
		wire = n
	}
	call := c.callOf(wire, id, name)
	if call == nil {
		if len(c.calls) >= maxCalls {
			c.d.excess = true
			return
		}
		call = c.newCall(wire, kind)
	}
	if call.call.CallID == "" {
		call.call.CallID = id
	}
	c.nameCall(call, name)
	c.callMembers(call, v, body)
	if args := wirejson.Member(body, member); !wirejson.IsNull(args) {
		c.arguments(call, args)
	}
}

// callOf finds the call that a piece belongs to; nil begins a new one. An id
// that changes begins one only with a name beside it: some vendors make a new id
// for each piece, and some give all calls the same index.
func (c *choiceDecoder) callOf(wire int64, id, name string) *callDecoder {
	for _, call := range slices.Backward(c.calls) {
		same := id != "" && call.call.CallID == id
		switch {
		case wire >= 0 && call.wire == wire:
			if id == "" || same || call.call.CallID == "" || name == "" {
				return call
			}
			return nil
		case wire < 0 && same:
			return call
		}
	}
	if wire < 0 && id == "" && name == "" && len(c.calls) > 0 {
		return c.calls[len(c.calls)-1]
	}
	return nil
}

func (c *choiceDecoder) newCall(wire int64, kind llm.ToolKind) *callDecoder {
	call := &callDecoder{wire: wire, call: llm.ToolCall{Kind: kind}}
	c.calls = append(c.calls, call)
	c.spoke = true
	c.had.calls = true
	return call
}

// nameCall takes a name: whole, again, or in pieces.
func (c *choiceDecoder) nameCall(call *callDecoder, name string) {
	if name == "" || call.open || name == call.call.Name {
		return
	}
	call.call.Name += name
}

// callMembers takes what else a piece says of its call.
func (c *choiceDecoder) callMembers(call *callDecoder, v, body llm.Raw) {
	into := llm.ToolCall{}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "id", "type", "index", "function", "custom":
		case "extra_content", "thought_signature":
			readCallSignature(&into, name, bytes.Clone(e))
		default:
			if !wirejson.IsNull(e) {
				keep(&into.Ext, protocol, name, bytes.Clone(e))
			}
		}
	}
	for name, e := range wirejson.Members(body) {
		switch string(name) {
		case "name", "arguments", "input":
		default:
			if !wirejson.IsNull(e) {
				keep(&into.Ext, innerScope, name, bytes.Clone(e))
			}
		}
	}
	for _, m := range into.Ext {
		if call.open {
			call.late = setExt(call.late, m)
		} else {
			call.call.Ext = setExt(call.call.Ext, m)
		}
	}
	switch s := into.Signature; {
	case s == nil:
	case call.open:
		c.d.send(llm.Event{
			Type: llm.EventDelta, Choice: c.index, Index: call.index,
			Delta: llm.DeltaSignature, Text: s.Data, Origin: s.Origin,
		})
	default:
		call.call.Signature = s
	}
}

// arguments takes a piece of the arguments.
func (c *choiceDecoder) arguments(call *callDecoder, v llm.Raw) {
	var text string
	if wirejson.KindOf(v) == '"' {
		text = call.text.Next(v)
	} else {
		text = string(v) // the object itself
	}
	if text == "" {
		return
	}
	if call.call.Name == "" { // nobody could start a call without a name
		call.call.Input = append(call.call.Input, text...)
		return
	}
	c.openCall(call)
	c.sayInput(call, text)
}

func (c *choiceDecoder) sayInput(call *callDecoder, text string) {
	if text == "" {
		return
	}
	call.said = true
	kind := llm.DeltaInput
	if call.call.Kind == llm.ToolCustom {
		kind = llm.DeltaText
	}
	c.d.send(llm.Event{Type: llm.EventDelta, Choice: c.index, Index: call.index, Delta: kind, Text: text})
}

func (c *choiceDecoder) openCall(call *callDecoder) {
	if call.open {
		return
	}
	c.closeLane()
	// Calls begin in the order in which they came.
	ordinal := 0
	for i, before := range c.calls {
		if before == call {
			ordinal = i
			break
		}
		c.openCall(before)
	}
	call.open = true
	call.index = c.d.next
	c.d.next++
	early := string(call.call.Input)
	call.call.Input = nil
	if call.call.CallID == "" {
		call.call.CallID = madeID(c.d.head.ID, c.index, ordinal)
	}
	c.d.send(llm.Event{Type: llm.EventBlockStart, Choice: c.index, Index: call.index, Block: &call.call})
	c.sayInput(call, early)
}

// closeCalls ends the calls. Arguments that never came are the empty object.
func (c *choiceDecoder) closeCalls() {
	for _, call := range c.calls {
		c.openCall(call)
		c.sayInput(call, call.text.Rest())
		if !call.said && call.call.Kind == llm.ToolFunction {
			c.sayInput(call, "{}")
		}
		var last llm.Block
		if len(call.late) > 0 {
			last = &llm.ToolCall{Attrs: llm.Attrs{Ext: call.late}}
		}
		c.d.send(llm.Event{Type: llm.EventBlockStop, Choice: c.index, Index: call.index, Block: last})
	}
	c.calls = nil
}

// functionCall reads a piece of a call in the legacy spelling: there is one.
func (c *choiceDecoder) functionCall(v llm.Raw) {
	name, _ := wirejson.Text(wirejson.Member(v, "name"))
	if len(c.calls) == 0 {
		if name == "" {
			return // filled with nothing by some
		}
		call := c.newCall(-1, llm.ToolFunction)
		mark(&call.call.Ext, markLegacy)
	}
	call := c.calls[0]
	c.nameCall(call, name)
	if args := wirejson.Member(v, "arguments"); !wirejson.IsNull(args) {
		c.arguments(call, args)
	}
}
