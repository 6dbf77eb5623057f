package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// readContent reads the content of a message: a text or parts. An empty text
// is no content.
func readContent(v llm.Raw) ([]llm.Block, error) {
	switch wirejson.KindOf(v) {
	case 0, 'n':
		return nil, nil
	case '"':
		text, _ := wirejson.Text(v)
		if text == "" {
			return nil, nil
		}
		return []llm.Block{&llm.Text{Text: text}}, nil
	case '[':
	default:
		return nil, wirejson.BadType("content", "a string or an array of parts", v)
	}
	var blocks []llm.Block
	for i, e := range wirejson.Elements(v) {
		b, err := readPart(e)
		if err != nil {
			return nil, wirejson.Under(err, "content", wirejson.At(i))
		}
		if t, ok := b.(*llm.Text); ok && t.Text == "" {
			continue // upstreams refuse empty parts
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// partReaders has one function for each type with fields in the model.
var partReaders = map[string]func(v llm.Raw) (llm.Block, error){
	"text":         readTextPart,
	"refusal":      readRefusalPart,
	"image_url":    readURLPart("image_url", llm.MediaImage),
	"video_url":    readURLPart("video_url", llm.MediaVideo),
	"audio_url":    readURLPart("audio_url", llm.MediaAudio),
	"document_url": readURLPart("document_url", llm.MediaDocument),
	"input_audio":  readAudioPart,
	"file":         readFilePart,
	"thinking":     readThinkingPart,
}

func readPart(v llm.Raw) (llm.Block, error) {
	if err := wirejson.WantObject("", v); err != nil {
		return nil, err
	}
	kind, err := wirejson.WantText("type", wirejson.Member(v, "type"))
	if err != nil {
		return nil, err
	}
	if kind == "" {
		return nil, wirejson.Missing("type")
	}
	if read, ok := partReaders[kind]; ok {
		return read(v)
	}
	return &llm.Opaque{Type: kind, Native: *native(v)}, nil
}

// common reads what all parts share and keeps what it does not know.
func common(a *llm.Attrs, name []byte, v llm.Raw) {
	switch string(name) {
	case "type":
	case "cache_control":
		if !wirejson.IsNull(v) {
			a.Cache = readCacheControl(v)
		}
	case "prompt_cache_breakpoint":
		ttl, _ := wirejson.Text(wirejson.Member(v, "ttl"))
		a.Cache = &llm.CacheMark{TTL: ttl}
		keep(&a.Cache.Ext, protocol, name, v)
	default:
		keep(&a.Ext, protocol, name, v)
	}
}

// readCacheControl reads Anthropic's mark, which OpenRouter, LiteLLM and Qwen
// take. Its type stays, which also says that the client of this protocol asked.
func readCacheControl(v llm.Raw) *llm.CacheMark {
	c := &llm.CacheMark{}
	for name, e := range wirejson.Members(v) {
		if string(name) == "ttl" {
			c.TTL, _ = wirejson.Text(e)
			continue
		}
		keep(&c.Ext, protocol, name, e)
	}
	return c
}

func readTextPart(v llm.Raw) (llm.Block, error) {
	t := &llm.Text{}
	seen := false
	for name, e := range wirejson.Members(v) {
		if string(name) != "text" {
			common(&t.Attrs, name, e)
			continue
		}
		text, err := wirejson.WantText("text", e)
		if err != nil {
			return nil, err
		}
		t.Text, seen = text, true
	}
	if !seen {
		return nil, wirejson.Missing("text")
	}
	return t, nil
}

func readRefusalPart(v llm.Raw) (llm.Block, error) {
	r := &llm.Refusal{}
	for name, e := range wirejson.Members(v) {
		if string(name) != "refusal" {
			common(&r.Attrs, name, e)
			continue
		}
		text, err := wirejson.WantText("refusal", e)
		if err != nil {
			return nil, err
		}
		r.Text = text
	}
	return r, nil
}

// readURLPart reads a part that points to media: {"url":…} or the URL itself.
func readURLPart(member string, kind llm.MediaKind) func(v llm.Raw) (llm.Block, error) {
	return func(v llm.Raw) (llm.Block, error) {
		m := &llm.Media{Kind: kind}
		for name, e := range wirejson.Members(v) {
			if string(name) != member {
				common(&m.Attrs, name, e)
				continue
			}
			if err := readURL(m, e); err != nil {
				return nil, wirejson.Under(err, member)
			}
		}
		if m.URL == "" && m.Data == "" {
			return nil, wirejson.Missing(member + ".url")
		}
		return m, nil
	}
}

func readURL(m *llm.Media, v llm.Raw) (err error) {
	if url, ok := wirejson.Text(v); ok {
		setURL(m, url)
		return nil
	}
	if wirejson.KindOf(v) != '{' {
		return wirejson.BadType("", "an object with a url", v)
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "url":
			var url string
			if url, err = wirejson.WantText("url", e); err == nil {
				setURL(m, url)
			}
		case "detail":
			m.Detail, err = wirejson.WantText("detail", e)
		default:
			keep(&m.Ext, innerScope, name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readAudioPart(v llm.Raw) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaAudio}
	for name, e := range wirejson.Members(v) {
		if string(name) != "input_audio" {
			common(&m.Attrs, name, e)
			continue
		}
		if err := wirejson.WantObject("input_audio", e); err != nil {
			return nil, err
		}
		for inner, x := range wirejson.Members(e) {
			text, err := "", error(nil)
			switch string(inner) {
			case "data":
				text, err = wirejson.WantText("input_audio.data", x)
				m.Data = text
			case "format":
				text, err = wirejson.WantText("input_audio.format", x)
				m.MIME = audioMIME(text)
			default:
				keep(&m.Ext, innerScope, inner, x)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	if m.Data == "" {
		return nil, wirejson.Missing("input_audio.data")
	}
	return m, nil
}

func readFilePart(v llm.Raw) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaDocument}
	for name, e := range wirejson.Members(v) {
		if string(name) != "file" {
			common(&m.Attrs, name, e)
			continue
		}
		if err := wirejson.WantObject("file", e); err != nil {
			return nil, err
		}
		if err := readFile(m, e); err != nil {
			return nil, wirejson.Under(err, "file")
		}
	}
	if m.FileID == "" && m.Data == "" && m.URL == "" {
		return nil, wirejson.Missing("file.file_data")
	}
	return m, nil
}

func readFile(m *llm.Media, v llm.Raw) (err error) {
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "file_data":
			var data string
			data, err = wirejson.WantText("file_data", e)
			setFileData(m, data)
		case "file_id":
			m.FileID, err = wirejson.WantText("file_id", e)
		case "filename":
			m.Name, err = wirejson.WantText("filename", e)
		default:
			keep(&m.Ext, innerScope, name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setFileData takes what file_data may be: a data URL, a URL (OpenRouter), or
// bare base64.
func setFileData(m *llm.Media, data string) {
	setURL(m, data)
	for i := range len(m.URL) {
		switch c := m.URL[i]; {
		case c == ':':
			return // a URL of some scheme
		case c == '+', c == '/', c == '=', '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		default:
			return
		}
	}
	if m.URL != "" {
		m.Data, m.URL = m.URL, ""
	}
}

// readSpokenAudio reads the sound a model made. In a request (sent) only its id
// is told, which the upstream knows it by.
func readSpokenAudio(v llm.Raw, sent bool) *llm.Media {
	m := &llm.Media{Kind: llm.MediaAudio}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "id":
			m.ID, _ = wirejson.Text(e)
		case "data":
			m.Data, _ = wirejson.Text(e)
		case "transcript":
			m.Transcript, _ = wirejson.Text(e)
		default:
			keep(&m.Ext, protocol, name, e)
		}
	}
	if sent && m.Data == "" {
		m.FileID, m.ID = m.ID, ""
	}
	return m
}
