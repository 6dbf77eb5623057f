package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

var _ wire.URLTaker = Codec{}

// TakesURL reports whether the upstream gets the file itself: pictures always,
// documents only where the vendor says so, sounds never.
func (Codec) TakesURL(m *llm.Media, to wire.Target) bool {
	switch m.Kind {
	case llm.MediaImage:
		return true
	case llm.MediaDocument:
		return dialectOf(to).documents
	case llm.MediaAudio, llm.MediaVideo:
	}
	return false
}
