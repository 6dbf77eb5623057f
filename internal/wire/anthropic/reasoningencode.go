package anthropic

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// thinkingPlan is what a request will say about thinking.
type thinkingPlan struct {
	native  bool   // asked in this protocol, word for word
	kind    string // thinking.type; "" writes no thinking member
	budget  *int64
	display string
	effort  string // output_config.effort
}

// on reports whether the model will think.
func (p *thinkingPlan) on() bool { return p.kind != "" && p.kind != "disabled" }

// planThinking decides what to ask, because max_tokens and sampling depend on it.
func (e *requestEncoder) planThinking() thinkingPlan {
	r := e.req.Reasoning
	if r == nil {
		return thinkingPlan{}
	}
	var plan thinkingPlan
	kind, effort := marked(r.Ext, "type"), marked(r.Ext, "effort")
	if plan.native = kind != nil || effort != nil; plan.native {
		plan.kind, _ = wirejson.Text(kind)
		plan.effort, plan.budget = r.Effort, r.Budget
	} else {
		e.planForeign(&plan, r)
	}
	if plan.on() && e.cannotThink(plan.kind) {
		e.loss.Drop("reasoning", "reasoning")
		plan.kind, plan.budget = "", nil
	}
	if plan.on() && (plan.native || e.family.think != thinksByBudget) {
		plan.display = e.display(r, plan.native)
	}
	return plan
}

// planForeign translates the ways in which other protocols ask: off, a budget
// in tokens, an effort, or just on; each into what the model's family takes.
func (e *requestEncoder) planForeign(plan *thinkingPlan, r *llm.ReasoningConfig) {
	off := r.Enabled != nil && !*r.Enabled || r.Effort == "none" || r.Budget != nil && *r.Budget == 0
	budgeted := r.Budget != nil && *r.Budget > 0 && !r.Adaptive
	on := r.Effort != "" || r.Adaptive || r.Summary != "" || r.Enabled != nil ||
		r.IncludeThoughts != nil && *r.IncludeThoughts
	switch style := e.family.think; {
	case off:
		e.planOff(plan)
	case !budgeted && !on:
	case style == thinksNever:
		e.loss.Drop("reasoning", "reasoning")
	case budgeted && style == thinksAdaptively:
		e.loss.Approximate("reasoning_budget", "reasoning")
		plan.kind, plan.effort = "adaptive", effortOf(*r.Budget)
		if r.Effort != "" {
			plan.effort = e.effort(r.Effort)
		}
	case budgeted:
		if r.Effort != "" {
			e.loss.Approximate("reasoning_effort", "reasoning")
		}
		if plan.budget = e.budget(*r.Budget); plan.budget != nil {
			plan.kind = "enabled"
		}
	case style == thinksByBudget:
		e.planEffortAsBudget(plan, r.Effort)
	default:
		plan.kind, plan.effort = "adaptive", e.effort(r.Effort)
	}
}

// planOff asks for no thinking, or the least the model can do.
func (e *requestEncoder) planOff(plan *thinkingPlan) {
	switch {
	case e.family.think == thinksNever: // it does not think
	case e.family.off == "":
		plan.kind = "disabled"
	case e.family.off == alwaysOn:
		e.loss.Approximate("reasoning_effort", "reasoning")
		plan.effort = "low"
	default:
		e.loss.Approximate("reasoning_effort", "reasoning")
		plan.kind = e.family.off
	}
}

// effortBudgets has the budget that stands for an effort, in tokens. A wish to
// think that does not say how much is a medium one.
var effortBudgets = map[string]int64{
	"minimal": minBudget, "low": minBudget, "": 8192, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576,
}

// planEffortAsBudget asks a model that knows no effort.
func (e *requestEncoder) planEffortAsBudget(plan *thinkingPlan, effort string) {
	want, known := effortBudgets[effort]
	if !known {
		want = effortBudgets[""]
	}
	plan.budget = e.fitBudget(want)
	switch {
	case plan.budget == nil:
		e.loss.Drop("reasoning", "reasoning")
		return
	case known:
		e.loss.Approximate("reasoning_effort", "reasoning")
	default:
		e.loss.Drop("reasoning_effort", "reasoning")
	}
	plan.kind = "enabled"
}

