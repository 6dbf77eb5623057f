package relay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// lateReader is a transport that keeps the request's body after it has
// answered, as net/http's do when an upstream answers early.
type lateReader struct {
	bodies chan *http.Request
	answer func() (*http.Response, error)
}

func (l *lateReader) RoundTrip(req *http.Request) (*http.Response, error) {
	l.bodies <- req
	return l.answer()
}

// TestNobodyReadsTheRequestAfterItsEnd: the client's bytes lie in a pooled
// buffer, which the next client's request fills. A transport that still reads
// must not get that client's bytes.
func TestNobodyReadsTheRequestAfterItsEnd(t *testing.T) {
	answers := map[string]func() (*http.Response, error){
		"an early answer": func() (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: 10, Body: io.NopCloser(strings.NewReader(`{"id":"x"}`))}, nil
		},
		"an early error": func() (*http.Response, error) { return nil, errors.New("gone") },
		"a panic":        func() (*http.Response, error) { panic("transport") },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			late := &lateReader{bodies: make(chan *http.Request, 1), answer: answer}
			w, _ := newWorld(t, func(s *setup) { s.transport = map[string]http.RoundTripper{"up": late} })
			body := `{"model":"m","messages":["` + strings.Repeat("first client's own ", 1000) + `"]}`
			w.post(chatPath, body)
			w.only()
			req := <-late.bodies
			got, err := io.ReadAll(req.Body)
			require.Error(t, err, "the lease is over")
			require.Empty(t, got)
			again, err := req.GetBody()
			require.NoError(t, err)
			n, err := again.Read(make([]byte, 10))
			require.Error(t, err)
			require.Zero(t, n)
			require.NoError(t, req.Body.Close())
		})
	}
}

// TestRequestCanBeSentAgain: a transport may start over, by GetBody, on a new
// connection.
func TestRequestCanBeSentAgain(t *testing.T) {
	var first, second []byte
	tr := roundTripper(func(req *http.Request) (*http.Response, error) {
		first, _ = io.ReadAll(req.Body)
		again, err := req.GetBody()
		if err == nil {
			second, err = io.ReadAll(again)
		}
		if err != nil || req.ContentLength != int64(len(first)) {
			return nil, errors.Join(err, errors.New("wrong length"))
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
	})
	w, _ := newWorld(t, func(s *setup) { s.transport = map[string]http.RoundTripper{"up": tr} })
	w.chat(200)
	require.JSONEq(t, `{"model":"upstream-model","messages":[]}`, string(first))
	require.True(t, bytes.Equal(first, second))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestACancellationNobodyAskedForIsAnError: the client is there and is told.
func TestACancellationNobodyAskedForIsAnError(t *testing.T) {
	tr := roundTripper(func(*http.Request) (*http.Response, error) { return nil, context.Canceled })
	w, _ := newWorld(t, func(s *setup) { s.transport = map[string]http.RoundTripper{"up": tr} })
	w.fails(w.chat(502), 502, "upstream_connection")
	require.Equal(t, llm.KindConnection.String(), w.only().ErrorKind)
}
