package fakeupstream

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// StrictResponses acts as OpenAI's Responses do: it refuses what they refuse
// and answers by script (see the package's documentation). Items are known
// again by proofs in their ids and in their encrypted content.
// https://platform.openai.com/docs/api-reference/responses.
func StrictResponses(opts ...StrictOption) http.Handler {
	return newStrict(&responsesMock{signer: newSigner(), kept: newKept()}, opts)
}

type responsesMock struct {
	openAIErrors
	signer signer
	kept   *kept
}

// responsesRequest has every member of the published request.
type responsesRequest struct {
	Model              string            `json:"model"`
	Input              jsontext.Value    `json:"input"`
	AccessPrograms     jsontext.Value    `json:"access_programs"`
	Background         *bool             `json:"background"`
	ClientMetadata     map[string]string `json:"client_metadata"` // unpublished; Codex sends it
	ContextManagement  jsontext.Value    `json:"context_management"`
	Conversation       jsontext.Value    `json:"conversation"`
	Include            []string          `json:"include"`
	Instructions       *string           `json:"instructions"`
	MaxOutputTokens    *int64            `json:"max_output_tokens"`
	MaxToolCalls       *int64            `json:"max_tool_calls"`
	Metadata           map[string]string `json:"metadata"`
	Moderation         jsontext.Value    `json:"moderation"`
	ParallelToolCalls  *bool             `json:"parallel_tool_calls"`
	PreviousResponseID *string           `json:"previous_response_id"`
	Prompt             jsontext.Value    `json:"prompt"`
	PromptCacheKey     *string           `json:"prompt_cache_key"`
	PromptCacheOptions jsontext.Value    `json:"prompt_cache_options"`
	PromptCacheRetain  *string           `json:"prompt_cache_retention"`
	Reasoning          *reasoningOptions `json:"reasoning"`
	SafetyIdentifier   *string           `json:"safety_identifier"`
	ServiceTier        *string           `json:"service_tier"`
	Store              *bool             `json:"store"`
	Stream             *bool             `json:"stream"`
	StreamOptions      *streamOptions    `json:"stream_options"`
	Temperature        *float64          `json:"temperature"`
	Text               *textOptions      `json:"text"`
	ToolChoice         jsontext.Value    `json:"tool_choice"`
	Tools              jsontext.Value    `json:"tools"`
	TopLogprobs        *int64            `json:"top_logprobs"`
	TopP               *float64          `json:"top_p"`
	Truncation         *string           `json:"truncation"`
	User               *string           `json:"user"`
}

type reasoningOptions struct {
	Effort          *string `json:"effort"`
	Summary         *string `json:"summary"`
	GenerateSummary *string `json:"generate_summary"`
	Context         *string `json:"context"`
	Mode            *string `json:"mode"`
}

type textOptions struct {
	Format    jsontext.Value `json:"format"`
	Verbosity *string        `json:"verbosity"`
}

// responsesAsked is what the answer must know of the request.
type responsesAsked struct {
	id        string           // of the response
	talk      []jsontext.Value // the conversation so far, if it is to be kept
	stored    bool             // it can be found by its id later
	encrypted bool
	summary   bool
}

func (m *responsesMock) count(*heard) []byte {
	return []byte(emit(fields{"object", "response.input_tokens", "input_tokens", StrictPrompt}))
}

func (m *responsesMock) hear(r *http.Request, body []byte) (*heard, *refusal) {
	counting := strings.HasSuffix(r.URL.Path, "/responses/input_tokens")
	if !strings.HasSuffix(r.URL.Path, "/responses") && !counting || r.Method != http.MethodPost {
		return nil, unknownURL(r)
	}
	if bearer(r) == "" {
		return nil, unauthorized()
	}
	var q responsesRequest
	if f := (at{raw: body}).strictly(&q); f != nil {
		return nil, openAIFlaw(f)
	}
	h := &heard{model: q.Model, counting: counting}
	for _, check := range []func(*heard) *refusal{q.checkNumbers, q.checkIncludes, q.checkReasoning, q.readTools, q.readFormat} {
		if no := check(h); no != nil {
			return nil, no
		}
	}
	t := &itemTalk{h: h, signer: m.signer}
	if q.Instructions != nil {
		h.System = append(h.System, *q.Instructions)
	}
	input, no := m.kept.recall(&q)
	if no != nil {
		return nil, no
	}
	if asked, ok := h.custom.(responsesAsked); ok && asked.stored {
		asked.talk = input
		h.custom = asked
	}
	if len(input) > 0 {
		q.Input = jsontext.Value(emit(input))
	}
	return h, t.read(at{[]string{"input"}, q.Input})
}

