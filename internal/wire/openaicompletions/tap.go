package openaicompletions

import "github.com/plexus-gateway/plexus/internal/wire/openai"

// tapping says how answers of this protocol are read as they pass.
func tapping() openai.Tapping { return openai.Tapping{Finish: finishOf} }
