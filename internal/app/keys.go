package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/store"
)

// keyTable compiles the keys of the configuration and of the database. A key
// of the configuration hides one of the same name in the database.
func (a *App) keyTable(ctx context.Context, cfg *config.Config) (*authn.Table, []authn.Key, error) {
	keys := make([]authn.Key, 0, len(cfg.Keys))
	for i := range cfg.Keys {
		keys = append(keys, a.configKey(&cfg.Keys[i]))
	}
	stored, err := a.store.Keys(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("read the keys: %w", err)
	}
	for _, k := range stored {
		if !slices.ContainsFunc(keys, func(c authn.Key) bool { return c.Name == k.Name || c.Digest == k.Digest }) {
			keys = append(keys, k)
		}
	}
	table, err := authn.NewTable(keys)
	if err != nil {
		return nil, nil, fmt.Errorf("keys: %w", err)
	}
	return table, keys, nil
}

func (a *App) configKey(c *config.Key) authn.Key {
	k := authn.Key{
		ID: "config:" + c.Name, Name: c.Name, Comment: c.Comment, Source: authn.FromConfig,
		Digest: a.hasher.Digest(c.Secret.Reveal()), Hint: authn.Hint(c.Secret.Reveal()),
		AllowedModels: c.AllowedModels, ExcludedModels: c.ExcludedModels,
		AllowedProviders: c.AllowedProviders, ExcludedProviders: c.ExcludedProviders, AllowedIPs: c.AllowedIPs,
		RequestsPerMinute: c.RequestsPerMinute, MaxConcurrency: c.MaxConcurrency, StrictFidelity: c.StrictFidelity, ExpiresAt: c.ExpiresAt,
	}
	if c.Disabled {
		k.DisabledAt = new(time.Time)
	}
	return k
}

// refreshKeys makes changed keys of the database serve.
func (a *App) refreshKeys(ctx context.Context) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	old := a.loaded.Load()
	table, keys, err := a.keyTable(ctx, old.config)
	if err != nil {
		return err
	}
	next, snap := *old, *old.snapshot
	snap.Keys = table
	next.snapshot, next.keys = &snap, keys
	a.relay.Swap(&snap)
	a.loaded.Store(&next)
	ids := make(map[string]bool, len(keys))
	for _, k := range keys {
		ids[k.ID] = true
	}
	a.limiter.Forget(func(id string) bool { return ids[id] })
	return nil
}

// KeyBook manages the keys of the database. The command line uses it without
// a running gateway; After is called after each change.
type KeyBook struct {
	Store  *store.Store
	Hasher *authn.Hasher
	Config func() []authn.Key // keys that belong to the configuration
	After  func(context.Context) error
	Clock  func() time.Time
}

var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// Create makes a key and returns its secret, which is kept nowhere.
func (b *KeyBook) Create(ctx context.Context, n admin.NewKey) (authn.Key, string, error) {
	if !keyName.MatchString(n.Name) {
		return authn.Key{}, "", &admin.InvalidError{Field: "name", Message: "must be 1 to 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit"}
	}
	if slices.ContainsFunc(b.Config(), func(k authn.Key) bool { return k.Name == n.Name }) {
		return authn.Key{}, "", admin.ErrKeyExists
	}
	id, err := uuid.NewV7()
	if err != nil {
		return authn.Key{}, "", fmt.Errorf("create key: make an id: %w", err)
	}
	secret := authn.NewSecret(authn.KeyPrefix)
	k := authn.Key{
		ID: id.String(), Name: n.Name, Comment: n.Comment, Source: authn.FromDatabase,
		Digest: b.Hasher.Digest(secret), Hint: authn.Hint(secret), CreatedAt: b.Clock().UTC(),
		AllowedModels: n.AllowedModels, ExcludedModels: n.ExcludedModels,
		AllowedProviders: n.AllowedProviders, ExcludedProviders: n.ExcludedProviders, AllowedIPs: n.AllowedIPs,
		RequestsPerMinute: n.RequestsPerMinute, MaxConcurrency: n.MaxConcurrency, StrictFidelity: n.StrictFidelity, ExpiresAt: n.ExpiresAt,
	}
	if err := validKey(&k); err != nil {
		return authn.Key{}, "", err
	}
	if err := b.Store.CreateKey(ctx, &k); err != nil {
		if errors.Is(err, store.ErrExists) {
			return authn.Key{}, "", admin.ErrKeyExists
		}
		return authn.Key{}, "", fmt.Errorf("create key: %w", err)
	}
	return k, secret, b.After(ctx)
}

