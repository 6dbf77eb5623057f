package wiretest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// AnswerOf returns what a response says, by aspects, in one spelling; see
// Meaning. Texts of one choice that follow each other are one text, because a
// protocol may cut or join them.
func AnswerOf(r *llm.Response) Meaning {
	m := Meaning{}
	lines := renderer{ids: map[string]string{}}
	for i := range r.Choices {
		c := &r.Choices[i]
		at := fmt.Sprintf("choice %d ", c.Index)
		m.set(at+"said", lines.said(c.Blocks))
		m.set(at+"finish", c.Finish.String())
		m.set(at+"stop_sequence", c.StopSequence)
	}
	if u := r.Usage; u != nil && u.Total() > 0 { // a protocol may have to say something
		m.set("usage", fmt.Sprintf("input %d+%d+%d+%d output %d thinking %d",
			u.Input, u.CacheRead, u.CacheWrite5m, u.CacheWrite1h, u.Output, u.Reasoning))
	}
	m.set("model", r.Model)
	return m
}

// regrouped returns r with what it says sorted by kind, for where a protocol
// has no order among kinds.
func regrouped(r *llm.Response) *llm.Response {
	kind := func(b llm.Block) string { return fmt.Sprintf("%T", b) }
	out := *r
	out.Choices = slices.Clone(r.Choices)
	for i := range out.Choices {
		c := &out.Choices[i]
		c.Blocks = slices.Clone(c.Blocks)
		slices.SortStableFunc(c.Blocks, func(a, b llm.Block) int { return strings.Compare(kind(a), kind(b)) })
	}
	return &out
}

func (w *renderer) said(blocks []llm.Block) string {
	var out []string
	for _, b := range joined(blocks) {
		if !empty(b) {
			out = append(out, w.block(b))
		}
	}
	return strings.Join(out, "\n")
}

// joined returns the blocks with texts, thoughts and refusals that follow each
// other made one.
func joined(blocks []llm.Block) []llm.Block {
	var out []llm.Block
	for _, b := range blocks {
		if r, ok := b.(*llm.Reasoning); ok {
			b = plain(r)
		}
		if n := len(out); n > 0 {
			if one := join(out[n-1], b); one != nil {
				out[n-1] = one
				continue
			}
		}
		out = append(out, b)
	}
	return out
}

// plain is thinking of which a summary is all that is known: its text, to
// protocols that do not tell the two apart.
func plain(r *llm.Reasoning) *llm.Reasoning {
	if r.Text != "" || len(r.Summary) == 0 {
		return r
	}
	c := *r
	c.Text, c.Summary = strings.Join(r.Summary, "\n\n"), nil
	return &c
}

// empty reports whether b says nothing.
func empty(b llm.Block) bool {
	switch b := b.(type) {
	case *llm.Text:
		return b.Text == "" && b.Signature == nil
	case *llm.Reasoning:
		return b.Text == "" && len(b.Summary) == 0 && b.Signature == nil && b.Encrypted == nil && !b.Redacted
	}
	return false
}

// join returns two texts, thoughts or refusals as one; nil when they stay two.
func join(a, b llm.Block) llm.Block {
	switch a := a.(type) {
	case *llm.Text:
		b, ok := b.(*llm.Text)
		if !ok || a.Signature != nil || b.Signature != nil || a.Phase != b.Phase {
			return nil
		}
		return &llm.Text{
			Attrs: a.Attrs, Text: a.Text + b.Text, Phase: a.Phase,
			Citations: append(slices.Clip(a.Citations), b.Citations...),
		}
	case *llm.Reasoning:
		b, ok := b.(*llm.Reasoning)
		sealed := func(r *llm.Reasoning) bool {
			return r.Signature != nil || r.Encrypted != nil || r.Redacted || len(r.Summary) > 0
		}
		if !ok || sealed(a) || sealed(b) {
			return nil
		}
		return &llm.Reasoning{Attrs: a.Attrs, Text: a.Text + "\n\n" + b.Text}
	case *llm.Refusal:
		if b, ok := b.(*llm.Refusal); ok {
			return &llm.Refusal{Attrs: a.Attrs, Text: a.Text + b.Text}
		}
	}
	return nil
}
