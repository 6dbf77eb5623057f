package vault

import "github.com/plexus-gateway/plexus/internal/llm"

// Strip returns req without anything that an upstream could refuse to verify:
// signatures, encrypted payloads, redacted thinking and the ids of thinking,
// for one more try after it did. Thinking in words stays. req is not changed,
// and is returned as it is when there is nothing to take out, so that another
// try would be in vain.
func Strip(req *llm.Request) *llm.Request {
	o := &opening{in: req, out: req}
	for i := range req.Messages {
		if blocks, changed := strip(req.Messages[i].Blocks); changed {
			o.set(i, blocks)
		}
	}
	o.prune()
	return o.out
}

func strip(blocks []llm.Block) (out []llm.Block, changed bool) {
	thought := false
	for _, b := range blocks {
		r, ok := b.(*llm.Reasoning)
		if !ok {
			c := b
			if s := signatureOf(b); s != nil && *s != nil {
				c, changed = unsigned(b), true
			}
			out = append(out, c)
			continue
		}
		if !bound(r) {
			out = append(out, b)
			continue
		}
		out, changed, thought = appendBare(out, r), true, true
	}
	if thought {
		for i := range out {
			out[i] = anonymous(out[i])
		}
	}
	return out, changed
}

// bound reports whether thinking holds anything but words.
func bound(r *llm.Reasoning) bool {
	return r.Signature != nil || r.Encrypted != nil || r.Redacted || r.ID != "" || len(r.Ext) > 0
}

// anonymous returns b without its item id: an issuer that knows the id of what
// followed its thinking demands the thinking too.
func anonymous(b llm.Block) llm.Block {
	switch b := b.(type) {
	case *llm.Text:
		if b.ID != "" {
			c := *b
			c.ID = ""
			return &c
		}
	case *llm.ToolCall:
		if b.ID != "" {
			c := *b
			c.ID = ""
			return &c
		}
	}
	return b
}
