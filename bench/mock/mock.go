// Package mock is the upstream of the bench: it speaks just enough of the
// openai.chat protocol, as cheaply as net/http can, to answer, to stream at a
// fixed pace and to hold a stream open.
package mock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/plexus-gateway/plexus/bench/load"
)

// The models. What a model does follows from the end of its name, so that a
// gateway may rename the front of it.
const (
	ModelJSON   = "mock-json"   // a JSON answer of about 600 bytes
	ModelStream = "mock-stream" // Chunks events, Gap apart, each stamped with its time
	ModelHold   = "mock-hold"   // one event, then silence until the client leaves
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
		switch {
		case bytes.Contains(body.start, []byte(`-stream"`)):
			err = stream(w, r, o, body.usage)
		case bytes.Contains(body.start, []byte(`-hold"`)):
			err = hold(w, r)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
			_, err = io.WriteString(w, answer)
		}
		if err != nil {
			panic(http.ErrAbortHandler) // the client is gone: there is nobody to tell
		}
	})
}

const answer = `{"id":"chatcmpl-bench","object":"chat.completion","created":1790000000,"model":"mock-json-0001",` +
	`"choices":[{"index":0,"message":{"role":"assistant","content":"` +
	`A gateway stands between those who ask and those who answer. It should be quick enough to forget, exact enough to trust ` +
	`and plain enough to read. This answer is as long as short answers are.","refusal":null,"annotations":[]},` +
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
	out := events{w: w, rc: http.NewResponseController(w)}
	tick := time.NewTicker(o.Gap)
	defer tick.Stop()
	for range o.Chunks {
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return r.Context().Err()
		}
		if err := out.chunk(time.Now()); err != nil {
			return err
		}
	}
	if usage {
		if err := out.write(usageEvent); err != nil {
			return err
		}
	}
	return out.write("data: [DONE]\n\n")
}

func hold(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/event-stream")
	out := events{w: w, rc: http.NewResponseController(w)}
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
	w   http.ResponseWriter
	rc  *http.ResponseController
	buf []byte
}

func (e *events) chunk(now time.Time) error {
	e.buf = append(e.buf[:0], chunkHead...)
	e.buf = strconv.AppendInt(e.buf, now.UnixNano(), 10)
	e.buf = append(e.buf, chunkTail...)
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
