//go:build unix

package inflight

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mapping is a file as memory. The kernel writes changes back by itself.
type mapping struct{ mem []byte }

func openMapping(path string, size int) (mapping, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return mapping{}, fmt.Errorf("open: %w", err)
	}
	defer func() { _ = f.Close() }() // the mapping outlives the descriptor, which has written nothing
	st, err := f.Stat()
	if err != nil {
		return mapping{}, fmt.Errorf("stat: %w", err)
	}
	if st.Size() != int64(size) {
		if err := f.Truncate(int64(size)); err != nil {
			return mapping{}, fmt.Errorf("size: %w", err)
		}
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return mapping{}, fmt.Errorf("map: %w", err)
	}
	return mapping{mem}, nil
}

func (m mapping) bytes() []byte { return m.mem }

// changed has nothing to do: the memory is the file.
func (mapping) changed(int, int) {}

func (m mapping) close() error {
	return unix.Munmap(m.mem)
}
