package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/mock"
	"github.com/plexus-gateway/plexus/bench/proc"
)

// standIn, in place of a path, has the proxy stand in for the gateway.
const standIn = "reverseproxy"

// benchKey is the client key of the generated configuration.
const benchKey = "bench-key-that-is-no-secret-0001"

// startLimit is how long a process may take to its first answer.
const startLimit = 30 * time.Second

// kind is a sort of process that can be measured.
type kind struct {
	name    string
	journal bool // answers are followed by background work that shows in /metrics
	start   func(ctx context.Context, dir string) (*target, error)
}

// target is a running process and its address.
type target struct {
	kind
	*proc.Process
	addr string
}

// house knows how to start every kind.
type house struct {
	self     string // this program
	gateway  string // binary, or standIn
	layout   proc.Layout
	upstream string // host:port of the mock
	dir      string // scratch
}

func (h *house) proxy() kind {
	return kind{name: "ReverseProxy", start: func(ctx context.Context, _ string) (*target, error) {
		return h.role(ctx, "proxy", h.layout.Gateway, "-role", roleProxy, "-upstream", "http://"+h.upstream)
	}}
}

func (h *house) plexus() kind {
	if h.gateway == standIn {
		k := h.proxy()
		k.name = "ReverseProxy (standing in)"
		return k
	}
	return kind{name: "Plexus", journal: true, start: h.startPlexus}
}

// role starts this program in another role and reads its address.
func (h *house) role(ctx context.Context, name string, core int, args ...string) (*target, error) {
	p, err := proc.Start(ctx, proc.Command{Name: name, Path: h.self, Args: args, Core: core})
	if err != nil {
		return nil, err
	}
	addr, err := firstLine(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, errors.Join(err, p.Stop()))
	}
	return &target{Process: p, addr: addr}, nil
}

// firstLine waits for the first whole line a process prints.
func firstLine(ctx context.Context, p *proc.Process) (string, error) {
	deadline := time.Now().Add(startLimit)
	for time.Now().Before(deadline) {
		if line, _, ok := strings.Cut(p.Output()+"\n", "\n"); ok && line != "" {
			return line, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-p.Done():
			return "", fmt.Errorf("it ended: %s", p.Output())
		case <-time.After(time.Millisecond):
		}
	}
	return "", fmt.Errorf("no address in %v", startLimit)
}

// startPlexus starts the gateway with its state in dir. It returns before the
// gateway answers: see await.
func (h *house) startPlexus(ctx context.Context, dir string) (*target, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "plexus.yaml")
	if err := os.WriteFile(file, plexusConfig(addr, h.upstream), 0o600); err != nil {
		return nil, fmt.Errorf("start plexus: %w", err)
	}
	p, err := proc.Start(ctx, proc.Command{
		Name: "plexus", Path: h.gateway, Core: h.layout.Gateway,
		Args: []string{"serve", "--config", file, "--data-dir", filepath.Join(dir, "data"), "--listen", addr},
	})
	if err != nil {
		return nil, err
	}
	return &target{Process: p, addr: addr}, nil
}

// plexusConfig is the gateway's configuration: every check on, every limit too
// high to refuse. The aliases differ from the upstream's names, so that every
// body is edited.
func plexusConfig(listen, upstream string) []byte {
	providers, aliases := crossConfig(upstream)
	return fmt.Appendf(nil, `server:
  listen: %q
providers:
  mock:
    base_url: %q
    api_key: bench-upstream-credential
    allow_private: true
    models: [%s, %s, %s]
%[7]smodels:
  bench-json: {targets: [{provider: mock, model: %[3]s}]}
  bench-stream: {targets: [{provider: mock, model: %[4]s}]}
  bench-hold: {targets: [{provider: mock, model: %[5]s}]}
%[8]skeys:
  bench:
    secret: %[6]s
    requests_per_minute: 100000000
    max_concurrency: 100000
`, listen, "http://"+upstream+"/v1", mock.ModelJSON, mock.ModelStream, mock.ModelHold, benchKey, providers, aliases)
}

// crossConfig has a provider of each protocol, and aliases that say which.
func crossConfig(upstream string) (providers, aliases string) {
	for _, p := range []load.Protocol{load.Chat, load.Messages, load.Responses, load.Gemini} {
		version := "v1"
		if p == load.Gemini {
			version = "v1beta"
		}
		providers += fmt.Sprintf("  %s: {base_url: {%[1]s: \"http://%s/%s\"}, api_key: bench-upstream-credential, allow_private: true}\n", p, upstream, version)
		for _, model := range []string{mock.ModelJSON, mock.ModelLong} {
			aliases += fmt.Sprintf("  bench-%s-%s: {targets: [{provider: %[1]s, model: %[3]s}]}\n", p, strings.TrimPrefix(model, "mock-"), model)
		}
	}
	return providers, aliases
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return addr, nil
}

// start starts a kind in a scratch directory of its own and waits for its
// first answer.
func (h *house) start(ctx context.Context, k kind) (*target, error) {
	dir, err := os.MkdirTemp(h.dir, "run-")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", k.name, err)
	}
	return h.startIn(ctx, k, dir)
}

func (h *house) startIn(ctx context.Context, k kind, dir string) (*target, error) {
	t, err := k.start(ctx, dir)
	if err != nil {
		return nil, err
	}
	t.kind = k
	if err := t.await(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w", k.name, errors.Join(err, t.Stop()))
	}
	return t, nil
}

// await asks until the target answers a chat request with 200.
func (t *target) await(ctx context.Context) error {
	req := t.request("bench-json", false, 300)
	deadline := time.Now().Add(startLimit)
	var last error
	for time.Now().Before(deadline) {
		if last = ask(ctx, t.addr, req); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.Done():
			return fmt.Errorf("it ended:\n%s", t.Output())
		case <-time.After(time.Millisecond):
		}
	}
	return fmt.Errorf("no answer in %v (%w); it said:\n%s", startLimit, last, t.Output())
}

func ask(ctx context.Context, addr string, req load.Request) error {
	c, err := load.Dial(ctx, addr)
	if err != nil {
		return err
	}
	if err := c.Deadline(time.Now().Add(5 * time.Second)); err != nil {
		return errors.Join(err, c.Close())
	}
	return errors.Join(c.Do(req), c.Close())
}

// request renders a chat request to the target.
func (t *target) request(model string, stream bool, size int) load.Request {
	return load.NewRequest(t.addr, "/v1/chat/completions", benchKey, load.ChatBody(model, stream, size))
}
