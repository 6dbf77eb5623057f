package upstream_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

const canary = "sk-canary-do-not-forward"

var protocols = []llm.Protocol{
	llm.OpenAIChat, llm.OpenAIResponses, llm.OpenAICompletions, llm.OpenAIEmbeddings,
	llm.AnthropicMessages, llm.Gemini, llm.Ollama, "unheard-of",
}

var forbiddenInRequests = []string{
	"authorization", "proxy-authorization", "proxy-authenticate", "x-api-key", "api-key", "x-goog-api-key", "cookie", "set-cookie",
	"openai-organization", "openai-project", "x-goog-user-project", "x-amz-security-token",
	"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "forwarded", "via", "x-real-ip",
	"cf-connecting-ip", "true-client-ip", "host", "origin", "referer", "connection", "keep-alive", "proxy-connection", "te", "trailer",
	"transfer-encoding", "upgrade", "content-length", "accept-encoding", "accept-language", "expect", "baggage",
	"x-plexus-key", "x-plexus-provider", "x-stainless-lang", "x-stainless-retry-count", "x-request-id",
	"openai-beta-extra", "anthropic-beta2", "anthropic-dangerous-direct-browser-access", "session-id-2", "x-session-id-hint",
}

var forbiddenInResponses = []string{
	"set-cookie", "set-cookie2", "connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "content-length", "te",
	"proxy-authenticate", "www-authenticate", "server", "date", "via", "alt-svc", "cf-ray", "cf-cache-status", "strict-transport-security",
	"access-control-allow-origin", "access-control-expose-headers", "content-security-policy", "location", "x-powered-by",
	"openai-organization", "openai-project", "anthropic-organization-id", "x-request-id", "request-id",
	"x-upstream-request-id", "x-plexus-attempts", "anthropic-ratelimit-other", "x-ratelimit-limit-requests-2",
}

// casings spells the name in ways a sloppy map could hold.
func casings(name string) []string {
	odd := []byte(name)
	for i := range odd {
		if i%2 == 0 {
			odd[i] = strings.ToUpper(string(odd[i]))[0]
		}
	}
	return []string{
		name, strings.ToUpper(name), string(odd), http.CanonicalHeaderKey(name),
		" " + name, name + " ", name + "\t", strings.ReplaceAll(name, "-", "_") + "\x00", name + ":",
	}
}

func TestHeaderBomb(t *testing.T) {
	for _, p := range protocols {
		t.Run(string(p), func(t *testing.T) {
			request, response := http.Header{}, http.Header{}
			for _, name := range forbiddenInRequests {
				for _, spelled := range casings(name) {
					request[spelled] = []string{canary}
				}
			}
			for _, name := range forbiddenInResponses {
				for _, spelled := range casings(name) {
					response[spelled] = []string{canary}
				}
			}
			delete(response, "X-Request-Id") // its value does pass, by another name
			delete(response, "Request-Id")
			dst := http.Header{}
			upstream.RequestHeaders(dst, request, upstream.RequestAllowed(p))
			require.Empty(t, dst)
			upstream.ResponseHeaders(dst, response, upstream.ResponseAllowed(p))
			require.Empty(t, dst)
		})
	}
}

func TestRequestHeaders(t *testing.T) {
	common := http.Header{}
	for _, name := range []string{
		"accept", "content-type", "user-agent", "x-client-request-id", "idempotency-key", "traceparent", "tracestate",
		"session_id", "session-id", "x-session-id", "x-session-affinity", "thread-id", "originator",
	} {
		common.Set(name, "v-"+name)
	}
	tests := []struct {
		name     string
		protocol llm.Protocol
		own      []string
	}{
		{"chat", llm.OpenAIChat, []string{"Openai-Beta"}},
		{"responses", llm.OpenAIResponses, []string{"Openai-Beta"}},
		{"embeddings", llm.OpenAIEmbeddings, []string{"Openai-Beta"}},
		{"messages", llm.AnthropicMessages, []string{"Anthropic-Beta", "Anthropic-Version"}},
		{"gemini", llm.Gemini, nil},
		{"unheard of", "unheard-of", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := common.Clone()
			want := common.Clone()
			for _, name := range []string{"Openai-Beta", "Anthropic-Beta", "Anthropic-Version"} {
				src[name] = []string{"a", "b"}
			}
			for _, name := range tt.own {
				want[name] = []string{"a", "b"}
			}
			got := http.Header{}
			upstream.RequestHeaders(got, src, upstream.RequestAllowed(tt.protocol))
			require.Equal(t, want, got)
		})
	}
}

func TestConnectionNominatedHeadersStay(t *testing.T) {
	src := http.Header{
		"Connection": {"keep-alive, OpenAI-Beta", "x-session-id"}, "Openai-Beta": {"x"}, "X-Session-Id": {"y"}, "Accept": {"*/*"},
	}
	got := http.Header{}
	upstream.RequestHeaders(got, src, upstream.RequestAllowed(llm.OpenAIChat))
	require.Equal(t, http.Header{"Accept": {"*/*"}}, got)
}

