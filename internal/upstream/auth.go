package upstream

import (
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/net/http/httpguts"
)

// Auth is the static credential of a provider, ready to be set on requests.
// The zero Auth sets nothing. It prints as no secret, in whatever structure
// it is printed: the value lies in a closure, of which fmt shows an address (it
// looks through pointers).
type Auth struct {
	name   string // canonical header name
	values func() []string
}

// ErrBadCredential is wrapped by what Bearer and HeaderAuth return.
var ErrBadCredential = errors.New("upstream: credential cannot be sent as a header")

// Bearer returns the credential "Authorization: Bearer secret". The error,
// which never shows the secret, says why it cannot be one.
func Bearer(secret string) (Auth, error) { return newAuth("Authorization", "Bearer ", secret) }

// HeaderAuth returns the credential "name: secret".
func HeaderAuth(name, secret string) (Auth, error) { return newAuth(name, "", secret) }

func newAuth(name, prefix, secret string) (Auth, error) {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return Auth{}, fmt.Errorf("%w: header name %q is not valid", ErrBadCredential, name)
	case secret == "":
		return Auth{}, fmt.Errorf("%w: it is empty", ErrBadCredential)
	case !httpguts.ValidHeaderFieldValue(secret):
		return Auth{}, fmt.Errorf("%w: it holds a control character (a line end from a file, perhaps)", ErrBadCredential)
	}
	values := []string{prefix + secret}
	return Auth{
		name:   http.CanonicalHeaderKey(name),
		values: func() []string { return values[:1:1] }, // appending copies
	}, nil
}

// String never shows the secret.
func (a Auth) String() string {
	if a.values == nil {
		return "none"
	}
	return a.name + ": <secret>"
}

// GoString never shows the secret.
func (a Auth) GoString() string { return a.String() }

// Authorize removes every header a client could have put a credential in, and
// sets the provider's. It comes after RequestHeaders and before the headers of
// the provider's configuration.
func Authorize(h http.Header, a Auth) {
	for _, name := range credentialNames {
		delete(h, name)
	}
	if a.values != nil {
		h[a.name] = a.values()
	}
}

// credentialNames are in canonical form.
var credentialNames = []string{
	"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Proxy-Authorization", "Cookie",
}