// effortOf returns the effort that stands for a budget: the one whose own
// budget is nearest.
func effortOf(budget int64) string {
	switch {
	case budget <= (minBudget+8192)/2:
		return "low"
	case budget <= (8192+24576)/2:
		return "medium"
	}
	return "high"
}

func (e *requestEncoder) effort(effort string) string {
	switch effort {
	case "", "low", "medium", "high", "max":
		return effort
	case "xhigh":
		if !e.family.noXHigh {
			return effort
		}
		e.loss.Approximate("reasoning_effort", "reasoning")
		return "high"
	case "minimal":
		e.loss.Approximate("reasoning_effort", "reasoning")
		return "low"
	}
	e.loss.Drop("reasoning_effort", "reasoning")
	return ""
}

// budget fits the budget a client asked for and notes what it costs.
func (e *requestEncoder) budget(want int64) *int64 {
	got := e.fitBudget(want)
	switch {
	case got == nil:
		e.loss.Drop("reasoning_budget", "reasoning")
	case *got != want:
		e.loss.Approximate("reasoning_budget", "reasoning")
	}
	return got
}

// fitBudget fits a budget between the API's minimum and max_tokens, which
// counts thinking too; nil when there is no room.
func (e *requestEncoder) fitBudget(want int64) *int64 {
	got := max(want, minBudget)
	bound := e.to.MaxOutput
	if e.req.MaxTokens != nil {
		bound = *e.req.MaxTokens
	}
	if bound > 0 && got >= bound {
		got = bound - 1
	}
	if got < minBudget {
		return nil
	}
	return &got
}

// cannotThink reports whether the API would refuse to think here: when a tool
// is forced, and, for thinking with a budget, when the turn that goes on was
// begun without thinking of its own (another model began it).
func (e *requestEncoder) cannotThink(kind string) bool {
	if c := e.req.ToolChoice; c != nil && len(e.offered()) > 0 {
		forced := c.Mode == llm.ToolModeRequired || c.Mode == llm.ToolModeNamed ||
			c.Mode == llm.ToolModeAllowed && c.AllowedRequired
		if forced && !e.family.noForce { // else it will not be
			return true
		}
	}
	return kind == "enabled" && e.beganWithoutThinking()
}

func (e *requestEncoder) beganWithoutThinking() bool {
	last := len(e.req.Messages) - 1
	for last >= 0 && e.req.Messages[last].Role == llm.RoleTool {
		last--
	}
	if last < 0 || e.req.Messages[last].Role != llm.RoleAssistant {
		return false
	}
	// The turn may have been told in several messages.
	first := last
	for first > 0 && e.req.Messages[first-1].Role == llm.RoleAssistant {
		first--
	}
	for ; first <= last; first++ {
		for _, b := range e.req.Messages[first].Blocks {
			switch b := b.(type) {
			case *llm.Reasoning:
				if own(b.Signature) || own(b.Encrypted) {
					return false
				}
			case *llm.Text:
				if !blank(b.Text) {
					return true
				}
			default:
				return true
			}
		}
	}
	return false
}

// display says how thinking is shown: "summarized", "omitted" or "" (the
// model's default).
func (e *requestEncoder) display(r *llm.ReasoningConfig, asIs bool) string {
	switch {
	case r.Summary == "auto":
		return "summarized"
	case r.Summary == "" && r.IncludeThoughts != nil && *r.IncludeThoughts:
		return "summarized"
	case r.Summary == "" && r.IncludeThoughts != nil:
		return "omitted"
	case r.Summary == "" || r.Summary == "omitted" || asIs:
		return r.Summary
	}
	e.loss.Approximate("reasoning_summary", "reasoning")
	return "summarized"
}

func (e *requestEncoder) writeThinking(plan thinkingPlan) {
	if plan.kind == "" {
		return
	}
	e.w.begin("thinking", '{')
	e.w.str("type", plan.kind)
	e.w.optInt("budget_tokens", plan.budget)
	e.w.optStr("display", plan.display)
	if plan.native {
		e.w.ext(e.req.Reasoning.Ext)
	}
	e.w.close('}')
}
