package fakeupstream

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

type chatTool struct {
	Type     string        `json:"type"`
	Function *chatFunction `json:"function"`
	Custom   *chatCustom   `json:"custom"`
}

type chatFunction struct {
	Name        string         `json:"name"`
	Description *string        `json:"description"`
	Parameters  jsontext.Value `json:"parameters"`
	Strict      *bool          `json:"strict"`
}

type chatCustom struct {
	Name        string         `json:"name"`
	Description *string        `json:"description"`
	Format      jsontext.Value `json:"format"`
}

func (q *chatRequest) readTools(h *heard) *refusal {
	a := at{[]string{"tools"}, q.Tools}
	if a.absent() {
		return q.checkToolless()
	}
	tools, f := a.list()
	if f != nil {
		return openAIFlaw(f)
	}
	if len(tools) == 0 {
		return &refusal{
			status: http.StatusBadRequest, param: "tools", code: "empty_array",
			message: "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
		}
	}
	for _, tool := range tools {
		name, no := readChatTool(h, tool)
		if no != nil {
			return no
		}
		if slices.ContainsFunc(h.Tools[:len(h.Tools)-1], func(t string) bool { return toolName(t) == name }) {
			return invalid("Duplicate tool name: " + name)
		}
	}
	return q.readChoice(h)
}

// toolName is the name of a tool's digest.
func toolName(digest string) string {
	for i, c := range digest {
		if c == '(' {
			return digest[:i]
		}
	}
	return digest
}

// checkToolless refuses what means nothing without tools.
func (q *chatRequest) checkToolless() *refusal {
	if q.ParallelToolCalls != nil {
		return &refusal{status: http.StatusBadRequest, param: "parallel_tool_calls", message: "'parallel_tool_calls' is only allowed when 'tools' are specified."}
	}
	if len(q.ToolChoice) > 0 && string(q.ToolChoice) != `"none"` && q.ToolChoice.Kind() != 'n' {
		return &refusal{status: http.StatusBadRequest, param: "tool_choice", message: "'tool_choice' is only allowed when 'tools' are specified."}
	}
	return nil
}

func readChatTool(h *heard, a at) (string, *refusal) {
	var t chatTool
	if f := a.strictly(&t); f != nil {
		return "", openAIFlaw(f)
	}
	switch t.Type {
	case "function":
		if t.Function == nil {
			return "", missing(a.with("function"))
		}
		strict := t.Function.Strict != nil && *t.Function.Strict
		h.Tools = append(h.Tools, toolDigest(t.Function.Name, t.Function.Parameters, strict))
		path := a.with("function")
		if no := checkOpenAIName(a.with("function", "name"), t.Function.Name); no != nil {
			return "", no
		}
		return t.Function.Name, checkOpenAITool(path, t.Function.Name, t.Function.Parameters, strict)
	case "custom":
		if t.Custom == nil {
			return "", missing(a.with("custom"))
		}
		h.Tools = append(h.Tools, toolDigest(t.Custom.Name, nil, false))
		return t.Custom.Name, checkOpenAIName(a.with("custom", "name"), t.Custom.Name)
	case "":
		return "", missing(a.with("type"))
	default:
		return "", notOneOf(a.with("type"), t.Type, "function", "custom")
	}
}

func (q *chatRequest) readChoice(h *heard) *refusal {
	a := at{[]string{"tool_choice"}, q.ToolChoice}
	if a.absent() {
		return nil
	}
	if a.is('"') {
		word, f := a.text()
		if f != nil {
			return openAIFlaw(f)
		}
		if words := []string{"none", "auto", "required"}; !slices.Contains(words, word) {
			return notOneOf(a.path, word, words...)
		}
		h.ToolChoice = word
		return nil
	}
	var choice struct {
		Type         string         `json:"type"`
		Function     *named         `json:"function"`
		Custom       *named         `json:"custom"`
		AllowedTools jsontext.Value `json:"allowed_tools"`
	}
	if f := a.strictly(&choice); f != nil {
		return openAIFlaw(f)
	}
	switch {
	case choice.Type == "function" && choice.Function != nil:
		h.ToolChoice = choice.Function.Name
	case choice.Type == "custom" && choice.Custom != nil:
		h.ToolChoice = choice.Custom.Name
	case choice.Type == "allowed_tools" && len(choice.AllowedTools) > 0:
		h.ToolChoice = "allowed"
		return nil
	default:
		return missing(a.with("function"))
	}
	if !slices.ContainsFunc(h.Tools, func(t string) bool { return toolName(t) == h.ToolChoice }) {
		return &refusal{
			status: http.StatusBadRequest, param: "tool_choice",
			message: "Tool choice '" + h.ToolChoice + "' not found in 'tools' parameter.",
		}
	}
	return nil
}

type named struct {
	Name string `json:"name"`
}
