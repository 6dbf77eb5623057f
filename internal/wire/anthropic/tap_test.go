package anthropic_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func event(name, data string) *sse.Frame {
	return &sse.Frame{Event: []byte(name), Data: []byte(data), HasData: data != ""}
}

func TestStreamTapVerdicts(t *testing.T) {
	const failed = wire.Meaningful | wire.Failed
	block := func(b string) string {
		return `{"type":"content_block_start","index":0,"content_block":` + b + `}`
	}
	for _, tt := range []struct {
		name, event, data string
		want              wire.Verdict
	}{
		{"comment", "", "", 0},
		{"name only", "ping", "", 0},
		{"start", "message_start", `{"type":"message_start","message":{"id":"i"}}`, 0},
		{"ping", "ping", `{"type":"ping"}`, 0},
		{"empty text", "content_block_start", block(`{"type":"text","text":""}`), 0},
		{"text", "content_block_start", block(`{"type":"text","text":"a"}`), wire.Meaningful},
		{"empty thinking", "content_block_start", block(`{"type":"thinking","thinking":"","signature":""}`), 0},
		{"thinking", "content_block_start", block(`{"type":"thinking","thinking":"a"}`), wire.Meaningful},
		{"signature", "content_block_start", block(`{"type":"thinking","thinking":"","signature":"S"}`), wire.Meaningful},
		{"call", "content_block_start", block(`{"type":"tool_use","id":"t","name":"f","input":{}}`), wire.Meaningful},
		{"server's call", "content_block_start", block(`{"type":"server_tool_use","id":"t","name":"f","input":{}}`), wire.Meaningful},
		{"redacted", "content_block_start", block(`{"type":"redacted_thinking","data":"x"}`), wire.Meaningful},
		{"delta", "content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`, wire.Meaningful},
		{"delta with spaces", "", `{"type": "content_block_delta", "index": 0}`, wire.Meaningful},
		{"delta in another order", "", `{"delta":{"type":"text_delta","text":"a"},"index":0,"type":"content_block_delta"}`, wire.Meaningful},
		{"delta by name", "content_block_delta", `{"index":0,"delta":{"type":"text_delta","text":"a"}}`, wire.Meaningful},
		{"the type counts", "content_block_delta", `{"index":0,"type":"ping"}`, 0},
		{"an escaped type", "", `{"type":"message\u005fstop"}`, wire.Last},
		{"stop of a block", "content_block_stop", `{"type":"content_block_stop","index":0}`, 0},
		{"end", "message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{}}`, wire.Meaningful},
		{"stop", "message_stop", `{"type":"message_stop"}`, wire.Last},
		{"stop by name", "message_stop", `{}`, wire.Last},
		{"unknown", "vendor_event", `{"type":"vendor_event"}`, 0},
		{"another protocol's end", "", `[DONE]`, 0},
		{"another protocol's end, as an error", "error", `[DONE]`, 0},
		{"no JSON", "", `hello`, 0},
		{"cut", "message_start", `{"type":"message_start","message":{"id":"i`, 0},
		{"error", "error", `{"type":"error","error":{"type":"overloaded_error","message":"m"}}`, failed},
		{"error without a name", "", `{"type":"error","error":{"type":"overloaded_error","message":"m"}}`, failed},
		{"error without a type", "", `{"error":{"message":"m"}}`, failed},
		{"error as text", "", `{"error":"m"}`, failed},
		{"error by name", "error", `{"message":"m"}`, failed},
		{"error by name, bare object", "error", `{"type":"overloaded_error","message":"m"}`, failed},
		{"error by name, text", "error", `it broke`, failed},
		{"error null", "ping", `{"error":null}`, 0},
		{"error empty", "ping", `{"error":{}}`, 0},
		{"error only in the text", "", `{"type":"content_block_delta","delta":{"text":"{\"error\":{\"message\":1}} \"type\":\"error\""}}`, wire.Meaningful},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tap := anthropic.Raw{}.StreamTap(true)
			require.Equal(t, tt.want, tap.Frame(event(tt.event, tt.data)))
			require.Equal(t, tt.want&wire.Failed != 0, tap.Seen().Err != nil)
		})
	}
}

