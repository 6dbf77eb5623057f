package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/bench/proc"
	"github.com/plexus-gateway/plexus/bench/report"
)

// bench is one run of the driver.
type bench struct {
	*house
	plan
	mock *target // also the address of what is asked without a gateway
}

// part is a group of rows measured together.
type part struct {
	name string
	run  func(*bench, context.Context) ([]report.Row, error)
}

// parts lists what a run measures, in order.
func parts() []part {
	return []part{
		{"throughput", (*bench).throughput},
		{"latency", (*bench).latencies},
		{"streams", (*bench).streams},
		{"bodies", (*bench).bodies},
		{"converting", (*bench).converting},
		{"memory", (*bench).memories},
		{"start", (*bench).starting},
	}
}

func partNames() string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

func drive(ctx context.Context, o options, layout proc.Layout) (err error) {
	chosen, err := choose(o.only)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o, layout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	began := time.Now()
	table := report.Table{Gateway: b.plexus().name}
	for _, p := range chosen {
		fmt.Fprintf(os.Stderr, "bench: %s…\n", p.name)
		rows, err := p.run(b, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		table.Rows = append(table.Rows, rows...)
	}
	table.Facts = facts(layout, time.Since(began))
	if _, err := table.WriteTo(os.Stdout); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if over := table.Over(); o.strict && len(over) > 0 {
		return fmt.Errorf("goals missed: %s", strings.Join(over, "; "))
	}
	return nil
}

func choose(only string) ([]part, error) {
	if only == "" {
		return parts(), nil
	}
	var out []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts(), func(p part) bool { return p.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("no part %q; there are %s", name, partNames())
		}
		out = append(out, parts()[i])
	}
	return out, nil
}

func newBench(ctx context.Context, o options, layout proc.Layout) (*bench, error) {
	if o.gateway != standIn {
		abs, err := filepath.Abs(o.gateway)
		if err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
		if _, err := os.Stat(abs); err != nil {
			return nil, fmt.Errorf("gateway: %w (make build builds it)", err)
		}
		o.gateway = abs
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "plexus-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a scratch directory: %w", err)
	}
	b := &bench{house: &house{self: self, gateway: o.gateway, layout: layout, dir: dir}, plan: quick()}
	if o.full {
		b.plan = full()
	}
	b.mock, err = b.role(ctx, "mock", layout.Driver, "-role", roleMock,
		"-chunks", fmt.Sprint(o.chunks), "-gap", o.gap.String())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	b.mock.kind = kind{name: "direct"}
	b.upstream = b.mock.addr
	return b, nil
}

func (b *bench) close() error {
	return errors.Join(b.mock.Stop(), os.RemoveAll(b.dir))
}

// pair starts the two gateways side by side, warm and settled.
func (b *bench) pair(ctx context.Context) (proxy, gateway *target, err error) {
	if proxy, err = b.start(ctx, b.proxy()); err != nil {
		return nil, nil, err
	}
	if gateway, err = b.start(ctx, b.plexus()); err != nil {
		return nil, nil, errors.Join(err, proxy.Stop())
	}
	return proxy, gateway, nil
}

// interleave runs round for every target n times, in turn and with the order
// reversed each time, so that a drift of the machine falls on all alike.
func interleave(n int, targets []*target, round func(i int) error) error {
	order := make([]int, len(targets))
	for i := range order {
		order[i] = i
	}
	for range n {
		for _, i := range order {
			if err := round(i); err != nil {
				return fmt.Errorf("%s: %w", targets[i].name, err)
			}
		}
		slices.Reverse(order)
	}
	return nil
}

func stopAll(targets ...*target) error {
	var errs []error
	for _, t := range targets {
		errs = append(errs, t.Stop())
	}
	return errors.Join(errs...)
}

func facts(layout proc.Layout, took time.Duration) []string {
	return []string{
		fmt.Sprintf("Machine: %d cores, %s, %s/%s, %s", machineCores(layout), cpuModel(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		"Cores: " + layout.Note,
		fmt.Sprintf("Terms: medians of interleaved rounds, journal and key check on, CPU time includes background work; measured in %v", took.Round(time.Second)),
	}
}

// machineCores counts what the machine has; the pinned driver itself sees one.
func machineCores(layout proc.Layout) int {
	if n := proc.OnlineCores(); n > 0 {
		return n
	}
	if layout.Pinned {
		return max(layout.Gateway, layout.Driver) + 1
	}
	return runtime.NumCPU()
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown processor" // not Linux
	}
	lines := bufio.NewScanner(f)
	model := "unknown processor"
	for lines.Scan() {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	if err := f.Close(); err != nil {
		return "unknown processor"
	}
	return model
}
