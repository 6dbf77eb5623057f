package relay_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
)

// TestHTTP2OnBothSides: the same promises hold.
func TestHTTP2OnBothSides(t *testing.T) {
	up := fakeupstream.Start(t, fakeupstream.HTTP2())
	w, _ := newWorld(t, func(s *setup) {
		s.ups, s.serveH2 = map[string]*fakeupstream.Server{"up": up}, true
	})
	big := `{"model":"m","messages":["` + strings.Repeat("0123456789", 100_000) + `"]}`
	r := w.post(chatPath, big)
	require.Equal(t, 200, r.StatusCode)
	require.Equal(t, "HTTP/2.0", r.Proto)
	require.Equal(t, "HTTP/2.0", up.Requests()[0].Proto)
	require.Equal(t, strings.Replace(big, `"m"`, `"upstream-model"`, 1), string(up.Requests()[0].Body))
	require.Equal(t, record.StatusOK, w.only().Status)

	up.Reset()
	r = w.post(chatPath, streamUsageBody)
	require.Equal(t, strings.Join(fakeupstream.ChatFrames("upstream-model", true), ""), r.body)
	require.Equal(t, int64(fakeupstream.CompletionTokens), w.only().OutputTokens)

	up.Script(fakeupstream.CutAfter(5, fakeupstream.JSON(200, `{"id":"x"}`)))
	r = w.post(chatPath, big)
	require.Error(t, r.err)
	require.Equal(t, record.StatusFailed, w.only().Status)

	w.fails(w.post(chatPath, `{"model":"`+strings.Repeat("m", 5<<20)+`"}`), 413, "request_too_large")
	w.only()

	up.Script(fakeupstream.Stall(nil, nil))
	for len(up.Arrived()) > 0 {
		<-up.Arrived()
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		resp, err := w.client.Do(w.request(ctx, http.MethodPost, chatPath, streamBody))
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		left <- err
	}()
	receive(t, up.Arrived())
	leave()
	require.ErrorIs(t, receive(t, left), context.Canceled)
	require.Equal(t, record.StatusCanceled, w.only().Status)
}
