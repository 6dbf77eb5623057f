package record

import "os"

// File is the seam through which tests break the disk.
type File interface {
	WriteAt(b []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// WithFiles makes the journal write through wrap(the real file).
func (o Options) WithFiles(wrap func(File) File) Options {
	o.openFile = func(name string) (file, error) {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		return wrap(f), nil
	}
	return o
}

// Gathered returns how many records wait for the next write.
func Gathered(j *Journal) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.open.n
}
