package fakeupstream

import (
	"io"
	"net/http"
	"strconv"
	"strings"
)

// StrictOption changes how a strict mock behaves.
type StrictOption func(*strict)

// ReleasedBy ends every stall of the mock when ch is closed. Without it a
// stall ends with its client or with the Fake the mock answers for.
func ReleasedBy(ch <-chan struct{}) StrictOption { return func(s *strict) { s.release = ch } }

// dialect is what one provider's protocol adds to the script the strict mocks
// share: it checks and reads requests and it writes answers.
type dialect interface {
	// hear reads a request or says why the provider would refuse it.
	hear(r *http.Request, body []byte) (*heard, *refusal)
	// count is the answer to a request that only counts tokens.
	count(h *heard) []byte
	whole(h *heard, a *answer) []byte
	stream(h *heard, a *answer) streamed
	// refuse renders an error; it may add headers.
	refuse(head http.Header, no *refusal) []byte
	// tooLong is what the provider says of a prompt that does not fit.
	tooLong() *refusal
	// failed renders an error inside a stream.
	failed(h *heard, no *refusal) []string
	// requestID names the header the provider gives its request id in, or "".
	requestID() string
}

// streamed is a stream in three parts, so that faults can stand between them.
type streamed struct {
	opening []string // before anything the model said
	body    []string
	closing []string
	// array: the frames are elements of one JSON array, not events.
	array bool
}

// StrictRequestID is the request id of every answer of a strict mock, where
// its provider gives one.
const StrictRequestID = "req_strict_0123456789"

// StrictRetryAfter is how long, in seconds, a strict mock asks to wait with
// [[error:429]].
const StrictRetryAfter = 7

// maxStrictBody bounds a request, as the real providers do (32 MB).
const maxStrictBody = 32 << 20

// strict serves one dialect.
type strict struct {
	dialect
	release <-chan struct{}
}

func newStrict(d dialect, opts []StrictOption) http.Handler {
	s := &strict{dialect: d}
	for _, o := range opts {
		o(s)
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *strict) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name := s.requestID(); name != "" {
		w.Header().Set(name, StrictRequestID)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxStrictBody))
	if err != nil {
		s.answerRefusal(w, &refusal{status: http.StatusRequestEntityTooLarge, message: "Request exceeds the maximum size"})
		return
	}
	h, no := s.hear(r, body)
	if no != nil {
		s.answerRefusal(w, no)
		return
	}
	if h.counting {
		s.answerJSON(w, http.StatusOK, s.count(h))
		return
	}
	a := compose(h)
	switch {
	case a.tooLong:
		s.answerRefusal(w, s.tooLong())
	case a.fault != nil && (a.fault.when == faultAtOnce || !h.Stream):
		s.answerRefusal(w, a.fault.refusal)
	case !h.Stream:
		if a.stall {
			wait(s.release, r)
		}
		s.answerJSON(w, http.StatusOK, s.whole(h, a))
	default:
		s.answerStream(w, r, h, a)
	}
}

func (s *strict) answerRefusal(w http.ResponseWriter, no *refusal) {
	if no.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(no.retryAfter))
	}
	s.answerJSON(w, no.status, s.refuse(w.Header(), no))
}

func (s *strict) answerJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	write(w, string(body))
}

func (s *strict) answerStream(w http.ResponseWriter, r *http.Request, h *heard, a *answer) {
	out := s.stream(h, a)
	frames := make([]string, 0, len(out.opening)+len(out.body)+len(out.closing))
	frames = append(frames, out.opening...)
	half := (len(out.body) + 1) / 2
	pause := -1
	switch {
	case a.fault != nil && a.fault.when == faultHidden:
		frames = append(frames, s.failed(h, a.fault.refusal)...)
	case a.fault != nil:
		frames = append(append(frames, out.body[:half]...), s.failed(h, a.fault.refusal)...)
	default:
		pause = len(frames) + half
		frames = append(append(frames, out.body...), out.closing...)
	}
	if !a.stall {
		pause = -1
	}
	write := frameWriter(w, out.array, a.split)
	for i, frame := range frames {
		if i == pause {
			wait(s.release, r)
		}
		write(frame, i == len(frames)-1)
	}
}

// splitEvery is the size of what is flushed at once with [[split]]: it is odd
// and small, so that runes and escapes are cut.
const splitEvery = 7

// frameWriter returns what writes one frame after the other.
func frameWriter(w http.ResponseWriter, array, split bool) func(frame string, last bool) {
	kind := "text/event-stream"
	if array {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusOK)
	flush(w)
	lead := "["
	return func(frame string, last bool) {
		if array {
			frame = lead + frame
			lead = "\r\n,"
			if last {
				frame += "]"
			}
		}
		for split && len(frame) > splitEvery {
			write(w, frame[:splitEvery])
			flush(w)
			frame = frame[splitEvery:]
		}
		write(w, frame)
		flush(w)
	}
}

// refusal is an error as all four providers know it: a status and a message,
// with what each can say besides.
type refusal struct {
	status     int
	message    string
	param      string
	code       string
	retryAfter int // seconds
}

// invalid is a refusal of status 400.
func invalid(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, message: message}
}

// event is one SSE frame with an event name.
func event(name, payload string) string { return "event: " + name + "\ndata: " + payload + "\n\n" }

// bearer returns the key of an Authorization header.
func bearer(r *http.Request) string {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return key
}
