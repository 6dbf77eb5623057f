package app_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
)

// messagesClient is anthropic-sdk-go.
type messagesClient struct{}

func (messagesClient) name() string { return "messages" }

func (messagesClient) finishes() finishWords {
	return finishWords{"end_turn", "stop_sequence", "max_tokens", "tool_use"}
}

func (messagesClient) can(f feature) bool { return f != canEmptyText && f != canKeep }

type messagesTalk struct {
	*headKeeper
	settings
	sdk     anthropic.Client
	history []anthropic.MessageParam
}

func (messagesClient) talk(base, key string, s settings) talk {
	t := &messagesTalk{headKeeper: newHeadKeeper(), settings: s}
	t.sdk = anthropic.NewClient(option.WithBaseURL(base), option.WithAPIKey(key), option.WithHTTPClient(&http.Client{Transport: t.headKeeper}), option.WithMaxRetries(0))
	return t
}

func (t *messagesTalk) change(model string) { t.model = model }

func (t *messagesTalk) user(text string, images ...picture) {
	blocks := []anthropic.ContentBlockParamUnion{}
	for _, p := range images {
		switch {
		case p.pdf != nil:
			blocks = append(blocks, anthropic.NewDocumentBlock(anthropic.Base64PDFSourceParam{Data: base64.StdEncoding.EncodeToString(p.pdf)}))
		case p.url != "":
			blocks = append(blocks, anthropic.NewImageBlock(anthropic.URLImageSourceParam{URL: p.url}))
		default:
			blocks = append(blocks, anthropic.NewImageBlockBase64("image/png", p.base64()))
		}
	}
	t.history = append(t.history, anthropic.NewUserMessage(append(blocks, anthropic.NewTextBlock(text))...))
}

func (t *messagesTalk) assistant(text string, calls ...call) {
	var blocks []anthropic.ContentBlockParamUnion
	if text != "" {
		blocks = append(blocks, anthropic.NewTextBlock(text))
	}
	for _, c := range calls {
		blocks = append(blocks, anthropic.NewToolUseBlock(c.id, json.RawMessage(c.args), c.name))
	}
	t.history = append(t.history, anthropic.NewAssistantMessage(blocks...))
}

func (t *messagesTalk) results(results ...result) {
	var blocks []anthropic.ContentBlockParamUnion
	for _, r := range results {
		b := anthropic.NewToolResultBlock(r.call.id, r.text, r.failed)
		if r.image != nil {
			b.OfToolResult.Content = append(b.OfToolResult.Content, anthropic.ToolResultBlockParamContentUnion{OfImage: &anthropic.ImageBlockParam{
				Source: anthropic.ImageBlockParamSourceUnion{OfBase64: &anthropic.Base64ImageSourceParam{Data: r.image.base64(), MediaType: "image/png"}},
			}})
		}
		blocks = append(blocks, b)
	}
	t.history = append(t.history, anthropic.NewUserMessage(blocks...))
}

func (t *messagesTalk) tools() []anthropic.ToolUnionParam {
	var tools []anthropic.ToolUnionParam
	for _, d := range declared(t.settings) {
		in := anthropic.ToolInputSchemaParam{Properties: d.schema["properties"], ExtraFields: map[string]any{}}
		for name, v := range d.schema {
			switch name {
			case "type", "properties":
			case "required":
				in.Required, _ = v.([]string)
			default:
				in.ExtraFields[name] = v
			}
		}
		tools = append(tools, anthropic.ToolUnionParam{OfTool: &anthropic.ToolParam{Name: d.name, Description: anthropic.String(d.description), InputSchema: in}})
	}
	return tools
}

func (t *messagesTalk) count(ctx context.Context) (int64, error) {
	n, err := t.sdk.Messages.CountTokens(ctx, anthropic.MessageCountTokensParams{Model: t.model, Messages: t.history})
	if err != nil {
		return 0, err
	}
	return n.InputTokens, nil
}

func (t *messagesTalk) params() anthropic.MessageNewParams {
	p := anthropic.MessageNewParams{Model: t.model, MaxTokens: 4096, Messages: t.history, StopSequences: t.stop, Tools: t.tools()}
	if t.max > 0 {
		p.MaxTokens = t.max
	}
	if t.system != "" {
		p.System = []anthropic.TextBlockParam{{Text: t.system}}
	}
	if t.temperature != nil {
		p.Temperature = anthropic.Float(*t.temperature)
	}
	if t.think {
		p.Thinking = anthropic.ThinkingConfigParamOfEnabled(1024)
	}
	switch t.choice {
	case "":
	case "auto":
		p.ToolChoice.OfAuto = &anthropic.ToolChoiceAutoParam{}
	case "none":
		p.ToolChoice.OfNone = &anthropic.ToolChoiceNoneParam{}
	case "required":
		p.ToolChoice.OfAny = &anthropic.ToolChoiceAnyParam{}
	default:
		p.ToolChoice = anthropic.ToolChoiceParamOfTool(t.choice)
	}
	if t.schema {
		p.OutputConfig.Format = anthropic.JSONOutputFormatParam{Schema: answerSchema()}
	}
	return p
}

