package openaichat

import (
	"bytes"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// summary reports whether the lane says a summary.
func (l *lane) summary() bool { return len(l.key) > 0 && l.key[0] == 's' }

// details reads the elements of reasoning_details. Pieces of one element share
// its type and index.
func (c *choiceDecoder) details(v llm.Raw) {
	for _, e := range wirejson.Elements(v) {
		if wirejson.KindOf(e) != '{' {
			continue
		}
		r := readDetail(bytes.Clone(e))
		index := string(wirejson.Member(e, "index"))
		switch {
		case r.Encrypted != nil:
			c.whole(r)
		case len(r.Summary) > 0:
			c.detail("s"+index, r, wirejson.Member(e, "summary"), llm.DeltaSummary)
		case r.Signature != nil && c.lane.kind == laneReasoning && (r.Text == "" || r.Text == string(c.lane.plain)):
			c.sign(r.Signature) // of thinking that was told as plain text
			c.closeLane()
		default:
			c.detail("t"+index, r, wirejson.Member(e, "text"), llm.DeltaReasoning)
		}
	}
}

// detail says a piece of one element.
func (c *choiceDecoder) detail(key string, r *llm.Reasoning, text llm.Raw, kind llm.DeltaKind) {
	if r.Text == "" && len(r.Summary) == 0 && r.Signature == nil && c.lane.kind != laneDetail {
		return // nothing to begin a block with
	}
	if len(key) == 1 && c.lane.kind == laneDetail && c.lane.key[0] == key[0] {
		key = c.lane.key // without an index it goes on
	}
	fresh := c.lane.kind != laneDetail || c.lane.key != key
	c.open(laneDetail, key, func() llm.Block { return &llm.Reasoning{Attrs: r.Attrs} })
	if !fresh {
		c.later(r)
	}
	if text != nil {
		c.say(kind, c.lane.text.Next(text))
	}
	if r.Signature != nil {
		c.sign(r.Signature)
	}
}

// later keeps what a further piece of a block says of the whole, for its end.
func (c *choiceDecoder) later(r *llm.Reasoning) {
	if r.ID != "" {
		c.lane.id = r.ID
	}
	for _, m := range r.Ext {
		if !wirejson.IsNull(m.Value) && m.Name != "type" {
			c.lane.ext = setExt(c.lane.ext, m)
		}
	}
}

func (c *choiceDecoder) sign(s *llm.Signature) {
	c.d.send(llm.Event{
		Type: llm.EventDelta, Choice: c.index, Index: c.lane.index,
		Delta: llm.DeltaSignature, Text: s.Data, Origin: s.Origin,
	})
}

// thinkingBlocks reads LiteLLM's blocks: pieces of thinking until the one that
// brings the signature.
func (c *choiceDecoder) thinkingBlocks(v llm.Raw) {
	for _, e := range wirejson.Elements(v) {
		r := readThinkingBlock(bytes.Clone(e))
		switch {
		case r.Encrypted != nil:
			c.whole(r)
			continue
		case r.Text == "" && r.Signature == nil:
			continue
		case r.Text == "" && c.lane.kind == laneReasoning:
			c.sign(r.Signature)
			continue
		}
		c.open(laneThinking, "", func() llm.Block { return &llm.Reasoning{Attrs: r.Attrs} })
		c.say(llm.DeltaReasoning, c.lane.text.Next(wirejson.Member(e, "thinking")))
		if r.Signature != nil {
			c.sign(r.Signature)
			c.closeLane()
		}
	}
}
