package gemini

import (
	"crypto/sha256"
	"sync"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// maxCachedSchema bounds one cached schema, in bytes before cleaning.
const maxCachedSchema = 256 << 10

// schemaCache keeps cleaned schemas by the hash of their content. It holds a
// bounded number and forgets the oldest first. A nil cache keeps nothing.
type schemaCache struct {
	limit int

	mu    sync.Mutex
	known map[[sha256.Size]byte]cleanedSchema
	order [][sha256.Size]byte // a ring, once full
	next  int
}

type cleanedSchema struct {
	schema llm.Raw
	lossy  bool
}

func newSchemaCache(limit int) *schemaCache {
	if limit <= 0 {
		return nil
	}
	return &schemaCache{limit: limit, known: map[[sha256.Size]byte]cleanedSchema{}}
}

// clean is cleanSchema with memory. The result is shared and must not be changed.
func (c *schemaCache) clean(raw llm.Raw, use schemaUse) (llm.Raw, bool) {
	if c == nil || len(raw) > maxCachedSchema {
		return cleanSchema(raw, use)
	}
	h := sha256.New()
	h.Write([]byte{byte(use)})
	h.Write(raw)
	var key [sha256.Size]byte
	h.Sum(key[:0])
	c.mu.Lock()
	got, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return got.schema, got.lossy
	}
	got.schema, got.lossy = cleanSchema(raw, use)
	c.put(key, got)
	return got.schema, got.lossy
}

func (c *schemaCache) put(key [sha256.Size]byte, v cleanedSchema) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[key]; ok {
		return
	}
	if len(c.order) < c.limit {
		c.order = append(c.order, key)
	} else {
		delete(c.known, c.order[c.next])
		c.order[c.next] = key
		c.next = (c.next + 1) % c.limit
	}
	c.known[key] = v
}
