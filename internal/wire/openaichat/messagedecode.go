package openaichat

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func (d *requestDecoder) readMessages(name string, v llm.Raw) error {
	if err := wirejson.WantArray(name, v); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		if err := d.readMessage(e); err != nil {
			return wirejson.Under(err, name, wirejson.At(i))
		}
		d.messages = true
	}
	if !d.messages {
		return wirejson.Bad(name, "empty_array", "it must hold at least one message")
	}
	return nil
}

// messageIn is a message as it stands on the wire, its members sorted out.
type messageIn struct {
	role, name, id string
	content        llm.Raw
	refusal        string
	calls          llm.Raw
	functionCall   llm.Raw
	audio          llm.Raw
	images         llm.Raw
	annotations    llm.Raw
	thoughts       thoughts
	cache          *llm.CacheMark
	ext            llm.Ext
}

// messageField reads one member of a message, which is not null.
type messageField func(m *messageIn, v llm.Raw) error

var messageFields = map[string]messageField{
	"role":          messageText("role", func(m *messageIn) *string { return &m.role }),
	"name":          messageText("name", func(m *messageIn) *string { return &m.name }),
	"tool_call_id":  messageText("tool_call_id", func(m *messageIn) *string { return &m.id }),
	"refusal":       messageText("refusal", func(m *messageIn) *string { return &m.refusal }),
	"content":       func(m *messageIn, v llm.Raw) error { m.content = v; return nil },
	"tool_calls":    messageKind("tool_calls", '[', func(m *messageIn) *llm.Raw { return &m.calls }),
	"function_call": messageKind("function_call", '{', func(m *messageIn) *llm.Raw { return &m.functionCall }),
	"audio":         messageKind("audio", '{', func(m *messageIn) *llm.Raw { return &m.audio }),
	"images":        messageKind("images", '[', func(m *messageIn) *llm.Raw { return &m.images }),
	"annotations":   messageKind("annotations", '[', func(m *messageIn) *llm.Raw { return &m.annotations }),
	"cache_control": func(m *messageIn, v llm.Raw) error { m.cache = readCacheControl(v); return nil },
}

func messageText(name string, of func(*messageIn) *string) messageField {
	return func(m *messageIn, v llm.Raw) (err error) {
		*of(m), err = wirejson.WantText(name, v)
		return err
	}
}

func messageKind(name string, kind byte, of func(*messageIn) *llm.Raw) messageField {
	return func(m *messageIn, v llm.Raw) error {
		*of(m) = v
		if kind == '[' {
			return wirejson.WantArray(name, v)
		}
		return wirejson.WantObject(name, v)
	}
}

func (d *requestDecoder) readMessage(v llm.Raw) error {
	if err := wirejson.WantObject("", v); err != nil {
		return err
	}
	var m messageIn
	for name, e := range wirejson.Members(v) {
		if m.thoughts.take(string(name), e) {
			continue
		}
		read, ok := messageFields[string(name)]
		if !ok {
			keep(&m.ext, protocol, name, e)
			continue
		}
		if wirejson.IsNull(e) {
			continue
		}
		if err := read(&m, e); err != nil {
			return err
		}
	}
	if m.role == "" {
		return wirejson.Missing("role")
	}
	read, ok := roles[m.role]
	if !ok {
		return wirejson.BadValue("role", m.role, "system", "developer", "user", "assistant", "tool", "function")
	}
	return read(d, &m)
}

// roles has the reader of each role's messages.
var roles = map[string]func(d *requestDecoder, m *messageIn) error{
	"system":    (*requestDecoder).spoken,
	"developer": (*requestDecoder).spoken,
	"user":      (*requestDecoder).spoken,
	"assistant": (*requestDecoder).assistant,
	"tool":      (*requestDecoder).tool,
	"function":  (*requestDecoder).function,
}

// spoken adds a message of anyone but the assistant and the tools.
func (d *requestDecoder) spoken(m *messageIn) error {
	if m.content == nil {
		return wirejson.Missing("content")
	}
	blocks, err := readContent(m.content)
	if err != nil {
		return err
	}
	markLast(blocks, m.cache)
	d.req.Messages = append(d.req.Messages, llm.Message{
		Role: llm.Role(m.role), Name: m.name, Blocks: blocks, Ext: m.ext,
	})
	return nil
}

// markLast puts a cache mark of the whole message on its last block.
func markLast(blocks []llm.Block, c *llm.CacheMark) {
	if c == nil || len(blocks) == 0 {
		return
	}
	if a := blocks[len(blocks)-1].Common(); a.Cache == nil {
		a.Cache = c
	}
}

