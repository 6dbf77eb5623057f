// Package catalog knows the vendors: which protocols each speaks at which URL,
// how it wants to be authenticated, and which models it is known to serve.
//
// A vendor is one YAML file under vendors/, and nothing else: no code here or
// elsewhere names one. A vendor that needs more than data adds a package of
// hooks under internal/vendor.
package catalog

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Vendor is a kind of upstream, as its file describes it. A Vendor handed out
// by a Catalog is the caller's own copy.
type Vendor struct {
	ID   string // the file's name without ".yaml"; [a-z0-9-]
	Name string // for people
	Docs string // URL of the vendor's API reference; "" when there is none

	// Protocols says what the vendor speaks and where. A base URL goes up to
	// and including the version segment; the protocol's path is appended. The
	// map is empty for a vendor that has no URL of its own, such as a generic
	// one, whose provider must then state a base_url.
	Protocols map[llm.Protocol]string

	// Traits says in what the vendor differs from others that speak a
	// protocol, in words of the protocol's codec.
	Traits map[llm.Protocol][]string

	// Auth is how a credential is presented for every protocol that
	// ProtocolAuth does not mention. Callers want AuthFor.
	Auth         Auth
	ProtocolAuth map[llm.Protocol]Auth

	// Models are the models worth offering when a provider lists none. The
	// list may be empty and is never a limit.
	Models []Model

	// AllowPrivate says that the vendor normally lives on a private or
	// loopback address, so that its providers may dial one by default.
	AllowPrivate bool

	// BuiltIn marks the vendor that is served when there is no configuration.
	BuiltIn bool

	// Infer recognises the vendor's protocols from a URL given alone.
	Infer []Inference
}

// AuthKind says where a credential goes in an upstream request.
type AuthKind string

// The kinds.
const (
	AuthBearer AuthKind = "bearer" // Authorization: Bearer <credential>
	AuthHeader AuthKind = "header" // <Header>: <credential>
	AuthNone   AuthKind = "none"   // no credential is sent
)

// Auth says how a credential is presented.
type Auth struct {
	Kind   AuthKind
	Header string // canonical header name; set only when Kind is AuthHeader
}

// ModelType says what a model is asked for.
type ModelType string

// The types of model.
const (
	ModelChat       ModelType = "chat"
	ModelEmbeddings ModelType = "embeddings"
)

// ModelTypes lists every type of model.
func ModelTypes() []ModelType { return []ModelType{ModelChat, ModelEmbeddings} }

// Model is one upstream model a vendor is known to serve.
type Model struct {
	Name string
	Type ModelType
}

// Inference says which protocols a URL of unknown kind speaks: those listed,
// when its host is Host or below it and its path is Path or below it.
type Inference struct {
	Host      string // lower case, no port
	Path      string // "" or a path without a trailing slash
	Protocols []llm.Protocol
}

// AuthFor returns how a credential is presented when speaking p.
func (v Vendor) AuthFor(p llm.Protocol) Auth {
	if a, ok := v.ProtocolAuth[p]; ok {
		return a
	}
	return v.Auth
}

// DefaultAuth returns how p itself says a credential is presented. It serves
// providers that name no vendor.
//
// Sources: Anthropic "API overview" (x-api-key), Google "Gemini API: API keys"
// (x-goog-api-key), OpenAI "Authentication" (bearer, and all who follow it).
func DefaultAuth(p llm.Protocol) Auth {
	switch p {
	case llm.AnthropicMessages:
		return Auth{Kind: AuthHeader, Header: "X-Api-Key"}
	case llm.Gemini:
		return Auth{Kind: AuthHeader, Header: "X-Goog-Api-Key"}
	default:
		return Auth{Kind: AuthBearer}
	}
}

// AuthFor returns how a credential is presented to the vendor when speaking p,
// or what p itself says when the vendor is "" or not in the catalog.
func (c *Catalog) AuthFor(vendor string, p llm.Protocol) Auth {
	if v, ok := c.byID[vendor]; ok {
		return v.AuthFor(p)
	}
	return DefaultAuth(p)
}

func (v Vendor) clone() Vendor {
	v.Protocols = maps.Clone(v.Protocols)
	v.ProtocolAuth = maps.Clone(v.ProtocolAuth)
	v.Traits = maps.Clone(v.Traits)
	for p, t := range v.Traits {
		v.Traits[p] = slices.Clone(t)
	}
	v.Models = slices.Clone(v.Models)
	v.Infer = slices.Clone(v.Infer)
	return v
}

// Catalog is a set of vendors. It is immutable and safe for concurrent use.
type Catalog struct {
	byID   map[string]Vendor
	ids    []string // sorted
	infer  []Inference
	scheme []string // sorted URL schemes a base URL may have
	facts  map[factKey]ModelFacts
}

// Vendor returns the vendor with the id.
func (c *Catalog) Vendor(id string) (Vendor, bool) {
	v, ok := c.byID[id]
	return v.clone(), ok
}

// Vendors returns every vendor in the order of its id.
func (c *Catalog) Vendors() []Vendor {
	all := make([]Vendor, 0, len(c.ids))
	for _, id := range c.ids {
		all = append(all, c.byID[id].clone())
	}
	return all
}

// IDs returns the id of every vendor, sorted.
func (c *Catalog) IDs() []string { return slices.Clone(c.ids) }

// Schemes returns the URL schemes that a base URL may have, sorted: http,
// https, and whatever else a vendor's own URLs use.
func (c *Catalog) Schemes() []string { return slices.Clone(c.scheme) }

// Infer returns the protocols that some vendor's file says u speaks, from the
// rule with the longest path and then the longest host, or nil when no rule
// matches.
func (c *Catalog) Infer(u *url.URL) []llm.Protocol {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	path := strings.TrimSuffix(u.Path, "/")
	for _, rule := range c.infer {
		if within(host, rule.Host) && below(path, rule.Path) {
			return slices.Clone(rule.Protocols)
		}
	}
	return nil
}

// within reports whether host is domain or a name below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// below reports whether path is root or below it.
func below(path, root string) bool {
	return root == "" || path == root || strings.HasPrefix(path, root+"/")
}
