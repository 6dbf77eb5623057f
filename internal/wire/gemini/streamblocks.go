package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// citeKey tells citations apart that a stream repeats.
type citeKey struct {
	url        string
	start, end int64
	text       string
}

// content reads the parts of a candidate's content.
func (d *decoder) content(c *choice, raw llm.Raw, emit func(*llm.Event)) error {
	var got content
	if _, err := decodeObject(&got, raw, contentFields); err != nil {
		return err
	}
	if got.parts == nil {
		return nil
	}
	return in("parts", eachElement(got.parts, func(v llm.Raw) error {
		p, err := parsePart(v)
		if err != nil {
			return err
		}
		if p.data == "functionCall" && countMembers(p.value) == 0 {
			return nil // the end mark of a call told in pieces
		}
		b, err := p.block()
		if b == nil || err != nil {
			return err
		}
		d.block(c, b, emit)
		return nil
	}))
}

// block emits a part's block: texts go on the open one, all else stands alone.
func (d *decoder) block(c *choice, b llm.Block, emit func(*llm.Event)) {
	switch b := b.(type) {
	case *llm.Text:
		d.flow(c, b, b.Text, b.Signature, llm.DeltaText, emit)
	case *llm.Reasoning:
		d.flow(c, b, b.Text, b.Signature, llm.DeltaReasoning, emit)
	case *llm.ToolCall:
		d.call(c, b, emit)
	case *llm.Media:
		d.media(c, b, emit)
	case *llm.ServerToolResult:
		if b.CallID == "" {
			b.CallID = c.exec
		}
		d.whole(c, b, emit)
	default:
		d.whole(c, b, emit)
	}
}

// flow goes on the open block of the kind, or opens one. A block ends with its
// signature; one that comes alone belongs to the text before it.
func (d *decoder) flow(c *choice, b llm.Block, text string, sig *llm.Signature, kind llm.DeltaKind, emit func(*llm.Event)) {
	if text == "" && sig == nil && len(b.Common().Ext) == 0 {
		return
	}
	if !c.continues(b, text) {
		d.stop(c, emit)
		c.open, c.at, c.signed, c.text, c.widths = b, d.next, false, false, widths{}
		d.next++
		header := llm.Block(&llm.Text{Attrs: *b.Common()})
		if kind == llm.DeltaReasoning {
			header = &llm.Reasoning{Attrs: *b.Common()}
		}
		emit(&llm.Event{Type: llm.EventBlockStart, Index: c.at, Choice: c.index, Block: header})
	}
	if text != "" {
		c.text = true
		c.widths.add(text)
		d.delta(c, &llm.Event{Delta: kind, Text: text}, emit)
	}
	if sig != nil {
		c.signed = true
		d.delta(c, &llm.Event{Delta: llm.DeltaSignature, Text: sig.Data, Origin: d.origin}, emit)
	}
}

// continues reports whether b goes on the open block.
func (c *choice) continues(b llm.Block, text string) bool {
	if c.open == nil || c.signed || len(b.Common().Ext) > 0 {
		return false
	}
	switch b.(type) {
	case *llm.Text:
		_, same := c.open.(*llm.Text)
		return same && (c.text || text != "")
	default:
		_, same := c.open.(*llm.Reasoning)
		return same && (c.text || text != "")
	}
}

func (d *decoder) delta(c *choice, ev *llm.Event, emit func(*llm.Event)) {
	ev.Type, ev.Index, ev.Choice = llm.EventDelta, c.at, c.index
	emit(ev)
}

// stop closes the open block.
func (d *decoder) stop(c *choice, emit func(*llm.Event)) {
	if c.open == nil {
		return
	}
	c.open = nil
	emit(&llm.Event{Type: llm.EventBlockStop, Index: c.at, Choice: c.index})
}

// whole emits a block that comes in one piece, with what fill tells inside it.
func (d *decoder) whole(c *choice, header llm.Block, emit func(*llm.Event), deltas ...*llm.Event) {
	d.stop(c, emit)
	c.at = d.next
	d.next++
	emit(&llm.Event{Type: llm.EventBlockStart, Index: c.at, Choice: c.index, Block: header})
	for _, ev := range deltas {
		d.delta(c, ev, emit)
	}
	emit(&llm.Event{Type: llm.EventBlockStop, Index: c.at, Choice: c.index})
}

func (d *decoder) call(c *choice, b *llm.ToolCall, emit func(*llm.Event)) {
	if b.CallID == "" {
		b.CallID = d.callID(c, b)
	}
	c.calls++
	if b.Kind == llm.ToolServer {
		c.exec = b.CallID
	} else {
		c.called = true
	}
	input := b.Input
	b.Input = nil
	d.sign(b.Signature)
	if len(input) == 0 {
		d.whole(c, b, emit)
		return
	}
	d.whole(c, b, emit, &llm.Event{Delta: llm.DeltaInput, Text: string(input)})
}

func (d *decoder) sign(s *llm.Signature) {
	if s != nil {
		s.Origin = d.origin
	}
}

// callID makes an id for a call that came without: the same for the same
// answer, and different from those of other answers of a conversation.
func (d *decoder) callID(c *choice, b *llm.ToolCall) string {
	h := sha256.New()
	for _, s := range []string{d.id, strconv.Itoa(c.index), strconv.Itoa(c.calls), b.Name, string(b.Input)} {
		h.Write([]byte(strconv.Itoa(len(s)) + ":" + s))
	}
	return "call_gmr_" + hex.EncodeToString(h.Sum(nil)[:12])
}

func (d *decoder) media(c *choice, b *llm.Media, emit func(*llm.Event)) {
	data := b.Data
	b.Data = ""
	d.sign(b.Signature)
	if data == "" {
		d.whole(c, b, emit)
		return
	}
	d.whole(c, b, emit, &llm.Event{Delta: llm.DeltaData, Text: data})
}

// logprobs go to the open text; without one they have no place.
func (d *decoder) logprobs(c *choice, raw llm.Raw, emit func(*llm.Event)) {
	if arr := decodeLogprobs(raw); arr != nil && c.open != nil {
		if _, ok := c.open.(*llm.Text); ok {
			d.delta(c, &llm.Event{Delta: llm.DeltaLogprobs, Text: string(arr)}, emit)
			return
		}
	}
	if raw != nil {
		c.set("logprobsResult", raw)
	}
}

// grounding keeps the metadata for the finish and tells their sources as
// citations of the open text, each once.
func (d *decoder) grounding(c *choice, got *candidate, emit func(*llm.Event)) {
	var list []llm.Citation
	if got.grounding != nil {
		c.set("groundingMetadata", got.grounding)
		d.searches = max(d.searches, searches(got.grounding))
		list = groundingCitations(got.grounding, &c.widths)
	}
	if got.cites != nil {
		c.set("citationMetadata", got.cites)
		list = append(list, recitations(got.cites, &c.widths)...)
	}
	if _, ok := c.open.(*llm.Text); !ok {
		return
	}
	for i := range list {
		key := citeKey{list[i].URL, list[i].Start, list[i].End, list[i].Text}
		if c.cites[key] {
			continue
		}
		if c.cites == nil {
			c.cites = map[citeKey]bool{}
		}
		c.cites[key] = true
		d.delta(c, &llm.Event{Delta: llm.DeltaCitation, Citation: &list[i]}, emit)
	}
}
