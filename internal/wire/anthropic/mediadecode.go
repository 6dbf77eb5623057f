package anthropic

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func decodeImage(v llm.Raw) (llm.Block, error) {
	b := &llm.Media{Kind: llm.MediaImage}
	var source llm.Raw
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "source":
			source = m
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return decodeSource(b, source, v)
}

func decodeDocument(v llm.Raw) (llm.Block, error) {
	b := &llm.Media{Kind: llm.MediaDocument}
	var source llm.Raw
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "source":
			source = m
		case "title":
			b.Name, err = optString("title", m)
		case "context":
			b.Context, err = optString("context", m)
		case "citations":
			if on := wirejson.Member(m, "enabled"); !wirejson.IsNull(on) {
				b.CitationsOn, err = optBool("citations.enabled", on)
			}
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return decodeSource(b, source, v)
}

// decodeSource fills b from its source. A source of an unknown type makes the
// whole block opaque.
func decodeSource(b *llm.Media, source, block llm.Raw) (llm.Block, error) {
	if err := wantKind("source", source, '{', "an object such as {\"type\":\"url\",\"url\":…}"); err != nil {
		return nil, err
	}
	kind, err := wantString("source.type", wirejson.Member(source, "type"))
	if err != nil {
		return nil, err
	}
	get := func(name string) (s string) {
		if err == nil {
			s, err = wantString("source."+name, wirejson.Member(source, name))
		}
		return s
	}
	switch kind {
	case "base64":
		b.MIME, b.Data = get("media_type"), get("data")
	case "text":
		b.MIME, b.Text = get("media_type"), get("data")
	case "url":
		b.URL = get("url")
	case "file":
		b.FileID = get("file_id")
		b.Ext = spelled(b.Ext, "source", source)
	case "content":
		text, ok := plainContent(wirejson.Member(source, "content"))
		if !ok {
			return opaque(b, block), nil
		}
		b.MIME, b.Text = "text/plain", text
		b.Ext = spelled(b.Ext, "source", source)
	default:
		return opaque(b, block), nil
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

func opaque(b *llm.Media, block llm.Raw) llm.Block {
	return &llm.Opaque{Type: string(b.Kind), Native: llm.Native{Protocol: self, Raw: block}}
}

// plainContent returns the text of a content source that is nothing but text.
func plainContent(v llm.Raw) (string, bool) {
	if s, ok := wirejson.Text(v); ok {
		return s, s != ""
	}
	var parts []string
	for _, e := range wirejson.Elements(v) {
		kind, _ := wirejson.Text(wirejson.Member(e, "type"))
		text, ok := wirejson.Text(wirejson.Member(e, "text"))
		if kind != "text" || !ok {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n"), len(parts) > 0
}
