package anthropic

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// wireName is the name of a tool that may stand in a namespace.
func wireName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "__" + name
}

func (e *encoder) toolCall(b *llm.ToolCall) {
	if b.Kind == llm.ToolServer {
		e.serverCall(b)
		return
	}
	e.unsigned(b.Signature)
	e.w.elem('{')
	e.w.str("type", "tool_use")
	e.w.str("id", e.callID(b.CallID))
	e.w.str("name", wireName(b.Namespace, b.Name))
	e.w.raw("input", e.input(b))
	e.w.cache(b.Cache)
	e.w.ext(b.Ext)
	e.w.close('}')
}

func (e *encoder) callID(id string) string {
	if e.reply {
		return legalID(id)
	}
	return e.ids.call(id)
}

// input returns the call's arguments as the object the API demands. Free text
// stands in the one member that encodeTool gives a custom tool's schema;
// arguments that are no object, which models do write, stand there too.
func (e *encoder) input(b *llm.ToolCall) llm.Raw {
	if b.Kind == llm.ToolCustom {
		return freeInput(string(b.Input))
	}
	in := bytes.TrimSpace(b.Input)
	if len(in) == 0 {
		return llm.Raw("{}")
	}
	if in[0] == '{' && jsontext.Value(in).IsValid() {
		return in
	}
	e.loss.Approximate("tool_input", e.path())
	return freeInput(string(in))
}

func freeInput(text string) llm.Raw {
	return append(wirejson.AppendText([]byte(`{"input":`), text), '}')
}

// serverCall writes a call of a tool that the upstream ran: Native with the
// input put back behind the name.
func (e *encoder) serverCall(b *llm.ToolCall) {
	if !native(b.Native) {
		e.drop("server_tool")
		return
	}
	e.w.elem('{')
	e.serverHeader(b.Native, b.Input)
	e.w.close('}')
}

func (e *encoder) serverHeader(n *llm.Native, input llm.Raw) {
	if len(input) == 0 {
		input = llm.Raw("{}")
	}
	done := false
	for name, v := range wirejson.Members(n.Raw) {
		e.w.raw(string(name), v)
		if string(name) == "name" {
			e.w.raw("input", input)
			done = true
		}
	}
	if !done {
		e.w.raw("input", input)
	}
}

func (e *encoder) toolResult(b *llm.ToolResult) {
	id := legalID(b.CallID)
	if !e.reply {
		id = e.ids.result(b.CallID)
	}
	e.w.elem('{')
	e.w.str("type", "tool_result")
	e.w.str("tool_use_id", id)
	if b.IsError {
		e.w.bool("is_error", true)
	}
	e.w.begin("content", '[')
	for _, c := range b.Blocks {
		e.resultBlock(c)
	}
	e.w.close(']')
	e.w.cache(b.Cache)
	e.w.ext(b.Ext)
	e.w.close('}')
}

// resultBlock writes what may stand in a tool's result.
func (e *encoder) resultBlock(b llm.Block) {
	switch b := b.(type) {
	case *llm.Text, *llm.Opaque, *llm.Refusal:
		e.put(b)
	case *llm.Media:
		if unsupportedMedia(b) != "" {
			e.drop("tool_result_media")
			return
		}
		e.put(b)
	default:
		e.drop("tool_result_media")
	}
}
