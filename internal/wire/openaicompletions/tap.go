package openaicompletions

import (
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// tapping says how answers of this protocol are read as they pass.
func tapping() openai.Tapping { return openai.Tapping{Finish: finishOf} }

// streamTap reads one stream.
type streamTap struct{ *openai.ChunkTap }

// Frame reads one event.
func (t streamTap) Frame(f *sse.Frame) wire.Verdict { return t.Chunk(f.Event, f.Data) }
