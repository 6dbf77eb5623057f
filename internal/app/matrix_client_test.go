package app_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
)

// sdkClient is an official SDK as the matrix uses it: one file a protocol.
type sdkClient interface {
	// name is the protocol's: chat, responses, messages or gemini.
	name() string
	// talk begins a conversation with what is at base, a URL without a path.
	talk(base, key string, s settings) talk
	// finishes are the SDK's words for why an answer ended.
	finishes() finishWords
	// can reports whether the protocol has words for it.
	can(f feature) bool
}

type finishWords struct{ stop, sequence, length, tool string }

// feature is something that not every protocol can say.
type feature int

const (
	canStop feature = iota
	canFlagErrors
	canImageURL
	canImageResults
	canCountTokens
	canEmptyText
	canKeep
)

// settings are the same for all turns of a conversation.
type settings struct {
	model       string
	stream      bool
	system      string
	tools       bool
	dirty       bool // tools whose schemas use all of JSON Schema
	choice      string
	schema      bool
	stop        []string
	max         int64
	temperature *float64
	think       bool
	kept        keeping // Responses only
}

// keeping says what a client leaves to its provider to remember.
type keeping int

const (
	keepNothing  keeping = iota
	keepTalk             // it sends new items behind previous_response_id
	keepItems            // it sends references to items of the model's
	keepThinking         // it sends items, but thinking without its proof
)

// talk is one conversation; it keeps the history as the SDK's users do.
type talk interface {
	user(text string, images ...picture)
	// assistant puts words into the model's mouth, calls too.
	assistant(text string, calls ...call)
	results(results ...result)
	// send asks and puts the answer into the history. With a stream, heard is
	// told every piece of text.
	send(ctx context.Context, heard func(piece string)) (*reply, error)
	count(ctx context.Context) (int64, error)
	// extras sends, as one request of its own, what clients of the protocol
	// send besides and some upstreams do not know.
	extras(ctx context.Context, tools bool) (text string, err error)
	change(model string)
	// head is the last answer's.
	head() http.Header
	// failure reads the SDK's own type of error, nil if it is none.
	failure(err error) *failure
}

type picture struct {
	png []byte
	url string
	pdf []byte // a document in place of a picture
}

func (p picture) base64() string { return base64.StdEncoding.EncodeToString(p.png) }

func (p picture) pdfURL() string {
	return "data:application/pdf;base64," + base64.StdEncoding.EncodeToString(p.pdf)
}

type call struct{ id, name, args string }

type result struct {
	call   call
	text   string
	failed bool
	image  *picture
}

// reply is what an SDK says of an answer.
type reply struct {
	text     string
	thinking string
	calls    []call
	finish   string
	refused  bool
	pieces   int
	usage    seenUsage
}

// seenUsage is in the client's own convention; total is 0 where it has none.
type seenUsage struct{ input, cached, written, output, reasoning, total int64 }

type failure struct {
	status  int
	kind    string // type, code or status name
	message string
}

// headKeeper remembers the head of the last answer, since not every SDK shows it.
type headKeeper struct {
	next http.RoundTripper
	mu   sync.Mutex
	last http.Header
}

func (k *headKeeper) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := k.next.RoundTrip(r)
	if err == nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.last = resp.Header.Clone()
	}
	return resp, err
}

func (k *headKeeper) head() http.Header {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}

func newHeadKeeper() *headKeeper { return &headKeeper{next: client.Transport} }

// toolSpec is a tool as all SDKs can declare it.
type toolSpec struct {
	name, description string
	schema            map[string]any
}

func declared(s settings) []toolSpec {
	if s.dirty {
		return []toolSpec{{"get_weather", "the weather", dirtySchema()}}
	}
	if !s.tools {
		return nil
	}
	city := map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"}}
	return []toolSpec{
		{"get_weather", "the weather in a city", city},
		{"ping", "needs nothing", map[string]any{"type": "object", "properties": map[string]any{}}},
	}
}

// dirtySchema uses what some upstreams do not know.
func dirtySchema() map[string]any {
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
		"$defs": map[string]any{"place": map[string]any{"type": "object", "properties": map[string]any{"name": map[string]any{"type": "string", "minLength": 1}}, "required": []string{"name"}}},
		"properties": map[string]any{
			"city":  map[string]any{"type": []string{"string", "null"}, "description": "where"},
			"place": map[string]any{"$ref": "#/$defs/place"},
			"unit":  map[string]any{"enum": []any{"C", "F", nil}},
			"link":  map[string]any{"type": "string", "format": "uri"},
			"days":  map[string]any{"type": "integer", "exclusiveMinimum": 0, "default": 1},
			"tags":  map[string]any{"type": "array", "uniqueItems": true, "items": map[string]any{"const": "x"}},
			"other": map[string]any{"oneOf": []any{map[string]any{"type": "string"}, map[string]any{"type": "number"}}},
		},
		"required": []string{"city"},
	}
}

// answerSchema is the schema of a JSON answer, closed as strict upstreams demand.
func answerSchema() map[string]any {
	return map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"city", "degrees"},
		"properties": map[string]any{"city": map[string]any{"type": "string"}, "degrees": map[string]any{"type": "integer"}},
	}
}

// errInStream is what a driver returns where the SDK gives a failed stream as
// an event and not as an error.
type errInStream struct{ failure }

func (e *errInStream) Error() string { return e.kind + ": " + e.message }

func streamFailure(err error) *failure {
	if e, ok := errors.AsType[*errInStream](err); ok {
		return &e.failure
	}
	return nil
}

// heardBy tells a piece of text to who listens.
func heardBy(heard func(string), piece string) {
	if heard != nil && piece != "" {
		heard(piece)
	}
}
