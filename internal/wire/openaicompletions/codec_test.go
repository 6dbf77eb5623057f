package openaicompletions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

var codec openaicompletions.Codec

type sample struct {
	name string
	body []byte
}

func samples(t testing.TB, dir string) []sample {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var out []sample
	for _, p := range paths {
		b, err := os.ReadFile(p)
		require.NoError(t, err)
		if strings.HasSuffix(p, ".json") {
			var c bytes.Buffer
			require.NoError(t, json.Compact(&c, b))
			b = c.Bytes()
		}
		out = append(out, sample{filepath.Base(p), b})
	}
	return out
}

func decodeRequest(t testing.TB, body []byte) *llm.Request {
	t.Helper()
	r, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	return r
}

func decodeResponse(t testing.TB, body []byte) *llm.Response {
	t.Helper()
	r, err := codec.DecodeResponse(body, wire.Target{})
	require.NoError(t, err)
	return r
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
	reader := sse.NewReader(r, nil, 0)
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

func stream(t testing.TB, r io.Reader) []*llm.Event {
	t.Helper()
	events, err := tryStream(r)
	require.NoError(t, err)
	return events
}

func fold(t testing.TB, events []*llm.Event) *llm.Response {
	t.Helper()
	r, err := llm.Fold(slices.Values(events))
	require.NoError(t, err)
	return plain(r)
}

// plain takes out the upstream's own word for the finish.
func plain(r *llm.Response) *llm.Response {
	for i := range r.Choices {
		r.Choices[i].FinishRaw = ""
	}
	return r
}

func encodeStream(events []*llm.Event, req *llm.Request) ([]byte, []llm.Loss) {
	enc := codec.EventEncoder(req)
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

func TestRequestLaw(t *testing.T) {
	for _, s := range samples(t, "requests") {
		first := decodeRequest(t, s.body)
		out, losses, err := codec.EncodeRequest(first, wire.Target{Model: first.Model})
		require.NoError(t, err)
		require.Empty(t, losses)
		require.Equal(t, "/completions", out.Path)
		require.Equal(t, first, decodeRequest(t, out.Body), "%s: %s", s.name, out.Body)
	}
}

func TestResponseLaw(t *testing.T) {
	for _, s := range samples(t, "responses") {
		first := plain(decodeResponse(t, s.body))
		body, losses, err := codec.EncodeResponse(first, nil)
		require.NoError(t, err)
		require.Empty(t, losses)
		require.Equal(t, first, plain(decodeResponse(t, body)), "%s: %s", s.name, body)
		out, losses := encodeStream(unfold(first), &llm.Request{IncludeUsage: true})
		require.Empty(t, losses)
		require.Equal(t, first, fold(t, stream(t, bytes.NewReader(out))), "%s: %s", s.name, out)
	}
}

func TestStreamLaw(t *testing.T) {
	for _, s := range samples(t, "streams") {
		events := stream(t, bytes.NewReader(s.body))
		require.Equal(t, events, stream(t, iotest.OneByteReader(bytes.NewReader(s.body))), s.name)
		first := fold(t, events)
		out, losses := encodeStream(events, &llm.Request{IncludeUsage: true})
		require.Empty(t, losses)
		require.Equal(t, first, fold(t, stream(t, bytes.NewReader(out))), "%s: %s", s.name, out)
		body, _, err := codec.EncodeResponse(first, nil)
		require.NoError(t, err)
		require.Equal(t, first, plain(decodeResponse(t, body)), "%s: %s", s.name, body)
		cut := bytes.SplitAfter(s.body, []byte("\n\n"))
		events = stream(t, bytes.NewReader(bytes.Join(cut[:1], nil)))
		require.Equal(t, llm.EventFail, events[len(events)-1].Type, s.name)
	}
}

func TestDecodeRequestErrors(t *testing.T) {
	for _, c := range []struct{ body, param, says string }{
		{`7`, "", "must be a JSON object"},
		{`{"prompt":"x"}`, "model", "missing"},
		{`{"model":"m"}`, "prompt", "missing"},
		{`{"model":"m","prompt":[]}`, "prompt", "at least one"},
		{`{"model":"m","prompt":7}`, "prompt", "an integer"},
		{`{"model":"m","prompt":["a",{}]}`, "prompt[1]", "an object"},
		{`{"model":"m","prompt":"x","stop":[1]}`, "stop[0]", "a string"},
		{`{"model":"m","prompt":"x","echo":"yes"}`, "echo", "a boolean"},
	} {
		_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(c.body)})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.KindInvalid, e.Kind)
		require.Equal(t, c.param, e.Param)
		require.Contains(t, e.Message, c.says)
	}
}

func user(s string) llm.Message {
	return llm.Message{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: s}}}
}

