package openaicompletions

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeRequest renders req as the body of POST /completions. A conversation of
// several turns has no prompt that all models would take for one, and is
// refused with KindUnsupported.
func (Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := requestEncoder{req: req}
	model := to.Model
	if model == "" {
		model = req.Model
	}
	e.w.B = append(make([]byte, 0, 1<<10), '{')
	e.w.Str("model", model)
	if err := e.prompt(); err != nil {
		return nil, nil, err
	}
	if c := req.Completion; c != nil {
		e.w.OptStr("suffix", c.Suffix)
		if c.Echo {
			e.w.Bool("echo", true)
		}
		e.w.OptInt("best_of", c.BestOf)
	}
	e.sampling()
	e.stream(to)
	e.w.Ext(req.Ext, protocol, "stream_options")
	e.w.Close('}')
	e.unsaid()
	return &wire.Outbound{Path: "/completions", Body: e.w.B}, e.losses.List, nil
}

// requestEncoder writes one request.
type requestEncoder struct {
	w      wirejson.Writer
	losses llm.Losses
	req    *llm.Request
}

// prompt writes the prompt: one message of the user, the instructions before it.
func (e *requestEncoder) prompt() error {
	r := e.req
	if c := r.Completion; c != nil {
		if own := wirejson.ExtOf(c.Ext, protocol, "prompt"); own != nil {
			e.w.Raw("prompt", own)
			return nil
		}
	}
	var texts []string
	add := func(blocks []llm.Block, path string) {
		for i, b := range blocks {
			at := path + wirejson.At(i)
			e.attrs(b.Common(), at)
			if t, ok := b.(*llm.Text); ok {
				noteText(t, at, &e.losses)
				texts = append(texts, t.Text)
				continue
			}
			e.losses.Drop(featureOf(b), at)
		}
	}
	add(r.System, "system")
	asked := false
	for i := range r.Messages {
		m := &r.Messages[i]
		base := "messages" + wirejson.At(i)
		path := base + ".content"
		if m.Name != "" {
			e.losses.Drop("message_name", base+".name")
		}
		e.foreign(m.Ext, base)
		switch {
		case (m.Role == llm.RoleSystem || m.Role == llm.RoleDeveloper) && !asked:
			add(m.Blocks, path)
		case m.Role == llm.RoleUser && !asked:
			asked = true
			if tokens := tokensOf(m.Blocks); tokens != nil {
				e.w.Raw("prompt", tokens)
				return nil
			}
			if len(texts) > 0 {
				e.losses.Approximate("system_prompt", "system")
			}
			before := len(texts)
			add(m.Blocks, path)
			if len(texts)-before > 1 {
				e.losses.Approximate("text_parts", path)
			}
		default:
			return unsupported(base,
				"The model behind this name only completes a text. Send one message of the user, without earlier turns.")
		}
	}
	if len(texts) == 0 {
		return wirejson.NothingLeft(r.Messages)
	}
	e.w.Str("prompt", strings.Join(texts, "\n\n"))
	return nil
}

func unsupported(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.KindUnsupported, Code: "unsupported_conversation", Param: param, Message: message}
}

// attrs notes what a block carries that the API has no words for.
func (e *requestEncoder) attrs(a *llm.Attrs, path string) {
	if a.Cache != nil {
		e.losses.Drop("cache_mark", path)
	}
	e.foreign(a.Ext, path)
}

// foreign notes members of the object at path that only another protocol knows.
func (e *requestEncoder) foreign(ext llm.Ext, path string) {
	for i := range ext {
		if wirejson.Foreign(ext[i], protocol) {
			e.losses.Drop("extension", strings.TrimPrefix(path+"."+ext[i].Name, "."))
		}
	}
}

// tokensOf returns a prompt that was given as tokens.
func tokensOf(blocks []llm.Block) llm.Raw {
	if len(blocks) != 1 {
		return nil
	}
	o, ok := blocks[0].(*llm.Opaque)
	if !ok || o.Native.Protocol != protocol {
		return nil
	}
	return o.Native.Raw
}

