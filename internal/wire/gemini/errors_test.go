package gemini_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Every kind has a status word, and the word brings back a kind that is
// treated the same.
func TestErrorsAreTotal(t *testing.T) {
	back := map[llm.Kind]llm.Kind{
		llm.KindInternal: llm.KindUpstream, llm.KindContextLength: llm.KindInvalid, llm.KindContentFilter: llm.KindInvalid,
		llm.KindQuota: llm.KindRateLimit, llm.KindConnection: llm.KindOverloaded, llm.KindCanceled: llm.KindUpstream,
	}
	for _, k := range llm.Kinds() {
		t.Run(k.String(), func(t *testing.T) {
			e := &llm.Error{Kind: k, Message: "m"}
			body := gemini.Codec{}.EncodeError(e)
			require.NoError(t, wirejson.Check(body))
			inner := wirejson.Member(body, "error")
			code, ok := wirejson.Int(wirejson.Member(inner, "code"))
			require.True(t, ok, "the code is an integer")
			require.Equal(t, int64(e.HTTPStatus()), code)
			require.NotEmpty(t, wirejson.Member(inner, "status"))
			want := k
			if w, ok := back[k]; ok {
				want = w
			}
			require.Equal(t, want, gemini.Codec{}.DecodeError(e.HTTPStatus(), http.Header{}, body).Kind)
		})
	}
}

func TestEncodeErrorDetails(t *testing.T) {
	e := &llm.Error{
		Kind: llm.KindRateLimit, Code: "rate_limit_exceeded", Param: "contents[0]", Message: "slow \"down\"",
		RetryAfter: 34400 * time.Millisecond, Upstream: &llm.UpstreamError{RequestID: "req_1"}, Cause: os.ErrInvalid,
	}
	require.JSONEq(t, `{"error":{"code":429,"message":"slow \"down\"","status":"RESOURCE_EXHAUSTED","details":[
		{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"plexus"},
		{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"},
		{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0]","description":"slow \"down\""}]},
		{"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"req_1"}]}}`, string(gemini.Codec{}.EncodeError(e)))
	require.Equal(t, "data: "+string(gemini.Codec{}.EncodeError(e))+"\n\n", string(gemini.Codec{}.EncodeStreamError(e)))
	again := gemini.Codec{}.DecodeError(429, http.Header{}, gemini.Codec{}.EncodeError(e))
	require.Equal(t, e.RetryAfter, again.RetryAfter)
	require.Equal(t, e.Code, again.Code)
	require.Equal(t, e.Param, again.Param)
	require.Equal(t, "req_1", again.Upstream.RequestID)
}

func TestDecodeError(t *testing.T) {
	detail := func(status, message, details string) string {
		return `{"error":{"code":0,"message":"` + message + `","status":"` + status + `","details":[` + details + `]}}`
	}
	quota := func(id string) string {
		return `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"` + id + `"}]}`
	}
	tests := []struct {
		name   string
		status int
		body   string
		kind   llm.Kind
		scope  llm.Scope
		code   string
	}{
		{"invalid", 400, detail("INVALID_ARGUMENT", "bad", ""), llm.KindInvalid, llm.ScopeRequest, "invalid_argument"},
		{"bad key", 400, detail("INVALID_ARGUMENT", "API key not valid.", `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}`), llm.KindAuth, llm.ScopeCredential, "api_key_invalid"},
		{"key expired", 400, detail("INVALID_ARGUMENT", "API key expired. Please renew it.", ""), llm.KindAuth, llm.ScopeCredential, "invalid_argument"},
		{"too long", 400, detail("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", ""), llm.KindContextLength, llm.ScopeRequest, "invalid_argument"},
		{"region", 400, detail("FAILED_PRECONDITION", "User location is not supported for the API use.", ""), llm.KindPermission, llm.ScopeProvider, "failed_precondition"},
		{"billing", 403, detail("PERMISSION_DENIED", "This API method requires billing to be enabled.", ""), llm.KindQuota, llm.ScopeCredential, "permission_denied"},
		{"unauthenticated", 401, detail("UNAUTHENTICATED", "no", ""), llm.KindAuth, llm.ScopeCredential, "unauthenticated"},
		{"model", 404, detail("NOT_FOUND", "models/x is not found", ""), llm.KindNotFound, llm.ScopeModel, "not_found"},
		{"per minute", 429, detail("RESOURCE_EXHAUSTED", "You exceeded your current quota", quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")), llm.KindRateLimit, llm.ScopeModel, "resource_exhausted"},
		{"per day", 429, detail("RESOURCE_EXHAUSTED", "You exceeded your current quota", quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")), llm.KindQuota, llm.ScopeModel, "resource_exhausted"},
		{"credits", 429, detail("RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", ""), llm.KindQuota, llm.ScopeCredential, "resource_exhausted"},
		{"shared capacity", 429, detail("RESOURCE_EXHAUSTED", "Resource exhausted.", ""), llm.KindRateLimit, llm.ScopeCredential, "resource_exhausted"},
		{"overloaded", 503, detail("UNAVAILABLE", "The model is overloaded.", ""), llm.KindOverloaded, llm.ScopeModel, "unavailable"},
		{"deadline", 504, detail("DEADLINE_EXCEEDED", "late", ""), llm.KindTimeout, llm.ScopeModel, "deadline_exceeded"},
		{"internal", 500, detail("INTERNAL", "oops", ""), llm.KindUpstream, llm.ScopeModel, "internal"},
		{"unimplemented", 501, detail("UNIMPLEMENTED", "no", ""), llm.KindUnsupported, llm.ScopeRequest, "unimplemented"},
		{"too large", 413, `{"error":{"code":413,"message":"Request payload size exceeds the limit"}}`, llm.KindTooLarge, llm.ScopeRequest, ""},
		{"in an array", 429, `[` + detail("RESOURCE_EXHAUSTED", "m", "") + `]`, llm.KindRateLimit, llm.ScopeCredential, "resource_exhausted"},
		{"page of a proxy", 503, `<html>`, llm.KindOverloaded, llm.ScopeModel, "unavailable"},
		{"nothing", 418, ``, llm.KindInvalid, llm.ScopeRequest, ""},
		{"unknown failure", 599, `{}`, llm.KindUpstream, llm.ScopeModel, ""},
		{"text for an object", 500, `{"error":"boom"}`, llm.KindUpstream, llm.ScopeModel, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := gemini.Codec{}.DecodeError(tt.status, http.Header{"X-Request-Id": {"id"}}, []byte(tt.body))
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.scope, e.Scope)
			require.Equal(t, tt.code, e.Code)
			require.NotEmpty(t, e.Message)
			require.Equal(t, tt.status, e.Upstream.Status)
			require.Equal(t, "id", e.Upstream.RequestID)
			require.Equal(t, tt.body, string(e.Upstream.Body))
		})
	}
}

func TestDecodeErrorBoundsTheBody(t *testing.T) {
	e := gemini.Codec{}.DecodeError(500, http.Header{}, bytes.Repeat([]byte("x"), 1<<20))
	require.Len(t, e.Upstream.Body, 64<<10)
}

func TestDecodeRecordedRateLimit(t *testing.T) {
	body, err := os.ReadFile(filepath.Join(sharedFixtures, "vercel--google-429-retry-info.json"))
	if err != nil {
		return // a clone has no shared fixtures; TestDecodeError covers the shape
	}
	e := gemini.Codec{}.DecodeError(429, http.Header{}, body)
	require.Equal(t, llm.KindRateLimit, e.Kind)
	require.Equal(t, 34400*time.Millisecond, e.RetryAfter)
}
