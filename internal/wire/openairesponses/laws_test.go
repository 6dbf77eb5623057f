package openairesponses_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Encoding in the protocol a request came in loses nothing and changes nothing.
func TestRequestRoundTrip(t *testing.T) {
	for _, s := range requests(t) {
		t.Run(s.name, func(t *testing.T) {
			first := decodeRequest(t, s.data)
			body, losses := encodeRequest(t, first)
			require.Empty(t, codes(losses))
			again := decodeRequest(t, body)
			require.Empty(t, cmp.Diff(first, again))
			second, _ := encodeRequest(t, again)
			require.Equal(t, string(body), string(second), "encoding is stable")
		})
	}
}

// What the client said stands in what the upstream gets, member for member: the
// gateway injects nothing.
func TestRequestInjectsNothing(t *testing.T) {
	for _, s := range requests(t) {
		t.Run(s.name, func(t *testing.T) {
			body, _ := encodeRequest(t, decodeRequest(t, s.data))
			var in, out map[string]any
			require.NoError(t, json.Unmarshal(s.data, &in))
			require.NoError(t, json.Unmarshal(body, &out))
			for name := range out {
				require.Contains(t, in, name)
			}
			for name, v := range in {
				if v != nil && v != "" && v != false && name != "input" {
					require.Contains(t, out, name)
				}
			}
		})
	}
}

func TestResponseRoundTrip(t *testing.T) {
	for _, s := range wholeResponses(t) {
		t.Run(s.name, func(t *testing.T) {
			first, err := codec.DecodeResponse(s.data, wire.Target{})
			require.NoError(t, err)
			if first.Choices[0].FinishRaw == "complete" {
				first.Choices[0].FinishRaw = "completed" // one recording was written by hand, with a word that is not the protocol's
			}
			body, losses, err := codec.EncodeResponse(first, &llm.Request{})
			require.NoError(t, err)
			require.True(t, json.Valid(body), "%s", body)
			require.Empty(t, codes(losses))
			again, err := codec.DecodeResponse(body, wire.Target{})
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(first, again))
			second, _, err := codec.EncodeResponse(again, &llm.Request{})
			require.NoError(t, err)
			require.Equal(t, string(body), string(second), "encoding is stable")
		})
	}
}

// The stream's events fold to what its terminal event holds as a whole.
func TestStreamEqualsResponse(t *testing.T) {
	n := 0
	for _, s := range streams(t) {
		t.Run(s.name, func(t *testing.T) {
			events := collect(t, s.data, len(s.data))
			streamed, err := fold(events)
			whole := terminal(t, s.data)
			if whole == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			sameSeal(whole, streamed)
			require.Empty(t, cmp.Diff(whole.Choices, streamed.Choices))
			require.Empty(t, cmp.Diff(whole.Usage, streamed.Usage))
			require.Equal(t, whole.ID, streamed.ID)
			require.Equal(t, whole.Model, streamed.Model)
			require.Equal(t, whole.Created, streamed.Created)
			last := events[len(events)-1]
			require.Equal(t, llm.EventEnd, last.Type)
			require.Equal(t, whole.ServiceTier, last.Response.ServiceTier)
		})
		n++
	}
	require.Positive(t, n)
}

// sameSeal makes encrypted thinking comparable: OpenAI encrypts it anew each time
// it sends an item.
func sameSeal(a, b *llm.Response) {
	for _, r := range []*llm.Response{a, b} {
		for _, block := range r.Choices[0].Blocks {
			if r, ok := block.(*llm.Reasoning); ok && r.Encrypted != nil {
				r.Encrypted.Data = "sealed"
			}
		}
	}
}

// terminal decodes the response in a stream's last event; nil if it failed.
func terminal(t *testing.T, stream []byte) *llm.Response {
	t.Helper()
	all := parseStream(t, stream)
	last := all[len(all)-1]
	if last.event != "response.completed" && last.event != "response.incomplete" {
		return nil
	}
	var envelope struct{ Response json.RawMessage }
	require.NoError(t, json.Unmarshal(last.raw, &envelope))
	resp, err := codec.DecodeResponse(envelope.Response, wire.Target{})
	require.NoError(t, err)
	return resp
}

// Any split of the bytes gives the same events.
func TestStreamSplits(t *testing.T) {
	for _, s := range streams(t) {
		t.Run(s.name, func(t *testing.T) {
			want := collect(t, s.data, len(s.data))
			for _, n := range []int{1, 2, 3, 7, 64, 1021} {
				if n < 7 && len(s.data) > 32<<10 {
					continue // reading so much in single bytes proves nothing more
				}
				require.Empty(t, cmp.Diff(want, collect(t, s.data, n)), "pieces of %d", n)
			}
		})
	}
}

// A stream decoded and encoded again tells the same answer.
func TestStreamRoundTrip(t *testing.T) {
	for _, s := range streams(t) {
		t.Run(s.name, func(t *testing.T) {
			events := collect(t, s.data, len(s.data))
			first, firstErr := fold(events)
			b, losses := encodeStream(events, &llm.Request{})
			require.Empty(t, codes(losses))
			again, err := fold(collect(t, b, len(b)))
			require.Equal(t, firstErr == nil, err == nil)
			require.Empty(t, cmp.Diff(first.Choices, again.Choices))
			require.Empty(t, cmp.Diff(first.Usage, again.Usage))
			checkOrder(t, parseStream(t, b))
		})
	}
}

// A whole answer told as a stream is the same answer, item ids included.
func TestUnfoldedResponse(t *testing.T) {
	for _, s := range wholeResponses(t) {
		t.Run(s.name, func(t *testing.T) {
			resp, err := codec.DecodeResponse(s.data, wire.Target{})
			require.NoError(t, err)
			whole, _, err := codec.EncodeResponse(resp, &llm.Request{})
			require.NoError(t, err)
			b, losses := encodeStream(unfold(resp), &llm.Request{})
			require.Empty(t, codes(losses))
			all := parseStream(t, b)
			checkOrder(t, all)
			var want map[string]any
			require.NoError(t, json.Unmarshal(whole, &want))
			require.Empty(t, cmp.Diff(want, all[len(all)-1].data["response"]))
		})
	}
}

// A stream cut anywhere ends in EventFail, with every block closed.
func TestTruncatedStream(t *testing.T) {
	for _, s := range streams(t) {
		t.Run(s.name, func(t *testing.T) {
			step := max(1, len(s.data)/97)
			for cut := 0; cut < len(s.data)-step; cut += step {
				events, err := tryCollect(s.data[:cut], 4096)
				if err != nil {
					continue // the cut went through an event's data
				}
				last := events[len(events)-1]
				if last.Type == llm.EventEnd {
					require.Greater(t, cut, len(s.data)*9/10) // only the closing blank line is missing
					continue
				}
				require.Equal(t, llm.EventFail, last.Type)
				open := map[int]bool{}
				for _, ev := range events {
					switch ev.Type {
					case llm.EventBlockStart:
						open[ev.Index] = true
					case llm.EventBlockStop:
						delete(open, ev.Index)
					}
				}
				require.Empty(t, open)
			}
		})
	}
}
