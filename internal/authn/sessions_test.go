package authn_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
)

// memory is a store of sessions.
type memory struct {
	sessions map[[32]byte]authn.Session
	touched  int
	fail     error
}

func (m *memory) Put(_ context.Context, s authn.Session) error {
	if m.fail == nil {
		m.sessions[s.ID] = s
	}
	return m.fail
}

func (m *memory) Find(_ context.Context, id [32]byte, now time.Time) (authn.Session, error) {
	s, ok := m.sessions[id]
	if m.fail != nil || !ok || !now.Before(s.Expires) {
		return authn.Session{}, errors.Join(m.fail, authn.ErrDenied)
	}
	return s, nil
}

func (m *memory) Touch(_ context.Context, id [32]byte, seen, expires time.Time) error {
	s := m.sessions[id]
	s.LastSeen, s.Expires = seen, expires
	m.sessions[id] = s
	m.touched++
	return m.fail
}

func (m *memory) Delete(_ context.Context, id [32]byte) error {
	delete(m.sessions, id)
	return m.fail
}

func admin() (*authn.Admin, *memory) {
	h := authn.NewHasher([32]byte{1})
	m := &memory{sessions: map[[32]byte]authn.Session{}}
	return &authn.Admin{Hasher: h, Digest: h.Digest("the-secret"), Store: m, Clock: time.Now}, m
}

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, store := admin()
		ctx := t.Context()
		for _, wrong := range []string{"", "the-secre", "the-secret ", "THE-SECRET"} {
			_, _, err := a.SignIn(ctx, wrong, "ip", "ua")
			require.ErrorIs(t, err, authn.ErrDenied)
		}
		require.Empty(t, store.sessions)

		token, expires, err := a.SignIn(ctx, "the-secret", "ip", strings.Repeat("u", 999))
		require.NoError(t, err)
		require.Equal(t, time.Now().UTC().Add(authn.SessionIdle), expires)
		s, kept := store.sessions[sha256.Sum256([]byte(token))]
		require.True(t, kept, "the store knows the token's hash only")
		require.Len(t, s.UserAgent, 255)
		require.NotContains(t, s.IP+s.UserAgent, token)

		s, err = a.Verify(ctx, token)
		require.NoError(t, err)
		require.Zero(t, store.touched, "use within minutes is not written down")
		_, err = a.Verify(ctx, token+"x")
		require.ErrorIs(t, err, authn.ErrDenied)

		time.Sleep(authn.SessionIdle - time.Second)
		s, err = a.Verify(ctx, token)
		require.NoError(t, err)
		require.Equal(t, 1, store.touched)
		require.Equal(t, time.Now().UTC().Add(authn.SessionIdle), s.Expires)

		time.Sleep(authn.SessionIdle)
		_, err = a.Verify(ctx, token)
		require.ErrorIs(t, err, authn.ErrDenied, "not used for too long")
	})
}

func TestASessionEndsHoweverMuchItIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := admin()
		token, _, err := a.SignIn(t.Context(), "the-secret", "", "")
		require.NoError(t, err)
		began := time.Now()
		for err == nil {
			time.Sleep(time.Hour)
			_, err = a.Verify(t.Context(), token)
		}
		require.ErrorIs(t, err, authn.ErrDenied)
		require.Equal(t, authn.SessionMax, time.Since(began))
	})
}

func TestSignOut(t *testing.T) {
	a, store := admin()
	token, _, err := a.SignIn(t.Context(), "the-secret", "", "")
	require.NoError(t, err)
	require.NoError(t, a.SignOut(t.Context(), token))
	require.NoError(t, a.SignOut(t.Context(), token), "ending twice is no error")
	_, err = a.Verify(t.Context(), token)
	require.ErrorIs(t, err, authn.ErrDenied)

	broken := errors.New("no disk")
	store.fail = broken
	_, _, err = a.SignIn(t.Context(), "the-secret", "", "")
	require.ErrorIs(t, err, broken)
	_, err = a.Verify(t.Context(), token)
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, a.SignOut(t.Context(), token), broken)
}
