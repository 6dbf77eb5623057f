package relay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/relay"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/vault"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
	"github.com/plexus-gateway/plexus/internal/wire/openaiembeddings"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

const (
	clientSecret = "plx_client-canary-0123456789" // of the key "tester"
	canary       = "sk-provider/canary-9876543210"
	chatPath     = "/v1/chat/completions"
	patience     = 10 * time.Second // until a test gives up; no test waits for it to pass
)

// setup is what a world is built from; tests change what they are about.
type setup struct {
	ups       map[string]*fakeupstream.Server // provider slug → upstream
	bases     map[string]string               // provider slug → base URL, instead of an upstream
	transport map[string]http.RoundTripper    // instead of the pool's
	headers   http.Header                     // every provider's own
	secrets   []string
	timeout   time.Duration
	aliases   []*route.Alias
	keys      []authn.Key
	proxies   []netip.Prefix
	maxBody   int64
	serveH2   bool
	ready     func() *llm.Error
	clock     func() time.Time
	wrap      func(http.Handler) http.Handler
	inflight  relay.InFlight
	speaks    map[string][]llm.Protocol // provider slug → protocols, instead of OpenAI's
	vault     *vault.Vault
	tokens    relay.Tokens
	facts     func(vendor, model string) relay.ModelFacts
	states    *conversation.Service
	fetcher   relay.Fetcher
	// codecs replaces some of the codecs that speak to upstreams.
	codecs map[llm.Protocol]wire.Egress
}

type world struct {
	t        *testing.T
	relay    *relay.Relay
	url      string
	client   *http.Client
	recorder *recorder
	observer *observer
	logs     *syncBuffer
	halt     context.CancelCauseFunc
}

func hasher() *authn.Hasher { return authn.NewHasher([32]byte{1, 2, 3}) }

func newWorld(t *testing.T, change ...func(*setup)) (*world, *fakeupstream.Server) {
	t.Helper()
	up := fakeupstream.Start(t)
	s := &setup{
		ups: map[string]*fakeupstream.Server{"up": up}, secrets: []string{canary}, maxBody: 4 << 20,
		aliases: []*route.Alias{
			{Name: "m", Targets: []route.Target{{Provider: "up", Model: "upstream-model", Weight: 1}}},
			{Name: "same", Targets: []route.Target{{Provider: "up", Model: "same", Weight: 1}}},
		},
		keys: []authn.Key{{ID: "key-1", Name: "tester"}},
	}
	for _, c := range change {
		c(s)
	}
	h := hasher()
	for i := range s.keys {
		if s.keys[i].Digest == [32]byte{} {
			s.keys[i].Digest = h.Digest(clientSecret)
		}
	}
	w := &world{t: t, recorder: &recorder{c: make(chan record.Record, 4096)}, observer: &observer{}, logs: &syncBuffer{}}
	w.build(s)
	w.serve(s)
	return w, up
}

// build makes the relay.
func (w *world) build(s *setup) {
	t := w.t
	keys, err := authn.NewTable(s.keys)
	require.NoError(t, err)
	routes, err := route.NewTable(s.aliases)
	require.NoError(t, err)
	codecs := egress()
	maps.Copy(codecs, s.codecs)
	w.relay = relay.New(&relay.Snapshot{
		Routes: routes, Providers: providers(t, s), Keys: keys, TrustedProxies: s.proxies, MaxBodyBytes: s.maxBody,
	}, relay.Options{
		Hasher: hasher(), Limiter: &limit.Limiter{}, Recorder: w.recorder, Observer: w.observer,
		Logger: slog.New(slog.NewTextHandler(w.logs, nil)), Ready: s.ready, Clock: s.clock, InFlight: s.inflight,
		Egress: codecs, EmbedEgress: embedEgress(), Vault: s.vault, Tokens: s.tokens, Facts: s.facts, Conversations: s.states, Fetcher: s.fetcher,
	})
}

func egress() map[llm.Protocol]wire.Egress {
	return map[llm.Protocol]wire.Egress{
		llm.OpenAIChat: openaichat.Codec{}, llm.OpenAIResponses: openairesponses.Codec{},
		llm.AnthropicMessages: anthropic.Codec{}, llm.Gemini: gemini.New(16), llm.Ollama: ollama.Codec{},
		llm.OpenAICompletions: openaicompletions.Codec{},
	}
}

