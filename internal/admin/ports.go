package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/record"
)

// Errors that ports return and the API knows how to answer. Anything else is
// logged and answered with 500 and no detail.
var (
	// ErrUnauthenticated: the secret or session token is wrong, expired or revoked.
	ErrUnauthenticated = errors.New("admin: not signed in")
	// ErrKeyNotFound: no key has that name.
	ErrKeyNotFound = errors.New("admin: no such key")
	// ErrKeyExists: a key of that name exists, in the database or the configuration.
	ErrKeyExists = errors.New("admin: key exists")
	// ErrKeyReadOnly: the key is declared in the configuration file and changes there.
	ErrKeyReadOnly = errors.New("admin: key belongs to the configuration")
)

// InvalidError says that one field of an input cannot be accepted. Message is
// shown to the caller and must not quote a secret.
type InvalidError struct {
	Field   string // path inside the body, e.g. "allowed_ips[1]"
	Message string
}

// Error names the field and what is wrong with it.
func (e *InvalidError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Message) }

// Requests reads the request log.
type Requests interface {
	// Requests returns one page; record.ErrBadCursor for a foreign cursor.
	Requests(ctx context.Context, q record.Query) (record.Page, error)
	// Request returns one record; record.ErrNotFound when the id is unknown.
	Request(ctx context.Context, id uuid.UUID) (*record.Record, error)
}

// Tail hands out finished requests as they end.
type Tail interface {
	// Subscribe returns a channel that receives every request finishing from
	// now on, and a function that ends the subscription. A subscriber whose
	// buffer is full misses records; it never slows a request. The channel is
	// closed when the source stops.
	Subscribe(buffer int) (<-chan record.Record, func())
}

// NewKey is what a person decides about a key when creating it. The zero value
// of every field but Name means "no restriction".
type NewKey struct {
	Name    string
	Comment string
	KeyRules
}

// KeyRules are a key's restrictions; see authn.Key for their meaning.
type KeyRules struct {
	AllowedModels     []string
	ExcludedModels    []string
	AllowedProviders  []string
	ExcludedProviders []string
	AllowedIPs        []string
	RequestsPerMinute int
	MaxConcurrency    int
	StrictFidelity    bool
	ExpiresAt         *time.Time
}

// KeyChange changes a key; a nil field is left as it is.
type KeyChange struct {
	Comment           *string
	AllowedModels     *[]string
	ExcludedModels    *[]string
	AllowedProviders  *[]string
	ExcludedProviders *[]string
	AllowedIPs        *[]string
	RequestsPerMinute *int
	MaxConcurrency    *int
	StrictFidelity    *bool
	ExpiresAt         **time.Time // pointer to nil removes the expiry
	Disabled          *bool
}

// Keys manages client keys.
type Keys interface {
	// List returns all keys, of the configuration and the database.
	List(ctx context.Context) ([]authn.Key, error)
	// Create makes a key and returns its secret, which is shown this once.
	// It returns ErrKeyExists or *InvalidError.
	Create(ctx context.Context, key NewKey) (authn.Key, string, error)
	// Update changes a key. It returns ErrKeyNotFound, ErrKeyReadOnly or *InvalidError.
	Update(ctx context.Context, name string, change KeyChange) (authn.Key, error)
	// Revoke deletes a key for good. It returns ErrKeyNotFound or ErrKeyReadOnly.
	Revoke(ctx context.Context, name string) error
}

// Loaded describes the configuration that serves requests now.
type Loaded interface {
	Providers() []ProviderView
	Aliases() []AliasView
	Config() ConfigStatus
}

// Health describes the parts that keep records.
type Health interface {
	Journal() JournalStatus
	// Database pings the store; it answers within the context's deadline.
	Database(ctx context.Context) DatabaseStatus
}

// Sessions signs administrators in and out. All three verifying methods return
// ErrUnauthenticated when the credential does not hold.
type Sessions interface {
	// SignIn exchanges the admin secret for a session token.
	SignIn(ctx context.Context, secret, ip, userAgent string) (token string, expires time.Time, err error)
	// Verify answers who a session token belongs to.
	Verify(ctx context.Context, token string) (Principal, error)
	// VerifySecret answers who a bearer admin secret belongs to.
	VerifySecret(ctx context.Context, secret string) (Principal, error)
	// SignOut revokes a session token. Revoking an unknown one is no error.
	SignOut(ctx context.Context, token string) error
}
