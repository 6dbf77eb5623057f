package ollama_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/ndjson"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
)

var codec ollama.Codec

// lane is one of the protocol's two paths.
type lane struct {
	name  string
	codec ollama.Codec
	path  string
}

var lanes = []lane{
	{"chat", ollama.Codec{}, "/chat"},
	{"generate", ollama.Codec{Generate: true}, "/generate"},
}

type sample struct {
	name string
	body []byte
}

func samples(t testing.TB, dir ...string) []sample {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(append(append([]string{"testdata"}, dir...), "*")...))
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

func decodeRequest(t testing.TB, c ollama.Codec, body string) *llm.Request {
	t.Helper()
	r, err := c.DecodeRequest(wire.Inbound{Body: []byte(body)})
	require.NoError(t, err)
	return r
}

func decodeResponse(t testing.TB, body []byte) *llm.Response {
	t.Helper()
	r, err := codec.DecodeResponse(body, wire.Target{})
	require.NoError(t, err)
	return r
}

// encodeRequest returns the body for the upstream and the codes of the losses.
func encodeRequest(t testing.TB, r *llm.Request, model string) (body, losses string) {
	t.Helper()
	out, lost, err := codec.EncodeRequest(r, wire.Target{Model: model})
	require.NoError(t, err)
	return string(out.Body), llm.LossCodes(lost)
}

func tryStream(r io.Reader) ([]*llm.Event, error) {
	dec := codec.EventDecoder(wire.Target{})
	var out []*llm.Event
	emit := func(ev *llm.Event) {
		c := *ev
		if ev.Block != nil {
			c.Block = llm.CloneBlock(ev.Block)
		}
		out = append(out, &c)
	}
	reader := ndjson.NewReader(r, nil, 0)
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

func stream(t testing.TB, body []byte) []*llm.Event {
	t.Helper()
	events, err := tryStream(bytes.NewReader(body))
	require.NoError(t, err)
	return events
}

func fold(t testing.TB, events []*llm.Event) *llm.Response {
	t.Helper()
	r, err := llm.Fold(slices.Values(events))
	require.NoError(t, err)
	return plain(r)
}

// plain takes out the upstream's own word for the finish, and durations of
// nothing, which an encoder must invent.
func plain(r *llm.Response) *llm.Response {
	for i := range r.Choices {
		c := &r.Choices[i]
		c.FinishRaw = ""
		c.Ext = slices.DeleteFunc(c.Ext, func(m llm.Member) bool { return string(m.Value) == "0" })
	}
	return r
}

func encodeStream(c ollama.Codec, events []*llm.Event, req *llm.Request) ([]byte, []llm.Loss) {
	enc := c.EventEncoder(req)
	var out []byte
	for _, ev := range events {
		out = enc.Encode(out, ev)
	}
	return out, enc.Losses()
}

func unfold(r *llm.Response) []*llm.Event {
	var out []*llm.Event
	for ev := range llm.Unfold(r) {
		c := *ev
		if ev.Block != nil {
			c.Block = llm.CloneBlock(ev.Block)
		}
		out = append(out, &c)
	}
	return out
}

func user(s string) llm.Message {
	return llm.Message{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: s}}}
}

func answer(finish llm.Finish, blocks ...llm.Block) *llm.Response {
	return &llm.Response{Model: "m", Choices: []llm.Choice{{Finish: finish, Blocks: blocks}}}
}