func providers(t *testing.T, s *setup) map[string]*relay.Provider {
	t.Helper()
	made := map[string]*relay.Provider{}
	add := func(slug, base string, tr http.RoundTripper) {
		u, err := url.Parse(base)
		require.NoError(t, err)
		auth, err := upstream.Bearer(canary)
		require.NoError(t, err)
		end := relay.Endpoint{URL: u, Auth: auth}
		made[slug] = &relay.Provider{
			Slug: slug, Vendor: "openai", Transport: tr, Timeout: s.timeout, Headers: s.headers, Secrets: s.secrets,
			Endpoints: map[llm.Protocol]relay.Endpoint{llm.OpenAIChat: end, llm.OpenAIEmbeddings: end},
		}
		if own := s.speaks[slug]; own != nil {
			made[slug].Endpoints = map[llm.Protocol]relay.Endpoint{}
			for _, p := range own {
				made[slug].Endpoints[p] = end
			}
		}
		if own := s.transport[slug]; own != nil {
			made[slug].Transport = own
		}
	}
	for slug, up := range s.ups {
		pool := upstream.NewPool(upstream.Options{RootCAs: up.RootCAs()})
		t.Cleanup(pool.Close)
		add(slug, up.BaseURL(), pool.RoundTripper(upstream.Config{Provider: slug, AllowPrivate: true}))
	}
	for slug, base := range s.bases {
		pool := upstream.NewPool(upstream.Options{})
		t.Cleanup(pool.Close)
		add(slug, base, pool.RoundTripper(upstream.Config{Provider: slug, AllowPrivate: true}))
	}
	return made
}

// routes mounts what the tests call.
func (w *world) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("POST "+chatPath, w.relay.Handler(relay.Operation{Raw: openaichat.Raw{}, Codec: openaichat.Codec{}}))
	mux.Handle("POST /v1/embeddings", w.relay.Handler(relay.Operation{Raw: openaiembeddings.Raw{}, Embed: openaiembeddings.Codec{}}))
	mux.HandleFunc("GET /v1/models", func(rw http.ResponseWriter, r *http.Request) {
		w.relay.Models(rw, r, openai.Models{}, wire.ModelPage{})
	})
	mux.HandleFunc("GET /v1/models/{id...}", func(rw http.ResponseWriter, r *http.Request) {
		w.relay.Model(rw, r, openai.Models{}, r.PathValue("id"))
	})
	mux.Handle("POST /v1/messages", w.relay.Handler(relay.Operation{Raw: anthropic.Raw{}, Codec: anthropic.Codec{}}))
	mux.Handle("POST /v1/messages/count_tokens", w.relay.Handler(relay.Operation{Raw: anthropic.CountRaw{}, Count: anthropic.Counter{}}))
	mux.Handle("POST /v1/responses", w.relay.Handler(relay.Operation{Raw: openairesponses.Raw{}, Codec: openairesponses.Codec{}}))
	mux.Handle("POST /v1/completions", w.relay.Handler(relay.Operation{Raw: openaicompletions.Raw{}, Codec: openaicompletions.Codec{}}))
	mux.Handle("POST /api/chat", w.relay.Handler(relay.Operation{Raw: ollama.Raw{}, Codec: ollama.Codec{}}))
	mux.Handle("POST /api/generate", w.relay.Handler(relay.Operation{Raw: ollama.Raw{Generate: true}, Codec: ollama.Codec{Generate: true}}))
	mux.HandleFunc("POST /v1beta/models/{name}", func(rw http.ResponseWriter, r *http.Request) {
		model, verb, _ := strings.Cut(r.PathValue("name"), ":")
		if batch := verb == "batchEmbedContents"; batch || verb == "embedContent" {
			w.relay.Serve(rw, r, relay.Operation{Raw: gemini.EmbedRaw{Batch: batch}, Embed: gemini.EmbedCodec{Batch: batch}}, wire.Inbound{Model: model})
			return
		}
		stream := verb == "streamGenerateContent"
		w.relay.Serve(rw, r, relay.Operation{Raw: gemini.Raw{}, Codec: gemini.Codec{Array: stream && r.URL.Query().Get("alt") != "sse"}},
			wire.Inbound{Model: model, Stream: stream})
	})
	return mux
}

