package openairesponses_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

var codec openairesponses.Codec

// sample is one document of the corpus.
type sample struct {
	name string
	data []byte
}

const fixtures = "../../../../shared/fixtures"

// files returns the documents that match a glob; none is no error.
func files(t *testing.T, pattern string) []sample {
	t.Helper()
	names, err := filepath.Glob(pattern)
	require.NoError(t, err)
	var out []sample
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		out = append(out, sample{strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), data})
	}
	return out
}

// cassette is a recorded conversation with an upstream.
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

func cassettes(t *testing.T) map[string]cassette {
	t.Helper()
	out := map[string]cassette{}
	for _, s := range files(t, fixtures+"/openai-responses/*.cassette.json") {
		var c cassette
		require.NoError(t, json.Unmarshal(s.data, &c))
		out[s.name] = c
	}
	return out
}

// requests returns every request of the corpus.
func requests(t *testing.T) []sample {
	t.Helper()
	all := files(t, "testdata/requests/*.json")
	require.GreaterOrEqual(t, len(all), 15)
	for name, c := range cassettes(t) {
		for _, i := range c.Interactions {
			if strings.HasSuffix(i.Request.URL, "/responses") {
				all = append(all, sample{name, i.Request.Body})
			}
		}
	}
	return all
}

// wholeResponses returns every whole response of the corpus.
func wholeResponses(t *testing.T) []sample {
	t.Helper()
	all := files(t, "testdata/responses/*.json")
	all = append(all, files(t, fixtures+"/openai-responses/vercel--*.json")...)
	all = append(all, files(t, fixtures+"/xai/vercel--xai-web-search-tool.1.json")...)
	for name, c := range cassettes(t) {
		for _, i := range c.Interactions {
			if i.Response.Status == 200 && len(i.Response.Body) > 0 && strings.HasSuffix(i.Request.URL, "/responses") {
				all = append(all, sample{name, i.Response.Body})
			}
		}
	}
	var out []sample
	for _, s := range all {
		var probe struct{ Output json.RawMessage }
		require.NoError(t, json.Unmarshal(s.data, &probe), s.name)
		if probe.Output != nil {
			out = append(out, s)
		}
	}
	return out
}

// streams returns every stream of the corpus as SSE bytes.
func streams(t *testing.T) []sample {
	t.Helper()
	all := files(t, "testdata/streams/*.jsonl")
	all = append(all, files(t, fixtures+"/openai-responses/*.jsonl")...)
	var out []sample
	for _, s := range all {
		for i, stream := range splitTurns(frame(t, s.data)) {
			out = append(out, sample{s.name + strings.Repeat("+", i), stream})
		}
	}
	for name, c := range cassettes(t) {
		for _, i := range c.Interactions {
			if i.Response.SSE != "" {
				out = append(out, sample{name, []byte(i.Response.SSE)})
			}
		}
	}
	return out
}

// frame puts one JSON document a line into SSE events.
func frame(t *testing.T, jsonl []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(jsonl))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			var probe struct{ Type string }
			require.NoError(t, json.Unmarshal(line, &probe))
			b.WriteString("event: " + probe.Type + "\ndata: " + string(line) + "\n\n")
		}
	}
	require.NoError(t, lines.Err())
	return b.Bytes()
}

// splitTurns cuts a recording of several streams behind each terminal event.
func splitTurns(b []byte) [][]byte {
	var out [][]byte
	for len(b) > 0 {
		end := len(b)
		for _, kind := range []string{"completed", "incomplete", "failed"} {
			if i := bytes.Index(b, []byte("event: response."+kind+"\n")); i >= 0 {
				j := bytes.Index(b[i:], []byte("\n\n"))
				end = min(end, i+j+2)
			}
		}
		out = append(out, b[:end])
		b = b[end:]
	}
	return out
}

func decodeRequest(t *testing.T, body []byte) *llm.Request {
	t.Helper()
	req, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	return req
}

func encodeRequest(t *testing.T, req *llm.Request) ([]byte, []llm.Loss) {
	t.Helper()
	out, losses, err := codec.EncodeRequest(req, wire.Target{Model: req.Model})
	require.NoError(t, err)
	require.True(t, json.Valid(out.Body), "%s", out.Body)
	require.Equal(t, "/responses", out.Path)
	return out.Body, losses
}

// collect decodes an SSE stream read in pieces of at most n bytes.
func collect(t *testing.T, stream []byte, n int) []*llm.Event {
	t.Helper()
	events, err := tryCollect(stream, n)
	require.NoError(t, err)
	return events
}

func tryCollect(stream []byte, n int) ([]*llm.Event, error) {
	var events []*llm.Event
	emit := func(ev *llm.Event) { events = append(events, cloneEvent(ev)) }
	d := codec.EventDecoder(wire.Target{})
	r := sse.NewReader(&pieces{stream, n}, nil, 0)
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			d.End(emit)
			return events, nil
		}
		if err != nil {
			return events, err
		}
		if err := d.Push(f, emit); err != nil {
			return events, err
		}
	}
}

// cloneEvent keeps an event beyond emit.
func cloneEvent(ev *llm.Event) *llm.Event {
	c := *ev
	if ev.Block != nil {
		c.Block = llm.CloneBlock(ev.Block)
	}
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = bytes.Clone(cite.Raw)
		c.Citation = &cite
	}
	if ev.Native != nil {
		c.Native = &llm.Native{Protocol: ev.Native.Protocol, Raw: bytes.Clone(ev.Native.Raw)}
	}
	if ev.Response != nil {
		resp := *ev.Response
		resp.Ext = nil
		for _, m := range ev.Response.Ext {
			m.Value = bytes.Clone(m.Value)
			resp.Ext = append(resp.Ext, m)
		}
		c.Response = &resp
	}
	return &c
}

// pieces reads at most n bytes at a time.
type pieces struct {
	b []byte
	n int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.b)
	p.b = p.b[n:]
	return n, nil
}

// encodeStream renders events as the protocol's bytes.
func encodeStream(events []*llm.Event, req *llm.Request) ([]byte, []llm.Loss) {
	enc := codec.EventEncoder(req)
	var b []byte
	for _, ev := range events {
		b = enc.Encode(b, ev)
	}
	return b, enc.Losses()
}

func fold(events []*llm.Event) (*llm.Response, error) {
	return llm.Fold(func(yield func(*llm.Event) bool) {
		for _, ev := range events {
			if !yield(ev) {
				return
			}
		}
	})
}

func unfold(r *llm.Response) []*llm.Event {
	var events []*llm.Event
	for ev := range llm.Unfold(r) {
		events = append(events, cloneEvent(ev))
	}
	return events
}

// told is one event of an encoded stream.
type told struct {
	event string
	data  map[string]any
	raw   []byte
}

func parseStream(t *testing.T, b []byte) []told {
	t.Helper()
	var out []told
	r := sse.NewReader(bytes.NewReader(b), nil, 0)
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		if f.IsComment() {
			continue
		}
		ev := told{event: string(f.Event), raw: bytes.Clone(f.Data)}
		require.NoError(t, json.Unmarshal(f.Data, &ev.data), "%s", f.Data)
		out = append(out, ev)
	}
}

func kinds(events []told) []string {
	var out []string
	for _, ev := range events {
		out = append(out, ev.event)
	}
	return out
}

func codes(losses []llm.Loss) string { return llm.LossCodes(losses) }
