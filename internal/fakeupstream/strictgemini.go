package fakeupstream

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// StrictGemini acts as Google's Gemini API does: it refuses what that refuses
// and answers by script (see the package's documentation). https://ai.google.dev/api/generate-content.
func StrictGemini(opts ...StrictOption) http.Handler {
	return newStrict(&geminiMock{signer: newSigner()}, opts)
}

type geminiMock struct{ signer signer }

type geminiRequest struct {
	Contents          jsontext.Value `json:"contents"`
	SystemInstruction jsontext.Value `json:"systemInstruction"`
	Tools             jsontext.Value `json:"tools"`
	ToolConfig        jsontext.Value `json:"toolConfig"`
	SafetySettings    []struct {
		Category  string `json:"category"`
		Threshold string `json:"threshold"`
	} `json:"safetySettings"`
	GenerationConfig *geminiConfig `json:"generationConfig"`
	CachedContent    *string       `json:"cachedContent"`
	Model            *string       `json:"model"`
	ServiceTier      *string       `json:"serviceTier"`
	Store            *bool         `json:"store"`
}

// geminiConfig is GenerationConfig of the published API.
type geminiConfig struct {
	CandidateCount     *int64         `json:"candidateCount"`
	StopSequences      []string       `json:"stopSequences"`
	MaxOutputTokens    *int64         `json:"maxOutputTokens"`
	Temperature        *float64       `json:"temperature"`
	TopP               *float64       `json:"topP"`
	TopK               *float64       `json:"topK"`
	Seed               *int64         `json:"seed"`
	PresencePenalty    *float64       `json:"presencePenalty"`
	FrequencyPenalty   *float64       `json:"frequencyPenalty"`
	ResponseLogprobs   *bool          `json:"responseLogprobs"`
	Logprobs           *int64         `json:"logprobs"`
	ResponseMIMEType   string         `json:"responseMimeType"`
	ResponseSchema     jsontext.Value `json:"responseSchema"`
	ResponseJSONSchema jsontext.Value `json:"responseJsonSchema"`
	ResponseFormat     jsontext.Value `json:"responseFormat"`
	ResponseModalities []string       `json:"responseModalities"`
	SpeechConfig       jsontext.Value `json:"speechConfig"`
	ImageConfig        jsontext.Value `json:"imageConfig"`
	TranslationConfig  jsontext.Value `json:"translationConfig"`
	Transcription      jsontext.Value `json:"audioTranscriptionConfig"`
	MediaResolution    *string        `json:"mediaResolution"`
	EnhancedCivic      *bool          `json:"enableEnhancedCivicAnswers"`
	ThinkingConfig     *struct {
		IncludeThoughts *bool   `json:"includeThoughts"`
		ThinkingBudget  *int64  `json:"thinkingBudget"`
		ThinkingLevel   *string `json:"thinkingLevel"`
	} `json:"thinkingConfig"`
}

// lowerCamel: the API reads both spellings of a name, as JSON of protocol
// buffers does. This reads a few more.
func lowerCamel() json.Options { return json.MatchCaseInsensitiveNames(true) }

func (m *geminiMock) requestID() string { return "" }

func (m *geminiMock) count(*heard) []byte {
	return []byte(emit(fields{"totalTokens", StrictPrompt, "promptTokensDetails", list{fields{"modality", "TEXT", "tokenCount", StrictPrompt}}}))
}

func (m *geminiMock) refuse(_ http.Header, no *refusal) []byte {
	e := fields{"code", no.status, "message", no.message, "status", geminiStatus(no.status)}
	if no.retryAfter > 0 {
		e = append(e, "details", list{fields{"@type", "type.googleapis.com/google.rpc.RetryInfo", "retryDelay", fmt.Sprintf("%ds", no.retryAfter)}})
		no.retryAfter = 0 // it is told here only
	}
	return []byte(emit(fields{"error", e}))
}

func (m *geminiMock) tooLong() *refusal {
	return invalid("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")
}

