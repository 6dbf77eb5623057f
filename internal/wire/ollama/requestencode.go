package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Paths below the base URL, which ends in /api.
const (
	pathChat     = "/chat"
	pathGenerate = "/generate"
)

// EncodeRequest renders req as the body of POST /chat, or of /generate where it
// completes a text. A text completion of several turns, and a conversation of
// which nothing can be said, is refused with KindUnsupported.
func (Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := requestEncoder{req: req, model: to.Model, path: pathChat}
	if e.model == "" {
		e.model = req.Model
	}
	e.w.B = append(make([]byte, 0, 4<<10), '{')
	e.w.Str("model", e.model)
	if req.Completion != nil {
		e.path = pathGenerate
		if err := e.completion(); err != nil {
			return nil, nil, err
		}
	} else {
		if said := e.messages(); !said && len(req.Messages) > 0 {
			return nil, nil, wirejson.NothingLeft(req.Messages)
		}
		e.tools()
	}
	e.format()
	e.options()
	e.think()
	e.logprobs()
	e.w.Bool("stream", req.Stream) // what is not said is a stream
	e.w.Ext(req.Ext, protocol, "options")
	e.w.Close('}')
	e.unsaid()
	return &wire.Outbound{Path: e.path, Body: e.w.B}, e.losses.List, nil
}

// requestEncoder writes one request.
type requestEncoder struct {
	w      wirejson.Writer
	losses llm.Losses
	req    *llm.Request
	model  string
	path   string
	where  string // what is being written, for losses
}

func (e *requestEncoder) drop(feature string) { e.losses.Drop(feature, e.where) }

func (e *requestEncoder) approximate(feature string) { e.losses.Approximate(feature, e.where) }

// format writes how the text of the answer is constrained. The grammar that a
// schema becomes is strict always.
func (e *requestEncoder) format() {
	f := e.req.Format
	if f == nil || f.Type == "" || f.Type == "text" {
		return
	}
	e.foreign(f.Ext, "response_format.")
	if f.Type == "json_schema" {
		if f.Description != "" {
			e.losses.Drop("response_format_description", "response_format.description")
		}
		if wirejson.KindOf(f.Schema) == '{' {
			e.w.Raw("format", f.Schema)
			return
		}
		e.losses.Approximate("response_format", "response_format")
	}
	e.w.Str("format", "json")
}

// logprobs asks for probabilities. Elsewhere the number alone asks; here the
// flag must stand beside it.
func (e *requestEncoder) logprobs() {
	s := &e.req.Sampling
	e.w.OptBool("logprobs", s.Logprobs)
	if s.Logprobs == nil && s.TopLogprobs != nil && *s.TopLogprobs > 0 {
		e.w.Bool("logprobs", true)
	}
	e.w.OptInt("top_logprobs", s.TopLogprobs)
}

// unsaid notes what the request asks and the protocol has no words for.
func (e *requestEncoder) unsaid() {
	r := e.req
	for _, f := range []struct {
		asked   bool
		feature string
	}{
		{r.N != nil && *r.N > 1, "n"},
		{len(r.Sampling.LogitBias) > 0 && string(r.Sampling.LogitBias) != "{}", "logit_bias"},
		{r.ParallelTools != nil && !*r.ParallelTools && len(r.Tools) > 0, "parallel_tools"},
		{r.Verbosity != "", "verbosity"},
		{r.AudioOut != nil, "audio_out"},
		{r.ServiceTier != "" && r.ServiceTier != "auto" && r.ServiceTier != "default" && !strings.HasPrefix(r.ServiceTier, "standard"), "service_tier"},
		{len(r.Metadata) > 0, "metadata"},
		{r.User != "", "user"},
		{r.PromptCacheKey != "", "prompt_cache_key"},
		{r.PromptCacheRetention != "", "prompt_cache_retention"},
		{len(r.SafetySettings) > 0, "safety_settings"},
		{r.Store != nil && *r.Store, "store"},
		{r.PreviousResponseID != "", "previous_response_id"},
		{r.Conversation != "", "conversation"},
		{r.Truncation != "" && r.Truncation != "disabled", "truncation"},
		{r.Background != nil && *r.Background, "background"},
		{wirejson.UnsaidIncludes(r), "include"},
	} {
		if f.asked {
			e.losses.Drop(f.feature, f.feature)
		}
	}
	for _, m := range r.Modalities {
		if m != "text" && (m != "audio" || r.AudioOut == nil) {
			e.losses.Drop(m+"_out", "modalities")
		}
	}
	e.foreign(r.Ext, "")
	if r.Reasoning != nil {
		e.foreign(r.Reasoning.Ext, "reasoning.")
	}
	if r.ToolChoice != nil {
		e.foreign(r.ToolChoice.Ext, "tool_choice.")
	}
}

// foreign notes members that only another protocol knows; path goes before
// their names.
func (e *requestEncoder) foreign(ext llm.Ext, path string) {
	for i := range ext {
		if wirejson.Foreign(ext[i], protocol) {
			e.losses.Drop("extension", path+ext[i].Name)
		}
	}
}
