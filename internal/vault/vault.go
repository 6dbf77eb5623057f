package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/secretbox"
)

// Defaults and bounds.
const (
	// DefaultTTL is how long a turn is kept.
	DefaultTTL = 24 * time.Hour
	// DefaultTimeout bounds one round trip to the store.
	DefaultTimeout = 500 * time.Millisecond
	// MaxValue bounds one stored value, in bytes.
	MaxValue = 256 << 10

	// maxAnswer bounds the thinking of one answer that is gathered, in bytes:
	// what an envelope may hold, less its own fields.
	maxAnswer = maxInflated - 4<<10
	// maxInputs bounds the arguments of one answer's calls that are gathered
	// to be recognised, in bytes.
	maxInputs = 1 << 20
	// maxOpened bounds what the envelopes and stored turns of one request may
	// hold, in bytes.
	maxOpened = 64 << 20
	// maxKeys bounds the keys under which one answer is stored.
	maxKeys = 64
	// maxTurn bounds the values under all keys of one answer, in bytes; the
	// first is stored in any case.
	maxTurn = 1 << 20
	// maxLookups bounds the keys that one request asks for.
	maxLookups = 1024
)

// ErrTooLarge is returned for a turn that is over MaxValue and was not stored.
var ErrTooLarge = errors.New("vault: the turn is too large to be stored")

// Options configure a Vault. The zero value is ready.
type Options struct {
	TTL     time.Duration // DefaultTTL when not positive
	Timeout time.Duration // DefaultTimeout when not positive
}

// Vault seals answers and opens requests. It is safe for concurrent use.
type Vault struct {
	store  Store
	ring   *secretbox.Ring
	opts   Options
	keying [secretbox.KeySize]byte
	packer packer
}

// New returns a vault that seals with the ring and stores in store.
func New(store Store, ring *secretbox.Ring, opts Options) *Vault {
	if opts.TTL <= 0 {
		opts.TTL = DefaultTTL
	}
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	return &Vault{store: store, ring: ring, opts: opts, keying: ring.Derive("reasoning vault keys")}
}

// Turn is one answer on its way to a client.
type Turn struct {
	// Tenant is who the answer belongs to: nobody else can bring it back.
	Tenant string
	From   Origin       // who answers
	Client llm.Protocol // what the client speaks
	// Request is the client's request as it was decoded; only its texts are
	// read. Nil stores no answer that has no calls.
	Request *llm.Request
}

// foreign reports whether the client speaks another protocol than the issuer
// and brings answers back, so that the vault has something to do.
func (t *Turn) foreign() bool { return t.From.Protocol != t.Client && remembers(t.Client) }

// storesThinking reports whether thinking has to be stored: because the client
// does not reliably bring it back, or because it lets answers be stored and may
// therefore name its reasoning items by their ids alone.
func (t *Turn) storesThinking() bool {
	if carriageOf(t.Client) == carryEncrypted {
		return t.Request != nil && (t.Request.Store == nil || *t.Request.Store)
	}
	return carriageOf(t.Client).storesThinking()
}

// put stores items within the time allowed.
func (v *Vault) put(ctx context.Context, items []Item) error {
	if len(items) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, v.opts.Timeout)
	defer cancel()
	if err := v.store.Put(ctx, items, v.opts.TTL); err != nil {
		return fmt.Errorf("keep reasoning for later turns: %w", err)
	}
	return nil
}

func (v *Vault) get(ctx context.Context, keys []Key) ([][]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, v.opts.Timeout)
	defer cancel()
	values, err := v.store.Get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("look up reasoning of earlier turns: %w", err)
	}
	if len(values) != len(keys) {
		return nil, fmt.Errorf("look up reasoning of earlier turns: %d values for %d keys", len(values), len(keys))
	}
	return values, nil
}
