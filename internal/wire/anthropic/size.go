package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

// sizeHint guesses how many bytes a request takes, so that a conversation with
// megabytes of text and pictures is not copied each time its buffer grows.
func sizeHint(req *llm.Request) int {
	n := 1024 + blockSizes(req.System)
	for i := range req.Messages {
		n += 64 + blockSizes(req.Messages[i].Blocks)
	}
	for i := range req.Tools {
		t := &req.Tools[i]
		n += 128 + len(t.Description) + len(t.Schema)
		if t.Native != nil {
			n += len(t.Native.Raw)
		}
	}
	return n
}

// blockSizes leaves a sixteenth for what JSON escapes.
func blockSizes(blocks []llm.Block) int {
	n := 0
	for _, b := range blocks {
		n += 96
		switch b := b.(type) {
		case *llm.Text:
			n += len(b.Text) + len(b.Text)/16
		case *llm.Reasoning:
			n += len(b.Text) + len(b.Text)/16
			if b.Signature != nil {
				n += len(b.Signature.Data)
			}
		case *llm.Media:
			n += len(b.Data) + len(b.Text) + len(b.URL)
		case *llm.ToolCall:
			n += len(b.Input)
		case *llm.ToolResult:
			n += blockSizes(b.Blocks)
		case *llm.ServerToolResult:
			if b.Native != nil {
				n += len(b.Native.Raw)
			}
		case *llm.Opaque:
			n += len(b.Native.Raw)
		case *llm.Refusal:
			n += len(b.Text)
		}
	}
	return n
}