func (q *responsesRequest) checkNumbers(h *heard) *refusal {
	h.Stream = q.Stream != nil && *q.Stream
	h.Temperature, h.TopP = q.Temperature, q.TopP
	const least = 16
	switch {
	case q.Model == "":
		return missing([]string{"model"})
	case q.StreamOptions != nil && !h.Stream:
		return &refusal{status: http.StatusBadRequest, param: "stream_options", message: "The 'stream_options' parameter is only allowed when 'stream' is enabled."}
	case q.MaxOutputTokens != nil && *q.MaxOutputTokens < least:
		return &refusal{
			status: http.StatusBadRequest, code: "integer_below_min_value", param: "max_output_tokens",
			message: fmt.Sprintf("Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got %d instead.", *q.MaxOutputTokens),
		}
	case q.MaxOutputTokens != nil:
		h.MaxTokens = *q.MaxOutputTokens
	}
	if no := checkRange("temperature", q.Temperature, 0, 2); no != nil {
		return no
	}
	return checkRange("top_p", q.TopP, 0, 1)
}

func (q *responsesRequest) checkIncludes(*heard) *refusal {
	allowed := []string{
		"file_search_call.results", "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
		"computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
	}
	for i, name := range q.Include {
		if !slices.Contains(allowed, name) {
			return notOneOf([]string{"include", fmt.Sprint(i)}, name, allowed...)
		}
	}
	return nil
}

func (q *responsesRequest) checkReasoning(h *heard) *refusal {
	asked := responsesAsked{id: newID("resp_", 24), stored: q.Store == nil || *q.Store, encrypted: slices.Contains(q.Include, "reasoning.encrypted_content")}
	effort := ""
	if q.Reasoning != nil && q.Reasoning.Effort != nil {
		effort = *q.Reasoning.Effort
		if efforts := []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}; !slices.Contains(efforts, effort) {
			return notOneOf([]string{"reasoning", "effort"}, effort, efforts...)
		}
	}
	if q.Reasoning != nil && q.Reasoning.Summary != nil {
		if summaries := []string{"auto", "concise", "detailed"}; !slices.Contains(summaries, *q.Reasoning.Summary) {
			return notOneOf([]string{"reasoning", "summary"}, *q.Reasoning.Summary, summaries...)
		}
		asked.summary = true
	}
	if !reasons(q.Model) {
		switch {
		case effort != "":
			return unsupported("reasoning.effort", "")
		case asked.summary:
			return unsupported("reasoning.summary", "")
		case asked.encrypted:
			return &refusal{status: http.StatusBadRequest, param: "include", message: "Encrypted content is not supported with this model."}
		}
	} else {
		h.thinks = effortOf(q.Model, effort) != "none"
	}
	h.Thinking, h.shows, h.custom = effort, asked.summary, asked
	return checkSampling(q.Model, effort, q.Temperature, q.TopP)
}

func (q *responsesRequest) readFormat(h *heard) *refusal {
	if q.Text == nil {
		return nil
	}
	a := at{[]string{"text", "format"}, q.Text.Format}
	if a.absent() {
		return nil
	}
	switch kind := a.peek("type"); kind {
	case "text", "json_object":
		h.json = kind == "json_object"
		var plain struct {
			Type string `json:"type"`
		}
		if f := a.strictly(&plain); f != nil {
			return openAIFlaw(f)
		}
		return nil
	case "json_schema":
		var schema answerFormat
		if f := a.strictly(&schema); f != nil {
			return openAIFlaw(f)
		}
		if len(schema.Schema) == 0 {
			return missing(a.with("schema"))
		}
		h.json, h.Schema = true, properties(schema.Schema)
		return schema.check(a.path)
	default:
		return notOneOf(a.with("type"), kind, "json_object", "json_schema", "text")
	}
}

