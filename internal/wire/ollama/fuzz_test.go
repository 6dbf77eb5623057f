package ollama_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func seed(f *testing.F, kind string) {
	f.Helper()
	for i, l := range lanes {
		for _, s := range samples(f, l.name, kind) {
			f.Add(s.body, i == 1)
		}
	}
}

func laneOf(generate bool) lane {
	if generate {
		return lanes[1]
	}
	return lanes[0]
}

func FuzzDecodeRequest(f *testing.F) {
	seed(f, "requests")
	f.Fuzz(func(t *testing.T, body []byte, generate bool) {
		c := laneOf(generate).codec
		r, err := c.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			return
		}
		out, losses, err := c.EncodeRequest(r, wire.Target{Model: "m"})
		require.NoError(t, err)
		require.True(t, json.Valid(out.Body), "%s", out.Body)
		again, err := c.DecodeRequest(wire.Inbound{Body: out.Body})
		require.NoError(t, err, "%s", out.Body)
		if len(losses) == 0 {
			require.Len(t, again.Messages, len(r.Messages))
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	seed(f, "responses")
	f.Fuzz(func(t *testing.T, body []byte, generate bool) {
		r, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil {
			return
		}
		out, _, err := laneOf(generate).codec.EncodeResponse(r, nil)
		require.NoError(t, err)
		require.True(t, json.Valid(out), "%s", out)
		again, err := codec.DecodeResponse(out, wire.Target{})
		require.NoError(t, err, "%s", out)
		require.Equal(t, r.Usage == nil, again.Usage == nil)
	})
}

func FuzzDecodeStream(f *testing.F) {
	seed(f, "streams")
	f.Fuzz(func(t *testing.T, body []byte, generate bool) {
		events, err := tryStream(bytes.NewReader(body))
		if err != nil {
			return
		}
		last := events[len(events)-1]
		require.Contains(t, []llm.EventType{llm.EventEnd, llm.EventFail}, last.Type)
		out, _ := encodeStream(laneOf(generate).codec, events, nil)
		for line := range bytes.Lines(out) {
			require.True(t, json.Valid(line), "%s", line)
		}
		again, err := tryStream(bytes.NewReader(out))
		require.NoError(t, err)
		require.Equal(t, last.Type, again[len(again)-1].Type, "%s", out)
	})
}
