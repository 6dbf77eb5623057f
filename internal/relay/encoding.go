package relay

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// plain returns the answer's body without the compression that a proxy on the
// way put on unasked: the gateway asks for none, and must read what passes.
func (a *attempt) plain(resp *http.Response, body io.Reader) (io.Reader, *llm.Error) {
	v := resp.Header["Content-Encoding"]
	if len(v) == 0 {
		return body, nil
	}
	var open func(io.Reader) (io.Reader, error)
	switch strings.ToLower(strings.TrimSpace(v[0])) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		open = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case "zstd":
		open = func(r io.Reader) (io.Reader, error) {
			return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		}
	default:
		return nil, a.garbage(fmt.Sprintf("it answered in content-encoding %.50q, which was not asked for and cannot be read here", v[0]))
	}
	delete(resp.Header, "Content-Encoding")
	resp.ContentLength = -1
	return &unpacked{body: body, open: open}, nil
}

// unpacked decompresses from the first read on: opening reads, and must not
// wait for a byte that is not there yet.
type unpacked struct {
	body io.Reader
	open func(io.Reader) (io.Reader, error)
	from io.Reader
}

// Read implements io.Reader.
func (u *unpacked) Read(p []byte) (int, error) {
	if u.from == nil {
		from, err := u.open(u.body)
		if errors.Is(err, io.EOF) {
			return 0, io.EOF // an empty answer is judged by whoever reads it
		}
		if err != nil {
			return 0, fmt.Errorf("decompress the answer: %w", err)
		}
		u.from = from
	}
	return u.from.Read(p) //nolint:wrapcheck // io.EOF must stay itself
}
