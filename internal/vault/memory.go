package vault

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// DefaultMemory bounds what a MemoryStore holds, in bytes.
const DefaultMemory = 64 << 20

// itemCost is what an item costs beside its value, in bytes: key, map entry,
// list element and headers.
const itemCost = 256

// MemoryStore is a Store of this process: the items used last, up to a number
// of bytes. It runs no goroutine: what has expired goes when it is asked for
// or when room is needed.
type MemoryStore struct {
	max int
	now func() time.Time

	mu    sync.Mutex
	items map[Key]*list.Element // of *memoryItem
	order *list.List            // the item used last is in front
	used  int
}

type memoryItem struct {
	key     Key
	value   []byte
	expires time.Time
}

// Memory returns an empty store that holds at most maxBytes (DefaultMemory when
// not positive). now is the clock.
func Memory(maxBytes int, now func() time.Time) *MemoryStore {
	if maxBytes <= 0 {
		maxBytes = DefaultMemory
	}
	return &MemoryStore{max: maxBytes, now: now, items: map[Key]*list.Element{}, order: list.New()}
}

// Put stores the items; those used longest ago make room for them. An item
// that is larger than the store is left out.
func (m *MemoryStore) Put(_ context.Context, items []Item, ttl time.Duration) error {
	expires := m.now().Add(ttl)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, it := range items {
		if old := m.items[it.Key]; old != nil {
			m.remove(old)
		}
		cost := len(it.Value) + itemCost
		if cost > m.max {
			continue
		}
		for m.used+cost > m.max {
			m.remove(m.order.Back())
		}
		m.items[it.Key] = m.order.PushFront(&memoryItem{it.Key, it.Value, expires})
		m.used += cost
	}
	return nil
}

// Get returns the values that are there and have not expired.
func (m *MemoryStore) Get(_ context.Context, keys []Key) ([][]byte, error) {
	now := m.now()
	values := make([][]byte, len(keys))
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, key := range keys {
		e := m.items[key]
		if e == nil {
			continue
		}
		it := item(e)
		if !now.Before(it.expires) {
			m.remove(e)
			continue
		}
		m.order.MoveToFront(e)
		values[i] = it.value
	}
	return values, nil
}

// Size returns the bytes in use, for metrics.
func (m *MemoryStore) Size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used
}

func (m *MemoryStore) remove(e *list.Element) {
	it := item(e)
	m.order.Remove(e)
	delete(m.items, it.key)
	m.used -= len(it.value) + itemCost
}

func item(e *list.Element) *memoryItem {
	it, _ := e.Value.(*memoryItem) // nothing else is in the list
	return it
}
