package gemini_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

const failure = wire.Meaningful | wire.Failed

func frame(data string) *sse.Frame { return &sse.Frame{Data: []byte(data), HasData: data != ""} }

func TestStreamTapVerdicts(t *testing.T) {
	candidate := func(members string) string { return `{"candidates":[{` + members + `}],"usageMetadata":{}}` }
	for data, want := range map[string]wire.Verdict{
		"": 0, "[DONE]": 0, "hello": 0, "{": 0, "[]": 0,
		`{"usageMetadata":{"promptTokenCount":1}}`:                            0,
		`{"candidates":[],"usageMetadata":{}}`:                                0,
		`{"candidates":null,"error":null}`:                                    0,
		candidate(`"content":{"role":"model"}`):                               0,
		candidate(`"content":{"parts":[{"text":""}]}`):                        0,
		candidate(`"content":{"parts":[{"text":"","thought":true}]}`):         0,
		candidate(`"content":{"parts":[{"text":""},{"text":"a"}]}`):           wire.Meaningful,
		candidate(`"content":{"parts":[{"thought":true,"text":"hm"}]}`):       wire.Meaningful,
		candidate(`"content":{"parts":[{"text":"","thoughtSignature":"s"}]}`): wire.Meaningful,
		candidate(`"content":{"parts":[{"functionCall":{"name":"f"}}]}`):      wire.Meaningful,
		candidate(`"content":{"parts":[{"inlineData":{"data":"aaaa"}}]}`):     wire.Meaningful,
		candidate(`"content":{"parts":[{"text":""}]},"finishReason":"STOP"`):  wire.Meaningful,
		candidate(`"finishReason":"FINISH_REASON_UNSPECIFIED"`):               0,
		candidate(`"finishReason":null`):                                      0,
		`{"promptFeedback":{"blockReason":"SAFETY"}}`:                         wire.Meaningful,
		`{"promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"}}`:       0,
		`{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`:         failure,
		`{"error":"m"}`: failure,
		`{"error":{},"candidates":[{"finishReason":"STOP"}]}`:                          wire.Meaningful,
		`{"candidates":[{"content":{"parts":[{"text":"{\"error\":{\"code\":1}}"}]}}]}`: wire.Meaningful,
	} {
		tap := lane.StreamTap(false)
		require.Equal(t, want, tap.Frame(frame(data)), data)
		require.Equal(t, want&wire.Failed != 0, tap.Seen().Err != nil, data)
	}
}