func (w *world) serve(s *setup) {
	t := w.t
	var h http.Handler = w.routes()
	if s.wrap != nil {
		h = s.wrap(h)
	}
	ts := httptest.NewUnstartedServer(h)
	ts.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	base, halt := context.WithCancelCause(context.Background())
	w.halt = halt
	ts.Config.BaseContext = func(net.Listener) context.Context { return base }
	if s.serveH2 {
		ts.EnableHTTP2 = true
		ts.StartTLS()
	} else {
		ts.Start()
	}
	w.url, w.client = ts.URL, ts.Client()
	w.client.Transport.(*http.Transport).DisableCompression = true
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		ts.Close()
		halt(nil)
		w.observer.balanced(t)
	})
}

// in returns the world for a subtest.
func (w *world) in(t *testing.T) *world {
	t.Helper()
	sub := *w
	sub.t = t
	return &sub
}

// request makes a request to the world; header comes in pairs.
func (w *world) request(ctx context.Context, method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, w.url+path, strings.NewReader(body))
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			req.Header.Del(header[i])
			continue
		}
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

type reply struct {
	*http.Response
	body string
	err  error // of reading the body
}

func (w *world) do(req *http.Request) reply {
	w.t.Helper()
	resp, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp, string(b), err}
}

func (w *world) post(path, body string, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(w.t.Context(), http.MethodPost, path, body, header...))
}

// chat posts a small chat request and expects the status.
func (w *world) chat(status int, header ...string) reply {
	w.t.Helper()
	r := w.post(chatPath, `{"model":"m","messages":[]}`, header...)
	require.Equal(w.t, status, r.StatusCode, r.body)
	return r
}

// fails requires an error in the OpenAI dialect that holds no secret and no address.
func (w *world) fails(r reply, status int, code string) apiError {
	w.t.Helper()
	require.NoError(w.t, r.err)
	require.Equal(w.t, status, r.StatusCode, r.body)
	require.Equal(w.t, "application/json", r.Header.Get("Content-Type"))
	e := decodeError(w.t, r.body)
	require.Equal(w.t, code, e.Code, r.body)
	for _, secret := range []string{clientSecret, canary, "127.0.0.1"} {
		if code != "ip_not_allowed" || secret != "127.0.0.1" {
			require.NotContains(w.t, r.body, secret)
		}
	}
	return e
}

type apiError struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Param   string `json:"param"`
	Code    string `json:"code"`
}

func decodeError(t *testing.T, body string) apiError {
	t.Helper()
	var v struct {
		Error *apiError `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &v), body)
	require.NotNil(t, v.Error, body)
	require.NotEmpty(t, v.Error.Message)
	require.NotEmpty(t, v.Error.Type)
	return *v.Error
}

// recorder keeps records; hook may fail, block or panic.
type recorder struct {
	mu   sync.Mutex
	hook func(*record.Record) error
	c    chan record.Record
}

func (r *recorder) Append(rec *record.Record) error {
	r.mu.Lock()
	hook := r.hook
	r.mu.Unlock()
	if hook != nil {
		if err := hook(rec); err != nil {
			return err
		}
	}
	r.c <- *rec
	return nil
}

func (r *recorder) on(hook func(*record.Record) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook = hook
}

// record returns the next record.
func (w *world) record() record.Record {
	w.t.Helper()
	select {
	case r := <-w.recorder.c:
		return r
	case <-time.After(patience):
		require.Fail(w.t, "no record")
	}
	return record.Record{}
}

// only returns the next record and requires that there is no other.
func (w *world) only() record.Record {
	w.t.Helper()
	r := w.record()
	require.Empty(w.t, w.recorder.c, "more than one record for one request")
	return r
}

// observer counts.
type observer struct {
	mu                      sync.Mutex
	started, finished, lost int
	hook                    func()
}

func (o *observer) RequestStarted(llm.Protocol) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.started++
}

func (o *observer) RequestFinished(*record.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished++
	if o.hook != nil {
		o.hook()
	}
}

func (o *observer) RecordLost(error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost++
}

func (o *observer) balanced(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	require.Equal(t, o.started, o.finished, "every request that starts is finished once")
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// receive returns the next value of c, or fails the test.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.Fail(t, "nothing came")
	}
	panic("unreachable")
}

// targets makes an alias m of one target per provider, tried in this order
// with overwhelming probability.
func targets(slugs ...string) []*route.Alias {
	a := &route.Alias{Name: "m"}
	weight := 1
	for _, slug := range slices.Backward(slugs) {
		a.Targets = append([]route.Target{{Provider: slug, Model: "model-of-" + slug, Weight: weight}}, a.Targets...)
		weight *= 1_000_000_000
	}
	return []*route.Alias{a}
}

var errDisk = errors.New("disk is gone")

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}
