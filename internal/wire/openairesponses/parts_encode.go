package openairesponses

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// place says where in the canonical request or response a block stands. Its
// path is spelled only when there is a loss to note.
type place struct {
	base     string // "messages", "output" or "system"
	message  int    // -1 when there is no message level
	block    int
	subBlock int // -1 when the block is not inside a tool result
}

func (p place) String() string {
	s := p.base
	if p.message >= 0 {
		s += "[" + strconv.Itoa(p.message) + "].content"
	}
	s += "[" + strconv.Itoa(p.block) + "]"
	if p.subBlock >= 0 {
		s += ".content[" + strconv.Itoa(p.subBlock) + "]"
	}
	return s
}

// partWriter renders content parts and notes what they cannot say.
type partWriter struct {
	losses *llm.Losses
	// output is set for responses, where clients demand every member.
	output bool
}

func appendType(dst []byte, kind string) []byte {
	dst = append(wirejson.AppendSep(dst), `{"type":"`...)
	return append(append(dst, kind...), '"')
}

func appendMember(dst []byte, name, value string) []byte {
	return wirejson.AppendText(wirejson.AppendName(dst, name), value)
}

// appendOptional appends a text member unless it is empty.
func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendMember(dst, name, value)
}

func appendRaw(dst []byte, name string, value llm.Raw) []byte {
	return append(wirejson.AppendName(dst, name), value...)
}

// appendExt appends the members of the scope, except the named ones.
func appendExt(dst []byte, ext llm.Ext, scope llm.Protocol, except ...string) []byte {
next:
	for i := range ext {
		if ext[i].Protocol != scope {
			continue
		}
		for _, name := range except {
			if ext[i].Name == name {
				continue next
			}
		}
		dst = appendRaw(dst, ext[i].Name, ext[i].Value)
	}
	return dst
}

// part appends a block as a content part. assistant says whose message it is in.
func (w *partWriter) part(dst []byte, b llm.Block, assistant bool, p place) []byte {
	switch b := b.(type) {
	case *llm.Text:
		return w.text(dst, b, assistant, p)
	case *llm.Refusal:
		if !assistant {
			dst = appendMember(appendType(dst, "input_text"), "text", b.Text)
			return w.end(dst, &b.Attrs, p)
		}
		dst = appendMember(appendType(dst, "refusal"), "refusal", b.Text)
		return w.end(dst, &b.Attrs, p)
	case *llm.Media:
		return w.media(dst, b, assistant, p)
	case *llm.Opaque:
		if isOwn(&b.Native) {
			return append(wirejson.AppendSep(dst), b.Native.Raw...)
		}
		w.losses.Drop("opaque", p.String())
		return dst
	case *llm.Reasoning:
		w.losses.Drop("reasoning_history", p.String())
	case *llm.ToolCall, *llm.ToolResult:
		w.losses.Drop("nested_tool", p.String())
	case *llm.ServerToolResult:
		w.losses.Drop("server_tool", p.String())
	}
	return dst
}

// end closes a part with what all parts share.
func (w *partWriter) end(dst []byte, a *llm.Attrs, p place) []byte {
	if a.Cache != nil {
		if mark := ownMember(a.Cache.Ext, protocol, "prompt_cache_breakpoint"); mark != nil {
			dst = appendRaw(dst, "prompt_cache_breakpoint", mark)
		} else {
			w.losses.Drop("cache_mark", p.String())
		}
	}
	w.foreign(a.Ext, p)
	return append(appendExt(dst, a.Ext, protocol), '}')
}

// foreign notes members that a request cannot say.
func (w *partWriter) foreign(ext llm.Ext, p place) {
	if len(ext) > 0 && !w.output {
		noteForeign(w.losses, ext, p.String())
	}
}

func (w *partWriter) text(dst []byte, t *llm.Text, assistant bool, p place) []byte {
	w.signature(t.Signature, p)
	if !assistant {
		if len(t.Citations) > 0 {
			w.losses.Drop("citations", p.String())
		}
		dst = appendMember(appendType(dst, "input_text"), "text", t.Text)
		return w.end(dst, &t.Attrs, p)
	}
	dst = appendMember(appendType(dst, "output_text"), "text", t.Text)
	if w.output || len(t.Citations) > 0 {
		dst = append(wirejson.AppendName(dst, "annotations"), '[')
		for i := range t.Citations {
			dst = w.annotation(dst, &t.Citations[i], p)
		}
		dst = append(dst, ']')
	}
	logprobs := nonEmptyArray(t.Logprobs)
	if logprobs == nil && len(t.Logprobs) > 0 {
		w.losses.Drop("logprobs", p.String())
	}
	if logprobs == nil && w.output {
		logprobs = llm.Raw("[]")
	}
	if logprobs != nil {
		dst = appendRaw(dst, "logprobs", logprobs)
	}
	return w.end(dst, &t.Attrs, p)
}

// annotation appends a citation: its own object, or a url_citation made from
// what all protocols share.
func (w *partWriter) annotation(dst []byte, c *llm.Citation, p place) []byte {
	if c.Protocol == protocol && len(c.Raw) > 0 {
		return append(wirejson.AppendSep(dst), c.Raw...)
	}
	if c.URL == "" {
		w.losses.Drop("citations", p.String())
		return dst
	}
	if c.Text != "" {
		w.losses.Approximate("citations", p.String())
	}
	dst = appendType(dst, "url_citation")
	dst = strconv.AppendInt(wirejson.AppendName(dst, "start_index"), c.Start, 10)
	dst = strconv.AppendInt(wirejson.AppendName(dst, "end_index"), c.End, 10)
	dst = appendMember(dst, "url", c.URL)
	return append(appendMember(dst, "title", c.Title), '}')
}

