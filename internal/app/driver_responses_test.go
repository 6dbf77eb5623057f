package app_test

import (
	"context"
	"errors"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"
)

// responsesClient is openai-go's Responses, used without state as coding
// agents do: store is false and reasoning comes back encrypted.
type responsesClient struct{}

func (responsesClient) name() string { return "responses" }

func (responsesClient) finishes() finishWords {
	return finishWords{"completed", "completed", "max_output_tokens", "completed"}
}

func (responsesClient) can(f feature) bool {
	return f == canImageURL || f == canImageResults || f == canKeep
}

type responsesTalk struct {
	*headKeeper
	settings
	sdk     openai.Client
	history responses.ResponseInputParam
	last    string // id of the last answer
}

func (responsesClient) talk(base, key string, s settings) talk {
	t := &responsesTalk{headKeeper: newHeadKeeper(), settings: s}
	t.sdk = openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey(key), option.WithHTTPClient(&http.Client{Transport: t.headKeeper}), option.WithMaxRetries(0))
	return t
}

func (t *responsesTalk) change(model string) { t.model = model }

func (t *responsesTalk) user(text string, images ...picture) {
	content := responses.ResponseInputMessageContentListParam{responses.ResponseInputContentParamOfInputText(text)}
	for _, p := range images {
		content = append(content, inputImage(p))
	}
	t.history = append(t.history, responses.ResponseInputItemParamOfMessage(content, responses.EasyInputMessageRoleUser))
}

func inputImage(p picture) responses.ResponseInputContentUnionParam {
	if p.pdf != nil {
		return responses.ResponseInputContentUnionParam{OfInputFile: &responses.ResponseInputFileParam{FileData: openai.String(p.pdfURL()), Filename: openai.String("a.pdf")}}
	}
	url := p.url
	if url == "" {
		url = "data:image/png;base64," + p.base64()
	}
	return responses.ResponseInputContentUnionParam{OfInputImage: &responses.ResponseInputImageParam{ImageURL: openai.String(url), Detail: responses.ResponseInputImageDetailAuto}}
}

func (t *responsesTalk) assistant(text string, calls ...call) {
	if text != "" {
		t.history = append(t.history, responses.ResponseInputItemParamOfMessage(text, responses.EasyInputMessageRoleAssistant))
	}
	for _, c := range calls {
		t.history = append(t.history, responses.ResponseInputItemParamOfFunctionCall(c.args, c.id, c.name))
	}
}

func (t *responsesTalk) results(results ...result) {
	for _, r := range results {
		item := &responses.ResponseInputItemFunctionCallOutputParam{CallID: openai.String(r.call.id)}
		item.Output.OfString = openai.String(r.text)
		if r.image != nil {
			item.Output = responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfResponseFunctionCallOutputItemArray: responses.ResponseFunctionCallOutputItemListParam{
				{OfInputText: &responses.ResponseInputTextContentParam{Text: r.text}},
				{OfInputImage: &responses.ResponseInputImageContentParam{ImageURL: openai.String("data:image/png;base64," + r.image.base64())}},
			}}
		}
		t.history = append(t.history, responses.ResponseInputItemUnionParam{OfFunctionCallOutput: item})
	}
}

func (t *responsesTalk) count(context.Context) (int64, error) { return 0, errors.ErrUnsupported }

func (t *responsesTalk) params() responses.ResponseNewParams {
	p := responses.ResponseNewParams{Model: t.model}
	if t.kept == keepNothing {
		p.Store = openai.Bool(false)
	}
	if t.kept == keepTalk && t.last != "" {
		p.PreviousResponseID = openai.String(t.last)
	}
	p.Input.OfInputItemList = t.history
	if t.system != "" {
		p.Instructions = openai.String(t.system)
	}
	if t.max > 0 {
		p.MaxOutputTokens = openai.Int(t.max)
	}
	if t.temperature != nil {
		p.Temperature = openai.Float(*t.temperature)
	}
	if t.think {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffortLow, Summary: shared.ReasoningSummaryAuto}
		if t.kept == keepNothing {
			p.Include = []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent}
		}
	}
	for _, d := range declared(t.settings) {
		p.Tools = append(p.Tools, responses.ToolUnionParam{OfFunction: &responses.FunctionToolParam{
			Name: d.name, Description: openai.String(d.description), Parameters: d.schema, Strict: openai.Bool(false),
		}})
	}
	switch t.choice {
	case "":
	case "auto", "none", "required":
		p.ToolChoice.OfToolChoiceMode = openai.Opt(responses.ToolChoiceOptions(t.choice))
	default:
		p.ToolChoice.OfFunctionTool = &responses.ToolChoiceFunctionParam{Name: t.choice}
	}
	if t.schema {
		p.Text.Format.OfJSONSchema = &responses.ResponseFormatTextJSONSchemaConfigParam{Name: "answer", Schema: answerSchema(), Strict: openai.Bool(true)}
	}
	return p
}

