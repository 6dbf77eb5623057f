package openaichat

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Budgets of thinking, in tokens, up to which an effort stands for them. The
// steps are the usual ones among gateways.
const (
	budgetLow    = 1024
	budgetMedium = 8192
)

// reasoning writes how much the model shall think.
func (e *requestEncoder) reasoning() {
	c := e.req.Reasoning
	if c == nil {
		return
	}
	e.foreignExt(c.Ext, "reasoning")
	if !e.vendor.known && (wirejson.HasExt(c.Ext, protocol) || wirejson.HasExt(c.Ext, markScope)) {
		e.reasoningAsAsked(c)
		return
	}
	switch e.vendor.ask {
	case askObject:
		e.reasoningObject(c)
	case askThinking:
		e.thinkingSwitch(c)
	default:
		e.effort(c)
	}
}

// reasoningAsAsked gives a vendor nothing is known of what the client, who
// speaks its dialect, said.
func (e *requestEncoder) reasoningAsAsked(c *llm.ReasoningConfig) {
	effort, _ := wirejson.Text(wirejson.Member(spelling(c.Ext, "reasoning"), "effort"))
	if c.Effort != effort {
		e.w.OptStr("reasoning_effort", c.Effort)
	}
	e.w.Ext(c.Ext, protocol)
	e.w.Ext(c.Ext, markScope)
}

// reasoningObject writes OpenRouter's object, which has words for everything.
func (e *requestEncoder) reasoningObject(c *llm.ReasoningConfig) {
	if own := spelling(c.Ext, "reasoning"); own != nil {
		e.w.Raw("reasoning", own)
		return
	}
	e.w.Begin("reasoning", '{')
	switch {
	case c.Effort != "":
		effort := c.Effort
		if effort == "max" {
			e.losses.Approximate("reasoning_effort", "reasoning.effort")
			effort = "xhigh"
		}
		e.w.Str("effort", effort)
		if c.Budget != nil { // it takes one of the two
			e.losses.Drop("reasoning_budget", "reasoning.budget")
		}
	case c.Enabled != nil && !*c.Enabled:
		e.w.Bool("enabled", false)
	case c.Budget != nil && *c.Budget > 0:
		e.w.Int("max_tokens", *c.Budget)
	case c.Budget != nil:
		e.w.Bool("enabled", *c.Budget != 0)
	case c.Adaptive || c.Enabled != nil:
		e.w.Bool("enabled", true)
	}
	if c.Summary == "omitted" {
		e.w.Bool("exclude", true)
	}
	if e.w.B[len(e.w.B)-1] == '{' { // nothing to say
		e.w.B = e.w.B[:len(e.w.B)-len(`,"reasoning":{`)]
		return
	}
	e.w.Close('}')
}

// thinkingSwitch writes the switch of vendors whose models think or do not.
func (e *requestEncoder) thinkingSwitch(c *llm.ReasoningConfig) {
	if own := spelling(c.Ext, "thinking"); own != nil {
		e.w.Raw("thinking", own)
		return
	}
	off := c.Enabled != nil && !*c.Enabled || c.Effort == "none" || c.Budget != nil && *c.Budget == 0
	on := c.Enabled != nil || c.Effort != "" || c.Budget != nil || c.Adaptive
	switch {
	case off:
		e.w.Raw("thinking", llm.Raw(`{"type":"disabled"}`))
	case on:
		if c.Effort != "" {
			e.losses.Approximate("reasoning_effort", "reasoning.effort")
		}
		if c.Budget != nil {
			e.losses.Approximate("reasoning_budget", "reasoning.budget")
		}
		e.w.Raw("thinking", llm.Raw(`{"type":"enabled"}`))
	}
	e.summaryLoss(c)
}

// summaryLoss notes that the client cannot choose how thinking is shown.
func (e *requestEncoder) summaryLoss(c *llm.ReasoningConfig) {
	// OpenAI shows no thinking here; elsewhere it is shown unasked.
	shown := e.vendor.reference && (c.Summary == "auto" || c.Summary == "" && c.IncludeThoughts != nil && *c.IncludeThoughts)
	if shown || c.Summary != "" && c.Summary != "auto" && c.Summary != "omitted" {
		e.losses.Drop("reasoning_summary", "reasoning.summary")
	}
}

