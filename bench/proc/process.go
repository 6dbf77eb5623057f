package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopWait is how long a process may take to drain after SIGTERM.
const stopWait = 20 * time.Second

// AnyCore starts a process wherever the kernel likes.
const AnyCore = -1

// Command describes a process to start.
type Command struct {
	Name string // for messages
	Path string
	Args []string
	Env  []string // in addition to the bench's own
	Core int      // index of the core to run on, or AnyCore
}

// Process is a running child.
type Process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *tail
	done  chan struct{}
	err   error // of Wait; read after done
}

// Start starts the process. The child holds a pipe from us as its standard
// input, so that our own roles end when the bench dies; ctx ends any child
// with SIGTERM.
func Start(ctx context.Context, c Command) (*Process, error) {
	cmd := exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // G204: the bench starts the binaries it is told to measure
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopWait
	cmd.Env = append(os.Environ(), c.Env...)
	out := &tail{}
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	if err := onCore(c.Core, cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p := &Process{name: c.Name, cmd: cmd, stdin: stdin, out: out, done: make(chan struct{})}
	go func() { // ends with the process, which Stop and ctx both end
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Output returns the last lines the process printed.
func (p *Process) Output() string { return p.out.String() }

// Stop asks the process to end, waits for it, and kills it if it does not.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	if err := p.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(stopWait):
		if err := p.cmd.Process.Kill(); err != nil {
			return fmt.Errorf("stop %s: kill: %w", p.name, err)
		}
		<-p.done
		return fmt.Errorf("stop %s: killed: it did not end in %v after SIGTERM; it said:\n%s", p.name, stopWait, p.Output())
	}
	return nil
}

// CPU returns the user and system time the process has used since its start.
func (p *Process) CPU() (time.Duration, error) { return cpuTime(p.PID()) }

// RSS returns the resident memory in bytes.
func (p *Process) RSS() (int64, error) { return residentNow(p.PID()) }

// PeakRSS returns the highest resident memory since the start in bytes, or the
// present one where the system keeps no peak.
func (p *Process) PeakRSS() (int64, error) { return residentPeak(p.PID()) }

// tail keeps the last few KiB written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 4 << 10

// Write keeps the end of what was written.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if len(t.buf) > 2*tailBytes {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-tailBytes:]...)
	}
	return len(b), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
