package anthropic_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

var codec anthropic.Codec

const sharedFixtures = "../../../../shared/fixtures/anthropic-messages"

// corpus returns the files of a testdata folder by name.
func corpus(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.json*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	out := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		out[filepath.Base(p)] = b
	}
	return out
}

// interaction is one recorded exchange of a shared cassette.
type interaction struct {
	Request struct {
		URL  string          `json:"url"`
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
		SSE    string          `json:"sse"`
	} `json:"response"`
}

// cassettes returns the recorded exchanges beside the repository; a lone clone
// has none.
func cassettes(t testing.TB) map[string][]interaction {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(sharedFixtures, "*.cassette.json"))
	require.NoError(t, err)
	out := map[string][]interaction{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		var c struct {
			Interactions []interaction `json:"interactions"`
		}
		require.NoError(t, json.Unmarshal(b, &c))
		out[filepath.Base(p)] = c.Interactions
	}
	return out
}

// requests returns every request there is to test with.
func requests(t testing.TB) map[string][]byte {
	t.Helper()
	out := corpus(t, "requests")
	for name, all := range cassettes(t) {
		for i, x := range all {
			if !strings.Contains(x.Request.URL, "count_tokens") {
				out[name+"#"+string(rune('0'+i))] = x.Request.Body
			}
		}
	}
	return out
}

// responses returns every whole answer there is to test with.
func responses(t testing.TB) map[string][]byte {
	t.Helper()
	out := corpus(t, "responses")
	paths, err := filepath.Glob(filepath.Join(sharedFixtures, "vercel--*.json"))
	require.NoError(t, err)
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		out[filepath.Base(p)] = b
	}
	for name, all := range cassettes(t) {
		for i, x := range all {
			if x.Response.Status == 200 && bytes.Contains(x.Response.Body, []byte(`"message"`)) {
				out[name+"#"+string(rune('0'+i))] = x.Response.Body
			}
		}
	}
	return out
}

// streams returns every stream there is to test with, as bytes.
func streams(t testing.TB) map[string][]byte {
	t.Helper()
	lines := corpus(t, "streams")
	paths, err := filepath.Glob(filepath.Join(sharedFixtures, "*.jsonl"))
	require.NoError(t, err)
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		lines[filepath.Base(p)] = b
	}
	out := map[string][]byte{}
	for name, b := range lines {
		out[name] = framed(strings.Split(strings.TrimSpace(string(b)), "\n")...)
	}
	for name, all := range cassettes(t) {
		for i, x := range all {
			if x.Response.SSE != "" {
				out[name+"#"+string(rune('0'+i))] = []byte(x.Response.SSE)
			}
		}
	}
	return out
}

// framed makes a stream of the JSON of its events.
func framed(data ...string) []byte {
	var out []byte
	for _, d := range data {
		var head struct{ Type string }
		_ = json.Unmarshal([]byte(d), &head) // some tests send garbage
		out = append(out, "event: "+head.Type+"\ndata: "+d+"\n\n"...)
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// sameJSON compares raw values but for the white space between their tokens,
// which an event has no room for.
var sameJSON = cmp.FilterValues(
	func(a, b llm.Raw) bool { return len(a) > 0 && len(b) > 0 },
	cmp.Comparer(func(a, b llm.Raw) bool { return bytes.Equal(compact(a), compact(b)) }),
)

func compact(v llm.Raw) []byte {
	var out bytes.Buffer
	if json.Compact(&out, v) != nil {
		return v
	}
	return out.Bytes()
}

// requireSame compares two values; nil and empty slices are the same.
func requireSame(t require.TestingT, want, got any) {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors(), sameJSON); diff != "" {
		require.Fail(t, "not the same (-want +got)", diff)
	}
}

func decodeRequest(t require.TestingT, body []byte) *llm.Request {
	req, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	return req
}

func encodeRequest(t require.TestingT, req *llm.Request, to wire.Target) ([]byte, []llm.Loss) {
	out, losses, err := codec.EncodeRequest(req, to)
	require.NoError(t, err)
	require.True(t, json.Valid(out.Body), "%s", out.Body)
	return out.Body, losses
}

// readStream decodes a stream, read by r, to clones of its events.
func readStream(t require.TestingT, r io.Reader) []*llm.Event {
	var out []*llm.Event
	d := codec.EventDecoder(wire.Target{})
	emit := func(ev *llm.Event) { out = append(out, cloneEvent(ev)) }
	reader := sse.NewReader(r, nil, 0)
	for {
		f, err := reader.Next()
		if err != nil {
			break
		}
		require.NoError(t, d.Push(f, emit))
		// The frame's memory belongs to the reader again.
		for i := range f.Raw {
			f.Raw[i] = '!'
		}
	}
	d.End(emit)
	return out
}

func cloneEvent(ev *llm.Event) *llm.Event {
	c := *ev
	if ev.Block != nil {
		c.Block = llm.CloneBlock(ev.Block)
	}
	if ev.Native != nil {
		c.Native = &llm.Native{Protocol: ev.Native.Protocol, Raw: bytes.Clone(ev.Native.Raw)}
	}
	if ev.Citation != nil {
		cite := *ev.Citation
		cite.Raw = bytes.Clone(cite.Raw)
		c.Citation = &cite
	}
	if ev.Response != nil {
		r := *ev.Response
		c.Response = &r
	}
	return &c
}

func fold(t require.TestingT, evs []*llm.Event) *llm.Response {
	r, err := llm.Fold(slices.Values(evs))
	require.NoError(t, err)
	return r
}

// writeStream encodes events for a client.
func writeStream(evs []*llm.Event, req *llm.Request) ([]byte, []llm.Loss) {
	e := codec.EventEncoder(req)
	var out []byte
	for _, ev := range evs {
		out = e.Encode(out, ev)
	}
	return out, e.Losses()
}

// object is a JSON object as tests look at it.
type object = map[string]any

func parse(t require.TestingT, b []byte) object {
	var v object
	require.NoError(t, json.Unmarshal(b, &v), "%s", b)
	return v
}

func lossCodes(l []llm.Loss) string { return llm.LossCodes(l) }
