package proc

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func plan() Layout {
	free := Layout{Gateway: AnyCore, Driver: AnyCore}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		free.Note = "not pinned: " + err.Error()
		return free
	}
	var cores []int
	for i := 0; len(cores) < 2 && i < len(set)*64; i++ {
		if set.IsSet(i) {
			cores = append(cores, i)
		}
	}
	if len(cores) < 2 {
		free.Note = "not pinned: one core only"
		return free
	}
	return pinned(cores[0], cores[1])
}

// onCore calls f on a thread bound to core. A process that f starts inherits
// the binding from its first instruction on, so that its runtime sees one
// processor.
func onCore(core int, f func() error) (err error) {
	if core == AnyCore {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var was, want unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	want.Set(core)
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	defer func() {
		if e := unix.SchedSetaffinity(0, &was); e != nil && err == nil {
			err = fmt.Errorf("sched_setaffinity: %w", e)
		}
	}()
	return f()
}

// execOn replaces this process by itself with the same arguments and env, on
// core. It returns only on failure.
func execOn(core int, env []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("exec on core %d: %w", core, err)
	}
	return onCore(core, func() error {
		return syscall.Exec(self, os.Args, env) //nolint:gosec // G204: it is this very program
	})
}

// cpuTime reads the CPU clock of another process, which counts nanoseconds:
// /proc/PID/stat would count in ticks of 10 ms. The clock's number is made as
// clock_getcpuclockid(3) makes it.
func cpuTime(pid int) (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED of linux/posix-timers.h
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|schedClock), &ts); err != nil { //nolint:gosec // G115: pids fit in 22 bits
		return 0, fmt.Errorf("cpu clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

func residentNow(pid int) (int64, error)  { return statusKB(pid, "VmRSS") }
func residentPeak(pid int) (int64, error) { return statusKB(pid, "VmHWM") }

func statusKB(pid int, field string) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	for line := range bytes.Lines(data) {
		f := bytes.Fields(line)
		if len(f) == 3 && string(f[0]) == field+":" && string(f[2]) == "kB" {
			n, err := strconv.ParseInt(string(f[1]), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("memory of process %d: %w", pid, err)
			}
			return n << 10, nil
		}
	}
	return 0, fmt.Errorf("memory of process %d: no %s in its status", pid, field)
}

func onlineCores() int {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	n := 0
	for line := range bytes.Lines(data) {
		if len(line) > 3 && bytes.HasPrefix(line, []byte("cpu")) && line[3] != ' ' {
			n++
		}
	}
	return n
}
