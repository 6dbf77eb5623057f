package anthropic

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// unsaid notes what the request asks and the protocol has no words for. What
// asks for nothing (a penalty of zero, one choice) is no loss.
func (e *requestEncoder) unsaid() {
	r, s := e.req, &e.req.Sampling
	for _, f := range []struct {
		asked   bool
		feature string
	}{
		{r.N != nil && *r.N > 1, "n"},
		{nonZero(s.FrequencyPenalty), "frequency_penalty"},
		{nonZero(s.PresencePenalty), "presence_penalty"},
		{nonZero(s.MinP), "min_p"},
		{s.Seed != nil, "seed"},
		{says(s.LogitBias), "logit_bias"},
		{s.Logprobs != nil && *s.Logprobs || s.TopLogprobs != nil && *s.TopLogprobs > 0, "logprobs"},
		{r.Verbosity != "", "verbosity"},
		{r.AudioOut != nil, "audio_out"},
		{len(r.Metadata) > 0, "metadata"},
		{r.PromptCacheKey != "", "prompt_cache_key"},
		{r.PromptCacheRetention != "", "prompt_cache_retention"},
		{says(r.SafetySettings), "safety_settings"},
		{r.Store != nil && *r.Store, "store"},
		{r.PreviousResponseID != "", "previous_response_id"},
		{r.Conversation != "", "conversation"},
		{r.Truncation != "" && r.Truncation != "disabled", "truncation"},
		{r.Background != nil && *r.Background, "background"},
		{wirejson.UnsaidIncludes(r), "include"},
	} {
		if f.asked {
			e.loss.Drop(f.feature, f.feature)
		}
	}
	for _, m := range r.Modalities {
		if m != "text" {
			e.loss.Drop(m+"_out", "modalities")
		}
	}
	e.completion(r.Completion)
	e.foreign(r.Ext, "")
	if r.Reasoning != nil {
		e.foreign(r.Reasoning.Ext, "reasoning")
	}
	if r.ToolChoice != nil {
		e.foreign(r.ToolChoice.Ext, "tool_choice")
	}
	if r.Format != nil {
		e.foreign(r.Format.Ext, "response_format")
	}
}

// foreign notes members of the object at path that only another protocol knows.
func (e *encoder) foreign(ext llm.Ext, path string) {
	for i := range ext {
		if wirejson.Foreign(ext[i], self) {
			e.loss.Drop("extension", strings.TrimPrefix(path+"."+ext[i].Name, "."))
		}
	}
}

// completion notes what only the legacy text-completion protocol asks.
func (e *requestEncoder) completion(c *llm.Completion) {
	if c == nil {
		return
	}
	if c.Suffix != "" {
		e.loss.Drop("suffix", "suffix")
	}
	if c.Echo {
		e.loss.Drop("echo", "echo")
	}
	if c.BestOf != nil && *c.BestOf > 1 {
		e.loss.Drop("best_of", "best_of")
	}
	e.foreign(c.Ext, "")
}

func nonZero(f *float64) bool { return f != nil && *f != 0 }

// says reports whether a raw value is there and not an empty container.
func says(v llm.Raw) bool {
	switch string(v) {
	case "", "null", "{}", "[]":
		return false
	}
	return true
}
