package fakeupstream

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// StrictAnthropic acts as Anthropic's Messages do: it refuses what they refuse
// and answers by script (see the package's documentation). https://docs.anthropic.com/en/api/messages.
func StrictAnthropic(opts ...StrictOption) http.Handler {
	return newStrict(&anthropicMock{signer: newSigner()}, opts)
}

type anthropicMock struct{ signer signer }

// countRequest has the members that counting tokens shares with answering.
type countRequest struct {
	Model             string            `json:"model"`
	Messages          jsontext.Value    `json:"messages"`
	CacheControl      jsontext.Value    `json:"cache_control"`
	ContextManagement jsontext.Value    `json:"context_management"`
	MCPServers        jsontext.Value    `json:"mcp_servers"`
	OutputConfig      *outputConfig     `json:"output_config"`
	Speed             *string           `json:"speed"`
	System            jsontext.Value    `json:"system"`
	Thinking          *thinkingSettings `json:"thinking"`
	ToolChoice        jsontext.Value    `json:"tool_choice"`
	Tools             jsontext.Value    `json:"tools"`
}

type anthropicRequest struct {
	countRequest
	Container     jsontext.Value `json:"container"`
	Diagnostics   jsontext.Value `json:"diagnostics"`
	InferenceGeo  *string        `json:"inference_geo"`
	MaxTokens     *int64         `json:"max_tokens"`
	Metadata      *metadata      `json:"metadata"`
	ServiceTier   *string        `json:"service_tier"`
	StopSequences []string       `json:"stop_sequences"`
	Stream        *bool          `json:"stream"`
	Temperature   *float64       `json:"temperature"`
	TopK          *int64         `json:"top_k"`
	TopP          *float64       `json:"top_p"`
}

type metadata struct {
	UserID *string `json:"user_id"`
}

type outputConfig struct {
	Effort     *string        `json:"effort"`
	Format     jsontext.Value `json:"format"`
	TaskBudget jsontext.Value `json:"task_budget"`
}

type thinkingSettings struct {
	Type         string  `json:"type"`
	BudgetTokens *int64  `json:"budget_tokens"`
	Display      *string `json:"display"`
}

func (m *anthropicMock) requestID() string { return "Request-Id" }

func (m *anthropicMock) count(*heard) []byte {
	return []byte(emit(fields{"input_tokens", StrictPrompt}))
}

func (m *anthropicMock) hear(r *http.Request, body []byte) (*heard, *refusal) {
	counting := strings.HasSuffix(r.URL.Path, "/v1/messages/count_tokens")
	if r.Method != http.MethodPost || !counting && !strings.HasSuffix(r.URL.Path, "/v1/messages") {
		return nil, &refusal{status: http.StatusNotFound, message: "Not found"}
	}
	if no := anthropicHead(r); no != nil {
		return nil, no
	}
	h := &heard{counting: counting}
	var q anthropicRequest
	into := any(&q)
	if counting {
		into = &q.countRequest
	}
	if f := (at{raw: body}).strictly(into); f != nil {
		return nil, anthropicFlaw(f)
	}
	h.model = q.Model
	checks := []func(*heard) *refusal{q.checkNumbers, q.checkThinking, q.checkOutput, q.readTools}
	if counting {
		checks = checks[3:]
	}
	for _, check := range checks {
		if no := check(h); no != nil {
			return nil, no
		}
	}
	return h, q.readTalk(h, m.signer)
}

// anthropicHead checks the headers.
func anthropicHead(r *http.Request) *refusal {
	switch version := r.Header.Get("Anthropic-Version"); {
	case r.Header.Get("X-Api-Key") == "" && bearer(r) == "":
		return &refusal{status: http.StatusUnauthorized, message: "x-api-key header is required"}
	case version == "":
		return invalid("anthropic-version: header is required")
	case !slices.Contains([]string{"2023-01-01", "2023-06-01", "2026-10-21"}, version):
		return invalid("anthropic-version: \"" + version + "\" is not a valid version")
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return invalid("content-type: must be application/json")
	}
	return nil
}

