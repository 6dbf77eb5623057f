package openairesponses

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// sniffImage tells the type of a base64 picture from its first bytes, for
// upstreams that do not say it; "" when it is none of those models make.
func sniffImage(base64 string) string {
	for _, s := range [...]struct{ head, mime string }{
		{"iVBORw0KGgo", "image/png"},
		{"/9j/", "image/jpeg"},
		{"R0lGOD", "image/gif"},
		{"UklGR", "image/webp"},
	} {
		if strings.HasPrefix(base64, s.head) {
			return s.mime
		}
	}
	return ""
}

// audioMIME and audioFormat translate between the API's short names and types.
func audioMIME(format string) string {
	if format == "mp3" {
		return "audio/mpeg"
	}
	return "audio/" + format
}

func audioFormat(mime string) string {
	mime, _, _ = strings.Cut(mime, ";")
	switch mime {
	case "audio/mpeg", "audio/mp3":
		return "mp3"
	case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave":
		return "wav"
	}
	return strings.TrimPrefix(mime, "audio/")
}

// dataURL puts base64 data of the type into a URL.
func dataURL(mime, data string) string { return "data:" + mime + ";base64," + data }

// foreignFile reports whether a file was uploaded elsewhere, to an API whose
// ids mean nothing here: ids of Gemini's are paths, and what came in another
// protocol carries its members.
func foreignFile(m *llm.Media) bool {
	if strings.Contains(m.FileID, "files/") {
		return true
	}
	for i := range m.Ext {
		if !strings.HasPrefix(string(m.Ext[i].Protocol), "openai.") {
			return true
		}
	}
	return false
}

// isStorageURI reports whether a URL names an object of a cloud's storage,
// which only its own models can read.
func isStorageURI(url string) bool {
	return strings.HasPrefix(url, "gs://") || strings.HasPrefix(url, "s3://")
}
