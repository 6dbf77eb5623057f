package vault

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// RedisStore is a Store that replicas share.
type RedisStore struct {
	client rueidis.Client
	prefix string
}

// Redis returns a store on a client, whose keys begin with prefix. The client
// stays its caller's to close.
func Redis(client rueidis.Client, prefix string) *RedisStore {
	return &RedisStore{client: client, prefix: prefix}
}

func (r *RedisStore) key(k Key) string { return r.prefix + base64.RawURLEncoding.EncodeToString(k[:]) }

// Put stores the items in one pipeline. ttl is rounded up to milliseconds.
func (r *RedisStore) Put(ctx context.Context, items []Item, ttl time.Duration) error {
	ms := max(1, int64((ttl+time.Millisecond-1)/time.Millisecond))
	cmds := make(rueidis.Commands, 0, len(items))
	for _, it := range items {
		cmds = append(cmds, r.client.B().Set().Key(r.key(it.Key)).Value(rueidis.BinaryString(it.Value)).PxMilliseconds(ms).Build())
	}
	for _, resp := range r.client.DoMulti(ctx, cmds...) {
		if err := resp.Error(); err != nil {
			return fmt.Errorf("store %d items in Redis: %w", len(items), err)
		}
	}
	return nil
}

// Get reads the values in one pipeline, which, other than MGET, a cluster can
// spread over its nodes.
func (r *RedisStore) Get(ctx context.Context, keys []Key) ([][]byte, error) {
	cmds := make(rueidis.Commands, 0, len(keys))
	for _, k := range keys {
		cmds = append(cmds, r.client.B().Get().Key(r.key(k)).Build())
	}
	values := make([][]byte, len(keys))
	for i, resp := range r.client.DoMulti(ctx, cmds...) {
		value, err := resp.AsBytes()
		switch {
		case rueidis.IsRedisNil(err):
		case err != nil:
			return nil, fmt.Errorf("read %d keys from Redis: %w", len(keys), err)
		default:
			values[i] = value
		}
	}
	return values, nil
}
