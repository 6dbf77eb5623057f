package fakeupstream

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// contentTalk reads the contents of a conversation.
type contentTalk struct {
	h      *heard
	signer signer
	signed bool // the model demands thought signatures

	calls []geminiCall // of the turn before
	steps []step       // model turns with calls since the user last spoke
	after string       // what the turn before was: "", user, model, call, response
	run   string       // what stood before the model's contents in a row, which are one turn
	said  bool         // and whether they hold text
}

// step is one model turn that calls.
type step struct {
	name     string // of its first call
	position int
	signed   bool
}

type geminiCall struct {
	ID   string         `json:"id"`
	Name string         `json:"name"`
	Args jsontext.Value `json:"args"`
}

type geminiResponse struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Response     jsontext.Value `json:"response"`
	Parts        jsontext.Value `json:"parts"`
	WillContinue *bool          `json:"willContinue"`
	Scheduling   *string        `json:"scheduling"`
}

type geminiPart struct {
	Text                *string         `json:"text"`
	InlineData          *geminiBlob     `json:"inlineData"`
	FileData            *geminiFile     `json:"fileData"`
	FunctionCall        *geminiCall     `json:"functionCall"`
	FunctionResponse    *geminiResponse `json:"functionResponse"`
	ExecutableCode      jsontext.Value  `json:"executableCode"`
	CodeExecutionResult jsontext.Value  `json:"codeExecutionResult"`
	ToolCall            jsontext.Value  `json:"toolCall"`
	ToolResponse        jsontext.Value  `json:"toolResponse"`
	Thought             *bool           `json:"thought"`
	ThoughtSignature    *string         `json:"thoughtSignature"`
	VideoMetadata       jsontext.Value  `json:"videoMetadata"`
	MediaResolution     jsontext.Value  `json:"mediaResolution"`
	PartMetadata        jsontext.Value  `json:"partMetadata"`
	MediaProcessing     jsontext.Value  `json:"mediaProcessing"`
}

type geminiBlob struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"`
}

type geminiFile struct {
	MIMEType string `json:"mimeType"`
	FileURI  string `json:"fileUri"`
}

type geminiContent struct {
	Role  *string        `json:"role"`
	Parts jsontext.Value `json:"parts"`
}

// spoken is what the parts of one content say.
type spoken struct {
	text      string
	calls     []geminiCall
	responses []geminiResponse
	first     step
}

