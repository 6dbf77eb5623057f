package openaichat

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// part writes a block as a part of a message's content, or notes why not.
func (e *requestEncoder) part(b llm.Block) {
	switch b := b.(type) {
	case *llm.Text:
		e.text(b)
	case *llm.Refusal:
		e.refusal(b)
	case *llm.Media:
		e.media(b)
	case *llm.Opaque:
		if isOwn(&b.Native) {
			e.w.Elem(b.Native.Raw)
			return
		}
		e.drop("opaque")
	case *llm.Reasoning:
		e.drop("reasoning_history")
	case *llm.ServerToolResult:
		e.drop("server_tool")
	case *llm.ToolCall, *llm.ToolResult:
		e.drop("nested_tool")
	}
}

// end closes a part with what all parts share.
func (e *requestEncoder) end(a *llm.Attrs) {
	e.cache(a.Cache)
	if len(a.Ext) > 0 {
		e.foreignExt(a.Ext, e.path())
	}
	e.w.Ext(a.Ext, protocol)
	e.w.Close('}')
}

// foreignExt notes members that only another protocol knows.
func (e *requestEncoder) foreignExt(ext llm.Ext, path string) {
	for i := range ext {
		if wirejson.Foreign(ext[i], protocol) {
			e.losses.Drop("extension", strings.TrimPrefix(path+"."+ext[i].Name, "."))
		}
	}
}

func (e *requestEncoder) text(t *llm.Text) {
	e.signature(t.Signature)
	if t.Text == "" {
		return
	}
	e.w.Open('{')
	e.w.Str("type", "text")
	e.w.Str("text", t.Text)
	e.end(&t.Attrs)
}

// refusal writes a refusal, which only OpenAI tells from text.
func (e *requestEncoder) refusal(r *llm.Refusal) {
	if !e.vendor.refusals {
		e.approximate("refusal")
		e.text(&llm.Text{Attrs: r.Attrs, Text: r.Text})
		return
	}
	e.w.Open('{')
	e.w.Str("type", "refusal")
	e.w.Str("refusal", r.Text)
	e.end(&r.Attrs)
}

func (e *requestEncoder) media(m *llm.Media) {
	e.signature(m.Signature)
	switch m.Kind {
	case llm.MediaImage:
		e.image(m)
	case llm.MediaAudio:
		e.audio(m)
	case llm.MediaVideo:
		if e.vendor.reference || mediaURL(m) == "" {
			e.drop("video_in")
			return
		}
		e.urlPart("video_url", m)
	case llm.MediaDocument:
		e.document(m)
	default:
		e.drop("media")
	}
}

func (e *requestEncoder) image(m *llm.Media) {
	switch {
	case isStorageURI(m.URL):
		e.drop("media_url")
	case m.Data != "" || m.URL != "":
		e.urlPart("image_url", m)
	case m.FileID != "":
		e.drop("file_id")
	default:
		e.drop("image_in")
	}
}

// urlPart writes media as the object {"url":…} under the type's own name.
func (e *requestEncoder) urlPart(kind string, m *llm.Media) {
	e.w.Open('{')
	e.w.Str("type", kind)
	e.w.Begin(kind, '{')
	e.w.Str("url", mediaURL(m))
	e.w.OptStr("detail", m.Detail)
	e.w.Ext(m.Ext, innerScope)
	e.w.Close('}')
	e.end(&m.Attrs)
}

func (e *requestEncoder) audio(m *llm.Media) {
	switch {
	case m.Data == "" && (m.URL == "" || e.vendor.reference):
		e.drop("audio_in")
		return
	case m.Data == "":
		e.urlPart("audio_url", m)
		return
	}
	format := audioFormat(m)
	if e.vendor.reference && format != "wav" && format != "mp3" {
		e.drop("audio_in")
		return
	}
	e.w.Open('{')
	e.w.Str("type", "input_audio")
	e.w.Begin("input_audio", '{')
	e.w.Str("data", m.Data)
	e.w.Str("format", format)
	e.w.Ext(m.Ext, innerScope)
	e.w.Close('}')
	e.end(&m.Attrs)
}

func (e *requestEncoder) document(m *llm.Media) {
	if m.CitationsOn != nil && *m.CitationsOn {
		e.drop("citations")
	}
	if m.Context != "" {
		e.drop("document_context")
	}
	name := m.Name
	switch {
	case m.Data != "":
		if name == "" && e.vendor.reference {
			name = "document.pdf" // bytes must have a name
		}
	case m.FileID != "" && foreignFile(m):
		e.drop("file_id")
		return
	case m.FileID != "":
	case isStorageURI(m.URL):
		e.drop("media_url")
		return
	case m.URL != "" && e.vendor.documents:
		e.w.Open('{')
		e.w.Str("type", "document_url")
		e.w.Str("document_url", m.URL)
		e.w.OptStr("document_name", m.Name)
		e.end(&m.Attrs)
		return
	case m.URL != "" && !e.vendor.reference:
	case m.Text != "":
		e.approximate("document")
		e.text(&llm.Text{Attrs: m.Attrs, Text: m.Text})
		return
	default:
		e.drop("document")
		return
	}
	e.w.Open('{')
	e.w.Str("type", "file")
	e.w.Begin("file", '{')
	switch {
	case m.Data != "" && m.MIME == "" && !e.vendor.known:
		e.w.Str("file_data", m.Data) // as it came
	case m.Data != "" || m.URL != "":
		e.w.Str("file_data", mediaURL(m))
	}
	e.w.OptStr("file_id", m.FileID)
	e.w.OptStr("filename", name)
	e.w.Ext(m.Ext, innerScope)
	e.w.Close('}')
	e.end(&m.Attrs)
}
