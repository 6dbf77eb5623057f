package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/demo"
	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/record/inflight"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/secretbox"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/telemetry"
	"github.com/plexus-gateway/plexus/internal/tokens"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// App is one gateway process. Make it with New, then Start, then Stop.
type App struct {
	o         Options
	started   time.Time
	log       *slog.Logger
	level     *slog.LevelVar
	redactor  *telemetry.Redactor
	metrics   *telemetry.Metrics
	catalog   *catalog.Catalog
	ring      *secretbox.Ring
	hasher    *authn.Hasher
	store     *store.Store
	journal   *record.Journal
	mover     *record.Mover
	inFlight  *inflight.Table
	tail      *record.Tail
	pool      *upstream.Pool
	limiter   *limit.Limiter
	relay     *relay.Relay
	signIn    *authn.Admin
	adminSeen string // the admin secret, only when this start made it
	keySeen   string // the first key's secret, only when this start made it

	reload  sync.Mutex // one reload at a time
	seen    string     // the file as first loaded
	loaded  atomic.Pointer[loaded]
	problem atomic.Pointer[admin.ConfigError] // of the last reload, nil if it went well
	gate    gate
	server  *http.Server

	conversations *conversation.Service
	tls           bool // the server speaks TLS; its own TLSConfig is its own after Start
	listener      net.Listener
	serving       chan error
	halt          context.CancelCauseFunc // ends the requests under way
	done          chan struct{}           // closed when stopping begins
	cleanups      cleanups
}

// New builds everything and serves nothing yet. On error, what was built is
// taken down again.
func New(ctx context.Context, o Options) (_ *App, err error) {
	if o.WatchEvery <= 0 {
		o.WatchEvery = time.Second
	}
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	a := &App{o: o, started: time.Now().UTC(), done: make(chan struct{}), serving: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.cleanups.run(ctx))
		}
	}()
	return a, a.setup(ctx)
}

