//go:build !linux

package proc

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func plan() Layout {
	return Layout{Gateway: AnyCore, Driver: AnyCore, Note: "not pinned: this system has no sched_setaffinity"}
}

func onCore(_ int, f func() error) error { return f() }

func execOn(int, []string) error {
	return errors.New("this system has no sched_setaffinity")
}

func cpuTime(pid int) (time.Duration, error) {
	f, err := ps(pid, "time=")
	if err != nil {
		return 0, err
	}
	return parseCPU(f)
}

func residentNow(pid int) (int64, error) {
	f, err := ps(pid, "rss=")
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(f, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return n << 10, nil
}

func residentPeak(pid int) (int64, error) { return residentNow(pid) }

func ps(pid int, column string) (string, error) {
	out, err := exec.Command("ps", "-o", column, "-p", strconv.Itoa(pid)).Output() //nolint:gosec,noctx // G204: a number and a literal; it answers at once
	if err != nil {
		return "", fmt.Errorf("ps of process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(out)), nil
}

func onlineCores() int { return runtime.NumCPU() }