func (d *requestDecoder) assistant(m *messageIn) error {
	blocks, err := m.assistantBlocks()
	if err != nil {
		return err
	}
	markLast(blocks, m.cache)
	calls, err := readCalls(m.calls)
	if err != nil {
		return wirejson.Under(err, "tool_calls")
	}
	blocks = append(blocks, calls...)
	if m.functionCall != nil {
		call, err := readFunctionCall(m.functionCall, d.legacy.call)
		if err != nil {
			return wirejson.Under(err, "function_call")
		}
		blocks = append(blocks, call)
	}
	d.req.Messages = append(d.req.Messages, llm.Message{
		Role: llm.RoleAssistant, Name: m.name, Blocks: blocks, Ext: m.ext,
	})
	return nil
}

// assistantBlocks returns what the assistant thought and said, in the order in
// which it happens: thinking, text, refusal, pictures, sound.
func (m *messageIn) assistantBlocks() ([]llm.Block, error) {
	blocks := m.thoughts.blocks()
	said, err := readContent(m.content)
	if err != nil {
		return nil, err
	}
	blocks = append(blocks, said...)
	if m.annotations != nil && !annotate(said, m.annotations) {
		keep(&m.ext, protocol, []byte("annotations"), m.annotations)
	}
	if m.refusal != "" {
		blocks = append(blocks, &llm.Refusal{Text: m.refusal})
	}
	for i, e := range wirejson.Elements(m.images) {
		img, err := readPart(e)
		if err != nil {
			return nil, wirejson.Under(err, "images", wirejson.At(i))
		}
		blocks = append(blocks, img)
	}
	if m.audio != nil {
		blocks = append(blocks, readSpokenAudio(m.audio, true))
	}
	return blocks, nil
}

// annotate puts citations on the first text; it reports false when there is
// none to put them on.
func annotate(blocks []llm.Block, annotations llm.Raw) bool {
	cites := readAnnotations(annotations)
	if len(cites) == 0 {
		return true
	}
	for _, b := range blocks {
		if t, ok := b.(*llm.Text); ok {
			t.Citations = cites
			return true
		}
	}
	return false
}

func readAnnotations(v llm.Raw) []llm.Citation {
	var out []llm.Citation
	for _, e := range wirejson.Elements(v) {
		out = append(out, readAnnotation(e))
	}
	return out
}

// readAnnotation reads one citation, whose members stand in an object named by
// its type.
func readAnnotation(v llm.Raw) llm.Citation {
	c := llm.Citation{Protocol: protocol, Raw: v}
	inner := wirejson.Member(v, "url_citation")
	if inner == nil {
		inner = v
	}
	for name, e := range wirejson.Members(inner) {
		switch string(name) {
		case "url":
			c.URL, _ = wirejson.Text(e)
		case "title":
			c.Title, _ = wirejson.Text(e)
		case "start_index":
			c.Start, _ = wirejson.Int(e)
		case "end_index":
			c.End, _ = wirejson.Int(e)
		case "content":
			c.Text, _ = wirejson.Text(e)
		}
	}
	return c
}

// tool adds a tool's result. Results that follow each other are one message,
// because other protocols demand all of a turn at once.
func (d *requestDecoder) tool(m *messageIn) error {
	if m.id == "" {
		return wirejson.Missing("tool_call_id")
	}
	return d.result(m, &llm.ToolResult{CallID: m.id, Name: m.name})
}

// function adds the result of a function in the legacy spelling.
func (d *requestDecoder) function(m *messageIn) error {
	if m.name == "" {
		return wirejson.Missing("name")
	}
	res := &llm.ToolResult{CallID: d.legacy.result(m.name), Name: m.name}
	mark(&res.Ext, markLegacy)
	return d.result(m, res)
}

func (d *requestDecoder) result(m *messageIn, res *llm.ToolResult) error {
	blocks, err := readContent(m.content)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if media, ok := b.(*llm.Media); ok {
			mark(&media.Ext, markInTool)
		}
	}
	res.Blocks, res.Cache, res.Kind = blocks, m.cache, llm.ToolFunction
	if d.isCustom(res.CallID) {
		res.Kind = llm.ToolCustom
	}
	res.Ext = append(res.Ext, m.ext...)
	if n := len(d.req.Messages); n > 0 && d.req.Messages[n-1].Role == llm.RoleTool {
		last := &d.req.Messages[n-1]
		last.Blocks = append(last.Blocks, res)
		return nil
	}
	d.req.Messages = append(d.req.Messages, llm.Message{Role: llm.RoleTool, Blocks: []llm.Block{res}})
	return nil
}

// isCustom reports whether the last turn called a custom tool with the id.
func (d *requestDecoder) isCustom(id string) bool {
	for i := len(d.req.Messages) - 1; i >= 0; i-- {
		m := &d.req.Messages[i]
		if m.Role != llm.RoleAssistant {
			if m.Role == llm.RoleTool {
				continue
			}
			return false
		}
		for _, b := range m.Blocks {
			if c, ok := b.(*llm.ToolCall); ok && c.CallID == id {
				return c.Kind == llm.ToolCustom
			}
		}
		return false
	}
	return false
}

