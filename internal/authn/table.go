package authn

import (
	"crypto/subtle"
	"fmt"
	"net/netip"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Entry is a key as requests see it: its rules are compiled.
type Entry struct {
	Key       Key
	models    names
	providers names
	ips       []ipRange
}

// Table finds keys by digest. It is immutable; a change builds a new one.
type Table struct {
	byDigest map[[32]byte]*Entry
}

// NewTable compiles keys. A key with a rule that cannot be read is refused, so
// that a typing error never opens a key.
func NewTable(keys []Key) (*Table, error) {
	t := &Table{byDigest: make(map[[32]byte]*Entry, len(keys))}
	for i := range keys {
		e := &Entry{
			Key:       keys[i],
			models:    names{allow: keys[i].AllowedModels, deny: keys[i].ExcludedModels},
			providers: names{allow: keys[i].AllowedProviders, deny: keys[i].ExcludedProviders},
		}
		for _, rule := range keys[i].AllowedIPs {
			from, to, err := ParseIPRule(rule)
			if err != nil {
				return nil, fmt.Errorf("key %q: allowed_ips: %w", keys[i].Name, err)
			}
			e.ips = append(e.ips, ipRange{from, to})
		}
		if prev, taken := t.byDigest[e.Key.Digest]; taken {
			return nil, fmt.Errorf("keys %q and %q have the same secret", prev.Key.Name, e.Key.Name)
		}
		t.byDigest[e.Key.Digest] = e
	}
	return t, nil
}

// Len returns the number of keys.
func (t *Table) Len() int { return len(t.byDigest) }

// Find returns the key with the digest, or nil. The time it takes tells
// nothing about secrets: what is looked up is an HMAC the caller cannot steer.
func (t *Table) Find(digest [32]byte) *Entry {
	e := t.byDigest[digest]
	if e == nil || subtle.ConstantTimeCompare(e.Key.Digest[:], digest[:]) != 1 {
		return nil
	}
	return e
}

// Admit checks what belongs to the key alone: that it is not expired, not
// disabled, and used from an allowed address. The error says which rule
// refused.
func (e *Entry) Admit(now time.Time, client netip.Addr) *llm.Error {
	if x := e.Key.ExpiresAt; x != nil && !now.Before(*x) {
		return llm.Errorf(llm.KindAuth, "key_expired", "key %q expired at %s", e.Key.Name, x.UTC().Format(time.RFC3339))
	}
	if e.Key.DisabledAt != nil {
		return llm.Errorf(llm.KindAuth, "key_disabled", "key %q is disabled", e.Key.Name)
	}
	if len(e.ips) == 0 {
		return nil
	}
	client = client.Unmap()
	for _, r := range e.ips {
		if r.contains(client) {
			return nil
		}
	}
	return llm.Errorf(llm.KindPermission, "ip_not_allowed", "key %q may not be used from address %s (allowed_ips)", e.Key.Name, client)
}

// MayUseModel reports whether the key may use the model, known by any of the names.
func (e *Entry) MayUseModel(spellings ...string) bool { return e.models.permits(spellings...) }

// ExcludesModel reports whether any of the names is excluded for the key.
func (e *Entry) ExcludesModel(names ...string) bool { return e.models.denies(names) }

// MayUseProvider reports whether the key may use the provider.
func (e *Entry) MayUseProvider(slug string) bool { return e.providers.permits(slug) }
