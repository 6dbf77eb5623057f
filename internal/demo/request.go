package demo

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// chatRequest is what the demo reads of a chat completion request. Members it
// does not know are ignored, as a vendor of another release would.
type chatRequest struct {
	Model               string         `json:"model"`
	Messages            []message      `json:"messages"`
	Stream              bool           `json:"stream"`
	StreamOptions       streamOptions  `json:"stream_options"`
	N                   *int           `json:"n"`
	MaxTokens           *int           `json:"max_tokens"`
	MaxCompletionTokens *int           `json:"max_completion_tokens"`
	Temperature         *float64       `json:"temperature"`
	Stop                jsontext.Value `json:"stop"`
	Tools               []tool         `json:"tools"`
	ToolChoice          jsontext.Value `json:"tool_choice"`
	ParallelToolCalls   *bool          `json:"parallel_tool_calls"`
	ResponseFormat      *format        `json:"response_format"`

	stops  []string
	choice toolChoice
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

type message struct {
	Role       string           `json:"role"`
	Content    jsontext.Value   `json:"content"`
	ToolCalls  []jsontext.Value `json:"tool_calls"`
	ToolCallID string           `json:"tool_call_id"`
}

type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name       string         `json:"name"`
	Parameters jsontext.Value `json:"parameters"`
}

type format struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Name   string         `json:"name"`
		Schema jsontext.Value `json:"schema"`
	} `json:"json_schema"`
}

// readJSON reads the body into v and returns it. It reports false after having
// answered.
func readJSON(w http.ResponseWriter, r *http.Request, v any) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			writeError(w, http.StatusRequestEntityTooLarge, failures[http.StatusRequestEntityTooLarge])
			return nil, false
		}
		panic(http.ErrAbortHandler) // the client went away while sending
	}
	err = json.Unmarshal(body, v)
	if err == nil {
		return body, true
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		param := paramOf(wrong.JSONPointer)
		writeError(w, http.StatusBadRequest, apiError{
			Type: typeInvalid, Param: param, Code: "invalid_type",
			Message: fmt.Sprintf("Invalid type for '%s': got %s instead.", param, kindName(wrong.JSONKind)),
		})
		return nil, false
	}
	writeError(w, http.StatusBadRequest, apiError{
		Type:    typeInvalid,
		Message: "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)",
	})
	return nil, false
}

// paramOf spells a JSON pointer as OpenAI spells parameters: messages[0].role.
func paramOf(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			fmt.Fprintf(&b, "[%s]", token)
		case b.Len() == 0:
			b.WriteString(token)
		default:
			b.WriteString("." + token)
		}
	}
	return b.String()
}

func kindName(k jsontext.Kind) string {
	names := map[jsontext.Kind]string{
		'n': "null", 't': "a boolean", 'f': "a boolean", '0': "a number", '"': "a string", '{': "an object", '[': "an array",
	}
	if name, ok := names[k]; ok {
		return name
	}
	return "an unknown value"
}

// rules check a request; the first complaint is answered.
var rules = []func(*chatRequest) *apiError{
	checkMessages, checkRoles, checkNumbers, checkStop, checkTools, checkFormat,
}

func (q *chatRequest) check() *apiError {
	for _, rule := range rules {
		if e := rule(q); e != nil {
			return e
		}
	}
	return nil
}

func invalid(param, code, text string, args ...any) *apiError {
	return &apiError{Type: typeInvalid, Param: param, Code: code, Message: fmt.Sprintf(text, args...)}
}

func checkMessages(q *chatRequest) *apiError {
	switch {
	case q.Messages == nil:
		return invalid("messages", "missing_required_parameter", "Missing required parameter: 'messages'.")
	case len(q.Messages) == 0:
		return invalid("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")
	}
	return nil
}

var roles = []string{"system", "assistant", "user", "function", "tool", "developer"}

