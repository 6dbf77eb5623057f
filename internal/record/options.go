package record

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// Fsync says when the journal forces its bytes from the kernel to the disk.
// Whatever the policy, what Append acknowledged survives a kill -9 of the
// process; the policy decides what a power cut or kernel crash can take.
type Fsync string

// The policies.
const (
	// FsyncAlways syncs before Append returns: nothing acknowledged is lost.
	FsyncAlways Fsync = "always"
	// FsyncInterval syncs at most FsyncInterval after a write: a power cut
	// takes at most so much time's records. It is the default.
	FsyncInterval Fsync = "interval"
	// FsyncNever leaves it to the kernel, usually 30 s.
	FsyncNever Fsync = "never"
)

// The defaults of Options.
const (
	DefaultFsyncInterval = time.Second
	DefaultSegmentBytes  = 16 << 20
	DefaultMaxBytes      = 1 << 30
)

// Options configures a Journal. The zero value is usable.
type Options struct {
	Fsync         Fsync         // "" means FsyncInterval
	FsyncInterval time.Duration // 0 means DefaultFsyncInterval
	SegmentBytes  int64         // size at which a new segment starts; 0 means DefaultSegmentBytes
	MaxBytes      int64         // bound of all segments together, at least two segments; 0 means DefaultMaxBytes
	Clock         func() time.Time
	Logger        *slog.Logger
	// OnError is told of every failure in the background (sync, quarantine,
	// clean-up) after it was logged, for metrics. It must not block.
	OnError func(error)

	openFile func(name string) (file, error) // for tests of failing disks
}

func (o Options) withDefaults() (Options, error) {
	if o.Fsync == "" {
		o.Fsync = FsyncInterval
	}
	if o.FsyncInterval == 0 {
		o.FsyncInterval = DefaultFsyncInterval
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = max(DefaultMaxBytes, 2*o.SegmentBytes)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.openFile == nil {
		o.openFile = func(name string) (file, error) { return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600) }
	}
	return o, o.validate()
}

func (o Options) validate() error {
	switch o.Fsync {
	case FsyncAlways, FsyncInterval, FsyncNever:
	default:
		return fmt.Errorf("fsync is %q; want always, interval or never", o.Fsync)
	}
	if o.FsyncInterval < 0 || o.SegmentBytes < segmentHeader {
		return errors.New("negative interval or too small a segment")
	}
	if o.MaxBytes < 2*o.SegmentBytes {
		// With less, a full journal whose records were all moved could not
		// start the new segment that lets the old one go.
		return fmt.Errorf("bound of %d bytes is under two segments of %d", o.MaxBytes, o.SegmentBytes)
	}
	return nil
}
