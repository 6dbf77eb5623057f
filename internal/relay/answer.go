package relay

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
)

const copySize = 32 << 10

// document is the state of one answer that is one JSON document.
type document struct {
	a     *attempt
	resp  *http.Response
	tap   wire.BodyTap
	b     []byte    // what is read and not yet sent stands at its start
	held  int       // how much of it is white space that waits for the document
	read  int64     // bytes from the upstream
	begun bool      // the document's first byte has been seen
	began time.Time // when the answer's head came
}

// answer relays an answer that is one document, verbatim. The last bytes leave
// after the record is safe.
func (l rawLane) answer(a *attempt, resp *http.Response, body io.Reader) *llm.Error {
	size := copySize
	if n := resp.ContentLength; n >= 0 && n < copySize {
		size = int(n) + 1
	}
	buf := newBuffer(size)
	defer buf.free()
	d := &document{a: a, resp: resp, tap: l.raw.BodyTap(), b: buf.b[:cap(buf.b)], began: a.x.relay.o.Clock()}
	for {
		n, err := body.Read(d.b[d.held:])
		if e, over := d.piece(n, err); over {
			return e
		}
	}
}

// piece handles the next n bytes; over reports that the answer is.
func (d *document) piece(n int, err error) (e *llm.Error, over bool) {
	d.read += int64(n)
	p := d.b[:d.held+n]
	d.held = 0
	// With a known length the end is known with the last bytes, not after.
	done := errors.Is(err, io.EOF) || d.read == d.resp.ContentLength
	if err != nil && !done {
		return d.a.broken(d.a.classify(err)), true
	}
	if !d.begun {
		text := bytes.TrimLeft(p, " \t\r\n")
		switch {
		case len(text) == 0 && done:
			return d.a.broken(d.a.garbage("it answered with an empty body")), true
		case len(text) == 0 && d.hold(p):
			return nil, false
		case len(text) > 0 && text[0] != '{' && text[0] != '[':
			return d.a.broken(d.a.garbage("it answered with something that is not JSON")), true
		case len(text) > 0:
			d.begun = true
			d.a.firstByte()
		}
	}
	d.tap.Write(p)
	if done {
		seen := d.tap.Seen()
		if seen.Err != nil && !d.a.x.committed {
			return d.a.failure(seen), true
		}
		d.a.x.rec.ResponseBytes += int64(len(p)) // counted before it goes, as the record must
		d.a.keepTapped(d.tap)
		d.a.complete(seen, d.resp.StatusCode)
	}
	if !d.send(p, done) {
		return d.a.clientGone(), true
	}
	return nil, done
}

// hold keeps back white space before the document, which some vendors send to
// keep a waiting connection alive, and reports whether it did: until something
// is sent, another target may still mend a failure. After a while it goes out,
// since the client's connection may need it as much.
func (d *document) hold(p []byte) bool {
	if d.a.x.committed || len(p) == len(d.b) || d.a.x.relay.o.Clock().Sub(d.began) > holdFor {
		return false
	}
	d.held = len(p)
	return true
}

// send hands p on and reports whether the client took it.
func (d *document) send(p []byte, done bool) bool {
	x := d.a.x
	d.a.commitRaw(d.resp)
	x.extend()
	if _, err := x.w.Write(p); err != nil {
		return false
	}
	x.rec.ResponseBytes += int64(len(p))
	if done || len(p) == len(d.b) {
		return true
	}
	return x.control.Flush() == nil // the upstream pauses: hand on what there is
}

// targetHeader says on an answer which provider and upstream model gave it:
// nothing is substituted in silence.
const targetHeader = "X-Plexus-Target"

// writeHead sends the answer's head; size is that of the body, -1 when not known.
func (x *exchange) writeHead(a *attempt, status int, size int64) {
	h := x.w.Header()
	h[fidelityHeader] = []string{a.fidelity}
	h[targetHeader] = []string{a.provider.Slug + "/" + a.model}
	if size >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(size, 10)}
	}
	x.committed = true
	x.rec.HTTPStatus = status
	x.w.WriteHeader(status)
}

// firstByte notes the time to the first byte that means something.
func (a *attempt) firstByte() {
	if a.x.rec.TTFT == 0 {
		a.x.rec.TTFT = a.x.relay.o.Clock().Sub(a.x.started)
	}
}

// complete settles a whole answer, or one that turned out to be an error.
func (a *attempt) complete(seen *wire.Seen, status int) {
	x := a.x
	if x.settled {
		return
	}
	x.setUsage(seen)
	x.rec.Status, x.rec.HTTPStatus = record.StatusOK, status
	if seen.Err != nil {
		x.rec.Status = record.StatusFailed
		x.note(a.failure(seen))
	}
	x.settle()
}

// broken handles an answer that went wrong. When the client has seen part of
// it, the connection is cut so that it cannot take the part for the whole.
func (a *attempt) broken(e *llm.Error) *llm.Error {
	if !a.x.committed {
		return e
	}
	a.x.fail(e)
	panic(http.ErrAbortHandler)
}

// clientGone settles a request whose client does not read any more.
func (a *attempt) clientGone() *llm.Error {
	a.cancel(nil)
	e := llm.Errorf(llm.KindCanceled, upstream.CodeCanceled, "the client closed the connection")
	a.x.gone(e)
	return nil
}