func (t *contentTalk) system(a at) *refusal {
	if a.absent() {
		return nil
	}
	var c geminiContent
	if f := a.strictly(&c, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	s, no := t.parts(a.in("parts", c.Parts), 0)
	if s.text != "" {
		t.h.System = append(t.h.System, s.text)
	}
	return no
}

func (t *contentTalk) read(a at) *refusal {
	contents, f := a.list()
	if a.absent() || f != nil || len(contents) == 0 {
		return invalid("* GenerateContentRequest.contents: contents is not specified")
	}
	for i, content := range contents {
		if no := t.content(content, i, len(contents)); no != nil {
			return no
		}
	}
	if t.after == "call" {
		return uneven()
	}
	for _, s := range t.steps {
		if t.signed && !s.signed {
			return invalid(fmt.Sprintf("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:%s` , position %d. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.", s.name, s.position))
		}
	}
	return nil
}

func uneven() *refusal {
	return invalid("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.")
}

func (t *contentTalk) content(a at, place, all int) *refusal {
	var c geminiContent
	if f := a.strictly(&c, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	role := "user"
	if c.Role != nil {
		role = *c.Role
	}
	if role != "user" && role != "model" || c.Role == nil && all > 1 {
		return invalid("Please use a valid role: user, model.")
	}
	s, no := t.parts(a.in("parts", c.Parts), place+1)
	if no != nil {
		return no
	}
	t.h.said, t.h.results = "", nil
	if role == "model" {
		return t.model(s)
	}
	return t.user(s)
}

func (t *contentTalk) model(s spoken) *refusal {
	if len(s.responses) > 0 {
		return invalid("Please ensure that function response turn comes immediately after a function call turn.")
	}
	if t.after != "model" && t.after != "call" {
		t.run, t.said = t.after, false
		t.h.Roles = append(t.h.Roles, "assistant")
	}
	switch n := len(t.h.Assistant); {
	case s.text == "":
	case t.said:
		t.h.Assistant[n-1] += s.text
	default:
		t.h.Assistant, t.said = append(t.h.Assistant, s.text), true
	}
	switch {
	case t.after == "call": // the turn goes on
		t.calls = append(t.calls, s.calls...)
	case len(s.calls) == 0:
		t.after = "model"
	case t.run != "user" && t.run != "response":
		return invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
	default:
		t.after, t.calls, t.steps = "call", s.calls, append(t.steps, s.first)
	}
	return nil
}

func (t *contentTalk) user(s spoken) *refusal {
	if len(s.calls) > 0 {
		return invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
	}
	if len(s.responses) == 0 {
		if t.after == "call" {
			return uneven()
		}
		t.after, t.steps = "user", nil // a new turn begins
		t.h.Roles, t.h.Texts, t.h.said = append(t.h.Roles, "user"), append(t.h.Texts, s.text), s.text
		return nil
	}
	if t.after != "call" {
		return invalid("Please ensure that function response turn comes immediately after a function call turn.")
	}
	if len(s.responses) != len(t.calls) {
		return uneven()
	}
	left := slices.Clone(t.calls)
	for _, r := range s.responses {
		i := slices.IndexFunc(left, func(c geminiCall) bool { return c.Name == r.Name && (r.ID == "" || r.ID == c.ID) })
		if i < 0 {
			return invalid("Function response `" + r.Name + "` (id `" + r.ID + "`) does not answer a function call of the turn before.")
		}
		left = slices.Delete(left, i, i+1)
		t.h.Roles = append(t.h.Roles, "tool")
		result, no := t.result(r)
		if no != nil {
			return no
		}
		t.h.results = append(t.h.results, result)
	}
	if s.text != "" {
		t.h.Roles, t.h.Texts, t.h.said = append(t.h.Roles, "user"), append(t.h.Texts, s.text), s.text
	}
	t.after = "response"
	return nil
}

// result reads a function's response: the words of output, result, content or
// error, whichever stands there.
func (t *contentTalk) result(r geminiResponse) (toolResult, *refusal) {
	var members map[string]jsontext.Value
	if json.Unmarshal(r.Response, &members) != nil {
		return toolResult{}, invalid("Invalid value at 'contents.parts.function_response.response' (type.googleapis.com/google.protobuf.Struct)")
	}
	out := toolResult{text: string(r.Response)}
	for _, name := range []string{"output", "result", "content", "error"} {
		raw, ok := members[name]
		if !ok {
			continue
		}
		out.failed = name == "error"
		out.text = string(raw)
		if s, f := (at{raw: raw}).text(); f == nil {
			out.text = s
		}
		break
	}
	if len(r.Parts) > 0 {
		images := len(t.h.Images)
		if _, no := t.parts(at{[]string{"parts"}, r.Parts}, 0); no != nil {
			return out, no
		}
		out.images = len(t.h.Images) - images
	}
	return out, nil
}

func (t *contentTalk) parts(a at, position int) (spoken, *refusal) {
	var s spoken
	if a.absent() {
		return s, invalid("* GenerateContentRequest." + snake(brackets(a.path)) + ": contents.parts must not be empty.")
	}
	parts, f := a.list()
	if f != nil {
		return s, geminiFlaw(f)
	}
	if len(parts) == 0 {
		return s, invalid("* GenerateContentRequest." + snake(brackets(a.path)) + ": contents.parts must not be empty.")
	}
	for _, part := range parts {
		if no := t.part(part, &s, position); no != nil {
			return s, no
		}
	}
	return s, nil
}

func (t *contentTalk) part(a at, s *spoken, position int) *refusal {
	var p geminiPart
	if f := a.strictly(&p, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	if no := t.checkPart(a, &p); no != nil {
		return no
	}
	switch {
	case p.Text != nil && (p.Thought == nil || !*p.Thought):
		s.text += *p.Text
	case p.InlineData != nil:
		b, err := base64.StdEncoding.DecodeString(p.InlineData.Data)
		if err != nil || p.InlineData.MIMEType == "" {
			return invalid("Invalid value at '" + snake(brackets(a.with("inlineData", "data"))) + "' (TYPE_BYTES), Base64 decoding failed")
		}
		t.h.Images = append(t.h.Images, pictured(p.InlineData.MIMEType, b))
	case p.FileData != nil:
		if p.FileData.FileURI == "" {
			return invalid("* GenerateContentRequest." + snake(brackets(a.with("fileData", "fileUri"))) + ": file_uri must not be empty.")
		}
		t.h.Images = append(t.h.Images, p.FileData.FileURI)
	case p.FunctionCall != nil:
		if len(s.calls) == 0 {
			s.first = step{p.FunctionCall.Name, position, p.ThoughtSignature != nil}
		}
		s.calls = append(s.calls, *p.FunctionCall)
	case p.FunctionResponse != nil:
		s.responses = append(s.responses, *p.FunctionResponse)
	}
	return nil
}

// checkPart demands exactly one kind of data, and a signature of the mock's own.
func (t *contentTalk) checkPart(a at, p *geminiPart) *refusal {
	kinds := 0
	for _, given := range []bool{
		p.Text != nil, p.InlineData != nil, p.FileData != nil, p.FunctionCall != nil, p.FunctionResponse != nil,
		len(p.ExecutableCode) > 0, len(p.CodeExecutionResult) > 0, len(p.ToolCall) > 0, len(p.ToolResponse) > 0,
	} {
		if given {
			kinds++
		}
	}
	where := "* GenerateContentRequest." + snake(brackets(a.path))
	switch {
	case kinds == 0 && p.ThoughtSignature == nil:
		return invalid(where + ".data: required oneof field 'data' must have one initialized field")
	case kinds > 1:
		return invalid("Invalid value at '" + snake(brackets(a.path)) + "' (oneof), oneof field 'data' is already set. Cannot set more than one")
	case p.FunctionCall != nil && p.FunctionCall.Name == "":
		return invalid(where + ".function_call.name: Name cannot be empty.")
	case p.FunctionResponse != nil && p.FunctionResponse.Name == "":
		return invalid(where + ".function_response.name: Name cannot be empty.")
	case p.ThoughtSignature != nil && !t.ours(p):
		if _, err := base64.StdEncoding.DecodeString(*p.ThoughtSignature); err != nil {
			return invalid("Invalid value at '" + snake(brackets(a.with("thoughtSignature"))) + "' (TYPE_BYTES), Base64 decoding failed for \"" + *p.ThoughtSignature + "\"")
		}
		return invalid("Corrupted thought signature.")
	}
	return nil
}

// placeholders stand where a call was not made by the model.
// https://ai.google.dev/gemini-api/docs/thought-signatures.
var placeholders = []string{"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"}

// ours reports whether the signature is the mock's own for this part, or one
// of the words that the API takes instead.
func (t *contentTalk) ours(p *geminiPart) bool {
	proof := strings.NewReplacer("-", "+", "_", "/").Replace(*p.ThoughtSignature)
	for _, word := range placeholders {
		if *p.ThoughtSignature == word || proof == base64.StdEncoding.EncodeToString([]byte(word)) {
			return true
		}
	}
	said := []string{"text"}
	if p.FunctionCall != nil {
		said = callWords(p.FunctionCall.Name, string(p.FunctionCall.Args))
	}
	if !t.signer.issued(proof, said...) {
		return false
	}
	t.h.Proofs++
	return true
}

// callWords are what the signature of a call proves: members may be reordered.
func callWords(name, args string) []string {
	var v any
	if json.Unmarshal([]byte(args), &v) != nil || v == nil {
		v = map[string]any{}
	}
	return []string{"call", name, emit(v)}
}