// validKey checks what the table would refuse, naming the field.
func validKey(k *authn.Key) error {
	for i, rule := range k.AllowedIPs {
		if _, _, err := authn.ParseIPRule(rule); err != nil {
			return &admin.InvalidError{Field: fmt.Sprintf("allowed_ips[%d]", i), Message: err.Error()}
		}
	}
	if k.RequestsPerMinute < 0 {
		return &admin.InvalidError{Field: "requests_per_minute", Message: "must not be negative; 0 means unlimited"}
	}
	if k.MaxConcurrency < 0 {
		return &admin.InvalidError{Field: "max_concurrency", Message: "must not be negative; 0 means unlimited"}
	}
	lists := map[string][]string{
		"allowed_models": k.AllowedModels, "excluded_models": k.ExcludedModels,
		"allowed_providers": k.AllowedProviders, "excluded_providers": k.ExcludedProviders,
	}
	for field, list := range lists {
		if i := slices.IndexFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" }); i >= 0 {
			return &admin.InvalidError{Field: fmt.Sprintf("%s[%d]", field, i), Message: "must not be empty"}
		}
	}
	return nil
}

// List returns the keys of the configuration and of the database.
func (b *KeyBook) List(ctx context.Context) ([]authn.Key, error) {
	stored, err := b.Store.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	keys := slices.Clone(b.Config())
	for _, k := range stored {
		if !slices.ContainsFunc(keys, func(c authn.Key) bool { return c.Name == k.Name }) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y authn.Key) int { return strings.Compare(x.Name, y.Name) })
	return keys, nil
}

// find returns a key that may be changed.
func (b *KeyBook) find(ctx context.Context, name string) (authn.Key, error) {
	if slices.ContainsFunc(b.Config(), func(k authn.Key) bool { return k.Name == name }) {
		return authn.Key{}, admin.ErrKeyReadOnly
	}
	k, err := b.Store.KeyByName(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return authn.Key{}, admin.ErrKeyNotFound
	}
	if err != nil {
		return authn.Key{}, fmt.Errorf("find key: %w", err)
	}
	return k, nil
}

// Update changes a key.
func (b *KeyBook) Update(ctx context.Context, name string, c admin.KeyChange) (authn.Key, error) {
	k, err := b.find(ctx, name)
	if err != nil {
		return authn.Key{}, err
	}
	set(&k.Comment, c.Comment)
	set(&k.AllowedModels, c.AllowedModels)
	set(&k.ExcludedModels, c.ExcludedModels)
	set(&k.AllowedProviders, c.AllowedProviders)
	set(&k.ExcludedProviders, c.ExcludedProviders)
	set(&k.AllowedIPs, c.AllowedIPs)
	set(&k.RequestsPerMinute, c.RequestsPerMinute)
	set(&k.MaxConcurrency, c.MaxConcurrency)
	set(&k.StrictFidelity, c.StrictFidelity)
	set(&k.ExpiresAt, c.ExpiresAt)
	if err := validKey(&k); err != nil {
		return authn.Key{}, err
	}
	if err := b.Store.UpdateKey(ctx, &k); err != nil {
		return authn.Key{}, fmt.Errorf("update key: %w", err)
	}
	if c.Disabled != nil && *c.Disabled != (k.DisabledAt != nil) {
		k.DisabledAt = nil
		if *c.Disabled {
			now := b.Clock().UTC()
			k.DisabledAt = &now
		}
		if err := b.Store.SetKeyDisabled(ctx, k.ID, k.DisabledAt); err != nil {
			return authn.Key{}, fmt.Errorf("update key: %w", err)
		}
	}
	return k, b.After(ctx)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Revoke deletes a key for good.
func (b *KeyBook) Revoke(ctx context.Context, name string) error {
	k, err := b.find(ctx, name)
	if err != nil {
		return err
	}
	if err := b.Store.DeleteKey(ctx, k.ID); err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	return b.After(ctx)
}

// configKeys returns the loaded keys that belong to the configuration.
func (a *App) configKeys() []authn.Key {
	l := a.loaded.Load()
	if l == nil {
		return nil
	}
	var keys []authn.Key
	for _, k := range l.keys {
		if k.Source == authn.FromConfig {
			keys = append(keys, k)
		}
	}
	return keys
}

func (a *App) keyBook() *KeyBook {
	return &KeyBook{Store: a.store, Hasher: a.hasher, Config: a.configKeys, After: a.refreshKeys, Clock: time.Now}
}
