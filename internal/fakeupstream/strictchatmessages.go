package fakeupstream

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// chatMessage has the members of all roles; byRole says which of them have which.
type chatMessage struct {
	Role         string         `json:"role"`
	Content      jsontext.Value `json:"content"`
	Name         *string        `json:"name"`
	Refusal      *string        `json:"refusal"`
	Audio        jsontext.Value `json:"audio"`
	FunctionCall jsontext.Value `json:"function_call"`
	ToolCalls    jsontext.Value `json:"tool_calls"`
	ToolCallID   *string        `json:"tool_call_id"`
	Annotations  jsontext.Value `json:"annotations"` // clients send back what they were sent
}

type chatCall struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Function *chatArguments `json:"function"`
	Custom   *chatInput     `json:"custom"`
}

type chatArguments struct {
	Name      string  `json:"name"`
	Arguments *string `json:"arguments"`
}

type chatInput struct {
	Name  string  `json:"name"`
	Input *string `json:"input"`
}

type chatPart struct {
	Type       string         `json:"type"`
	Text       *string        `json:"text"`
	Refusal    *string        `json:"refusal"`
	ImageURL   *chatImageURL  `json:"image_url"`
	InputAudio jsontext.Value `json:"input_audio"`
	File       jsontext.Value `json:"file"`
	CacheBreak jsontext.Value `json:"prompt_cache_breakpoint"`
}

type chatImageURL struct {
	URL    string  `json:"url"`
	Detail *string `json:"detail"`
}

// chatMaxID bounds the ids of calls.
const chatMaxID = 40

// chatTalk reads a conversation turn by turn.
type chatTalk struct {
	h       *heard
	waiting []string // calls without an answer
	calling []string // path of the message that made them
}

func (q *chatRequest) readMessages(h *heard) *refusal {
	a := at{[]string{"messages"}, q.Messages}
	if a.absent() {
		return missing(a.path)
	}
	messages, f := a.list()
	if f != nil {
		return openAIFlaw(f)
	}
	if len(messages) == 0 {
		return &refusal{status: http.StatusBadRequest, param: "messages", code: "empty_array", message: "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."}
	}
	t := &chatTalk{h: h}
	for _, message := range messages {
		if no := t.message(message); no != nil {
			return no
		}
	}
	return t.answered()
}

func (t *chatTalk) message(a at) *refusal {
	var m chatMessage
	if f := a.strictly(&m); f != nil {
		return openAIFlaw(f)
	}
	if m.Role != "tool" {
		if no := t.answered(); no != nil {
			return no
		}
	}
	if m.Role == "user" || m.Role == "assistant" { // instructions may come after what was said
		t.h.said, t.h.results = "", nil
	}
	if no := m.checkMembers(a); no != nil {
		return no
	}
	switch m.Role {
	case "system", "developer":
		text, no := t.content(a, m.Content, "text")
		t.h.System = append(t.h.System, text)
		return no
	case "user":
		text, no := t.content(a, m.Content, "text", "image_url", "input_audio", "file")
		t.h.Roles, t.h.Texts, t.h.said = append(t.h.Roles, "user"), append(t.h.Texts, text), text
		return no
	case "assistant":
		return t.assistant(a, &m)
	case "tool":
		return t.result(a, &m)
	case "":
		return missing(a.with("role"))
	default:
		return notOneOf(a.with("role"), m.Role, "system", "assistant", "user", "function", "tool", "developer")
	}
}

// checkMembers refuses members that a message of the role does not have.
func (m *chatMessage) checkMembers(a at) *refusal {
	given := map[string]bool{
		"refusal": m.Refusal != nil, "audio": len(m.Audio) > 0, "function_call": len(m.FunctionCall) > 0, "tool_calls": len(m.ToolCalls) > 0,
		"annotations": len(m.Annotations) > 0, "tool_call_id": m.ToolCallID != nil,
	}
	for _, name := range sortedNames(given) {
		owner := "assistant"
		if name == "tool_call_id" {
			owner = "tool"
		}
		if given[name] && m.Role != owner {
			return openAIFlaw(&flaw{path: a.with(name), kind: flawUnknown})
		}
	}
	return nil
}

func (t *chatTalk) assistant(a at, m *chatMessage) *refusal {
	t.h.Roles = append(t.h.Roles, "assistant")
	content := a.in("content", m.Content)
	if content.absent() && len(m.ToolCalls) == 0 && len(m.FunctionCall) == 0 && len(m.Audio) == 0 && m.Refusal == nil {
		return &refusal{status: http.StatusBadRequest, param: brackets(content.path), code: "invalid_type", message: "Invalid value for 'content': expected a string, got null."}
	}
	if !content.absent() {
		text, no := t.content(a, m.Content, "text", "refusal")
		if no != nil {
			return no
		}
		t.h.Assistant = append(t.h.Assistant, text)
	}
	list := a.in("tool_calls", m.ToolCalls)
	if list.absent() {
		return nil
	}
	calls, f := list.list()
	if f != nil {
		return openAIFlaw(f)
	}
	if len(calls) == 0 {
		return &refusal{status: http.StatusBadRequest, param: brackets(list.path), code: "empty_array", message: "Invalid '" + brackets(list.path) + "': empty array. Expected an array with minimum length 1, but got an empty array instead."}
	}
	t.calling = a.path
	for _, call := range calls {
		if no := t.call(call); no != nil {
			return no
		}
	}
	return nil
}

