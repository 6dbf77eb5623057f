package anthropic

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// media writes an image or document. What the API cannot take is left out.
func (e *encoder) media(b *llm.Media) {
	if e.reply {
		e.mediaReply(b)
		return
	}
	if feature := unsupportedMedia(b); feature != "" {
		e.drop(feature)
		return
	}
	e.unsigned(b.Signature)
	if b.Detail != "" && b.Detail != "auto" {
		e.drop("image_detail")
	}
	start := len(e.w.b)
	e.w.elem('{')
	e.w.str("type", string(b.Kind))
	if !e.source(b) {
		e.w.b = e.w.b[:start]
		return
	}
	if b.Kind == llm.MediaDocument {
		e.w.optStr("title", b.Name)
		e.w.optStr("context", b.Context)
		if b.CitationsOn != nil {
			e.w.begin("citations", '{')
			e.w.bool("enabled", *b.CitationsOn)
			e.w.close('}')
		}
	}
	e.w.cache(b.Cache)
	e.w.ext(b.Ext)
	e.w.close('}')
}

// unsupportedMedia returns the feature that is lost with b, or "".
func unsupportedMedia(b *llm.Media) string {
	switch b.Kind {
	case llm.MediaAudio:
		return "audio_in"
	case llm.MediaVideo:
		return "video_in"
	case llm.MediaImage, llm.MediaDocument:
		return ""
	}
	return "media"
}

// mediaReply: answers of this protocol have no media; what was said is kept.
func (e *encoder) mediaReply(b *llm.Media) {
	if b.Kind != llm.MediaAudio {
		e.drop(string(b.Kind) + "_out")
		return
	}
	if b.Transcript == "" {
		e.drop("audio_out")
		return
	}
	e.loss.Approximate("audio_out", e.path())
	e.text(&llm.Text{Text: b.Transcript})
}

// source writes the source member; it reports false, and notes the loss, when
// b has none that the API takes.
func (e *encoder) source(b *llm.Media) bool {
	if raw := marked(b.Ext, "source"); raw != nil {
		e.w.raw("source", raw)
		return true
	}
	switch {
	case b.Data != "":
		return e.dataSource(b)
	case b.Text != "":
		e.textSource(b.Text)
	case strings.HasPrefix(b.URL, "http://"), strings.HasPrefix(b.URL, "https://"):
		e.w.begin("source", '{')
		e.w.str("type", "url")
		e.w.str("url", b.URL)
		e.w.close('}')
	case b.FileID != "": // ids of files mean nothing to another provider
		e.drop("file_id")
		return false
	default:
		e.drop("media_url")
		return false
	}
	return true
}

func (e *encoder) textSource(text string) {
	e.w.begin("source", '{')
	e.w.str("type", "text")
	e.w.str("media_type", "text/plain")
	e.w.str("data", text)
	e.w.close('}')
}

// dataSource writes bytes: images of any type, PDF documents, and documents of
// text as text, because the API takes no other documents.
func (e *encoder) dataSource(b *llm.Media) bool {
	mime := b.MIME
	switch {
	case b.Kind == llm.MediaImage && mime == "":
		mime = sniffImage(b.Data)
	case b.Kind == llm.MediaDocument && mime == "":
		mime = "application/pdf"
	case b.Kind == llm.MediaDocument && mime != "application/pdf":
		text, err := base64.StdEncoding.DecodeString(b.Data)
		if err != nil || !utf8.Valid(text) {
			e.drop("document")
			return false
		}
		if mime != "text/plain" {
			e.loss.Approximate("document", e.path())
		}
		e.textSource(string(text))
		return true
	}
	e.w.begin("source", '{')
	e.w.str("type", "base64")
	e.w.str("media_type", mime)
	e.w.str("data", b.Data)
	e.w.close('}')
	return true
}

// sniffImage tells the type of an image from the first bytes of its base64
// (the formats' magic numbers); the API takes these four.
func sniffImage(data string) string {
	for _, m := range []struct{ prefix, mime string }{
		{"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
	} {
		if strings.HasPrefix(data, m.prefix) {
			return m.mime
		}
	}
	return "image/png"
}
