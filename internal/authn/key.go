// Package authn answers who is calling: client keys on the data plane, the
// admin secret and sessions on the management plane.
package authn

import "time"

// KeySource says where a key was declared.
type KeySource string

// The sources. A key of the configuration cannot be changed through the API.
const (
	FromConfig   KeySource = "config"
	FromDatabase KeySource = "database"
)

// Key is a client's credential. The secret itself is never kept: Digest is
// HMAC-SHA256(pepper, secret), and Hint is its last four characters, for
// recognition by a person.
//
// An empty allow list allows everything; an exclusion wins over an allowance.
// Patterns use * for any run of characters.
type Key struct {
	ID      string // UUIDv7, or "config:<name>" for keys of the configuration
	Name    string // unique, lower case, [a-z0-9._-]
	Comment string
	Digest  [32]byte
	Hint    string
	Source  KeySource

	AllowedModels     []string
	ExcludedModels    []string
	AllowedProviders  []string
	ExcludedProviders []string
	AllowedIPs        []string // address, CIDR, or from-to range

	RequestsPerMinute int // 0 means unlimited
	MaxConcurrency    int // 0 means unlimited

	// StrictFidelity refuses requests that can only be served by a lossy
	// conversion between protocols.
	StrictFidelity bool

	ExpiresAt  *time.Time // UTC
	DisabledAt *time.Time // UTC
	CreatedAt  time.Time  // UTC; zero for keys of the configuration
}
