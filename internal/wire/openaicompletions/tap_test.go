package openaicompletions_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const counts = `"usage":{"prompt_tokens":5,"completion_tokens":7}`

func chunk(data string) *sse.Frame { return &sse.Frame{Data: []byte(data), HasData: data != ""} }

func TestStreamTapVerdicts(t *testing.T) {
	big := strings.Repeat("x", 100<<10)
	for _, tt := range []struct {
		name, data string
		hide       bool
		want       wire.Verdict
	}{
		{"comment", "", true, 0},
		{"done", " [DONE] ", true, wire.Last},
		{"not JSON", "hello", true, 0},
		{"text", `{"choices":[{"text":"a","finish_reason":null}]}`, true, wire.Meaningful},
		{"finish", `{"choices":[{"text":"","finish_reason":"stop"}]}`, true, wire.Meaningful},
		{"usage", `{"choices":[],` + counts + `}`, true, wire.Hide},
		{"usage wanted", `{"choices":[],` + counts + `}`, false, 0},
		{"usage, choices null", `{"choices":null,` + counts + `}`, true, wire.Hide},
		{"usage and text", `{"choices":[{"text":"a"}],` + counts + `}`, true, wire.Meaningful},
		{"usage and much text", `{"choices":[{"text":"` + big + `"}],` + counts + `}`, true, wire.Meaningful},
		{"error", `{"error":{"message":"x"}}`, true, wire.Meaningful | wire.Failed},
		{"error as text", `{"error":"x"}`, true, wire.Meaningful | wire.Failed},
		{"error of vLLM", `{"object":"error","message":"x"}`, true, wire.Meaningful | wire.Failed},
		{"error null", `{"error":null,"choices":[{}]}`, true, wire.Meaningful},
		{"error only in the text", `{"choices":[{"text":"{\"error\":{\"message\":1}} \"usage\":{}"}]}`, true, wire.Meaningful},
	} {
		for _, started := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				tap := raw.StreamTap(tt.hide)
				if started {
					tap.Frame(chunk(`{"id":"i","model":"m","choices":[{"text":""}]}`))
				}
				require.Equal(t, tt.want, tap.Frame(chunk(tt.data)))
			})
		}
	}
}

func TestStreamTapErrors(t *testing.T) {
	for _, tt := range []struct{ event, data, message, code string }{
		{"", `{"error":{"message":"m","code":"c"}}`, "m", "c"},
		{"", `{"error":"m"}`, "m", ""},
		{"", `{"object":"error","message":"m","code":429}`, "m", "429"},
		{"error", `{"message":"m","code":"c"}`, "m", "c"},
		{"error", `it broke`, "", ""},
	} {
		tap := raw.StreamTap(true)
		data := []byte(tt.data)
		f := &sse.Frame{Event: []byte(tt.event), Data: data, HasData: true}
		require.Equal(t, wire.Meaningful|wire.Failed, tap.Frame(f), tt.data)
		copy(data, bytes.Repeat([]byte("#"), len(data)))
		require.Equal(t, []string{tt.message, tt.code, tt.data},
			[]string{tap.Seen().Err.Message, tap.Seen().Err.Code, string(tap.Seen().Err.Body)}, "the error outlives the reader's buffer")
		require.Zero(t, tap.Frame(chunk(`{"choices":[],`+counts+`}`)), "the decoder reads no further, too")
		require.Nil(t, tap.Seen().Usage)
	}
}

// tapped is a stream and what the codec's decoder makes of it.
var tapped = []string{
	`{"id":"i","model":"m","choices":[{"index":0,"text":"a","finish_reason":null}]}|{"choices":[{"index":0,"text":"","finish_reason":"length"}]}|{"choices":[],` + counts + `}|[DONE]`,
	`{"id":"i","model":"m","choices":[{"text":"a"}],` + counts + `}|{"choices":[{"text":"b","finish_reason":"stop","stop_reason":"END"}],"usage":{"prompt_tokens":5,"completion_tokens":9}}|[DONE]`,
	`{"id":"i","model":"m","choices":[{"text":"a"}]}|{"choices":[{"text":"b","finish_reason":"stop","stop_reason":7}]}|[DONE]`,
	`{"id":"i","model":"m","choices":[{"text":"a"}]}|{"error":{"message":"m","type":"server_error"}}|{"choices":[],` + counts + `}`,
	`{"object":"error","message":"m","type":"t","code":500}`,
}

func streamOf(lines string) []byte {
	var b bytes.Buffer
	for data := range strings.SplitSeq(lines, "|") {
		b.WriteString("data: " + data + "\n\n")
	}
	return b.Bytes()
}

