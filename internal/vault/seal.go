package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Seal makes a whole answer fit for the client: thinking gets envelopes where
// the client can carry them, and what it cannot carry is stored. The answer
// returned shares memory with resp, which is not changed. The answer is good
// even with an error, which says that something was not stored.
func (v *Vault) Seal(ctx context.Context, t Turn, resp *llm.Response) (*llm.Response, error) {
	if !t.foreign() {
		return resp, nil
	}
	s := v.sealing(t)
	out := *resp
	out.Choices = make([]llm.Choice, len(resp.Choices))
	for i := range resp.Choices {
		out.Choices[i] = resp.Choices[i]
		out.Choices[i].Blocks = s.choice(resp.Choices[i].Index, resp.Choices[i].Blocks)
	}
	return &out, s.store(ctx)
}

// sealing is the state of one answer, whole or streamed.
type sealing struct {
	v    *Vault
	turn Turn
	// calls: calls, texts and media are taken down too, because the answer may
	// have to be found by them, or they may carry signatures.
	calls    bool
	records  map[int]*record // by choice
	thinking int             // bytes of thinking that may still be gathered
	inputs   int             // bytes of arguments that may still be gathered
	err      error           // the first failure to seal
}

func (v *Vault) sealing(t Turn) *sealing {
	return &sealing{
		v: v, turn: t, records: map[int]*record{}, thinking: maxAnswer, inputs: maxInputs,
		calls: t.storesThinking() || signsCalls(t.From.Protocol),
	}
}

func (s *sealing) record(choice int) *record {
	r := s.records[choice]
	if r == nil {
		r = &record{}
		s.records[choice] = r
	}
	return r
}

// spend takes n bytes from what is left of a bound. When they do not fit,
// nothing that comes after does.
func spend(left *int, n int) bool {
	if n > *left {
		*left = -1
		return false
	}
	*left -= n
	return *left >= 0
}

func (s *sealing) choice(index int, blocks []llm.Block) []llm.Block {
	r := s.record(index)
	out := make([]llm.Block, len(blocks))
	for i, b := range blocks {
		out[i] = s.block(r, b)
	}
	return out
}

func (s *sealing) block(r *record, b llm.Block) llm.Block {
	switch b := b.(type) {
	case *llm.Reasoning:
		if !spend(&s.thinking, reasoningSize(b)) {
			r.broken = true
			return b
		}
		c := *b
		s.reasoning(r.add(entryReasoning), &c, b)
		return &c
	case *llm.Text:
		if !s.calls {
			return b
		}
		e := r.add(entryText)
		e.size, e.sum, e.signature = len(b.Text), trimmedSum(b.Text), b.Signature
		r.text.write(b.Text)
		c := *b
		c.Signature = nil
		return &c
	case *llm.ToolCall:
		if !s.calls || b.Kind == llm.ToolServer {
			return b
		}
		e := r.add(entryCall)
		if !spend(&s.inputs, len(b.Input)) {
			e.dead = true
			return b
		}
		e.callID, e.call, e.signature = b.CallID, sumCall(b), b.Signature
		c := *b
		c.Signature = nil
		return &c
	case *llm.Media:
		if b.Signature == nil {
			return b
		}
		e := r.add(entryMedia)
		e.sum, e.signature = mediaSum(b), b.Signature
		c := *b
		c.Signature = nil
		return &c
	}
	return b
}

// reasoningSize is what a block counts, in bytes.
func reasoningSize(r *llm.Reasoning) int {
	n := len(r.ID) + len(r.Text)
	for _, s := range r.Summary {
		n += len(s)
	}
	for _, s := range [...]*llm.Signature{r.Signature, r.Encrypted} {
		if s != nil {
			n += len(s.Data)
		}
	}
	for _, m := range r.Ext {
		n += len(m.Name) + len(m.Value)
	}
	return n
}

// reasoning takes down full, which nobody changes any more, and gives dst what
// its client carries of it.
func (s *sealing) reasoning(e *entry, dst, full *llm.Reasoning) {
	e.reasoning = full
	dst.Signature, dst.Encrypted = nil, nil
	if !told(full) {
		e.dead = true
		return
	}
	how := carriageOf(s.turn.Client)
	if how == carryNothing {
		return
	}
	env, err := s.v.envelope(&s.turn, full)
	if err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("seal reasoning: %w", err))
		return
	}
	switch {
	case how == carryEncrypted:
		dst.Encrypted = env
	case how == carrySignature && !readable(full):
		dst.Encrypted, dst.Redacted = env, true
	default:
		dst.Signature = env
	}
}

// told reports whether the block holds anything.
func told(r *llm.Reasoning) bool {
	return readable(r) || r.Signature != nil || r.Encrypted != nil
}

// readable reports whether the block holds thinking in words.
func readable(r *llm.Reasoning) bool {
	if r.Text != "" {
		return true
	}
	for _, s := range r.Summary {
		if s != "" {
			return true
		}
	}
	return false
}

// store keeps what has been taken down.
func (s *sealing) store(ctx context.Context) error {
	err := s.err
	var items []Item
	for _, r := range s.records {
		more, itemErr := s.v.items(&s.turn, r)
		items = append(items, more...)
		if itemErr != nil {
			err = errors.Join(err, fmt.Errorf("keep reasoning for later turns: %w", itemErr))
		}
	}
	return errors.Join(err, s.v.put(ctx, items))
}
