package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

// chatClient is openai-go's Chat Completions.
type chatClient struct{}

func (chatClient) name() string { return "chat" }

func (chatClient) finishes() finishWords { return finishWords{"stop", "stop", "length", "tool_calls"} }

func (chatClient) can(f feature) bool { return f == canStop || f == canImageURL || f == canEmptyText }

type chatTalk struct {
	*headKeeper
	settings
	sdk     openai.Client
	history []openai.ChatCompletionMessageParamUnion
}

func (chatClient) talk(base, key string, s settings) talk {
	t := &chatTalk{headKeeper: newHeadKeeper(), settings: s}
	t.sdk = openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey(key), option.WithHTTPClient(&http.Client{Transport: t.headKeeper}), option.WithMaxRetries(0))
	if s.system != "" {
		t.history = append(t.history, openai.SystemMessage(s.system))
	}
	return t
}

func (t *chatTalk) change(model string) { t.model = model }

func (t *chatTalk) user(text string, images ...picture) {
	if len(images) == 0 {
		t.history = append(t.history, openai.UserMessage(text))
		return
	}
	parts := []openai.ChatCompletionContentPartUnionParam{openai.TextContentPart(text)}
	for _, p := range images {
		if p.pdf != nil {
			parts = append(parts, openai.FileContentPart(openai.ChatCompletionContentPartFileFileParam{FileData: openai.String(p.pdfURL()), Filename: openai.String("a.pdf")}))
			continue
		}
		url := p.url
		if url == "" {
			url = "data:image/png;base64," + p.base64()
		}
		parts = append(parts, openai.ImageContentPart(openai.ChatCompletionContentPartImageImageURLParam{URL: url}))
	}
	t.history = append(t.history, openai.UserMessage(parts))
}

func (t *chatTalk) assistant(text string, calls ...call) {
	m := &openai.ChatCompletionAssistantMessageParam{}
	if text != "" || len(calls) == 0 {
		m.Content.OfString = openai.String(text)
	}
	for _, c := range calls {
		m.ToolCalls = append(m.ToolCalls, openai.ChatCompletionMessageToolCallUnionParam{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
			ID: c.id, Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: c.name, Arguments: c.args},
		}})
	}
	t.history = append(t.history, openai.ChatCompletionMessageParamUnion{OfAssistant: m})
}

func (t *chatTalk) results(results ...result) {
	for _, r := range results {
		t.history = append(t.history, openai.ToolMessage(r.text, r.call.id))
	}
}

func (t *chatTalk) count(context.Context) (int64, error) { return 0, errors.ErrUnsupported }

func (t *chatTalk) params() openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Model: t.model, Messages: t.history}
	if t.max > 0 {
		p.MaxCompletionTokens = openai.Int(t.max)
	}
	if t.temperature != nil {
		p.Temperature = openai.Float(*t.temperature)
	}
	if len(t.stop) > 0 {
		p.Stop.OfStringArray = t.stop
	}
	if t.think {
		p.ReasoningEffort = shared.ReasoningEffortLow
	}
	for _, d := range declared(t.settings) {
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: d.name, Description: openai.String(d.description), Parameters: d.schema}))
	}
	switch t.choice {
	case "":
	case "auto", "none", "required":
		p.ToolChoice.OfAuto = openai.String(t.choice)
	default:
		p.ToolChoice = openai.ToolChoiceOptionFunctionToolChoice(openai.ChatCompletionNamedToolChoiceFunctionParam{Name: t.choice})
	}
	if t.schema {
		p.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "answer", Schema: answerSchema(), Strict: openai.Bool(true)}}
	}
	return p
}

