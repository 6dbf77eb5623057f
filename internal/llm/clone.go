package llm

import (
	"bytes"
	"slices"
)

// CloneBlock returns a deep copy of b, which shares no memory with it. Events
// are valid only while they are emitted; who keeps a block clones it.
func CloneBlock(b Block) Block {
	switch b := b.(type) {
	case *Text:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.Logprobs = bytes.Clone(b.Logprobs)
		c.Signature = clonePtr(b.Signature)
		c.Citations = slices.Clone(b.Citations)
		for i := range c.Citations {
			c.Citations[i].Raw = bytes.Clone(c.Citations[i].Raw)
		}
		return &c
	case *Reasoning:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.Summary = slices.Clone(b.Summary)
		c.Signature, c.Encrypted = clonePtr(b.Signature), clonePtr(b.Encrypted)
		return &c
	case *Media:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.CitationsOn, c.Signature = clonePtr(b.CitationsOn), clonePtr(b.Signature)
		return &c
	case *ToolCall:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.Input = bytes.Clone(b.Input)
		c.Signature, c.Native = clonePtr(b.Signature), cloneNative(b.Native)
		return &c
	case *ToolResult:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.Blocks = slices.Clone(b.Blocks)
		for i := range c.Blocks {
			c.Blocks[i] = CloneBlock(c.Blocks[i])
		}
		return &c
	case *ServerToolResult:
		c := *b
		c.Attrs, c.Native = cloneAttrs(b.Attrs), cloneNative(b.Native)
		return &c
	case *Refusal:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		return &c
	case *Opaque:
		c := *b
		c.Attrs = cloneAttrs(b.Attrs)
		c.Native.Raw = bytes.Clone(b.Native.Raw)
		return &c
	}
	return nil // only a nil Block: the set is closed
}

func cloneAttrs(a Attrs) Attrs {
	a.Ext = cloneExt(a.Ext)
	if a.Cache != nil {
		a.Cache = &CacheMark{TTL: a.Cache.TTL, Ext: cloneExt(a.Cache.Ext)}
	}
	return a
}

func cloneExt(e Ext) Ext {
	e = slices.Clone(e)
	for i := range e {
		e[i].Value = bytes.Clone(e[i].Value)
	}
	return e
}

func cloneNative(n *Native) *Native {
	if n == nil {
		return nil
	}
	return &Native{Protocol: n.Protocol, Raw: bytes.Clone(n.Raw)}
}

func clonePtr[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
