package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/tokens"
	"github.com/plexus-gateway/plexus/internal/vault"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

// storedState mounts what clients of the Responses API do with what is stored.
func (a *App) storedState(mux *http.ServeMux) {
	dialect := openairesponses.Raw{}
	c := a.conversations
	type run = func(ctx context.Context, tenant string, body []byte) ([]byte, error)
	serve := func(pattern string, bind func(r *http.Request) run) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.relay.Stored(w, r, dialect, bind(r)) })
	}
	mux.HandleFunc("GET /v1/responses/{id}", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Response(w, r, dialect, r.PathValue("id"))
	})
	mux.HandleFunc("POST /v1/responses/{id}/cancel", func(w http.ResponseWriter, r *http.Request) {
		a.relay.CancelResponse(w, r, dialect, r.PathValue("id"))
	})
	serve("DELETE /v1/responses/{id}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			return c.Delete(ctx, tenant, r.PathValue("id"))
		}
	})
	serve("GET /v1/responses/{id}/input_items", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			page, err := conversation.ParsePage(r.URL.Query())
			if err != nil {
				return nil, err
			}
			return c.InputItems(ctx, tenant, r.PathValue("id"), page)
		}
	})
	serve("POST /v1/conversations", func(*http.Request) run { return c.CreateConversation })
	serve("GET /v1/conversations/{id}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			return c.GetConversation(ctx, tenant, r.PathValue("id"))
		}
	})
	serve("POST /v1/conversations/{id}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, body []byte) ([]byte, error) {
			return c.UpdateConversation(ctx, tenant, r.PathValue("id"), body)
		}
	})
	serve("DELETE /v1/conversations/{id}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			return c.DeleteConversation(ctx, tenant, r.PathValue("id"))
		}
	})
	serve("GET /v1/conversations/{id}/items", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			page, err := conversation.ParsePage(r.URL.Query())
			if err != nil {
				return nil, err
			}
			return c.Items(ctx, tenant, r.PathValue("id"), page)
		}
	})
	serve("POST /v1/conversations/{id}/items", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, body []byte) ([]byte, error) {
			return c.AddItems(ctx, tenant, r.PathValue("id"), body)
		}
	})
	serve("GET /v1/conversations/{id}/items/{item}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			return c.Item(ctx, tenant, r.PathValue("id"), r.PathValue("item"))
		}
	})
	serve("DELETE /v1/conversations/{id}/items/{item}", func(r *http.Request) run {
		return func(ctx context.Context, tenant string, _ []byte) ([]byte, error) {
			return c.DeleteItem(ctx, tenant, r.PathValue("id"), r.PathValue("item"))
		}
	})
}

const (
	vaultBytes  = 64 << 20 // kept in memory where there is no Redis
	vaultPrefix = "plexus:vault:"

	redisIdle        = 16
	redisIdleTimeout = 4 * time.Minute
	redisTimeout     = 2 * time.Second
)

// openVault returns where reasoning is kept: in Redis where replicas share
// one, else in memory.
func (a *App) openVault(ctx context.Context, cfg *config.Config) (vault.Store, error) {
	address := cfg.Redis.URL.Reveal()
	if address == "" {
		return vault.Memory(vaultBytes, time.Now), nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		// Without the parser's words: they repeat the URL, which may hold a password.
		return nil, errors.New("redis.url is not redis://host:port/db or rediss://host:port/db")
	}
	pool := &redis.Pool{
		MaxIdle: redisIdle, IdleTimeout: redisIdleTimeout,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialURLContext(ctx, address, redis.DialConnectTimeout(redisTimeout), redis.DialReadTimeout(redisTimeout), redis.DialWriteTimeout(redisTimeout))
		},
	}
	a.cleanups.add("Redis", func(context.Context) error { return pool.Close() })
	if err := ping(ctx, pool); err != nil {
		return nil, fmt.Errorf("reach Redis (redis.url): %w", err)
	}
	return vault.Redis(pool, vaultPrefix), nil
}

// ping finds out whether Redis answers, so that a wrong address is told at the
// start and not at the first request.
func ping(ctx context.Context, pool *redis.Pool) (err error) {
	c, err := pool.GetContext(ctx)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what for
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, err = redis.DoContext(c, ctx, "PING")
	return err //nolint:wrapcheck // as above
}

// counter adapts the token counter to what the relay asks.
type counter struct{ c *tokens.Counter }

// Estimate is for the way of every request.
func (c counter) Estimate(req *llm.Request, model string) int64 { return c.c.Estimate(req, model) }

// Count is for clients that ask for a count.
func (c counter) Count(req *llm.Request, model string) (n int64, exact bool) {
	count := c.c.Request(req, model)
	return count.Tokens, count.Exact
}

// facts tells the relay what the catalog knows of a model.
func (a *App) facts(vendor, model string) relay.ModelFacts {
	f, _ := a.catalog.Facts(vendor, model)
	return relay.ModelFacts{Context: f.ContextTokens, MaxOutput: f.MaxOutputTokens, Reasons: f.Reasoning}
}
