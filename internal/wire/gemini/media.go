package gemini

import (
	"net/url"
	"path"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// mimeOf maps the extensions of files the API can read to their types
// (ai.google.dev/gemini-api/docs/file-input-methods).
var mimeOf = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
	".gif": "image/gif", ".heic": "image/heic", ".heif": "image/heif", ".bmp": "image/bmp",
	".wav": "audio/wav", ".mp3": "audio/mp3", ".aac": "audio/aac", ".ogg": "audio/ogg",
	".flac": "audio/flac", ".aiff": "audio/aiff", ".m4a": "audio/mp4",
	".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mov": "video/mov", ".avi": "video/avi",
	".flv": "video/x-flv", ".webm": "video/webm", ".wmv": "video/wmv", ".3gp": "video/3gpp",
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".html": "text/html",
	".csv": "text/csv", ".xml": "text/xml", ".rtf": "text/rtf", ".json": "application/json",
}

// magic maps the first characters of base64 data to types.
var magic = []struct{ prefix, mime string }{
	{"iVBORw0KGgo", "image/png"},
	{"/9j/", "image/jpeg"},
	{"R0lGOD", "image/gif"},
	{"UklGR", "image/webp"}, // RIFF: also WAV, told apart by the Kind
	{"JVBERi", "application/pdf"},
	{"SUQz", "audio/mp3"},
	{"T2dnUw", "audio/ogg"},
	{"ZkxhQ", "audio/flac"},
	{"Qk0", "image/bmp"},
}

// kindMIME is what a kind of media is taken for when nothing tells its type.
var kindMIME = map[llm.MediaKind]string{
	llm.MediaImage: "image/jpeg", llm.MediaAudio: "audio/wav",
	llm.MediaVideo: "video/mp4", llm.MediaDocument: "application/pdf",
}

// mediaKind tells the kind of a file by its type or else its URI.
func mediaKind(mime, uri string) llm.MediaKind {
	if mime == "" {
		mime = mimeOfURI(uri)
	}
	switch class, _, _ := strings.Cut(mime, "/"); class {
	case "image":
		return llm.MediaImage
	case "audio":
		return llm.MediaAudio
	case "video":
		return llm.MediaVideo
	}
	if isVideoPage(uri) {
		return llm.MediaVideo
	}
	return llm.MediaDocument
}

// mimeOfURI guesses a type from the extension of a URI; "" when it has none.
func mimeOfURI(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return mimeOf[strings.ToLower(path.Ext(u.Path))]
}

// isVideoPage reports whether the URI is a video page that the API reads by
// itself (ai.google.dev/gemini-api/docs/video-understanding).
func isVideoPage(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil {
		return false
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	return host == "youtube.com" || host == "youtu.be"
}

// isOwnFile reports whether an id or URI names a file uploaded to the Files API
// ("files/…", alone or as a URI), which only this API can read
// (ai.google.dev/gemini-api/docs/files).
func isOwnFile(id string) bool {
	if strings.HasPrefix(id, "files/") {
		return true
	}
	u, err := url.Parse(id)
	return err == nil && u.Hostname() == "generativelanguage.googleapis.com" && strings.Contains(u.Path, "/files/")
}

// mimeFor returns the type to send for m and whether it had to be assumed.
func mimeFor(m *llm.Media) (mime string, assumed bool) {
	if m.MIME != "" {
		return m.MIME, false
	}
	if mime := mimeOfURI(m.URL); mime != "" {
		return mime, false
	}
	for _, g := range magic {
		if m.Data != "" && strings.HasPrefix(m.Data, g.prefix) {
			if g.prefix == "UklGR" && m.Kind == llm.MediaAudio {
				return "audio/wav", false
			}
			return g.mime, false
		}
	}
	if mime := mimeOf[strings.ToLower(path.Ext(m.Name))]; mime != "" {
		return mime, false
	}
	return kindMIME[m.Kind], true
}

// dataURL takes a data: URL apart.
func dataURL(u string) (mime, data string, ok bool) {
	rest, ok := strings.CutPrefix(u, "data:")
	if !ok {
		return "", "", false
	}
	head, data, ok := strings.Cut(rest, ",")
	mime, found := strings.CutSuffix(head, ";base64")
	if !ok || !found {
		return "", "", false
	}
	mime, _, _ = strings.Cut(mime, ";")
	return mime, data, true
}
