package anthropic

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// blockDecoders has an entry for every block type with a canonical form but
// tool_result, which holds blocks itself.
// Types that are missing here and end in "_tool_result" are results of server
// tools; all others are opaque.
var blockDecoders = map[string]func(llm.Raw) (llm.Block, error){
	"text":              decodeText,
	"thinking":          decodeThinking,
	"redacted_thinking": decodeRedacted,
	"image":             decodeImage,
	"document":          decodeDocument,
	"tool_use":          decodeToolUse,
	"server_tool_use":   decodeServerToolUse,
	"mcp_tool_use":      decodeServerToolUse,
}

// decodeBlock reads one content block. Its result aliases v.
func decodeBlock(v llm.Raw) (llm.Block, error) {
	if err := wantKind("", v, '{', "a content block (an object)"); err != nil {
		return nil, err
	}
	kind, ok := wirejson.Text(wirejson.Member(v, "type"))
	if !ok || kind == "" {
		return nil, invalid("type", "must be the block's type, such as %q", "text")
	}
	if kind == "tool_result" {
		return decodeToolResult(v)
	}
	if decode := blockDecoders[kind]; decode != nil {
		return decode(v)
	}
	raw := llm.Native{Protocol: self, Raw: v}
	if name, ok := strings.CutSuffix(kind, "_tool_result"); ok {
		id, _ := wirejson.Text(wirejson.Member(v, "tool_use_id"))
		return &llm.ServerToolResult{CallID: id, Name: name, Native: &raw}, nil
	}
	return &llm.Opaque{Type: kind, Native: raw}, nil
}

// decodeContent reads content that is a string or an array of blocks.
func decodeContent(v llm.Raw) ([]llm.Block, error) {
	return decodeBlocks(v, func(llm.Block, llm.Raw) error { return nil })
}

// decodeRequestContent is decodeContent for requests, of which the API demands
// more than we do of its answers.
func decodeRequestContent(v llm.Raw) ([]llm.Block, error) { return decodeBlocks(v, demand) }

func demand(b llm.Block, v llm.Raw) error {
	switch b := b.(type) {
	case *llm.Text:
		if b.Text == "" && wirejson.IsNull(wirejson.Member(v, "text")) {
			return invalid("text", "must be a string; it is required")
		}
	case *llm.ToolCall:
		if b.CallID == "" {
			return invalid("id", "must be the id of the tool call; it is required")
		}
	}
	return nil
}

func decodeBlocks(v llm.Raw, check func(llm.Block, llm.Raw) error) ([]llm.Block, error) {
	if s, ok := wirejson.Text(v); ok {
		if s == "" {
			return nil, nil
		}
		return []llm.Block{&llm.Text{Text: s}}, nil
	}
	if err := wantKind("", v, '[', "a string or an array of content blocks"); err != nil {
		return nil, err
	}
	var blocks []llm.Block
	for i, e := range wirejson.Elements(v) {
		b, err := decodeBlock(e)
		if err == nil {
			err = check(b, e)
		}
		if err != nil {
			return nil, under(err, index("", i))
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

func decodeText(v llm.Raw) (llm.Block, error) {
	b := &llm.Text{}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "text":
			b.Text, err = optString("text", m)
		case "citations":
			b.Citations, err = decodeCitations(m)
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// decodeCitations reads the citations of a text; their locations are those of
// the cited source, not of the text, so Start and End stay unset.
func decodeCitations(v llm.Raw) ([]llm.Citation, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wantKind("citations", v, '[', "an array of citations"); err != nil {
		return nil, err
	}
	var out []llm.Citation
	for i, e := range wirejson.Elements(v) {
		if err := wantKind(index("citations", i), e, '{', "a citation (an object)"); err != nil {
			return nil, err
		}
		out = append(out, decodeCitation(e))
	}
	return out, nil
}

func decodeCitation(v llm.Raw) llm.Citation {
	c := llm.Citation{Protocol: self, Raw: v}
	for name, m := range wirejson.Members(v) {
		s, _ := wirejson.Text(m)
		switch string(name) {
		case "url", "source":
			c.URL = s
		case "title", "document_title":
			c.Title = s
		case "cited_text":
			c.Text = s
		}
	}
	return c
}

func decodeCache(v llm.Raw) (*llm.CacheMark, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wantKind("cache_control", v, '{', "an object such as {\"type\":\"ephemeral\"}"); err != nil {
		return nil, err
	}
	c := &llm.CacheMark{}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
			if t, _ := wirejson.Text(m); t != "ephemeral" {
				c.Ext = addExt(c.Ext, name, m)
			}
		case "ttl":
			c.TTL, err = optString("cache_control.ttl", m)
		default:
			c.Ext = addExt(c.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

func decodeThinking(v llm.Raw) (llm.Block, error) {
	b := &llm.Reasoning{}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "thinking":
			b.Text, err = optString("thinking", m)
		case "signature":
			b.Signature, err = decodeSignature("signature", m)
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

func decodeRedacted(v llm.Raw) (llm.Block, error) {
	b := &llm.Reasoning{Redacted: true}
	for name, m := range wirejson.Members(v) {
		var err error
		switch string(name) {
		case "type":
		case "data":
			b.Encrypted, err = decodeSignature("data", m)
		case "cache_control":
			b.Cache, err = decodeCache(m)
		default:
			b.Ext = addExt(b.Ext, name, m)
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// decodeSignature reads a signature. The empty string is how thinking that
// nobody signed is told to clients of this protocol; it is no signature.
func decodeSignature(param string, v llm.Raw) (*llm.Signature, error) {
	s, err := optString(param, v)
	if s == "" || err != nil {
		return nil, err
	}
	return &llm.Signature{Data: s, Origin: llm.Origin{Protocol: self}}, nil
}
