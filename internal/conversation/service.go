package conversation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// The defaults of Options.
const (
	DefaultTTL              = 30 * 24 * time.Hour
	DefaultMaxBytes         = 8 << 20
	DefaultMaxPerTenant     = 10_000
	DefaultMaxConversations = 2_000
	DefaultMaxHistory       = 32 << 20
	DefaultMaxTurns         = 1_000
)

// Bounds that nobody has a reason to change.
const (
	maxIDBytes    = 256    // of any id
	maxReferences = 2_048  // different items that one request refers to
	maxItems      = 10_000 // items of one response that are indexed
	idBytes       = 24     // random bytes of an id we make
	cleanupBatch  = 500    // rows deleted in one step
	graceShare    = 30     // part of the TTL that is given in advance; see Limits
)

// Options bound the state. A zero field has its default.
type Options struct {
	// TTL is the life of a response or conversation since it was last used:
	// created, continued, referred to or changed.
	TTL time.Duration
	// MaxBytes bounds one response's body and input together.
	MaxBytes int64
	// MaxPerTenant bounds the responses of one tenant; the least recently used
	// ones are evicted. MaxConversations does it for conversations.
	MaxPerTenant     int
	MaxConversations int
	// MaxHistory bounds what is put before one request's input, in bytes, and
	// MaxTurns the responses of a chain.
	MaxHistory int64
	MaxTurns   int
	Clock      func() time.Time
	// NewID returns what follows the prefix of an id. It must not be guessable.
	NewID func() string
}

func (o Options) withDefaults() Options {
	o.TTL = orDefault(o.TTL, DefaultTTL)
	o.MaxBytes = orDefault(o.MaxBytes, DefaultMaxBytes)
	o.MaxPerTenant = orDefault(o.MaxPerTenant, DefaultMaxPerTenant)
	o.MaxConversations = orDefault(o.MaxConversations, DefaultMaxConversations)
	o.MaxHistory = orDefault(o.MaxHistory, DefaultMaxHistory)
	o.MaxTurns = orDefault(o.MaxTurns, DefaultMaxTurns)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewID == nil {
		o.NewID = randomID
	}
	return o
}

func orDefault[T int | int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

func randomID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Service is the state of all tenants. It is safe for concurrent use.
type Service struct {
	store Store
	o     Options
}

// New returns a service on a store.
func New(store Store, o Options) *Service {
	return &Service{store: store, o: o.withDefaults()}
}

func (s *Service) now() time.Time { return s.o.Clock().UTC().Truncate(time.Microsecond) }

func (s *Service) id(prefix string) string { return prefix + "_" + s.o.NewID() }

func (s *Service) limits() Limits {
	return Limits{Responses: s.o.MaxPerTenant, Conversations: s.o.MaxConversations, Grace: s.o.TTL / graceShare}
}

// Cleanup deletes what has expired, in small steps, and returns how much it was.
func (s *Service) Cleanup(ctx context.Context) (total int64, err error) {
	for {
		n, err := s.store.DeleteExpired(ctx, s.now(), cleanupBatch)
		total += n
		if err != nil {
			return total, fmt.Errorf("delete expired responses: %w", err)
		}
		if n == 0 {
			return total, nil
		}
	}
}

// legalID reports whether id can be one of ours. The store is never asked for
// any other.
func legalID(id string) bool {
	if id == "" || len(id) > maxIDBytes {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}