// setup is one straight line on purpose: what a step needs is above it, and
// what it made is undone in the reverse order.
func (a *App) setup(ctx context.Context) error {
	a.level = new(slog.LevelVar)
	a.redactor = telemetry.NewRedactor(a.o.Stderr)
	a.seen = a.fingerprint() // before reading: a change in between is noticed
	cfg, problem := a.load()
	if problem != nil {
		return problem
	}
	a.level.Set(cfg.Log.SlogLevel())
	a.log = telemetry.NewLogger(a.redactor, a.level, cfg.Log.Format == config.LogJSON)
	a.redactor.Know(addressSecrets(cfg))
	a.metrics = telemetry.NewMetrics()

	if err := os.MkdirAll(a.o.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := a.openRing(); err != nil {
		return err
	}
	a.hasher = authn.NewHasher(a.ring.Derive(purposePepper))

	st, err := store.Open(ctx, store.Options{URL: cfg.Database.URL.Reveal(), DataDir: a.o.DataDir, Logger: a.log})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	a.store = st
	a.cleanups.add("database", func(context.Context) error { return st.Close() })

	if err := a.openJournal(cfg); err != nil {
		return err
	}
	a.cleanups.add("journal", a.journal.Close)
	if err := a.openInFlight(); err != nil {
		return err
	}
	a.cleanups.add("requests under way", func(context.Context) error { return a.inFlight.Close() })
	a.metrics.WatchJournal(a.journal.Health)

	if a.catalog, err = catalog.Load(); err != nil {
		return fmt.Errorf("load the catalog: %w", err)
	}
	a.pool = upstream.NewPool(upstream.Options{InProcess: map[string]http.Handler{
		"demo": demo.New(demo.Options{WordDelay: a.o.DemoWordDelay}),
	}})
	a.cleanups.add("upstream connections", func(context.Context) error { a.pool.Close(); return nil })
	a.limiter = new(limit.Limiter)

	if err := a.openAdmin(ctx); err != nil {
		return err
	}
	if err := a.firstKey(ctx, cfg); err != nil {
		return err
	}
	next, err := a.compile(ctx, cfg)
	if err != nil {
		return err
	}
	memory, err := a.openVault(ctx, cfg)
	if err != nil {
		return err
	}
	a.conversations = conversation.New(a.store, conversation.Options{TTL: cfg.Retention.Responses})
	a.relay = relay.New(next.snapshot, relay.Options{
		Hasher: a.hasher, Limiter: a.limiter, Recorder: a.journal, InFlight: a.inFlight, Observer: a.metrics, Logger: a.log, Ready: a.gate.refuse,
		Egress: egress(), EmbedEgress: embedEgress(), Fetcher: upstream.NewFetcher(upstream.Policy{}), Facts: a.facts, Tokens: counter{tokens.New()},
		Vault: vault.New(memory, a.ring, vault.Options{}), Conversations: a.conversations,
	})
	a.adopt(next)
	return a.buildServer(cfg)
}

// openRing reads the key ring from the environment or its file.
func (a *App) openRing() (err error) {
	if text, ok := a.o.Env(envKeyRing); ok && text != "" {
		if a.ring, err = secretbox.Parse(text); err != nil {
			return fmt.Errorf("read the key ring from %s: %w", envKeyRing, err)
		}
		return nil
	}
	path := filepath.Join(a.o.DataDir, keyRingFile)
	ring, created, err := secretbox.OpenFile(path)
	if err != nil {
		return fmt.Errorf("open the key ring: %w", err)
	}
	if created {
		a.log.Info("a new key ring was made; keep a copy: without it, keys and stored secrets are lost", "file", path)
	}
	a.ring = ring
	return nil
}

func (a *App) openJournal(cfg *config.Config) (err error) {
	a.journal, err = record.Open(filepath.Join(a.o.DataDir, journalDir), record.Options{
		Fsync: record.Fsync(cfg.Journal.Fsync), FsyncInterval: cfg.Journal.FsyncInterval, MaxBytes: cfg.Journal.MaxBytes,
		SegmentBytes: min(record.DefaultSegmentBytes, cfg.Journal.MaxBytes/4), Logger: a.log,
	})
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	a.tail = new(record.Tail)
	a.mover = record.NewMover(a.journal, a.store, record.MoverOptions{Tail: a.tail, Logger: a.log})
	return nil
}

// openInFlight records what a gateway that was killed left under way. The
// journal's lock, which is held by now, keeps other processes out.
func (a *App) openInFlight() error {
	table, left, err := inflight.Open(filepath.Join(a.o.DataDir, inFlightFile), 0)
	if err != nil {
		return err
	}
	for i := range left {
		r := &left[i]
		r.Status, r.ErrorKind, r.ErrorCode = record.StatusAbandoned, llm.KindInternal.String(), "gateway_killed"
		r.ErrorMessage = "the gateway was killed while this request was under way; how far it got is not known"
		r.UsageSource = llm.UsageNone.String()
		if err := a.journal.Append(r); err != nil {
			return errors.Join(fmt.Errorf("record a request that was under way when the gateway was killed: %w", err), table.Close())
		}
	}
	if len(left) > 0 {
		a.log.Warn("the gateway was killed with requests under way; each has a record now", "requests", len(left))
	}
	table.Recovered()
	a.inFlight = table
	return nil
}

// Start serves requests and returns. Errors of serving are given by Wait.
func (a *App) Start(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", a.server.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.server.Addr, err)
	}
	a.listener = ln
	a.background()
	go func() {
		err := a.serve(ln)
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
		a.serving <- err
	}()
	return nil
}

// background starts the loops that live until Stop, and has Stop wait for them.
func (a *App) background() {
	ctx, cancel := context.WithCancel(context.Background())
	var loops sync.WaitGroup
	loops.Go(func() {
		if err := a.mover.Run(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("moving records to the database has ended", "err", err)
		}
	})
	loops.Go(func() { a.watch(ctx) })
	loops.Go(func() { a.watchJournal(ctx) })
	loops.Go(func() { a.sweep(ctx) })
	a.cleanups.add("background work", func(ctx context.Context) error {
		cancel()
		loops.Wait()
		return a.mover.Drain(ctx)
	})
}

// Addr returns the address that is listened on, after Start.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// AdminSecret returns the admin secret if this start made it, else "".
func (a *App) AdminSecret() string { return a.adminSeen }

// Handler returns what the server serves, for tests without a listener.
func (a *App) Handler() http.Handler { return a.server.Handler }

// Wait returns when serving ends: nil after Stop, else the reason.
func (a *App) Wait() error { return <-a.serving }

// Stop refuses new requests, lets those under way finish until ctx ends, ends
// the rest with a clear error, and flushes what must be kept. Stopping twice
// is no error.
func (a *App) Stop(ctx context.Context) error {
	a.gate.drain()
	select {
	case <-a.done:
	default:
		close(a.done)
	}
	var late error
	if a.listener != nil {
		if late = a.server.Shutdown(ctx); late != nil {
			a.log.Warn("requests were still under way at the drain deadline; ending them")
			a.halt(errStopping())
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			_ = a.server.Shutdown(grace) // what does not end by itself is cut
			cancel()
			late = a.server.Close()
		}
	}
	a.halt(errStopping())
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(late, a.cleanups.run(flush))
}
