package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/config"
)

// load reads the configuration as it stands now.
func (a *App) load() (*config.Config, error) {
	cfg, err := config.Load(a.o.ConfigPath, a.o.Env)
	if errors.Is(err, fs.ErrNotExist) {
		cfg = config.Default()
		err = cfg.ApplyEnv(a.o.Env)
	}
	if err != nil {
		return nil, err
	}
	return cfg, nil
}

// revisionOf identifies a configuration's content. Secrets do not enter it.
func revisionOf(cfg *config.Config) string {
	text, err := cfg.Redacted()
	if err != nil {
		return "unknown"
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// Reload reads the file and, if all of it is right, makes it serve. If not,
// what served before goes on serving, and log, metric and API say so.
func (a *App) Reload(ctx context.Context) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	cfg, err := a.load()
	var next *loaded
	if err == nil {
		next, err = a.compile(ctx, cfg)
	}
	if err != nil {
		a.metrics.ConfigLoaded(false, 0)
		a.keepProblem(err)
		return fmt.Errorf("reload the configuration (the one before goes on serving): %w", err)
	}
	// Everything that can fail is above this line.
	a.adopt(next)
	a.log.Info("configuration loaded", "revision", next.revision, "providers", len(next.snapshot.Providers), "aliases", len(next.snapshot.Routes.Aliases()), "keys", len(next.keys))
	return nil
}

// adopt makes next serve.
func (a *App) adopt(next *loaded) {
	a.redactor.Know(next.secrets)
	a.relay.Swap(next.snapshot)
	a.loaded.Store(next)
	a.pool.Retain(next.pools)
	a.level.Set(next.config.Log.SlogLevel())
	a.metrics.ConfigLoaded(true, float64(next.at.Unix()))
	a.problem.Store(nil)
}

// keepProblem keeps a failed reload for the API.
func (a *App) keepProblem(err error) {
	p := &admin.ConfigError{At: time.Now().UTC()}
	if list, ok := errors.AsType[config.Errors](err); ok {
		for _, e := range list {
			p.Problems = append(p.Problems, admin.ConfigProblem{File: e.File, Line: e.Line, Column: e.Col, Path: e.Path, Message: e.Message})
		}
	} else {
		p.Problems = []admin.ConfigProblem{{File: a.o.ConfigPath, Message: err.Error()}}
	}
	a.problem.Store(p)
}

// watch reloads when the file changes and refreshes keys when another process
// changed them. Looking at the file is preferred to asking the system for
// events: it works on every file system and however editors replace files.
func (a *App) watch(ctx context.Context) {
	tick := time.NewTicker(a.o.WatchEvery)
	defer tick.Stop()
	seen, last := a.seen, a.seen
	revision, err := a.store.KeysRevision(ctx)
	if err != nil {
		a.log.Warn("the keys' revision could not be read", "err", err)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A file is taken when it looks the same twice: many programs write
		// in place, and the first half of a file may be valid YAML.
		now := a.fingerprint()
		stable := now == last
		last = now
		if stable && now != seen {
			seen = now
			if err := a.Reload(ctx); err != nil {
				a.log.Error("the changed configuration is not used", "err", err)
			}
		}
		rev, err := a.store.KeysRevision(ctx)
		if err != nil || rev == revision {
			continue // an unreachable database is told of by /readyz
		}
		if err := a.refreshKeys(ctx); err != nil {
			a.log.Error("changed keys are not used yet", "err", err)
			continue
		}
		revision = rev
	}
}

// fingerprint identifies the file's content cheaply; "" when there is none.
func (a *App) fingerprint() string {
	data, err := os.ReadFile(a.o.ConfigPath)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return string(sum[:])
}
