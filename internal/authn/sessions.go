package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

// ErrDenied is returned for a secret or token that does not hold.
var ErrDenied = errors.New("authn: denied")

// Session is an administrator's signed-in browser. ID is the SHA-256 of the
// token the browser holds; the token itself is kept nowhere.
type Session struct {
	ID        [32]byte
	Created   time.Time
	LastSeen  time.Time
	Expires   time.Time
	IP        string
	UserAgent string
}

// SessionStore keeps sessions. Find returns ErrDenied for an unknown or
// expired one.
type SessionStore interface {
	Put(ctx context.Context, s Session) error
	Find(ctx context.Context, id [32]byte, now time.Time) (Session, error)
	Touch(ctx context.Context, id [32]byte, seen, expires time.Time) error
	Delete(ctx context.Context, id [32]byte) error
}

// SessionIdle is how long a session lives without being used; SessionMax how
// long at the most.
const (
	SessionIdle = 24 * time.Hour
	SessionMax  = 30 * 24 * time.Hour
	// touchEvery bounds how often use is written down.
	touchEvery = 5 * time.Minute
)

// Admin signs administrators in with the admin secret.
type Admin struct {
	Hasher *Hasher
	Digest [32]byte // of the admin secret
	Store  SessionStore
	Clock  func() time.Time
}

// CheckSecret returns ErrDenied unless secret is the admin secret.
func (a *Admin) CheckSecret(secret string) error {
	d := a.Hasher.Digest(secret)
	if subtle.ConstantTimeCompare(d[:], a.Digest[:]) != 1 {
		return ErrDenied
	}
	return nil
}

// SignIn exchanges the admin secret for a session token.
func (a *Admin) SignIn(ctx context.Context, secret, ip, userAgent string) (token string, expires time.Time, err error) {
	if err := a.CheckSecret(secret); err != nil {
		return "", time.Time{}, err
	}
	now := a.Clock().UTC()
	token = NewSecret("")
	s := Session{
		ID: sha256.Sum256([]byte(token)), Created: now, LastSeen: now, Expires: now.Add(SessionIdle),
		IP: ip, UserAgent: userAgent[:min(len(userAgent), 255)],
	}
	if err := a.Store.Put(ctx, s); err != nil {
		return "", time.Time{}, fmt.Errorf("authn: sign in: %w", err)
	}
	return token, s.Expires, nil
}

// Verify returns the session a token belongs to, and prolongs it.
func (a *Admin) Verify(ctx context.Context, token string) (Session, error) {
	now := a.Clock().UTC()
	s, err := a.Store.Find(ctx, sha256.Sum256([]byte(token)), now)
	if err != nil {
		return Session{}, fmt.Errorf("authn: verify session: %w", err)
	}
	if now.Sub(s.LastSeen) < touchEvery {
		return s, nil
	}
	s.LastSeen = now
	s.Expires = now.Add(SessionIdle)
	if last := s.Created.Add(SessionMax); s.Expires.After(last) {
		s.Expires = last
	}
	if err := a.Store.Touch(ctx, s.ID, s.LastSeen, s.Expires); err != nil {
		return Session{}, fmt.Errorf("authn: prolong session: %w", err)
	}
	return s, nil
}

// SignOut ends a session. Ending an unknown one is no error.
func (a *Admin) SignOut(ctx context.Context, token string) error {
	if err := a.Store.Delete(ctx, sha256.Sum256([]byte(token))); err != nil {
		return fmt.Errorf("authn: sign out: %w", err)
	}
	return nil
}
