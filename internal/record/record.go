// Package record keeps what happened: every request ends as exactly one
// Record, appended to a crash-safe journal before the client sees the last
// bytes of its answer, and moved from there to the database in batches.
package record

import (
	"time"

	"github.com/google/uuid"
)

// Status is the outcome of a request, from the client's side. The set is closed.
type Status uint8

// The outcomes.
const (
	StatusOK        Status = iota + 1 // a complete answer was delivered
	StatusFailed                      // the client got an error, before or inside the stream
	StatusRefused                     // refused by policy before any upstream was tried
	StatusCanceled                    // the client went away
	StatusAbandoned                   // the gateway stopped before the request ended
)

// String returns the stable name used in the database and the API.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "ok"
	case StatusFailed:
		return "failed"
	case StatusRefused:
		return "refused"
	case StatusCanceled:
		return "canceled"
	case StatusAbandoned:
		return "abandoned"
	default:
		return "unknown"
	}
}

// Record is one finished request. Times are UTC; durations are nanoseconds in
// Go and microseconds at rest; money is nano-dollars. A zero duration or an
// empty string means "not known" or "did not get that far"; counts of tokens
// mean something only when UsageSource is not "none".
type Record struct {
	ID              uuid.UUID // UUIDv7; also the x-request-id of the answer
	ClientRequestID string    // the client's own x-client-request-id, at most 255 bytes
	Start           time.Time // when the request's head was read, UTC

	KeyID    string // "" when no key was recognised
	KeyName  string
	Label    string // attribution label, lower case
	ClientIP string

	Method      string
	Path        string
	ProtocolIn  string // llm.Protocol of the client
	ProtocolOut string // llm.Protocol of the upstream; "" when none was tried
	Alias       string // the model the client asked for
	Provider    string // of the last attempt
	Model       string // upstream model of the last attempt
	ServedModel string // model the upstream says it served

	Attempts     int
	Streamed     bool
	Passthrough  bool
	Status       Status
	HTTPStatus   int // status the client was answered with
	ErrorKind    string
	ErrorCode    string
	ErrorMessage string // client-safe, at most 2 KiB
	FinishReason string // llm.Finish
	UpstreamID   string // the upstream's request id

	InputTokens        int64 // uncached
	CacheReadTokens    int64
	CacheWriteTokens   int64
	CacheWrite1hTokens int64
	OutputTokens       int64
	ReasoningTokens    int64 // inside OutputTokens
	UsageSource        string
	UsageFlags         uint8
	CostNano           int64 // nano-dollars; meaningful when Priced
	Priced             bool
	ReportedCostNano   int64 // what the upstream said it cost; 0 when it did not say

	RequestBytes  int64
	ResponseBytes int64
	TTFT          time.Duration // to the first meaningful byte from the upstream
	Duration      time.Duration
	LossCodes     string // comma-separated loss codes of a conversion
}

// TokensPerSecond returns output tokens per second after the first token, or
// 0 when it cannot be known.
func (r *Record) TokensPerSecond() float64 {
	d := r.Duration - r.TTFT
	if !r.Streamed {
		d = r.Duration
	}
	if r.OutputTokens <= 0 || d <= 0 {
		return 0
	}
	return float64(r.OutputTokens) / d.Seconds()
}
