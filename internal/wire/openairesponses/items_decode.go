package openairesponses

import (
	"bytes"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Types of items that are decoded; all others stay native.
const (
	itemMessage        = "message"
	itemReasoning      = "reasoning"
	itemFunctionCall   = "function_call"
	itemFunctionOutput = "function_call_output"
	itemCustomCall     = "custom_tool_call"
	itemCustomOutput   = "custom_tool_call_output"
	itemImageCall      = "image_generation_call"
	itemReference      = "item_reference"
	itemMoreTools      = "additional_tools"
	statusCompleted    = "completed"
	statusIncomplete   = "incomplete"
	statusInProgress   = "in_progress"
	statusFailed       = "failed"
	statusCancelled    = "cancelled"
	statusQueued       = "queued"
	callSuffix         = "_call"
	outputSuffix       = "_output"
)

// itemDecoders has one function for each type with fields in the model.
var itemDecoders = map[string]func(raw llm.Raw, path string) (llm.Block, error){
	itemReasoning:      decodeReasoning,
	itemFunctionCall:   decodeFunctionCall,
	itemCustomCall:     decodeCustomCall,
	itemFunctionOutput: decodeFunctionOutput,
	itemCustomOutput:   decodeCustomOutput,
	itemImageCall:      decodeImageCall,
}

// decodeItem reads any item but a message.
func decodeItem(kind string, raw llm.Raw, path string) (llm.Block, error) {
	if decode, ok := itemDecoders[kind]; ok {
		return decode(raw, path)
	}
	return decodeNative(kind, raw), nil
}

// decodeNative keeps an item as it is. A hosted tool's item tells its name and
// id, so that others see what went on.
func decodeNative(kind string, raw llm.Raw) llm.Block {
	id, _ := wirejson.Text(wirejson.Member(raw, "id"))
	callID, _ := wirejson.Text(wirejson.Member(raw, "call_id"))
	if callID == "" {
		callID = id
	}
	if callID == "" {
		callID = kind
	}
	attrs := llm.Attrs{ID: id}
	switch {
	case strings.HasSuffix(kind, callSuffix):
		return &llm.ToolCall{
			Attrs: attrs, CallID: callID, Name: hostedName(kind, raw),
			Kind: llm.ToolServer, Native: native(raw),
		}
	case strings.HasSuffix(kind, callSuffix+outputSuffix), kind == "tool_search_output":
		name := strings.TrimSuffix(strings.TrimSuffix(kind, outputSuffix), callSuffix)
		return &llm.ServerToolResult{Attrs: attrs, CallID: callID, Name: name, Native: native(raw)}
	}
	return &llm.Opaque{Attrs: attrs, Type: kind, Native: *native(raw)}
}

// hostedName is the tool's name: its own for MCP, else the item's type.
func hostedName(kind string, raw llm.Raw) string {
	name := strings.TrimSuffix(kind, callSuffix)
	if name == "mcp" {
		if own, _ := wirejson.Text(wirejson.Member(raw, "name")); own != "" {
			return own
		}
	}
	return name
}

// messageItem is a message as it stands on the wire.
type messageItem struct {
	role, id, phase string
	blocks          []llm.Block
	ext             llm.Ext // status and unknown members, in scope of the item
}

func decodeMessage(raw llm.Raw, path string) (messageItem, error) {
	var m messageItem
	var content llm.Raw
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "role":
			m.role, err = wantText(path+".role", v)
		case "id":
			m.id, err = wantText(path+".id", v)
		case "phase":
			m.phase, err = wantText(path+".phase", v)
		case "status":
			keepStatus(&m.ext, v)
		case "content":
			content = v
		default:
			keep(&m.ext, protocol, name, v)
		}
		if err != nil {
			return m, err
		}
	}
	if content == nil {
		return m, missing(path + ".content")
	}
	var err error
	m.blocks, err = decodeContent(content, path+".content")
	return m, err
}

// assistantBlocks returns the parts with what the item says put onto them.
func (m *messageItem) assistantBlocks() []llm.Block {
	for i, b := range m.blocks {
		a := b.Common()
		a.ID = m.id
		text, isText := b.(*llm.Text)
		if isText {
			text.Phase = m.phase
		}
		if i < len(m.blocks)-1 {
			continue
		}
		for _, e := range m.ext {
			keep(&a.Ext, itemScope, []byte(e.Name), e.Value)
		}
		if _, first := m.blocks[0].(*llm.Text); !first && m.phase != "" {
			keep(&a.Ext, itemScope, []byte("phase"), llm.Raw(wirejson.AppendText(nil, m.phase)))
		}
	}
	return m.blocks
}

// keepStatus keeps a status that is not the one that goes without saying.
func keepStatus(ext *llm.Ext, v llm.Raw) {
	if s, _ := wirejson.Text(v); s != "" && s != statusCompleted {
		keep(ext, protocol, []byte("status"), v)
	}
}

