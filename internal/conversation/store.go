package conversation

import (
	"context"
	"errors"
	"math"
	"time"
)

// Errors that a Store returns, wrapped or not.
var (
	// ErrNotFound: the tenant has no such object, or it has expired.
	ErrNotFound = errors.New("conversation: not found")
	// ErrExists: a finished response of this id is stored already.
	ErrExists = errors.New("conversation: exists already")
	// ErrTooLarge: more would have to be read or kept than is allowed.
	ErrTooLarge = errors.New("conversation: too large")
)

// Limits bound what one tenant keeps.
type Limits struct {
	Responses     int // the least recently used go first
	Conversations int // likewise
	// Grace is added to the life of what a new response builds on, so that a
	// long chain is not written anew with every turn.
	Grace time.Duration
}

// Bound limits what is read of a chain.
type Bound struct {
	Turns int
	Bytes int64
}

// ItemQuery selects items of a conversation with positions above After and up
// to UpTo.
type ItemQuery struct {
	After, UpTo int64
	Descending  bool
	Limit       int // 0 means all
}

// all selects the items up to a position.
func all(upTo int64) ItemQuery { return ItemQuery{UpTo: upTo} }

// noBound is the position behind every item.
const noBound = math.MaxInt64

// Store keeps the state. What has expired at now is not there, whether or not
// DeleteExpired has been by. Implementations are safe for concurrent use, and
// each method is atomic.
type Store interface {
	// PutResponse stores a response, gives what it builds on the same life,
	// appends to its conversation, and evicts what exceeds the limits. A
	// response that is not finished is replaced; for one that is, it returns
	// ErrExists and changes nothing.
	PutResponse(ctx context.Context, e *Entry, l Limits) error
	// Response returns a response, or ErrNotFound.
	Response(ctx context.Context, tenant, id string, now time.Time) (Response, error)
	// DeleteResponse deletes a response and the index of its items, or
	// returns ErrNotFound.
	DeleteResponse(ctx context.Context, tenant, id string, now time.Time) error
	// Chain returns the response and those before it, the oldest first, in one
	// query. It stops early where a link is missing or the bound is passed:
	// then the first has a PreviousID. It returns ErrNotFound when the
	// response itself is missing.
	Chain(ctx context.Context, tenant, id string, now time.Time, b Bound) ([]Turn, error)
	// Items returns those of the items that are there, by id. It returns
	// ErrTooLarge when they are more than bytes long together.
	Items(ctx context.Context, tenant string, ids []string, now time.Time, bytes int64) (map[string]Item, error)

	// PutConversation stores a new conversation with its first items and
	// evicts what exceeds the limits.
	PutConversation(ctx context.Context, c *Conversation, items []Item, l Limits) error
	// Conversation returns a conversation, or ErrNotFound.
	Conversation(ctx context.Context, tenant, id string, now time.Time) (Conversation, error)
	// UpdateConversation replaces the metadata and the expiry of the
	// conversation with c's id, or returns ErrNotFound.
	UpdateConversation(ctx context.Context, c *Conversation, now time.Time) error
	// DeleteConversation deletes a conversation with its items, or returns
	// ErrNotFound.
	DeleteConversation(ctx context.Context, tenant, id string, now time.Time) error
	// AppendItems adds items at the end of the conversation with c's id and
	// moves its expiry. Items whose id it has already are left out. It returns
	// ErrNotFound, or ErrTooLarge when the items would be more than bytes long
	// together.
	AppendItems(ctx context.Context, c *Conversation, items []Item, now time.Time, bytes int64) error
	// ConversationItems returns items in order. A conversation that is not
	// there has none.
	ConversationItems(ctx context.Context, tenant, id string, q ItemQuery) ([]Item, error)
	// ConversationItem returns one item, or ErrNotFound.
	ConversationItem(ctx context.Context, tenant, id, item string) (Item, error)
	// DeleteConversationItem deletes one item, or returns ErrNotFound.
	DeleteConversationItem(ctx context.Context, tenant, id, item string) error

	// DeleteExpired deletes up to limit responses and up to limit
	// conversations that have expired, and returns how many they were.
	DeleteExpired(ctx context.Context, now time.Time, limit int) (int64, error)
}
