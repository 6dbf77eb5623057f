package load

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pace calls fire n times, tick apart, with the time each call was due.
//
// It waits on a timerfd through the netpoller: the runtime's own timers wake a
// sleeping processor with a grain of one millisecond, which is more than the
// latency to be measured.
func pace(tick time.Duration, n int, fire func(due time.Time)) (err error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("pace: timerfd_create: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "timerfd")
	defer func() { err = closed(timer, err) }()
	every := unix.NsecToTimespec(int64(tick))
	start := time.Now()
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: every, Value: every}, nil); err != nil {
		return fmt.Errorf("pace: timerfd_settime: %w", err)
	}
	var buf [8]byte
	for sent := 0; sent < n; {
		if _, err := timer.Read(buf[:]); err != nil {
			return fmt.Errorf("pace: read timer: %w", err)
		}
		// The timer says how many ticks have passed since it was last read.
		for left := binary.NativeEndian.Uint64(buf[:]); left > 0 && sent < n; left-- {
			sent++
			fire(start.Add(time.Duration(sent) * tick))
		}
	}
	return nil
}

func closed(f *os.File, err error) error {
	if e := f.Close(); e != nil && err == nil {
		return fmt.Errorf("pace: close timer: %w", e)
	}
	return err
}
