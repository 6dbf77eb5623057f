package upstream

import (
	"net/http"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// UpstreamRequestID is the response header under which the client learns the
// upstream's own request id; x-request-id is the gateway's.
const UpstreamRequestID = "X-Upstream-Request-Id"

// Allowed is a set of header names in canonical form. The zero value allows
// nothing. It is built from the tables in headertables.go and never changes.
type Allowed struct{ names map[string]struct{} }

// Has reports whether the header, in canonical form, is allowed.
func (a Allowed) Has(name string) bool {
	_, ok := a.names[name]
	return ok
}

// Names returns the allowed names in no order.
func (a Allowed) Names() []string {
	names := make([]string, 0, len(a.names))
	for name := range a.names {
		names = append(names, name)
	}
	return names
}

// RequestAllowed returns the client headers that may reach an upstream of the
// protocol. A protocol without a table of its own gets what all have.
func RequestAllowed(p llm.Protocol) Allowed { return lookup(requestAllowed, p) }

// ResponseAllowed returns the upstream headers that may reach the client from
// an upstream of the protocol.
func ResponseAllowed(p llm.Protocol) Allowed { return lookup(responseAllowed, p) }

// RequestHeaders adds to dst the headers of a client's request that may reach
// the upstream. dst shares the values with src but not their spare capacity,
// so appending to either never shows in the other. Names that are not in
// canonical form are not forwarded; net/http's server makes all of them so.
func RequestHeaders(dst, src http.Header, allowed Allowed) { share(dst, src, allowed) }

// ResponseHeaders adds to dst the headers of an upstream's response that may
// reach the client, and the upstream's request id as UpstreamRequestID. It
// never sets Content-Length: whoever writes the body knows its length.
func ResponseHeaders(dst, src http.Header, allowed Allowed) {
	share(dst, src, allowed)
	if id := RequestID(src); id != "" {
		dst[UpstreamRequestID] = []string{id}
	}
}

// RequestID returns the request id an upstream gave, or "".
func RequestID(h http.Header) string {
	for _, name := range requestIDNames {
		if v := h[name]; len(v) > 0 && v[0] != "" {
			return v[0]
		}
	}
	return ""
}

func share(dst, src http.Header, allowed Allowed) {
	connection := src["Connection"]
	for name, values := range src {
		if _, ok := allowed.names[name]; !ok || nominated(connection, name) {
			continue
		}
		dst[name] = slices.Clip(values)
	}
}

// nominated reports whether a Connection header names the header as meant for
// this hop only (RFC 9110 section 7.6.1).
func nominated(connection []string, name string) bool {
	for _, line := range connection {
		for token := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(token), name) {
				return true
			}
		}
	}
	return false
}

func lookup(sets map[llm.Protocol]Allowed, p llm.Protocol) Allowed {
	if a, ok := sets[p]; ok {
		return a
	}
	return sets[""]
}
