package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// gap stands between texts that were parts of one message.
const gap = "\n\n"

// messages writes the conversation, the instructions first. It reports whether
// any message of it could be said.
func (e *requestEncoder) messages() (said bool) {
	e.w.Begin("messages", '[')
	if texts := e.texts(e.req.System, "system", "system_media"); len(texts) > 0 {
		e.w.Open('{')
		e.w.Str("role", string(llm.RoleSystem))
		e.w.Str("content", strings.Join(texts, gap))
		e.w.Close('}')
	}
	names := map[string]string{} // of tools, by the call's id
	empty := len(e.w.B)
	for i := range e.req.Messages {
		e.message(&e.req.Messages[i], "messages"+wirejson.At(i), names)
	}
	said = len(e.w.B) > empty
	e.w.Close(']')
	return said
}

// texts returns the texts of blocks that can be nothing else.
func (e *requestEncoder) texts(blocks []llm.Block, base, lost string) (texts []string) {
	for i, b := range blocks {
		e.where = base + wirejson.At(i)
		t, ok := b.(*llm.Text)
		switch {
		case !ok:
			e.drop(lost)
		case t.Text != "":
			e.attributes(t)
			texts = append(texts, t.Text)
		}
		e.foreign(b.Common().Ext, e.where+".")
	}
	return texts
}

// attributes notes what stands on a text and has no words here.
func (e *requestEncoder) attributes(t *llm.Text) {
	e.cache(t.Cache)
	if len(t.Citations) > 0 {
		e.drop("citations")
	}
	if t.Signature != nil {
		e.drop("foreign_signature")
	}
	if t.Phase != "" {
		e.drop("phase")
	}
}

func (e *requestEncoder) cache(c *llm.CacheMark) {
	if c != nil {
		e.drop("cache_mark")
	}
}

// messageOut is a message, its blocks sorted over the members that hold them.
type messageOut struct {
	texts    []string
	thoughts []string
	images   []string
	calls    []*llm.ToolCall
}

func (e *requestEncoder) message(m *llm.Message, path string, names map[string]string) {
	e.where = path
	if m.Name != "" {
		e.drop("message_name")
	}
	e.foreign(m.Ext, path+".")
	e.results(m, path, names)
	out := e.sort(m, path, names)
	empty := len(out.texts)+len(out.thoughts)+len(out.images)+len(out.calls) == 0
	if empty && (len(m.Blocks) > 0 || m.Role == llm.RoleTool) {
		return // nothing of it can be said here, or all has been
	}
	e.w.Open('{')
	e.w.Str("role", e.role(m.Role, path))
	between := gap
	switch {
	case m.Role == llm.RoleAssistant:
		between = "" // it was one text when the model said it
	case m.Role == llm.RoleUser && len(out.texts) > 1:
		e.losses.Approximate("text_parts", path+".content")
	}
	e.w.Str("content", strings.Join(out.texts, between))
	if len(out.thoughts) > 0 {
		e.w.Str("thinking", strings.Join(out.thoughts, gap))
	}
	e.images(out.images)
	e.calls(out.calls)
	e.w.Ext(m.Ext, protocol)
	e.w.Close('}')
}

func (e *requestEncoder) role(r llm.Role, path string) string {
	switch r {
	case llm.RoleDeveloper:
		e.losses.Approximate("developer_role", path+".role")
		return string(llm.RoleSystem)
	case llm.RoleTool: // what stands beside its results
		return string(llm.RoleUser)
	default:
		return string(r)
	}
}

func (e *requestEncoder) images(images []string) {
	if len(images) == 0 {
		return
	}
	e.w.Begin("images", '[')
	for _, data := range images {
		e.w.StrElem(data)
	}
	e.w.Close(']')
}

