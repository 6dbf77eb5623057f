package openairesponses

import "github.com/plexus-gateway/plexus/internal/wire"

// Keeping returns the raw lane whose taps keep a copy of the response object
// of at most maxBytes; see Finalizer.
func (r Raw) Keeping(maxBytes int) wire.Raw {
	r.Keep = maxBytes
	return r
}
