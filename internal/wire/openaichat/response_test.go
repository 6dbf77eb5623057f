package openaichat_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func decodeResponse(t *testing.T, body string) *llm.Response {
	t.Helper()
	r, err := codec.DecodeResponse([]byte(body), wire.Target{})
	require.NoError(t, err)
	return r
}

func TestDecodeResponse(t *testing.T) {
	for _, c := range []struct {
		name, choice string
		want         []llm.Block
		finish       llm.Finish
	}{
		{"content as null", `{"message":{"content":null},"finish_reason":"stop"}`, nil, llm.FinishStop},
		{"stop with calls", `{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":""}}]},"finish_reason":"stop"}`, []llm.Block{call("a", "f", "{}")}, llm.FinishToolUse},
		{"filled with nothing", `{"message":{"audio":{"data":"","id":""},"content":"x","function_call":{"arguments":"","name":""},"refusal":"","tool_calls":[{"id":"a","type":"function","custom":{"input":"","name":""},"function":{"name":"f","arguments":"{}"}}]},"finish_reason":""}`, []llm.Block{text("x"), call("a", "f", "{}")}, llm.FinishToolUse},
		{"parts", `{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"x"}]},"finish_reason":"model_length"}`, []llm.Block{&llm.Reasoning{Text: "t"}, text("x")}, llm.FinishLength},
		{"arguments as an object", `{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x": 1}}}]}}`, []llm.Block{call("a", "f", `{"x": 1}`)}, llm.FinishToolUse},
		{"refusal", `{"message":{"refusal":"no"},"finish_reason":"stop"}`, []llm.Block{&llm.Refusal{Text: "no"}}, llm.FinishRefusal},
		{"legacy", `{"message":{"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}`, nil, llm.FinishToolUse},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decodeResponse(t, `{"id":"r","choices":[`+c.choice+`]}`)
			require.Equal(t, c.finish, r.Choices[0].Finish)
			if c.name != "legacy" {
				require.Equal(t, c.want, r.Choices[0].Blocks)
			}
		})
	}
}

