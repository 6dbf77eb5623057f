package secretbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/plexus-gateway/plexus/internal/errs"
)

// ErrExposed is returned for a key file that group or others may read or write.
var ErrExposed = errors.New("secretbox: key file is open to other users; chmod 600 it")

// maxRingFile bounds what is read from a key file, in bytes.
const maxRingFile = 64 << 10

// OpenFile reads the ring at path. When there is none it makes a new ring and
// writes it there with mode 0600; created reports that, so that the caller can
// tell the operator to keep a copy. Of several processes that start at once one
// creates the file and all read the same ring.
//
// It fails with ErrExposed when group or others have any access to the file
// (not checked on Windows, which has no such modes), and with ErrBadRing when
// the text is not a ring.
func OpenFile(path string) (ring *Ring, created bool, err error) {
	defer errs.Wrap(&err, "key ring %s", path)
	ring, err = readFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, err
	}
	ring = Generate()
	err = createFile(path, ring)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		ring, err = readFile(path)
		return ring, false, err
	}
	if err != nil {
		return nil, false, err
	}
	return ring, true, nil
}

// RotateFile adds a new newest key to the ring at path, replacing the file
// atomically, and returns the new ring. Secrets sealed by the older keys still
// open; see [Ring.Stale]. Only one process may rotate at a time.
func RotateFile(path string) (ring *Ring, err error) {
	defer errs.Wrap(&err, "rotate key ring %s", path)
	ring, err = readFile(path)
	if err != nil {
		return nil, err
	}
	if ring, err = ring.With(randomKey()); err != nil {
		return nil, err
	}
	tmp, err := writeTemp(path, ring)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, path); err != nil {
		return nil, errors.Join(err, os.Remove(tmp))
	}
	return ring, syncDir(filepath.Dir(path))
}

func readFile(path string) (ring *Ring, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// The mode is taken from the open file, not from the path, so that the
	// file checked is the file read.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrBadRing)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w (mode %04o)", ErrExposed, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRingFile))
	if err != nil {
		return nil, err
	}
	return Parse(string(text))
}

// createFile publishes a complete file under path, or fails with fs.ErrExist.
// A hard link does that atomically; where the file system has none the file is
// created in place with O_EXCL, and a process that starts in the same instant
// may then see it empty and refuse to start, which a restart cures.
func createFile(path string, ring *Ring) (err error) {
	tmp, err := writeTemp(path, ring)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp)) }()
	err = os.Link(tmp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeNew(path, ring)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeTemp(path string, ring *Ring) (string, error) {
	tmp := fmt.Sprintf("%s.%d-%x.tmp", path, os.Getpid(), randomSuffix())
	return tmp, writeNew(tmp, ring)
}

func randomSuffix() []byte {
	key := randomKey()
	return key[:6]
}

// writeNew creates path with mode 0600, never following or replacing what is
// there, and makes its content durable.
func writeNew(path string, ring *Ring) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(ring.text())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncDir makes a new name in dir durable. Windows cannot sync a directory.
func syncDir(dir string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
