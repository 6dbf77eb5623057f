package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"google.golang.org/genai"
)

// geminiClient is google.golang.org/genai.
type geminiClient struct{}

func (geminiClient) name() string { return "gemini" }

func (geminiClient) finishes() finishWords { return finishWords{"STOP", "STOP", "MAX_TOKENS", "STOP"} }

func (geminiClient) can(f feature) bool { return f != canEmptyText && f != canKeep }

type geminiTalk struct {
	*headKeeper
	settings
	sdk     *genai.Client
	history []*genai.Content
	broken  error
}

func (geminiClient) talk(base, key string, s settings) talk {
	t := &geminiTalk{headKeeper: newHeadKeeper(), settings: s}
	t.sdk, t.broken = genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: &http.Client{Transport: t.headKeeper},
		HTTPOptions: genai.HTTPOptions{BaseURL: base},
	})
	return t
}

func (t *geminiTalk) change(model string) { t.model = model }

func (t *geminiTalk) user(text string, images ...picture) {
	parts := []*genai.Part{genai.NewPartFromText(text)}
	for _, p := range images {
		switch {
		case p.pdf != nil:
			parts = append(parts, genai.NewPartFromBytes(p.pdf, "application/pdf"))
		case p.url != "":
			parts = append(parts, genai.NewPartFromURI(p.url, "image/png"))
		default:
			parts = append(parts, genai.NewPartFromBytes(p.png, "image/png"))
		}
	}
	t.history = append(t.history, genai.NewContentFromParts(parts, genai.RoleUser))
}

func (t *geminiTalk) assistant(text string, calls ...call) {
	var parts []*genai.Part
	if text != "" {
		parts = append(parts, genai.NewPartFromText(text))
	}
	for i, c := range calls {
		var args map[string]any
		_ = json.Unmarshal([]byte(c.args), &args)
		p := &genai.Part{FunctionCall: &genai.FunctionCall{ID: c.id, Name: c.name, Args: args}}
		if i == 0 { // as the API's guide says for calls that no model made
			p.ThoughtSignature = []byte("skip_thought_signature_validator")
		}
		parts = append(parts, p)
	}
	t.history = append(t.history, genai.NewContentFromParts(parts, genai.RoleModel))
}

func (t *geminiTalk) results(results ...result) {
	var parts []*genai.Part
	for _, r := range results {
		name := "output"
		if r.failed {
			name = "error"
		}
		f := &genai.FunctionResponse{ID: r.call.id, Name: r.call.name, Response: map[string]any{name: r.text}}
		if r.image != nil {
			f.Parts = []*genai.FunctionResponsePart{{InlineData: &genai.FunctionResponseBlob{MIMEType: "image/png", Data: r.image.png}}}
		}
		parts = append(parts, &genai.Part{FunctionResponse: f})
	}
	t.history = append(t.history, genai.NewContentFromParts(parts, genai.RoleUser))
}

func (t *geminiTalk) count(ctx context.Context) (int64, error) {
	n, err := t.sdk.Models.CountTokens(ctx, t.model, t.history, nil)
	if err != nil {
		return 0, err
	}
	return int64(n.TotalTokens), nil
}

func (t *geminiTalk) config() *genai.GenerateContentConfig {
	c := &genai.GenerateContentConfig{StopSequences: t.stop, MaxOutputTokens: int32(t.max)}
	if t.system != "" {
		c.SystemInstruction = genai.NewContentFromText(t.system, genai.RoleUser)
	}
	if t.temperature != nil {
		c.Temperature = new(float32(*t.temperature))
	}
	if t.think {
		c.ThinkingConfig = &genai.ThinkingConfig{IncludeThoughts: true, ThinkingLevel: genai.ThinkingLevelLow}
	}
	tool := &genai.Tool{}
	for _, d := range declared(t.settings) {
		tool.FunctionDeclarations = append(tool.FunctionDeclarations, &genai.FunctionDeclaration{Name: d.name, Description: d.description, ParametersJsonSchema: d.schema})
	}
	if len(tool.FunctionDeclarations) > 0 {
		c.Tools = []*genai.Tool{tool}
	}
	modes := map[string]genai.FunctionCallingConfigMode{"auto": "AUTO", "none": "NONE", "required": "ANY"}
	if t.choice != "" {
		f := &genai.FunctionCallingConfig{Mode: modes[t.choice]}
		if f.Mode == "" {
			f.Mode, f.AllowedFunctionNames = "ANY", []string{t.choice}
		}
		c.ToolConfig = &genai.ToolConfig{FunctionCallingConfig: f}
	}
	if t.schema {
		c.ResponseMIMEType, c.ResponseJsonSchema = "application/json", answerSchema()
	}
	return c
}