func (m *anthropicMock) refuse(_ http.Header, no *refusal) []byte {
	return []byte(emit(fields{"type", "error", "error", anthropicError(no), "request_id", StrictRequestID}))
}

func (m *anthropicMock) tooLong() *refusal {
	return invalid("prompt is too long: 210423 tokens > 200000 maximum")
}

func anthropicError(no *refusal) fields {
	kinds := map[int]string{
		http.StatusBadRequest: "invalid_request_error", http.StatusUnauthorized: "authentication_error", http.StatusForbidden: "permission_error",
		http.StatusNotFound: "not_found_error", http.StatusRequestEntityTooLarge: "request_too_large", http.StatusTooManyRequests: "rate_limit_error",
		http.StatusServiceUnavailable: "overloaded_error", statusOverloaded: "overloaded_error",
	}
	kind := kinds[no.status]
	if kind == "" {
		kind = "api_error"
	}
	return fields{"type", kind, "message", no.message}
}

// statusOverloaded is Anthropic's own status for too much load.
const statusOverloaded = 529

// anthropicFlaw words what is wrong with the JSON of a request.
func anthropicFlaw(f *flaw) *refusal {
	switch f.kind {
	case flawUnknown:
		return invalid(dots(f.path) + ": Extra inputs are not permitted")
	case flawType:
		return invalid(dots(f.path) + ": Input should be " + pydanticName(f.want))
	default:
		return invalid("The request body is not valid JSON: " + f.text)
	}
}

func pydanticName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a valid string"
	case reflect.Slice:
		return "a valid list"
	case reflect.Bool:
		return "a valid boolean"
	case reflect.Int64:
		return "a valid integer"
	case reflect.Float64:
		return "a valid number"
	default:
		return "a valid dictionary"
	}
}

func required(path ...string) *refusal { return invalid(dots(path) + ": Field required") }

// Which thinking a model of Anthropic's knows.
// https://docs.anthropic.com/en/docs/build-with-claude/adaptive-thinking.
func thinkingKinds(model string) (budget, adaptive, effort bool) {
	if strings.HasPrefix(model, "claude-opus-4-7") || newestClaude(model) {
		return false, true, true
	}
	for _, both := range []string{"claude-opus-4-6", "claude-sonnet-4-6"} {
		if strings.HasPrefix(model, both) {
			return true, true, true
		}
	}
	return !strings.HasPrefix(model, "claude-3-5"), false, strings.HasPrefix(model, "claude-opus-4-5")
}

// newestClaude reports whether a model also takes system messages within the
// conversation.
func newestClaude(model string) bool {
	for _, newest := range []string{"claude-opus-4-8", "claude-opus-5", "claude-sonnet-5", "claude-haiku-5"} {
		if strings.HasPrefix(model, newest) {
			return true
		}
	}
	return false
}

func (q *anthropicRequest) checkNumbers(h *heard) *refusal {
	h.Stream = q.Stream != nil && *q.Stream
	h.Temperature, h.TopP, h.Stop = q.Temperature, q.TopP, q.StopSequences
	switch {
	case q.Model == "":
		return required("model")
	case q.MaxTokens == nil:
		return required("max_tokens")
	case *q.MaxTokens < 1:
		return invalid("max_tokens: Input should be greater than or equal to 1")
	case q.Temperature != nil && (*q.Temperature < 0 || *q.Temperature > 1):
		return invalid("temperature: range: 0..1")
	case q.TopP != nil && (*q.TopP < 0 || *q.TopP > 1):
		return invalid("top_p: range: 0..1")
	case q.Temperature != nil && q.TopP != nil:
		return invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
	case q.TopK != nil && *q.TopK < 0:
		return invalid("top_k: range: -1..500")
	}
	h.MaxTokens = *q.MaxTokens
	for _, s := range q.StopSequences {
		if strings.TrimSpace(s) == "" {
			return invalid("stop_sequences: each stop sequence must contain non-whitespace")
		}
	}
	return nil
}