// tap returns the verdicts of the frames of a stream and what the tap saw.
func tap(t require.TestingT, r io.Reader) ([]wire.Verdict, wire.Seen) {
	tap := raw.StreamTap(true)
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

// decoded is what the codec's decoder knows at the end of a stream.
func decoded(t require.TestingT, stream []byte) wire.Seen {
	var s wire.Seen
	d := openaicompletions.Codec{}.EventDecoder(wire.Target{})
	emit := func(ev *llm.Event) {
		switch ev.Type {
		case llm.EventStart:
			s.ID, s.Model = ev.Response.ID, ev.Response.Model
		case llm.EventUsage:
			u := *ev.Usage
			s.Usage = &u
		case llm.EventFinish:
			s.Finish, s.FinishRaw = ev.Finish, ev.FinishRaw
		case llm.EventFail:
			s.Err = ev.Err.Upstream
		}
	}
	frames := sse.NewReader(bytes.NewReader(stream), nil, 0)
	for {
		f, err := frames.Next()
		if err != nil {
			break
		}
		require.NoError(t, d.Push(f, emit))
	}
	d.End(emit)
	return s
}

func TestTapSaysWhatTheDecoderSays(t *testing.T) {
	for _, lines := range tapped {
		stream := streamOf(lines)
		verdicts, seen := tap(t, bytes.NewReader(stream))
		require.Equal(t, decoded(t, stream), seen, lines)
		again, same := tap(t, iotest.OneByteReader(bytes.NewReader(stream)))
		require.Equal(t, verdicts, again, lines)
		require.Equal(t, seen, same, lines)
	}
}

func TestBodyTap(t *testing.T) {
	const body = `{"id":"i","object":"text_completion","model":"m","choices":[{"text":"\"usage\":{}","finish_reason":"stop","stop_reason":null}],` + counts + `}`
	resp, err := openaicompletions.Codec{}.DecodeResponse([]byte(body), wire.Target{})
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		tap := raw.BodyTap()
		for rest := body; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			tap.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		s := tap.Seen()
		require.Equal(t, []any{resp.ID, resp.Model, resp.Usage, resp.Choices[0].Finish, resp.Choices[0].FinishRaw},
			[]any{s.ID, s.Model, s.Usage, s.Finish, s.FinishRaw})
		require.Nil(t, s.Err)
	})
}

func TestBodyTapErrors(t *testing.T) {
	for _, body := range []string{
		`{"error":{"message":"m","code":"429"}}`, `{"object":"error","message":"m","type":"t","param":null,"code":429}`,
	} {
		tap := raw.BodyTap()
		tap.Write([]byte(body))
		got := tap.Seen().Err
		_, err := openaicompletions.Codec{}.DecodeResponse([]byte(body), wire.Target{})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{e.Upstream.Message, e.Upstream.Code, e.Upstream.Type, e.Upstream.Status},
			[]any{got.Message, got.Code, got.Type, got.Status}, body)
	}
	for _, broken := range []string{``, `[`, `}`, `{"id":"`, `{"model":"a\`, `{"usage":{"prompt`, `{"error":{`, `{"object":"error"`} {
		tap := raw.BodyTap()
		tap.Write([]byte(broken))
		require.NotPanics(t, func() { tap.Seen() }, broken)
	}
}

// FuzzStreamTap: the tap never panics, whatever a stream holds.
func FuzzStreamTap(f *testing.F) {
	for _, lines := range tapped {
		f.Add(streamOf(lines))
	}
	f.Add([]byte("event: error\ndata: x\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		frames := sse.NewReader(bytes.NewReader(stream), nil, 1<<20)
		tap, body := raw.StreamTap(true), raw.BodyTap()
		for {
			frame, err := frames.Next()
			if err != nil {
				break
			}
			v := tap.Frame(frame)
			require.Equal(t, v&wire.Failed != 0, v&wire.Failed != 0 && tap.Seen().Err != nil)
			body.Write(frame.Data)
			body.Seen()
		}
	})
}

func TestTapAllocatesNothingForText(t *testing.T) {
	tap := raw.StreamTap(true)
	tap.Frame(chunk(`{"id":"i","model":"m","choices":[{"text":""}]}`))
	f := chunk(`{"id":"i","object":"text_completion","choices":[{"text":" fox","index":0,"logprobs":null,"finish_reason":null}],"usage":null}`)
	require.Zero(t, testing.AllocsPerRun(100, func() { tap.Frame(f) }))
}

func BenchmarkTapFrame(b *testing.B) {
	tap := raw.StreamTap(true)
	tap.Frame(chunk(`{"id":"i","model":"m","choices":[{"text":""}]}`))
	f := chunk(`{"id":"i","object":"text_completion","created":1,"choices":[{"text":" fox","index":0,"logprobs":null,"finish_reason":null}],"model":"m"}`)
	b.ReportAllocs()
	for b.Loop() {
		tap.Frame(f)
	}
}
