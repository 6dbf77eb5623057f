package vault

import (
	"context"
	"time"
)

// Key is where a stored turn is found: a keyed hash, in which neither the
// tenant nor the id can be read.
type Key [32]byte

// Item is one value to be stored.
type Item struct {
	Key   Key
	Value []byte
}

// Store keeps sealed turns for a while. It may forget any of them at any time.
// Implementations are safe for concurrent use. Values are not modified by
// either side once they were handed over.
type Store interface {
	// Put stores all items in one round trip, each for ttl.
	Put(ctx context.Context, items []Item, ttl time.Duration) error
	// Get returns the values of the keys in one round trip, in order, nil for
	// those that are not there.
	Get(ctx context.Context, keys []Key) ([][]byte, error)
}
