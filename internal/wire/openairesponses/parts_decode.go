package openairesponses

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// decodeContent reads the content of a message or a tool's output: a text or
// parts. An empty text is no content.
func decodeContent(v llm.Raw, path string) ([]llm.Block, error) {
	switch wirejson.KindOf(v) {
	case 'n':
		return nil, nil
	case '"':
		text, _ := wirejson.Text(v)
		if text == "" {
			return nil, nil
		}
		return []llm.Block{&llm.Text{Text: text}}, nil
	case '[':
	default:
		return nil, wrongType(path, "a string or an array of parts", v)
	}
	var blocks []llm.Block
	for i, e := range wirejson.Elements(v) {
		b, err := decodePart(e, at(path, i))
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// partDecoders has one function for each type with fields in the model.
var partDecoders = map[string]func(raw llm.Raw, path string) (llm.Block, error){
	"input_text":  decodeTextPart,
	"output_text": decodeTextPart,
	"text":        decodeTextPart,
	"refusal":     decodeRefusalPart,
	"input_image": decodeImagePart,
	"input_file":  decodeFilePart,
	"input_audio": decodeAudioPart,
	"image_url":   decodeChatImagePart,
}

func decodePart(raw llm.Raw, path string) (llm.Block, error) {
	if err := wantObject(path, raw); err != nil {
		return nil, err
	}
	v := wirejson.Member(raw, "type")
	if wirejson.IsNull(v) {
		return nil, missing(path + ".type")
	}
	kind, err := wantText(path+".type", v)
	if err != nil {
		return nil, err
	}
	if decode, ok := partDecoders[kind]; ok {
		return decode(raw, path)
	}
	b := &llm.Opaque{Type: kind, Native: *native(raw)}
	keep(&b.Ext, markScope, []byte(markPart), llm.Raw("true"))
	return b, nil
}

// common reads what all parts share and keeps what it does not know.
func common(a *llm.Attrs, name []byte, v llm.Raw) {
	if string(name) != "prompt_cache_breakpoint" || wirejson.KindOf(v) != '{' {
		keep(&a.Ext, protocol, name, v)
		return
	}
	ttl, _ := wirejson.Text(wirejson.Member(v, "ttl"))
	a.Cache = &llm.CacheMark{TTL: ttl}
	keep(&a.Cache.Ext, protocol, name, v)
}

func decodeTextPart(raw llm.Raw, path string) (llm.Block, error) {
	t := &llm.Text{}
	seen := false
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "text":
			seen = true
			t.Text, err = wantText(path+".text", v)
		case "annotations":
			t.Citations = decodeAnnotations(v)
		case "logprobs":
			t.Logprobs = nonEmptyArray(v)
		default:
			common(&t.Attrs, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if !seen {
		return nil, missing(path + ".text")
	}
	return t, nil
}

// nonEmptyArray returns v if it is an array of anything.
func nonEmptyArray(v llm.Raw) llm.Raw {
	for range wirejson.Elements(v) {
		return v
	}
	return nil
}

func decodeAnnotations(v llm.Raw) []llm.Citation {
	var out []llm.Citation
	for _, e := range wirejson.Elements(v) {
		out = append(out, decodeAnnotation(e))
	}
	return out
}

func decodeAnnotation(v llm.Raw) llm.Citation {
	c := llm.Citation{Protocol: protocol, Raw: v}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "url":
			c.URL, _ = wirejson.Text(e)
		case "title":
			c.Title, _ = wirejson.Text(e)
		case "filename":
			if c.Title == "" {
				c.Title, _ = wirejson.Text(e)
			}
		case "start_index":
			c.Start, _ = wirejson.Int(e)
		case "end_index":
			c.End, _ = wirejson.Int(e)
		}
	}
	return c
}

func decodeRefusalPart(raw llm.Raw, path string) (llm.Block, error) {
	r := &llm.Refusal{}
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "type":
		case "refusal":
			text, err := wantText(path+".refusal", v)
			if err != nil {
				return nil, err
			}
			r.Text = text
		default:
			common(&r.Attrs, name, v)
		}
	}
	return r, nil
}

