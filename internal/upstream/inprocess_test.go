package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

func newRequest(ctx context.Context, t *testing.T, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	return r
}

// call sends the request by the round-tripper and reads the whole answer.
func call(t *testing.T, rt http.RoundTripper, r *http.Request) (*http.Response, string, error) {
	t.Helper()
	resp, err := rt.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

func TestInProcess(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		w.Header().Set("X-Seen", r.Method+" "+r.URL.Path+" "+r.Host+" "+r.RequestURI+" "+r.Header.Get("X-Ask"))
		w.WriteHeader(http.StatusEarlyHints) // not the answer
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK) // too late
		w.Header().Set("X-Late", "1")
		_, _ = w.Write(b)
	})
	r := newRequest(t.Context(), t, "local://host/v1/x?q=1", "ping")
	r.Header.Set("X-Ask", "a")
	resp, body, err := call(t, upstream.InProcess(h), r)
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, resp.StatusCode)
	require.Equal(t, "POST /v1/x host /v1/x?q=1 a", resp.Header.Get("X-Seen"))
	require.NotContains(t, resp.Header, "X-Late")
	require.Equal(t, "ping", body)
	require.Equal(t, int64(-1), resp.ContentLength)

	silent := upstream.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "0") }))
	resp, body, err = call(t, silent, newRequest(t.Context(), t, "local://host/", ""))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Zero(t, resp.ContentLength)
	require.Empty(t, body)
}

func TestInProcessStreams(t *testing.T) {
	gate := make(chan struct{})
	resp, err := upstream.InProcess(fakeupstream.GatedSSE(gate, "data: 1\n\n", "data: 2\n\n")).RoundTrip(newRequest(t.Context(), t, "local://host/", ""))
	require.NoError(t, err, "the head comes before the first frame")
	defer resp.Body.Close()
	for _, want := range []string{"data: 1\n\n", "data: 2\n\n"} {
		gate <- struct{}{}
		b := make([]byte, 64)
		n, err := resp.Body.Read(b)
		require.NoError(t, err)
		require.Equal(t, want, string(b[:n]))
	}
	_, err = resp.Body.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
}

// TestInProcessCancellation: whatever ends the client's side ends the handler.
func TestInProcessCancellation(t *testing.T) {
	cause := errors.New("the client's reason")
	tests := []struct {
		name string
		head bool // the handler sends its head before it stalls
		end  func(resp *http.Response, cancel context.CancelCauseFunc)
		read error // what reading the body gives afterwards
	}{
		{"cancelled before the head", false, nil, nil},
		{"cancelled after the head", true, func(_ *http.Response, cancel context.CancelCauseFunc) { cancel(cause) }, cause},
		{"body closed", true, func(resp *http.Response, _ context.CancelCauseFunc) { _ = resp.Body.Close() }, io.ErrClosedPipe},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan struct{})
				rt := upstream.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer close(ended)
					if tt.head {
						http.NewResponseController(w).Flush()
					}
					<-r.Context().Done()
				}))
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				r := newRequest(ctx, t, "local://host/", "")
				if !tt.head {
					go func() { synctest.Wait(); cancel(cause) }()
					_, err := rt.RoundTrip(r)
					require.ErrorIs(t, err, cause)
					<-ended
					return
				}
				resp, err := rt.RoundTrip(r)
				require.NoError(t, err)
				tt.end(resp, cancel)
				<-ended
				_, err = resp.Body.Read(make([]byte, 1))
				require.ErrorIs(t, err, tt.read)
			})
		})
	}
}

func TestInProcessPanics(t *testing.T) {
	tests := []struct {
		name  string
		value any
		head  bool
		want  error
	}{
		{"abort before the head", http.ErrAbortHandler, false, io.ErrUnexpectedEOF},
		{"abort in the body", http.ErrAbortHandler, true, io.ErrUnexpectedEOF},
		{"defect before the head", "boom", false, upstream.ErrHandlerPanic},
		{"defect in the body", "boom", true, upstream.ErrHandlerPanic},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := call(t, upstream.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.head {
					fmt.Fprint(w, "part")
				}
				panic(tt.value)
			})), newRequest(t.Context(), t, "local://host/", ""))
			require.ErrorIs(t, err, tt.want)
		})
	}
}

// TestInProcessWriterLearnsOfClosing: a handler that ignores its context is
// stopped by its writes.
func TestInProcessWriterLearnsOfClosing(t *testing.T) {
	ended := make(chan error, 1)
	resp, err := upstream.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, "more"); err != nil {
				ended <- err
				return
			}
		}
	})).RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.ErrorIs(t, <-ended, io.ErrClosedPipe)
}
