package relay_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/route"
)

func TestKeyIsFoundWhereverItStands(t *testing.T) {
	w, _ := newWorld(t)
	tests := []struct{ name, header, value, query, label string }{
		{"bearer", "Authorization", "Bearer " + clientSecret, "", ""},
		{"bearer, any case and spaces", "Authorization", "  bEARER   " + clientSecret + " ", "", ""},
		{"bare", "Authorization", clientSecret, "", ""},
		{"x-api-key", "x-api-key", clientSecret, "", ""},
		{"api-key", "api-key", clientSecret, "", ""},
		{"x-goog-api-key", "x-goog-api-key", clientSecret, "", ""},
		{"query", "X", "x", "key=" + clientSecret, ""},
		{"label", "Authorization", "Bearer " + clientSecret + ":Team:A", "", "team:a"},
		{"label in the query", "X", "x", "key=" + clientSecret + "%3Ateam", "team"},
		{"long label", "x-api-key", clientSecret + ":" + strings.Repeat("l", 100), "", strings.Repeat("l", 64)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			r := w.post(chatPath+"?"+tt.query, `{"model":"m","messages":[]}`, "Authorization", "", tt.header, tt.value)
			require.Equal(t, 200, r.StatusCode, r.body)
			rec := w.only()
			require.Equal(t, "tester", rec.KeyName)
			require.Equal(t, tt.label, rec.Label)
			require.Equal(t, chatPath, rec.Path)
		})
	}
}

// TestRefusals: each names its rule, in the OpenAI dialect, is recorded, never
// echoes the secret and reaches no upstream.
func TestRefusals(t *testing.T) {
	past := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	aliases := []*route.Alias{
		{Name: "m", Additional: []string{"vendor/m"}, Targets: []route.Target{{Provider: "up", Model: "x", Weight: 1}}},
		{Name: "orphan", Targets: []route.Target{{Provider: "gone", Model: "x", Weight: 1}}},
	}
	tests := []struct {
		name       string
		key        authn.Key
		model      string
		secret     string
		status     int
		code, says string
	}{
		{"no key", authn.Key{}, "m", "-", 401, "missing_api_key", "Authorization: Bearer"},
		{"unknown", authn.Key{}, "m", "plx_some-other-secret", 401, "invalid_api_key", "not known"},
		{"empty secret", authn.Key{}, "m", ":label", 401, "invalid_api_key", "not known"},
		{"expired", authn.Key{ExpiresAt: &past}, "m", "", 401, "key_expired", "2020-02-03T04:05:06Z"},
		{"disabled", authn.Key{DisabledAt: &past}, "m", "", 401, "key_disabled", `"tester"`},
		{"address", authn.Key{AllowedIPs: []string{"10.0.0.0/8", "::1"}}, "m", "", 403, "ip_not_allowed", "127.0.0.1"},
		{"model not allowed", authn.Key{AllowedModels: []string{"gpt-*"}}, "m", "", 403, "model_not_allowed", "allowed_models"},
		{"model excluded", authn.Key{ExcludedModels: []string{"*"}, AllowedModels: []string{"m"}}, "m", "", 403, "model_not_allowed", "excluded_models"},
		{"excluded under its other name", authn.Key{ExcludedModels: []string{"vendor/*"}}, "m", "", 403, "model_not_allowed", "excluded_models"},
		{"excluded under its own name", authn.Key{ExcludedModels: []string{"m"}}, "vendor/m", "", 403, "model_not_allowed", "excluded_models"},
		{"provider not allowed", authn.Key{AllowedProviders: []string{"other"}}, "m", "", 403, "provider_not_allowed", "allowed_providers"},
		{"provider excluded", authn.Key{ExcludedProviders: []string{"u*"}}, "m", "", 403, "provider_not_allowed", "excluded_providers"},
		{"no such model", authn.Key{}, "nope", "", 404, "model_not_found", `"nope"`},
		{"no provider left", authn.Key{}, "orphan", "", 404, "no_target", "openai.chat"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.key.ID, tt.key.Name = "key-1", "tester"
			w, up := newWorld(t, func(s *setup) { s.keys, s.aliases = []authn.Key{tt.key}, aliases })
			header := []string{"Authorization", "Bearer " + clientSecret}
			if tt.secret != "" {
				header[1] = tt.secret
			}
			if tt.secret == "-" {
				header[1] = ""
			}
			r := w.post(chatPath, `{"model":"`+tt.model+`","messages":[]}`, header...)
			e := w.fails(r, tt.status, tt.code)
			require.Contains(t, e.Message, tt.says)
			require.NotContains(t, r.body, "some-other-secret")
			require.Equal(t, tt.status == 401, r.Header.Get("Www-Authenticate") == "Bearer")
			require.Empty(t, up.Requests())
			rec := w.only()
			require.Equal(t, record.StatusRefused, rec.Status)
			require.Equal(t, tt.code, rec.ErrorCode)
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.Equal(t, int64(len(r.body)), rec.ResponseBytes)
			if tt.secret == "" {
				require.Equal(t, "tester", rec.KeyName)
			}
			require.NotContains(t, w.logs.String(), clientSecret)
		})
	}
}

