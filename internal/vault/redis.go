package vault

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/gomodule/redigo/redis"
)

// RedisStore is a Store that replicas share.
type RedisStore struct {
	pool   *redis.Pool
	prefix string
}

// Redis returns a store on a pool of connections, whose keys begin with prefix.
// The pool stays its caller's to close.
func Redis(pool *redis.Pool, prefix string) *RedisStore {
	return &RedisStore{pool: pool, prefix: prefix}
}

func (r *RedisStore) key(k Key) string { return r.prefix + base64.RawURLEncoding.EncodeToString(k[:]) }

// Put stores the items in one pipeline. ttl is rounded up to milliseconds.
func (r *RedisStore) Put(ctx context.Context, items []Item, ttl time.Duration) (err error) {
	ms := max(1, int64((ttl+time.Millisecond-1)/time.Millisecond))
	_, err = r.pipeline(ctx, len(items), func(c redis.Conn, i int) error {
		return c.Send("SET", r.key(items[i].Key), items[i].Value, "PX", ms)
	})
	if err != nil {
		return fmt.Errorf("store %d items in Redis: %w", len(items), err)
	}
	return nil
}

// Get reads the values in one pipeline.
func (r *RedisStore) Get(ctx context.Context, keys []Key) ([][]byte, error) {
	replies, err := r.pipeline(ctx, len(keys), func(c redis.Conn, i int) error { return c.Send("GET", r.key(keys[i])) })
	if err != nil {
		return nil, fmt.Errorf("read %d keys from Redis: %w", len(keys), err)
	}
	values := make([][]byte, len(keys))
	for i, reply := range replies {
		value, err := redis.Bytes(reply, nil)
		switch {
		case errors.Is(err, redis.ErrNil):
		case err != nil:
			return nil, fmt.Errorf("read %d keys from Redis: %w", len(keys), err)
		default:
			values[i] = value
		}
	}
	return values, nil
}

// pipeline sends n commands in one go and returns their replies. A connection
// whose replies were not all read is not used again.
func (r *RedisStore) pipeline(ctx context.Context, n int, send func(c redis.Conn, i int) error) (replies []any, err error) {
	c, err := r.pool.GetContext(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // the callers say what for
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for i := range n {
		if err := send(c, i); err != nil {
			return nil, err
		}
	}
	if err := c.Flush(); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	for range n {
		reply, err := redis.ReceiveContext(c, ctx)
		if err != nil {
			return nil, err //nolint:wrapcheck // as above
		}
		replies = append(replies, reply)
	}
	return replies, nil
}
