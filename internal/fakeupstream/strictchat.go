package fakeupstream

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// StrictOpenAIChat acts as OpenAI's chat completions do: it refuses what they
// refuse and answers by script (see the package's documentation).
// https://platform.openai.com/docs/api-reference/chat.
func StrictOpenAIChat(opts ...StrictOption) http.Handler { return newStrict(&chatMock{}, opts) }

type chatMock struct{ openAIErrors }

// chatRequest has every member of the published request.
type chatRequest struct {
	Model               string            `json:"model"`
	Messages            jsontext.Value    `json:"messages"`
	Audio               jsontext.Value    `json:"audio"`
	FrequencyPenalty    *float64          `json:"frequency_penalty"`
	FunctionCall        jsontext.Value    `json:"function_call"`
	Functions           jsontext.Value    `json:"functions"`
	LogitBias           jsontext.Value    `json:"logit_bias"`
	Logprobs            *bool             `json:"logprobs"`
	MaxCompletionTokens *int64            `json:"max_completion_tokens"`
	MaxTokens           *int64            `json:"max_tokens"`
	Metadata            map[string]string `json:"metadata"`
	Modalities          []string          `json:"modalities"`
	Moderation          jsontext.Value    `json:"moderation"`
	N                   *int64            `json:"n"`
	ParallelToolCalls   *bool             `json:"parallel_tool_calls"`
	Prediction          jsontext.Value    `json:"prediction"`
	PresencePenalty     *float64          `json:"presence_penalty"`
	PromptCacheKey      *string           `json:"prompt_cache_key"`
	PromptCacheOptions  jsontext.Value    `json:"prompt_cache_options"`
	PromptCacheRetain   *string           `json:"prompt_cache_retention"`
	ReasoningEffort     *string           `json:"reasoning_effort"`
	ResponseFormat      jsontext.Value    `json:"response_format"`
	SafetyIdentifier    *string           `json:"safety_identifier"`
	Seed                *int64            `json:"seed"`
	ServiceTier         *string           `json:"service_tier"`
	Stop                jsontext.Value    `json:"stop"`
	Store               *bool             `json:"store"`
	Stream              *bool             `json:"stream"`
	StreamOptions       *streamOptions    `json:"stream_options"`
	Temperature         *float64          `json:"temperature"`
	ToolChoice          jsontext.Value    `json:"tool_choice"`
	Tools               jsontext.Value    `json:"tools"`
	TopLogprobs         *int64            `json:"top_logprobs"`
	TopP                *float64          `json:"top_p"`
	User                *string           `json:"user"`
	Verbosity           *string           `json:"verbosity"`
	WebSearchOptions    jsontext.Value    `json:"web_search_options"`
}

type streamOptions struct {
	IncludeUsage       bool  `json:"include_usage"`
	IncludeObfuscation *bool `json:"include_obfuscation"`
}

func (m *chatMock) count(*heard) []byte { return nil } // it has no such route

func (m *chatMock) hear(r *http.Request, body []byte) (*heard, *refusal) {
	if !strings.HasSuffix(r.URL.Path, "/chat/completions") || r.Method != http.MethodPost {
		return nil, unknownURL(r)
	}
	if bearer(r) == "" {
		return nil, unauthorized()
	}
	var q chatRequest
	if f := (at{raw: body}).strictly(&q); f != nil {
		if f.kind == flawUnknown && len(f.path) == 1 {
			return nil, invalid("Unrecognized request argument supplied: " + f.path[0])
		}
		return nil, openAIFlaw(f)
	}
	h := &heard{model: q.Model, custom: q.StreamOptions != nil && q.StreamOptions.IncludeUsage}
	for _, check := range []func(*heard) *refusal{q.checkNumbers, q.checkModel, q.readTools, q.readStop, q.readFormat, q.readMessages} {
		if no := check(h); no != nil {
			return nil, no
		}
	}
	return h, nil
}

