package record

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A frame is a record in the journal: u32 length | u32 CRC-32C of the payload
// | payload, little endian. An empty payload is not a frame, so that a run of
// zeros, which a power cut can leave behind, does not read as frames.
const (
	frameHeader = 8
	maxPayload  = 256 << 10
)

// ErrTooLarge is returned by Append for a record whose encoding is over
// 256 KiB.
var ErrTooLarge = errors.New("record: record over 256 KiB")

var (
	errShortFrame = errors.New("frame is cut")
	errBadFrame   = errors.New("frame is damaged")
)

// castagnoli is the table of CRC-32C; never written to.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends the frame of r to b, or returns b as it was and
// ErrTooLarge.
func appendFrame(b []byte, r *Record) ([]byte, error) {
	at := len(b)
	b = append(b, make([]byte, frameHeader)...)
	b, err := r.AppendBinary(b)
	if err != nil {
		return b[:at], err
	}
	payload := b[at+frameHeader:]
	if len(payload) > maxPayload {
		return b[:at], ErrTooLarge
	}
	binary.LittleEndian.PutUint32(b[at:], uint32(len(payload))) //nolint:gosec // bounded above
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(payload, castagnoli))
	return b, nil
}

// frameAt returns the payload of the frame b starts with, or errShortFrame
// when b may be the beginning of one, or errBadFrame.
func frameAt(b []byte) ([]byte, error) {
	if len(b) < frameHeader {
		return nil, errShortFrame
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > maxPayload {
		return nil, errBadFrame
	}
	if uint32(len(b)-frameHeader) < n { //nolint:gosec // a chunk is far smaller than 4 GiB
		return nil, errShortFrame
	}
	payload := b[frameHeader : frameHeader+n]
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return nil, errBadFrame
	}
	return payload, nil
}

// resync returns the offset in b, at least 1, of the first frame after a
// damaged one, or len(b) if there is none. A frame is believed when its CRC
// holds and its payload starts like a record's; 32 bits of CRC and 25 of prefix
// make a false find as unlikely as can be.
func resync(b []byte) int {
	for i := 1; i+frameHeader < len(b); i++ {
		if b[i+frameHeader] != binaryVersion {
			continue
		}
		if payload, err := frameAt(b[i:]); err == nil && startsLikeRecord(payload) {
			return i
		}
	}
	return len(b)
}

func startsLikeRecord(p []byte) bool {
	return len(p) >= 19 && p[0] == binaryVersion && p[1] == fieldID<<1|wireBytes && p[2] == 16
}
