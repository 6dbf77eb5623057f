package vault

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// restore puts what is stored of an answer back into its message.
func (o *opening) restore(l lookup, t *stored) {
	blocks := o.out.Messages[l.message].Blocks
	if !o.to.verifies(t.from) {
		if !l.signed && readsThinking(o.to.Protocol) {
			o.prepend(l.message, t)
		}
		return
	}
	r := restoring{opening: o, turn: t, whole: !l.signed}
	r.match(blocks)
	r.place(blocks)
	o.set(l.message, r.blocks())
}

// prepend puts the words of an answer's thinking before a message that has
// none.
func (o *opening) prepend(message int, t *stored) {
	blocks := o.out.Messages[message].Blocks
	if slices.ContainsFunc(blocks, isReasoning) {
		return
	}
	var out []llm.Block
	for _, e := range t.entries {
		if e.kind == entryReasoning {
			out = appendBare(out, e.reasoning)
		}
	}
	if len(out) > 0 {
		o.set(message, append(out, blocks...))
	}
}

func isReasoning(b llm.Block) bool {
	_, ok := b.(*llm.Reasoning)
	return ok
}

func (t *stored) thinks() bool {
	return slices.ContainsFunc(t.entries, func(e *entry) bool { return e.kind == entryReasoning })
}

// inserted reports whether clients do not have the block at all: thinking, and
// the empty text on which a signature may stand.
func (e *entry) inserted() bool {
	return e.kind == entryReasoning || e.kind == entryText && e.size == 0 && e.signature != nil
}

// restoring is one message being put together again.
type restoring struct {
	*opening
	turn *stored
	// whole: the order of the blocks comes from the store, and the thinking
	// too; else only signatures are missing.
	whole  bool
	texts  map[llm.Block]int // the entry of each text that was recognised
	parts  []placed          // instead of all texts, where the client has joined them
	placed []placed
}

// placed is a block and where in the answer it stands: the index of its entry,
// or that of the block before it when it has none.
type placed struct {
	at    int
	block llm.Block
}

// match recognises the texts: one by one or, where the client has joined them,
// all together.
func (r *restoring) match(blocks []llm.Block) {
	var texts []*llm.Text
	for _, b := range blocks {
		if t, ok := b.(*llm.Text); ok && t.Text != "" {
			texts = append(texts, t)
		}
	}
	var entries []int
	size := 0
	for i, e := range r.turn.entries {
		if e.kind == entryText && e.size > 0 {
			entries = append(entries, i)
			size += e.size
		}
	}
	switch {
	case len(texts) == len(entries):
		r.texts = make(map[llm.Block]int, len(texts))
		for i, t := range texts {
			if trimmedSum(t.Text) == r.turn.entries[entries[i]].sum {
				r.texts[t] = entries[i]
			}
		}
	case r.whole && len(texts) > 0:
		r.parts = r.divide(texts, entries)
	}
}

// divide returns the texts of the entries where the client's texts are the same
// in other parts; nil where they are not, or where something stands on them
// that cannot be divided.
func (r *restoring) divide(texts []*llm.Text, entries []int) []placed {
	var all strings.Builder
	for _, t := range texts {
		if len(t.Citations) > 0 || len(t.Logprobs) > 0 {
			return nil
		}
		all.WriteString(t.Text)
	}
	var out []placed
	rest := all.String()
	for _, i := range entries {
		e := r.turn.entries[i]
		if e.size > len(rest) || trimmedSum(rest[:e.size]) != e.sum {
			return nil
		}
		part := &llm.Text{Text: rest[:e.size], Phase: texts[0].Phase, Signature: e.signature}
		rest = rest[e.size:]
		out = append(out, placed{i, part})
	}
	if rest != "" || len(out) == 0 {
		return nil
	}
	if last, ok := out[len(out)-1].block.(*llm.Text); ok {
		last.Cache = texts[len(texts)-1].Cache
	}
	return out
}

// place finds the place of every block and gives it its signature.
func (r *restoring) place(blocks []llm.Block) {
	at := -1
	r.placed = append(r.placed, r.parts...)
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Reasoning:
			if r.whole && r.turn.thinks() {
				continue // its words are in the store too
			}
		case *llm.ToolCall:
			if i := r.turn.find(b); i >= 0 {
				at = i
				c := *b
				r.sign(&c.Signature, i)
				r.put(at, &c)
				continue
			}
		case *llm.Media:
			if i := r.media(b); i >= 0 {
				at = i
				c := *b
				r.sign(&c.Signature, i)
				r.put(at, &c)
				continue
			}
		case *llm.Text:
			at = r.text(b, at)
			continue
		}
		r.put(at, b)
	}
	if r.whole {
		slices.SortStableFunc(r.placed, func(a, b placed) int { return a.at - b.at })
	}
}

func (r *restoring) put(at int, b llm.Block) { r.placed = append(r.placed, placed{at, b}) }

// sign puts the signature of an entry where none is.
func (r *restoring) sign(s **llm.Signature, entry int) {
	if *s == nil {
		*s = r.turn.entries[entry].signature
	}
}

// text places a text behind the block at and returns its place. A text that
// was changed stands where the answer's first did.
func (r *restoring) text(t *llm.Text, at int) int {
	i, known := r.texts[t]
	switch {
	case r.parts != nil && t.Text != "":
		return at // its parts are placed
	case known:
		c := *t
		r.sign(&c.Signature, i)
		r.put(i, &c)
		return i
	case r.whole:
		at = max(at, slices.IndexFunc(r.turn.entries, func(e *entry) bool { return e.kind == entryText }))
	}
	r.put(at, t)
	return at
}

func (r *restoring) media(m *llm.Media) int {
	if !slices.ContainsFunc(r.turn.entries, func(e *entry) bool { return e.kind == entryMedia }) {
		return -1
	}
	sum := mediaSum(m)
	return slices.IndexFunc(r.turn.entries, func(e *entry) bool { return e.kind == entryMedia && e.sum == sum })
}

// blocks returns the message: each block with what was told before it.
func (r *restoring) blocks() []llm.Block {
	var out []llm.Block
	next := 0
	insert := func(until int) {
		for ; next < until; next++ {
			out = r.insert(out, r.turn.entries[next])
		}
	}
	for _, p := range r.placed {
		insert(p.at)
		out = append(out, p.block)
	}
	// Thinking whose continuation the client left out does not go back.
	last := len(r.turn.entries)
	for last > 0 && r.turn.entries[last-1].inserted() {
		last--
	}
	next = max(next, last)
	insert(len(r.turn.entries))
	return out
}

func (r *restoring) insert(out []llm.Block, e *entry) []llm.Block {
	switch {
	case e.kind == entryReasoning && !r.whole: // it is there already
	case e.kind == entryReasoning && r.takes(r.turn.from, e.reasoning):
		return append(out, e.reasoning)
	case e.kind == entryReasoning:
		return appendBare(out, e.reasoning)
	case e.inserted():
		return append(out, &llm.Text{Signature: e.signature})
	}
	return out
}
