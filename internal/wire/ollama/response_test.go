package ollama_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
)

func foreignAnswer() *llm.Response {
	r := answer(llm.FinishRefusal,
		&llm.Reasoning{Text: "hm", Signature: &llm.Signature{Data: "s"}}, &llm.Reasoning{Summary: []string{"a", "b"}},
		&llm.Text{Text: "Hi", Citations: []llm.Citation{{URL: "u"}}, Signature: &llm.Signature{Data: "s"}}, &llm.Refusal{Text: " no"},
		&llm.ToolCall{CallID: "1", Namespace: "n", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw("{\"a\":\n1}"), Signature: &llm.Signature{Data: "s"}},
		&llm.ToolCall{CallID: "2", Name: "g", Kind: llm.ToolCustom, Input: llm.Raw("x")},
		&llm.ToolCall{CallID: "3", Name: "s", Kind: llm.ToolServer}, &llm.ServerToolResult{}, &llm.Opaque{},
		&llm.Media{Kind: llm.MediaImage, Data: "AAAA"}, &llm.Media{Kind: llm.MediaImage, URL: "u"},
		&llm.Media{Kind: llm.MediaAudio, Data: "x", Transcript: "!"},
	)
	r.Created = 1700000000
	r.Usage = &llm.Usage{Input: 3, CacheRead: 4, Output: 5}
	r.Choices = append(r.Choices, llm.Choice{Index: 1, Blocks: []llm.Block{&llm.Text{Text: "other"}}})
	return r
}

func TestEncodeForeignResponse(t *testing.T) {
	body, losses, err := codec.EncodeResponse(foreignAnswer(), nil)
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":"Hi no!","thinking":"hm\n\na\n\nb",
		"images":["AAAA"],"tool_calls":[{"id":"1","function":{"index":0,"name":"n__f","arguments":{"a":1}}},{"id":"2","function":{"index":1,"name":"g","arguments":{"input":"x"}}}]},
		"done":true,"done_reason":"stop","total_duration":0,"load_duration":0,"prompt_eval_count":7,"prompt_eval_duration":0,"eval_count":5,"eval_duration":0}`, string(body))
	const order, lost = "approximated:block_order", "approximated:audio_out,approximated:custom_tool,approximated:finish,approximated:refusal,dropped:citations,dropped:foreign_signature,dropped:image_out,dropped:n,dropped:opaque,dropped:server_tool"
	require.Equal(t, strings.Replace(lost, ",", ","+order+",", 1), llm.LossCodes(losses))
	out, losses := encodeStream(codec, unfold(foreignAnswer()), &llm.Request{Model: "asked"})
	require.Equal(t, lost, llm.LossCodes(losses))
	require.Equal(t, strings.Join([]string{
		`{"role":"assistant","content":"","thinking":"hm"},"done":false}`,
		`{"role":"assistant","content":"","thinking":"\n\na"},"done":false}`,
		`{"role":"assistant","content":"","thinking":"\n\nb"},"done":false}`,
		`{"role":"assistant","content":"Hi"},"done":false}`,
		`{"role":"assistant","content":" no"},"done":false}`,
		`{"role":"assistant","content":"","tool_calls":[{"id":"1","function":{"index":0,"name":"n__f","arguments":{"a": 1}}}]},"done":false}`,
		`{"role":"assistant","content":"","tool_calls":[{"id":"2","function":{"index":1,"name":"g","arguments":{"input":"x"}}}]},"done":false}`,
		`{"role":"assistant","content":"","images":["AAAA"]},"done":false}`,
		`{"role":"assistant","content":"!"},"done":false}`,
		`{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":0,"load_duration":0,"prompt_eval_count":7,"prompt_eval_duration":0,"eval_count":5,"eval_duration":0}`,
		``,
	}, "\n"), strings.ReplaceAll(string(out), `{"model":"m","created_at":"2023-11-14T22:13:20Z","message":`, ""))
}

func TestEncodeGenerated(t *testing.T) {
	c := lanes[1].codec
	r := answer(llm.FinishLength, &llm.Reasoning{Text: "t"}, &llm.Text{Text: "x"}, &llm.ToolCall{Name: "f", Kind: llm.ToolFunction}, &llm.Media{Kind: llm.MediaImage, Data: "AAAA"})
	r.Model = ""
	body, losses, err := c.EncodeResponse(r, &llm.Request{Model: "asked"})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(body), `{"model":"asked","created_at":"1970-01-01T00:00:00Z","response":"x","thinking":"t","done":true,"done_reason":"length",`), "%s", body)
	require.Equal(t, "dropped:image_out,dropped:tool_call", llm.LossCodes(losses))
	out, losses := encodeStream(c, unfold(r), nil)
	require.Equal(t, "dropped:image_out,dropped:tool_call", llm.LossCodes(losses))
	require.Contains(t, string(out), `"response":"","thinking":"t","done":false}`)
	require.Contains(t, string(out), `"response":"x","done":false}`)
}