// decodeReasoning reads a reasoning item. One that came without an id is marked
// by its type, so that encoding knows it from thinking of other protocols.
func decodeReasoning(raw llm.Raw, path string) (llm.Block, error) {
	r := &llm.Reasoning{}
	hasID := false
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "id":
			r.ID, err = wantText(path+".id", v)
			hasID = r.ID != ""
		case "status":
			keepStatus(&r.Ext, v)
		case "summary":
			err = decodeSummary(r, v, path+".summary")
		case "content":
			err = decodeReasoningContent(r, v, path+".content")
		case "encrypted_content":
			var data string
			if data, err = wantText(path+".encrypted_content", v); data != "" {
				r.Encrypted = &llm.Signature{Data: data, Origin: llm.Origin{Protocol: protocol}}
			}
		default:
			keep(&r.Ext, protocol, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if !hasID {
		keep(&r.Ext, markScope, []byte("type"), llm.Raw(`"`+itemReasoning+`"`))
	}
	return r, nil
}

func decodeSummary(r *llm.Reasoning, v llm.Raw, path string) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantArray(path, v); err != nil {
		return err
	}
	plain := true
	for i, e := range wirejson.Elements(v) {
		text, ok := plainPart(e, "summary_text")
		if wirejson.KindOf(e) != '{' {
			return wrongType(at(path, i), "an object", e)
		}
		plain = plain && ok
		r.Summary = append(r.Summary, text)
	}
	if !plain {
		keep(&r.Ext, protocol, []byte("summary"), v)
	}
	return nil
}

// decodeReasoningContent joins the parts of the thinking; null is none.
func decodeReasoningContent(r *llm.Reasoning, v llm.Raw, path string) error {
	if wirejson.IsNull(v) {
		return nil
	}
	if err := wantArray(path, v); err != nil {
		return err
	}
	plain, parts := true, 0
	for i, e := range wirejson.Elements(v) {
		if wirejson.KindOf(e) != '{' {
			return wrongType(at(path, i), "an object", e)
		}
		text, ok := plainPart(e, "reasoning_text")
		plain = plain && ok && text != ""
		r.Text += text
		parts++
	}
	if !plain || parts > 1 {
		keep(&r.Ext, protocol, []byte("content"), v)
	}
	return nil
}

// plainPart returns a part's text and whether it holds nothing but text of the type.
func plainPart(part llm.Raw, kind string) (text string, plain bool) {
	plain = true
	for name, v := range wirejson.Members(part) {
		switch string(name) {
		case "type":
			s, _ := wirejson.Text(v)
			plain = plain && s == kind
		case "text":
			text, _ = wirejson.Text(v)
		default:
			plain = false
		}
	}
	return text, plain
}

func decodeFunctionCall(raw llm.Raw, path string) (llm.Block, error) {
	c, err := decodeCall(raw, path, "arguments")
	if err != nil {
		return nil, err
	}
	c.Kind = llm.ToolFunction
	if len(bytes.TrimSpace(c.Input)) == 0 {
		c.Input = llm.Raw("{}")
	}
	return c, nil
}

func decodeCustomCall(raw llm.Raw, path string) (llm.Block, error) {
	c, err := decodeCall(raw, path, "input")
	if err != nil {
		return nil, err
	}
	c.Kind = llm.ToolCustom
	return c, nil
}

// decodeCall reads a call whose input stands in the named member.
func decodeCall(raw llm.Raw, path, input string) (*llm.ToolCall, error) {
	c := &llm.ToolCall{}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "id":
			c.ID, err = wantText(path+".id", v)
		case "call_id":
			c.CallID, err = wantText(path+".call_id", v)
		case "name":
			c.Name, err = wantText(path+".name", v)
		case "namespace":
			c.Namespace, err = wantText(path+".namespace", v)
		case "status":
			keepStatus(&c.Ext, v)
		case input:
			var text string
			if text, err = wantText(path+"."+input, v); text != "" {
				c.Input = llm.Raw(text)
			}
		default:
			keep(&c.Ext, protocol, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if c.CallID == "" {
		return nil, missing(path + ".call_id")
	}
	if c.Name == "" {
		return nil, missing(path + ".name")
	}
	return c, nil
}

func decodeFunctionOutput(raw llm.Raw, path string) (llm.Block, error) {
	return decodeOutput(raw, path, llm.ToolFunction)
}

func decodeCustomOutput(raw llm.Raw, path string) (llm.Block, error) {
	return decodeOutput(raw, path, llm.ToolCustom)
}

func decodeOutput(raw llm.Raw, path string, kind llm.ToolKind) (llm.Block, error) {
	res := &llm.ToolResult{Kind: kind}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "id":
			res.ID, err = wantText(path+".id", v)
		case "call_id":
			res.CallID, err = wantText(path+".call_id", v)
		case "name":
			res.Name, err = wantText(path+".name", v)
		case "status":
			keepStatus(&res.Ext, v)
		case "output":
			res.Blocks, err = decodeContent(v, path+".output")
		default:
			keep(&res.Ext, protocol, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if res.CallID == "" {
		return nil, missing(path + ".call_id")
	}
	return res, nil
}

// decodeImageCall reads a picture the model made. While there is none (failed,
// or referred to by id alone) the item stays native.
func decodeImageCall(raw llm.Raw, path string) (llm.Block, error) {
	m := &llm.Media{Kind: llm.MediaImage}
	for name, v := range wirejson.Members(raw) {
		var err error
		switch string(name) {
		case "type":
		case "id":
			m.ID, err = wantText(path+".id", v)
		case "status":
			keepStatus(&m.Ext, v)
		case "result":
			m.Data, err = wantText(path+".result", v)
		case "output_format":
			if format, ok := wirejson.Text(v); ok {
				m.MIME = "image/" + format
			}
			keep(&m.Ext, protocol, name, v)
		default:
			keep(&m.Ext, protocol, name, v)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.Data == "" {
		return decodeNative(itemImageCall, raw), nil
	}
	if m.MIME == "" {
		m.MIME = sniffImage(m.Data)
	}
	return m, nil
}