func (t *responsesTalk) send(ctx context.Context, heard func(string)) (*reply, error) {
	p := t.params()
	if !t.stream {
		answer, err := t.sdk.Responses.New(ctx, p)
		if err != nil {
			return nil, err
		}
		return t.take(answer), nil
	}
	stream := t.sdk.Responses.NewStreaming(ctx, p)
	defer stream.Close()
	var last *responses.Response
	texts, pieces := "", 0
	items := map[int64]bool{}
	for stream.Next() {
		ev := stream.Current()
		switch ev.Type {
		case "response.output_text.delta":
			if !items[ev.OutputIndex] {
				return nil, errors.New("a delta of an item that was not added: " + ev.RawJSON())
			}
			texts += ev.Delta
			pieces++
			heardBy(heard, ev.Delta)
		case "response.output_item.added":
			items[ev.OutputIndex] = true
		case "response.completed", "response.incomplete":
			r := ev.Response
			last = &r
		case "response.failed":
			return nil, &errInStream{failure{0, string(ev.Response.Error.Code), ev.Response.Error.Message}}
		case "error":
			return nil, &errInStream{failure{0, ev.Code, ev.Message}}
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	if last == nil {
		return nil, errors.New("a stream without response.completed")
	}
	r := t.take(last)
	r.pieces = pieces
	if !r.refused && texts != r.text {
		return nil, errors.New("the deltas said " + texts + " and the response " + r.text)
	}
	return r, nil
}

// take reads the answer and keeps its items for the next turn.
func (t *responsesTalk) take(answer *responses.Response) *reply {
	u := answer.Usage
	r := &reply{finish: string(answer.Status), usage: seenUsage{
		input: u.InputTokens, cached: u.InputTokensDetails.CachedTokens, written: u.InputTokensDetails.CacheWriteTokens,
		output: u.OutputTokens, reasoning: u.OutputTokensDetails.ReasoningTokens, total: u.TotalTokens,
	}}
	if answer.Status == "incomplete" {
		r.finish = answer.IncompleteDetails.Reason
		r.refused = r.finish == "content_filter"
	}
	if t.last = answer.ID; t.kept == keepTalk {
		t.history = nil
	}
	for _, item := range answer.Output {
		before := len(t.history)
		switch v := item.AsAny().(type) {
		case responses.ResponseOutputMessage:
			for _, c := range v.Content {
				r.text += c.Text
				r.refused = r.refused || c.Refusal != ""
			}
			m := v.ToParam()
			t.history = append(t.history, responses.ResponseInputItemUnionParam{OfOutputMessage: &m})
		case responses.ResponseFunctionToolCall:
			r.calls = append(r.calls, call{v.CallID, v.Name, v.Arguments})
			c := v.ToParam()
			t.history = append(t.history, responses.ResponseInputItemUnionParam{OfFunctionCall: &c})
		case responses.ResponseReasoningItem:
			for _, s := range v.Summary {
				r.thinking += s.Text
			}
			for _, c := range v.Content {
				r.thinking += c.Text
			}
			x := v.ToParam()
			t.history = append(t.history, responses.ResponseInputItemUnionParam{OfReasoning: &x})
		}
		switch t.kept {
		case keepTalk:
			t.history = nil
		case keepItems:
			t.history = append(t.history[:before], responses.ResponseInputItemParamOfItemReference(item.ID))
		}
	}
	return r
}

func (t *responsesTalk) failure(err error) *failure { return openAIFailure(err) }

func (t *responsesTalk) extras(ctx context.Context, tools bool) (string, error) {
	p := responses.ResponseNewParams{
		Model: t.model, Store: openai.Bool(false), PromptCacheKey: openai.String("k"), User: openai.String("ada"), SafetyIdentifier: openai.String("s"),
		Metadata: shared.Metadata{"run": "1"}, Truncation: "auto", ServiceTier: "auto", ParallelToolCalls: openai.Bool(true),
		TopP: openai.Float(0.9), Include: []responses.ResponseIncludable{responses.ResponseIncludableReasoningEncryptedContent},
		Reasoning: shared.ReasoningParam{Effort: shared.ReasoningEffortNone}, Instructions: openai.String("Be brief."),
	}
	p.Text.Verbosity = responses.ResponseTextConfigVerbosityLow
	p.Input.OfInputItemList = responses.ResponseInputParam{
		responses.ResponseInputItemParamOfMessage("Be kind.", responses.EasyInputMessageRoleDeveloper),
		responses.ResponseInputItemParamOfMessage("first", responses.EasyInputMessageRoleUser),
		responses.ResponseInputItemParamOfMessage("second", responses.EasyInputMessageRoleUser),
		responses.ResponseInputItemParamOfMessage("[[say:fine]]", responses.EasyInputMessageRoleUser),
	}
	if tools {
		p.Tools = []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "sky", Parameters: map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false, "required": []string{}}, Strict: openai.Bool(true)}}}
		p.Input.OfInputItemList = append(p.Input.OfInputItemList[:3:3],
			responses.ResponseInputItemParamOfMessage("let me look", responses.EasyInputMessageRoleAssistant),
			responses.ResponseInputItemParamOfFunctionCall("{}", "call_sky", "sky"),
			responses.ResponseInputItemUnionParam{OfFunctionCallOutput: &responses.ResponseInputItemFunctionCallOutputParam{
				CallID: openai.String("call_sky"), Output: responses.ResponseInputItemFunctionCallOutputOutputUnionParam{OfString: openai.String("sunny")},
			}},
		)
	}
	answer, err := t.sdk.Responses.New(ctx, p)
	if err != nil {
		return "", err
	}
	return answer.OutputText(), nil
}
