package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func sampleKey(name string) authn.Key {
	expires := epoch.Add(time.Hour)
	k := authn.Key{
		ID: "id-" + name, Name: name, Comment: "what's this?", Hint: "wxyz", Source: authn.FromDatabase,
		AllowedModels: []string{"gpt-*", `quo"te`}, ExcludedModels: []string{"o?"}, AllowedProviders: []string{"acme"},
		ExcludedProviders: []string{"evil"}, AllowedIPs: []string{"10.0.0.0/8", "::1"},
		RequestsPerMinute: 60, MaxConcurrency: 4, ExpiresAt: &expires, CreatedAt: epoch,
	}
	copy(k.Digest[:], name)
	return k
}

func TestKeys(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		full := sampleKey("b")
		bare := authn.Key{ID: "id-a", Name: "a", Source: authn.FromDatabase, Digest: [32]byte{0, 0xff, '\'', '\\'}, CreatedAt: epoch}
		require.NoError(t, s.CreateKey(ctx, &full))
		require.NoError(t, s.CreateKey(ctx, &bare))
		got, err := s.Keys(ctx)
		require.NoError(t, err)
		require.Equal(t, []authn.Key{bare, full}, got)

		changed := full
		changed.Comment, changed.AllowedModels, changed.ExpiresAt, changed.MaxConcurrency = "new", nil, nil, 0
		changed.Hint, changed.Digest = "no", [32]byte{1}
		require.NoError(t, s.UpdateKey(ctx, &changed))
		k, err := s.KeyByName(ctx, "b")
		require.NoError(t, err)
		changed.Hint, changed.Digest = full.Hint, full.Digest // these never change
		require.Equal(t, changed, k)

		at := epoch.Add(time.Minute)
		require.NoError(t, s.SetKeyDisabled(ctx, full.ID, &at))
		k, err = s.KeyByName(ctx, "b")
		require.NoError(t, err)
		require.Equal(t, &at, k.DisabledAt)
		require.NoError(t, s.SetKeyDisabled(ctx, full.ID, nil))
		k, err = s.KeyByName(ctx, "b")
		require.NoError(t, err)
		require.Nil(t, k.DisabledAt)

		require.NoError(t, s.DeleteKey(ctx, full.ID))
		_, err = s.KeyByName(ctx, "b")
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestKeyConflicts(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		first := sampleKey("a")
		require.NoError(t, s.CreateKey(t.Context(), &first))
		for name, change := range map[string]func(*authn.Key){
			"id":     func(k *authn.Key) { k.ID = first.ID },
			"name":   func(k *authn.Key) { k.Name = first.Name },
			"digest": func(k *authn.Key) { k.Digest = first.Digest },
		} {
			k := sampleKey("other")
			change(&k)
			require.ErrorIs(t, s.CreateKey(t.Context(), &k), store.ErrExists, name)
		}
		missing := sampleKey("missing")
		require.ErrorIs(t, s.UpdateKey(t.Context(), &missing), store.ErrNotFound)
		require.ErrorIs(t, s.DeleteKey(t.Context(), "missing"), store.ErrNotFound)
		require.ErrorIs(t, s.SetKeyDisabled(t.Context(), "missing", nil), store.ErrNotFound)
	})
}

// TestKeysRevision: any change by another process is noticed.
func TestKeysRevision(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		server, cli := storetest.Open(t, url), storetest.Open(t, url)
		last, err := server.KeysRevision(t.Context())
		require.NoError(t, err)
		k := sampleKey("a")
		at := epoch
		steps := []struct {
			name string
			do   func() error
		}{
			{"create", func() error { return cli.CreateKey(t.Context(), &k) }},
			{"update", func() error { return cli.UpdateKey(t.Context(), &k) }},
			{"disable", func() error { return cli.SetKeyDisabled(t.Context(), k.ID, &at) }},
			{"delete", func() error { return cli.DeleteKey(t.Context(), k.ID) }},
		}
		for _, step := range steps {
			require.NoError(t, step.do())
			now, err := server.KeysRevision(t.Context())
			require.NoError(t, err)
			require.Greater(t, now, last, step.name)
			last = now
		}
		now, err := server.KeysRevision(t.Context())
		require.NoError(t, err)
		require.Equal(t, last, now)
	})
}

func TestDamagedKeyRow(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		k := sampleKey("a")
		require.NoError(t, s.CreateKey(t.Context(), &k))
		s.Exec(t, "UPDATE keys SET allowed_ips = 'not a list'")
		_, err := s.Keys(t.Context())
		require.ErrorContains(t, err, "list column", "a broken allow list must never read as an empty one")
		blob := "X'0102030405'"
		if s.Engine() == store.Postgres {
			blob = "'\\x0102030405'"
		}
		s.Exec(t, "UPDATE keys SET allowed_ips = '[]', digest = "+blob)
		_, err = s.KeyByName(t.Context(), "a")
		require.ErrorContains(t, err, "digest of 5 bytes")
	})
}