func (t *chatTalk) call(a at) *refusal {
	var c chatCall
	if f := a.strictly(&c); f != nil {
		return openAIFlaw(f)
	}
	switch {
	case c.ID == "":
		return missing(a.with("id"))
	case len(c.ID) > chatMaxID:
		return tooLong(a.with("id"), chatMaxID, len(c.ID))
	case slices.Contains(t.waiting, c.ID):
		return invalid("Duplicate value for 'tool_call_id' of " + c.ID + " in message with role 'assistant'.")
	}
	t.waiting = append(t.waiting, c.ID)
	switch {
	case c.Type == "function" && c.Function != nil:
		if c.Function.Arguments == nil {
			return missing(a.with("function", "arguments"))
		}
		return checkOpenAIName(a.with("function", "name"), c.Function.Name)
	case c.Type == "custom" && c.Custom != nil:
		return checkOpenAIName(a.with("custom", "name"), c.Custom.Name)
	case c.Type == "":
		return missing(a.with("type"))
	default:
		return missing(a.with("function"))
	}
}

func (t *chatTalk) result(a at, m *chatMessage) *refusal {
	if m.ToolCallID == nil {
		return missing(a.with("tool_call_id"))
	}
	i := slices.Index(t.waiting, *m.ToolCallID)
	if i < 0 {
		return &refusal{
			status: http.StatusBadRequest, param: brackets(a.with("role")),
			message: "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", //nolint:misspell // as the provider spells it
		}
	}
	t.waiting = slices.Delete(t.waiting, i, i+1)
	text, no := t.content(a, m.Content, "text")
	if no != nil {
		return no
	}
	t.h.Roles, t.h.said = append(t.h.Roles, "tool"), ""
	t.h.results = append(t.h.results, toolResult{text: text})
	return nil
}

// answered refuses calls that nothing answered.
func (t *chatTalk) answered() *refusal {
	if len(t.waiting) == 0 {
		return nil
	}
	return &refusal{
		status: http.StatusBadRequest, param: brackets(t.calling),
		message: "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: " + strings.Join(t.waiting, ", "),
	}
}

// content reads the text of a message and gathers its images.
func (t *chatTalk) content(message at, raw jsontext.Value, kinds ...string) (string, *refusal) {
	a := message.in("content", raw)
	if a.absent() {
		return "", missing(a.path)
	}
	if a.is('"') {
		s, f := a.text()
		if f != nil {
			return "", openAIFlaw(f)
		}
		return s, nil
	}
	parts, f := a.list()
	if f != nil {
		return "", openAIFlaw(f)
	}
	if len(parts) == 0 {
		return "", &refusal{status: http.StatusBadRequest, param: brackets(a.path), code: "empty_array", message: "Invalid '" + brackets(a.path) + "': empty array. Expected an array with minimum length 1, but got an empty array instead."}
	}
	var texts []string
	for _, part := range parts {
		text, no := t.part(part, kinds)
		if no != nil {
			return "", no
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ""), nil
}

func (t *chatTalk) part(a at, kinds []string) (string, *refusal) {
	var p chatPart
	if f := a.strictly(&p); f != nil {
		return "", openAIFlaw(f)
	}
	switch {
	case p.Type == "":
		return "", missing(a.with("type"))
	case !slices.Contains(kinds, p.Type):
		return "", notOneOf(a.with("type"), p.Type, kinds...)
	case p.Type == "text" && p.Text == nil:
		return "", missing(a.with("text"))
	case p.Type == "text":
		return *p.Text, nil
	case p.Type == "image_url" && p.ImageURL == nil:
		return "", missing(a.with("image_url"))
	case p.Type == "image_url":
		image, no := openAIImage(a.with("image_url"), p.ImageURL.URL)
		t.h.Images = append(t.h.Images, image)
		return "", no
	case p.Type == "file":
		return "", t.file(a.in("file", p.File))
	}
	return "", nil
}

// file notes a document.
func (t *chatTalk) file(a at) *refusal {
	var m struct {
		FileData string `json:"file_data"`
		FileID   string `json:"file_id"`
		Filename string `json:"filename"`
	}
	if f := a.strictly(&m); f != nil {
		return openAIFlaw(f)
	}
	if m.FileID != "" {
		return nil
	}
	document, no := openAIDocument(a.with("file_data"), a.with("file_id"), m.FileData, m.Filename)
	t.h.Images = append(t.h.Images, document)
	return no
}