func TestStreamTapSees(t *testing.T) {
	tap := lane.StreamTap(true)
	require.Equal(t, &wire.Seen{}, tap.Seen())
	say := func(data string) {
		b := []byte(data)
		tap.Frame(&sse.Frame{Data: b, HasData: true})
		clear(b) // the reader's buffer is used again
	}
	say(`{"candidates":[{"content":{"parts":[{"functionCall":{}}]}}],"usageMetadata":{"promptTokenCount":9},"modelVersion":"m1","responseId":"i1"}`)
	require.Equal(t, &wire.Seen{ID: "i1", Model: "m1", Usage: &llm.Usage{Input: 9, Source: llm.UsageUpstream}}, tap.Seen())
	say(`{"candidates":[{"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2},"modelVersion":"m2","responseId":"i2"}`)
	require.Equal(t, []any{llm.FinishStop, "STOP"}, []any{tap.Seen().Finish, tap.Seen().FinishRaw})
	say(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]}`)
	say(`{"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":5}}`)
	say(`{"usageMetadata":null}`)
	say(`{"usageMetadata":"` + strings.Repeat("x", 100<<10) + `"}`)
	require.Equal(t, &wire.Seen{
		ID: "i1", Model: "m1", Finish: llm.FinishToolUse, FinishRaw: "STOP",
		Usage: &llm.Usage{Input: 5, CacheRead: 4, Output: 8, Reasoning: 5, Searches: 2, Source: llm.UsageUpstream},
	}, tap.Seen(), "the last count wins, whatever comes behind the finish")
}

func TestStreamTapOfBlockedPrompt(t *testing.T) {
	tap := lane.StreamTap(false)
	tap.Frame(frame(`{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}`))
	tap.Frame(frame(`{"promptFeedback":{}}`))
	require.Equal(t, &wire.Seen{
		Finish: llm.FinishContentFilter, FinishRaw: "SAFETY", Usage: &llm.Usage{Input: 3, Source: llm.UsageUpstream},
	}, tap.Seen())
}

func TestTapsOfErrors(t *testing.T) {
	for _, tt := range []struct {
		failure string
		want    llm.UpstreamError
	}{
		{`{"code":503,"message":"m","status":"UNAVAILABLE","details":[]}`, llm.UpstreamError{Status: 503, Type: "UNAVAILABLE", Code: "503", Message: "m"}},
		{`{"message":"m"}`, llm.UpstreamError{Message: "m"}},
		{`"m"`, llm.UpstreamError{Message: "m"}},
	} {
		object := `{"error":` + tt.failure + `}`
		tt.want.Body = []byte(object)
		tap := lane.StreamTap(false)
		data := []byte(object)
		require.Equal(t, failure, tap.Frame(&sse.Frame{Data: data, HasData: true}))
		clear(data)
		tap.Frame(frame(`{"error":"second"}`))
		require.Equal(t, &tt.want, tap.Seen().Err)
		for _, body := range []string{object, `[` + object + `]`, `[{"candidates":[]} , ` + object + ` ]`} {
			for _, raw := range []wire.Raw{lane, count, embed, batch} {
				require.Equal(t, &tt.want, written(raw, []byte(body), 3).Seen().Err, body)
			}
		}
	}
	tap := lane.StreamTap(false)
	tap.Frame(frame(`{"error":{"message":"` + strings.Repeat("x", 1<<20) + `"}}`))
	require.Len(t, tap.Seen().Err.Body, 64<<10)
}

// written hands a body to a tap in pieces of n bytes.
func written(raw wire.Raw, body []byte, n int) wire.BodyTap {
	tap := raw.BodyTap()
	for len(body) > 0 {
		p := bytes.Clone(body[:min(n, len(body))])
		tap.Write(p)
		clear(p) // the reader's buffer is used again
		body = body[min(n, len(body)):]
	}
	return tap
}

func TestBodyTap(t *testing.T) {
	const (
		first  = `{"candidates":[{"content":{"parts":[{"text":"\"usageMetadata\":{}]"}]}}],"usageMetadata":{"promptTokenCount":5},"modelVersion":"m","responseId":"i"}`
		call   = `{"candidates":[{"content":{"parts":[{"text":"x"},{"functionCall":{"name":"f","args":{"error":{"a":1}}}}]},"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["q"]}}]}`
		counts = `{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":7,"thoughtsTokenCount":2}}`
	)
	usage := llm.Usage{Input: 5, Output: 9, Reasoning: 2, Searches: 1, Source: llm.UsageUpstream}
	for _, tt := range []struct {
		name, body string
		want       wire.Seen
	}{
		{"object", " \n" + first + "\n", wire.Seen{ID: "i", Model: "m", Usage: &llm.Usage{Input: 5, Source: llm.UsageUpstream}}},
		{"array", " [" + first + ",\n" + call + "\n,\r\n" + counts + "]\n", wire.Seen{ID: "i", Model: "m", Finish: llm.FinishToolUse, FinishRaw: "STOP", Usage: &usage}},
		{"array of one", "[" + counts + "]", wire.Seen{Usage: &llm.Usage{Input: 5, Output: 9, Reasoning: 2, Source: llm.UsageUpstream}}},
		{"blocked", `{"promptFeedback":{"blockReason":"OTHER"}}`, wire.Seen{Finish: llm.FinishContentFilter, FinishRaw: "OTHER"}},
		{"empty", ` `, wire.Seen{}},
		{"no error", `{"error":null}`, wire.Seen{}},
		{"cut", `[{"usageMetadata":{"promptTokenCount":5,"cand`, wire.Seen{}},
		{"usage of nonsense", `{"usageMetadata":{"promptTokenCount":"many"}}`, wire.Seen{}},
		{"embedding", `{"embedding":{"values":[0.1,-2e-3]},"usageMetadata":{"promptTokenCount":8}}`, wire.Seen{Usage: &llm.Usage{Input: 8, Source: llm.UsageUpstream}}},
		{"count", `{"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]}`, wire.Seen{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for n := 1; n <= len(tt.body); n += 3 {
				tap := written(lane, []byte(tt.body), n)
				require.Equal(t, tt.want, *tap.Seen(), n)
				require.Equal(t, tt.want, *tap.Seen(), "again")
			}
		})
	}
	for _, body := range []string{`[`, `]`, `}`, `[]]`, `{"error":{`, `[{"error":`, `{"responseId":"\u12"}`, `{"candidates":[{"finishReason":"`, `x`} {
		require.NotPanics(t, func() { written(lane, []byte(body), 2).Seen() }, body)
	}
}

// asArray makes the array that streamGenerateContent answers without alt=sse.
func asArray(chunks [][]byte) []byte {
	return append(append([]byte("["), bytes.Join(chunks, []byte(",\r\n"))...), "]\n"...)
}

// data returns the data of a stream's events.
func data(t *testing.T, stream []byte) [][]byte {
	t.Helper()
	var out [][]byte
	r := sse.NewReader(bytes.NewReader(stream), nil, 0)
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		if len(f.Data) > 0 {
			out = append(out, bytes.Clone(f.Data))
		}
	}
}

