package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/store"
)

// Settings that are made once, at the first start.
const (
	settingAdmin    = "admin.secret.hmac"
	settingFirstKey = "first_key.made"
)

// firstKeyName is the key that the first start makes when there is none.
const firstKeyName = "first"

// openAdmin settles the admin secret: the environment's, or one that the first
// start makes and shows once. Of replicas that start together one wins.
func (a *App) openAdmin(ctx context.Context) error {
	a.signIn = &authn.Admin{Hasher: a.hasher, Store: sessionStore{a.store}, Clock: time.Now}
	if secret, ok := a.o.Env(envAdminSecret); ok && secret != "" {
		if len(secret) < minAdminSecret {
			return fmt.Errorf("%s has %d characters; an admin secret needs %d at least", envAdminSecret, len(secret), minAdminSecret)
		}
		a.signIn.Digest = a.hasher.Digest(secret)
		return nil
	}
	stored, err := a.store.Setting(ctx, settingAdmin)
	switch {
	case err == nil:
		return a.useAdminDigest(stored)
	case !errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("read the admin secret's digest: %w", err)
	}
	secret := authn.NewSecret(authn.AdminPrefix)
	digest := a.hasher.Digest(secret)
	winner, err := a.store.SettleSetting(ctx, settingAdmin, digest[:])
	if err != nil {
		return fmt.Errorf("keep the admin secret's digest: %w", err)
	}
	if string(winner) == string(digest[:]) {
		a.adminSeen = secret
	}
	return a.useAdminDigest(winner)
}

func (a *App) useAdminDigest(stored []byte) error {
	if len(stored) != len(a.signIn.Digest) {
		return fmt.Errorf("the stored admin secret's digest has %d bytes; want %d", len(stored), len(a.signIn.Digest))
	}
	copy(a.signIn.Digest[:], stored)
	return nil
}

// firstKey makes a key at the very first start, if there is none, so that the
// first request works at once.
func (a *App) firstKey(ctx context.Context, cfg *config.Config) error {
	if len(cfg.Keys) > 0 {
		return nil
	}
	if _, err := a.store.Setting(ctx, settingFirstKey); err == nil {
		return nil
	} else if !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("look for the first key: %w", err)
	}
	keys, err := a.store.Keys(ctx)
	if err != nil {
		return fmt.Errorf("look for the first key: %w", err)
	}
	stamp := time.Now().UTC().Format(time.RFC3339Nano) + authn.NewSecret("")
	winner, err := a.store.SettleSetting(ctx, settingFirstKey, []byte(stamp))
	if err != nil || len(keys) > 0 || string(winner) != stamp {
		return err
	}
	book := a.keyBook()
	book.After = func(context.Context) error { return nil }
	_, secret, err := book.Create(ctx, admin.NewKey{Name: firstKeyName, Comment: "made at the first start"})
	if err != nil {
		return fmt.Errorf("make the first key: %w", err)
	}
	a.keySeen = secret
	return nil
}

// sessionStore gives authn the sessions of the database.
type sessionStore struct{ s *store.Store }

func (st sessionStore) Put(ctx context.Context, s authn.Session) error {
	return st.s.PutSession(ctx, &store.Session{ID: s.ID, CreatedAt: s.Created, SeenAt: s.LastSeen, ExpiresAt: s.Expires, IP: s.IP, UserAgent: s.UserAgent})
}

func (st sessionStore) Find(ctx context.Context, id [32]byte, now time.Time) (authn.Session, error) {
	s, err := st.s.Session(ctx, id, now)
	if errors.Is(err, store.ErrNotFound) {
		return authn.Session{}, authn.ErrDenied
	}
	return authn.Session{ID: s.ID, Created: s.CreatedAt, LastSeen: s.SeenAt, Expires: s.ExpiresAt, IP: s.IP, UserAgent: s.UserAgent}, err
}

func (st sessionStore) Touch(ctx context.Context, id [32]byte, seen, expires time.Time) error {
	return st.s.TouchSession(ctx, id, seen, expires)
}

func (st sessionStore) Delete(ctx context.Context, id [32]byte) error {
	return st.s.DeleteSession(ctx, id)
}
