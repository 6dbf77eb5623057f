// Command bench measures Plexus against a bare httputil.ReverseProxy, in one
// run and on the same cores, and prints one markdown table.
//
// It plays every part but the gateway's itself: started without a role it
// drives; it starts itself again as the mock upstream and as the proxy.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/plexus-gateway/plexus/bench/mock"
	"github.com/plexus-gateway/plexus/bench/proc"
	"github.com/plexus-gateway/plexus/bench/proxy"
)

// The roles a process of this program can have.
const (
	roleDrive = "drive"
	roleMock  = "mock"
	roleProxy = "proxy"
)

type options struct {
	role     string
	gateway  string
	full     bool
	strict   bool
	only     string
	upstream string // role proxy: where to
	chunks   int    // role mock
	gap      time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, parse())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.gateway, "gateway", "bin/plexus", "binary of the gateway, or \""+standIn+"\" to measure the proxy against itself, which shows the noise of the machine")
	flag.BoolVar(&o.full, "full", false, "longer rounds and more of them: about 6 minutes in place of 2")
	flag.BoolVar(&o.strict, "strict", false, "exit with status 1 when a goal is missed")
	flag.StringVar(&o.only, "only", "", "comma-separated parts to run: "+partNames())
	flag.StringVar(&o.role, "role", roleDrive, "part this process plays; the driver sets it")
	flag.StringVar(&o.upstream, "upstream", "", "with -role proxy: URL of the upstream")
	flag.IntVar(&o.chunks, "chunks", 100, "chunks of a stream")
	flag.DurationVar(&o.gap, "gap", 10*time.Millisecond, "time between the chunks of a stream")
	flag.Parse()
	return o
}

func run(ctx context.Context, o options) error {
	switch o.role {
	case roleMock:
		return serve(mock.Handler(mock.Options{Chunks: o.chunks, Gap: o.gap}))
	case roleProxy:
		h, err := proxy.Handler(o.upstream)
		if err != nil {
			return err
		}
		return serve(h)
	case roleDrive:
		layout := proc.Plan()
		if err := proc.Pin(layout); err != nil {
			return err
		}
		return drive(ctx, o, layout)
	default:
		return fmt.Errorf("unknown role %q", o.role)
	}
}

// serve answers on a free port of the loopback, prints the address, and ends
// when the driver closes our standard input, or dies.
func serve(h http.Handler) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // opens a loopback port and returns at once
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	if _, err := fmt.Fprintln(os.Stdout, ln.Addr()); err != nil {
		return errors.Join(fmt.Errorf("print the address: %w", err), ln.Close())
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- errors.Join(err, srv.Close())
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return <-ended
}
