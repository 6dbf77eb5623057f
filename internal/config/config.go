// Package config turns plexus.yaml and the environment into a typed,
// validated Config.
//
// The file is read strictly: an unknown key, a duplicate key, a value of the
// wrong kind and a reference to something that does not exist are errors, each
// with its position, and all of them are reported at once (Errors). A Config
// that was returned without an error needs no further checking.
//
// The structs below are the only description of the file's shape: the decoder,
// the JSON Schema (Schema) and the printed configuration (Redacted) all follow
// their tags.
//
//	yaml      the key in the file; "-" for what is not a key
//	also      another accepted spelling of the key
//	was       spellings of other programs, answered with "did you mean"
//	default   the value of an absent key, in the file's notation
//	enum      the allowed values, comma separated
//	min, max  inclusive bounds, in the file's notation
//	required  the key must be present and not empty
//	size      the number is a count of bytes, written like 64MiB
//	ref       the secret may be a ${secret:NAME} reference
package config

import (
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// Config is a whole, valid configuration with every default filled in. It is
// not changed after it was returned.
type Config struct {
	Server    Server     `yaml:"server"`
	Database  Database   `yaml:"database"`
	Redis     Redis      `yaml:"redis"`
	Journal   Journal    `yaml:"journal"`
	Log       Log        `yaml:"log"`
	Retention Retention  `yaml:"retention"`
	Providers []Provider `yaml:"providers"` // in the file's order
	Models    []Alias    `yaml:"models"`    // in the file's order
	Keys      []Key      `yaml:"keys"`      // in the file's order
}

// Server says how clients reach the gateway.
type Server struct {
	Listen         string         `yaml:"listen" default:":4000" was:"port"` // host:port
	TLSCert        string         `yaml:"tls_cert"`                          // PEM file; set if and only if TLSKey is
	TLSKey         string         `yaml:"tls_key"`                           // PEM file
	MaxBodyBytes   int64          `yaml:"max_body_bytes" default:"64MiB" size:"true" min:"1KiB" max:"4GiB"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"` // masked; empty trusts nobody's X-Forwarded-For
	DrainTimeout   time.Duration  `yaml:"drain_timeout" default:"30s" min:"0s" max:"1h"`
	PprofListen    string         `yaml:"pprof_listen"` // loopback host:port; "" is off
}

// Database says where state lives.
type Database struct {
	// URL is "postgres://…" or "sqlite:path"; zero means an SQLite file in the
	// data directory. The environment overrides it (see ApplyEnv).
	URL Secret `yaml:"url"`
}

// Redis says where replicas share what need not last.
type Redis struct {
	// URL is "redis://…", "rediss://…" or "unix://…"; zero means none: a
	// gateway alone keeps it in memory.
	URL Secret `yaml:"url"`
}

// When the journal is forced to disk.
const (
	FsyncInterval = "interval" // every Journal.FsyncInterval
	FsyncAlways   = "always"   // before a request is answered
	FsyncNever    = "never"    // when the operating system likes
)

// Journal bounds the crash-safe log that finished requests pass through.
type Journal struct {
	Fsync         string        `yaml:"fsync" default:"interval" enum:"interval,always,never"`
	FsyncInterval time.Duration `yaml:"fsync_interval" default:"200ms" min:"1ms" max:"1m"`
	MaxBytes      int64         `yaml:"max_bytes" default:"1GiB" size:"true" min:"1MiB"`
}

// The forms of a log line.
const (
	LogText = "text"
	LogJSON = "json"
)

// Log says what is logged and how.
type Log struct {
	Level  string `yaml:"level" default:"info" enum:"debug,info,warn,error"`
	Format string `yaml:"format" default:"text" enum:"text,json"`
}

// SlogLevel returns Level as slog knows it.
func (l Log) SlogLevel() slog.Level {
	switch l.Level {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// Retention says how long data is kept.
type Retention struct {
	Requests time.Duration `yaml:"requests" default:"0s" min:"0s"` // 0 keeps them for ever
	// Responses is how long what clients of the Responses API let us store is
	// kept since it was last used.
	Responses time.Duration `yaml:"responses" default:"720h" min:"1h"`
}

// Provider is a configured connection to a vendor, with credentials.
type Provider struct {
	Slug         string                  `yaml:"-"`                           // the key under providers; [a-z0-9._-]
	DisplayName  string                  `yaml:"display_name" was:"name"`     // Slug when absent
	Vendor       string                  `yaml:"vendor" was:"type"`           // an id of the catalog, or ""
	BaseURL      map[llm.Protocol]string `yaml:"base_url" was:"api_base_url"` // never empty; no trailing slash
	APIKey       Secret                  `yaml:"api_key" ref:"true"`
	Headers      map[string]Secret       `yaml:"headers" ref:"true"` // by canonical name; override what the gateway sends
	Models       []ProviderModel         `yaml:"models"`             // the catalog's when absent
	Enabled      bool                    `yaml:"enabled" default:"true"`
	Timeout      time.Duration           `yaml:"timeout" default:"300s" min:"1ms" max:"24h" was:"timeoutMs"` // from sending to the first byte of the answer
	AllowPrivate bool                    `yaml:"allow_private"`                                              // may dial private and loopback addresses; the vendor's when absent
	HTTP2        *bool                   `yaml:"http2"`                                                      // nil leaves it to the connection
}

// HeaderNames returns the canonical names of the headers, sorted.
func (p *Provider) HeaderNames() []string { return slices.Sorted(maps.Keys(p.Headers)) }

// ProviderModel is one upstream model that a provider serves.
type ProviderModel struct {
	Name string            `yaml:"-"` // as the upstream spells it
	Type catalog.ModelType `yaml:"type" default:"chat" enum:"chat,embeddings"`
}

// Alias is a public model name and where its requests may go.
type Alias struct {
	Name              string   `yaml:"-"`                                 // the key under models
	Targets           []Target `yaml:"targets"`                           // never empty
	AdditionalAliases []string `yaml:"additional_aliases" also:"aliases"` // further public names
	StrictFidelity    bool     `yaml:"strict_fidelity" default:"false"`   // refuse lossy conversions
}

// Target is one upstream model at one provider.
type Target struct {
	Provider string `yaml:"provider" required:"true"`              // a slug under providers
	Model    string `yaml:"model" also:"model_id" required:"true"` // as the upstream spells it
	Weight   int    `yaml:"weight" default:"1" min:"1" max:"1000000"`
	Enabled  bool   `yaml:"enabled" default:"true"`
}

// Key is a client's credential declared in the file. An empty allow list
// allows everything; an exclusion wins over an allowance; * in a pattern
// stands for any run of characters.
type Key struct {
	Name              string     `yaml:"-"`                      // the key under keys; [a-z0-9._-]
	Secret            Secret     `yaml:"secret" required:"true"` // at least MinKeySecret characters, without a colon
	Comment           string     `yaml:"comment"`
	AllowedModels     []string   `yaml:"allowed_models" also:"models"`
	ExcludedModels    []string   `yaml:"excluded_models"`
	AllowedProviders  []string   `yaml:"allowed_providers"`
	ExcludedProviders []string   `yaml:"excluded_providers"`
	AllowedIPs        []string   `yaml:"allowed_ips"`                       // address, CIDR or from-to range, in canonical form
	ExpiresAt         *time.Time `yaml:"expires_at" was:"expiresInMinutes"` // UTC; nil means never
	Disabled          bool       `yaml:"disabled" default:"false" was:"disabledAt"`
	RequestsPerMinute int        `yaml:"requests_per_minute" default:"0" min:"0"` // 0 means unlimited
	MaxConcurrency    int        `yaml:"max_concurrency" default:"0" min:"0"`     // 0 means unlimited
	StrictFidelity    bool       `yaml:"strict_fidelity" default:"false"`         // refuse lossy conversions
}

// MinKeySecret is the least number of characters of a key's secret.
const MinKeySecret = 16
