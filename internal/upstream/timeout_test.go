package upstream_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// pipeFor returns a body that ends when ctx does, as a transport's does.
func pipeFor(ctx context.Context) (io.ReadCloser, *io.PipeWriter) {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	return r, w
}

func TestIdleBody(t *testing.T) {
	const limit = 10 * time.Second
	type step struct{ before, between time.Duration } // the upstream's pause, the client's pause after it
	tests := []struct {
		name  string
		steps []step
		ends  time.Duration // 0 when it does not time out
	}{
		{"steady", []step{{9 * time.Second, 0}, {9 * time.Second, 0}, {9 * time.Second, 0}}, 0},
		{"silent from the start", []step{{time.Minute, 0}}, 10 * time.Second},
		{"silent later", []step{{4 * time.Second, 0}, {time.Minute, 0}}, 14 * time.Second},
		{"a slow client is not idle", []step{{time.Second, 25 * time.Second}, {9 * time.Second, 10 * time.Second}, {9 * time.Second, 0}}, 0},
		{"silent after a slow client", []step{{time.Second, 25 * time.Second}, {time.Minute, 0}}, 36 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				raw, w := pipeFor(ctx)
				body := upstream.IdleBody(raw, limit, cancel)
				defer body.Close()
				for _, s := range tt.steps {
					go func() {
						select {
						case <-time.After(s.before):
							_, _ = w.Write([]byte("x"))
						case <-ctx.Done():
						}
					}()
					n, err := body.Read(make([]byte, 8))
					if err != nil {
						timeout, ok := errors.AsType[*upstream.TimeoutError](err)
						require.True(t, ok, "%v", err)
						require.Equal(t, upstream.TimeoutError{Phase: upstream.PhaseIdle, After: limit}, *timeout)
						require.True(t, timeout.Timeout())
						require.Equal(t, tt.ends, time.Since(start))
						_, again := body.Read(make([]byte, 8))
						require.Equal(t, err, again)
						require.Equal(t, llm.KindTimeout, upstream.Classify(ctx, "p", err).Kind)
						return
					}
					require.Equal(t, 1, n)
					time.Sleep(s.between) // the bubble's clock, not the wall's
				}
				require.Zero(t, tt.ends, "it should have timed out")
			})
		})
	}
}

func TestIdleBodyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := upstream.IdleBody(io.NopCloser(strings.NewReader("all of it")), time.Second, func(error) { t.Error("cancelled") })
		b, err := io.ReadAll(body)
		require.NoError(t, err)
		require.Equal(t, "all of it", string(b))
		time.Sleep(time.Hour) // the bubble's clock, not the wall's
		require.NoError(t, body.Close())
		_, err = body.Read(make([]byte, 1))
		require.ErrorIs(t, err, http.ErrBodyReadAfterClose)
	})
	same := io.NopCloser(strings.NewReader(""))
	require.Equal(t, same, upstream.IdleBody(same, 0, nil), "no limit, no wrapper")
}

// TestIdleTimeoutOverConnection: the timeout reaches a real upstream as a
// disconnect. The limit is tiny and nothing is asserted of how long it took.
func TestIdleTimeoutOverConnection(t *testing.T) {
	fake := fakeupstream.Start(t)
	fake.Script(fakeupstream.StallAfter(9, nil, fakeupstream.SSE("data: 1\n\n", "data: 2\n\n")))
	p := newPool(t, upstream.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	resp, err := p.RoundTripper(upstream.Config{Provider: "a", AllowPrivate: true}).RoundTrip(newRequest(ctx, t, fake.URL, "{}"))
	require.NoError(t, err)
	body := upstream.IdleBody(resp.Body, 20*time.Millisecond, cancel)
	defer body.Close()
	_, err = io.ReadAll(body)
	_, ok := errors.AsType[*upstream.TimeoutError](err)
	require.True(t, ok, "%v", err)
	<-fake.Disconnected()
}

func BenchmarkIdleBody(b *testing.B) {
	body := upstream.IdleBody(io.NopCloser(zeros{}), time.Minute, func(error) {})
	defer body.Close()
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := body.Read(p); err != nil {
			b.Fatal(err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
