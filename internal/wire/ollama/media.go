package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// readImages reads an array of pictures in base64. A data URL, which the API
// itself would refuse, is taken for what it holds.
func readImages(name string, v llm.Raw) ([]llm.Block, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wirejson.WantArray(name, v); err != nil {
		return nil, err
	}
	var images []llm.Block
	for i, e := range wirejson.Elements(v) {
		data, ok := wirejson.Text(e)
		if !ok {
			return nil, wirejson.BadType(name+wirejson.At(i), "a picture in base64", e)
		}
		if rest, ok := strings.CutPrefix(data, "data:"); ok {
			_, data, _ = strings.Cut(rest, ",")
		}
		if data == "" {
			return nil, wirejson.Bad(name+wirejson.At(i), "invalid_value", "a picture without data")
		}
		images = append(images, &llm.Media{Kind: llm.MediaImage, MIME: sniff(data), Data: data})
	}
	return images, nil
}

// sniff tells the type of a picture by its first bytes, in base64; the API does
// not say it. "" when they are of none that models take.
func sniff(data string) string {
	for _, m := range [...]struct{ prefix, mime string }{
		{"/9j/", "image/jpeg"}, {"iVBORw0KGgo", "image/png"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
	} {
		if strings.HasPrefix(data, m.prefix) {
			return m.mime
		}
	}
	return ""
}

// mediaLoss names what is lost with media that cannot be sent; "" when they can.
func mediaLoss(m *llm.Media) string {
	switch {
	case m.Kind == llm.MediaDocument:
		return "document"
	case m.Kind != llm.MediaImage:
		return string(m.Kind) + "_in"
	case m.Data != "":
		return ""
	case m.FileID != "":
		return "file_id"
	}
	return "media_url"
}