// legacyCalls gives calls made by function_call the ids they lack. Results name
// the function only, and answer the last call of it.
type legacyCalls struct {
	n    int
	last map[string]string
}

func (l *legacyCalls) call(name string) string {
	if l.last == nil {
		l.last = map[string]string{}
	}
	id := legacyID(l.n)
	l.n++
	l.last[name] = id
	return id
}

func (l *legacyCalls) result(name string) string {
	if id, ok := l.last[name]; ok {
		return id
	}
	return l.call(name)
}

// readCalls reads the calls of one message.
func readCalls(v llm.Raw) ([]llm.Block, error) {
	var out []llm.Block
	for i, e := range wirejson.Elements(v) {
		if err := wirejson.WantObject("", e); err != nil {
			return nil, wirejson.Under(err, wirejson.At(i))
		}
		c := readCall(e)
		if c.CallID == "" {
			return nil, wirejson.Under(wirejson.Missing("id"), wirejson.At(i))
		}
		if c.Kind != llm.ToolServer && c.Name == "" {
			return nil, wirejson.Under(wirejson.Missing(string(c.Kind)+".name"), wirejson.At(i))
		}
		out = append(out, c)
	}
	return out, nil
}

// readCall reads one call; what is missing stays empty.
func readCall(v llm.Raw) *llm.ToolCall {
	c := &llm.ToolCall{Kind: llm.ToolFunction}
	kind, _ := wirejson.Text(wirejson.Member(v, "type"))
	body := "function"
	switch {
	case kind == "custom", kind == "" && wirejson.Member(v, "function") == nil && wirejson.Member(v, "custom") != nil:
		c.Kind, body = llm.ToolCustom, "custom"
	case kind != "function" && kind != "":
		c.Kind, c.Native = llm.ToolServer, native(v)
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "id":
			c.CallID, _ = wirejson.Text(e)
		case "type", "index":
		case "cache_control":
			c.Cache = readCacheControl(e)
		case "extra_content", "thought_signature":
			readCallSignature(c, name, e)
		case "function", "custom": // the other one is filled with nothing by some
			if string(name) == body {
				readCallBody(c, e)
			}
		default:
			if !wirejson.IsNull(e) {
				keep(&c.Ext, protocol, name, e)
			}
		}
	}
	if c.Kind == llm.ToolServer {
		c.Ext, c.Input = nil, nil // all in Native
		if c.Name == "" {
			c.Name = kind
		}
		return c
	}
	if c.Kind == llm.ToolFunction && len(bytes.TrimSpace(c.Input)) == 0 {
		c.Input = llm.Raw("{}")
	}
	return c
}

func readCallBody(c *llm.ToolCall, v llm.Raw) {
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "name":
			c.Name, _ = wirejson.Text(e)
		case "arguments", "input":
			c.Input = readArguments(e)
		default:
			if !wirejson.IsNull(e) {
				keep(&c.Ext, innerScope, name, e)
			}
		}
	}
}

// readArguments returns the text of arguments; some vendors send the object itself.
func readArguments(v llm.Raw) llm.Raw {
	if s, ok := wirejson.Text(v); ok {
		return llm.Raw(s)
	}
	if wirejson.IsNull(v) {
		return nil
	}
	return v
}

// readCallSignature reads Google's thought signature, in either spelling. An
// object that holds more stays as it came.
func readCallSignature(c *llm.ToolCall, name []byte, v llm.Raw) {
	data, ok := wirejson.Text(v)
	if !ok {
		data, ok = wirejson.Text(wirejson.Member(wirejson.Member(v, "google"), "thought_signature"))
	}
	if ok && data != "" {
		c.Signature = &llm.Signature{Data: data, Origin: llm.Origin{Protocol: protocol}}
	}
	if string(name) != "extra_content" || !ok || count(v) > 1 || count(wirejson.Member(v, "google")) > 1 {
		keep(&c.Ext, protocol, name, v)
	}
}

// count returns how many members an object has.
func count(v llm.Raw) int {
	n := 0
	for range wirejson.Members(v) {
		n++
	}
	return n
}

// readFunctionCall reads a call in the legacy spelling.
func readFunctionCall(v llm.Raw, id func(name string) string) (*llm.ToolCall, error) {
	c := &llm.ToolCall{Kind: llm.ToolFunction}
	readCallBody(c, v)
	if c.Name == "" {
		return nil, wirejson.Missing("name")
	}
	c.CallID = id(c.Name)
	if len(bytes.TrimSpace(c.Input)) == 0 {
		c.Input = llm.Raw("{}")
	}
	mark(&c.Ext, markLegacy)
	return c, nil
}