func TestRulesThatAllow(t *testing.T) {
	future := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, key := range map[string]authn.Key{
		"globs":    {AllowedModels: []string{"x", "*"}, AllowedProviders: []string{"u*p"}},
		"range":    {AllowedIPs: []string{"127.0.0.1-127.0.0.9"}},
		"CIDR":     {AllowedIPs: []string{"127.0.0.0/8"}},
		"not yet":  {ExpiresAt: &future},
		"unharmed": {ExcludedModels: []string{"m2", "M"}, ExcludedProviders: []string{"up2"}},
	} {
		t.Run(name, func(t *testing.T) {
			key.ID, key.Name = "key-1", "tester"
			w, _ := newWorld(t, func(s *setup) { s.keys = []authn.Key{key} })
			w.chat(200)
			w.only()
		})
	}
}

// TestForwardedForIsBelievedOnlyFromTrustedProxies looks at what the rule and
// the record see.
func TestForwardedForIsBelievedOnlyFromTrustedProxies(t *testing.T) {
	loopback, lan := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")
	tests := []struct {
		name      string
		proxies   []netip.Prefix
		forwarded string
		status    int
		ip        string
	}{
		{"no proxy trusted", nil, "203.0.113.9", 403, "127.0.0.1"},
		{"trusted", []netip.Prefix{loopback}, "203.0.113.9", 200, "203.0.113.9"},
		{"a client's own claim is left of the truth", []netip.Prefix{loopback}, "203.0.113.9, 198.51.100.1", 403, "198.51.100.1"},
		{"two proxies", []netip.Prefix{loopback, lan}, "203.0.113.9, 10.1.1.1", 200, "203.0.113.9"},
		{"mapped", []netip.Prefix{loopback}, "::ffff:203.0.113.9", 200, "203.0.113.9"},
		{"nonsense", []netip.Prefix{loopback}, "203.0.113.9, unknown", 403, "127.0.0.1"},
		{"another proxy is trusted", []netip.Prefix{lan}, "203.0.113.9", 403, "127.0.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := newWorld(t, func(s *setup) {
				s.proxies = tt.proxies
				s.keys[0].AllowedIPs = []string{"203.0.113.9"}
			})
			w.chat(tt.status, "X-Forwarded-For", tt.forwarded)
			require.Equal(t, tt.ip, w.only().ClientIP)
		})
	}
}

func TestRequestsPerMinute(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	w, up := newWorld(t, func(s *setup) {
		s.keys[0].RequestsPerMinute = 3
		s.clock = func() time.Time { return now }
	})
	for range 3 {
		w.chat(200)
		w.only()
	}
	r := w.chat(429)
	e := w.fails(r, 429, "requests_per_minute")
	require.Contains(t, e.Message, "requests_per_minute of 3")
	require.Equal(t, "20", r.Header.Get("Retry-After"))
	require.Equal(t, "20000", r.Header.Get("Retry-After-Ms"))
	rec := w.only()
	require.Equal(t, record.StatusRefused, rec.Status)
	require.Equal(t, now, rec.Start)
	require.Len(t, up.Requests(), 3)
	now = now.Add(20 * time.Second)
	w.chat(200)
	w.only()
}

// TestConcurrencyIsGivenBack: at the end, when the client leaves, when the
// gateway panics, when the answer is an error.
func TestConcurrencyIsGivenBack(t *testing.T) {
	ends := map[string]func(w *world, up *fakeupstream.Server, cancel func(), release chan struct{}){
		"end":        func(_ *world, _ *fakeupstream.Server, _ func(), release chan struct{}) { close(release) },
		"disconnect": func(_ *world, _ *fakeupstream.Server, cancel func(), _ chan struct{}) { cancel() },
		"panic": func(w *world, _ *fakeupstream.Server, _ func(), release chan struct{}) {
			w.recorder.on(func(*record.Record) error { panic("recorder") })
			close(release)
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			settled := make(chan struct{}, 8)
			w, up := newWorld(t, func(s *setup) {
				s.keys[0].MaxConcurrency = 1
				s.wrap = func(h http.Handler) http.Handler {
					return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
						defer func() { settled <- struct{}{} }()
						h.ServeHTTP(rw, r)
					})
				}
			})
			release := make(chan struct{})
			up.Script(fakeupstream.Stall(release, fakeupstream.JSON(200, `{"id":"x"}`)))
			ctx, cancel := contextOf(t)
			defer cancel()
			go func() {
				if resp, err := w.client.Do(w.request(ctx, http.MethodPost, chatPath, `{"model":"m","messages":[]}`)); err == nil {
					resp.Body.Close()
				}
			}()
			receive(t, up.Arrived())
			r := w.chat(429)
			w.fails(r, 429, "concurrency_limit")
			require.Equal(t, "1", r.Header.Get("Retry-After"))
			require.Equal(t, record.StatusRefused, w.only().Status)
			receive(t, settled)
			end(w, up, cancel, release)
			receive(t, settled)
			w.recorder.on(nil)
			w.chat(200)
		})
	}
}

// TestNotReady: a gateway that drains takes no new request, and says so.
func TestNotReady(t *testing.T) {
	w, up := newWorld(t, func(s *setup) {
		s.ready = func() *llm.Error {
			e := llm.Errorf(llm.KindOverloaded, "gateway_stopping", "stopping")
			e.RetryAfter = 1500 * time.Millisecond
			return e
		}
	})
	r := w.chat(503)
	w.fails(r, 503, "gateway_stopping")
	require.Equal(t, []string{"2", "1500"}, []string{r.Header.Get("Retry-After"), r.Header.Get("Retry-After-Ms")})
	require.Equal(t, record.StatusRefused, w.only().Status)
	require.Empty(t, up.Requests())
	w.fails(w.chat(401, "Authorization", "nobody"), 401, "invalid_api_key") // strangers learn nothing
}
