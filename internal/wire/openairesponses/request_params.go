package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Budgets of thinking, in tokens, up to which an effort stands for them. The
// API has efforts only; the steps are the usual ones among gateways.
const (
	budgetLow    = 1024
	budgetMedium = 8192
)

// reasoning appends the reasoning object, with budgets turned into efforts.
func (e *requestEncoder) reasoning(b []byte) []byte {
	c := e.req.Reasoning
	if c == nil {
		return b
	}
	effort := e.effort(c)
	if e.foreign() && e.family.Plain {
		if effort != "" && effort != "none" {
			e.losses.Drop("reasoning_effort", "reasoning")
		}
		return b
	}
	if fit := e.family.FitEffort(effort); e.foreign() && effort != "" && fit != effort {
		e.losses.Approximate("reasoning_effort", "reasoning.effort")
		effort = fit
	}
	e.asks = effort
	summary := c.Summary
	switch {
	case summary == "omitted":
		summary = "" // not showing summaries is what the API does unasked
	case summary == "" && e.foreign() && e.shown(c), summary == "" && c.IncludeThoughts != nil && *c.IncludeThoughts:
		summary = "auto"
	}
	if effort == "" && summary == "" && !hasScope(c.Ext, protocol) {
		return b
	}
	b = append(wirejson.AppendName(b, "reasoning"), '{')
	b = appendOptional(b, "effort", effort)
	b = appendOptional(b, "summary", summary)
	return append(appendExt(b, c.Ext, protocol), '}')
}

// shown reports whether a client that says nothing of summaries expects to see
// thinking: protocols that switch thinking on show it unless told otherwise.
func (e *requestEncoder) shown(c *llm.ReasoningConfig) bool {
	if c.IncludeThoughts != nil {
		return *c.IncludeThoughts
	}
	if c.Enabled != nil {
		return *c.Enabled
	}
	return c.Adaptive || c.Budget != nil && *c.Budget > 0
}

func (e *requestEncoder) effort(c *llm.ReasoningConfig) string {
	switch {
	case c.Effort != "":
		if c.Budget != nil {
			e.losses.Drop("reasoning_budget", "reasoning.budget")
		}
		return c.Effort
	case c.Enabled != nil && !*c.Enabled:
		return "none"
	case c.Budget != nil:
		e.losses.Approximate("reasoning_budget", "reasoning.budget")
		switch n := *c.Budget; {
		case n <= 0:
			return "none"
		case n <= budgetLow:
			return "low"
		case n <= budgetMedium:
			return "medium"
		}
		return "high"
	case c.Adaptive || c.Enabled != nil:
		// The newest models do not think unless an effort is named.
		e.losses.Approximate("reasoning_effort", "reasoning")
		return "medium"
	}
	return ""
}

// formatted returns the request with its schema enforced where the client's
// protocol always does, and notes where this one does not.
func (e *requestEncoder) formatted() *llm.Request {
	if e.req.Format == nil || e.req.Format.Type != "json_schema" {
		return e.req
	}
	strict, lost := openai.Strict(e.req.Format, e.req.Source)
	if lost {
		e.losses.Approximate("schema_strict", "response_format.strict")
	}
	if strict == e.req.Format.Strict {
		return e.req
	}
	r, f := *e.req, *e.req.Format
	f.Strict = strict
	r.Format = &f
	return &r
}

// appendTextConfig appends the text object: format and verbosity.
func appendTextConfig(b []byte, r *llm.Request) []byte {
	if r.Format == nil && r.Verbosity == "" && !hasScope(r.Ext, textScope) {
		return b
	}
	return appendTextObject(wirejson.AppendName(b, "text"), r)
}

func appendTextObject(b []byte, r *llm.Request) []byte {
	b = append(b, '{')
	if r.Format != nil {
		b = appendFormat(wirejson.AppendName(b, "format"), r.Format)
	}
	b = appendOptional(b, "verbosity", r.Verbosity)
	return append(appendExt(b, r.Ext, textScope), '}')
}

func appendFormat(b []byte, f *llm.Format) []byte {
	b = wirejson.AppendText(append(b, `{"type":`...), f.Type)
	if f.Type == "json_schema" {
		name := f.Name
		if name == "" {
			name = "response" // the API demands one
		}
		b = appendMember(b, "name", name)
		b = appendOptional(b, "description", f.Description)
		if f.Schema != nil {
			b = appendRaw(b, "schema", f.Schema)
		}
		b = appendBool(b, "strict", f.Strict)
	}
	return append(appendExt(b, f.Ext, protocol), '}')
}
