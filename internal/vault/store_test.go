package vault_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
	"github.com/plexus-gateway/plexus/internal/vault"
)

func vaultOn(s vault.Store) *vault.Vault { return vault.New(s, secretbox.Generate(), vault.Options{}) }

// noise is text that does not shrink.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(33 + r.IntN(90))
	}
	return string(b)
}

func key(n int) vault.Key { return vault.Key{byte(n), byte(n >> 8)} }

func TestMemoryKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	m := vault.Memory(3*1000, newClock().Now)
	value := make([]byte, 700) // three fit, with what each costs beside
	for i := range 3 {
		require.NoError(t, m.Put(t.Context(), []vault.Item{{Key: key(i), Value: value}}, time.Hour))
	}
	_, err := m.Get(t.Context(), []vault.Key{key(0)})
	require.NoError(t, err)
	require.NoError(t, m.Put(t.Context(), []vault.Item{{Key: key(3), Value: value}}, time.Hour))
	require.Equal(t, []bool{true, false, true, true}, there(t, m, 0, 1, 2, 3))
	require.NoError(t, m.Put(t.Context(), []vault.Item{{Key: key(4), Value: make([]byte, 4000)}}, time.Hour))
	require.Equal(t, []bool{true, false, true, true, false}, there(t, m, 0, 1, 2, 3, 4), "what can never fit evicts nothing")
}

func there(t *testing.T, s vault.Store, keys ...int) []bool {
	t.Helper()
	all := make([]vault.Key, len(keys))
	for i, k := range keys {
		all[i] = key(k)
	}
	values, err := s.Get(t.Context(), all)
	require.NoError(t, err)
	out := make([]bool, len(values))
	for i, v := range values {
		out[i] = v != nil
	}
	return out
}

// TestMemoryAgreesWithAMap, but for what it may forget, and never grows over
// its bound.
func TestMemoryAgreesWithAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most = 20_000
		c := newClock()
		m := vault.Memory(most, c.Now)
		type kept struct {
			value   []byte
			expires time.Time
		}
		model := map[vault.Key]kept{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			k := key(rapid.IntRange(0, 30).Draw(t, "key"))
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				value := make([]byte, rapid.IntRange(0, 3000).Draw(t, "size"))
				ttl := time.Duration(rapid.IntRange(1, 100).Draw(t, "ttl")) * time.Second
				require.NoError(t, m.Put(context.Background(), []vault.Item{{Key: k, Value: value}}, ttl))
				model[k] = kept{value, c.now.Add(ttl)}
			case 1:
				c.now = c.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "later")) * time.Second)
			default:
				got, err := m.Get(context.Background(), []vault.Key{k})
				require.NoError(t, err)
				want := model[k]
				if got[0] != nil {
					require.Len(t, got[0], len(want.value))
					require.True(t, c.now.Before(want.expires))
				}
			}
			require.LessOrEqual(t, m.Size(), most)
		}
	})
}

// shared returns a store of its own on a real server.
func shared(t *testing.T) *vault.RedisStore {
	t.Helper()
	address := storetest.Redis(t)
	pool := &redis.Pool{DialContext: func(ctx context.Context) (redis.Conn, error) { return redis.DialURLContext(ctx, address) }}
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	return vault.Redis(pool, storetest.Prefix(t))
}

func TestRedisKeepsTurns(t *testing.T) {
	t.Parallel()
	s := shared(t)
	items := []vault.Item{{Key: key(1), Value: []byte("\x00one\xff")}, {Key: key(2), Value: []byte{}}}
	require.NoError(t, s.Put(t.Context(), items, time.Minute))
	got, err := s.Get(t.Context(), []vault.Key{key(2), key(3), key(1)})
	require.NoError(t, err)
	require.Equal(t, [][]byte{{}, nil, []byte("\x00one\xff")}, got)

	from := originOf(llm.AnthropicMessages)
	v := vaultOn(s)
	req := history(t, v, from, forgetful(llm.OpenAIChat), signedTurn()...)
	require.Equal(t, said(signedTurn()), said(assistant(open(t, v, req, from))))

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, s.Put(canceled, items, time.Minute))
	_, err = s.Get(canceled, []vault.Key{key(1)})
	require.Error(t, err)
}

// TestReplicasShareRedis: the answer was given by one process, the next request
// comes to another.
func TestReplicasShareRedis(t *testing.T) {
	t.Parallel()
	s := shared(t)
	ring := secretbox.Generate()
	from := originOf(llm.Gemini)
	req := history(t, vault.New(s, ring, vault.Options{}), from, client(llm.AnthropicMessages), call("call_1", "{}", sig(from.Protocol, "Sig==")))
	require.Equal(t, []string{"Sig=="}, secrets(assistant(open(t, vault.New(s, ring, vault.Options{}), req, from))))
}
