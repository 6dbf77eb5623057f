package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

const (
	// bytesPerToken is about what English prose has.
	bytesPerToken = 4
	// mediaTokens is what a picture of the largest size the API does not scale
	// down costs (Vision guide); other media are taken for one.
	mediaTokens = 1600
)

// promptEstimate guesses how many tokens a prompt has, at next to no cost.
func promptEstimate(req *llm.Request) int64 {
	bytes, media := promptSize(req.System)
	for i := range req.Messages {
		b, m := promptSize(req.Messages[i].Blocks)
		bytes, media = bytes+b, media+m
	}
	for i := range req.Tools {
		t := &req.Tools[i]
		bytes += len(t.Name) + len(t.Description) + len(t.Schema)
	}
	return int64(bytes/bytesPerToken + media*mediaTokens)
}

// promptSize returns the bytes of text in the blocks and how many media they hold.
func promptSize(blocks []llm.Block) (bytes, media int) {
	for _, b := range blocks {
		switch b := b.(type) {
		case *llm.Text:
			bytes += len(b.Text)
		case *llm.Refusal:
			bytes += len(b.Text)
		case *llm.Reasoning:
			bytes += len(b.Text)
		case *llm.Media:
			if bytes += len(b.Text); b.Text == "" {
				media++
			}
		case *llm.ToolCall:
			bytes += len(b.Name) + len(b.Input)
		case *llm.ToolResult:
			n, m := promptSize(b.Blocks)
			bytes, media = bytes+n, media+m
		case *llm.Opaque:
			bytes += len(b.Native.Raw)
		case *llm.ServerToolResult:
			if b.Native != nil {
				bytes += len(b.Native.Raw)
			}
		}
	}
	return bytes, media
}
