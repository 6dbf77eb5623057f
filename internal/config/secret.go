package config

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every printed form of a secret shows.
const redacted = "<secret>"

// Secret holds a credential that cannot be printed by accident: fmt, JSON,
// YAML, text and slog all show "<secret>", or nothing when it is zero. It
// holds either the value itself or a reference to one that is kept elsewhere.
// Secrets can be compared with ==.
type Secret struct {
	value string
	ref   string
}

// NewSecret returns a secret with the value.
func NewSecret(value string) Secret { return Secret{value: value} }

// NewSecretRef returns a reference to the stored secret with the name.
func NewSecretRef(name string) Secret { return Secret{ref: name} }

// Reveal returns the value. It is "" for a reference: resolve that first.
func (s Secret) Reveal() string { return s.value }

// Ref returns the name of the stored secret that s refers to, and whether s is
// a reference.
func (s Secret) Ref() (name string, ok bool) { return s.ref, s.ref != "" }

// IsZero reports whether s holds neither a value nor a reference.
func (s Secret) IsZero() bool { return s == Secret{} }

// String returns "<secret>", or "" when s is zero.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// GoString returns what String does, for %#v.
func (s Secret) GoString() string { return s.String() }

// Format writes what String returns for every verb, so that %x, %q or %d show
// no more than %s does.
func (s Secret) Format(f fmt.State, _ rune) {
	// A fmt.State keeps its own error; there is nobody to return it to.
	_, _ = io.WriteString(f, s.String())
}

// MarshalText returns what String does.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns what String does, as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML returns what String does.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue returns what String does.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