func TestResponseHeaders(t *testing.T) {
	src := http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Retry-After": {"3"}, "Retry-After-Ms": {"2500"},
		"X-Request-Id": {"req_1"}, "Request-Id": {"req_2"}, "Content-Length": {"12"},
		"Openai-Processing-Ms": {"9"}, "X-Ratelimit-Remaining-Tokens": {"100"}, "Anthropic-Ratelimit-Tokens-Reset": {"2026-11-22T00:00:00Z"},
	}
	openAI := http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "Retry-After": {"3"}, "Retry-After-Ms": {"2500"},
		"X-Upstream-Request-Id": {"req_1"}, "Openai-Processing-Ms": {"9"}, "X-Ratelimit-Remaining-Tokens": {"100"},
	}
	got := http.Header{"X-Request-Id": {"ours"}}
	upstream.ResponseHeaders(got, src, upstream.ResponseAllowed(llm.OpenAIChat))
	require.Equal(t, []string{"ours"}, got["X-Request-Id"], "the gateway's own id stands")
	delete(got, "X-Request-Id")
	require.Equal(t, openAI, got)

	delete(src, "X-Request-Id")
	got = http.Header{}
	upstream.ResponseHeaders(got, src, upstream.ResponseAllowed(llm.AnthropicMessages))
	require.Equal(t, "req_2", got.Get("X-Upstream-Request-Id"))
	require.Contains(t, got, "Anthropic-Ratelimit-Tokens-Reset")
	require.NotContains(t, got, "Openai-Processing-Ms")
}

func TestHeadersDoNotAlias(t *testing.T) {
	values := append(make([]string, 0, 4), "a")
	src := http.Header{"Accept": values}
	dst := http.Header{}
	upstream.RequestHeaders(dst, src, upstream.RequestAllowed(llm.OpenAIChat))
	dst.Add("Accept", "ours")
	require.Equal(t, []string{"a", ""}, values[:2], "the spare capacity is untouched")
}

func TestAllowedNamesAreCanonicalAndPublic(t *testing.T) {
	for _, p := range protocols {
		for _, a := range []upstream.Allowed{upstream.RequestAllowed(p), upstream.ResponseAllowed(p)} {
			for _, name := range a.Names() {
				require.Equal(t, http.CanonicalHeaderKey(name), name)
				require.True(t, a.Has(name))
				require.NotContains(t, forbiddenInRequests, strings.ToLower(name))
			}
		}
	}
}

func TestHeadersDoNotAllocate(t *testing.T) {
	src := http.Header{"Accept": {"*/*"}, "Content-Type": {"application/json"}, "User-Agent": {"x"}, "Authorization": {canary}}
	allowed := upstream.RequestAllowed(llm.OpenAIChat)
	dst := make(http.Header, 8)
	require.Zero(t, testing.AllocsPerRun(100, func() { upstream.RequestHeaders(dst, src, allowed) }))
}

func TestAuthorize(t *testing.T) {
	bearer, err := upstream.Bearer(canary)
	require.NoError(t, err)
	named, err := upstream.HeaderAuth("x-goog-api-key", canary)
	require.NoError(t, err)
	tests := []struct {
		name string
		auth upstream.Auth
		want http.Header
	}{
		{"bearer", bearer, http.Header{"Accept": {"*/*"}, "Authorization": {"Bearer " + canary}}},
		{"named header", named, http.Header{"Accept": {"*/*"}, "X-Goog-Api-Key": {canary}}},
		{"none", upstream.Auth{}, http.Header{"Accept": {"*/*"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Accept": {"*/*"}}
			for _, name := range []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization"} {
				h.Set(name, "the client's")
			}
			upstream.Authorize(h, tt.auth)
			require.Equal(t, tt.want, h)
			again := maps.Clone(h)
			upstream.Authorize(again, tt.auth)
			require.Equal(t, h, again)
		})
	}
}

func TestAuthPrintsNoSecret(t *testing.T) {
	auth, err := upstream.Bearer(canary)
	require.NoError(t, err)
	inside := struct{ auth upstream.Auth }{auth}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{auth, &auth, inside, &inside, []upstream.Auth{auth}} {
			require.NotContains(t, fmt.Sprintf(verb, v), "canary")
		}
	}
	require.Equal(t, "none", upstream.Auth{}.String())
}

func TestBadCredentials(t *testing.T) {
	tests := []struct{ name, header, secret, says string }{
		{"line end", "X-Api-Key", canary + "\n", "control character"},
		{"header injection", "X-Api-Key", canary + "\r\nX-Evil: 1", "control character"},
		{"empty", "X-Api-Key", "", "empty"},
		{"bad name", "X Api Key", canary, "not valid"},
		{"no name", "", canary, "not valid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := upstream.HeaderAuth(tt.header, tt.secret)
			require.ErrorIs(t, err, upstream.ErrBadCredential)
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), "canary")
		})
	}
}
