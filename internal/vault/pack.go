package vault

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

// maxInflated bounds what an envelope or a stored turn may hold, in bytes.
const maxInflated = 1 << 20

// minDeflate is the size from which on compressing is tried, in bytes: most of
// a smaller payload is a signature, which does not shrink.
const minDeflate = 512

// The first byte of a packed payload says how the rest is kept.
const (
	packedPlain   = 0
	packedDeflate = 1
)

var errMalformed = errors.New("vault: malformed payload")

// packer compresses and restores payloads. What does that is kept, because it
// allocates tens and hundreds of kilobytes.
type packer struct {
	writers sync.Pool // of *flate.Writer
	readers sync.Pool // of io.ReadCloser that is a flate.Resetter
}

// pack compresses a payload where that saves an eighth of it or more: what
// saves less costs more time each time it is opened.
func (p *packer) pack(payload []byte) []byte {
	if len(payload) >= minDeflate {
		if packed := p.deflate(payload); packed != nil && len(packed) <= len(payload)-len(payload)/8 {
			return packed
		}
	}
	return append([]byte{packedPlain}, payload...)
}

// deflate returns payload compressed, or nil when that cannot be done.
func (p *packer) deflate(payload []byte) []byte {
	var buf bytes.Buffer
	buf.WriteByte(packedDeflate)
	w, _ := p.writers.Get().(*flate.Writer)
	if w == nil {
		var err error
		if w, err = flate.NewWriter(&buf, flate.BestSpeed); err != nil {
			return nil
		}
	} else {
		w.Reset(&buf)
	}
	defer p.writers.Put(w)
	_, err := w.Write(payload)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil
	}
	return buf.Bytes()
}

func (p *packer) unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 || len(packed) > maxInflated+1 {
		return nil, errMalformed
	}
	switch body := packed[1:]; packed[0] {
	case packedPlain:
		return body, nil
	case packedDeflate:
		return p.inflate(body)
	}
	return nil, errMalformed
}

func (p *packer) inflate(body []byte) ([]byte, error) {
	r, _ := p.readers.Get().(io.ReadCloser)
	if again, ok := r.(flate.Resetter); ok {
		if again.Reset(bytes.NewReader(body), nil) != nil {
			return nil, errMalformed
		}
	} else {
		r = flate.NewReader(bytes.NewReader(body))
	}
	defer p.readers.Put(r)
	payload, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	if err = errors.Join(err, r.Close()); err != nil || len(payload) > maxInflated {
		return nil, errMalformed
	}
	return payload, nil
}
