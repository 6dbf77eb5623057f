package fakeupstream

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// turn is one or more messages of the same role in a row, which the API takes
// as one.
type turn struct {
	role   string
	blocks []block
}

// block is a content block as far as the rules between blocks need it.
type block struct {
	at
	kind string
	id   string // of a call, or the call that a result answers
	text string

	result toolResult
}

// blockTalk reads the blocks of a conversation.
type blockTalk struct {
	h      *heard
	signer signer
	turns  []turn
	marks  int // cache_control
}

func (q *anthropicRequest) readTalk(h *heard, s signer) *refusal {
	t := &blockTalk{h: h, signer: s}
	if no := t.system(at{[]string{"system"}, q.System}); no != nil {
		return no
	}
	a := at{[]string{"messages"}, q.Messages}
	if a.absent() {
		return required(a.path...)
	}
	messages, f := a.list()
	if f != nil {
		return anthropicFlaw(f)
	}
	if len(messages) == 0 {
		return invalid("messages: at least one message is required")
	}
	for i, message := range messages {
		if no := t.message(message, i == len(messages)-1); no != nil {
			return no
		}
	}
	t.marks += strings.Count(string(q.Tools), `"cache_control"`)
	if t.marks > 4 {
		return invalid(fmt.Sprintf("A maximum of 4 blocks with cache_control may be provided. Found %d.", t.marks))
	}
	if no := t.checkTurns(len(q.Tools) > 0); no != nil {
		return no
	}
	return t.checkThinkingFirst(q.Thinking)
}

func (t *blockTalk) system(a at) *refusal {
	if a.absent() {
		return nil
	}
	if a.is('"') {
		s, f := a.text()
		if f != nil {
			return anthropicFlaw(f)
		}
		t.h.System = append(t.h.System, s)
		return nil
	}
	blocks, f := a.list()
	if f != nil {
		return invalid("system: Input should be a valid list")
	}
	for _, raw := range blocks {
		b, no := t.block(raw, []string{"text"})
		if no != nil {
			return no
		}
		t.h.System = append(t.h.System, b.text)
	}
	return nil
}

var blockKinds = map[string][]string{
	"user": {"text", "image", "document", "search_result", "tool_result", "container_upload"},
	"assistant": {
		"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "web_search_tool_result", "web_fetch_tool_result",
		"code_execution_tool_result", "bash_code_execution_tool_result", "text_editor_code_execution_tool_result", "mcp_tool_use", "mcp_tool_result",
	},
}

func (t *blockTalk) message(a at, last bool) *refusal {
	var m struct {
		Role    string         `json:"role"`
		Content jsontext.Value `json:"content"`
	}
	if f := a.strictly(&m); f != nil {
		return anthropicFlaw(f)
	}
	kinds, ok := blockKinds[m.Role]
	content := a.in("content", m.Content)
	switch {
	case m.Role == "system" && newestClaude(t.h.model) && len(t.turns) > 0:
		return t.system(content)
	case m.Role == "system":
		return invalid(`messages: Unexpected role "system". The Messages API accepts a top-level ` + "`system` parameter, not \"system\" as an input message role.")
	case !ok:
		return invalid(`messages: Unexpected role "` + m.Role + `". Allowed roles are "user" or "assistant".`)
	case content.absent():
		return required(content.path...)
	}
	var blocks []block
	if content.is('"') {
		s, f := content.text()
		if f != nil {
			return anthropicFlaw(f)
		}
		if s == "" {
			return invalid("messages: text content blocks must be non-empty")
		}
		blocks = []block{{at: content, kind: "text", text: s}}
	} else {
		raws, f := content.list()
		if f != nil {
			return anthropicFlaw(f)
		}
		if len(raws) == 0 && (!last || m.Role != "assistant") {
			return invalid(dots(a.path) + ": all messages must have non-empty content except for the optional final assistant message")
		}
		for _, raw := range raws {
			b, no := t.block(raw, kinds)
			if no != nil {
				return no
			}
			blocks = append(blocks, b)
		}
	}
	if n := len(t.turns); n > 0 && t.turns[n-1].role == m.Role {
		t.turns[n-1].blocks = append(t.turns[n-1].blocks, blocks...)
	} else {
		t.turns = append(t.turns, turn{m.Role, blocks})
	}
	return nil
}