func decodeImagePart(raw llm.Raw, path string) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaImage}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "image_url":
			var url string
			if wirejson.KindOf(v) == '{' { // the form of Chat Completions, which clients slip in
				return nil, wrongType(path+".image_url", "a string", v)
			}
			url, err = wantText(path+".image_url", v)
			setURL(m, url)
		case "file_id":
			m.FileID, err = wantText(path+".file_id", v)
		case "detail":
			m.Detail, err = wantText(path+".detail", v)
		default:
			common(&m.Attrs, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.URL == "" && m.Data == "" && m.FileID == "" {
		return nil, missing(path + ".image_url")
	}
	return m, nil
}

// decodeChatImagePart reads a picture in the words of Chat Completions, which
// clients slip in: a picture that is left out is noticed by nobody.
func decodeChatImagePart(raw llm.Raw, path string) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaImage}
	path += ".image_url"
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "type":
		case "image_url":
			if wirejson.KindOf(v) == '"' {
				url, _ := wirejson.Text(v)
				setURL(m, url)
				continue
			}
			if err := wantObject(path, v); err != nil {
				return nil, err
			}
			url, err := wantText(path+".url", wirejson.Member(v, "url"))
			if err != nil {
				return nil, err
			}
			setURL(m, url)
			if m.Detail, err = wantText(path+".detail", wirejson.Member(v, "detail")); err != nil {
				return nil, err
			}
		default:
			common(&m.Attrs, name, v)
		}
	}
	if m.URL == "" && m.Data == "" {
		return nil, missing(path + ".url")
	}
	return m, nil
}

// setURL takes a data URL apart; other URLs stay.
func setURL(m *llm.Media, url string) {
	if mime, data, ok := parseDataURL(url); ok {
		m.MIME, m.Data = mime, data
		return
	}
	m.URL = url
}

// parseDataURL splits "data:MIME;base64,DATA". URLs of other form are not taken
// apart, so that they can be put together again.
func parseDataURL(url string) (mime, data string, ok bool) {
	rest, ok := strings.CutPrefix(url, "data:")
	if !ok {
		return "", "", false
	}
	mime, data, ok = strings.Cut(rest, ";base64,")
	if !ok || mime == "" || data == "" || strings.Contains(mime, ",") {
		return "", "", false
	}
	return mime, data, true
}

func decodeFilePart(raw llm.Raw, path string) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaDocument}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "file_data":
			if m.Data, err = wantText(path+".file_data", v); err == nil {
				if mime, data, ok := parseDataURL(m.Data); ok {
					m.MIME, m.Data = mime, data
				}
			}
		case "file_url":
			m.URL, err = wantText(path+".file_url", v)
		case "file_id":
			m.FileID, err = wantText(path+".file_id", v)
		case "filename":
			m.Name, err = wantText(path+".filename", v)
		case "detail":
			m.Detail, err = wantText(path+".detail", v)
		default:
			common(&m.Attrs, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.URL == "" && m.Data == "" && m.FileID == "" {
		return nil, missing(path + ".file_data")
	}
	return m, nil
}

func decodeAudioPart(raw llm.Raw, path string) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaAudio}
	for name, v := range wirejson.Members(raw) {
		switch string(name) {
		case "type":
		case "input_audio":
			if err := decodeAudio(m, v, path+".input_audio"); err != nil {
				return nil, err
			}
		default:
			common(&m.Attrs, name, v)
		}
	}
	if m.Data == "" {
		return nil, missing(path + ".input_audio.data")
	}
	return m, nil
}

func decodeAudio(m *llm.Media, v llm.Raw, path string) error {
	if err := wantObject(path, v); err != nil {
		return err
	}
	var err error
	if m.Data, err = wantText(path+".data", wirejson.Member(v, "data")); err != nil {
		return err
	}
	format, err := wantText(path+".format", wirejson.Member(v, "format"))
	if err != nil {
		return err
	}
	if format == "" {
		return missing(path + ".format")
	}
	m.MIME = audioMIME(format)
	return nil
}
