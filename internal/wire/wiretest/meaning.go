package wiretest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Meaning is what a request asks, by aspects, in one spelling: what protocols
// say in different ways and mean the same is the same text here. Aspects that
// are not asked are absent or hold the default.
//
// The keys "reasoning.shown" and "ext.…" are compared only for the features
// that look at them: whether thinking is shown differs by default, and members
// that a protocol alone knows are not its neighbours' business.
type Meaning map[string]string

// MeaningOf returns what r asks.
func MeaningOf(r *llm.Request) Meaning {
	m := Meaning{}
	lines := renderer{ids: map[string]string{}}
	m.set("system", lines.system(r))
	m.set("messages", lines.messages(r))
	m.set("tools", tools(r.Tools))
	m.set("tool_choice", choice(r.ToolChoice, r.Tools))
	if r.ToolChoice == nil || r.ToolChoice.Mode != llm.ToolModeNone { // else there are no calls
		m.set("parallel_tools", flag(r.ParallelTools, "true"))
	}
	m.sampling(r)
	m.reasoning(r.Reasoning)
	m.format(r.Format)
	m.output(r)
	m.service(r)
	m.state(r)
	m.ext(r)
	return m
}

func (m Meaning) set(key, value string) {
	if value != "" {
		m[key] = value
	}
}

func num[T int64 | float64](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

// flag spells a switch; absent is its default.
func flag(v *bool, absent string) string {
	if v == nil {
		return absent
	}
	return strconv.FormatBool(*v)
}

func (m Meaning) sampling(r *llm.Request) {
	s := &r.Sampling
	m.set("max_tokens", num(r.MaxTokens))
	m.set("stop", strings.Join(r.Stop, "|"))
	if r.N != nil && *r.N != 1 {
		m.set("n", num(r.N))
	}
	m.set("temperature", num(s.Temperature))
	m.set("top_p", num(s.TopP))
	m.set("top_k", num(s.TopK))
	m.set("min_p", num(s.MinP))
	m.set("frequency_penalty", num(s.FrequencyPenalty))
	m.set("presence_penalty", num(s.PresencePenalty))
	m.set("seed", num(s.Seed))
	m.set("logit_bias", string(s.LogitBias))
	if s.Logprobs != nil && *s.Logprobs {
		m.set("logprobs", "true")
	}
	m.set("top_logprobs", num(s.TopLogprobs))
}

// reasoning says how much is thought: an effort or a budget where there is
// one, else only whether.
func (m Meaning) reasoning(c *llm.ReasoningConfig) {
	if c == nil {
		return
	}
	switch {
	case c.Effort == "none", c.Enabled != nil && !*c.Enabled, c.Budget != nil && *c.Budget == 0:
		m.set("reasoning", "off")
	case c.Effort != "" && c.Budget != nil:
		m.set("reasoning", c.Effort+" "+num(c.Budget))
	case c.Effort != "":
		m.set("reasoning", c.Effort)
	case c.Budget != nil:
		m.set("reasoning", num(c.Budget))
	case c.Adaptive:
		m.set("reasoning", "adaptive")
	case c.Enabled != nil:
		m.set("reasoning", "on")
	}
	switch {
	case c.Summary == "" && c.IncludeThoughts != nil && *c.IncludeThoughts:
		m.set("reasoning.shown", "auto")
	case c.Summary != "omitted":
		m.set("reasoning.shown", c.Summary)
	}
}

func (m Meaning) format(f *llm.Format) {
	if f == nil || f.Type == "text" {
		return
	}
	m.set("format", f.Type)
	m.set("format.description", f.Description)
	if f.Type == "json_schema" {
		m.set("format.schema", compact(f.Schema))
		m.set("format.strict", flag(f.Strict, "false"))
		m.set("format.name", f.Name)
	}
}

func (m Meaning) output(r *llm.Request) {
	m.set("verbosity", r.Verbosity)
	if !slices.Equal(r.Modalities, []string{"text"}) {
		m.set("modalities", strings.Join(r.Modalities, " "))
	}
	if a := r.AudioOut; a != nil {
		m.set("audio_out", string(a.Voice)+" "+a.Format)
	}
	if c := r.Completion; c != nil {
		m.set("completion.suffix", c.Suffix)
		m.set("completion.best_of", num(c.BestOf))
		if c.Echo {
			m.set("completion.echo", "true")
		}
	}
}

func (m Meaning) service(r *llm.Request) {
	switch tier := r.ServiceTier; tier {
	case "auto":
	case "standard_only", "standard":
		m.set("service_tier", "default")
	default:
		m.set("service_tier", tier)
	}
	for _, kv := range r.Metadata {
		m.set("metadata."+kv.Key, kv.Value)
	}
	m.set("user", r.User)
	m.set("safety_settings", compact(r.SafetySettings))
	m.set("prompt_cache_key", r.PromptCacheKey)
	m.set("prompt_cache_retention", r.PromptCacheRetention)
}

func (m Meaning) state(r *llm.Request) {
	m.set("store", flag(r.Store, ""))
	m.set("previous_response_id", r.PreviousResponseID)
	m.set("conversation", r.Conversation)
	if r.Truncation != "disabled" {
		m.set("truncation", r.Truncation)
	}
	if r.Background != nil && *r.Background {
		m.set("background", "true")
	}
	for _, name := range r.Include {
		if name != "message.output_text.logprobs" { // said by logprobs
			m.set("include."+name, "true")
		}
	}
	if r.Stream {
		m.set("stream", "true")
	}
}

// ext has the members the canonical model has no field for. Inside messages
// and tools only those are told that the table made up.
func (m Meaning) ext(r *llm.Request) {
	for _, e := range r.Ext {
		m.set("ext."+e.Name, compact(e.Value))
	}
	var inParts, inTools llm.Ext
	for i := range r.Messages {
		for _, b := range r.Messages[i].Blocks {
			inParts = append(inParts, b.Common().Ext...)
		}
	}
	for i := range r.Tools {
		inTools = append(inTools, r.Tools[i].Ext...)
	}
	m.set("ext.parts", madeUp(inParts))
	m.set("ext.tools", madeUp(inTools))
}

// madeUp lists the members whose names begin as those that the table made up.
func madeUp(ext llm.Ext) string {
	var names []string
	for _, e := range ext {
		if at := strings.LastIndexByte(e.Name, '.') + 1; strings.HasPrefix(e.Name[at:], "x_") {
			names = append(names, e.Name[at:]+"="+string(e.Value))
		}
	}
	return strings.Join(names, " ")
}

// compact spells JSON in one way: members sorted, no white space.
func compact(raw llm.Raw) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(b)
}