// The taps say of a stream, as events and as an array, what the codec's decoder says.
func TestStreamTapSaysAsTheCodec(t *testing.T) {
	streams := fixtures(t).streams
	for _, s := range samples(t, "responses") {
		if s.name != "10-empty.json" { // an answer without candidates is a truncated stream
			streams = append(streams, sample{s.name, framed(cut(t, s.body))})
		}
	}
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) {
			want := fold(t, events(t, s.body, 1<<20))
			tap, shown := lane.StreamTap(false), false
			for _, d := range data(t, s.body) {
				v := tap.Frame(&sse.Frame{Data: d, HasData: true})
				require.Zero(t, v&^wire.Meaningful)
				shown = shown || v == wire.Meaningful
			}
			require.True(t, shown)
			requireSame(t, want, tap.Seen())
			requireSame(t, want, written(lane, asArray(data(t, s.body)), 1000).Seen())
		})
	}
}

func TestBodyTapSaysAsTheCodec(t *testing.T) {
	for _, s := range append(samples(t, "responses"), fixtures(t).responses...) {
		t.Run(s.name, func(t *testing.T) {
			for _, n := range []int{1, 7, 1000} {
				requireSame(t, decodeResponse(t, s.body), written(lane, s.body, n).Seen())
			}
		})
	}
}

// requireSame compares what a tap saw with an answer. Of several candidates it
// sees the last reason.
func requireSame(t *testing.T, want *llm.Response, got *wire.Seen) {
	t.Helper()
	require.Nil(t, got.Err)
	require.Equal(t, want.Usage, got.Usage)
	require.Equal(t, []string{want.ID, want.Model}, []string{got.ID, got.Model})
	var c llm.Choice
	if n := len(want.Choices); n > 0 {
		c = want.Choices[n-1]
	}
	require.Equal(t, []any{c.Finish, c.FinishRaw}, []any{got.Finish, got.FinishRaw})
}

// FuzzTaps: whatever passes, taps never panic and never call a frame the last,
// an error is there when one was told, and a body says the same however it is
// cut.
func FuzzTaps(f *testing.F) {
	for _, s := range samples(f, "responses") {
		f.Add(s.body, 3)
	}
	f.Add([]byte(`[{"error":{"code":429,"message":"m"}}]`), 1)
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"functionCall":{"na`), 2)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		tap := lane.StreamTap(false)
		for range 2 {
			v := tap.Frame(&sse.Frame{Data: b, HasData: true})
			require.Zero(t, v&(wire.Last|wire.Hide))
			require.Equal(t, v&wire.Failed != 0, tap.Seen().Err != nil)
		}
		require.Equal(t, written(lane, b, max(1, len(b))).Seen(), written(lane, b, n&15+1).Seen())
	})
}

// FuzzEmbedPatch: whatever is strict JSON stays so, and every request that
// named a model names the target's.
func FuzzEmbedPatch(f *testing.F) {
	f.Add(`{"requests":[{"model":"a"} , {"x":",","model" : null},{}]}`)
	f.Add(`{"model":1,"requests":[[],{"model":[{"model":2}]}]}`)
	f.Fuzz(func(t *testing.T, body string) { patchHolds(t, body) })
}

func BenchmarkStreamTapChunk(b *testing.B) {
	f := frame(`{"candidates":[{"content":{"parts":[{"text":" strawberry."}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":29,"totalTokenCount":294,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":256},"modelVersion":"gemini-3-pro-preview","responseId":"dX6LadKVC7SZ28oPr9yJoQs"}`)
	tap := lane.StreamTap(false)
	b.ReportAllocs()
	for b.Loop() {
		tap.Frame(f)
	}
}

func TestStreamTapDoesNotAllocate(t *testing.T) {
	f := frame(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9},"modelVersion":"m","responseId":"i"}`)
	tap := lane.StreamTap(false)
	tap.Frame(f)
	require.Zero(t, testing.AllocsPerRun(100, func() { tap.Frame(f) }))
}

func BenchmarkBodyTap(b *testing.B) {
	for name, body := range map[string]string{
		"picture": `{"candidates":[{"content":{"parts":[{"inlineData":{"data":"` + strings.Repeat("iVBORw0K", 90000) + `"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9}}`,
		"lines":   `{"candidates":[{"content":{"parts":[{"text":"` + strings.Repeat(`some words of a line\n`, 30000) + `"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9}}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				tap := gemini.Raw{}.BodyTap()
				tap.Write([]byte(body))
				if tap.Seen().Usage == nil {
					b.Fatal("no usage")
				}
			}
		})
	}
}
