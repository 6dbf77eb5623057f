package anthropic_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

func TestEncodeErrorIsTotal(t *testing.T) {
	known := []string{
		"invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error",
		"request_too_large", "rate_limit_error", "timeout_error", "api_error", "overloaded_error",
	}
	for _, k := range llm.Kinds() {
		e := llm.Errorf(k, "code", "something happened")
		v := parse(t, codec.EncodeError(e))
		require.Equal(t, "error", v["type"])
		inner := v["error"].(object)
		require.Contains(t, known, inner["type"], k)
		require.Contains(t, inner["message"], "something happened")

		// What was said in this dialect is understood in it again.
		back := codec.DecodeError(e.HTTPStatus(), nil, codec.EncodeError(e))
		switch k {
		case llm.KindInternal, llm.KindConnection, llm.KindCanceled:
			require.Equal(t, llm.KindUpstream, back.Kind, k)
		case llm.KindUnsupported, llm.KindContentFilter:
			require.Equal(t, llm.KindInvalid, back.Kind, k)
		default:
			require.Equal(t, k, back.Kind, k)
		}
	}
}

func TestEncodeErrorSays(t *testing.T) {
	e := llm.Errorf(llm.KindInvalid, "c", "must be a string")
	e.Param = "messages[2].content"
	e.Cause = http.ErrBodyNotAllowed
	e.Upstream = &llm.UpstreamError{RequestID: "req_9", Body: []byte("secret")}
	require.JSONEq(t, `{"type":"error","error":{"type":"invalid_request_error","message":"messages[2].content: must be a string"},"request_id":"req_9"}`,
		string(codec.EncodeError(e)))

	e = llm.Errorf(llm.KindContextLength, "c", "300000 tokens do not fit")
	require.Contains(t, string(codec.EncodeError(e)), "prompt is too long: 300000", "agents look for these words")
	e.Message = "Prompt is too long"
	require.NotContains(t, string(codec.EncodeError(e)), "too long: Prompt")

	require.Equal(t, "event: error\ndata: "+string(codec.EncodeError(e))+"\n\n", string(codec.EncodeStreamError(e)))
}

func TestDecodeError(t *testing.T) {
	typed := func(kind, message string) string {
		return `{"type":"error","error":{"type":"` + kind + `","message":"` + message + `"},"request_id":"req_1"}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		kind   llm.Kind
		scope  llm.Scope
		code   string
		param  string
	}{
		{"field", 400, typed("invalid_request_error", "messages.0.content.1.type: Field required"), llm.KindInvalid, llm.ScopeRequest, "invalid_request", "messages[0].content[1].type"},
		{"top field", 400, typed("invalid_request_error", "max_tokens: 9 > 8"), llm.KindInvalid, llm.ScopeRequest, "invalid_request", "max_tokens"},
		{"no field", 400, typed("invalid_request_error", "Bad things happened: yes"), llm.KindInvalid, llm.ScopeRequest, "invalid_request", ""},
		{"too long", 400, typed("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"), llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded", ""},
		{"too long with output", 400, typed("invalid_request_error", "input length and `max_tokens` exceed context limit: 1 + 2 > 2"), llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded", ""},
		{"filtered", 400, typed("invalid_request_error", "Output blocked by content filtering policy"), llm.KindContentFilter, llm.ScopeRequest, "content_filter", ""},
		{"no credit", 400, typed("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), llm.KindQuota, llm.ScopeCredential, "insufficient_quota", ""},
		{"spent", 400, typed("invalid_request_error", "You have reached your specified API usage limits."), llm.KindQuota, llm.ScopeCredential, "insufficient_quota", ""},
		{"disabled", 400, typed("invalid_request_error", "This organization has been disabled."), llm.KindPermission, llm.ScopeCredential, "organization_disabled", ""},
		{"key", 401, typed("authentication_error", "invalid x-api-key"), llm.KindAuth, llm.ScopeCredential, "authentication_failed", ""},
		{"billing", 402, typed("billing_error", "pay"), llm.KindQuota, llm.ScopeCredential, "insufficient_quota", ""},
		{"forbidden", 403, typed("permission_error", "no"), llm.KindPermission, llm.ScopeCredential, "permission_denied", ""},
		{"model", 404, typed("not_found_error", "model: claude-does-not-exist"), llm.KindNotFound, llm.ScopeModel, "model_not_found", ""},
		{"path", 404, typed("not_found_error", "Not Found"), llm.KindNotFound, llm.ScopeModel, "not_found", ""},
		{"large", 413, typed("request_too_large", "Request exceeds"), llm.KindTooLarge, llm.ScopeRequest, "request_too_large", ""},
		{"rate", 429, typed("rate_limit_error", "This request would exceed"), llm.KindRateLimit, llm.ScopeCredential, "rate_limited", ""},
		{"timeout", 504, typed("timeout_error", "late"), llm.KindTimeout, llm.ScopeModel, "upstream_timeout", ""},
		{"api", 500, typed("api_error", "Internal server error"), llm.KindUpstream, llm.ScopeProvider, "upstream_error", ""},
		{"overloaded", 529, typed("overloaded_error", "Overloaded"), llm.KindOverloaded, llm.ScopeModel, "overloaded", ""},
		{"unknown type", 429, typed("a_new_error", "x"), llm.KindRateLimit, llm.ScopeCredential, "rate_limited", ""},
		{"html", 502, "<html>", llm.KindUpstream, llm.ScopeProvider, "upstream_error", ""},
		{"html of a proxy", 413, "<html>", llm.KindTooLarge, llm.ScopeRequest, "request_too_large", ""},
		{"other client error", 418, "", llm.KindInvalid, llm.ScopeRequest, "invalid_request", ""},
		{"bare string", 503, `{"error":"no capacity"}`, llm.KindOverloaded, llm.ScopeModel, "overloaded", ""},
		{"OpenAI's shape", 429, `{"error":{"message":"slow","code":"rate_limit_exceeded"}}`, llm.KindRateLimit, llm.ScopeCredential, "rate_limited", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := codec.DecodeError(tt.status, http.Header{"Request-Id": {"req_header"}}, []byte(tt.body))
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.scope, e.Scope)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.param, e.Param)
			require.NotEmpty(t, e.Message)
			require.Equal(t, tt.status, e.Upstream.Status)
			require.Equal(t, tt.body, string(e.Upstream.Body))
			want := "req_header"
			if strings.Contains(tt.body, "req_1") {
				want = "req_1"
			}
			require.Equal(t, want, e.Upstream.RequestID)
			if tt.scope == llm.ScopeRequest {
				require.Equal(t, tt.status, e.HTTPStatus(), "the client's own fault keeps its status")
			}
		})
	}
}

func TestDecodeErrorBoundsTheBody(t *testing.T) {
	e := codec.DecodeError(500, nil, bytes.Repeat([]byte("x"), 1<<20))
	require.Len(t, e.Upstream.Body, 64<<10)
}

func TestDecodeRecordedErrors(t *testing.T) {
	for name, all := range cassettes(t) {
		for _, x := range all {
			if x.Response.Status >= 400 {
				e := codec.DecodeError(x.Response.Status, nil, x.Response.Body)
				require.NotEqual(t, llm.KindInternal, e.Kind, name)
				require.NotEmpty(t, e.Upstream.RequestID, name)
			}
		}
	}
}