func TestEncodeForeignRequest(t *testing.T) {
	r := &llm.Request{
		System: []llm.Block{&llm.Text{Text: "Be brief."}}, Messages: []llm.Message{user("Hi")},
		Tools: []llm.Tool{{Name: "f"}}, Format: &llm.Format{Type: "json_object"}, Stream: true,
	}
	out, losses, err := codec.EncodeRequest(r, wire.Target{Model: "m", NeedUsage: true})
	require.NoError(t, err)
	require.Equal(t, llm.Raw(`{"model":"m","prompt":"Be brief.\n\nHi","stream":true,"stream_options":{"include_usage":true}}`), llm.Raw(out.Body))
	require.Equal(t, "approximated:system_prompt,dropped:response_format,dropped:tools", llm.LossCodes(losses))
	r.Messages = append(r.Messages, llm.Message{Role: llm.RoleAssistant}, user("and"))
	_, _, err = codec.EncodeRequest(r, wire.Target{Model: "m"})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindUnsupported, e.Kind)
	require.Equal(t, "messages[1]", e.Param)
}

func TestEncodeForeignResponse(t *testing.T) {
	req := decodeRequest(t, []byte(`{"model":"m","prompt":"Once ","echo":true}`))
	r := &llm.Response{ID: "r", Choices: []llm.Choice{{Blocks: []llm.Block{
		&llm.Reasoning{Text: "hm"}, &llm.Text{Text: "upon", Logprobs: llm.Raw(`[{"token":"up","logprob":-1,"bytes":[],"top_logprobs":[]},{"token":"on","logprob":-2}]`)},
		&llm.ToolCall{Name: "f", Kind: llm.ToolFunction},
	}, Finish: llm.FinishToolUse}}}
	body, losses, err := codec.EncodeResponse(r, req)
	require.NoError(t, err)
	require.Equal(t, llm.Raw(`{"id":"r","object":"text_completion","created":0,"model":"m","choices":[{"text":"Once upon","index":0,"logprobs":{"tokens":["up","on"],"token_logprobs":[-1,-2],"top_logprobs":[null,null],"text_offset":[0,2]},"finish_reason":"stop"}]}`), llm.Raw(body))
	require.Equal(t, "approximated:tool_call,dropped:reasoning,dropped:tool_call", llm.LossCodes(losses))
	out, losses := encodeStream(unfold(r), req)
	require.Contains(t, string(out), `"choices":[{"text":"Once upon","index":0,"logprobs":null,"finish_reason":null}]`)
	require.Equal(t, "approximated:tool_call,dropped:reasoning,dropped:tool_call", llm.LossCodes(losses))
	several := decodeRequest(t, []byte(`{"model":"m","prompt":["a","b"]}`))
	_, losses, err = codec.EncodeResponse(r, several)
	require.NoError(t, err)
	require.Contains(t, llm.LossCodes(losses), "approximated:prompt_list")
}

func TestTotal(t *testing.T) {
	for _, f := range llm.Finishes() {
		body, _, err := codec.EncodeResponse(&llm.Response{Choices: []llm.Choice{{Finish: f}}}, nil)
		require.NoError(t, err)
		require.NotContains(t, string(body), `"finish_reason":""`, f)
	}
	for _, k := range llm.Kinds() {
		e := codec.DecodeError(llm.Errorf(k, "", "x").HTTPStatus(), http.Header{}, codec.EncodeError(llm.Errorf(k, "", "x")))
		if k != llm.KindInternal {
			require.Equal(t, k, e.Kind)
		}
	}
	events := stream(t, strings.NewReader(`data: {"error":{"message":"m","code":"insufficient_quota"}}`+"\n\n"))
	require.Equal(t, llm.KindQuota, events[len(events)-1].Err.Kind)
}

func FuzzDecodeRequest(f *testing.F) {
	for _, s := range samples(f, "requests") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.DecodeRequest(wire.Inbound{Body: body})
		if err != nil {
			return
		}
		out, _, err := codec.EncodeRequest(r, wire.Target{Model: "m"})
		require.NoError(t, err)
		require.True(t, json.Valid(out.Body), "%s", out.Body)
	})
}

func FuzzDecodeResponse(f *testing.F) {
	for _, s := range samples(f, "responses") {
		f.Add(s.body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := codec.DecodeResponse(body, wire.Target{})
		if err != nil {
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
		last := events[len(events)-1]
		require.Contains(t, []llm.EventType{llm.EventEnd, llm.EventFail}, last.Type)
		out, _ := encodeStream(events, nil)
		again := stream(t, bytes.NewReader(out))
		require.Equal(t, last.Type, again[len(again)-1].Type, "%s", out)
	})
}
