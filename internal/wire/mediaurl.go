package wire

import "github.com/plexus-gateway/plexus/internal/llm"

// URLTaker is implemented by an Egress whose upstreams do not take every
// picture or document by its URL.
type URLTaker interface {
	// TakesURL reports whether the target gets the file behind m.URL itself.
	TakesURL(m *llm.Media, to Target) bool
}
