package openaichat_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const sharedFixtures = "../../../../shared/fixtures"

var codec openaichat.Codec

type sample struct {
	name string
	body []byte
}

func samples(t testing.TB, dir string) []sample {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var out []sample
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		out = append(out, sample{filepath.Base(p), b})
	}
	return out
}

// answers are the whole answers, without the white space that a stream has not.
func answers(t testing.TB) []sample {
	t.Helper()
	all := append(samples(t, "responses"), fixtures(t).responses...)
	for i := range all {
		var b bytes.Buffer
		require.NoError(t, json.Compact(&b, all[i].body))
		all[i].body = b.Bytes()
	}
	return all
}

// recorded is what the shared fixtures hold of this protocol.
type recorded struct{ requests, responses, streams, errors []sample }

type cassette struct {
	Interactions []struct {
		Request struct {
			URL  string
			Body json.RawMessage
		}
		Response struct {
			Status int
			Body   json.RawMessage
			SSE    string
		}
	}
}

// fixtures reads what providers really said; a clone has none.
func fixtures(t testing.TB) recorded {
	t.Helper()
	var out recorded
	paths, err := filepath.Glob(filepath.Join(sharedFixtures, "*", "*"))
	require.NoError(t, err)
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		name := filepath.Base(filepath.Dir(p)) + "/" + filepath.Base(p)
		switch {
		case strings.HasSuffix(p, ".cassette.json"):
			var c cassette
			require.NoError(t, json.Unmarshal(b, &c), name)
			for _, x := range c.Interactions {
				if !strings.HasSuffix(x.Request.URL, "/chat/completions") {
					continue
				}
				out.requests = append(out.requests, sample{name, x.Request.Body})
				switch {
				case x.Response.Status >= 400:
					out.errors = append(out.errors, sample{name, x.Response.Body})
				case x.Response.SSE != "":
					out.streams = append(out.streams, sample{name, []byte(x.Response.SSE)})
				case len(x.Response.Body) > 0:
					out.responses = append(out.responses, sample{name, x.Response.Body})
				}
			}
		case strings.HasSuffix(p, ".jsonl") && bytes.Contains(b, []byte(`"choices"`)):
			var s bytes.Buffer
			for line := range bytes.Lines(b) {
				s.WriteString("data: " + string(bytes.TrimSpace(line)) + "\n\n")
			}
			s.WriteString("data: [DONE]\n\n")
			out.streams = append(out.streams, sample{name, s.Bytes()})
		case bytes.Contains(b, []byte(`"chat.completion"`)):
			out.responses = append(out.responses, sample{name, b})
		}
	}
	return out
}

func decodeRequest(t testing.TB, body []byte) *llm.Request {
	t.Helper()
	r, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	return r
}

func encodeRequest(t testing.TB, r *llm.Request, to wire.Target) (string, []llm.Loss) {
	t.Helper()
	if to.Model == "" {
		to.Model = r.Model
	}
	out, losses, err := codec.EncodeRequest(r, to)
	require.NoError(t, err)
	require.True(t, json.Valid(out.Body), "%s", out.Body)
	require.Equal(t, "/chat/completions", out.Path)
	return string(out.Body), losses
}

// upstream is a target with the traits of a vendor of the catalog.
func upstream(t testing.TB, vendor, model string) wire.Target {
	t.Helper()
	c, err := catalog.Load()
	require.NoError(t, err)
	v, ok := c.Vendor(vendor)
	require.Equal(t, vendor != "", ok, vendor)
	return wire.Target{Model: model, Vendor: vendor, Traits: v.Traits[llm.OpenAIChat]}
}

func codes(losses []llm.Loss) string { return llm.LossCodes(losses) }

// stream decodes the bytes of a stream as they come from r.
func stream(t testing.TB, r io.Reader) []*llm.Event {
	t.Helper()
	events, err := tryStream(r)
	require.NoError(t, err)
	return events
}

func tryStream(r io.Reader) ([]*llm.Event, error) {
	dec := codec.EventDecoder(wire.Target{})
	var out []*llm.Event
	emit := func(ev *llm.Event) { out = append(out, cloneEvent(ev)) }
	reader := sse.NewReader(r, nil, 0)
	for {
		f, err := reader.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			dec.End(emit)
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if err := dec.Push(f, emit); err != nil {
			return out, err
		}
	}
}

// cloneEvent keeps an event, which is valid only while it is emitted.
func cloneEvent(ev *llm.Event) *llm.Event {
	c := *ev
	if ev.Block != nil {
		c.Block = llm.CloneBlock(ev.Block)
	}
	if ev.Response != nil {
		r := *ev.Response
		r.Ext = slices.Clone(r.Ext)
		c.Response = &r
	}
	if ev.Usage != nil {
		u := *ev.Usage
		c.Usage = &u
	}
	if ev.Citation != nil {
		x := *ev.Citation
		x.Raw = bytes.Clone(x.Raw)
		c.Citation = &x
	}
	return &c
}

func fold(t testing.TB, events []*llm.Event) *llm.Response {
	t.Helper()
	r, err := llm.Fold(slices.Values(events))
	require.NoError(t, err)
	return r
}

func encodeStream(events []*llm.Event, req *llm.Request) ([]byte, []llm.Loss) {
	enc := codec.EventEncoder(req)
	var out []byte
	for _, ev := range events {
		out = enc.Encode(out, ev)
	}
	return out, enc.Losses()
}

// plain takes out what a second encoding may spell in another way: the
// upstream's own word for the finish.
func plain(r *llm.Response) *llm.Response {
	for i := range r.Choices {
		r.Choices[i].FinishRaw = ""
		if r.Choices[i].Ext == nil {
			continue
		}
		if len(r.Choices[i].Ext) == 0 {
			r.Choices[i].Ext = nil
		}
	}
	return r
}

func kindOf(t testing.TB, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	return e
}

var noHeader = http.Header{}

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }
