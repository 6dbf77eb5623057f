// Package filelock gives one process at a time the use of a directory or file,
// by an advisory lock that the kernel drops when the process ends, however it
// ends.
package filelock

import (
	"errors"
	"fmt"
	"os"
)

// ErrHeld is returned by TryLock while another holder has the lock.
var ErrHeld = errors.New("filelock: held by another process")

// Lock is a held lock.
type Lock struct{ f *os.File }

// TryLock creates path if need be (mode 0600) and locks it, or fails with
// ErrHeld at once. The file stays behind after Unlock; removing it would let
// two holders in. On systems without flock(2) it always succeeds.
func TryLock(path string) (*Lock, error) { return acquire(path, false) }

// Acquire is TryLock but waits for as long as another holder has the lock.
func Acquire(path string) (*Lock, error) { return acquire(path, true) }

func acquire(path string, wait bool) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f, wait); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return &Lock{f: f}, nil
}

// Unlock gives the lock up.
func (l *Lock) Unlock() error { return l.f.Close() }