func (t *chatTalk) send(ctx context.Context, heard func(string)) (*reply, error) {
	p := t.params()
	if !t.stream {
		answer, err := t.sdk.Chat.Completions.New(ctx, p)
		if err != nil {
			return nil, err
		}
		r := chatReply(answer)
		r.thinking = extraText(answer.Choices[0].Message.RawJSON())
		t.keep(&answer.Choices[0].Message)
		return r, nil
	}
	p.StreamOptions.IncludeUsage = openai.Bool(true)
	stream := t.sdk.Chat.Completions.NewStreaming(ctx, p)
	defer stream.Close()
	var acc openai.ChatCompletionAccumulator
	pieces, thinking := 0, ""
	var usage openai.CompletionUsage // the accumulator forgets parts of it
	for stream.Next() {
		chunk := stream.Current()
		if !acc.AddChunk(chunk) {
			return nil, errors.New("the SDK cannot accumulate " + chunk.RawJSON())
		}
		if chunk.JSON.Usage.Valid() {
			usage = chunk.Usage
		}
		if len(chunk.Choices) > 0 && chunk.Choices[0].Delta.Content != "" {
			pieces++
			heardBy(heard, chunk.Choices[0].Delta.Content)
		}
		if len(chunk.Choices) > 0 {
			thinking += extraText(chunk.Choices[0].Delta.RawJSON())
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	if len(acc.Choices) == 0 {
		return nil, errors.New("a stream without choices")
	}
	acc.Usage = usage
	r := chatReply(&acc.ChatCompletion)
	r.pieces, r.thinking = pieces, thinking
	t.keep(&acc.Choices[0].Message)
	return r, nil
}

// keep puts an answer into the history. Of one that says nothing the SDK makes
// a message that the provider refuses.
func (t *chatTalk) keep(m *openai.ChatCompletionMessage) {
	if m.Content != "" || m.Refusal != "" || len(m.ToolCalls) > 0 {
		t.history = append(t.history, m.ToParam())
	}
}

// extraText is thinking as compatible servers show it, which the SDK has no
// field for.
func extraText(raw string) string {
	var extra struct {
		ReasoningContent string `json:"reasoning_content"`
	}
	_ = json.Unmarshal([]byte(raw), &extra)
	return extra.ReasoningContent
}

func chatReply(answer *openai.ChatCompletion) *reply {
	c := answer.Choices[0]
	r := &reply{
		text: c.Message.Content, finish: c.FinishReason, refused: c.Message.Refusal != "" || c.FinishReason == "content_filter",
		usage: seenUsage{
			input: answer.Usage.PromptTokens, cached: answer.Usage.PromptTokensDetails.CachedTokens, written: answer.Usage.PromptTokensDetails.CacheWriteTokens,
			output: answer.Usage.CompletionTokens, reasoning: answer.Usage.CompletionTokensDetails.ReasoningTokens, total: answer.Usage.TotalTokens,
		},
	}
	for _, tc := range c.Message.ToolCalls {
		r.calls = append(r.calls, call{tc.ID, tc.Function.Name, tc.Function.Arguments})
	}
	return r
}

func (t *chatTalk) failure(err error) *failure { return openAIFailure(err) }

func openAIFailure(err error) *failure {
	if e, ok := errors.AsType[*openai.Error](err); ok {
		return &failure{e.StatusCode, e.Type + " " + e.Code, e.Message}
	}
	return streamFailure(err)
}

func (t *chatTalk) extras(ctx context.Context, tools bool) (string, error) {
	p := openai.ChatCompletionNewParams{
		Model: t.model, Seed: openai.Int(7), User: openai.String("ada"), PromptCacheKey: openai.String("k"), N: openai.Int(1),
		FrequencyPenalty: openai.Float(0.1), PresencePenalty: openai.Float(0.1), TopP: openai.Float(0.9), SafetyIdentifier: openai.String("s"),
		Store: openai.Bool(true), Metadata: shared.Metadata{"run": "1"}, Verbosity: "low", ServiceTier: "auto",
		Messages: []openai.ChatCompletionMessageParamUnion{
			openai.DeveloperMessage("Be brief."), openai.SystemMessage("Be kind."),
			{OfUser: &openai.ChatCompletionUserMessageParam{Name: openai.String("ada"), Content: openai.ChatCompletionUserMessageParamContentUnion{OfString: openai.String("first")}}},
			openai.UserMessage("second"), openai.AssistantMessage("ok"), openai.SystemMessage("And quick."), openai.UserMessage("[[say:fine]]"),
		},
		ResponseFormat: openai.ChatCompletionNewParamsResponseFormatUnion{OfText: &shared.ResponseFormatTextParam{}},
	}
	if tools {
		p.ParallelToolCalls = openai.Bool(false)
		p.Tools = append(p.Tools, openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{Name: "sky"})) // without a schema
		p.Messages = append(p.Messages[:5:5], openai.UserMessage("go"), openai.ChatCompletionMessageParamUnion{OfAssistant: &openai.ChatCompletionAssistantMessageParam{
			Content: openai.ChatCompletionAssistantMessageParamContentUnion{OfString: openai.String("")},
			ToolCalls: []openai.ChatCompletionMessageToolCallUnionParam{{OfFunction: &openai.ChatCompletionMessageFunctionToolCallParam{
				ID: "call_sky", Function: openai.ChatCompletionMessageFunctionToolCallFunctionParam{Name: "sky", Arguments: ""},
			}}},
		}}, openai.ToolMessage([]openai.ChatCompletionContentPartTextParam{{Text: "sun"}, {Text: "ny"}}, "call_sky"))
	}
	answer, err := t.sdk.Chat.Completions.New(ctx, p)
	if err != nil {
		return "", err
	}
	return answer.Choices[0].Message.Content, nil
}
