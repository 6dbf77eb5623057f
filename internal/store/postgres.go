package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// pgDefaults are session settings that the URL may override: nothing the
// gateway runs takes so long, and an abandoned lock must not stay.
var pgDefaults = map[string]string{
	"application_name":                    "plexus",
	"statement_timeout":                   "30000", // ms
	"lock_timeout":                        "10000",
	"idle_in_transaction_session_timeout": "60000",
}

func openPostgres(ctx context.Context, o Options) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, errors.New("the PostgreSQL URL cannot be parsed") // pgx's error may quote it
	}
	switch {
	case o.MaxOpenConns > 0:
		cfg.MaxConns = int32(min(o.MaxOpenConns, 10_000))
	case !strings.Contains(o.URL, "pool_max_conns="):
		cfg.MaxConns = DefaultMaxConns
	}
	cfg.MinConns = min(cfg.MinConns, cfg.MaxConns)
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	for name, value := range pgDefaults {
		if _, ok := cfg.ConnConfig.RuntimeParams[name]; !ok {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	s := &Store{engine: Postgres, log: o.Logger, pool: pool, write: db, read: db}
	s.wdb = bun.NewDB(db, pgdialect.New())
	s.rdb = s.wdb
	return s, nil
}
