package gemini

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

var _ wire.URLTaker = Codec{}

// TakesURL reports whether the API gets the file itself: it does so for its
// own files, for objects of Google's storage and for video pages, and of
// other addresses promises nothing for every model.
// https://ai.google.dev/gemini-api/docs/file-input-methods
func (Codec) TakesURL(m *llm.Media, _ wire.Target) bool {
	return isOwnFile(m.URL) || isVideoPage(m.URL)
}
