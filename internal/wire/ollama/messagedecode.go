package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func (d *requestDecoder) readMessages(name string, v llm.Raw) error {
	if err := wirejson.WantArray(name, v); err != nil {
		return err
	}
	for i, e := range wirejson.Elements(v) {
		m, err := d.message(e, i)
		if err != nil {
			return wirejson.Under(err, name+wirejson.At(i))
		}
		d.req.Messages = append(d.req.Messages, m)
	}
	return nil
}

// messageIn is a message as it stands on the wire.
type messageIn struct {
	role     string
	content  llm.Raw
	thinking llm.Raw
	images   llm.Raw
	calls    llm.Raw
	toolName string
	callID   string
	ext      llm.Ext
}

func splitMessage(v llm.Raw) (m messageIn, err error) {
	if err := wirejson.WantObject("", v); err != nil {
		return m, err
	}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "role":
			m.role, err = wirejson.WantText("role", e)
		case "content":
			m.content = e
		case "thinking":
			m.thinking = e
		case "images":
			m.images = e
		case "tool_calls":
			m.calls = e
		case "tool_name":
			m.toolName, err = wirejson.WantText("tool_name", e)
		case "tool_call_id":
			m.callID, err = wirejson.WantText("tool_call_id", e)
		default:
			keep(&m.ext, protocol, name, e)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// roles has the API's roles; it takes them in any case of letters.
var roles = map[string]llm.Role{
	"system": llm.RoleSystem, "developer": llm.RoleDeveloper, "user": llm.RoleUser,
	"assistant": llm.RoleAssistant, "tool": llm.RoleTool,
}

func (d *requestDecoder) message(v llm.Raw, index int) (llm.Message, error) {
	in, err := splitMessage(v)
	if err != nil {
		return llm.Message{}, err
	}
	if in.role == "" {
		return llm.Message{}, wirejson.Missing("role")
	}
	role, ok := roles[strings.ToLower(in.role)]
	if !ok {
		return llm.Message{}, wirejson.BadValue("role", in.role, "system", "user", "assistant", "tool")
	}
	blocks, err := in.said()
	if err != nil {
		return llm.Message{}, err
	}
	m := llm.Message{Role: role, Blocks: blocks, Ext: in.ext}
	if role == llm.RoleTool {
		m.Ext = nil
		m.Blocks = []llm.Block{d.calls.answer(&in, blocks, index)}
		return m, nil
	}
	calls, err := readCalls("tool_calls", in.calls, func(at int) string { return placeID("message", index, at) })
	for _, c := range calls {
		d.calls.add(c)
		m.Blocks = append(m.Blocks, c)
	}
	return m, err
}

// said reads what a message says: thinking, text and pictures.
func (in *messageIn) said() (blocks []llm.Block, err error) {
	thinking, err := wirejson.WantText("thinking", in.thinking)
	if err != nil {
		return nil, err
	}
	content, err := wirejson.WantText("content", in.content)
	if err != nil {
		return nil, err
	}
	if thinking != "" {
		blocks = append(blocks, &llm.Reasoning{Text: thinking})
	}
	if content != "" {
		blocks = append(blocks, &llm.Text{Text: content})
	}
	images, err := readImages("images", in.images)
	return append(blocks, images...), err
}

// readCalls reads calls; made gives an id to those that have none.
func readCalls(name string, v llm.Raw, made func(at int) string) ([]*llm.ToolCall, error) {
	if wirejson.IsNull(v) {
		return nil, nil
	}
	if err := wirejson.WantArray(name, v); err != nil {
		return nil, err
	}
	var calls []*llm.ToolCall
	for i, e := range wirejson.Elements(v) {
		c, err := readCall(e)
		if err != nil {
			return nil, wirejson.Under(err, name+wirejson.At(i))
		}
		if c.CallID == "" {
			c.CallID = made(i)
		}
		calls = append(calls, c)
	}
	return calls, nil
}

func readCall(v llm.Raw) (*llm.ToolCall, error) {
	if err := wirejson.WantObject("", v); err != nil {
		return nil, err
	}
	c := &llm.ToolCall{Kind: llm.ToolFunction}
	var function llm.Raw
	var err error
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "id":
			c.CallID, err = wirejson.WantText("id", e)
		case "function":
			function = e
		case "type": // it can only be a function
		default:
			keep(&c.Ext, protocol, name, e)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := wirejson.WantObject("function", function); err != nil {
		return nil, err
	}
	for name, e := range wirejson.Members(function) {
		switch string(name) {
		case "name":
			c.Name, err = wirejson.WantText("function.name", e)
		case "arguments":
			c.Input, err = readArguments(e)
		case "index": // its place in the array
		default:
			keep(&c.Ext, innerScope, name, e)
		}
		if err != nil {
			return nil, err
		}
	}
	if c.Name == "" {
		return nil, wirejson.Missing("function.name")
	}
	if c.Input == nil {
		c.Input = llm.Raw("{}")
	}
	return c, nil
}

// readArguments reads the object that arguments are. Clients that come from
// other APIs send it as a text.
func readArguments(v llm.Raw) (llm.Raw, error) {
	if s, ok := wirejson.Text(v); ok {
		if strings.TrimSpace(s) == "" {
			return nil, nil
		}
		if wirejson.KindOf([]byte(s)) == '{' && wirejson.Check([]byte(s)) == nil {
			return llm.Raw(s), nil
		}
	}
	if wirejson.IsNull(v) {
		return nil, nil
	}
	return v, wirejson.WantObject("function.arguments", v)
}