func TestDecodeResponseRefuses(t *testing.T) {
	for _, c := range []struct {
		body string
		kind llm.Kind
	}{
		{``, llm.KindUpstream},
		{`<html>`, llm.KindUpstream},
		{`[]`, llm.KindUpstream},
		{`{}`, llm.KindUpstream},
		{`{"choices":[]}`, llm.KindUpstream},
		{`{"choices":[7]}`, llm.KindUpstream},
		{`{"error":{"message":"quota","code":"insufficient_quota"}}`, llm.KindQuota},
		{`{"error":"boom"}`, llm.KindUpstream},
		{`{"object":"error","message":"m","code":404}`, llm.KindNotFound},
	} {
		_, err := codec.DecodeResponse([]byte(c.body), wire.Target{})
		require.Equal(t, c.kind, kindOf(t, err).Kind, c.body)
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	r := decodeResponse(t, "{\"choices\":[{\"message\":{\"content\":\"a\xff\"},\"x\":\"\xfe\"}]}")
	require.Equal(t, []llm.Block{text("a\uFFFD")}, r.Choices[0].Blocks)
	require.Equal(t, llm.Raw(`"`+"\uFFFD"+`"`), r.Choices[0].Ext[0].Value)
}

func TestEncodeForeignResponse(t *testing.T) {
	foreign := &llm.Signature{Data: "s", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}
	r := &llm.Response{ID: "msg_1", Model: "claude", Created: 5, Choices: []llm.Choice{{
		Blocks: []llm.Block{
			&llm.Reasoning{Text: "hm", Signature: foreign}, &llm.Reasoning{Redacted: true, Encrypted: foreign},
			text("a"), &llm.Text{Text: "<b>", Citations: []llm.Citation{{URL: "u", Title: "t", Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}}},
			&llm.ToolCall{CallID: "c", Name: "f", Namespace: "ns", Kind: llm.ToolFunction},
		}, Finish: llm.FinishToolUse,
	}}, Usage: &llm.Usage{Input: 3, CacheRead: 4, Output: 5}}
	body, losses, err := codec.EncodeResponse(r, &llm.Request{Model: "alias"})
	require.NoError(t, err)
	require.Equal(t, llm.Raw(`{"id":"msg_1","object":"chat.completion","created":5,"model":"claude","choices":[{"index":0,"message":{"role":"assistant","content":"a<b>","refusal":null,"reasoning_content":"hm",`+
		`"annotations":[{"type":"url_citation","url_citation":{"end_index":4,"start_index":1,"title":"t","url":"u"}}],`+
		`"tool_calls":[{"id":"c","type":"function","function":{"name":"ns__f","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],`+
		`"usage":{"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}}`), llm.Raw(body))
	require.Equal(t, "dropped:foreign_signature", codes(losses))
}

func TestFinishesAreTotal(t *testing.T) {
	words := map[llm.Finish]string{
		llm.FinishStop: "stop", llm.FinishStopSequence: "stop", llm.FinishLength: "length", llm.FinishToolUse: "tool_calls",
		llm.FinishContentFilter: "content_filter", llm.FinishRefusal: "content_filter", llm.FinishPause: "stop", llm.FinishError: "error",
	}
	for _, f := range llm.Finishes() {
		body, _, err := codec.EncodeResponse(&llm.Response{Choices: []llm.Choice{{Finish: f}}}, nil)
		require.NoError(t, err)
		require.Contains(t, string(body), `"finish_reason":"`+words[f]+`"`, f)
		out, _ := encodeStream([]*llm.Event{head(), finished(f), end()}, nil)
		require.Contains(t, string(out), `"finish_reason":"`+words[f]+`"`, f)
	}
}

func TestErrorsAreTotal(t *testing.T) {
	// What our own error says to a client that is again a gateway.
	same := map[llm.Kind]llm.Kind{llm.KindInternal: llm.KindUpstream, llm.KindCanceled: llm.KindCanceled}
	for _, k := range llm.Kinds() {
		e := llm.Errorf(k, "", "what happened")
		e.Param = "messages[0]"
		body := codec.EncodeError(e)
		got := codec.DecodeError(e.HTTPStatus(), http.Header{"X-Request-Id": {"req_1"}}, body)
		want, ok := same[k]
		if !ok {
			want = k
		}
		require.Equal(t, want, got.Kind, k)
		require.Equal(t, "messages[0]", got.Param)
		require.Equal(t, "req_1", got.Upstream.RequestID)
		require.Equal(t, e.HTTPStatus(), got.Upstream.Status)
		events := stream(t, bytesReader(codec.EncodeStreamError(e)))
		require.Equal(t, llm.EventFail, events[len(events)-1].Type)
	}
}

func TestDecodeError(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   llm.Kind
		scope  llm.Scope
		code   string
	}{
		{400, `{"error":{"message":"Unsupported parameter","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`, llm.KindInvalid, llm.ScopeRequest, "unsupported_parameter"},
		{400, `{"error":{"message":"This model's maximum context length is 5 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`, llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"},
		{400, `{"error":{"message":"prompt is too long","type":"invalid_request_error"}}`, llm.KindContextLength, llm.ScopeRequest, "invalid_request_error"},
		{401, `{"error":{"message":"Incorrect API key provided: sk-abc","code":"invalid_api_key"}}`, llm.KindAuth, llm.ScopeCredential, "invalid_api_key"},
		{402, `{"error":{"message":"Insufficient credits","code":402}}`, llm.KindQuota, llm.ScopeCredential, ""},
		{403, `{"detail":"no"}`, llm.KindPermission, llm.ScopeCredential, ""},
		{404, `{"error":{"message":"no model","code":"model_not_found"}}`, llm.KindNotFound, llm.ScopeModel, "model_not_found"},
		{429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`, llm.KindQuota, llm.ScopeCredential, "insufficient_quota"},
		{429, `{"error":{"message":"slow","type":"tokens","code":"rate_limit_exceeded"}}`, llm.KindRateLimit, llm.ScopeCredential, "rate_limit_exceeded"},
		{500, `oops`, llm.KindUpstream, llm.ScopeProvider, ""},
		{503, ``, llm.KindOverloaded, llm.ScopeModel, ""},
		{529, `{}`, llm.KindOverloaded, llm.ScopeModel, ""},
	} {
		e := codec.DecodeError(c.status, noHeader, []byte(c.body))
		require.Equal(t, c.kind, e.Kind, c.body)
		require.Equal(t, c.scope, e.Scope, c.body)
		require.Equal(t, c.code, e.Code, c.body)
		require.NotContains(t, e.Message, "sk-abc")
	}
	for _, s := range fixtures(t).errors {
		e := codec.DecodeError(400, noHeader, s.body)
		require.NotEmpty(t, e.Upstream.Message, s.name)
	}
}