func TestStreamEncoderTakesWhateverComes(t *testing.T) {
	call := &llm.ToolCall{CallID: "c", Name: "f", Kind: llm.ToolFunction}
	sig := &llm.Signature{Data: "s"}
	out, losses := encodeStream(codec, []*llm.Event{
		{Type: llm.EventPing},
		{Type: llm.EventStart},
		{Type: llm.EventBlockStart},
		{Type: llm.EventDelta, Index: 7, Delta: llm.DeltaText, Text: "nobody's"},
		{Type: llm.EventBlockStop, Index: 7},
		{Type: llm.EventBlockStart, Index: 0, Block: call},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{Text: "head"}},
		{Type: llm.EventBlockStart, Index: 1, Block: &llm.Text{Text: "twice"}},
		{Type: llm.EventDelta, Index: 0, Delta: llm.DeltaInput, Text: `{"a"`},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaText},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaData, Text: "x"},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaSignature, Text: "x"},
		{Type: llm.EventDelta, Index: 1, Delta: llm.DeltaCitation, Citation: &llm.Citation{}},
		{Type: llm.EventDelta, Index: 0, Delta: llm.DeltaInput, Text: `:1}`},
		{Type: llm.EventBlockStop, Index: 1, Block: &llm.Text{Text: "head", Signature: sig}},
		{Type: llm.EventBlockStop, Index: 0},
		{Type: llm.EventBlockStart, Index: 2, Block: &llm.Reasoning{}},
		{Type: llm.EventBlockStop, Index: 2, Block: &llm.Reasoning{Text: "late"}},
		{Type: llm.EventBlockStart, Index: 3, Block: &llm.Refusal{Text: "no"}},
		{Type: llm.EventBlockStop, Index: 3, Block: &llm.Refusal{Text: "no"}},
		{Type: llm.EventBlockStart, Index: 4, Block: &llm.Reasoning{Text: "r"}},
		{Type: llm.EventBlockStop, Index: 4, Block: &llm.Reasoning{Text: "r"}},
		{Type: llm.EventOpaque},
		{Type: llm.EventFinish, Choice: 1},
		{Type: llm.EventEnd},
		{Type: llm.EventPing},
	}, &llm.Request{Model: "m"})
	r := fold(t, stream(t, out))
	var text, thinking string
	for _, b := range r.Choices[0].Blocks {
		switch b := b.(type) {
		case *llm.Text:
			text += b.Text
		case *llm.Reasoning:
			thinking += b.Text
		case *llm.ToolCall:
			require.JSONEq(t, `{"a":1}`, string(b.Input))
		}
	}
	require.Equal(t, []string{"headno", "later"}, []string{text, thinking})
	require.Equal(t, "approximated:refusal,dropped:citations,dropped:foreign_signature,dropped:opaque_event", llm.LossCodes(losses))
}

// What a stream says is what the whole answer says, however its blocks stand.
func TestStreamedIsWhole(t *testing.T) {
	block := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) llm.Block { return &llm.Text{Text: s} }),
		rapid.Map(rapid.String(), func(s string) llm.Block { return &llm.Reasoning{Text: s} }),
		rapid.Map(rapid.String(), func(s string) llm.Block {
			in, _ := json.Marshal(map[string]string{"k": s})
			return &llm.ToolCall{CallID: "c" + s, Name: "f", Kind: llm.ToolFunction, Input: in}
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		r := answer(rapid.SampledFrom(llm.Finishes()).Draw(t, "finish"), rapid.SliceOfN(block, 0, 6).Draw(t, "blocks")...)
		body, _, err := codec.EncodeResponse(r, nil)
		require.NoError(t, err)
		whole, err := codec.DecodeResponse(body, wire.Target{})
		require.NoError(t, err)
		out, _ := encodeStream(codec, unfold(r), nil)
		events, err := tryStream(bytes.NewReader(out))
		require.NoError(t, err)
		streamed, err := llm.Fold(slices.Values(events))
		require.NoError(t, err)
		require.Equal(t, gist(whole), gist(streamed))
		require.Equal(t, whole.Choices[0].Finish, streamed.Choices[0].Finish)
	})
}

// gist is what an answer says, without how it is cut into blocks; thoughts that
// stand apart in a stream have a gap between them in a whole answer.
func gist(r *llm.Response) [3]string {
	var out [3]string
	for _, b := range r.Choices[0].Blocks {
		switch b := b.(type) {
		case *llm.Text:
			out[0] += b.Text
		case *llm.Reasoning:
			out[1] += strings.ReplaceAll(b.Text, "\n\n", "")
		case *llm.ToolCall:
			out[2] += b.CallID + b.Name + string(b.Input) + "\n"
		}
	}
	out[1] = strings.ReplaceAll(out[1], "\n", "")
	return out
}