func geminiStatus(status int) string {
	names := map[int]string{
		http.StatusBadRequest: "INVALID_ARGUMENT", http.StatusUnauthorized: "UNAUTHENTICATED", http.StatusForbidden: "PERMISSION_DENIED",
		http.StatusNotFound: "NOT_FOUND", http.StatusTooManyRequests: "RESOURCE_EXHAUSTED", http.StatusServiceUnavailable: "UNAVAILABLE",
		http.StatusGatewayTimeout: "DEADLINE_EXCEEDED",
	}
	if name := names[status]; name != "" {
		return name
	}
	return "INTERNAL"
}

// geminiFlaw words what is wrong with the JSON of a request.
func geminiFlaw(f *flaw) *refusal {
	path := snake(brackets(f.path))
	switch f.kind {
	case flawUnknown:
		name := f.path[len(f.path)-1]
		where := snake(brackets(f.path[:len(f.path)-1]))
		if where != "" {
			where = " at '" + where + "'"
		}
		return invalid(`Invalid JSON payload received. Unknown name "` + name + `"` + where + ": Cannot find field.")
	case flawType:
		if f.got == '[' {
			return invalid(`Invalid JSON payload received. Unknown name "` + f.path[len(f.path)-1] + `" at '` + path + "': Proto field is not repeating, cannot start list.")
		}
		return invalid("Invalid value at '" + path + "' (" + f.want.String() + ")")
	default:
		return invalid("Invalid JSON payload received. " + f.text)
	}
}