// anthropicBlock has the members of the blocks clients make; which of them a
// kind has is in blockMembers.
type anthropicBlock struct {
	Type         string         `json:"type"`
	Text         *string        `json:"text"`
	CacheControl jsontext.Value `json:"cache_control"`
	Citations    jsontext.Value `json:"citations"`
	Source       jsontext.Value `json:"source"`
	Title        jsontext.Value `json:"title"`
	Context      *string        `json:"context"`
	Content      jsontext.Value `json:"content"`
	ToolUseID    *string        `json:"tool_use_id"`
	IsError      *bool          `json:"is_error"`
	ID           *string        `json:"id"`
	Name         *string        `json:"name"`
	Input        jsontext.Value `json:"input"`
	Caller       jsontext.Value `json:"caller"`
	Thinking     *string        `json:"thinking"`
	Signature    *string        `json:"signature"`
	Data         *string        `json:"data"`
	Toolset      *string        `json:"toolset_name"`
	Transform    jsontext.Value `json:"transformations"`
}

var blockMembers = map[string][]string{
	"text":              {"type", "text", "cache_control", "citations"},
	"image":             {"type", "source", "cache_control", "transformations"},
	"document":          {"type", "source", "cache_control", "citations", "title", "context"},
	"tool_result":       {"type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"},
	"tool_use":          {"type", "id", "name", "input", "cache_control", "caller", "toolset_name"},
	"thinking":          {"type", "thinking", "signature"},
	"redacted_thinking": {"type", "data"},
}

func (t *blockTalk) block(a at, kinds []string) (block, *refusal) {
	kind := a.peek("type")
	if !slices.Contains(kinds, kind) {
		return block{}, invalid(fmt.Sprintf("%s: Input tag '%s' found using 'type' does not match any of the expected tags: %s", dots(a.path), kind, strings.Join(quoted(kinds), ", ")))
	}
	members, ours := blockMembers[kind]
	if !ours {
		return block{at: a, kind: kind}, nil // the provider's own blocks, sent back
	}
	inner := at{a.with(kind), a.raw}
	var raw map[string]jsontext.Value
	if f := inner.flawOf(unmarshalLoosely(a.raw, &raw)); f != nil {
		return block{}, anthropicFlaw(f)
	}
	for _, name := range sortedNames(raw) {
		if !slices.Contains(members, name) {
			return block{}, anthropicFlaw(&flaw{path: inner.with(name), kind: flawUnknown})
		}
	}
	var b anthropicBlock
	if f := inner.strictly(&b); f != nil {
		return block{}, anthropicFlaw(f)
	}
	if !inner.in("cache_control", b.CacheControl).absent() {
		t.marks++
		if no := checkCacheControl(inner.in("cache_control", b.CacheControl)); no != nil {
			return block{}, no
		}
	}
	return t.read(inner, kind, &b)
}

func checkCacheControl(a at) *refusal {
	var c struct {
		Type string  `json:"type"`
		TTL  *string `json:"ttl"`
	}
	if f := a.strictly(&c); f != nil {
		return anthropicFlaw(f)
	}
	if c.Type != "ephemeral" {
		return invalid(dots(a.with("type")) + ": Input should be 'ephemeral'")
	}
	if c.TTL != nil && *c.TTL != "5m" && *c.TTL != "1h" {
		return invalid(dots(a.with("ttl")) + ": Input should be '5m' or '1h'")
	}
	return nil
}

func (t *blockTalk) read(a at, kind string, b *anthropicBlock) (block, *refusal) {
	out := block{at: at{a.path[:len(a.path)-1], a.raw}, kind: kind}
	switch kind {
	case "text":
		switch {
		case b.Text == nil:
			return out, required(a.with("text")...)
		case *b.Text == "":
			return out, invalid("messages: text content blocks must be non-empty")
		case strings.TrimSpace(*b.Text) == "":
			return out, invalid("messages: text content blocks must contain non-whitespace text")
		}
		out.text = *b.Text
	case "image":
		image, no := anthropicImage(a.in("source", b.Source))
		t.h.Images = append(t.h.Images, image)
		return out, no
	case "document":
		document, no := anthropicDocument(a.in("source", b.Source))
		t.h.Images = append(t.h.Images, document)
		return out, no
	case "thinking", "redacted_thinking":
		return out, t.thought(a, b)
	case "tool_use":
		switch {
		case b.ID == nil || b.Name == nil || len(b.Input) == 0:
			return out, required(a.with("input")...)
		case !anthropicCallID.MatchString(*b.ID):
			return out, invalid(dots(a.with("id")) + ": String should match pattern '" + anthropicCallID.String() + "'")
		case !anthropicToolName.MatchString(*b.Name):
			return out, invalid(dots(a.with("name")) + ": String should match pattern '" + anthropicToolName.String() + "'")
		case b.Input.Kind() != '{':
			return out, invalid(dots(a.with("input")) + ": Input should be a valid dictionary")
		}
		out.id = *b.ID
	case "tool_result":
		if b.ToolUseID == nil {
			return out, required(a.with("tool_use_id")...)
		}
		out.id = *b.ToolUseID
		var no *refusal
		out.result, no = t.result(a, b)
		return out, no
	}
	return out, nil
}

