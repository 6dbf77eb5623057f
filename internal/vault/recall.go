package vault

import (
	"context"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// lookup is a message that may be found in the store.
type lookup struct {
	message int
	keys    []Key
	byCall  bool
	signed  bool // its thinking is there, only signatures are looked for
}

// recall puts back what is stored of the answers in the request.
func (o *opening) recall(ctx context.Context) error {
	var lookups []lookup
	var keys []Key
	for i := len(o.out.Messages) - 1; i >= 0 && len(keys) < maxLookups; i-- {
		if l := o.lookup(i); len(l.keys) > 0 {
			lookups = append(lookups, l)
			keys = append(keys, l.keys...)
		}
	}
	values, err := o.v.get(ctx, keys)
	if err != nil || values == nil {
		return err
	}
	for _, l := range lookups {
		found := values[:len(l.keys)]
		values = values[len(l.keys):]
		if t := o.first(l, found); t != nil {
			o.restore(l, t)
		}
	}
	return nil
}

// lookup returns the keys of a message in which something may be missing.
func (o *opening) lookup(i int) lookup {
	m := &o.out.Messages[i]
	l := lookup{message: i, signed: o.thinks[i]}
	if m.Role != llm.RoleAssistant {
		return l
	}
	var text textDigest
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case *llm.Reasoning:
			l.signed = l.signed || b.Signature != nil || b.Encrypted != nil
		case *llm.ToolCall:
			if b.Kind != llm.ToolServer {
				l.byCall = true
				if len(l.keys) < maxKeys {
					l.keys = append(l.keys, o.v.callKey(o.tenant, b.CallID))
				}
			}
		case *llm.Text:
			text.write(b.Text)
		}
	}
	if o.moved[i] {
		// The client may have left out all its thinking, of which one envelope
		// need not be the whole. What is not stored stays as it is.
		l.signed = false
	}
	if l.signed && !signsCalls(o.to.Protocol) {
		l.keys = nil // nothing can be missing
		return l
	}
	if l.byCall {
		return l
	}
	asked := asker(o.out.Messages[:i])
	if sum, ok := text.sum(); ok && asked >= 0 {
		l.keys = []Key{o.v.textKey(o.tenant, o.question(asked), sum)}
	}
	return l
}

// question hashes a message once, however many stand behind it.
func (o *opening) question(message int) checksum {
	sum, known := o.questions[message]
	if !known {
		sum = questionSum(&o.out.Messages[message])
		if o.questions == nil {
			o.questions = map[int]checksum{}
		}
		o.questions[message] = sum
	}
	return sum
}

// first returns the first answer found that the message is indeed.
func (o *opening) first(l lookup, values [][]byte) *stored {
	for i, value := range values {
		if value == nil || o.budget < 0 {
			continue
		}
		t, err := o.v.openTurn(l.keys[i], value)
		if err == nil && spend(&o.budget, t.size) && (!l.byCall || t.hasCallOf(o.out.Messages[l.message].Blocks)) {
			return t
		}
	}
	return nil
}

// hasCallOf reports whether a call of the answer is among the blocks: some
// vendors give the same id to calls of different conversations.
func (t *stored) hasCallOf(blocks []llm.Block) bool {
	for _, b := range blocks {
		if c, ok := b.(*llm.ToolCall); ok && t.find(c) >= 0 {
			return true
		}
	}
	return false
}

// find returns the entry of a call; -1 when it is not of this answer.
func (t *stored) find(c *llm.ToolCall) int {
	same := func(sum checksum, of func(callSum) checksum) int {
		return slices.IndexFunc(t.entries, func(e *entry) bool {
			return e.kind == entryCall && e.callID == c.CallID && of(e.call) == sum
		})
	}
	if !slices.ContainsFunc(t.entries, func(e *entry) bool { return e.kind == entryCall && e.callID == c.CallID }) {
		return -1
	}
	if i := same(rawSum(c), func(s callSum) checksum { return s.raw }); i >= 0 {
		return i
	}
	return same(meantSum(c), func(s callSum) checksum { return s.meant })
}