func (q *responsesRequest) readTools(h *heard) *refusal {
	a := at{[]string{"tools"}, q.Tools}
	if !a.absent() {
		tools, f := a.list()
		if f != nil {
			return openAIFlaw(f)
		}
		for _, tool := range tools {
			if no := readResponsesTool(h, tool); no != nil {
				return no
			}
		}
	}
	return q.readChoice(h)
}

func readResponsesTool(h *heard, a at) *refusal {
	switch kind := a.peek("type"); kind {
	case "function":
		var t struct {
			Type         string         `json:"type"`
			Name         string         `json:"name"`
			Description  *string        `json:"description"`
			Parameters   jsontext.Value `json:"parameters"`
			Strict       *bool          `json:"strict"`
			DeferLoading *bool          `json:"defer_loading"`
			Async        *bool          `json:"async"`
			Callers      []string       `json:"allowed_callers"`
			OutputSchema jsontext.Value `json:"output_schema"`
		}
		if f := a.strictly(&t); f != nil {
			return openAIFlaw(f)
		}
		if no := checkOpenAIName(a.with("name"), t.Name); no != nil {
			return no
		}
		// Without a word about it the API enforces schemas.
		h.Tools = append(h.Tools, toolDigest(t.Name, t.Parameters, t.Strict == nil || *t.Strict))
		return checkOpenAITool(a.path, t.Name, t.Parameters, t.Strict != nil && *t.Strict)
	case "custom":
		var t chatCustomTool
		if f := a.strictly(&t); f != nil {
			return openAIFlaw(f)
		}
		h.Tools, h.freeform = append(h.Tools, toolDigest(t.Name, nil, false)), append(h.freeform, t.Name)
		return checkOpenAIName(a.with("name"), t.Name)
	case "namespace":
		return readNamespace(h, a)
	case "":
		return missing(a.with("type"))
	default:
		known := []string{
			"function", "custom", "namespace", "tool_search", "file_search", "web_search", "web_search_preview", "computer_use_preview", "mcp",
			"code_interpreter", "image_generation", "local_shell", "shell", "apply_patch",
		}
		if !slices.Contains(known, kind) {
			return notOneOf(a.with("type"), kind, known...)
		}
		h.Tools = append(h.Tools, kind+"()")
		return nil
	}
}

type chatCustomTool struct {
	Type        string         `json:"type"`
	Name        string         `json:"name"`
	Description *string        `json:"description"`
	Format      jsontext.Value `json:"format"`
}

func (q *responsesRequest) readChoice(h *heard) *refusal {
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
		if word == "required" && len(h.Tools) == 0 {
			return &refusal{status: http.StatusBadRequest, param: "tool_choice", message: "Tool choice 'required' must be specified with 'tools' parameter."}
		}
		h.ToolChoice = word
		return nil
	}
	var choice struct {
		Type  string           `json:"type"`
		Name  string           `json:"name"`
		Mode  string           `json:"mode"`
		Tools []jsontext.Value `json:"tools"`
		Label *string          `json:"server_label"`
	}
	if f := a.strictly(&choice); f != nil {
		return openAIFlaw(f)
	}
	h.ToolChoice = choice.Type
	if choice.Type != "function" && choice.Type != "custom" {
		return nil
	}
	h.ToolChoice = choice.Name
	if choice.Name == "" {
		return missing(a.with("name"))
	}
	if !slices.ContainsFunc(h.Tools, func(t string) bool { return toolName(t) == choice.Name }) {
		return &refusal{status: http.StatusBadRequest, param: "tool_choice", message: "Tool choice '" + choice.Name + "' not found in 'tools' parameter."}
	}
	return nil
}

// isArray reports whether raw is a JSON array of objects.
func isArray(raw jsontext.Value) bool {
	var items []map[string]jsontext.Value
	return json.Unmarshal(raw, &items) == nil
}
