package conversation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

// world is a service with a clock that stands still and ids that count.
type world struct {
	*conversation.Service
	t     testing.TB
	store conversation.Store
	now   time.Time
	calls int // of the store
}

// counted counts how often the store is asked to read.
type counted struct {
	conversation.Store
	w *world
}

func (c counted) Chain(ctx context.Context, tenant, id string, now time.Time, b conversation.Bound) ([]conversation.Turn, error) {
	c.w.calls++
	return c.Store.Chain(ctx, tenant, id, now, b)
}

func (c counted) Items(ctx context.Context, tenant string, ids []string, now time.Time, n int64) (map[string]conversation.Item, error) {
	c.w.calls++
	return c.Store.Items(ctx, tenant, ids, now, n)
}

func (c counted) Conversation(ctx context.Context, tenant, id string, now time.Time) (conversation.Conversation, error) {
	c.w.calls++
	return c.Store.Conversation(ctx, tenant, id, now)
}

func newWorld(t testing.TB, s conversation.Store, o conversation.Options) *world {
	w := &world{t: t, store: s, now: epoch}
	var n atomic.Int64
	o.Clock = func() time.Time { return w.now }
	o.NewID = func() string { return fmt.Sprintf("%04d", n.Add(1)) }
	w.Service = conversation.New(counted{s, w}, o)
	return w
}

// engines runs a test with a world on every engine.
func engines(t *testing.T, o conversation.Options, run func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, s *store.Store) { run(t, newWorld(t, s, o)) })
}

const me = "key-1"

func (w *world) resolve(body string) *conversation.Resolution {
	w.t.Helper()
	r, err := w.Resolve(w.t.Context(), me, []byte(body))
	require.NoError(w.t, err)
	return r
}

// body resolves a request and returns it as it can go anywhere.
func (w *world) body(request string) string {
	w.t.Helper()
	b, err := w.resolve(request).Body("")
	require.NoError(w.t, err)
	return string(b)
}

// fails resolves a request that must fail and returns the error.
func (w *world) fails(tenant, request string) *llm.Error {
	w.t.Helper()
	_, err := w.Resolve(w.t.Context(), tenant, []byte(request))
	return asError(w.t, err)
}

func asError(t testing.TB, err error) *llm.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*llm.Error](err)
	require.True(t, ok, "%v is no *llm.Error", err)
	return e
}

// respond is a whole exchange: request, answer with the id and output, kept.
func (w *world) respond(request, id, output string) {
	w.t.Helper()
	w.keep(request, conversation.Answer{Body: answer(id, output), Provider: "acme", Alias: "fast", Model: "m-1"})
}

func (w *world) keep(request string, a conversation.Answer) {
	w.t.Helper()
	require.NoError(w.t, w.Keep(w.t.Context(), w.resolve(request), a))
}

func answer(id, output string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"object":"response","status":"completed","model":"m-1","instructions":"be brief", "output": %s ,"usage":null}`, id, output)
}

func said(id, text string) string {
	return fmt.Sprintf(`[ {"id":%q,"type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":%q}]} ]`, id, text)
}

// Items as they are replayed.
func userItem(text string) string {
	return fmt.Sprintf(`{"type":"message","role":"user","content":[{"type":"input_text","text":%q}]}`, text)
}

func assistantItem(text string) string {
	return fmt.Sprintf(`{"type":"message","role":"assistant","content":[{"type":"output_text","annotations":[],"text":%q}]}`, text)
}

func array(items ...string) string { return "[" + strings.Join(items, ",") + "]" }
