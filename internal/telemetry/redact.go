// Package telemetry is how the gateway tells of itself: logs that cannot hold
// a secret, and metrics whose number of series is bounded.
package telemetry

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
)

// Redactor is a writer that takes secrets out of what passes through it. It
// sits behind the log encoder, so that no attribute, error text or panic can
// go around it. It is safe for concurrent use.
type Redactor struct {
	mu    sync.Mutex
	out   io.Writer
	known atomic.Pointer[[][]byte]
}

// NewRedactor returns a redactor in front of out.
func NewRedactor(out io.Writer) *Redactor { return &Redactor{out: out} }

// minKnown: shorter secrets would redact ordinary words.
const minKnown = 8

// Know sets the secrets to take out wherever they occur, as they are and as
// the log encoders and URLs spell them.
func (r *Redactor) Know(secrets []string) {
	list := make([][]byte, 0, len(secrets))
	for _, s := range secrets {
		if len(s) < minKnown {
			continue
		}
		for _, spelling := range spellings(s) {
			list = append(list, []byte(spelling))
		}
	}
	// Longest first: of two secrets that begin alike, the shorter one must not
	// leave the end of the longer.
	slices.SortStableFunc(list, func(a, b []byte) int { return len(b) - len(a) })
	r.known.Store(&list)
}

// spellings returns the secret and what encoders make of it, each once. Twice
// over, because an error that quotes (%q) is quoted again by the log's encoder.
func spellings(s string) []string {
	all := []string{s, url.QueryEscape(s), url.PathEscape(s)}
	for range 2 {
		for _, spelling := range slices.Clone(all) {
			all = append(all, escaped(spelling)...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
	}
	return all
}

// escaped returns s as the inside of a Go and of a JSON string.
func escaped(s string) []string {
	all := []string{inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s))}
	if b, err := json.Marshal(s); err == nil { // with <, > and & escaped
		all = append(all, inner(string(b)))
	}
	if b, err := jsontext.AppendQuote(nil, s); err == nil { // without
		all = append(all, inner(string(b)))
	}
	return all
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// shapes are credentials told by their form: those of ours and of well-known
// vendors, and whatever follows "Bearer".
var shapes = regexp.MustCompile(`(?i)\b(?:sk-[a-z0-9_-]{12,}|plx(?:admin)?_[a-z0-9_-]{12,}|AIza[a-z0-9_-]{20,}|gsk_[a-z0-9]{12,}|xai-[a-z0-9]{12,}|bearer\s+[a-z0-9._~+/-]{8,}=*)`)

var redacted = []byte("<secret>")

// Redact returns line without secrets.
func (r *Redactor) Redact(line []byte) []byte {
	if known := r.known.Load(); known != nil {
		for _, s := range *known {
			if bytes.Contains(line, s) {
				line = bytes.ReplaceAll(line, s, redacted)
			}
		}
	}
	return shapes.ReplaceAll(line, redacted)
}

// Write writes one log line without secrets.
func (r *Redactor) Write(p []byte) (int, error) {
	clean := r.Redact(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.out.Write(clean); err != nil {
		return 0, err //nolint:wrapcheck // a writer hands on the error of the one behind it
	}
	return len(p), nil
}
