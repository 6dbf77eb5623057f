package tokens

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"io"
	"strings"
)

const (
	// maxHeader is how far into a picture its size is looked for, in bytes:
	// beyond the metadata cameras write in front of it.
	maxHeader = 1 << 20
	// maxSide bounds the sides a header may claim, in pixels.
	maxSide = 1 << 17
)

// imageSize reads the width and height of a PNG, JPEG, GIF or WebP picture
// from its header, without decoding the picture. Data is base64.
func imageSize(data string) (w, h int64, ok bool) {
	r := bufio.NewReader(io.LimitReader(decode(data), maxHeader))
	head, err := r.Peek(12)
	if err != nil {
		return 0, 0, false
	}
	switch {
	case string(head[:8]) == "\x89PNG\r\n\x1a\n":
		w, h = pngSize(r)
	case string(head[:3]) == "GIF":
		w, h = int64(binary.LittleEndian.Uint16(head[6:])), int64(binary.LittleEndian.Uint16(head[8:]))
	case string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		w, h = webpSize(r)
	case head[0] == 0xff && head[1] == 0xd8:
		w, h = jpegSize(r)
	}
	return w, h, w > 0 && h > 0 && w <= maxSide && h <= maxSide
}

// decode reads base64 in either alphabet; line ends in it are skipped.
func decode(data string) io.Reader {
	enc := base64.StdEncoding
	if strings.ContainsAny(data[:min(len(data), 1<<14)], "-_") {
		enc = base64.URLEncoding
	}
	return base64.NewDecoder(enc.WithPadding(base64.NoPadding), strings.NewReader(strings.TrimRight(data, "=\r\n ")))
}

// decodedLen returns the length of base64 when decoded, in bytes.
func decodedLen(data string) int64 {
	return int64(len(strings.TrimRight(data, "="))) * 3 / 4
}

// pngSize reads the IHDR chunk, which is the first.
// Source: W3C PNG specification, 11.2.1.
func pngSize(r *bufio.Reader) (w, h int64) {
	head, err := r.Peek(24)
	if err != nil || string(head[12:16]) != "IHDR" {
		return 0, 0
	}
	return int64(binary.BigEndian.Uint32(head[16:])), int64(binary.BigEndian.Uint32(head[20:]))
}

// webpSize reads the first chunk of the three kinds of WebP.
// Source: Google "WebP Container Specification", RFC 6386 9.1.
func webpSize(r *bufio.Reader) (w, h int64) {
	head, err := r.Peek(30)
	if err != nil {
		return 0, 0
	}
	switch string(head[12:16]) {
	case "VP8 ":
		return int64(binary.LittleEndian.Uint16(head[26:]) & 0x3fff), int64(binary.LittleEndian.Uint16(head[28:]) & 0x3fff)
	case "VP8L":
		bits := binary.LittleEndian.Uint32(head[21:])
		return int64(bits&0x3fff) + 1, int64(bits>>14&0x3fff) + 1
	case "VP8X":
		return int24(head[24:]) + 1, int24(head[27:]) + 1
	}
	return 0, 0
}

func int24(b []byte) int64 { return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 }

// jpegSize skips from segment to segment up to the frame header.
// Source: ITU-T T.81, B.1.1 and B.2.2.
func jpegSize(r *bufio.Reader) (w, h int64) {
	if _, err := r.Discard(2); err != nil {
		return 0, 0
	}
	for {
		marker, ok := jpegMarker(r)
		if !ok {
			return 0, 0
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 { // without a length
			continue
		}
		head, err := r.Peek(2)
		if err != nil {
			return 0, 0
		}
		if isFrame(marker) {
			head, err = r.Peek(7)
			if err != nil {
				return 0, 0
			}
			return int64(binary.BigEndian.Uint16(head[5:])), int64(binary.BigEndian.Uint16(head[3:]))
		}
		length := int(binary.BigEndian.Uint16(head))
		if marker == 0xd9 || marker == 0xda || length < 2 { // the end, or the picture itself
			return 0, 0
		}
		if _, err := r.Discard(length); err != nil {
			return 0, 0
		}
	}
}

// jpegMarker reads a marker with the fill bytes in front of it.
func jpegMarker(r *bufio.Reader) (byte, bool) {
	b, err := r.ReadByte()
	if err != nil || b != 0xff {
		return 0, false
	}
	for b == 0xff {
		if b, err = r.ReadByte(); err != nil {
			return 0, false
		}
	}
	return b, true
}

// isFrame: the marker begins a frame header (SOF), not a table (DHT, JPG, DAC).
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}
