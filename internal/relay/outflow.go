package relay

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/wire/ndjson"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const (
	// holdBytes and holdFor bound how much and how long a stream's opening is
	// held back in the hope of an error that another target could mend.
	holdBytes = 64 << 10
	holdFor   = 3 * time.Second

	// beatEvery is how long a client hears nothing before it is told that the
	// stream is alive. Proxies cut connections that are silent for 30 to 60
	// seconds.
	beatEvery = 15 * time.Second

	streamBuffer = 2 << 10
)

// beats is what keeps a silent stream alive, by the client's protocol: what
// clients of it are known to pass over. Those that are not listed stop at
// anything they do not expect (Google's Go SDK at a comment).
var beats = map[llm.Protocol]string{
	llm.OpenAIChat:        ": keep-alive\n\n",
	llm.OpenAIResponses:   ": keep-alive\n\n",
	llm.OpenAICompletions: ": keep-alive\n\n",
	llm.AnthropicMessages: "event: ping\ndata: {\"type\": \"ping\"}\n\n",
}

// frames is a stream of events, however it is framed.
type frames interface {
	Next() (*sse.Frame, error)
	Buffered() bool
}

func framesOf(h http.Header, body io.Reader, buf []byte) frames {
	if v := h["Content-Type"]; len(v) > 0 && strings.HasPrefix(strings.ToLower(strings.TrimSpace(v[0])), "application/x-ndjson") {
		return ndjson.NewReader(body, buf, 0)
	}
	return sse.NewReader(body, buf, 0)
}

// outflow is a stream's way to the client: it holds the opening back, writes
// and flushes, and keeps a silent connection alive.
//
// The pen guards it and the exchange. The request's goroutine has the pen
// always, but for the time it waits for the upstream: then, and only then, may
// the timer write.
type outflow struct {
	x      *exchange
	in     frames
	commit func() // sends the answer's head

	pen   sync.Mutex
	held  []byte    // what waits for the first meaningful event
	began time.Time // when the answer's head came
	open  bool      // the client's last line has no end yet
	beat  string
	last  time.Time // when something was last written
	timer *time.Timer
	over  bool
}

// newOutflow returns an outflow whose pen is the caller's. The caller must end it.
func newOutflow(x *exchange, in frames, commit func()) *outflow {
	o := &outflow{x: x, in: in, commit: commit, began: x.relay.o.Clock(), last: time.Now(), beat: beats[x.protocol]}
	o.pen.Lock()
	if o.beat != "" {
		o.timer = time.AfterFunc(beatEvery, o.tick)
	}
	return o
}

// end stops the timer and gives the pen back.
func (o *outflow) end() {
	o.over = true
	if o.timer != nil {
		o.timer.Stop()
	}
	o.pen.Unlock()
}

// next waits for the next frame, without the pen if it must wait.
func (o *outflow) next() (*sse.Frame, error) {
	if o.in.Buffered() {
		return o.in.Next()
	}
	o.pen.Unlock()
	defer o.pen.Lock()
	return o.in.Next()
}

// tick tells a client that has heard nothing for a while that the stream is
// alive. The socket's clock is the real one.
func (o *outflow) tick() {
	o.pen.Lock()
	defer o.pen.Unlock()
	if o.over {
		return
	}
	wait := beatEvery - time.Since(o.last)
	if wait <= 0 {
		wait = beatEvery
		if !o.open && !o.put([]byte(o.beat), true) {
			return // the client is gone; the request's goroutine will learn it
		}
	}
	o.timer.Reset(wait)
}

// hold keeps p back and reports whether it did.
func (o *outflow) hold(p []byte) bool {
	if o.x.committed || len(o.held)+len(p) > holdBytes || o.x.relay.o.Clock().Sub(o.began) > holdFor {
		return false
	}
	o.held = append(o.held, p...)
	return true
}

// write sends held and new bytes, flushes unless more is at hand, and reports
// whether the client took them.
func (o *outflow) write(p []byte) bool { return o.put(p, !o.in.Buffered()) }

func (o *outflow) put(p []byte, flush bool) bool {
	x := o.x
	x.extend()
	o.last = time.Now()
	if !x.committed {
		o.commit()
		if len(o.held) > 0 {
			n, err := x.w.Write(o.held) //nolint:gosec // an event stream, told so by its type
			x.rec.ResponseBytes += int64(n)
			o.held = nil
			if err != nil {
				return false
			}
		}
	}
	if len(p) > 0 {
		o.open = p[len(p)-1] != '\n' && p[len(p)-1] != '\r'
	}
	n, err := x.w.Write(p) //nolint:gosec // as above
	x.rec.ResponseBytes += int64(n)
	if err != nil {
		return false
	}
	return !flush || x.control.Flush() == nil
}

// breakOff ends a stream the client has seen part of, for the reason e, with
// the bytes that say so in its protocol.
func (o *outflow) breakOff(e *llm.Error, end []byte) {
	x := o.x
	stop := x.stopped()
	switch {
	case stop != nil:
		x.rec.Status = record.StatusAbandoned
		e = stop
	case x.gone(e):
		return
	default:
		x.rec.Status = record.StatusFailed
	}
	x.note(e)
	x.settle()
	if o.open {
		end = append([]byte("\n\n"), end...)
	}
	x.extend()
	if _, err := x.w.Write(end); err == nil { //nolint:gosec // as above
		_ = x.control.Flush() // the request is over either way
	}
}
