package openairesponses

import "github.com/plexus-gateway/plexus/internal/llm"

// sizeHint estimates the length of an encoded request in bytes, so that a long
// conversation is not copied while its buffer grows.
func sizeHint(req *llm.Request) int {
	const perBlock, fixed = 96, 4 << 10
	n := fixed
	for i := range req.Tools {
		n += perBlock + len(req.Tools[i].Description) + len(req.Tools[i].Schema)
	}
	for i := range req.Messages {
		for _, b := range req.Messages[i].Blocks {
			n += perBlock + blockSize(b)
		}
	}
	return n + n/8 // escapes
}

func blockSize(b llm.Block) int {
	switch b := b.(type) {
	case *llm.Text:
		return len(b.Text)
	case *llm.Reasoning:
		n := len(b.Text)
		if b.Encrypted != nil {
			n += len(b.Encrypted.Data)
		}
		return n
	case *llm.Media:
		return len(b.Data) + len(b.Text) + len(b.URL)
	case *llm.ToolCall:
		n := len(b.Input)
		if b.Native != nil {
			n += len(b.Native.Raw)
		}
		return n
	case *llm.ToolResult:
		n := 0
		for _, inner := range b.Blocks {
			n += blockSize(inner)
		}
		return n
	}
	return 0
}
