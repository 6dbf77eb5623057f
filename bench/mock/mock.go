// Package mock is the upstream of the bench: it speaks just enough of the
// protocols, as cheaply as net/http can, to answer, to stream at a fixed pace
// and, in openai.chat, to hold a stream open.
package mock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
)

// The models. What a model does follows from the end of its name, so that a
// gateway may rename the front of it.
const (
	ModelJSON   = "mock-json"   // a JSON answer of about 600 bytes
	ModelStream = "mock-stream" // Chunks events, Gap apart, each stamped with its time
	ModelHold   = "mock-hold"   // one event, then silence until the client leaves
	ModelLong   = "mock-long"   // a stream of LongChunks events, LongGap apart
)

// The pace of long streams, which protocols are converted in.
const (
	LongChunks = 500
	LongGap    = 2 * time.Millisecond
)

// Options are the pace of streams.
type Options struct {
	Chunks int
	Gap    time.Duration
}

// Handler answers POST requests on any path.
func Handler(o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := drain(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		o := o
		if bytes.Contains(body.start, []byte(`-long"`)) || strings.Contains(r.URL.Path, "-long:") {
			o = Options{LongChunks, LongGap}
		}
		other := protocolOf(r.URL.Path)
		switch {
		case other != nil:
			err = other.answer(w, r, o, body.start)
		case bytes.Contains(body.start, []byte(`-stream"`)), bytes.Contains(body.start, []byte(`-long"`)):
			err = stream(w, r, o, body.usage)
		case bytes.Contains(body.start, []byte(`-hold"`)):
			err = hold(w, r)
		default:
			err = whole(w, answer)
		}
		if err != nil {
			panic(http.ErrAbortHandler) // the client is gone: there is nobody to tell
		}
	})
}

func whole(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, err := io.WriteString(w, text)
	return err
}

const answer = `{"id":"chatcmpl-bench","object":"chat.completion","created":1790000000,"model":"mock-json-0001",` +
	`"choices":[{"index":0,"message":{"role":"assistant","content":"` + words + `","refusal":null,"annotations":[]},` +
	`"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":57,"total_tokens":99,` +
	`"prompt_tokens_details":{"cached_tokens":16,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}},` +
	`"service_tier":"default","system_fingerprint":"fp_bench"}`

// peek is how much of a body is kept; the model stands in front of it.
const peek = 512

type request struct {
	start []byte
	usage bool // the client asked for a usage chunk
}

// drain reads the whole body and keeps its start. Whether usage is asked for
// is looked up in the start and the end, because an edit of a body may add a
// member at either.
func drain(r *http.Request) (request, error) {
	first := make([]byte, peek)
	n, err := io.ReadFull(r.Body, first)
	out := request{start: first[:n]}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		out.usage = asksUsage(out.start)
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("read body: %w", err)
	}
	last, err := lastBytes(r.Body)
	if err != nil {
		return out, fmt.Errorf("read body: %w", err)
	}
	out.usage = asksUsage(out.start) || asksUsage(last)
	return out, nil
}

func asksUsage(b []byte) bool { return bytes.Contains(b, []byte(`"include_usage":true`)) }

// lastBytes reads r to its end and returns what came last, at most peek bytes.
func lastBytes(r io.Reader) ([]byte, error) {
	buf := make([]byte, 32<<10)
	var last []byte
	for {
		n, err := r.Read(buf)
		last = append(last, buf[max(0, n-peek):n]...)
		last = last[max(0, len(last)-peek):]
		if errors.Is(err, io.EOF) {
			return last, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func stream(w http.ResponseWriter, r *http.Request, o Options, usage bool) error {
	w.Header().Set("Content-Type", "text/event-stream")
	out := chatEvents(w)
	if err := paced(r, o, out.chunk); err != nil {
		return err
	}
	if usage {
		if err := out.write(usageEvent); err != nil {
			return err
		}
	}
	return out.write("data: [DONE]\n\n")
}

// paced calls chunk for every chunk of a stream, at its pace.
func paced(r *http.Request, o Options, chunk func(now time.Time) error) error {
	tick := time.NewTicker(o.Gap)
	defer tick.Stop()
	for range o.Chunks {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return r.Context().Err()
		}
		if err := chunk(time.Now()); err != nil {
			return err
		}
	}
	return nil
}

func hold(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/event-stream")
	out := chatEvents(w)
	if err := out.chunk(time.Now()); err != nil {
		return err
	}
	<-r.Context().Done()
	return r.Context().Err()
}

const (
	chunkHead  = `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"mock-stream-0001","service_tier":"default","system_fingerprint":"fp_bench","choices":[{"index":0,"delta":{"content":" ` + load.Stamp
	chunkTail  = ` "},"logprobs":null,"finish_reason":null}],"obfuscation":"aB3dE6"}` + "\n\n"
	usageEvent = `data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1790000000,"model":"mock-stream-0001","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":100,"total_tokens":142}}` + "\n\n"
)

// events writes server-sent events, one flush each.
type events struct {
	w          http.ResponseWriter
	rc         *http.ResponseController
	buf        []byte
	head, tail string // around the stamp of a chunk
}

func chatEvents(w http.ResponseWriter) *events {
	return &events{w: w, rc: http.NewResponseController(w), head: chunkHead, tail: chunkTail}
}

func (e *events) chunk(now time.Time) error {
	e.buf = append(e.buf[:0], e.head...)
	e.buf = strconv.AppendInt(e.buf, now.UnixNano(), 10)
	e.buf = append(e.buf, e.tail...)
	if _, err := e.w.Write(e.buf); err != nil {
		return err
	}
	return e.rc.Flush()
}

func (e *events) write(event string) error {
	if _, err := io.WriteString(e.w, event); err != nil {
		return err
	}
	return e.rc.Flush()
}
