package admintest

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
)

// Keys keeps keys and their secrets in memory.
type Keys struct {
	now func() time.Time

	mu      sync.Mutex
	keys    []authn.Key
	secrets map[string]string // secret → name
}

// Declare adds a key of the configuration.
func (k *Keys) Declare(key authn.Key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key.Source, key.ID = authn.FromConfig, "config:"+key.Name
	k.keys = append(k.keys, key)
}

// NameOf returns the name of the usable key that has the secret.
func (k *Keys) NameOf(secret string) (string, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name, ok := k.secrets[secret]
	i := k.index(name)
	return name, ok && i >= 0 && k.keys[i].DisabledAt == nil
}

// List returns copies of all keys.
func (k *Keys) List(context.Context) ([]authn.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.keys), nil
}

// Create makes a key with a predictable secret.
func (k *Keys) Create(_ context.Context, in admin.NewKey) (authn.Key, string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.index(in.Name) >= 0 {
		return authn.Key{}, "", admin.ErrKeyExists
	}
	for i, ip := range in.AllowedIPs {
		if _, err := netip.ParseAddr(ip); err != nil {
			return authn.Key{}, "", &admin.InvalidError{Field: fmt.Sprintf("allowed_ips[%d]", i), Message: "is not an address"}
		}
	}
	secret := fmt.Sprintf("plx-test-%s-%04d-f3a9c1", in.Name, len(k.keys)+1)
	key := authn.Key{
		ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", len(k.keys)+1), Name: in.Name, Comment: in.Comment,
		Hint: secret[len(secret)-4:], Source: authn.FromDatabase,
		AllowedModels: in.AllowedModels, ExcludedModels: in.ExcludedModels,
		AllowedProviders: in.AllowedProviders, ExcludedProviders: in.ExcludedProviders, AllowedIPs: in.AllowedIPs,
		RequestsPerMinute: in.RequestsPerMinute, MaxConcurrency: in.MaxConcurrency, StrictFidelity: in.StrictFidelity,
		ExpiresAt: in.ExpiresAt, CreatedAt: k.now().UTC(),
	}
	k.keys = append(k.keys, key)
	if k.secrets == nil {
		k.secrets = map[string]string{}
	}
	k.secrets[secret] = in.Name
	return key, secret, nil
}

// Update applies a change.
func (k *Keys) Update(_ context.Context, name string, c admin.KeyChange) (authn.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i, err := k.writable(name)
	if err != nil {
		return authn.Key{}, err
	}
	key := &k.keys[i]
	set(&key.Comment, c.Comment)
	set(&key.AllowedModels, c.AllowedModels)
	set(&key.ExcludedModels, c.ExcludedModels)
	set(&key.AllowedProviders, c.AllowedProviders)
	set(&key.ExcludedProviders, c.ExcludedProviders)
	set(&key.AllowedIPs, c.AllowedIPs)
	set(&key.RequestsPerMinute, c.RequestsPerMinute)
	set(&key.MaxConcurrency, c.MaxConcurrency)
	set(&key.StrictFidelity, c.StrictFidelity)
	set(&key.ExpiresAt, c.ExpiresAt)
	if c.Disabled != nil {
		key.DisabledAt = nil
		if *c.Disabled {
			now := k.now().UTC()
			key.DisabledAt = &now
		}
	}
	return *key, nil
}

// Revoke deletes a key.
func (k *Keys) Revoke(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	i, err := k.writable(name)
	if err != nil {
		return err
	}
	k.keys = slices.Delete(k.keys, i, i+1)
	return nil
}

func (k *Keys) writable(name string) (int, error) {
	i := k.index(name)
	if i < 0 {
		return 0, admin.ErrKeyNotFound
	}
	if k.keys[i].Source == authn.FromConfig {
		return 0, admin.ErrKeyReadOnly
	}
	return i, nil
}

func (k *Keys) index(name string) int {
	return slices.IndexFunc(k.keys, func(key authn.Key) bool { return key.Name == name })
}

func set[T any](field *T, change *T) {
	if change != nil {
		*field = *change
	}
}

func tokenNumber(n int) string { return fmt.Sprintf("session-token-%06d", n) }
