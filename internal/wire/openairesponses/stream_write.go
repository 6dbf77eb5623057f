package openairesponses

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// open begins an event: its SSE fields and the members all events have. It
// returns where the event's data starts.
func (e *eventEncoder) open(dst []byte, kind string) ([]byte, int) {
	dst = append(append(append(dst, "event: "...), kind...), "\ndata: "...)
	start := len(dst)
	dst = append(append(append(dst, `{"type":"`...), kind...), `","sequence_number":`...)
	dst = strconv.AppendInt(dst, int64(e.seq), 10)
	e.seq++
	return dst, start
}

// closeEvent ends an event. Raw values of others may hold line breaks between
// tokens, which would end the SSE field; they mean nothing in JSON.
func closeEvent(dst []byte, start int) []byte {
	dst = append(dst, '}')
	n := start
	for _, c := range dst[start:] {
		if c != '\n' && c != '\r' {
			dst[n] = c
			n++
		}
	}
	return append(dst[:n], "\n\n"...)
}

func number(dst []byte, name string, n int) []byte {
	return strconv.AppendInt(wirejson.AppendName(dst, name), int64(n), 10)
}

// inItem appends the members of events about an item.
func inItem(dst []byte, item *liveItem) []byte {
	return number(appendMember(dst, "item_id", item.id), "output_index", item.index)
}

// newItem makes room for an item in the output; an item that goes before it and
// has nothing open is done then.
func (e *eventEncoder) newItem(dst []byte, b llm.Block, prefix string, first int) (*liveItem, []byte) {
	dst = e.leaveTail(dst)
	item := &liveItem{index: len(e.outputs), id: b.Common().ID, first: first}
	if index, ok := e.announced[item.id]; ok && item.id != "" {
		item.index = index
	} else {
		e.outputs = append(e.outputs, nil)
	}
	if item.id == "" {
		item.id = itemID(prefix, e.head.id, item.index)
	}
	e.places[item.id] = item.index
	e.tail = item
	return item, dst
}

// leaveTail is called before another item begins.
func (e *eventEncoder) leaveTail(dst []byte) []byte {
	if e.tail != nil && e.tail.open == 0 && !e.tail.closed {
		return e.closeItem(dst, e.tail)
	}
	return dst
}

// added appends output_item.added; item appends the item's JSON.
func (e *eventEncoder) added(dst []byte, item *liveItem, appendItem func([]byte) []byte) []byte {
	dst, start := e.open(dst, "response.output_item.added")
	dst = number(dst, "output_index", item.index)
	return closeEvent(appendItem(wirejson.AppendName(dst, "item")), start)
}

// blockDone notes that a block of the item has ended. An item that is not the
// last is done with its last block.
func (e *eventEncoder) blockDone(dst []byte, item *liveItem) []byte {
	item.open--
	if item.open == 0 && item != e.tail {
		return e.closeItem(dst, item)
	}
	return dst
}

// closeItem appends output_item.done and keeps the item for the response.
func (e *eventEncoder) closeItem(dst []byte, item *liveItem) []byte {
	item.closed = true
	e.out.count = item.index
	raw := e.out.block(nil, item.blocks, item.first)
	dst, start := e.open(dst, "response.output_item.done")
	dst = number(dst, "output_index", item.index)
	dst = append(wirejson.AppendName(dst, "item"), raw...)
	e.outputs[item.index] = raw
	item.blocks = nil
	return closeEvent(dst, start)
}

// opaque passes an upstream's own event with numbers of this stream.
func (e *eventEncoder) opaque(dst []byte, ev *llm.Event) []byte {
	if !isOwn(ev.Native) {
		return dst
	}
	raw := ev.Native.Raw
	kind, _ := wirejson.Text(wirejson.Member(raw, "type"))
	if !plainKind(kind) {
		return dst
	}
	id := itemOf(raw)
	index, known := e.places[id]
	switch {
	case kind == "response.output_item.added" && !known:
		dst = e.leaveTail(dst)
		index = len(e.outputs)
		e.outputs = append(e.outputs, nil)
		e.announced[id], e.places[id] = index, index
	case wirejson.Member(raw, "output_index") != nil && (!known || e.outputs[index] != nil):
		return dst // about an item that this stream does not have, or no longer
	}
	dst, start := e.open(dst, kind)
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "type", "sequence_number":
		case "output_index":
			dst = number(dst, "output_index", index)
		default:
			dst = append(wirejson.AppendName(dst, name), v...)
		}
	}
	return closeEvent(dst, start)
}

// plainKind reports whether an event's type may stand in an SSE field as it is.
func plainKind(kind string) bool {
	for i := range len(kind) {
		if c := kind[i]; !idByte(c) && c != '.' {
			return false
		}
	}
	return kind != ""
}

// itemOf returns the id of the item an event is about.
func itemOf(raw llm.Raw) string {
	id, _ := wirejson.Text(wirejson.Member(raw, "item_id"))
	if id == "" {
		id, _ = wirejson.Text(wirejson.Member(wirejson.Member(raw, "item"), "id"))
	}
	return id
}
