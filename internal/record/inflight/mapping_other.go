//go:build !unix

package inflight

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// mapping is a file with a copy in memory; every change is written.
type mapping struct {
	mem    []byte
	f      *os.File
	failed *atomic.Bool
}

func openMapping(path string, size int) (mapping, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return mapping{}, fmt.Errorf("open: %w", err)
	}
	m := mapping{mem: make([]byte, size), f: f, failed: new(atomic.Bool)}
	if err := f.Truncate(int64(size)); err == nil {
		_, err = f.ReadAt(m.mem, 0)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return mapping{}, errors.Join(fmt.Errorf("read: %w", err), f.Close())
	}
	return m, nil
}

func (m mapping) bytes() []byte { return m.mem }

func (m mapping) changed(at, n int) {
	if _, err := m.f.WriteAt(m.mem[at:at+n], int64(at)); err != nil {
		m.failed.Store(true)
	}
}

func (m mapping) close() error {
	err := m.f.Close()
	if m.failed.Load() {
		err = errors.Join(err, errors.New("some changes were not written"))
	}
	return err //nolint:wrapcheck // wrapped by the caller
}
