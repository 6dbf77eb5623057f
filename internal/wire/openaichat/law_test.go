package openaichat_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func TestRequestLaw(t *testing.T) {
	for _, s := range append(samples(t, "requests"), fixtures(t).requests...) {
		t.Run(s.name, func(t *testing.T) {
			first := decodeRequest(t, s.body)
			body, losses := encodeRequest(t, first, wire.Target{})
			require.Empty(t, codes(losses))
			require.Equal(t, first, decodeRequest(t, []byte(body)))
			again, _ := encodeRequest(t, decodeRequest(t, []byte(body)), wire.Target{})
			require.Equal(t, body, again)
		})
	}
}

func TestResponseLaw(t *testing.T) {
	for _, s := range answers(t) {
		t.Run(s.name, func(t *testing.T) {
			first, err := codec.DecodeResponse(s.body, wire.Target{})
			require.NoError(t, err)
			body, losses, err := codec.EncodeResponse(first, nil)
			require.NoError(t, err)
			require.True(t, json.Valid(body), "%s", body)
			require.Empty(t, codes(losses))
			second, err := codec.DecodeResponse(body, wire.Target{})
			require.NoError(t, err)
			require.Equal(t, plain(first), plain(second))
		})
	}
}

// A whole answer told as a stream is the same answer.
func TestResponseStreamed(t *testing.T) {
	for _, s := range answers(t) {
		t.Run(s.name, func(t *testing.T) {
			whole, err := codec.DecodeResponse(s.body, wire.Target{})
			require.NoError(t, err)
			out, losses := encodeStream(slices.Collect(cloned(whole)), &llm.Request{IncludeUsage: true})
			require.Empty(t, codes(losses))
			require.Equal(t, plain(whole), plain(fold(t, stream(t, bytes.NewReader(out)))), "%s", out)
		})
	}
}

func cloned(r *llm.Response) func(func(*llm.Event) bool) {
	return func(yield func(*llm.Event) bool) {
		for ev := range llm.Unfold(r) {
			if !yield(cloneEvent(ev)) {
				return
			}
		}
	}
}

// A stream sent on is the same stream, and the same whole answer.
func TestStreamLaw(t *testing.T) {
	for _, s := range append(samples(t, "streams"), fixtures(t).streams...) {
		t.Run(s.name, func(t *testing.T) {
			events := stream(t, bytes.NewReader(s.body))
			requireGrammar(t, events)
			if events[len(events)-1].Type == llm.EventFail {
				return
			}
			first := fold(t, events)
			out, losses := encodeStream(events, &llm.Request{IncludeUsage: true})
			require.Empty(t, codes(losses))
			second := fold(t, stream(t, bytes.NewReader(out)))
			require.Equal(t, plain(first), plain(second), "%s", out)
			body, _, err := codec.EncodeResponse(first, nil)
			require.NoError(t, err)
			third, err := codec.DecodeResponse(body, wire.Target{})
			require.NoError(t, err)
			require.Equal(t, plain(first), plain(third), "%s", body)
		})
	}
}

// Any cut of the bytes gives the same events.
func TestStreamSplits(t *testing.T) {
	for _, s := range append(samples(t, "streams"), fixtures(t).streams...) {
		want := stream(t, bytes.NewReader(s.body))
		require.Equal(t, want, stream(t, iotest.OneByteReader(bytes.NewReader(s.body))), s.name)
		for seed := range uint64(5) {
			got := stream(t, &randomReader{r: bytes.NewReader(s.body), rnd: rand.New(rand.NewPCG(seed, 1))})
			require.Equal(t, want, got, s.name)
		}
	}
}

type randomReader struct {
	r   io.Reader
	rnd *rand.Rand
}

func (r *randomReader) Read(p []byte) (int, error) {
	return r.r.Read(p[:1+r.rnd.IntN(min(len(p), 50))])
}

// requireGrammar checks the order that llm.EventType states.
func requireGrammar(t *testing.T, events []*llm.Event) {
	t.Helper()
	require.NotEmpty(t, events)
	require.Equal(t, llm.EventStart, events[0].Type)
	open, next, finished := map[int]bool{}, 0, false
	for i, ev := range events {
		last := i == len(events)-1
		switch ev.Type {
		case llm.EventStart:
			require.Zero(t, i)
		case llm.EventBlockStart:
			require.Equal(t, next, ev.Index)
			require.False(t, finished)
			open[ev.Index] = true
			next++
		case llm.EventDelta:
			require.True(t, open[ev.Index])
		case llm.EventBlockStop:
			require.True(t, open[ev.Index])
			delete(open, ev.Index)
		case llm.EventFinish:
			require.Empty(t, open)
			finished = true
		case llm.EventEnd, llm.EventFail:
			require.True(t, last)
			require.Empty(t, open)
		default:
		}
	}
	require.Contains(t, []llm.EventType{llm.EventEnd, llm.EventFail}, events[len(events)-1].Type)
}

// A stream that is cut anywhere ends in a failure, unless all was said.
func TestTruncatedStreams(t *testing.T) {
	for _, s := range samples(t, "streams") {
		frames := bytes.SplitAfter(s.body, []byte("\n\n"))
		for n := range frames {
			events := stream(t, bytes.NewReader(bytes.Join(frames[:n], nil)))
			if len(events) == 0 {
				continue
			}
			requireGrammar(t, events)
			last := events[len(events)-1]
			if n < len(frames)-4 {
				require.Equal(t, llm.EventFail, last.Type, "%s cut at %d", s.name, n)
				require.Equal(t, llm.KindUpstream, last.Err.Kind)
			}
		}
	}
}

func FuzzDecodeRequest(f *testing.F) {
	for _, s := range samples(f, "requests") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			require.Equal(t, llm.KindInvalid, kindOf(t, err).Kind)
			return
		}
		out, _, err := codec.EncodeRequest(r, wire.Target{Model: "m"})
		require.NoError(t, err)
		require.True(t, json.Valid(out.Body), "%s", out.Body)
		again, err := codec.DecodeRequest(wire.Inbound{Body: out.Body})
		if err != nil {
			require.Equal(t, "messages", kindOf(t, err).Param, "%s", out.Body) // nothing was left of them
			return
		}
		twice, _, err := codec.EncodeRequest(again, wire.Target{Model: "m"})
		require.NoError(t, err)
		require.Equal(t, string(out.Body), string(twice.Body))
	})
}

func FuzzDecodeResponse(f *testing.F) {
	for _, s := range samples(f, "responses") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil {
			kindOf(t, err)
			return
		}
		out, _, err := codec.EncodeResponse(r, nil)
		require.NoError(t, err)
		require.True(t, json.Valid(out), "%s", out)
	})
}

func FuzzDecodeStream(f *testing.F) {
	for _, s := range samples(f, "streams") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := tryStream(bytes.NewReader(body))
		if err != nil {
			return
		}
		if len(events) == 0 {
			t.Fatal("a stream without an end")
		}
		requireGrammar(t, events)
		out, _ := encodeStream(events, nil)
		again := stream(t, bytes.NewReader(out))
		require.Equal(t, events[len(events)-1].Type, again[len(again)-1].Type, "%s", out)
	})
}

func FuzzDecodeError(f *testing.F) {
	f.Add(400, []byte(`{"error":{"message":"m","type":"t","param":"p","code":1}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := codec.DecodeError(status, noHeader, body)
		require.NotEmpty(t, e.Message)
		require.NotNil(t, e.Upstream)
	})
}