func (q *anthropicRequest) checkThinking(h *heard) *refusal {
	budget, adaptive, _ := thinkingKinds(q.Model)
	if !budget && (q.Temperature != nil || q.TopP != nil || q.TopK != nil) {
		return invalid("`temperature` is deprecated for this model.")
	}
	if q.Thinking == nil {
		return nil
	}
	const least = 1024
	switch t := q.Thinking; t.Type {
	case "disabled":
		if t.BudgetTokens != nil {
			return invalid("thinking.disabled.budget_tokens: Extra inputs are not permitted")
		}
		return nil
	case "enabled":
		switch {
		case !budget:
			return invalid("\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.")
		case t.BudgetTokens == nil:
			return required("thinking", "enabled", "budget_tokens")
		case *t.BudgetTokens < least:
			return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
		case *t.BudgetTokens >= *q.MaxTokens:
			return invalid("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size")
		}
	case "adaptive":
		if !adaptive {
			return invalid("adaptive thinking is not supported on this model")
		}
		if t.BudgetTokens != nil {
			return invalid("thinking.adaptive.budget_tokens: Extra inputs are not permitted")
		}
	default:
		return invalid("thinking: Input tag '" + t.Type + "' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'")
	}
	h.thinks, h.shows, h.Thinking = true, q.Thinking.Display == nil || *q.Thinking.Display != "omitted", q.Thinking.Type
	return q.checkThinkingCompany()
}

// checkThinkingCompany refuses what cannot stand beside thinking.
func (q *anthropicRequest) checkThinkingCompany() *refusal {
	switch {
	case q.Temperature != nil && *q.Temperature != 1:
		return invalid("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking")
	case q.TopK != nil:
		return invalid("`top_k` must be unset when thinking is enabled or in adaptive mode.")
	case q.TopP != nil && *q.TopP < 0.95:
		return invalid("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.")
	}
	if kind := (at{raw: q.ToolChoice}).peek("type"); kind == "any" || kind == "tool" {
		return invalid("Thinking may not be enabled when tool_choice forces tool use.")
	}
	return nil
}

func (q *anthropicRequest) checkOutput(h *heard) *refusal {
	if q.OutputConfig == nil {
		return nil
	}
	_, _, effort := thinkingKinds(q.Model)
	if e := q.OutputConfig.Effort; e != nil {
		switch {
		case !effort:
			return invalid("This model does not support the effort parameter.")
		case !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, *e):
			return invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
		}
		h.Thinking += " " + *e
	}
	a := at{[]string{"output_config", "format"}, q.OutputConfig.Format}
	if a.absent() {
		return nil
	}
	var format struct {
		Type   string         `json:"type"`
		Schema jsontext.Value `json:"schema"`
	}
	if f := a.strictly(&format); f != nil {
		return anthropicFlaw(f)
	}
	switch {
	case format.Type != "json_schema":
		return invalid("output_config.format.type: Input should be 'json_schema'")
	case len(format.Schema) == 0:
		return required(a.with("schema")...)
	}
	if wrong := closedSchema(format.Schema); wrong != "" {
		return invalid("output_config.format.schema: " + wrong)
	}
	h.json, h.Schema = true, properties(format.Schema)
	return nil
}

var (
	anthropicToolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	anthropicProperty = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
	anthropicCallID   = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
)

type anthropicTool struct {
	Type                *string        `json:"type"`
	Name                string         `json:"name"`
	Description         *string        `json:"description"`
	InputSchema         jsontext.Value `json:"input_schema"`
	CacheControl        jsontext.Value `json:"cache_control"`
	Strict              *bool          `json:"strict"`
	EagerInputStreaming *bool          `json:"eager_input_streaming"`
	DeferLoading        *bool          `json:"defer_loading"`
	AllowedCallers      []string       `json:"allowed_callers"`
	InputExamples       jsontext.Value `json:"input_examples"`
}