func TestStreamTapUsage(t *testing.T) {
	const start = `{"type":"message_start","message":{"id":"i","model":"m","usage":%s}}`
	for _, tt := range []struct {
		name, start string
		deltas      []string
		want        *llm.Usage
	}{
		{"silent", `null`, nil, nil},
		{
			"the API's", `{"input_tokens":9,"cache_read_input_tokens":4,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":2},"output_tokens":1}`,
			[]string{`{"output_tokens":12,"server_tool_use":{"web_search_requests":3}}`},
			&llm.Usage{Input: 9, CacheRead: 4, CacheWrite5m: 5, CacheWrite1h: 2, Output: 12, Searches: 3},
		},
		{
			"cumulative, not added up", `{"input_tokens":9,"output_tokens":1}`,
			[]string{`{"output_tokens":5}`, `{"input_tokens":9,"output_tokens":12}`, `{"input_tokens":11,"output_tokens":13}`},
			&llm.Usage{Input: 11, Output: 13},
		},
		{"input only at the end", `{"input_tokens":0,"output_tokens":0}`, []string{`{"input_tokens":9,"cache_read_input_tokens":3,"output_tokens":5}`}, &llm.Usage{Input: 9, CacheRead: 3, Output: 5}},
		{"what the end leaves out stays", `{"input_tokens":9,"cache_read_input_tokens":3,"output_tokens":1}`, []string{`{"output_tokens":5}`}, &llm.Usage{Input: 9, CacheRead: 3, Output: 5}},
		{"what the end sets to zero stays", `{"input_tokens":9,"cache_read_input_tokens":3}`, []string{`{"input_tokens":0,"cache_read_input_tokens":0,"output_tokens":5}`}, &llm.Usage{Input: 9, CacheRead: 3, Output: 5}},
		{"writes without lifetimes", `{"input_tokens":1,"cache_creation_input_tokens":7}`, nil, &llm.Usage{Input: 1, CacheWrite5m: 7}},
		{"thinking", `{"input_tokens":1}`, []string{`{"output_tokens":5,"output_tokens_details":{"thinking_tokens":3}}`}, &llm.Usage{Input: 1, Output: 5, Reasoning: 3}},
		{"negative", `{"input_tokens":-1}`, []string{`{"output_tokens":5}`}, &llm.Usage{Output: 5, Flags: llm.UsageNegative}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tap := anthropic.Raw{}.StreamTap(false)
			tap.Frame(event("message_start", strings.Replace(start, "%s", tt.start, 1)))
			for _, u := range tt.deltas {
				tap.Frame(event("message_delta", `{"type":"message_delta","delta":{},"usage":`+u+`}`))
			}
			if tt.want != nil {
				tt.want.Source = llm.UsageUpstream
			}
			require.Equal(t, tt.want, tap.Seen().Usage)
			require.Equal(t, []string{"i", "m"}, []string{tap.Seen().ID, tap.Seen().Model})
		})
	}
}

func TestStreamTapErrorOutlivesTheBuffer(t *testing.T) {
	const said = `{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}`
	tap := anthropic.Raw{}.StreamTap(false)
	f := event("error", said)
	tap.Frame(f)
	copy(f.Data, bytes.Repeat([]byte("#"), len(f.Data)))
	require.Equal(t, &llm.UpstreamError{Type: "overloaded_error", Message: "m", RequestID: "r", Body: []byte(said)}, tap.Seen().Err)
	require.Zero(t, tap.Frame(event("", `{"type":"message_delta","usage":{"output_tokens":9}}`)), "nothing counts behind the end")
	require.Nil(t, tap.Seen().Usage)
}

// tap returns the verdicts of the frames of a stream and what the tap saw.
func tap(t require.TestingT, r io.Reader) ([]wire.Verdict, wire.Seen) {
	tap := anthropic.Raw{}.StreamTap(true)
	frames := sse.NewReader(r, nil, 0)
	var verdicts []wire.Verdict
	for {
		f, err := frames.Next()
		if errors.Is(err, io.EOF) {
			return verdicts, *tap.Seen()
		}
		require.NoError(t, err)
		verdicts = append(verdicts, tap.Frame(f))
		copy(f.Raw, bytes.Repeat([]byte("!"), len(f.Raw))) // the memory is the reader's again
	}
}

// known is what the codec's decoder knows at the end of a stream.
func known(evs []*llm.Event) wire.Seen {
	var s wire.Seen
	for _, ev := range evs {
		switch ev.Type {
		case llm.EventStart:
			s.ID, s.Model = ev.Response.ID, ev.Response.Model
		case llm.EventUsage:
			s.Usage = ev.Usage
		case llm.EventFinish:
			s.Finish, s.FinishRaw = ev.Finish, ev.FinishRaw
		case llm.EventFail:
			s.Err = ev.Err.Upstream
		}
	}
	return s
}

// failing are streams that end in an error or in nothing.
var failing = map[string][]byte{
	"overloaded": framed(`{"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":3}}}`, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}`),
	"untyped":    []byte("data: {\"error\":{\"message\":\"m\",\"code\":\"c\"}}\n\n"),
	"named":      []byte("event: error\ndata: {\"type\":\"api_error\",\"message\":\"m\"}\n\n"),
	"text":       []byte("event: error\ndata: it broke\n\n"),
	"cut":        framed(`{"type":"message_start","message":{"id":"i","model":"m","usage":{"input_tokens":3}}}`, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}`),
	"empty":      {},
}

