package relay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// Provider is a configured connection to a vendor, ready to be used.
type Provider struct {
	Slug      string
	Vendor    string
	Endpoints map[llm.Protocol]Endpoint
	Headers   http.Header // of the configuration; they override what we send
	Transport http.RoundTripper
	Timeout   time.Duration // from sending to the first byte, and between bytes
	// Secrets are what must never come back to a client in an error body.
	Secrets []string
}

// Endpoint is where and how a provider speaks one protocol.
type Endpoint struct {
	URL  *url.URL // up to and including the version segment
	Auth upstream.Auth
	// Traits says in what the vendor differs from others that speak the protocol.
	Traits []string
}

// join returns the endpoint's URL with the protocol's path and query behind it.
func (e Endpoint) join(path, query string) *url.URL {
	u := *e.URL
	u.Path = strings.TrimSuffix(u.Path, "/") + path
	u.RawPath, u.RawQuery = "", query
	return &u
}

// scrub replaces the provider's credentials in text that an upstream wrote.
func (p *Provider) scrub(text []byte) []byte {
	for _, s := range p.Secrets {
		if len(s) >= 8 && bytes.Contains(text, []byte(s)) {
			text = bytes.ReplaceAll(text, []byte(s), []byte("<secret>"))
		}
	}
	return text
}

// scrubText is scrub for text that is a string already.
func (p *Provider) scrubText(text string) string { return string(p.scrub([]byte(text))) }

// hides reports whether a string of the JSON text is or holds one of the
// provider's credentials once it is decoded.
func (p *Provider) hides(text []byte) bool {
	if bytes.IndexByte(text, '\\') < 0 {
		return false // as it stands, it has been scrubbed
	}
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		t, err := d.ReadToken()
		if err != nil {
			return !errors.Is(err, io.EOF) // what cannot be read is not trusted
		}
		if t.Kind() != '"' {
			continue
		}
		if s := t.String(); string(p.scrub([]byte(s))) != s {
			return true
		}
	}
}