// snake spells a path as the API's errors do.
func snake(path string) string {
	var b strings.Builder
	for i, r := range path {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

var geminiPath = regexp.MustCompile(`/models/([^/:]+):(generateContent|streamGenerateContent|countTokens)$`)

func (m *geminiMock) hear(r *http.Request, body []byte) (*heard, *refusal) {
	found := geminiPath.FindStringSubmatch(r.URL.Path)
	if found == nil || r.Method != http.MethodPost {
		return nil, &refusal{status: http.StatusNotFound, message: "models/x is not found for API version v1beta, or is not supported for generateContent."}
	}
	if r.Header.Get("X-Goog-Api-Key") == "" && r.URL.Query().Get("key") == "" {
		return nil, &refusal{status: http.StatusForbidden, message: "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."}
	}
	h := &heard{model: found[1], counting: found[2] == "countTokens"}
	h.Stream, h.custom = found[2] == "streamGenerateContent", r.URL.Query().Get("alt") != "sse"
	whole := at{raw: body}
	if h.counting {
		var wrap struct {
			Contents jsontext.Value `json:"contents"`
			Inner    jsontext.Value `json:"generateContentRequest"`
		}
		if f := whole.strictly(&wrap, lowerCamel()); f != nil {
			return nil, geminiFlaw(f)
		}
		if len(wrap.Inner) > 0 {
			whole = at{raw: wrap.Inner}
		}
	}
	var q geminiRequest
	if f := whole.strictly(&q, lowerCamel()); f != nil {
		return nil, geminiFlaw(f)
	}
	t := &contentTalk{h: h, signer: m.signer, signed: strings.HasPrefix(h.model, "gemini-3")}
	for _, check := range []func() *refusal{
		func() *refusal { return q.readConfig(h) },
		func() *refusal { return q.readTools(h) },
		func() *refusal { return t.system(at{[]string{"systemInstruction"}, q.SystemInstruction}) },
		func() *refusal { return t.read(at{[]string{"contents"}, q.Contents}) },
	} {
		if no := check(); no != nil {
			return nil, no
		}
	}
	return h, nil
}

func (q *geminiRequest) readConfig(h *heard) *refusal {
	h.thinks = !strings.HasPrefix(h.model, "gemini-2.0")
	c := q.GenerationConfig
	if c == nil {
		return nil
	}
	h.Temperature, h.TopP, h.Stop = c.Temperature, c.TopP, c.StopSequences
	const stops = 5
	switch {
	case c.Temperature != nil && (*c.Temperature < 0 || *c.Temperature > 2):
		return invalid(fmt.Sprintf("* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0], got %v", *c.Temperature))
	case len(c.StopSequences) > stops:
		return invalid("* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences must be less than or equal to 5.")
	case c.MaxOutputTokens != nil && *c.MaxOutputTokens < 1:
		return invalid("* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.")
	case slices.Contains(c.StopSequences, ""):
		return invalid("* GenerateContentRequest.generation_config.stop_sequences: stop_sequences must not be empty.")
	}
	if c.MaxOutputTokens != nil {
		h.MaxTokens = *c.MaxOutputTokens
	}
	if no := c.readFormat(h); no != nil {
		return no
	}
	return c.readThinking(h)
}

func (c *geminiConfig) readFormat(h *heard) *refusal {
	schema, both := c.ResponseSchema, len(c.ResponseSchema) > 0 && len(c.ResponseJSONSchema) > 0
	path := []string{"generationConfig", "responseSchema"}
	switch {
	case both:
		return invalid("* GenerateContentRequest.generation_config: response_schema and response_json_schema cannot be set at the same time.")
	case len(c.ResponseJSONSchema) > 0:
		schema = c.ResponseJSONSchema
	case len(schema) > 0:
		if no := geminiSchema(at{path, schema}); no != nil {
			return no
		}
	}
	if len(schema) > 0 && c.ResponseMIMEType != "application/json" && c.ResponseMIMEType != "text/x.enum" {
		return invalid("* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type is application/json or text/x.enum.")
	}
	if !slices.Contains([]string{"", "text/plain", "application/json", "text/x.enum"}, c.ResponseMIMEType) {
		return invalid("* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.")
	}
	h.json, h.Schema = c.ResponseMIMEType == "application/json", properties(schema)
	return nil
}

func (c *geminiConfig) readThinking(h *heard) *refusal {
	t := c.ThinkingConfig
	if t == nil {
		return nil
	}
	h.shows = t.IncludeThoughts != nil && *t.IncludeThoughts
	switch {
	case t.ThinkingBudget != nil && t.ThinkingLevel != nil:
		return invalid("You can only set only one of thinking budget and thinking level.")
	case t.ThinkingLevel != nil && !strings.HasPrefix(h.model, "gemini-3"):
		return invalid("Thinking level is not supported for this model.")
	case t.ThinkingLevel != nil:
		h.Thinking = strings.ToLower(*t.ThinkingLevel)
		if !slices.Contains([]string{"minimal", "low", "medium", "high"}, h.Thinking) {
			return invalid("Invalid value at 'generation_config.thinking_config.thinking_level' (type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), \"" + *t.ThinkingLevel + "\"")
		}
	case t.ThinkingBudget != nil:
		h.Thinking = fmt.Sprint(*t.ThinkingBudget)
		if *t.ThinkingBudget == 0 && strings.Contains(h.model, "pro") {
			return invalid("Budget 0 is invalid. This model only works in thinking mode.")
		}
		h.thinks = *t.ThinkingBudget != 0
	}
	return nil
}

var geminiFunctionName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$`)

func (q *geminiRequest) readTools(h *heard) *refusal {
	a := at{[]string{"tools"}, q.Tools}
	if !a.absent() {
		if a.is('{') { // JSON of protocol buffers takes one element for a list
			a.raw = slices.Concat(jsontext.Value("["), a.raw, jsontext.Value("]"))
		}
		tools, f := a.list()
		if f != nil {
			return geminiFlaw(f)
		}
		for _, tool := range tools {
			if no := readGeminiTool(h, tool); no != nil {
				return no
			}
		}
	}
	return q.readMode(h)
}

func readGeminiTool(h *heard, a at) *refusal {
	var t struct {
		FunctionDeclarations  jsontext.Value `json:"functionDeclarations"`
		GoogleSearch          jsontext.Value `json:"googleSearch"`
		GoogleSearchRetrieval jsontext.Value `json:"googleSearchRetrieval"`
		CodeExecution         jsontext.Value `json:"codeExecution"`
		URLContext            jsontext.Value `json:"urlContext"`
		ComputerUse           jsontext.Value `json:"computerUse"`
		FileSearch            jsontext.Value `json:"fileSearch"`
		GoogleMaps            jsontext.Value `json:"googleMaps"`
		MCPServers            jsontext.Value `json:"mcpServers"`
	}
	if f := a.strictly(&t, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	if len(t.FunctionDeclarations) == 0 {
		return nil
	}
	declarations, f := a.in("functionDeclarations", t.FunctionDeclarations).list()
	if f != nil {
		return geminiFlaw(f)
	}
	for _, d := range declarations {
		if no := readDeclaration(h, d); no != nil {
			return no
		}
	}
	return nil
}

func readDeclaration(h *heard, a at) *refusal {
	var d struct {
		Name                 string         `json:"name"`
		Description          *string        `json:"description"`
		Behavior             *string        `json:"behavior"`
		Parameters           jsontext.Value `json:"parameters"`
		ParametersJSONSchema jsontext.Value `json:"parametersJsonSchema"`
		Response             jsontext.Value `json:"response"`
		ResponseJSONSchema   jsontext.Value `json:"responseJsonSchema"`
	}
	if f := a.strictly(&d, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	where := "* GenerateContentRequest." + snake(brackets(a.path))
	switch {
	case !geminiFunctionName.MatchString(d.Name):
		return invalid(where + ".name: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.")
	case slices.ContainsFunc(h.Tools, func(t string) bool { return toolName(t) == d.Name }):
		return invalid("Duplicate function declaration found: " + d.Name)
	case len(d.Parameters) > 0 && len(d.ParametersJSONSchema) > 0:
		return invalid(where + ": parameters and parameters_json_schema cannot be set at the same time.")
	}
	schema := d.ParametersJSONSchema
	if len(d.Parameters) > 0 {
		schema = d.Parameters
		if no := geminiSchema(a.in("parameters", d.Parameters)); no != nil {
			return no
		}
	}
	h.Tools = append(h.Tools, toolDigest(d.Name, schema, false))
	return nil
}

func (q *geminiRequest) readMode(h *heard) *refusal {
	a := at{[]string{"toolConfig"}, q.ToolConfig}
	if a.absent() {
		return nil
	}
	var c struct {
		FunctionCallingConfig *struct {
			Mode                 string   `json:"mode"`
			AllowedFunctionNames []string `json:"allowedFunctionNames"`
			StreamArguments      *bool    `json:"streamFunctionCallArguments"`
		} `json:"functionCallingConfig"`
		RetrievalConfig                  jsontext.Value `json:"retrievalConfig"`
		IncludeServerSideToolInvocations *bool          `json:"includeServerSideToolInvocations"`
	}
	if f := a.strictly(&c, lowerCamel()); f != nil {
		return geminiFlaw(f)
	}
	if c.FunctionCallingConfig == nil {
		return nil
	}
	mode, names := c.FunctionCallingConfig.Mode, c.FunctionCallingConfig.AllowedFunctionNames
	words := map[string]string{"AUTO": "auto", "ANY": "required", "NONE": "none", "VALIDATED": "auto", "": "auto"}
	word, ok := words[strings.ToUpper(mode)]
	switch {
	case !ok:
		return invalid("Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), \"" + mode + "\"")
	case len(names) > 0 && word != "required" && !strings.EqualFold(mode, "VALIDATED"):
		return invalid("Function calling config is set without mode ANY or VALIDATED: allowed_function_names should only be set when the mode is ANY or VALIDATED.")
	case word == "required" && len(h.Tools) == 0:
		return invalid("Function calling mode is set to ANY, but no function declarations are provided.")
	}
	for _, name := range names {
		if !slices.ContainsFunc(h.Tools, func(t string) bool { return toolName(t) == name }) {
			return invalid("allowed_function_names contains " + name + ", which is not declared.")
		}
	}
	if h.ToolChoice = word; len(names) == 1 && word == "required" {
		h.ToolChoice = names[0]
	}
	return nil
}