// sort splits the blocks of a message, but for its results.
func (e *requestEncoder) sort(m *llm.Message, path string, names map[string]string) (out messageOut) {
	for i, b := range m.Blocks {
		e.where = path + ".content" + wirejson.At(i)
		if _, isResult := b.(*llm.ToolResult); !isResult { // see results
			e.foreign(b.Common().Ext, e.where+".")
		}
		switch b := b.(type) {
		case *llm.Text:
			if len(out.calls) > 0 || len(out.images) > 0 && len(out.texts) > 0 {
				e.approximate("block_order")
			}
			e.attributes(b)
			if b.Text != "" {
				out.texts = append(out.texts, b.Text)
			}
		case *llm.Refusal:
			e.approximate("refusal")
			out.texts = append(out.texts, b.Text)
		case *llm.Reasoning:
			e.thought(b, &out)
		case *llm.Media:
			e.media(b, m.Role, &out)
		case *llm.ToolCall:
			if b.Kind == llm.ToolServer {
				e.drop("server_tool")
				continue
			}
			names[b.CallID] = wireName(b.Namespace, b.Name)
			out.calls = append(out.calls, b)
		case *llm.ToolResult:
		case *llm.ServerToolResult:
			e.drop("server_tool")
		case *llm.Opaque:
			e.drop("opaque")
		}
	}
	return out
}

// thought takes the readable text of thinking; nobody here can check a
// signature or read a payload.
func (e *requestEncoder) thought(r *llm.Reasoning, out *messageOut) {
	if r.Signature != nil || r.Encrypted != nil {
		e.drop("foreign_signature")
	}
	text := r.Text
	if text == "" && len(r.Summary) > 0 {
		e.approximate("reasoning_history")
		text = strings.Join(r.Summary, gap)
	}
	if text != "" {
		out.thoughts = append(out.thoughts, text)
	}
}

func (e *requestEncoder) media(m *llm.Media, role llm.Role, out *messageOut) {
	e.cache(m.Cache)
	switch {
	case m.Kind == llm.MediaDocument && m.Text != "":
		e.approximate("document")
		out.texts = append(out.texts, m.Text)
	case m.Kind == llm.MediaAudio && m.Transcript != "":
		e.approximate("audio_out")
		out.texts = append(out.texts, m.Transcript)
	case role == llm.RoleAssistant && mediaLoss(m) != "":
		e.drop(string(m.Kind) + "_out")
	case mediaLoss(m) != "":
		e.drop(mediaLoss(m))
	default:
		if m.Detail != "" && m.Detail != "auto" {
			e.drop("image_detail")
		}
		out.images = append(out.images, m.Data)
	}
}

// results writes each result in a message as one of its own.
func (e *requestEncoder) results(m *llm.Message, path string, names map[string]string) {
	for i, b := range m.Blocks {
		r, ok := b.(*llm.ToolResult)
		if !ok {
			continue
		}
		e.where = path + ".content" + wirejson.At(i)
		e.result(r, names[r.CallID])
	}
}

func (e *requestEncoder) result(r *llm.ToolResult, name string) {
	if r.IsError {
		e.drop("tool_result_error")
	}
	e.cache(r.Cache)
	e.foreign(r.Ext, e.where+".")
	var out messageOut
	for _, b := range r.Blocks {
		e.foreign(b.Common().Ext, e.where+".")
		switch b := b.(type) {
		case *llm.Text:
			e.attributes(b)
			if b.Text != "" {
				out.texts = append(out.texts, b.Text)
			}
		case *llm.Media:
			e.media(b, llm.RoleTool, &out)
		default:
			e.drop("opaque")
		}
	}
	if len(out.texts) > 1 {
		e.approximate("tool_result_parts")
	}
	if name == "" {
		name = r.Name
	}
	e.w.Open('{')
	e.w.Str("role", string(llm.RoleTool))
	e.w.Str("content", strings.Join(out.texts, gap))
	e.images(out.images)
	e.w.OptStr("tool_name", name)
	e.w.OptStr("tool_call_id", r.CallID)
	e.w.Ext(r.Ext, protocol)
	e.w.Close('}')
}