// thought accepts only what the mock has signed.
func (t *blockTalk) thought(a at, b *anthropicBlock) *refusal {
	short := dots(a.path[:len(a.path)-1])
	if b.Type == "redacted_thinking" {
		if b.Data == nil || !t.signer.issued(*b.Data, "redacted") {
			return invalid(short + ": Invalid `data` in `redacted_thinking` block")
		}
		t.h.Proofs++
		return nil
	}
	switch {
	case b.Thinking == nil:
		return required(a.with("thinking")...)
	case b.Signature == nil:
		return required(a.with("signature")...)
	case !t.signer.issued(*b.Signature, *b.Thinking):
		return invalid(short + ": Invalid `signature` in `thinking` block")
	}
	t.h.Proofs++
	return nil
}

func (t *blockTalk) result(a at, b *anthropicBlock) (toolResult, *refusal) {
	r := toolResult{failed: b.IsError != nil && *b.IsError}
	content := a.in("content", b.Content)
	if content.absent() {
		return r, nil
	}
	if content.is('"') {
		s, f := content.text()
		if f != nil {
			return r, anthropicFlaw(f)
		}
		r.text = s
		return r, nil
	}
	blocks, f := content.list()
	if f != nil {
		return r, anthropicFlaw(f)
	}
	images := len(t.h.Images)
	for _, raw := range blocks {
		inner, no := t.block(raw, []string{"text", "image", "document", "search_result", "tool_reference"})
		if no != nil {
			return r, no
		}
		r.text += inner.text
	}
	r.images = len(t.h.Images) - images
	return r, nil
}

// anthropicDocument reads a document's source.
func anthropicDocument(a at) (string, *refusal) {
	var s struct {
		Type      string         `json:"type"`
		MediaType string         `json:"media_type"`
		Data      string         `json:"data"`
		URL       string         `json:"url"`
		FileID    string         `json:"file_id"`
		Content   jsontext.Value `json:"content"`
	}
	if f := a.strictly(&s); f != nil {
		return "", anthropicFlaw(f)
	}
	if s.Type != "base64" {
		return s.Type + " " + s.URL + s.FileID, nil
	}
	b, err := base64.StdEncoding.DecodeString(s.Data)
	switch {
	case s.MediaType != "application/pdf":
		return "", invalid(dots(a.with("base64", "media_type")) + ": Input should be 'application/pdf'")
	case err != nil || !strings.HasPrefix(string(b), "%PDF"):
		return "", invalid(dots(a.with("base64", "data")) + ": The PDF specified was not valid.")
	}
	return pictured(s.MediaType, b), nil
}

func anthropicImage(a at) (string, *refusal) {
	var s struct {
		Type      string `json:"type"`
		MediaType string `json:"media_type"`
		Data      string `json:"data"`
		URL       string `json:"url"`
		FileID    string `json:"file_id"`
	}
	if f := a.strictly(&s); f != nil {
		return "", anthropicFlaw(f)
	}
	switch s.Type {
	case "base64":
		if !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, s.MediaType) {
			return "", invalid(dots(a.with("base64", "media_type")) + ": Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'")
		}
		b, err := base64.StdEncoding.DecodeString(s.Data)
		if err != nil || len(b) == 0 {
			return "", invalid(dots(a.with("base64", "data")) + ": invalid base64 data")
		}
		if png := strings.HasPrefix(string(b), "\x89PNG"); png != (s.MediaType == "image/png") {
			return "", invalid(dots(a.with("base64")) + ": The image was specified using the " + s.MediaType + " media type, but the image appears to be of another one")
		}
		return pictured(s.MediaType, b), nil
	case "url":
		if !strings.HasPrefix(s.URL, "https://") {
			return "", invalid(dots(a.with("url", "url")) + ": Only HTTPS URLs are supported.")
		}
		return s.URL, nil
	case "file":
		return s.FileID, nil
	default:
		return "", invalid(dots(a.path) + ": Input tag '" + s.Type + "' found using 'type' does not match any of the expected tags: 'base64', 'url', 'file'")
	}
}
