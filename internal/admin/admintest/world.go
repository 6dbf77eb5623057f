// Package admintest is a gateway in memory: doubles for every port of package
// admin, filled with plausible records. The tests of admin use it, and
// devserver serves it so that the web UI can be developed and photographed
// without a database.
package admintest

import (
	"context"
	"sync"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
)

// Secret is the admin secret of every World.
const Secret = "plexus-admin-for-tests-only"

// World is the whole in-memory gateway. Its parts may be changed between
// calls through their own methods; Health and Config through their fields
// before serving.
type World struct {
	Log      *Log
	Keys     *Keys
	Sessions *Sessions
	Loaded   *Loaded
	Health   *Health

	now func() time.Time
}

// New returns a World without keys and records, on the given clock.
func New(now func() time.Time) *World {
	return &World{
		Log:      &Log{now: now, tails: map[*tail]struct{}{}},
		Keys:     &Keys{now: now},
		Sessions: &Sessions{now: now, open: map[string]time.Time{}},
		Loaded:   sampleLoaded(now()),
		Health: &Health{
			JournalStatus:  admin.JournalStatus{OK: true, Bytes: 48_128, MaxBytes: 1 << 30},
			DatabaseStatus: admin.DatabaseStatus{OK: true, Engine: "sqlite"},
		},
		now: now,
	}
}

// Deps wires the World into the API. The process started an hour ago.
func (w *World) Deps() admin.Deps {
	return admin.Deps{
		Requests: w.Log, Tail: w.Log, Keys: w.Keys, Loaded: w.Loaded, Health: w.Health, Sessions: w.Sessions,
		Version: "0.1.0-test", StartedAt: w.now().Add(-time.Hour), Now: w.now,
	}
}

// Loaded is a fixed configuration.
type Loaded struct {
	ProviderViews []admin.ProviderView
	AliasViews    []admin.AliasView
	ConfigStatus  admin.ConfigStatus
}

// Providers returns the providers.
func (l *Loaded) Providers() []admin.ProviderView { return l.ProviderViews }

// Aliases returns the aliases.
func (l *Loaded) Aliases() []admin.AliasView { return l.AliasViews }

// Config returns the configuration's status.
func (l *Loaded) Config() admin.ConfigStatus { return l.ConfigStatus }

// Health is a fixed condition.
type Health struct {
	JournalStatus  admin.JournalStatus
	DatabaseStatus admin.DatabaseStatus
}

// Journal returns the journal's condition.
func (h *Health) Journal() admin.JournalStatus { return h.JournalStatus }

// Database returns the database's condition.
func (h *Health) Database(context.Context) admin.DatabaseStatus { return h.DatabaseStatus }

// Sessions accepts Secret and keeps sessions for a day.
type Sessions struct {
	now func() time.Time

	mu   sync.Mutex
	next int
	open map[string]time.Time
	// Limited makes every principal lack all permissions but these.
	Limited []admin.Permission
}

// SignIn opens a session for Secret.
func (s *Sessions) SignIn(_ context.Context, secret, _, _ string) (string, time.Time, error) {
	if secret != Secret {
		return "", time.Time{}, admin.ErrUnauthenticated
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	token, expires := tokenNumber(s.next), s.now().Add(24*time.Hour).UTC()
	s.open[token] = expires
	return token, expires, nil
}

// Verify knows the open sessions.
func (s *Sessions) Verify(_ context.Context, token string) (admin.Principal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	expires, ok := s.open[token]
	if !ok || !s.now().Before(expires) {
		return admin.Principal{}, admin.ErrUnauthenticated
	}
	return admin.Principal{Name: "admin", Permissions: s.permissions(), Expires: expires}, nil
}

// VerifySecret knows Secret.
func (s *Sessions) VerifySecret(_ context.Context, secret string) (admin.Principal, error) {
	if secret != Secret {
		return admin.Principal{}, admin.ErrUnauthenticated
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return admin.Principal{Name: "admin", Permissions: s.permissions()}, nil
}

// SignOut closes a session.
func (s *Sessions) SignOut(_ context.Context, token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, token)
	return nil
}

// Restrict leaves principals only these permissions.
func (s *Sessions) Restrict(perms ...admin.Permission) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Limited = append([]admin.Permission{}, perms...)
}

func (s *Sessions) permissions() []admin.Permission {
	if s.Limited != nil {
		return s.Limited
	}
	return admin.Permissions()
}
