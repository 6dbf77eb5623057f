package openairesponses

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// itemWriter renders items of requests and responses.
type itemWriter struct {
	partWriter
	// ids maps call ids that are not legal here.
	ids map[string]string
	// custom holds the ids of calls of custom tools.
	custom map[string]bool
	// newID makes the id of an item that has none; nil leaves it out.
	newID func(prefix string) string
	// truncated: the answer was cut, and the item being written is its last.
	truncated bool
}

func (w *itemWriter) callID(id string) string {
	if legal, ok := w.ids[id]; ok {
		return legal
	}
	return id
}

// id appends an item's id, made where there is none.
func (w *itemWriter) id(dst []byte, id, prefix string) []byte {
	if id == "" && w.newID != nil {
		id = w.newID(prefix)
	}
	return appendOptional(dst, "id", id)
}

// status appends the status that ext holds, else the one clients expect in a
// response; requests need none.
func (w *itemWriter) status(dst []byte, ext llm.Ext, scope llm.Protocol) []byte {
	if v := ownMember(ext, scope, "status"); v != nil {
		return appendRaw(dst, "status", v)
	}
	switch {
	case !w.output:
		return dst
	case w.truncated:
		return appendMember(dst, "status", statusIncomplete)
	}
	return appendMember(dst, "status", statusCompleted)
}

// assistantMessage appends a message item from its parts.
func (w *itemWriter) assistantMessage(dst []byte, parts []llm.Block, p place) []byte {
	first, last, start := parts[0].Common(), parts[len(parts)-1].Common(), len(dst)
	dst = appendType(dst, itemMessage)
	dst = w.id(dst, first.ID, prefixMessage)
	dst = w.status(dst, last.Ext, itemScope)
	dst = appendMember(dst, "role", string(llm.RoleAssistant))
	if t, ok := parts[0].(*llm.Text); ok {
		dst = appendOptional(dst, "phase", t.Phase)
	}
	dst = append(wirejson.AppendName(dst, "content"), '[')
	for i, b := range parts {
		dst = w.part(dst, b, true, place{p.base, p.message, p.block + i, -1})
	}
	if dst[len(dst)-1] == '[' {
		return dst[:start] // nothing of it can be said here
	}
	dst = append(dst, ']')
	return append(appendExt(dst, last.Ext, itemScope, "status"), '}')
}

// item appends a block of the assistant that is an item of its own.
func (w *itemWriter) item(dst []byte, b llm.Block, p place) []byte {
	switch b := b.(type) {
	case *llm.Reasoning:
		return w.reasoning(dst, b, p)
	case *llm.ToolCall:
		return w.call(dst, b, p)
	case *llm.ToolResult:
		return w.result(dst, b, p)
	case *llm.Media:
		return w.image(dst, b, p)
	case *llm.ServerToolResult:
		if isOwn(b.Native) {
			return append(wirejson.AppendSep(dst), b.Native.Raw...)
		}
		w.losses.Drop("server_tool", p.String())
	case *llm.Opaque:
		if isOwn(&b.Native) {
			return append(wirejson.AppendSep(dst), b.Native.Raw...)
		}
		w.losses.Drop("opaque", p.String())
	}
	return dst
}

// reasoning appends thinking. In a request only what this protocol made can go
// back: OpenAI refuses items whose id or payload it does not know.
func (w *itemWriter) reasoning(dst []byte, r *llm.Reasoning, p place) []byte {
	encrypted := r.Encrypted
	if encrypted != nil && encrypted.Origin.Protocol != protocol {
		w.losses.Drop("foreign_signature", p.String())
		encrypted = nil
	}
	w.signature(r.Signature, p)
	w.foreign(r.Ext, p)
	if !w.output && !isOwnReasoning(r) {
		w.losses.Drop("reasoning_history", p.String())
		return dst
	}
	if w.output && r.Text == "" && len(r.Summary) == 0 && encrypted == nil && (r.Redacted || r.Encrypted != nil || r.Signature != nil) {
		// Nothing is left that a client could read or send back.
		return dst
	}
	dst = w.id(appendType(dst, itemReasoning), r.ID, prefixReasoning)
	if v := ownMember(r.Ext, protocol, "status"); v != nil {
		dst = appendRaw(dst, "status", v)
	}
	dst = appendSummary(wirejson.AppendName(dst, "summary"), r)
	if v := ownMember(r.Ext, protocol, "content"); v != nil {
		dst = appendRaw(dst, "content", v)
	} else if r.Text != "" {
		dst = append(wirejson.AppendName(dst, "content"), '[')
		dst = appendMember(appendType(dst, "reasoning_text"), "text", r.Text)
		dst = append(dst, "}]"...)
	}
	if encrypted != nil {
		dst = appendMember(dst, "encrypted_content", encrypted.Data)
	}
	return append(appendExt(dst, r.Ext, protocol, "status", "summary", "content"), '}')
}

