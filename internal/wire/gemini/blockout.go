package gemini

import (
	"encoding/base64"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// attrs notes what a block carries that the API has no words for.
func (e *encoder) attrs(a *llm.Attrs, at string) {
	if a.Cache != nil {
		e.losses.Drop("cache_mark", at)
	}
	e.foreign(a.Ext, at)
}

// signature returns s if this protocol issued it.
func (e *encoder) signature(s *llm.Signature, at string) *llm.Signature {
	if s == nil || s.Data == "" {
		return nil
	}
	if s.Origin.Protocol != llm.Gemini {
		e.losses.Drop("foreign_signature", at)
		return nil
	}
	return s
}

// sayable translates a block that is neither call nor result into one that can
// be written as it stands; nil when nothing of it can be said.
func (e *encoder) sayable(b llm.Block, at string) llm.Block {
	e.attrs(b.Common(), at)
	switch b := b.(type) {
	case *llm.Text:
		return e.text(b, at)
	case *llm.Reasoning:
		return e.reasoning(b, at)
	case *llm.Media:
		return e.media(b, at)
	case *llm.Refusal:
		e.losses.Approximate("refusal", at)
		return &llm.Text{Text: b.Text}
	case *llm.Opaque:
		if b.Native.Protocol == llm.Gemini {
			return b
		}
		e.losses.Drop("opaque", at)
	case *llm.ServerToolResult:
		if b.Native != nil && b.Native.Protocol == llm.Gemini {
			return b
		}
		e.losses.Drop("server_tool", at)
	}
	return nil
}

func (e *encoder) text(b *llm.Text, at string) llm.Block {
	if len(b.Citations) > 0 {
		e.losses.Drop("citations", at)
	}
	if b.Phase != "" {
		e.losses.Drop("phase", at)
	}
	out := *b
	out.Signature = e.signature(b.Signature, at)
	return &out
}

// reasoning keeps the text of thinking: the API takes thoughts without a
// signature in the history.
func (e *encoder) reasoning(b *llm.Reasoning, at string) llm.Block {
	out := *b
	out.Signature = e.signature(b.Signature, at)
	if b.Encrypted != nil {
		e.losses.Drop("foreign_signature", at)
	}
	if out.Text == "" && len(b.Summary) > 0 {
		e.losses.Approximate("reasoning_history", at)
		out.Text = strings.Join(b.Summary, "\n\n")
	}
	if out.Text == "" && out.Signature == nil {
		if b.Encrypted == nil && b.Signature == nil {
			e.losses.Drop("reasoning_history", at)
		}
		return nil
	}
	return &out
}

// media makes what is needed explicit: data URLs become data, texts become
// files, and every file gets a type.
func (e *encoder) media(m *llm.Media, at string) llm.Block {
	out := *m
	out.Signature = e.signature(m.Signature, at)
	if mime, data, ok := dataURL(m.URL); ok {
		out.URL, out.MIME, out.Data = "", mime, data
	}
	if m.CitationsOn != nil && *m.CitationsOn {
		e.losses.Drop("citations", at)
	}
	if m.Context != "" {
		e.losses.Drop("document_context", at)
	}
	switch {
	case m.Text != "":
		out.Data = base64.StdEncoding.EncodeToString([]byte(m.Text))
		if out.MIME == "" {
			out.MIME = mimeText
		}
	case m.Transcript != "" && m.Data == "":
		e.losses.Approximate("audio_out", at)
		return &llm.Text{Text: m.Transcript}
	case m.FileID != "" && !isOwnFile(m.FileID):
		e.losses.Drop("file_id", at)
		return nil
	case out.Data == "" && out.URL == "" && m.FileID == "":
		return nil
	}
	if out.Name != "" && e.foreignSource() { // the API's own clients alone may name a file, and only at Vertex
		e.losses.Drop("file_name", at)
		out.Name = ""
	}
	e.detail(&out, at)
	if out.URL == "" && m.FileID == "" || out.MIME == "" && !isVideoPage(out.URL) {
		mime, assumed := mimeFor(&out)
		if assumed && out.Data != "" {
			e.losses.Default("media_type", at)
		}
		if !assumed || out.Data != "" {
			out.MIME = mime
		}
	}
	return &out
}

func (e *encoder) detail(m *llm.Media, at string) {
	switch {
	case m.Detail == "" || m.Detail == "auto":
		m.Detail = ""
	case e.model.before3():
		e.losses.Drop("image_detail", at)
		m.Detail = ""
	case m.Detail != "low" && m.Detail != "high":
		e.losses.Approximate("image_detail", at)
		m.Detail = "high"
	}
}

// parts writes the member "parts".
func (w *writer) parts(blocks []llm.Block) {
	w.array("parts", func() {
		for _, b := range blocks {
			w.elem()
			w.part(b)
		}
	})
}

// part writes a block that has been made sayable.
func (w *writer) part(b llm.Block) {
	switch b := b.(type) {
	case *llm.Opaque:
		w.value(b.Native.Raw)
	case *llm.ServerToolResult:
		w.value(b.Native.Raw)
	case *llm.ToolCall:
		if b.Kind == llm.ToolServer {
			w.value(b.Native.Raw)
			return
		}
		w.callPart(b)
	case *llm.ToolResult:
		w.resultPart(b)
	case *llm.Text:
		w.open('{')
		w.str("text", b.Text)
		w.tail(&b.Attrs, b.Signature)
	case *llm.Reasoning:
		w.open('{')
		w.str("text", b.Text)
		w.bool("thought", true)
		w.tail(&b.Attrs, b.Signature)
	case *llm.Media:
		w.mediaPart(b)
	}
}

// liftedPart are the prefixes of members lifted out of a part's data.
var liftedPart = []string{"inlineData.", "fileData.", "functionCall.", "functionResponse."}

// tail writes the signature and the unknown members of a part and closes it.
func (w *writer) tail(a *llm.Attrs, s *llm.Signature) {
	if s != nil {
		w.str("thoughtSignature", s.Data)
	}
	for _, m := range a.Ext {
		if m.Protocol == llm.Gemini && !hasPrefix(m.Name, liftedPart) {
			w.raw(m.Name, m.Value)
		}
	}
	w.shut('}')
}

func (w *writer) callPart(c *llm.ToolCall) {
	w.open('{')
	w.object("functionCall", func() {
		w.callID(c.CallID)
		w.str("name", c.Name)
		w.raw("args", c.Input)
		w.under(c.Ext, "functionCall")
	})
	w.tail(&c.Attrs, c.Signature)
}

// callID writes an id, unless this codec made it up for a request without.
func (w *writer) callID(id string) {
	if !strings.HasPrefix(id, madeID) {
		w.strIf("id", id)
	}
}

func (w *writer) resultPart(r *llm.ToolResult) {
	text, _, others := resultText(r)
	w.open('{')
	w.object("functionResponse", func() {
		w.callID(r.CallID)
		w.str("name", r.Name)
		writeResponse(w, r, text)
		if len(others) > 0 {
			w.parts(others)
		}
		w.under(r.Ext, "functionResponse", "response")
	})
	w.tail(&r.Attrs, nil)
}

var levelOf = map[string]string{"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}

func (w *writer) mediaPart(m *llm.Media) {
	w.open('{')
	name := "inlineData"
	if m.Data == "" {
		name = "fileData"
	}
	w.object(name, func() {
		w.strIf("mimeType", m.MIME)
		if m.Data != "" {
			w.str("data", m.Data)
		} else {
			w.str("fileUri", m.URL+m.FileID)
		}
		w.strIf("displayName", m.Name)
		w.under(m.Ext, name)
	})
	if level := levelOf[m.Detail]; level != "" {
		w.key("mediaResolution")
		w.buf = append(w.buf, `{"level":`...)
		w.buf = wirejson.AppendText(w.buf, level)
		w.shut('}')
	}
	w.tail(&m.Attrs, m.Signature)
}
