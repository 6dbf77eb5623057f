package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/plexus-gateway/plexus/internal/config"
	"github.com/plexus-gateway/plexus/internal/ui"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// buildServer makes the HTTP server; it does not listen yet.
func (a *App) buildServer(cfg *config.Config) error {
	dashboard, err := pages()
	if err != nil {
		return fmt.Errorf("open the embedded dashboard: %w", err)
	}
	mux := http.NewServeMux()
	a.dataPlane(mux)
	mux.Handle("/v0/", a.management())
	mux.Handle("/ui/", dashboard)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", a.guardMetrics(promhttp.HandlerFor(a.metrics.Registry, promhttp.HandlerOpts{})))

	base, halt := context.WithCancelCause(context.Background())
	a.halt = halt
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	a.server = &http.Server{
		Addr: cfg.Server.Listen, Handler: front(ui.Root(mux)), Protocols: &protocols,
		ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		BaseContext: func(net.Listener) context.Context { return base },
		ErrorLog:    slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if a.o.Listen != "" {
		a.server.Addr = a.o.Listen
	}
	if cfg.Server.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(cfg.Server.TLSCert, cfg.Server.TLSKey)
		if err != nil {
			return fmt.Errorf("load server.tls_cert and server.tls_key: %w", err)
		}
		a.tls = true
		a.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	}
	return a.startPprof(cfg)
}

func (a *App) serve(ln net.Listener) error {
	if a.tls {
		return a.server.ServeTLS(ln, "", "") //nolint:wrapcheck // compared with http.ErrServerClosed
	}
	return a.server.Serve(ln) //nolint:wrapcheck // compared with http.ErrServerClosed
}

func writeStatus(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // as above
}

// readyWithin bounds how long readiness waits for the database.
const readyWithin = 2 * time.Second

// ready answers whether new requests are taken. A dead database alone does not
// stop them: the journal holds what it misses, and the answer says so.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	journal, database := a.Journal(), a.Database(ctx)
	v := map[string]any{
		"status": "ready", "journal": journal, "database": database,
		"config": map[string]any{"revision": a.loaded.Load().revision, "current": a.problem.Load() == nil},
	}
	status := http.StatusOK
	if e := a.gate.refuse(); e != nil {
		status, v["status"], v["reason"] = http.StatusServiceUnavailable, "not ready", e.Code
	}
	writeStatus(w, status, v)
}

// guardMetrics lets this machine and whoever has the admin secret read the
// metrics: they tell names of providers and how much is used.
func (a *App) guardMetrics(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ip := peer(r); ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" {
			h.ServeHTTP(w, r)
			return
		}
		secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || a.signIn.CheckSecret(secret) != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeStatus(w, http.StatusUnauthorized, map[string]any{"error": "metrics are for loopback callers and for bearers of the admin secret"})
			return
		}
		h.ServeHTTP(w, r)
	})
}

// startPprof serves profiles on a listener of its own, which the configuration
// has checked to be on loopback.
func (a *App) startPprof(cfg *config.Config) error {
	if cfg.Server.PprofListen == "" {
		return nil
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", cfg.Server.PprofListen)
	if err != nil {
		return fmt.Errorf("listen on server.pprof_listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Warn("profiles are not served any more", "err", err)
		}
	}()
	a.cleanups.add("pprof", func(context.Context) error {
		defer func() { <-ended }()
		return srv.Close()
	})
	return nil
}

// pages serves the embedded dashboard.
func pages() (http.Handler, error) {
	dist, err := ui.Dist()
	if err != nil {
		return nil, err
	}
	return ui.New(dist)
}