func (q *anthropicRequest) readTools(h *heard) *refusal {
	a := at{[]string{"tools"}, q.Tools}
	if a.absent() {
		return q.readChoice(h)
	}
	tools, f := a.list()
	if f != nil {
		return anthropicFlaw(f)
	}
	for _, tool := range tools {
		if kind := tool.peek("type"); kind != "" && kind != "custom" {
			h.Tools = append(h.Tools, tool.peek("name")+"()")
			continue // a tool of the provider's own
		}
		if no := readAnthropicTool(h, at{tool.with("custom"), tool.raw}); no != nil {
			return no
		}
	}
	return q.readChoice(h)
}

func readAnthropicTool(h *heard, a at) *refusal {
	var t anthropicTool
	if f := a.strictly(&t); f != nil {
		return anthropicFlaw(f)
	}
	var top map[string]jsontext.Value
	if f := a.flawOf(unmarshalLoosely(t.InputSchema, &top)); f != nil {
		return invalid(dots(a.with("input_schema")) + ": Input should be a valid dictionary")
	}
	switch {
	case !anthropicToolName.MatchString(t.Name):
		return invalid(dots(a.with("name")) + ": String should match pattern '" + anthropicToolName.String() + "'")
	case slices.ContainsFunc(h.Tools, func(d string) bool { return toolName(d) == t.Name }):
		return invalid("tools: Tool names must be unique.")
	case len(t.InputSchema) == 0:
		return required(a.with("input_schema")...)
	case len(top["type"]) == 0:
		return required(a.with("input_schema", "type")...)
	case string(top["type"]) != `"object"`:
		return invalid(dots(a.with("input_schema", "type")) + ": Input should be 'object'")
	case len(top["oneOf"]) > 0 || len(top["anyOf"]) > 0 || len(top["allOf"]) > 0:
		return invalid(dots(a.with("input_schema")) + ": input_schema does not support oneOf, allOf, or anyOf at the top level")
	}
	for _, name := range properties(t.InputSchema) {
		if !anthropicProperty.MatchString(name) {
			return invalid(dots(a.with("input_schema", "properties")) + ": Property keys should match pattern '" + anthropicProperty.String() + "'")
		}
	}
	h.Tools = append(h.Tools, toolDigest(t.Name, t.InputSchema, t.Strict != nil && *t.Strict))
	return nil
}

func (q *anthropicRequest) readChoice(h *heard) *refusal {
	a := at{[]string{"tool_choice"}, q.ToolChoice}
	if a.absent() {
		return nil
	}
	kind := a.peek("type")
	var choice struct {
		Type string  `json:"type"`
		Name *string `json:"name"`
		One  *bool   `json:"disable_parallel_tool_use"`
	}
	if f := (at{a.with(kind), a.raw}).strictly(&choice); f != nil {
		return anthropicFlaw(f)
	}
	switch {
	case !slices.Contains([]string{"auto", "any", "tool", "none"}, kind):
		return invalid("tool_choice: Input tag '" + kind + "' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'")
	case len(h.Tools) == 0 && kind != "none":
		return invalid("tool_choice may only be specified while providing tools.")
	case kind == "none" && choice.One != nil:
		return invalid("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")
	case kind == "tool" && choice.Name == nil:
		return required(a.with("tool", "name")...)
	case kind != "tool" && choice.Name != nil:
		return invalid(dots(a.with(kind, "name")) + ": Extra inputs are not permitted")
	case kind == "tool":
		if !slices.ContainsFunc(h.Tools, func(d string) bool { return toolName(d) == *choice.Name }) {
			return invalid("Tool '" + *choice.Name + "' not found in provided tools")
		}
		h.ToolChoice = *choice.Name
	case kind == "any":
		h.ToolChoice = "required"
	default:
		h.ToolChoice = kind
	}
	return nil
}
