package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/telemetry"
)

// Tools are the parts that commands use beside, or without, a running gateway.
type Tools struct {
	Store *store.Store
	Ring  *secretbox.Ring
	Keys  *KeyBook
}

// OpenTools opens the database, migrating it, and the key ring.
func OpenTools(ctx context.Context, o Options) (*Tools, error) {
	a := &App{o: o}
	if a.o.Env == nil {
		a.o.Env = os.LookupEnv
	}
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	a.log = telemetry.NewLogger(telemetry.NewRedactor(o.Stderr), slog.LevelWarn, cfg.Log.Format == config.LogJSON)
	if err := os.MkdirAll(filepath.Clean(o.DataDir), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if err := a.openRing(); err != nil {
		return nil, err
	}
	a.hasher = authn.NewHasher(a.ring.Derive(purposePepper))
	a.store, err = store.Open(ctx, store.Options{URL: cfg.Database.URL.Reveal(), DataDir: o.DataDir, Logger: a.log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	declared := make([]authn.Key, 0, len(cfg.Keys))
	for i := range cfg.Keys {
		declared = append(declared, a.configKey(&cfg.Keys[i]))
	}
	return &Tools{Store: a.store, Ring: a.ring, Keys: &KeyBook{
		Store: a.store, Hasher: a.hasher, Clock: time.Now,
		Config: func() []authn.Key { return declared },
		After:  func(context.Context) error { return nil },
	}}, nil
}

// Close closes the database.
func (t *Tools) Close() error { return t.Store.Close() }
