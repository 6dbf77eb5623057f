package openaichat

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// setURL takes a data URL apart; other URLs stay.
func setURL(m *llm.Media, url string) {
	if mime, data, ok := parseDataURL(url); ok {
		m.MIME, m.Data = mime, data
		return
	}
	m.URL = url
}

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

// parseDataURL splits "data:MIME;base64,DATA". URLs of another form are not
// taken apart, so that they can be put together again.
func parseDataURL(url string) (mime, data string, ok bool) {
	rest, ok := strings.CutPrefix(url, "data:")
	if !ok {
		return "", "", false
	}
	head, data, ok := strings.Cut(rest, ",")
	if !ok || data == "" {
		return "", "", false
	}
	mime, ok = strings.CutSuffix(head, ";base64")
	if !ok || mime == "" || strings.ContainsRune(mime, ';') {
		return "", "", false
	}
	return mime, data, true
}

// mediaURL is the URL of bytes or the URL itself; "" when there is neither.
func mediaURL(m *llm.Media) string {
	if m.Data == "" {
		return m.URL
	}
	mime := m.MIME
	if mime == "" {
		mime = sniff(m.Data)
	}
	if mime == "" {
		mime = defaultMIME[m.Kind]
	}
	return "data:" + mime + ";base64," + m.Data
}

// defaultMIME stands where neither the client nor the bytes say the type.
var defaultMIME = map[llm.MediaKind]string{
	llm.MediaImage: "image/png", llm.MediaAudio: "audio/wav", llm.MediaVideo: "video/mp4", llm.MediaDocument: "application/pdf",
}

// magics are the first bytes of the formats, in base64.
var magics = []struct{ prefix, mime string }{
	{"/9j/", "image/jpeg"},
	{"iVBORw0KGgo", "image/png"},
	{"R0lGOD", "image/gif"},
	{"JVBERi0", "application/pdf"},
	{"SUQz", "audio/mpeg"},
	{"//v", "audio/mpeg"},
	{"//u", "audio/mpeg"},
	{"T2dnUw", "audio/ogg"},
	{"ZkxhQw", "audio/flac"},
}

// sniff tells the type of base64 data by its first bytes, or "".
func sniff(data string) string {
	for _, m := range magics {
		if strings.HasPrefix(data, m.prefix) {
			return m.mime
		}
	}
	if strings.HasPrefix(data, "UklGR") && len(data) > 16 { // RIFF: the kind follows after four bytes of length
		switch data[10:14] {
		case "V0VC", "XRUJ", "FdFQ":
			return "image/webp"
		case "V0FW", "XQVZ", "FXQV":
			return "audio/wav"
		}
	}
	return ""
}

// audioFormats has the formats whose MIME type is not "audio/" and their name.
var audioFormats = []struct{ format, mime string }{
	{"mp3", "audio/mpeg"}, {"m4a", "audio/mp4"}, {"pcm16", "audio/L16"},
}

func audioMIME(format string) string {
	if format == "" {
		return ""
	}
	for _, f := range audioFormats {
		if f.format == format {
			return f.mime
		}
	}
	return "audio/" + format
}

func audioFormat(m *llm.Media) string {
	mime := m.MIME
	if mime == "" {
		if mime = sniff(m.Data); mime == "" {
			mime = defaultMIME[llm.MediaAudio]
		}
	}
	for _, f := range audioFormats {
		if f.mime == mime {
			return f.format
		}
	}
	switch mime {
	case "audio/x-wav", "audio/wave", "audio/vnd.wave":
		return "wav"
	}
	_, format, _ := strings.Cut(mime, "/")
	return format
}