// effort writes reasoning_effort.
func (e *requestEncoder) effort(c *llm.ReasoningConfig) {
	e.summaryLoss(c)
	effort, budget := c.Effort, c.Effort == "" && c.Budget != nil
	switch {
	case effort != "":
		if c.Budget != nil {
			e.losses.Drop("reasoning_budget", "reasoning.budget")
		}
	case c.Enabled != nil && !*c.Enabled:
		effort, budget = "none", false
	case budget && *c.Budget >= 0:
		effort = effortOf(*c.Budget)
	case c.Adaptive, c.Enabled != nil, budget:
		budget = false
		if !e.family.Reasons { // a model that thinks does so by itself
			e.losses.Approximate("reasoning_effort", "reasoning")
			return
		}
		// The newest models do not think unless an effort is named.
		e.losses.Approximate("reasoning_effort", "reasoning")
		effort = "medium"
	default:
		return
	}
	if e.vendor.reference && !e.family.Reasons {
		if effort != "none" {
			e.losses.Drop("reasoning_effort", "reasoning")
		}
		return
	}
	if budget {
		e.losses.Approximate("reasoning_budget", "reasoning.budget")
	}
	e.w.Str("reasoning_effort", e.fitEffort(effort))
}

func effortOf(budget int64) string {
	switch {
	case budget <= 0:
		return "none"
	case budget <= budgetLow:
		return "low"
	case budget <= budgetMedium:
		return "medium"
	}
	return "high"
}

// fitEffort returns the nearest effort the model takes.
func (e *requestEncoder) fitEffort(effort string) string {
	fit := effort
	if e.vendor.known && effort == "max" {
		fit = "xhigh"
	}
	if e.vendor.known {
		fit = e.family.FitEffort(fit)
	}
	if fit != effort {
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
	}
	return fit
}

// thoughtWriter writes the thinking of one message in the spellings of thoughts.
type thoughtWriter struct {
	w *wirejson.Writer
	// sign reports whether a signature may go out, and notes when not.
	sign func(s *llm.Signature) bool
}

// plainThought is what can be read of r.
func plainThought(r *llm.Reasoning) string {
	if r.Text != "" {
		return r.Text
	}
	return strings.Join(r.Summary, summaryGap)
}

// summaryGap stands between thoughts that are told as one text.
const summaryGap = "\n\n"

// structured writes reasoning_details and thinking_blocks for the blocks that
// came as such or carry what only these can.
func (t thoughtWriter) structured(all []*llm.Reasoning) {
	t.list("reasoning_details", all, func(r *llm.Reasoning) bool { return isDetail(r) && !marked(r.Ext, markThinking) }, t.detail)
	t.list("thinking_blocks", all, func(r *llm.Reasoning) bool { return marked(r.Ext, markThinking) }, t.thinkingBlock)
}

func (t thoughtWriter) list(name string, all []*llm.Reasoning, of func(*llm.Reasoning) bool, write func(*llm.Reasoning)) {
	open := false
	for _, r := range all {
		if !of(r) {
			continue
		}
		if !open {
			t.w.Begin(name, '[')
			open = true
		}
		write(r)
	}
	if open {
		t.w.Close(']')
	}
}

// detail writes one element of reasoning_details.
func (t thoughtWriter) detail(r *llm.Reasoning) {
	t.w.Open('{')
	if kind := wirejson.ExtOf(r.Ext, markScope, "type"); kind != nil {
		t.w.Raw("type", kind)
	} else {
		t.w.Str("type", detailTypeOf(r))
	}
	t.w.OptStr("text", r.Text)
	if len(r.Summary) > 0 {
		t.w.Str("summary", strings.Join(r.Summary, summaryGap))
	}
	if t.sign(r.Encrypted) {
		t.w.Str("data", r.Encrypted.Data)
	}
	if t.sign(r.Signature) {
		t.w.Str("signature", r.Signature.Data)
	}
	t.w.OptStr("id", r.ID)
	t.w.Ext(r.Ext, protocol)
	t.w.Close('}')
}

// thinkingBlock writes one of LiteLLM's blocks.
func (t thoughtWriter) thinkingBlock(r *llm.Reasoning) {
	t.w.Open('{')
	if r.Redacted {
		t.w.Str("type", "redacted_thinking")
	} else {
		t.w.Str("type", "thinking")
		t.w.Str("thinking", r.Text)
	}
	if t.sign(r.Encrypted) {
		t.w.Str("data", r.Encrypted.Data)
	}
	if t.sign(r.Signature) {
		t.w.Str("signature", r.Signature.Data)
	}
	writeCache(t.w, r.Cache)
	t.w.Ext(r.Ext, protocol)
	t.w.Close('}')
}

// writeCache writes Anthropic's mark.
func writeCache(w *wirejson.Writer, c *llm.CacheMark) {
	if c == nil {
		return
	}
	w.Begin("cache_control", '{')
	if kind := ownMember(c.Ext, "type"); kind != nil {
		w.Raw("type", kind)
	} else {
		w.Str("type", "ephemeral")
	}
	w.OptStr("ttl", c.TTL)
	w.Ext(c.Ext, protocol, "type")
	w.Close('}')
}
