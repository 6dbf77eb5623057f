package openaichat

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

var doneData = []byte("[DONE]")

// finishes maps the protocol's finish reasons.
var finishes = map[string]llm.Finish{
	"stop": llm.FinishStop, "length": llm.FinishLength, "tool_calls": llm.FinishToolUse,
	"function_call": llm.FinishToolUse, "content_filter": llm.FinishContentFilter,
}

// tapping says how answers of this protocol are read as they pass.
func tapping() openai.Tapping {
	return openai.Tapping{Finish: finishTold, Silent: silent}
}

// finishTold says why a choice ended, as far as its word alone tells.
func finishTold(word, _ string) llm.Finish {
	if f, ok := finishes[word]; ok {
		return f
	}
	return llm.FinishStop
}

// silences are deltas that open an answer without saying any of it.
var silences = [...]string{
	`{"role":"assistant"}`, `{"role":"assistant","content":""}`, `{"role":"assistant","content":null}`,
	`{"content":"","role":"assistant"}`, `{"role":"assistant","content":"","refusal":null}`,
	`{"role":"assistant","content":null,"refusal":null}`, `{}`,
}

// silent reports whether the first choice only opens the answer: an error may
// still follow, which another target could mend.
func silent(choices []byte) bool {
	w := jsonspan.NewWatch(deltaPaths)
	w.Feed(choices)
	if f := w.Value(1); len(f) > 0 && string(f) != "null" {
		return false
	}
	delta := string(bytes.ReplaceAll(w.Value(0), []byte(" "), nil))
	return slices.Contains(silences[:], delta)
}

var deltaPaths = jsonspan.NewPaths("*.delta", "*.finish_reason")

// streamTap reads one stream.
type streamTap struct{ *openai.ChunkTap }

// Frame reads one event.
func (t streamTap) Frame(f *sse.Frame) wire.Verdict { return t.Chunk(f.Event, f.Data) }
