package gemini_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// target is a model of unknown generation, which is taken to know everything
// and to demand nothing.
var target = wire.Target{Model: "some-model", Vendor: "google"}

// sharedFixtures holds recorded answers; a clone of the repository has none.
const sharedFixtures = "../../../../shared/fixtures/gemini"

type sample struct {
	name string
	body []byte
}

// samples reads the files of a folder of testdata.
func samples(t testing.TB, dir string) []sample {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []sample
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		out = append(out, sample{filepath.Base(f), compact(t, b)})
	}
	return out
}

// cassette is a recorded exchange.
type cassette struct {
	Interactions []struct {
		Request struct {
			URL  string          `json:"url"`
			Body json.RawMessage `json:"body"`
		} `json:"request"`
		Response struct {
			Status int             `json:"status"`
			Body   json.RawMessage `json:"body"`
			SSE    string          `json:"sse"`
		} `json:"response"`
	} `json:"interactions"`
}

// recorded is what the shared fixtures hold.
type recorded struct{ requests, responses, streams []sample }

func fixtures(t testing.TB) recorded {
	t.Helper()
	var out recorded
	files, err := filepath.Glob(filepath.Join(sharedFixtures, "*"))
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		name := filepath.Base(f)
		switch {
		case strings.HasSuffix(name, ".cassette.json"):
			var c cassette
			require.NoError(t, json.Unmarshal(b, &c))
			for _, i := range c.Interactions {
				if !strings.Contains(i.Request.URL, "enerateContent") {
					continue
				}
				out.requests = append(out.requests, sample{name, i.Request.Body})
				switch {
				case i.Response.SSE != "":
					out.streams = append(out.streams, sample{name, []byte(i.Response.SSE)})
				case i.Response.Status == 200 && len(i.Response.Body) > 0:
					out.responses = append(out.responses, sample{name, i.Response.Body})
				}
			}
		case strings.Contains(name, "embedding"), strings.Contains(name, "429"):
		case strings.HasSuffix(name, ".jsonl"):
			out.streams = append(out.streams, sample{name, framed(bytes.Split(b, []byte("\n")))})
		case strings.HasSuffix(name, ".json"):
			out.responses = append(out.responses, sample{name, b})
		}
	}
	for i := range out.responses {
		out.responses[i].body = compact(t, out.responses[i].body)
	}
	return out
}

// compact takes the space out of JSON and leaves all else as it is.
func compact(t testing.TB, body []byte) []byte {
	t.Helper()
	v := jsontext.Value(bytes.Clone(body))
	require.NoError(t, v.Compact())
	return v
}

// framed makes a stream of chunks.
func framed(chunks [][]byte) []byte {
	var out []byte
	for _, c := range chunks {
		if len(bytes.TrimSpace(c)) > 0 {
			out = append(append(append(out, "data: "...), c...), "\r\n\r\n"...)
		}
	}
	return out
}

func decodeRequest(t testing.TB, body []byte) *llm.Request {
	t.Helper()
	r, err := gemini.Codec{}.DecodeRequest(wire.Inbound{Body: body, Model: "gemini-3.1-pro-preview", Stream: true})
	require.NoError(t, err)
	return r
}

func encodeRequest(t testing.TB, c gemini.Codec, r *llm.Request, to wire.Target) (string, []llm.Loss) {
	t.Helper()
	out, losses, err := c.EncodeRequest(r, to)
	require.NoError(t, err)
	require.True(t, json.Valid(out.Body), "%s", out.Body)
	return string(out.Body), losses
}

func decodeResponse(t testing.TB, body []byte) *llm.Response {
	t.Helper()
	r, err := gemini.Codec{}.DecodeResponse(body, target)
	require.NoError(t, err)
	return r
}

// asker asked for everything an answer may show.
func asker() *llm.Request {
	yes := true
	return &llm.Request{Model: "m", Reasoning: &llm.ReasoningConfig{IncludeThoughts: &yes}}
}

// chunks is a reader that returns n bytes at a time.
type chunks struct {
	b []byte
	n int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, os.ErrClosed
	}
	n := copy(p, c.b[:min(c.n, len(c.b))])
	c.b = c.b[n:]
	return n, nil
}

// events decodes a stream that arrives in pieces of size bytes.
func events(t testing.TB, stream []byte, size int) []*llm.Event {
	t.Helper()
	var out []*llm.Event
	emit := func(ev *llm.Event) { out = append(out, cloneEvent(ev)) }
	dec := gemini.Codec{}.EventDecoder(target)
	src := &chunks{stream, size}
	r := sse.NewReader(readerFunc(func(p []byte) (int, error) {
		n, err := src.Read(p)
		if err != nil {
			return 0, io.EOF
		}
		return n, nil
	}), nil, 0)
	for {
		f, err := r.Next()
		if err != nil {
			break
		}
		require.NoError(t, dec.Push(f, emit))
	}
	dec.End(emit)
	return out
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// cloneEvent keeps an event beyond its emit.
func cloneEvent(ev *llm.Event) *llm.Event {
	c := *ev
	if c.Block != nil {
		c.Block = llm.CloneBlock(c.Block)
	}
	c.Ext = nil
	for _, m := range ev.Ext {
		m.Value = bytes.Clone(m.Value)
		c.Ext = append(c.Ext, m)
	}
	if ev.Response != nil {
		r := *ev.Response
		r.Ext = nil
		for _, m := range ev.Response.Ext {
			m.Value = bytes.Clone(m.Value)
			r.Ext = append(r.Ext, m)
		}
		c.Response = &r
	}
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = bytes.Clone(cite.Raw)
		c.Citation = &cite
	}
	if ev.Native != nil {
		n := *ev.Native
		n.Raw = bytes.Clone(n.Raw)
		c.Native = &n
	}
	return &c
}

func fold(t testing.TB, evs []*llm.Event) *llm.Response {
	t.Helper()
	r, err := llm.Fold(slices.Values(evs))
	require.NoError(t, err)
	return r
}

// encodeEvents renders a stream with the codec.
func encodeEvents(c gemini.Codec, req *llm.Request, evs []*llm.Event) ([]byte, []llm.Loss) {
	enc := c.EventEncoder(req)
	var out []byte
	for _, ev := range evs {
		out = enc.Encode(out, ev)
	}
	return out, enc.Losses()
}

// withoutUsageRaw removes the upstream's own usage object, which a stream
// carries on its event and a response in Ext.
func withoutUsageRaw(r *llm.Response) *llm.Response {
	r.Ext = slices.DeleteFunc(r.Ext, func(m llm.Member) bool { return m.Name == "usageMetadata" })
	if len(r.Ext) == 0 {
		r.Ext = nil
	}
	return r
}

func codes(losses []llm.Loss) string { return llm.LossCodes(losses) }

// push hands chunks to a decoder and its events to fold.
func push(t tester, dec wire.EventDecoder, fold *llm.Folder, chunks []string) {
	t.Helper()
	emit := func(ev *llm.Event) { require.NoError(t, fold.Add(ev)) }
	for _, c := range chunks {
		require.NoError(t, dec.Push(&sse.Frame{HasData: true, Data: []byte(c)}, emit))
	}
	dec.End(emit)
}

// requireBytes compares JSON byte for byte: the order of members and the
// spelling of numbers count, which JSONEq forgets.
func requireBytes(t testing.TB, want, got string, msg ...any) {
	t.Helper()
	require.Equal(t, want, got, msg...)
}
