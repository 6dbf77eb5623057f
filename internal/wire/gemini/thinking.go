package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// levels maps efforts to the levels of Gemini 3.
var levels = map[string]string{
	"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH",
	"xhigh": "HIGH", "max": "HIGH",
}

// effortBudgets maps efforts to tokens, for models before Gemini 3, which have
// budgets only. 24576 is the most every 2.5 model takes.
var effortBudgets = map[string]int64{
	"minimal": 512, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576,
}

// thinking writes thinkingConfig: one of budget and level, which the API
// refuses together (ai.google.dev/gemini-api/docs/thinking).
func (e *encoder) thinking() {
	r := e.req.Reasoning
	if r == nil {
		return
	}
	e.nonEmpty("thinkingConfig", func() {
		if r.Summary == "concise" || r.Summary == "detailed" {
			e.losses.Approximate("reasoning_summary", "reasoning.summary")
		}
		if e.showsThoughts(r) {
			e.bool("includeThoughts", true)
		}
		switch {
		case r.Effort == "none" || r.Enabled != nil && !*r.Enabled:
			e.thinkingOff()
		case r.Effort != "" && !e.model.before3():
			e.level(r)
		case r.Budget != nil:
			e.losesEffort(r)
			e.int("thinkingBudget", e.clamped(*r.Budget))
		case r.Adaptive:
			e.losesEffort(r)
			e.int("thinkingBudget", -1)
		case r.Effort != "":
			e.losses.Approximate("reasoning_effort", "reasoning.effort")
			e.int("thinkingBudget", e.clampedQuietly(effortBudget(r.Effort)))
		}
		e.ext(r.Ext)
	})
	e.foreign(r.Ext, "reasoning")
}

// showsThoughts: a client of this protocol says so; of others, one that
// switched thinking on or asked for summaries expects to see some.
func (e *encoder) showsThoughts(r *llm.ReasoningConfig) bool {
	if r.IncludeThoughts != nil {
		return *r.IncludeThoughts
	}
	switch r.Summary {
	case "omitted":
		return false
	case "":
		return r.Adaptive || r.Budget != nil && *r.Budget > 0 || r.Enabled != nil && *r.Enabled
	}
	return true
}

func (e *encoder) losesEffort(r *llm.ReasoningConfig) {
	if r.Effort != "" {
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
	}
}

// thinkingOff writes the least thinking the model can do.
func (e *encoder) thinkingOff() {
	switch {
	case e.model.before3() && e.model.pro:
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
		e.int("thinkingBudget", minProBudget)
	case e.model.before3() || e.req.Reasoning.Budget != nil:
		e.int("thinkingBudget", 0)
	case e.model.pro:
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
		e.str("thinkingLevel", "LOW")
	default:
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
		e.str("thinkingLevel", "MINIMAL")
	}
}

func (e *encoder) level(r *llm.ReasoningConfig) {
	if r.Budget != nil {
		e.losses.Drop("reasoning_budget", "reasoning.budget")
	}
	level, ok := levels[r.Effort]
	switch {
	case !ok:
		e.losses.Drop("reasoning_effort", "reasoning.effort")
		return
	case level == "MINIMAL" && e.model.pro: // Pro models start at LOW
		level = "LOW"
	case level == "MEDIUM" && e.model.pro && e.model.generation == 3 && e.model.point == 0:
		level = "HIGH" // 3 Pro knows LOW and HIGH; 3.1 Pro brought MEDIUM
	}
	if !strings.EqualFold(level, r.Effort) {
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
	}
	e.str("thinkingLevel", level)
}

func effortBudget(effort string) int64 {
	if n, ok := effortBudgets[effort]; ok {
		return n
	}
	return -1
}

// The bounds of budgets of the 2.5 models (ai.google.dev/gemini-api/docs/thinking).
const (
	minProBudget  = 128
	minLiteBudget = 512
	maxProBudget  = 32768
	maxBudget     = 24576
)

// clamped brings a budget into the model's bounds.
func (e *encoder) clamped(n int64) int64 {
	c := e.clampedQuietly(n)
	if c != n {
		e.losses.Approximate("reasoning_budget", "reasoning.budget")
	}
	return c
}

func (e *encoder) clampedQuietly(n int64) int64 {
	if n <= 0 || e.model.generation != 2 {
		return n
	}
	switch {
	case e.model.pro:
		return min(max(n, minProBudget), maxProBudget)
	case e.model.lite:
		return min(max(n, minLiteBudget), maxBudget)
	}
	return min(n, maxBudget)
}
