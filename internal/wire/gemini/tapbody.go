package gemini

import (
	"bytes"
	"slices"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// What the tap of a body looks for, in the order of the paths.
const (
	atUsage = iota
	atFinish
	atModel
	atID
	atBlocked
	atError
	atCall
	atSearches
)

// bodyPaths are those of an answer that is one object, arrayPaths of a stream
// without alt=sse: an array of such objects, whose last word counts.
var (
	bodyPaths  = jsonspan.NewPaths(pathsUnder("")...)
	arrayPaths = jsonspan.NewPaths(pathsUnder("*.")...)
)

func pathsUnder(prefix string) []string {
	paths := []string{
		"usageMetadata", "candidates.*.finishReason", "modelVersion", "responseId", "promptFeedback.blockReason", "error",
		"candidates.*.content.parts.*.functionCall.name", "candidates.*.groundingMetadata.webSearchQueries",
	}
	for i := range paths {
		paths[i] = prefix + paths[i]
	}
	return paths
}

// bodyTap watches one answer: it may hold pictures, so it is not decoded.
type bodyTap struct {
	watch *jsonspan.Watch
	heard
}

// Write takes the next bytes of the answer.
func (t *bodyTap) Write(p []byte) {
	if t.watch == nil {
		p = bytes.TrimLeft(p, " \t\r\n")
		if len(p) == 0 {
			return
		}
		paths := bodyPaths
		if p[0] == '[' {
			paths = arrayPaths
		}
		t.watch = jsonspan.NewWatch(paths)
	}
	t.watch.Feed(p)
}

// Seen returns what the answer said.
func (t *bodyTap) Seen() *wire.Seen {
	t.heard = heard{}
	if t.watch == nil {
		return t.tell()
	}
	t.usage = t.watch.Value(atUsage)
	t.finish, t.blocked = reasonIn(t.watch.Value(atFinish)), reasonIn(t.watch.Value(atBlocked))
	t.seen.Model, _ = wirejson.Text(t.watch.Value(atModel))
	t.seen.ID, _ = wirejson.Text(t.watch.Value(atID))
	t.called = t.watch.Value(atCall) != nil
	t.searches = int64(countElements(t.watch.Value(atSearches)))
	if raw := t.watch.Value(atError); isError(raw) {
		t.seen.Err = errorOf(raw, slices.Concat([]byte(`{"error":`), raw, []byte("}")))
	}
	return t.tell()
}
