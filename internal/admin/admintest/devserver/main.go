// Command devserver serves the management API and the web UI over a gateway
// in memory, for work on web/ without a database or a provider. It takes the
// flags of plexus serve that the browser test uses, and answers
// POST /v1/chat/completions with a canned text that is recorded.
//
//	go run ./internal/admin/admintest/devserver serve --listen 127.0.0.1:4111 --fill 1200 --traffic 3s
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/admin/admintest"
	"github.com/plexus-gateway/plexus/internal/ui"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "serve" {
		args = args[1:]
	}
	flags := flag.NewFlagSet("devserver", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	_ = flags.String("data-dir", "", "accepted and ignored")
	fill := flags.Int("fill", 0, "records to begin with; 0 shows the first run")
	traffic := flags.Duration("traffic", 0, "interval of made-up requests; 0 makes none")
	broken := flags.Bool("broken-config", false, "pretend that the last reload failed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	world := admintest.New(time.Now)
	if *fill > 0 {
		world.Fill(*fill)
	}
	if *broken {
		world.Loaded.ConfigStatus.LastError = &admin.ConfigError{At: time.Now(), Problems: []admin.ConfigProblem{
			{File: "plexus.yaml", Line: 14, Column: 5, Path: "providers.openai.base_ulr", Message: `unknown member "base_ulr"; did you mean "base_url"?`},
		}}
	}
	handler, err := routes(world, ctx.Done())
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", *listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Fprintf(os.Stdout, "Plexus is ready at http://%s/\nadmin secret: %s\n", listener.Addr(), admintest.Secret)
	if *traffic > 0 {
		go makeTraffic(ctx, world, *traffic)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

func routes(world *admintest.World, done <-chan struct{}) (http.Handler, error) {
	deps := world.Deps()
	deps.Done, deps.Log = done, slog.New(slog.NewTextHandler(os.Stderr, nil))
	dist, err := ui.Dist()
	if err != nil {
		return nil, err
	}
	pages, err := ui.New(dist)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/v0/", admin.New(deps))
	mux.Handle(ui.Prefix, pages)
	mux.Handle("POST /v1/chat/completions", world.Chat())
	mux.Handle("/", http.NotFoundHandler())
	return ui.Root(mux), nil
}

func makeTraffic(ctx context.Context, world *admintest.World, every time.Duration) {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // made-up requests
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			world.Log.Append(world.Sample(random, time.Now()))
		}
	}
}
