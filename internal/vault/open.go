package vault

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Open makes a client's request fit for the upstream to: thinking in envelopes
// and what is stored of earlier answers are put back as they were issued where
// that upstream can verify them; elsewhere what is bound to another issuer is
// taken out, and thinking in words stays.
//
// req is not changed: the request returned shares what is the same, and is req
// itself when everything is. It is good even with an error, which says that
// the store could not be asked. The losses are what was taken out.
func (v *Vault) Open(ctx context.Context, tenant string, req *llm.Request, to Origin) (*llm.Request, []llm.Loss, error) {
	o := &opening{v: v, tenant: tenant, to: to, in: req, out: req, thinks: make([]bool, len(req.Messages)), moved: make([]bool, len(req.Messages)), budget: maxOpened}
	for i := range req.Messages {
		if slices.ContainsFunc(req.Messages[i].Blocks, holdsEnvelope) {
			o.unwrap(i)
		}
	}
	err := o.recall(ctx)
	o.prune()
	return o.out, o.losses.List, err
}

// opening is the state of one request being opened.
type opening struct {
	v       *Vault
	tenant  string
	to      Origin
	in, out *llm.Request
	thinks  []bool // by message: its thinking came in envelopes
	moved   []bool // by message: all of them stood on what followed the thinking
	emptied bool
	losses  llm.Losses
	// budget is how many bytes may still be opened: a small envelope that
	// inflates to much could be sent many times.
	budget    int
	questions map[int]checksum // by message
}

// set replaces the blocks of a message, in a copy.
func (o *opening) set(i int, blocks []llm.Block) {
	if o.out == o.in {
		out := *o.in
		out.Messages = slices.Clone(o.in.Messages)
		o.out = &out
	}
	o.out.Messages[i].Blocks = blocks
	o.emptied = o.emptied || len(blocks) == 0
}

// prune leaves out messages of which nothing is left.
func (o *opening) prune() {
	if !o.emptied {
		return
	}
	kept := o.out.Messages[:0:0]
	for i, m := range o.out.Messages {
		if len(m.Blocks) > 0 || len(o.in.Messages[i].Blocks) == 0 {
			kept = append(kept, m)
		}
	}
	o.out.Messages = kept
}

// signatureOf returns where the signature of a block stands; nil for blocks
// that have none.
func signatureOf(b llm.Block) **llm.Signature {
	switch b := b.(type) {
	case *llm.Reasoning:
		return &b.Signature
	case *llm.Text:
		return &b.Signature
	case *llm.ToolCall:
		return &b.Signature
	case *llm.Media:
		return &b.Signature
	}
	return nil
}

func holdsEnvelope(b llm.Block) bool {
	if r, ok := b.(*llm.Reasoning); ok && isEnvelope(r.Encrypted) {
		return true
	}
	s := signatureOf(b)
	return s != nil && isEnvelope(*s)
}

// unwrap opens the envelopes of a message.
func (o *opening) unwrap(i int) {
	o.thinks[i], o.moved[i] = true, true
	blocks := o.in.Messages[i].Blocks
	out := make([]llm.Block, 0, len(blocks))
	for j, b := range blocks {
		if !holdsEnvelope(b) {
			out = append(out, b)
			continue
		}
		at := "messages[" + strconv.Itoa(i) + "].content[" + strconv.Itoa(j) + "]"
		r, ok := b.(*llm.Reasoning)
		if !ok {
			// The envelope was put on what followed the thinking, here or by a client.
			s := signatureOf(b)
			r = &llm.Reasoning{Signature: *s}
		} else {
			o.moved[i] = false
		}
		out = o.reasoning(out, r, at)
		if !ok {
			out = append(out, unsigned(b))
		}
	}
	o.set(i, out)
}

// reasoning appends what the upstream may have of thinking in an envelope.
func (o *opening) reasoning(out []llm.Block, r *llm.Reasoning, at string) []llm.Block {
	env := r.Signature
	if isEnvelope(r.Encrypted) {
		env = r.Encrypted
	}
	e := o.openEnvelope(env.Data)
	if e == nil || !e.reveal(r.Text) {
		o.losses.Drop("foreign_signature", at)
		return appendBare(out, r)
	}
	out = withoutPieces(out, r.Text, e.block)
	if !o.takes(e.from, e.block) {
		if e.block.Signature != nil || e.block.Encrypted != nil {
			o.losses.Drop("foreign_signature", at)
		}
		return appendBare(out, e.block)
	}
	e.block.Cache = r.Cache
	return append(out, e.block)
}

// openEnvelope returns what is in an envelope; nil when it is none of this
// tenant's.
func (o *opening) openEnvelope(text string) *enveloped {
	if o.budget < 0 {
		return nil
	}
	e, err := o.v.openEnvelope(o.tenant, text)
	if err != nil || !spend(&o.budget, e.size) {
		return nil
	}
	return e
}

// takes reports whether the upstream takes the block as it was issued. A
// reasoning item of the Responses protocol without its encrypted payload is
// only a reference to what the issuer may not have stored.
func (o *opening) takes(from Origin, r *llm.Reasoning) bool {
	return o.to.verifies(from) && (o.to.Protocol != llm.OpenAIResponses || r.Encrypted != nil)
}

// bare returns the words of r, without anything that is bound to its issuer;
// nil when there are none.
func bare(r *llm.Reasoning) *llm.Reasoning {
	if !readable(r) {
		return nil
	}
	return &llm.Reasoning{Attrs: llm.Attrs{Cache: r.Cache}, Text: r.Text, Summary: r.Summary}
}

func appendBare(out []llm.Block, r *llm.Reasoning) []llm.Block {
	if words := bare(r); words != nil {
		return append(out, words)
	}
	return out
}

// words are what clients see of r.
func words(r *llm.Reasoning) string {
	if r.Text != "" {
		return r.Text
	}
	return strings.Join(r.Summary, "\n\n")
}

// withoutPieces drops from the end of out the thinking that a stream told piece
// by piece before the envelope of the whole, and of which own is the last piece.
func withoutPieces(out []llm.Block, own string, whole *llm.Reasoning) []llm.Block {
	all, rest := words(whole), out
	for own != all {
		if len(rest) == 0 {
			return out
		}
		r, ok := rest[len(rest)-1].(*llm.Reasoning)
		if !ok || r.Signature != nil || r.Encrypted != nil || !strings.HasSuffix(all, r.Text+own) {
			return out
		}
		own, rest = r.Text+own, rest[:len(rest)-1]
	}
	return rest
}

// unsigned returns a copy of b without its signature.
func unsigned(b llm.Block) llm.Block {
	switch b := b.(type) {
	case *llm.Text:
		c := *b
		c.Signature = nil
		return &c
	case *llm.ToolCall:
		c := *b
		c.Signature = nil
		return &c
	case *llm.Media:
		c := *b
		c.Signature = nil
		return &c
	}
	return b
}
