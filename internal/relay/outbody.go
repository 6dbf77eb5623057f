package relay

import (
	"errors"
	"io"
	"sync"

	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// errAttemptOver ends the reading of a request body whose attempt has ended.
var errAttemptOver = errors.New("relay: the attempt is over")

// lease is an attempt's right to read the client's bytes. They lie in a pooled
// buffer, and a transport may go on reading a request's body after RoundTrip
// has returned: when the upstream answers before it has taken the whole
// request, or when the attempt is cancelled (net/http.RoundTripper says so).
// Without the lease it would then send another client's bytes.
type lease struct {
	mu    sync.Mutex
	ended bool
	taken bool // the transport has read all of it
}

// end takes the right back. After it has returned nobody reads the bytes.
func (l *lease) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

// done reports whether the transport has taken everything, and if so ends the
// lease.
func (l *lease) done() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = l.ended || l.taken
	return l.taken
}

// body returns a reader of the text that keeps to the lease.
func (l *lease) body(text *jsonspan.Spliced) io.ReadCloser { return &leasedBody{lease: l, text: text} }

type leasedBody struct {
	lease *lease
	text  *jsonspan.Spliced
}

// Read implements io.Reader.
func (b *leasedBody) Read(p []byte) (int, error) {
	b.lease.mu.Lock()
	defer b.lease.mu.Unlock()
	if b.lease.ended {
		return 0, errAttemptOver
	}
	n, err := b.text.Read(p)
	b.lease.taken = b.lease.taken || errors.Is(err, io.EOF)
	return n, err
}

// Close implements io.Closer. There is nothing to release: the attempt does.
func (b *leasedBody) Close() error { return nil }
