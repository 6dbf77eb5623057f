package demo

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The modes of tool_choice; a named tool is choiceRequired with a name.
const (
	choiceAuto     = "auto"
	choiceNone     = "none"
	choiceRequired = "required"
)

type toolChoice struct {
	mode string
	name string // "" for any
}

// toolCall is a call the demo makes.
type toolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

func checkTools(q *chatRequest) *apiError {
	for i, t := range q.Tools {
		at := fmt.Sprintf("tools[%d]", i)
		switch {
		case t.Type != "function":
			return invalid(at+".type", "invalid_value", "Invalid value: '%s'. Supported values are: 'function'.", t.Type)
		case t.Function.Name == "":
			return invalid(at+".function.name", "missing_required_parameter", "Missing required parameter: '%s.function.name'.", at)
		}
	}
	choice, e := parseChoice(q)
	q.choice = choice
	return e
}

func parseChoice(q *chatRequest) (toolChoice, *apiError) {
	wrong := invalid("tool_choice", "invalid_value", "Invalid value for 'tool_choice': expected 'none', 'auto', 'required' or a function that is among 'tools'.")
	var c toolChoice
	switch q.ToolChoice.Kind() {
	case 0, 'n':
		return toolChoice{mode: choiceAuto}, nil
	case '"':
		if json.Unmarshal(q.ToolChoice, &c.mode) != nil {
			return c, wrong
		}
	case '{':
		var named tool
		if json.Unmarshal(q.ToolChoice, &named) != nil || named.Type != "function" {
			return c, wrong
		}
		c = toolChoice{mode: choiceRequired, name: named.Function.Name}
	default: // the empty mode is refused below
	}
	switch {
	case c.mode == choiceAuto, c.mode == choiceNone:
		return c, nil
	case c.mode != choiceRequired:
		return c, wrong
	case len(q.Tools) == 0:
		return c, invalid("tool_choice", "", "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.")
	case c.name != "" && !q.offers(c.name):
		return c, wrong
	}
	return c, nil
}

func (q *chatRequest) offers(name string) bool {
	for _, t := range q.Tools {
		if t.Function.Name == name {
			return true
		}
	}
	return false
}

// calls returns the tool calls the demo makes: of the named tool, else of the
// first one, and of the second too where parallel calls are allowed. Once a
// tool has answered it calls no more, whatever tool_choice says, so that an
// agent's loop ends.
func (q *chatRequest) calls() []toolCall {
	if len(q.Tools) == 0 || q.choice.mode == choiceNone || q.toolResult() != nil {
		return nil
	}
	var chosen []tool
	for _, t := range q.Tools {
		if q.choice.name == "" || q.choice.name == t.Function.Name {
			chosen = append(chosen, t)
		}
	}
	limit := 1
	if q.choice.name == "" && (q.ParallelToolCalls == nil || *q.ParallelToolCalls) {
		limit = 2
	}
	calls := make([]toolCall, 0, limit)
	for i, t := range chosen[:min(limit, len(chosen))] {
		args := example(t.Function.Parameters)
		calls = append(calls, toolCall{
			ID: fmt.Sprintf("call_%s", digest(t.Function.Name, args, fmt.Sprint(i))), Type: "function",
			Function: functionCall{Name: t.Function.Name, Arguments: args},
		})
	}
	return calls
}

// toolResult returns the last tool message since the user last spoke, or nil.
func (q *chatRequest) toolResult() *message {
	for i := len(q.Messages) - 1; i >= 0; i-- {
		switch m := &q.Messages[i]; m.Role {
		case "tool":
			return m
		case "user":
			return nil
		}
	}
	return nil
}

// example returns a JSON object that satisfies the schema, "{}" when there is
// none.
func example(schema jsontext.Value) string {
	g := generator{root: schema}
	v := g.value("", schema, 0)
	if v == "" || v[0] != '{' {
		return "{}"
	}
	return v
}
