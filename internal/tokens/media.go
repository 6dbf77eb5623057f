package tokens

import (
	"io"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// What is assumed of media that are not here to look at.
const (
	unknownPages   = 10
	unknownSeconds = 60
	filmRate       = 250_000 // bytes a second
)

// media adds a picture, document, sound or film.
func (m *meter) media(b *llm.Media) {
	data := b.Data
	if data == "" {
		data = dataURL(b.URL)
	}
	switch b.Kind {
	case llm.MediaImage:
		m.image(data, b.Detail)
	case llm.MediaDocument:
		m.document(b, data)
	case llm.MediaAudio:
		m.sound(b, data)
	case llm.MediaVideo:
		seconds := float64(unknownSeconds)
		if data != "" {
			seconds = float64(decodedLen(data)) / filmRate
		}
		m.approximate(perSecond(seconds, m.family.video))
	}
}

// dataURL returns the base64 data a URL carries itself.
func dataURL(url string) string {
	head, data, ok := strings.Cut(url, ",")
	if !ok || !strings.HasPrefix(head, "data:") || !strings.HasSuffix(head, ";base64") {
		return ""
	}
	return data
}

func (m *meter) image(data, detail string) {
	w, h, ok := imageSize(data)
	if !ok {
		w, h = unknownSide, unknownSide
	}
	m.approximate(m.family.image.tokens(w, h, detail))
}

func (m *meter) document(b *llm.Media, data string) {
	m.add(b.Name)
	m.add(b.Context)
	if b.Text != "" {
		m.add(b.Text)
		return
	}
	if data == "" {
		m.approximate(unknownPages * m.family.page)
		return
	}
	if isText(b.MIME) {
		m.inexact = true
		if text, err := io.ReadAll(decode(data)); err == nil || len(text) > 0 {
			m.add(string(text))
		}
		return
	}
	m.approximate(pdfPages(data) * m.family.page)
}

func isText(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.HasPrefix(mime, "application/json")
}

// sound adds audio. What a model said itself counts as its transcript.
func (m *meter) sound(b *llm.Media, data string) {
	if b.Transcript != "" && data == "" {
		m.add(b.Transcript)
		return
	}
	seconds := float64(unknownSeconds)
	if data != "" {
		seconds = audioSeconds(data, b.MIME)
	}
	m.approximate(perSecond(seconds, m.family.audio))
}

// perSecond rounds up to whole tokens.
func perSecond(seconds float64, rate int64) int64 {
	n := int64(seconds*float64(rate) + 0.999)
	return max(1, n)
}