func TestDecodeResponse(t *testing.T) {
	r := decodeResponse(t, []byte(`{"model":"m","created_at":"soon","message":{"role":"assistant","content":"","tool_calls":[
		{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"f","arguments":{"a":1}}},{"function":{}},7,
		{"id":"x","function":{"name":"g","arguments":"not an object"}}],"images":[1]},"done":true,"prompt_eval_count":-3,"eval_count":2}`))
	require.Equal(t, llm.FinishToolUse, r.Choices[0].Finish)
	var ids []string
	for _, b := range r.Choices[0].Blocks {
		c, ok := b.(*llm.ToolCall)
		require.True(t, ok)
		ids = append(ids, c.CallID)
	}
	require.Len(t, ids, 3)
	require.NotEqual(t, ids[0], ids[1])
	require.Equal(t, "x", ids[2])
	require.Equal(t, llm.UsageNegative, r.Usage.Flags)
	require.Equal(t, int64(2), r.Usage.Output)
	for _, body := range []string{`[]`, `{`, `{"model":"m"}`, `{"message":[],"done":true}`} {
		_, err := codec.DecodeResponse([]byte(body), wire.Target{})
		var e *llm.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, "upstream_malformed", e.Code, body)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   llm.Kind
		scope  llm.Scope
		code   string
	}{
		{404, `{"error":"model \"x\" not found, try pulling it first"}`, llm.KindNotFound, llm.ScopeModel, "model_not_found"},
		{404, `{"error":"gone"}`, llm.KindNotFound, llm.ScopeModel, "model_not_found"},
		{400, `{"error":"registry.ollama.ai/library/gemma3:4b does not support tools"}`, llm.KindUnsupported, llm.ScopeModel, "unsupported_by_model"},
		{400, `{"error":"think value \"high\" is not supported for this model"}`, llm.KindUnsupported, llm.ScopeModel, "unsupported_by_model"},
		{400, `{"error":"the input length exceeds the context length"}`, llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
		{500, `{"error":"{\"error\":{\"type\":\"exceed_context_size_error\",\"n_ctx\":512}}"}`, llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
		{503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`, llm.KindOverloaded, llm.ScopeProvider, "overloaded"},
		{500, `{"error":"model requires more system memory (5.6 GiB) than is available (3.1 GiB)"}`, llm.KindOverloaded, llm.ScopeModel, "out_of_memory"},
		{401, `{"error":"unauthorized"}`, llm.KindAuth, llm.ScopeCredential, ""},
		{429, `{"error":"too many"}`, llm.KindRateLimit, llm.ScopeCredential, ""},
		{500, `{"error":"boom"}`, llm.KindUpstream, llm.ScopeProvider, ""},
		{502, `<html>`, llm.KindUpstream, llm.ScopeProvider, ""},
	} {
		e := codec.DecodeError(c.status, http.Header{}, []byte(c.body))
		require.Equal(t, []any{c.kind, c.scope, c.code}, []any{e.Kind, e.Scope, e.Code}, c.body)
		require.Equal(t, c.status, e.Upstream.Status)
		require.NotEmpty(t, e.Message)
	}
	_, err := codec.DecodeResponse([]byte(`{"error":"boom"}`), wire.Target{})
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindUpstream, e.Kind)

	events := stream(t, []byte(`{"model":"m","message":{"content":"a"},"done":false}`+"\n"+`{"error":"the input length exceeds the context length"}`+"\n"+`{"done":true}`))
	last := events[len(events)-1]
	require.Equal(t, llm.EventFail, last.Type)
	require.Equal(t, llm.KindContextLength, last.Err.Kind)

	require.Equal(t, `{"error":"a \"b\""}`, string(codec.EncodeError(llm.Errorf(llm.KindInvalid, "", `a "b"`))))
	require.Equal(t, `{"error":"Too Many Requests"}`+"\n", string(ollama.Raw{}.EncodeStreamError(&llm.Error{Kind: llm.KindRateLimit})))
	for _, ev := range []*llm.Event{{Type: llm.EventFail}, {Type: llm.EventFail, Err: last.Err}} {
		out, _ := encodeStream(codec, []*llm.Event{{Type: llm.EventStart}, ev, ev}, nil)
		require.Equal(t, 1, bytes.Count(out, []byte("\n")), "%s", out)
		require.Equal(t, llm.EventFail, stream(t, out)[1].Type)
	}
}

func TestTotal(t *testing.T) {
	require.Equal(t, llm.Ollama, codec.Protocol())
	require.Equal(t, "application/x-ndjson", codec.StreamType())
	for _, f := range llm.Finishes() {
		body, _, err := codec.EncodeResponse(&llm.Response{Choices: []llm.Choice{{Finish: f}}, Created: 1 << 60}, nil)
		require.NoError(t, err)
		require.NotContains(t, string(body), `"done_reason":""`, f)
		require.Contains(t, string(body), `"created_at":"1970-01-01T00:00:00Z"`)
	}
	for _, in := range []string{`7`, `{"message":[]}`, `{`} {
		_, err := tryStream(strings.NewReader(in + "\n"))
		require.Error(t, err, in)
	}
	events := stream(t, []byte("\n{\"message\":{\"content\":\"x\"}}\n\n{\"done\":true}\n\n{}"))
	require.Equal(t, llm.EventStart, events[0].Type, "a blank line before the first says nothing")
	require.Equal(t, llm.EventPing, events[3].Type)
	require.Equal(t, llm.EventEnd, events[len(events)-1].Type)
}
