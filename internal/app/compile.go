package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// loaded is a configuration with everything made from it. It is immutable.
type loaded struct {
	config   *config.Config
	revision string
	at       time.Time
	snapshot *relay.Snapshot
	keys     []authn.Key // of the configuration and the database
	pools    []upstream.Config
	secrets  []string // everything that must not be shown
}

// compile does everything about a configuration that can fail and changes
// nothing: what serves goes on serving.
func (a *App) compile(ctx context.Context, cfg *config.Config) (*loaded, error) {
	l := &loaded{config: cfg, at: time.Now().UTC(), secrets: addressSecrets(cfg)}
	l.revision = revisionOf(cfg)
	providers := make(map[string]*relay.Provider, len(cfg.Providers))
	for i := range cfg.Providers {
		p := &cfg.Providers[i]
		if !p.Enabled {
			continue
		}
		made, err := a.provider(ctx, p, l)
		if err != nil {
			return nil, fmt.Errorf("provider %q: %w", p.Slug, err)
		}
		providers[p.Slug] = made
	}
	routes, err := route.NewTable(aliases(cfg))
	if err != nil {
		return nil, fmt.Errorf("models: %w", err)
	}
	table, keys, err := a.keyTable(ctx, cfg)
	if err != nil {
		return nil, err
	}
	l.keys = keys
	for _, k := range cfg.Keys {
		l.secrets = append(l.secrets, k.Secret.Reveal())
	}
	l.snapshot = &relay.Snapshot{
		Routes: routes, Providers: providers, Keys: table,
		TrustedProxies: cfg.Server.TrustedProxies, MaxBodyBytes: cfg.Server.MaxBodyBytes,
	}
	return l, nil
}

// addressSecrets are the addresses that may hold a password, and the one of
// Redis by itself.
func addressSecrets(cfg *config.Config) []string {
	secrets := []string{cfg.Database.URL.Reveal(), cfg.Redis.URL.Reveal()}
	if u, err := url.Parse(cfg.Redis.URL.Reveal()); err == nil {
		if password, ok := u.User.Password(); ok {
			secrets = append(secrets, password)
		}
	}
	return secrets
}

func aliases(cfg *config.Config) []*route.Alias {
	list := make([]*route.Alias, 0, len(cfg.Models))
	for _, m := range cfg.Models {
		alias := &route.Alias{Name: m.Name, Additional: m.AdditionalAliases, StrictFidelity: m.StrictFidelity}
		for _, t := range m.Targets {
			if t.Enabled {
				alias.Targets = append(alias.Targets, route.Target{Provider: t.Provider, Model: t.Model, Weight: t.Weight})
			}
		}
		list = append(list, alias)
	}
	return list
}

// provider makes a provider ready for use.
func (a *App) provider(ctx context.Context, p *config.Provider, l *loaded) (*relay.Provider, error) {
	key, err := a.reveal(ctx, p.APIKey)
	if err != nil {
		return nil, fmt.Errorf("api_key: %w", err)
	}
	made := &relay.Provider{
		Slug: p.Slug, Vendor: p.Vendor, Timeout: p.Timeout,
		Endpoints: make(map[llm.Protocol]relay.Endpoint, len(p.BaseURL)), Headers: make(http.Header, len(p.Headers)),
	}
	vendor, _ := a.catalog.Vendor(p.Vendor) // "" and unknown ones have no traits
	for proto, base := range p.BaseURL {
		end, err := endpoint(base, a.catalog.AuthFor(p.Vendor, proto), key)
		if err != nil {
			return nil, fmt.Errorf("base_url %s: %w", proto, err)
		}
		end.Traits = vendor.Traits[proto]
		made.Endpoints[proto] = end
	}
	for _, name := range p.HeaderNames() {
		value, err := a.reveal(ctx, p.Headers[name])
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", name, err)
		}
		made.Headers[name] = []string{value}
		made.Secrets = append(made.Secrets, value)
	}
	if key != "" {
		made.Secrets = append(made.Secrets, key)
	}
	l.secrets = append(l.secrets, made.Secrets...)
	pool := upstream.Config{Provider: p.Slug, AllowPrivate: p.AllowPrivate, HTTP2: p.HTTP2}
	l.pools = append(l.pools, pool)
	made.Transport = a.pool.RoundTripper(pool)
	return made, nil
}

func endpoint(base string, auth catalog.Auth, key string) (relay.Endpoint, error) {
	u, err := url.Parse(base)
	if err != nil {
		return relay.Endpoint{}, fmt.Errorf("parse: %w", err)
	}
	end := relay.Endpoint{URL: u}
	if key == "" || auth.Kind == catalog.AuthNone {
		return end, nil
	}
	if auth.Kind == catalog.AuthHeader {
		end.Auth, err = upstream.HeaderAuth(auth.Header, key)
	} else {
		end.Auth, err = upstream.Bearer(key)
	}
	if err != nil {
		return relay.Endpoint{}, fmt.Errorf("credential: %w", err)
	}
	return end, nil
}

// reveal returns a secret's value, from the encrypted store if it refers there.
func (a *App) reveal(ctx context.Context, s config.Secret) (string, error) {
	name, isRef := s.Ref()
	if !isRef {
		return s.Reveal(), nil
	}
	v, err := a.store.Secret(ctx, a.ring, name)
	if err != nil {
		return "", fmt.Errorf("${secret:%s} (set it with: plexus secret set %s): %w", name, name, err)
	}
	return strings.TrimSpace(string(v)), nil
}
