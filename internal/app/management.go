package app

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/relay"
)

// management builds the /v0 API over the parts of the gateway.
func (a *App) management() http.Handler {
	return admin.New(admin.Deps{
		Requests: a.store, Tail: a.tail, Keys: a.keyBook(), Loaded: a, Health: a, Sessions: sessions{a.signIn},
		Version: a.o.Version, StartedAt: a.started, Done: a.done, Log: a.log,
		ClientIP: func(r *http.Request) string {
			return relay.ClientIP(r, a.loaded.Load().snapshot.TrustedProxies).String()
		},
		Secure: a.secure,
	})
}

// secure reports whether the browser came by TLS, to us or to a trusted proxy.
func (a *App) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return r.Header.Get("X-Forwarded-Proto") == "https" && relay.Trusted(r, a.loaded.Load().snapshot.TrustedProxies)
}

// Providers describes the configured providers.
func (a *App) Providers() []admin.ProviderView {
	cfg := a.loaded.Load().config
	views := make([]admin.ProviderView, 0, len(cfg.Providers))
	for i := range cfg.Providers {
		p := &cfg.Providers[i]
		v := admin.ProviderView{
			Name: p.Slug, Vendor: p.Vendor, Enabled: p.Enabled, HasCredential: !p.APIKey.IsZero(),
			Endpoints: []admin.ProviderEndpoint{}, Models: []string{}, Aliases: []string{},
		}
		ms := float64(p.Timeout) / float64(time.Millisecond)
		v.TimeoutMs = &ms
		for proto, base := range p.BaseURL {
			v.Endpoints = append(v.Endpoints, admin.ProviderEndpoint{Protocol: string(proto), BaseURL: publicURL(base)})
		}
		slices.SortFunc(v.Endpoints, func(x, y admin.ProviderEndpoint) int {
			if x.Protocol < y.Protocol {
				return -1
			}
			return 1
		})
		for _, m := range p.Models {
			v.Models = append(v.Models, m.Name)
		}
		for _, m := range cfg.Models {
			if slices.ContainsFunc(m.Targets, func(t config.Target) bool { return t.Provider == p.Slug }) {
				v.Aliases = append(v.Aliases, m.Name)
			}
		}
		views = append(views, v)
	}
	return views
}

// publicURL drops what may hold a credential.
func publicURL(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Aliases describes the configured aliases.
func (a *App) Aliases() []admin.AliasView {
	cfg := a.loaded.Load().config
	enabled := make(map[string]bool, len(cfg.Providers))
	for _, p := range cfg.Providers {
		enabled[p.Slug] = p.Enabled
	}
	views := make([]admin.AliasView, 0, len(cfg.Models))
	for _, m := range cfg.Models {
		g := admin.TargetGroup{Selector: "random", Targets: []admin.TargetView{}}
		for _, t := range m.Targets {
			g.Targets = append(g.Targets, admin.TargetView{Provider: t.Provider, Model: t.Model, Enabled: t.Enabled && enabled[t.Provider]})
		}
		views = append(views, admin.AliasView{Name: m.Name, OtherNames: append([]string{}, m.AdditionalAliases...), Groups: []admin.TargetGroup{g}})
	}
	return views
}

// Config says which configuration serves.
func (a *App) Config() admin.ConfigStatus {
	l := a.loaded.Load()
	return admin.ConfigStatus{File: a.o.ConfigPath, Revision: l.revision, LoadedAt: l.at, LastError: a.problem.Load()}
}

// Journal describes the journal's condition.
func (a *App) Journal() admin.JournalStatus {
	h := a.journal.Health()
	s := admin.JournalStatus{OK: h.Err == nil && !a.gate.full.Load(), Pending: int64(min(h.Lag, math.MaxInt64)), Bytes: h.Bytes, MaxBytes: h.MaxBytes}
	switch {
	case h.Err != nil:
		s.Error = "the journal cannot be written; the log says why"
	case !s.OK:
		s.Error = "the journal is full: records do not reach the database"
	}
	return s
}

// Database pings the database.
func (a *App) Database(ctx context.Context) admin.DatabaseStatus {
	s := admin.DatabaseStatus{OK: true, Engine: string(a.store.Engine())}
	if err := a.store.Ping(ctx); err != nil {
		a.log.Warn("the database does not answer", "err", err)
		s.OK, s.Error = false, "the database does not answer; the log says why"
	}
	return s
}

// sessions gives the API authn's sessions in its own words.
type sessions struct{ a *authn.Admin }

func denied(err error) error {
	if errors.Is(err, authn.ErrDenied) {
		return admin.ErrUnauthenticated
	}
	return err
}

func (s sessions) SignIn(ctx context.Context, secret, ip, userAgent string) (string, time.Time, error) {
	token, expires, err := s.a.SignIn(ctx, secret, ip, userAgent)
	return token, expires, denied(err)
}

func (s sessions) Verify(ctx context.Context, token string) (admin.Principal, error) {
	v, err := s.a.Verify(ctx, token)
	if err != nil {
		return admin.Principal{}, denied(err)
	}
	return principal(v.Expires), nil
}

func (s sessions) VerifySecret(_ context.Context, secret string) (admin.Principal, error) {
	if err := s.a.CheckSecret(secret); err != nil {
		return admin.Principal{}, denied(err)
	}
	return principal(time.Time{}), nil
}

func (s sessions) SignOut(ctx context.Context, token string) error { return s.a.SignOut(ctx, token) }

func principal(expires time.Time) admin.Principal {
	return admin.Principal{Name: "admin", Permissions: admin.Permissions(), Expires: expires}
}

// peer returns the address of the connection's other end.
func peer(r *http.Request) net.IP {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil
	}
	return net.ParseIP(host)
}