func TestTapSaysWhatTheDecoderSays(t *testing.T) {
	all := streams(t)
	maps.Copy(all, failing)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			verdicts, seen := tap(t, bytes.NewReader(all[name]))
			require.Equal(t, known(readStream(t, bytes.NewReader(all[name]))), seen)
			again, same := tap(t, iotest.OneByteReader(bytes.NewReader(all[name])))
			require.Equal(t, verdicts, again, "the reader's pieces do not matter")
			require.Equal(t, seen, same)
			if failing[name] == nil {
				require.Equal(t, wire.Last, verdicts[len(verdicts)-1])
				require.Contains(t, verdicts, wire.Meaningful)
			}
		})
	}
}

func TestBodyTapSaysWhatTheDecoderSays(t *testing.T) {
	all := responses(t)
	for _, name := range sorted(all) {
		t.Run(name, func(t *testing.T) {
			resp, err := codec.DecodeResponse(all[name], wire.Target{})
			require.NoError(t, err)
			want := wire.Seen{ID: resp.ID, Model: resp.Model, Usage: resp.Usage, Finish: resp.Choices[0].Finish, FinishRaw: resp.Choices[0].FinishRaw}
			rapid.Check(t, func(t *rapid.T) {
				tap := anthropic.Raw{}.BodyTap()
				for rest := all[name]; len(rest) > 0; {
					n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
					tap.Write(rest[:n])
					rest = rest[n:]
				}
				require.Equal(t, want, *tap.Seen())
				require.Equal(t, want, *tap.Seen(), "it may be asked twice")
			})
		})
	}
}

func TestBodyTapErrors(t *testing.T) {
	for _, body := range []string{
		`{"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}`,
		`{"error":{"message":"m","code":"c"}}`,
		`{"error":"m"}`,
		`{"type":"error","message":"m","code":"c"}`,
	} {
		_, err := codec.DecodeResponse([]byte(body), wire.Target{})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		for _, raw := range []wire.Raw{anthropic.Raw{}, anthropic.CountRaw{}} {
			tap := raw.BodyTap()
			tap.Write([]byte(body))
			require.Equal(t, e.Upstream, tap.Seen().Err, body)
			require.Equal(t, "m", tap.Seen().Err.Message, body)
		}
	}
	for _, body := range []string{`{"type":"message","error":{"message":"m"}}`, `{"error":null}`, `{"error":""}`, `{"error":{}}`} {
		tap := anthropic.Raw{}.BodyTap()
		tap.Write([]byte(body))
		require.Nil(t, tap.Seen().Err, body)
	}
}

// An answer that is cut in a number must not be accounted by half of it.
func TestBodyTapOfWhatWasCut(t *testing.T) {
	const body = `{"id":"msg_1","type":"message","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":123,"output_tokens":45}}`
	for n := range len(body) {
		tap := anthropic.Raw{}.BodyTap()
		tap.Write([]byte(body[:n]))
		s := tap.Seen()
		require.Contains(t, []string{"", "msg_1"}, s.ID)
		require.Contains(t, []string{"", "end_turn"}, s.FinishRaw)
		if s.Usage != nil {
			require.Equal(t, []int64{123, 45}, []int64{s.Usage.Input, s.Usage.Output}, body[:n])
		}
	}
}

func TestCountRawTap(t *testing.T) {
	tap := anthropic.CountRaw{}.BodyTap()
	tap.Write([]byte(`{"input_tokens":9,"usage":{"input_tokens":9},"model":"m"}`))
	require.Equal(t, wire.Seen{}, *tap.Seen())
	require.Equal(t, wire.Seen{}, *anthropic.CountRaw{}.StreamTap(true).Seen())
}

// ordinary are the frames that most of a stream consists of.
var ordinary = map[string]*sse.Frame{
	"delta":   event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" from that Wikipedia page"}}`),
	"spaces":  event("content_block_delta", `{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " from that Wikipedia page"}}`),
	"reorder": event("content_block_delta", `{"delta":{"text":" from that Wikipedia page","type":"text_delta"},"index":0,"type":"content_block_delta"}`),
}

func TestTapAllocatesNothingForDeltas(t *testing.T) {
	for name, f := range ordinary {
		tap := anthropic.Raw{}.StreamTap(true)
		require.Zero(t, testing.AllocsPerRun(100, func() { tap.Frame(f) }), name)
	}
}

func BenchmarkTapFrame(b *testing.B) {
	for _, name := range sorted(ordinary) {
		b.Run(name, func(b *testing.B) {
			tap := anthropic.Raw{}.StreamTap(true)
			b.ReportAllocs()
			for b.Loop() {
				tap.Frame(ordinary[name])
			}
		})
	}
}