func (t *geminiTalk) send(ctx context.Context, heard func(string)) (*reply, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	r := &reply{}
	if !t.stream {
		answer, err := t.sdk.Models.GenerateContent(ctx, t.model, t.history, t.config())
		if err != nil {
			return nil, err
		}
		t.take(r, answer)
		return r, nil
	}
	for answer, err := range t.sdk.Models.GenerateContentStream(ctx, t.model, t.history, t.config()) {
		if err != nil {
			return nil, err
		}
		before := len(r.text)
		t.take(r, answer)
		if len(r.text) > before {
			r.pieces++
			heardBy(heard, r.text[before:])
		}
	}
	if r.finish == "" {
		return nil, errors.New("a stream without a finish reason")
	}
	return r, nil
}

// take reads one response and keeps its content for the next turn, as the
// SDK's chats do: those without data are left out.
func (t *geminiTalk) take(r *reply, answer *genai.GenerateContentResponse) {
	if u := answer.UsageMetadata; u != nil {
		r.usage = seenUsage{
			input: int64(u.PromptTokenCount), cached: int64(u.CachedContentTokenCount), output: int64(u.CandidatesTokenCount),
			reasoning: int64(u.ThoughtsTokenCount), total: int64(u.TotalTokenCount),
		}
	}
	if answer.PromptFeedback != nil && answer.PromptFeedback.BlockReason != "" {
		r.refused, r.finish = true, string(answer.PromptFeedback.BlockReason)
	}
	if len(answer.Candidates) == 0 {
		return
	}
	c := answer.Candidates[0]
	if c.FinishReason != "" {
		r.finish = string(c.FinishReason)
	}
	switch c.FinishReason {
	case genai.FinishReasonSafety, genai.FinishReasonProhibitedContent, genai.FinishReasonRecitation, genai.FinishReasonBlocklist, genai.FinishReasonSPII:
		r.refused = true
	}
	if c.Content == nil {
		return
	}
	var kept []*genai.Part
	for _, p := range c.Content.Parts {
		switch {
		case p.Thought:
			r.thinking += p.Text
		case p.FunctionCall != nil:
			args, _ := json.Marshal(p.FunctionCall.Args)
			if p.FunctionCall.Args == nil {
				args = []byte("{}")
			}
			r.calls = append(r.calls, call{p.FunctionCall.ID, p.FunctionCall.Name, string(args)})
		default:
			r.text += p.Text
		}
		if p.Text != "" || p.FunctionCall != nil || len(p.ThoughtSignature) > 0 {
			kept = append(kept, p)
		}
	}
	if len(kept) > 0 {
		t.history = append(t.history, &genai.Content{Role: c.Content.Role, Parts: kept})
	}
}

func (t *geminiTalk) failure(err error) *failure {
	if e, ok := errors.AsType[genai.APIError](err); ok {
		return &failure{e.Code, strings.TrimSpace(e.Status), e.Message}
	}
	return streamFailure(err)
}

func (t *geminiTalk) extras(ctx context.Context, tools bool) (string, error) {
	c := &genai.GenerateContentConfig{
		TopK: new(float32(40)), TopP: new(float32(0.9)), Seed: new(int32(7)), CandidateCount: 1,
		SystemInstruction: &genai.Content{Parts: []*genai.Part{{Text: "Be brief."}, {Text: "Be kind."}}},
		SafetySettings:    []*genai.SafetySetting{{Category: genai.HarmCategoryHarassment, Threshold: genai.HarmBlockThresholdBlockNone}},
		ThinkingConfig:    &genai.ThinkingConfig{ThinkingBudget: new(int32(2048))}, MaxOutputTokens: 8192,
	}
	contents := []*genai.Content{
		genai.NewContentFromText("first", genai.RoleUser), genai.NewContentFromText("second", genai.RoleUser), genai.NewContentFromText("[[say:fine]]", genai.RoleUser),
	}
	if tools { // in the API's own schema, and matched by name: as clients do that know no ids
		c.Tools = []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{
			{Name: "sky"},
			{Name: "sea", Parameters: &genai.Schema{
				Type: genai.TypeObject, Required: []string{"depth"},
				Properties: map[string]*genai.Schema{"depth": {Type: genai.TypeNumber, Nullable: new(true)}, "kind": {Type: genai.TypeString, Format: "enum", Enum: []string{"a", "b"}}},
			}},
		}}}
		contents = []*genai.Content{
			genai.NewContentFromText("go", genai.RoleUser),
			genai.NewContentFromParts([]*genai.Part{
				{Text: "let me look"}, {FunctionCall: &genai.FunctionCall{Name: "sky"}, ThoughtSignature: []byte("skip_thought_signature_validator")},
			}, genai.RoleModel),
			genai.NewContentFromParts([]*genai.Part{{FunctionResponse: &genai.FunctionResponse{Name: "sky", Response: map[string]any{"output": "sunny"}}}}, genai.RoleUser),
		}
	}
	answer, err := t.sdk.Models.GenerateContent(ctx, t.model, contents, c)
	if err != nil {
		return "", err
	}
	return answer.Text(), nil
}