func (w *partWriter) signature(s *llm.Signature, p place) {
	if s != nil {
		w.losses.Drop("foreign_signature", p.String())
	}
}

func (w *partWriter) media(dst []byte, m *llm.Media, assistant bool, p place) []byte {
	w.signature(m.Signature, p)
	if assistant {
		return w.spoken(dst, m, p)
	}
	switch m.Kind { //nolint:exhaustive // video falls through to the loss
	case llm.MediaImage:
		return w.image(dst, m, p)
	case llm.MediaDocument:
		return w.document(dst, m, p)
	case llm.MediaAudio:
		if m.Data == "" {
			w.losses.Drop("audio_in", p.String())
			return dst
		}
		dst = append(wirejson.AppendName(appendType(dst, "input_audio"), "input_audio"), '{')
		dst = appendMember(dst, "data", m.Data)
		dst = append(appendMember(dst, "format", audioFormat(m.MIME)), '}')
		return w.end(dst, &m.Attrs, p)
	}
	w.losses.Drop("video_in", p.String())
	return dst
}

// spoken renders media of the assistant that this protocol has no part for:
// what was said in audio remains as text.
func (w *partWriter) spoken(dst []byte, m *llm.Media, p place) []byte {
	if m.Kind != llm.MediaAudio || m.Transcript == "" {
		w.losses.Drop(outFeature(m.Kind), p.String())
		return dst
	}
	w.losses.Approximate("audio_out", p.String())
	return w.text(dst, &llm.Text{Attrs: llm.Attrs{ID: m.ID}, Text: m.Transcript}, true, p)
}

func outFeature(kind llm.MediaKind) string {
	switch kind { //nolint:exhaustive // see above
	case llm.MediaAudio:
		return "audio_out"
	case llm.MediaVideo:
		return "video_out"
	case llm.MediaImage:
		return "image_out"
	}
	return "document_out"
}

func (w *partWriter) image(dst []byte, m *llm.Media, p place) []byte {
	switch {
	case m.Data != "":
		mime := m.MIME
		if mime == "" {
			mime = sniffImage(m.Data)
		}
		if mime == "" {
			mime = "application/octet-stream"
		}
		dst = appendMember(appendType(dst, "input_image"), "image_url", dataURL(mime, m.Data))
	case isStorageURI(m.URL):
		w.losses.Drop("media_url", p.String())
		return dst
	case m.URL != "":
		dst = appendMember(appendType(dst, "input_image"), "image_url", m.URL)
	case m.FileID != "" && foreignFile(m):
		w.losses.Drop("file_id", p.String())
		return dst
	case m.FileID != "":
		dst = appendMember(appendType(dst, "input_image"), "file_id", m.FileID)
	default:
		w.losses.Drop("image_in", p.String())
		return dst
	}
	dst = appendOptional(dst, "detail", m.Detail)
	return w.end(dst, &m.Attrs, p)
}

func (w *partWriter) document(dst []byte, m *llm.Media, p place) []byte {
	if m.CitationsOn != nil && *m.CitationsOn {
		w.losses.Drop("citations", p.String())
	}
	if m.Context != "" {
		w.losses.Drop("document_context", p.String())
	}
	switch {
	case m.Data != "":
		data := m.Data
		if m.MIME != "" {
			data = dataURL(m.MIME, data)
		}
		dst = appendMember(appendType(dst, "input_file"), "file_data", data)
	case isStorageURI(m.URL):
		w.losses.Drop("media_url", p.String())
		return dst
	case m.URL != "":
		dst = appendMember(appendType(dst, "input_file"), "file_url", m.URL)
	case m.FileID != "" && foreignFile(m):
		w.losses.Drop("file_id", p.String())
		return dst
	case m.FileID != "":
		dst = appendMember(appendType(dst, "input_file"), "file_id", m.FileID)
	case m.Text != "":
		w.losses.Approximate("document", p.String())
		dst = appendMember(appendType(dst, "input_text"), "text", m.Text)
		return w.end(dst, &m.Attrs, p)
	default:
		w.losses.Drop("document", p.String())
		return dst
	}
	name := m.Name
	if name == "" && m.Data != "" {
		name = "document.pdf" // bytes must have a name
	}
	dst = appendOptional(dst, "filename", name)
	dst = appendOptional(dst, "detail", m.Detail)
	return w.end(dst, &m.Attrs, p)
}

// content appends blocks as a text where they are one, else as parts.
func (w *partWriter) content(dst []byte, blocks []llm.Block, p place) []byte {
	if len(blocks) == 0 {
		return append(dst, `""`...)
	}
	if t, ok := blocks[0].(*llm.Text); ok && len(blocks) == 1 && t.Text != "" && bare(t) {
		return wirejson.AppendText(dst, t.Text)
	}
	dst = append(dst, '[')
	for i, b := range blocks {
		p.subBlock = i
		dst = w.part(dst, b, false, p)
	}
	return append(dst, ']')
}

// bare reports whether a text holds nothing but its text.
func bare(t *llm.Text) bool {
	return len(t.Citations) == 0 && t.Signature == nil && t.Cache == nil && len(t.Ext) == 0
}
