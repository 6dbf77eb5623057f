package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func TestSettings(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		_, err := s.Setting(ctx, "a")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, s.PutSetting(ctx, "a", []byte{0, '\'', 0xff, '?'}))
		v, err := s.Setting(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, []byte{0, '\'', 0xff, '?'}, v)
		require.NoError(t, s.PutSetting(ctx, "a", nil))
		v, err = s.Setting(ctx, "a")
		require.NoError(t, err)
		require.Empty(t, v)
	})
}

func TestSettleSetting(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		replicas := []*store.Store{storetest.Open(t, url), storetest.Open(t, url)}
		var wg sync.WaitGroup
		winners := make([][]byte, 8)
		errs := make([]error, 8)
		for i := range winners {
			wg.Go(func() {
				winners[i], errs[i] = replicas[i%2].SettleSetting(t.Context(), "install_id", []byte{byte(i)})
			})
		}
		wg.Wait()
		for i := range winners {
			require.NoError(t, errs[i])
			require.Len(t, winners[i], 1)
			require.Equal(t, winners[0], winners[i], "everybody gets the same")
		}
	})
}

func TestSecrets(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx, ring := t.Context(), secretbox.Generate()
		require.NoError(t, s.PutSecret(ctx, ring, "b", []byte("sk-canary"), epoch))
		require.NoError(t, s.PutSecret(ctx, ring, "a", nil, epoch))
		require.NoError(t, s.PutSecret(ctx, ring, "b", []byte("sk-canary-2"), epoch.Add(time.Hour)))
		v, err := s.Secret(ctx, ring, "b")
		require.NoError(t, err)
		require.Equal(t, "sk-canary-2", string(v))
		list, err := s.Secrets(ctx, ring)
		require.NoError(t, err)
		require.Equal(t, []store.SecretInfo{
			{Name: "a", CreatedAt: epoch, UpdatedAt: epoch},
			{Name: "b", CreatedAt: epoch, UpdatedAt: epoch.Add(time.Hour)},
		}, list)

		newer, err := ring.With([32]byte{9})
		require.NoError(t, err)
		list, err = s.Secrets(ctx, newer)
		require.NoError(t, err)
		require.True(t, list[0].Stale)

		for _, sealed := range s.Column(t, "SELECT sealed FROM secrets") {
			require.NotContains(t, sealed, "canary")
		}
		s.Exec(t, "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'b') WHERE name = 'a'")
		_, err = s.Secret(ctx, ring, "a")
		require.ErrorIs(t, err, secretbox.ErrOpen, "a swapped row does not open")
		_, err = s.Secret(ctx, secretbox.Generate(), "b")
		require.ErrorIs(t, err, secretbox.ErrUnknownKey)

		require.NoError(t, s.DeleteSecret(ctx, "b"))
		require.ErrorIs(t, s.DeleteSecret(ctx, "b"), store.ErrNotFound)
		_, err = s.Secret(ctx, ring, "b")
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestSessions(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		make1 := func(n byte, expires time.Time) store.Session {
			return store.Session{ID: [32]byte{n, 0, 0xff}, CreatedAt: epoch, SeenAt: epoch, ExpiresAt: expires, IP: "::1", UserAgent: "Fire\x00fox"}
		}
		a, b := make1(1, epoch.Add(time.Hour)), make1(2, epoch.Add(2*time.Hour))
		require.NoError(t, s.PutSession(ctx, &a))
		require.NoError(t, s.PutSession(ctx, &b))
		require.ErrorIs(t, s.PutSession(ctx, &a), store.ErrExists)
		a.UserAgent, b.UserAgent = "Fire\uFFFDfox", "Fire\uFFFDfox"

		got, err := s.Session(ctx, a.ID, epoch)
		require.NoError(t, err)
		require.Equal(t, a, got)
		_, err = s.Session(ctx, a.ID, a.ExpiresAt)
		require.ErrorIs(t, err, store.ErrNotFound, "expired")

		b.SeenAt, b.ExpiresAt = epoch.Add(time.Minute), epoch.Add(3*time.Hour)
		require.NoError(t, s.TouchSession(ctx, b.ID, b.SeenAt, b.ExpiresAt))
		list, err := s.Sessions(ctx, epoch)
		require.NoError(t, err)
		require.Equal(t, []store.Session{b, a}, list, "last seen first")

		n, err := s.SweepSessions(ctx, a.ExpiresAt)
		require.NoError(t, err)
		require.Equal(t, int64(1), n)
		require.NoError(t, s.DeleteSession(ctx, b.ID))
		require.NoError(t, s.DeleteSession(ctx, b.ID), "twice is fine")
		require.ErrorIs(t, s.TouchSession(ctx, b.ID, epoch, epoch), store.ErrNotFound)
		list, err = s.Sessions(ctx, epoch)
		require.NoError(t, err)
		require.Empty(t, list)
	})
}