func checkRoles(q *chatRequest) *apiError {
	called := false // the assistant called tools, and nobody but tools spoke since
	for i, m := range q.Messages {
		at := fmt.Sprintf("messages[%d]", i)
		switch {
		case m.Role == "":
			return invalid(at+".role", "missing_required_parameter", "Missing required parameter: '%s.role'.", at)
		case !slices.Contains(roles, m.Role):
			return invalid(at+".role", "invalid_value", "Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", m.Role)
		case m.Role == "tool" && !called:
			return invalid(at+".role", "", "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.")
		case m.Role == "tool" && m.ToolCallID == "":
			return invalid(at+".tool_call_id", "missing_required_parameter", "Missing required parameter: '%s.tool_call_id'.", at)
		}
		if _, ok := contentText(m.Content); !ok {
			return invalid(at+".content", "invalid_type", "Invalid type for '%s.content': expected one of a string or array of objects, but got %s instead.", at, kindName(m.Content.Kind()))
		}
		if m.Role == "user" && (m.Content == nil || m.Content.Kind() == 'n') {
			return invalid(at+".content", "invalid_type", "Invalid value for 'content': expected a string, got null.")
		}
		called = m.Role == "tool" || len(m.ToolCalls) > 0
	}
	return nil
}

func checkNumbers(q *chatRequest) *apiError {
	if q.N != nil && (*q.N < 1 || *q.N > maxChoices) {
		return invalid("n", "integer_out_of_range", "Invalid 'n': expected a value between 1 and %d, but got %d instead.", maxChoices, *q.N)
	}
	for _, limit := range []struct {
		name  string
		value *int
	}{{"max_tokens", q.MaxTokens}, {"max_completion_tokens", q.MaxCompletionTokens}} {
		if limit.value != nil && *limit.value < 1 {
			return invalid(limit.name, "integer_below_min_value", "Invalid '%s': integer below minimum value. Expected a value >= 1, but got %d instead.", limit.name, *limit.value)
		}
	}
	if t := q.Temperature; t != nil && (*t < 0 || *t > 2) {
		return invalid("temperature", "decimal_out_of_range", "Invalid 'temperature': expected a value between 0 and 2, but got %v instead.", *t)
	}
	return nil
}

func checkStop(q *chatRequest) *apiError {
	var one string
	switch q.Stop.Kind() {
	case 0, 'n':
		return nil
	case '"':
		if json.Unmarshal(q.Stop, &one) == nil {
			q.stops = []string{one}
			return nil
		}
	case '[':
		if json.Unmarshal(q.Stop, &q.stops) == nil && len(q.stops) <= 4 {
			return nil
		}
	default: // not a shape that stop has
	}
	return invalid("stop", "invalid_type", "Invalid 'stop': expected a string or an array of at most 4 strings.")
}

func checkFormat(q *chatRequest) *apiError {
	f := q.ResponseFormat
	if f == nil {
		return nil
	}
	switch f.Type {
	case "text", "json_object":
		return nil
	case "json_schema":
		if f.JSONSchema.Name == "" {
			return invalid("response_format.json_schema.name", "missing_required_parameter", "Missing required parameter: 'response_format.json_schema.name'.")
		}
		return nil
	}
	return invalid("response_format.type", "invalid_value", "Invalid value: '%s'. Supported values are: 'json_object', 'json_schema', and 'text'.", f.Type)
}

// contentText returns the text of a message's content, which is null, a string
// or an array of parts; ok is false for anything else.
func contentText(v jsontext.Value) (text string, ok bool) {
	switch v.Kind() {
	case 0, 'n':
		return "", true
	case '"':
		return text, json.Unmarshal(v, &text) == nil
	case '[':
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if json.Unmarshal(v, &parts) != nil {
			return "", false
		}
		texts := make([]string, 0, len(parts))
		for _, p := range parts {
			if p.Text != "" {
				texts = append(texts, p.Text)
			}
		}
		return strings.Join(texts, " "), true
	default:
		return "", false
	}
}