func (t *messagesTalk) send(ctx context.Context, heard func(string)) (*reply, error) {
	if !t.stream {
		answer, err := t.sdk.Messages.New(ctx, t.params())
		if err != nil {
			return nil, err
		}
		return t.take(answer), nil
	}
	stream := t.sdk.Messages.NewStreaming(ctx, t.params())
	defer stream.Close()
	var answer anthropic.Message
	pieces, stopped := 0, false
	for stream.Next() {
		ev := stream.Current()
		if err := answer.Accumulate(ev); err != nil {
			return nil, err
		}
		stopped = stopped || ev.Type == "message_stop"
		if ev.Type == "content_block_delta" && ev.Delta.Text != "" {
			pieces++
			heardBy(heard, ev.Delta.Text)
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	if !stopped {
		return nil, errors.New("a stream without message_stop")
	}
	r := t.take(&answer)
	r.pieces = pieces
	return r, nil
}

// take reads the answer and keeps it for the next turn.
func (t *messagesTalk) take(answer *anthropic.Message) *reply {
	u := answer.Usage
	r := &reply{finish: string(answer.StopReason), refused: answer.StopReason == "refusal", usage: seenUsage{
		input: u.InputTokens, cached: u.CacheReadInputTokens, written: u.CacheCreationInputTokens, output: u.OutputTokens, reasoning: u.OutputTokensDetails.ThinkingTokens,
	}}
	for _, b := range answer.Content {
		switch b.Type {
		case "text":
			r.text += b.Text
		case "thinking":
			r.thinking += b.Thinking
		case "tool_use":
			r.calls = append(r.calls, call{b.ID, b.Name, string(b.Input)})
		}
	}
	if len(answer.Content) > 0 {
		t.history = append(t.history, answer.ToParam())
	}
	return r
}

func (t *messagesTalk) failure(err error) *failure {
	if e, ok := errors.AsType[*anthropic.Error](err); ok {
		return &failure{e.StatusCode, string(e.Type()), e.Error()}
	}
	return streamFailure(err)
}

func (t *messagesTalk) extras(ctx context.Context, tools bool) (string, error) {
	mark := anthropic.NewCacheControlEphemeralParam()
	cached := func(text string) anthropic.ContentBlockParamUnion {
		return anthropic.ContentBlockParamUnion{OfText: &anthropic.TextBlockParam{Text: text, CacheControl: mark}}
	}
	p := anthropic.MessageNewParams{
		Model: t.model, MaxTokens: 4096, TopK: anthropic.Int(40), TopP: anthropic.Float(0.9), ServiceTier: "auto",
		Metadata: anthropic.MetadataParam{UserID: anthropic.String(`{"device_id":"d","session_id":"s"}`)},
		System:   []anthropic.TextBlockParam{{Text: "Be brief."}, {Text: "Be kind.", CacheControl: mark}},
		Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("first")), anthropic.NewUserMessage(cached("[[say:fine]]"))},
	}
	if tools {
		p.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
			Name: "sky", CacheControl: mark, EagerInputStreaming: anthropic.Bool(true), InputSchema: anthropic.ToolInputSchemaParam{Properties: map[string]any{}},
		}}}
		p.ToolChoice.OfAuto = &anthropic.ToolChoiceAutoParam{DisableParallelToolUse: anthropic.Bool(true)}
		result := anthropic.NewToolResultBlock("toolu_sky", "sunny", false)
		result.OfToolResult.CacheControl = mark
		p.Messages = []anthropic.MessageParam{
			anthropic.NewUserMessage(anthropic.NewTextBlock("go")),
			anthropic.NewAssistantMessage(anthropic.NewTextBlock("let me look"), anthropic.NewToolUseBlock("toolu_sky", map[string]any{}, "sky")),
			anthropic.NewUserMessage(result),
		}
	}
	answer, err := t.sdk.Messages.New(ctx, p)
	if err != nil {
		return "", err
	}
	text := ""
	for _, b := range answer.Content {
		text += b.Text
	}
	return text, nil
}
