package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/plexus-gateway/plexus/internal/app"
)

type serveCmd struct {
	Listen string `env:"PLEXUS_LISTEN" placeholder:"HOST:PORT" help:"Listen here instead of server.listen of the configuration."`
}

// demoWordDelay paces the demo provider like a fast model.
const demoWordDelay = 20 * time.Millisecond

// Run serves until it is told to stop.
func (s serveCmd) Run(ctx context.Context, c *cli, e env) error {
	return serve(ctx, e, app.Options{ConfigPath: c.Config, DataDir: c.DataDir, Listen: s.Listen})
}

type demoCmd struct {
	Listen string `default:"127.0.0.1:4000" placeholder:"HOST:PORT" help:"Listen here."`
}

// Run serves the demo provider until it is told to stop, and leaves nothing.
func (d demoCmd) Run(ctx context.Context, e env) (err error) {
	dir, err := os.MkdirTemp("", "plexus-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return serve(ctx, e, app.Options{ConfigPath: filepath.Join(dir, "plexus.yaml"), DataDir: dir, Listen: d.Listen})
}

// serve runs a gateway: SIGINT and SIGTERM drain and stop it, a second one
// stops it at once, SIGHUP reloads the configuration.
func serve(ctx context.Context, e env, o app.Options) error {
	app.TuneRuntime()
	o.Version, o.Env, o.Stdout, o.Stderr, o.DemoWordDelay = version, e.look, e.out, e.err, demoWordDelay
	stop, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)

	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, a.Stop(ctx))
	}
	a.Banner()
	ended := make(chan error, 1)
	go func() { ended <- a.Wait() }()
	for {
		select {
		case <-hup:
			// Reload has told log, metric and API; the old one goes on serving.
			_ = a.Reload(ctx)
		case err := <-ended:
			return errors.Join(err, a.Stop(ctx))
		case <-stop.Done():
			cancel() // from here on a second signal ends the process at once
			drain, done := context.WithTimeout(ctx, a.DrainTimeout())
			defer done()
			return a.Stop(drain)
		}
	}
}
