package record

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A segment file starts with a header: magic (8 bytes) | ordinal of its first
// record, u64 | CRC-32C of these, u32; little endian. Ordinals count all
// records ever appended, so that the lag is known without reading segments.
const (
	segmentMagic  = "PLXJRN01"
	segmentHeader = 20
	segmentSuffix = ".seg"
)

// segment is a file of the journal.
type segment struct {
	seq     uint64 // its name; higher than that of the segment before
	first   uint64 // ordinal of its first record
	size    int64  // bytes that are whole frames, header included
	damaged bool   // its header cannot be read; only while the journal is opened
}

// errNewerSegment refuses a journal that this release cannot read.
var errNewerSegment = errors.New("written by another version of Plexus")

// file is what the journal asks of the segment it writes to.
type file interface {
	WriteAt(b []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

func segmentName(dir string, seq uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d%s", seq, segmentSuffix))
}

// listSegments returns the segments of a directory, oldest first, with their
// headers read.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var segs []segment
	for _, e := range entries {
		seq, err := strconv.ParseUint(strings.TrimSuffix(e.Name(), segmentSuffix), 10, 64)
		if err != nil || !strings.HasSuffix(e.Name(), segmentSuffix) {
			continue
		}
		segs = append(segs, segment{seq: seq})
	}
	slices.SortFunc(segs, func(a, b segment) int { return cmp.Compare(a.seq, b.seq) })
	for i := range segs {
		name := segmentName(dir, segs[i].seq)
		if err := segs[i].readHeader(name); err != nil {
			return nil, fmt.Errorf("journal segment %s, offset 0: %w", name, err)
		}
	}
	return segs, nil
}

func (s *segment) readHeader(name string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	var h [segmentHeader]byte
	if _, err := f.ReadAt(h[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if crc32.Checksum(h[:16], castagnoli) != binary.LittleEndian.Uint32(h[16:]) {
		s.damaged = true
		return nil
	}
	if string(h[:8]) != segmentMagic {
		return errNewerSegment
	}
	s.first = binary.LittleEndian.Uint64(h[8:])
	return nil
}

// writeHeader starts a segment file.
func writeHeader(f file, first uint64) error {
	var h [segmentHeader]byte
	copy(h[:], segmentMagic)
	binary.LittleEndian.PutUint64(h[8:], first)
	binary.LittleEndian.PutUint32(h[16:], crc32.Checksum(h[:16], castagnoli))
	_, err := f.WriteAt(h[:], 0)
	return err
}

// scanSegment finds the end of the last whole frame of a segment and counts
// its frames. What follows the end is a torn tail: the bytes of an append that
// the crash cut short and that nobody was told had succeeded. Damage before
// the end is left for the mover, which quarantines it.
func scanSegment(name string) (end int64, frames uint64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, 0, err
	}
	end = segmentHeader
	for at := segmentHeader; at < len(b); {
		payload, err := frameAt(b[at:])
		if err != nil {
			at += resync(b[at:])
			continue
		}
		at += frameHeader + len(payload)
		end = int64(at)
		frames++
	}
	return end, frames, nil
}

// syncDir makes the names in dir durable; systems that cannot sync a directory
// are left alone.
func syncDir(dir string) (err error) {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, os.ErrInvalid) {
		return err
	}
	return nil
}
