package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Budgets, in tokens, up to which an effort is low and medium.
const (
	lowBudget    = 4 << 10
	mediumBudget = 16 << 10
)

// takesLevels reports whether a model is told how hard to think. The server
// refuses a level for every other model ("think value … is not supported for
// this model"), and this family ignores true and false.
// https://docs.ollama.com/capabilities/thinking
func takesLevels(model string) bool { return strings.Contains(strings.ToLower(model), "gpt-oss") }

// think writes whether, or how hard, the model is to think.
func (e *requestEncoder) think() {
	r := e.req.Reasoning
	if r == nil {
		return
	}
	e.where = "reasoning"
	if own := wirejson.ExtOf(r.Ext, markScope, "think"); own != nil && saysThink(own, r) {
		e.w.Raw("think", own)
		return
	}
	switch {
	case isOff(r):
		e.thinkOff()
	case isOn(r):
		e.thinkOn(r)
	}
}

// saysThink reports whether own, as the client said it, is still what is asked.
func saysThink(own llm.Raw, r *llm.ReasoningConfig) bool {
	if b, ok := wirejson.Bool(own); ok {
		return r.Enabled != nil && *r.Enabled == b && r.Effort == ""
	}
	level, _ := wirejson.Text(own)
	return level == r.Effort
}

func isOff(r *llm.ReasoningConfig) bool {
	return r.Enabled != nil && !*r.Enabled || r.Effort == "none" || r.Budget != nil && *r.Budget == 0
}

func isOn(r *llm.ReasoningConfig) bool {
	return r.Enabled != nil || r.Effort != "" || r.Budget != nil || r.Adaptive || r.IncludeThoughts != nil && *r.IncludeThoughts
}

func (e *requestEncoder) thinkOff() {
	if takesLevels(e.model) { // it thinks, at least a little
		e.approximate("reasoning_effort")
		e.w.Str("think", "low")
		return
	}
	e.w.Bool("think", false)
}

func (e *requestEncoder) thinkOn(r *llm.ReasoningConfig) {
	budgeted := r.Budget != nil && *r.Budget > 0
	if r.Adaptive && r.Effort == "" && !budgeted {
		e.approximate("reasoning_effort")
	}
	if budgeted {
		e.approximate("reasoning_budget")
	}
	if !takesLevels(e.model) {
		if r.Effort != "" {
			e.approximate("reasoning_effort")
		}
		e.w.Bool("think", true)
		return
	}
	switch effort := r.Effort; {
	case effort == "low", effort == "medium", effort == "high":
		e.w.Str("think", effort)
	case effort == "minimal":
		e.approximate("reasoning_effort")
		e.w.Str("think", "low")
	case effort != "": // more than high
		e.approximate("reasoning_effort")
		e.w.Str("think", "high")
	case budgeted:
		e.w.Str("think", levelOf(*r.Budget))
	default:
		e.w.Bool("think", true) // its own default
	}
}

func levelOf(budget int64) string {
	switch {
	case budget <= lowBudget:
		return "low"
	case budget <= mediumBudget:
		return "medium"
	}
	return "high"
}
