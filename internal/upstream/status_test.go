package upstream_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestClassifyStatus(t *testing.T) {
	tests := []struct {
		name   string
		status int
		kind   llm.Kind
		scope  llm.Scope
		answer int // what the client is answered
	}{
		{"200 with a bad body", 200, llm.KindUpstream, llm.ScopeModel, 502},
		{"301", 301, llm.KindUpstream, llm.ScopeProvider, 502},
		{"308", 308, llm.KindUpstream, llm.ScopeProvider, 502},
		{"400", 400, llm.KindInvalid, llm.ScopeRequest, 400},
		{"401", 401, llm.KindAuth, llm.ScopeCredential, 502},
		{"402", 402, llm.KindQuota, llm.ScopeCredential, 429},
		{"403", 403, llm.KindAuth, llm.ScopeCredential, 502},
		{"404", 404, llm.KindNotFound, llm.ScopeModel, 404},
		{"408", 408, llm.KindTimeout, llm.ScopeModel, 504},
		{"409", 409, llm.KindOverloaded, llm.ScopeRequest, 503},
		{"413", 413, llm.KindTooLarge, llm.ScopeRequest, 413},
		{"418", 418, llm.KindInvalid, llm.ScopeRequest, 400},
		{"422", 422, llm.KindInvalid, llm.ScopeRequest, 400},
		{"429", 429, llm.KindRateLimit, llm.ScopeModel, 429},
		{"500", 500, llm.KindUpstream, llm.ScopeModel, 502},
		{"502", 502, llm.KindUpstream, llm.ScopeProvider, 502},
		{"503", 503, llm.KindOverloaded, llm.ScopeModel, 503},
		{"504", 504, llm.KindTimeout, llm.ScopeModel, 504},
		{"522", 522, llm.KindConnection, llm.ScopeProvider, 502},
		{"524", 524, llm.KindTimeout, llm.ScopeModel, 504},
		{"529", 529, llm.KindOverloaded, llm.ScopeModel, 503},
		{"599", 599, llm.KindUpstream, llm.ScopeModel, 502},
		{"999", 999, llm.KindUpstream, llm.ScopeModel, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, scope, wait := upstream.ClassifyStatus(tt.status, http.Header{}, now)
			require.Equal(t, tt.kind, kind)
			require.Equal(t, tt.scope, scope)
			require.Zero(t, wait)
			e := upstream.StatusError("acme", tt.status, http.Header{"X-Request-Id": {"req_1"}}, []byte("secret words"), now)
			require.Equal(t, tt.answer, e.HTTPStatus())
			require.Contains(t, e.Message, `"acme"`)
			require.NotContains(t, e.Message, "secret words")
			require.Equal(t, &llm.UpstreamError{Status: tt.status, RequestID: "req_1", Body: []byte("secret words")}, e.Upstream)
		})
	}
}

func TestStatusErrorOfCredential(t *testing.T) {
	for _, status := range []int{401, 403} {
		e := upstream.StatusError("acme", status, nil, []byte(`{"error":"sk-abc is not valid"}`), now)
		require.Equal(t, http.StatusBadGateway, e.HTTPStatus())
		require.Equal(t, upstream.CodeAuth, e.Code)
		require.NotContains(t, e.Error(), "sk-abc")
	}
}

func TestStatusErrorKeepsABoundedCopy(t *testing.T) {
	body := []byte(strings.Repeat("a", upstream.MaxErrorBody+1))
	e := upstream.StatusError("acme", 500, nil, body, now)
	body[0] = 'b'
	require.Len(t, e.Upstream.Body, upstream.MaxErrorBody)
	require.Equal(t, byte('a'), e.Upstream.Body[0])
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name, after, ms string
		want            time.Duration
	}{
		{"absent", "", "", 0},
		{"seconds", "7", "", 7 * time.Second},
		{"fraction", "1.5", "", 1500 * time.Millisecond},
		{"spaces", " 7 ", "", 7 * time.Second},
		{"date", now.Add(90 * time.Second).Format(http.TimeFormat), "", 90 * time.Second},
		{"date in the past", now.Add(-time.Hour).Format(http.TimeFormat), "", 0},
		{"date far off", now.AddDate(1, 0, 0).Format(http.TimeFormat), "", 24 * time.Hour},
		{"milliseconds", "", "250", 250 * time.Millisecond},
		{"milliseconds win", "7", "250", 250 * time.Millisecond},
		{"bad milliseconds", "7", "soon", 7 * time.Second},
		{"negative", "-3", "", 0},
		{"huge", "1e300", "", 24 * time.Hour},
		{"infinite", "Inf", "", 24 * time.Hour},
		{"not a number", "NaN", "", 0},
		{"nonsense", "tomorrow", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			if tt.after != "" {
				h.Set("Retry-After", tt.after)
			}
			if tt.ms != "" {
				h.Set("Retry-After-Ms", tt.ms)
			}
			require.Equal(t, tt.want, upstream.RetryAfter(h, now))
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("7", "")
	f.Add(now.Format(http.TimeFormat), "1e9")
	f.Fuzz(func(t *testing.T, after, ms string) {
		d := upstream.RetryAfter(http.Header{"Retry-After": {after}, "Retry-After-Ms": {ms}}, now)
		require.GreaterOrEqual(t, d, time.Duration(0), fmt.Sprint(after, ms))
		require.LessOrEqual(t, d, 24*time.Hour)
	})
}