// isOwnReasoning reports whether this protocol made the item.
func isOwnReasoning(r *llm.Reasoning) bool {
	if r.Signature != nil || r.Redacted || r.Encrypted != nil && r.Encrypted.Origin.Protocol != protocol {
		return false
	}
	return r.Encrypted != nil || r.ID != "" || hasScope(r.Ext, protocol) || ownMember(r.Ext, markScope, "type") != nil
}

func appendSummary(dst []byte, r *llm.Reasoning) []byte {
	if v := ownMember(r.Ext, protocol, "summary"); v != nil {
		return append(dst, v...)
	}
	dst = append(dst, '[')
	for _, s := range r.Summary {
		dst = append(appendMember(appendType(dst, "summary_text"), "text", s), '}')
	}
	return append(dst, ']')
}

func (w *itemWriter) call(dst []byte, c *llm.ToolCall, p place) []byte {
	if c.Kind == llm.ToolServer {
		if isOwn(c.Native) {
			return append(wirejson.AppendSep(dst), c.Native.Raw...)
		}
		w.losses.Drop("server_tool", p.String())
		return dst
	}
	w.signature(c.Signature, p)
	kind, prefix, input := itemFunctionCall, prefixFunction, "arguments"
	if c.Kind == llm.ToolCustom {
		kind, prefix, input = itemCustomCall, prefixCustom, "input"
	}
	dst = w.id(appendType(dst, kind), c.ID, prefix)
	dst = w.status(dst, c.Ext, protocol)
	dst = appendMember(dst, "call_id", w.callID(c.CallID))
	dst = appendMember(dst, "name", c.Name)
	dst = appendOptional(dst, "namespace", c.Namespace)
	switch v := ownMember(c.Ext, markScope, input); {
	case v != nil:
		dst = appendRaw(dst, input, v)
	case len(c.Input) == 0 && c.Kind != llm.ToolCustom:
		dst = appendMember(dst, input, "{}")
	default:
		dst = wirejson.AppendText(wirejson.AppendName(dst, input), c.Input)
	}
	w.foreign(c.Ext, p)
	return append(appendExt(dst, c.Ext, protocol, "status"), '}')
}

func (w *itemWriter) result(dst []byte, r *llm.ToolResult, p place) []byte {
	if r.IsError {
		w.losses.Drop("tool_result_error", p.String())
	}
	kind := itemFunctionOutput
	if r.Kind == llm.ToolCustom || w.custom[r.CallID] {
		kind = itemCustomOutput
	}
	dst = appendOptional(appendType(dst, kind), "id", r.ID)
	dst = w.status(dst, r.Ext, protocol)
	dst = appendMember(dst, "call_id", w.callID(r.CallID))
	dst = w.content(wirejson.AppendName(dst, "output"), r.Blocks, p)
	if r.Cache != nil {
		w.losses.Drop("cache_mark", p.String())
	}
	w.foreign(r.Ext, p)
	return append(appendExt(dst, r.Ext, protocol, "status"), '}')
}

// image appends a picture the model made.
func (w *itemWriter) image(dst []byte, m *llm.Media, p place) []byte {
	w.signature(m.Signature, p)
	if m.Data == "" {
		w.losses.Drop("image_out", p.String())
		return dst
	}
	dst = appendType(dst, itemImageCall)
	id := m.ID
	if id == "" && w.newID == nil {
		id = itemID(prefixImage, m.Data, 0) // an item of this type cannot be without one
	}
	dst = w.id(dst, id, prefixImage)
	if v := ownMember(m.Ext, protocol, "status"); v != nil {
		dst = appendRaw(dst, "status", v)
	} else {
		dst = appendMember(dst, "status", statusCompleted)
	}
	dst = appendMember(dst, "result", m.Data)
	format, known := strings.CutPrefix(m.MIME, "image/")
	if known && m.MIME != sniffImage(m.Data) && ownMember(m.Ext, protocol, "output_format") == nil {
		dst = appendMember(dst, "output_format", format)
	}
	return append(appendExt(dst, m.Ext, protocol, "status"), '}')
}