func (q *chatRequest) checkNumbers(h *heard) *refusal {
	h.Stream = q.Stream != nil && *q.Stream
	h.Temperature, h.TopP = q.Temperature, q.TopP
	switch {
	case q.Model == "":
		return invalid("you must provide a model parameter")
	case q.MaxTokens != nil && q.MaxCompletionTokens != nil:
		return invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
	case q.StreamOptions != nil && !h.Stream:
		return &refusal{status: http.StatusBadRequest, param: "stream_options", message: "The 'stream_options' parameter is only allowed when 'stream' is enabled."}
	case len(q.Metadata) > 0 && (q.Store == nil || !*q.Store):
		return &refusal{status: http.StatusBadRequest, param: "metadata", message: "The 'metadata' parameter is only allowed when 'store' is enabled."}
	case q.TopLogprobs != nil && (q.Logprobs == nil || !*q.Logprobs):
		return &refusal{status: http.StatusBadRequest, param: "top_logprobs", message: "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."}
	}
	for name, n := range map[string]*int64{"max_tokens": q.MaxTokens, "max_completion_tokens": q.MaxCompletionTokens} {
		if n == nil {
			continue
		}
		if h.MaxTokens = *n; *n < 1 {
			return &refusal{status: http.StatusBadRequest, code: "integer_below_min_value", param: name, message: "Invalid '" + name + "': integer below minimum value. Expected a value >= 1."}
		}
	}
	if no := checkRange("temperature", q.Temperature, 0, 2); no != nil {
		return no
	}
	return checkRange("top_p", q.TopP, 0, 1)
}

// checkModel refuses what the model does not know.
func (q *chatRequest) checkModel(h *heard) *refusal {
	if !reasons(q.Model) {
		if q.ReasoningEffort != nil {
			return &refusal{status: http.StatusBadRequest, param: "reasoning_effort", message: "Unrecognized request argument supplied: reasoning_effort"}
		}
		return nil
	}
	effort := ""
	if q.ReasoningEffort != nil {
		effort = *q.ReasoningEffort
		if efforts := []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}; !slices.Contains(efforts, effort) {
			return notOneOf([]string{"reasoning_effort"}, effort, efforts...)
		}
	}
	h.Thinking, h.thinks = effort, effortOf(q.Model, effort) != "none"
	switch {
	case q.MaxTokens != nil:
		return unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
	case len(q.Stop) > 0 && q.Stop.Kind() != 'n':
		return unsupported("stop", "")
	case q.PresencePenalty != nil && *q.PresencePenalty != 0:
		return unsupported("presence_penalty", "")
	case q.FrequencyPenalty != nil && *q.FrequencyPenalty != 0:
		return unsupported("frequency_penalty", "")
	case len(q.LogitBias) > 0:
		return unsupported("logit_bias", "")
	}
	return checkSampling(q.Model, effort, q.Temperature, q.TopP)
}

func (q *chatRequest) readStop(h *heard) *refusal {
	a := at{[]string{"stop"}, q.Stop}
	if a.absent() {
		return nil
	}
	if a.is('"') {
		s, f := a.text()
		if f != nil {
			return openAIFlaw(f)
		}
		h.Stop = []string{s}
		return nil
	}
	items, f := a.list()
	if f != nil {
		return openAIFlaw(f)
	}
	const most = 4
	if len(items) > most || len(items) == 0 {
		return &refusal{status: http.StatusBadRequest, param: "stop", code: "array_above_max_length", message: "Invalid 'stop': array of wrong length. Expected an array with 1 to 4 elements."}
	}
	for _, item := range items {
		s, f := item.text()
		if f != nil {
			return openAIFlaw(f)
		}
		h.Stop = append(h.Stop, s)
	}
	return nil
}

func (q *chatRequest) readFormat(h *heard) *refusal {
	a := at{[]string{"response_format"}, q.ResponseFormat}
	if a.absent() {
		return nil
	}
	var format struct {
		Type       string         `json:"type"`
		JSONSchema jsontext.Value `json:"json_schema"`
	}
	if f := a.strictly(&format); f != nil {
		return openAIFlaw(f)
	}
	switch format.Type {
	case "text":
	case "json_object":
		h.json = true
		if !strings.Contains(strings.ToLower(string(q.Messages)), "json") {
			return &refusal{status: http.StatusBadRequest, param: "messages", message: "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."}
		}
	case "json_schema":
		inner := a.in("json_schema", format.JSONSchema)
		if inner.absent() {
			return missing(inner.path)
		}
		var schema answerFormat
		if f := inner.strictly(&schema); f != nil {
			return openAIFlaw(f)
		}
		h.json, h.Schema = true, properties(schema.Schema)
		return schema.check(inner.path)
	default:
		return notOneOf(a.with("type"), format.Type, "json_object", "json_schema", "text")
	}
	return nil
}