// featureOf names what is lost with a block.
func featureOf(b llm.Block) string {
	switch b := b.(type) {
	case *llm.Media:
		if b.Kind == llm.MediaDocument {
			return "document"
		}
		return string(b.Kind) + "_in"
	case *llm.Reasoning:
		return "reasoning_history"
	case *llm.Refusal:
		return "refusal"
	case *llm.ToolCall:
		return "tool_call"
	case *llm.ToolResult:
		return "tool_result"
	case *llm.ServerToolResult:
		return "server_tool"
	}
	return "opaque"
}

func (e *requestEncoder) sampling() {
	r, s := e.req, &e.req.Sampling
	e.w.OptInt("max_tokens", r.MaxTokens)
	e.w.OptFloat("temperature", s.Temperature)
	e.w.OptFloat("top_p", s.TopP)
	e.w.OptInt("top_k", s.TopK)
	e.w.OptFloat("min_p", s.MinP)
	e.w.OptInt("n", r.N)
	switch {
	case s.Logprobs != nil && *s.Logprobs && s.TopLogprobs == nil:
		e.w.Int("logprobs", 0)
	case s.Logprobs == nil || *s.Logprobs:
		e.w.OptInt("logprobs", s.TopLogprobs)
	}
	if len(r.Stop) > 0 {
		e.w.Begin("stop", '[')
		for _, stop := range r.Stop {
			e.w.StrElem(stop)
		}
		e.w.Close(']')
	}
	e.w.OptFloat("presence_penalty", s.PresencePenalty)
	e.w.OptFloat("frequency_penalty", s.FrequencyPenalty)
	e.w.OptRaw("logit_bias", s.LogitBias)
	e.w.OptInt("seed", s.Seed)
	e.w.OptStr("user", r.User)
}

func (e *requestEncoder) stream(to wire.Target) {
	options := wirejson.ExtOf(e.req.Ext, protocol, "stream_options")
	usage := e.req.IncludeUsage || e.req.Stream && to.NeedUsage
	if e.req.Stream {
		e.w.Bool("stream", true)
	}
	if !usage && options == nil {
		return
	}
	e.w.Begin("stream_options", '{')
	if usage {
		e.w.Bool("include_usage", true)
	}
	for name, v := range wirejson.Members(options) {
		e.w.Raw(string(name), v)
	}
	e.w.Close('}')
}

// unsaid notes what the request asks and the protocol has no words for.
func (e *requestEncoder) unsaid() {
	r := e.req
	thinks := r.Reasoning != nil && (r.Reasoning.Effort != "" && r.Reasoning.Effort != "none" || r.Reasoning.Budget != nil ||
		r.Reasoning.Adaptive || r.Reasoning.Enabled != nil && *r.Reasoning.Enabled)
	for _, f := range []struct {
		feature string
		asked   bool
	}{
		{"tools", len(r.Tools) > 0},
		{"tool_choice", r.ToolChoice != nil && r.ToolChoice.Mode != llm.ToolModeAuto && r.ToolChoice.Mode != llm.ToolModeNone},
		{"response_format", r.Format != nil && r.Format.Type != "text"},
		{"reasoning_effort", thinks},
		{"verbosity", r.Verbosity != ""},
		{"audio_out", r.AudioOut != nil || slices.Contains(r.Modalities, "audio")},
		{"image_out", slices.Contains(r.Modalities, "image")},
		{"service_tier", r.ServiceTier != "" && r.ServiceTier != "auto" && r.ServiceTier != "default" && !strings.HasPrefix(r.ServiceTier, "standard")},
		{"metadata", len(r.Metadata) > 0},
		{"prompt_cache_key", r.PromptCacheKey != ""},
		{"prompt_cache_retention", r.PromptCacheRetention != ""},
		{"safety_settings", len(r.SafetySettings) > 0},
		{"store", r.Store != nil && *r.Store},
		{"previous_response_id", r.PreviousResponseID != ""},
		{"conversation", r.Conversation != ""},
		{"truncation", r.Truncation != "" && r.Truncation != "disabled"},
		{"background", r.Background != nil && *r.Background},
		{"include", wirejson.UnsaidIncludes(r)},
	} {
		if f.asked {
			e.losses.Drop(f.feature, f.feature)
		}
	}
	e.foreign(r.Ext, "")
	if r.Reasoning != nil {
		e.foreign(r.Reasoning.Ext, "reasoning")
	}
	if r.Completion != nil {
		e.foreign(r.Completion.Ext, "")
	}
}
