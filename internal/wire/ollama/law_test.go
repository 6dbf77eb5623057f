package ollama_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// requireEqual compares two values; the order of unknown members is no matter.
func requireEqual(t testing.TB, want, got any, body []byte) {
	t.Helper()
	byName := func(a, b llm.Member) bool { return string(a.Protocol)+a.Name < string(b.Protocol)+b.Name }
	require.Empty(t, cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.SortSlices(byName)), "%s", body)
}

func TestRequestLaw(t *testing.T) {
	for _, l := range lanes {
		for _, s := range samples(t, l.name, "requests") {
			t.Run(l.name+"/"+s.name, func(t *testing.T) {
				first := decodeRequest(t, l.codec, string(s.body))
				out, losses, err := l.codec.EncodeRequest(first, wire.Target{Model: first.Model})
				require.NoError(t, err)
				require.Empty(t, losses)
				require.Equal(t, l.path, out.Path)
				requireEqual(t, first, decodeRequest(t, l.codec, string(out.Body)), out.Body)
			})
		}
	}
}

func TestResponseLaw(t *testing.T) {
	for _, l := range lanes {
		for _, s := range samples(t, l.name, "responses") {
			t.Run(l.name+"/"+s.name, func(t *testing.T) {
				first := plain(decodeResponse(t, s.body))
				body, losses, err := l.codec.EncodeResponse(first, nil)
				require.NoError(t, err)
				require.Empty(t, losses)
				requireEqual(t, first, plain(decodeResponse(t, body)), body)
				out, losses := encodeStream(l.codec, unfold(first), nil)
				require.Empty(t, losses)
				requireEqual(t, first, fold(t, stream(t, out)), out)
			})
		}
	}
}

func TestStreamLaw(t *testing.T) {
	for _, l := range lanes {
		for _, s := range samples(t, l.name, "streams") {
			t.Run(l.name+"/"+s.name, func(t *testing.T) {
				events := stream(t, s.body)
				again, err := tryStream(iotest.OneByteReader(bytes.NewReader(s.body)))
				require.NoError(t, err)
				require.Equal(t, events, again)
				first := fold(t, events)
				out, losses := encodeStream(l.codec, events, nil)
				require.Empty(t, losses)
				for line := range bytes.Lines(out) {
					require.True(t, json.Valid(line), "%s", line)
				}
				requireEqual(t, first, fold(t, stream(t, out)), out)
				body, losses, err := l.codec.EncodeResponse(first, nil)
				require.NoError(t, err)
				require.Empty(t, losses)
				requireEqual(t, first, plain(decodeResponse(t, body)), body)
				lines := bytes.SplitAfter(bytes.TrimSpace(s.body), []byte("\n"))
				events = stream(t, bytes.Join(lines[:len(lines)-1], nil))
				last := events[len(events)-1]
				require.Equal(t, llm.EventFail, last.Type)
				require.Equal(t, "stream_truncated", last.Err.Code)
			})
		}
	}
}
