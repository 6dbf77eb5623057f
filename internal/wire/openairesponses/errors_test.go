package openairesponses_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Every kind has its words, and where the API has a code of its own for it, the
// way back gives the same kind.
func TestErrorsAreTotal(t *testing.T) {
	nearest := map[llm.Kind]llm.Kind{
		llm.KindInternal:    llm.KindUpstream, // another server's defect is an upstream's
		llm.KindConnection:  llm.KindUpstream,
		llm.KindCanceled:    llm.KindUpstream,
		llm.KindUnsupported: llm.KindUnsupported,
	}
	for _, kind := range llm.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			e := &llm.Error{Kind: kind, Message: "what happened", Param: "input[0]"}
			body := codec.EncodeError(e)
			var out struct {
				Error struct{ Message, Type, Param, Code string }
			}
			require.NoError(t, json.Unmarshal(body, &out))
			require.Equal(t, "what happened", out.Error.Message)
			require.Equal(t, "input[0]", out.Error.Param)
			require.NotEmpty(t, out.Error.Type)
			require.NotEmpty(t, out.Error.Code)
			want, ok := nearest[kind]
			if !ok {
				want = kind
			}
			require.Equal(t, want, codec.DecodeError(e.HTTPStatus(), nil, body).Kind)

			all := parseStream(t, codec.EncodeStreamError(e))
			require.Equal(t, []string{"error", "response.failed"}, kinds(all))
			require.Equal(t, out.Error.Code, all[0].data["code"])
			nested, isObject := all[0].data["error"].(map[string]any)
			require.True(t, isObject, "SDKs look for the object")
			require.Equal(t, "what happened", nested["message"])
			resp, _ := all[1].data["response"].(map[string]any)
			require.Equal(t, "failed", resp["status"])
			require.Equal(t, map[string]any{"code": out.Error.Code, "message": "what happened"}, resp["error"])
		})
	}
}

func TestEncodeErrorCodes(t *testing.T) {
	body := string(codec.EncodeError(llm.Errorf(llm.KindNotFound, "alias_unknown", "no")))
	require.JSONEq(t, `{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"alias_unknown"}}`, body)
	// Codex tells retry from stop by these codes, whatever the upstream's were.
	for kind, code := range map[llm.Kind]string{
		llm.KindRateLimit: "rate_limit_exceeded", llm.KindQuota: "insufficient_quota",
		llm.KindContextLength: "context_length_exceeded", llm.KindOverloaded: "server_is_overloaded",
		llm.KindContentFilter: "invalid_prompt",
	} {
		require.Contains(t, string(codec.EncodeError(llm.Errorf(kind, "of_another_dialect", "m"))), `"code":"`+code+`"`)
	}
}

func TestDecodeError(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		kind       llm.Kind
		scope      llm.Scope
		code       string
		message    string
	}{
		{"quota", `{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, 429, llm.KindQuota, llm.ScopeCredential, "insufficient_quota", "m"},
		{"rate", `{"error":{"message":"m","type":"tokens","code":"rate_limit_exceeded"}}`, 429, llm.KindRateLimit, llm.ScopeCredential, "rate_limit_exceeded", "m"},
		{"temperature", `{"error":{"message":"m","type":"invalid_request_error","param":"temperature","code":null}}`, 400, llm.KindInvalid, llm.ScopeRequest, "invalid_request_error", "m"},
		{"context", `{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}`, 400, llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded", "m"},
		{"context by words", `{"error":{"message":"This model's maximum context length is 9 tokens","type":"BadRequestError","code":400}}`, 400, llm.KindContextLength, llm.ScopeRequest, "BadRequestError", "This model's maximum context length is 9 tokens"},
		{"model", `{"error":{"message":"m","type":"invalid_request_error","code":"model_not_found"}}`, 404, llm.KindNotFound, llm.ScopeModel, "model_not_found", "m"},
		{"lost response", `{"error":{"message":"m","type":"invalid_request_error","code":"previous_response_not_found"}}`, 400, llm.KindNotFound, llm.ScopeRequest, "previous_response_not_found", "m"},
		{"policy", `{"error":{"message":"m","code":"invalid_prompt"}}`, 400, llm.KindContentFilter, llm.ScopeRequest, "invalid_prompt", "m"},
		{"server", `{"error":{"message":"m","type":"server_error"}}`, 500, llm.KindUpstream, llm.ScopeProvider, "server_error", "m"},
		{"overloaded", `{"error":{"message":"m","type":"server_error","code":"server_is_overloaded"}}`, 503, llm.KindOverloaded, llm.ScopeModel, "server_is_overloaded", "m"},
		{"detail", `{"detail":"Unsupported model"}`, 400, llm.KindInvalid, llm.ScopeRequest, "", "Unsupported model"},
		{"error text", `{"error":"no such thing","code":"x"}`, 404, llm.KindNotFound, llm.ScopeModel, "x", "no such thing"},
		{"bare", `{"object":"error","message":"m","type":"NotFoundError","code":404}`, 404, llm.KindNotFound, llm.ScopeModel, "NotFoundError", "m"},
		{"html", `<html>bad gateway</html>`, 502, llm.KindUpstream, llm.ScopeProvider, "", "The upstream answered with an error and did not say what it was."},
		{"empty", ``, 429, llm.KindRateLimit, llm.ScopeCredential, "", "The upstream answered with an error and did not say what it was."},
		{"timeout", ``, 504, llm.KindTimeout, llm.ScopeProvider, "", "The upstream answered with an error and did not say what it was."},
		{"teapot", ``, 418, llm.KindInvalid, llm.ScopeRequest, "", "The upstream answered with an error and did not say what it was."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"X-Request-Id": {"req_1"}}
			e := codec.DecodeError(tt.status, h, []byte(tt.body))
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.scope, e.Scope)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.message, e.Message)
			require.Equal(t, tt.status, e.Upstream.Status)
			require.Equal(t, "req_1", e.Upstream.RequestID)
			require.Equal(t, tt.body, string(e.Upstream.Body))
		})
	}
}

// OpenAI repeats the ends of a wrong key: that is our provider's, not the client's.
func TestDecodeErrorHidesCredential(t *testing.T) {
	e := codec.DecodeError(401, nil, []byte(`{"error":{"message":"Incorrect API key provided: sk-canary*1234.","type":"invalid_request_error","code":"invalid_api_key"}}`))
	require.Equal(t, llm.KindAuth, e.Kind)
	require.Equal(t, llm.ScopeCredential, e.Scope)
	require.NotContains(t, e.Message, "canary")
	require.NotContains(t, string(codec.EncodeError(e)), "canary")
	require.Contains(t, e.Upstream.Message, "canary", "for us to see")
}

func TestDecodeErrorBoundsBody(t *testing.T) {
	e := codec.DecodeError(500, nil, []byte(strings.Repeat("x", 1<<20)))
	require.Len(t, e.Upstream.Body, 64<<10)
}

func TestDecodeErrorFixtures(t *testing.T) {
	for name, c := range cassettes(t) {
		for _, i := range c.Interactions {
			if i.Response.Status >= 400 {
				e := codec.DecodeError(i.Response.Status, nil, i.Response.Body)
				require.Equal(t, llm.KindInvalid, e.Kind, name)
				require.NotEmpty(t, e.Param, name)
			}
		}
	}
	for _, s := range files(t, fixtures+"/openai-responses/vercel--*error*.json") {
		e := codec.DecodeError(400, nil, s.data)
		require.Contains(t, []llm.Kind{llm.KindInvalid, llm.KindQuota}, e.Kind, s.name)
	}
}
