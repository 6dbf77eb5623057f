package relay_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// A proxy on the way may compress an answer that nobody asked to be compressed:
// the gateway must be able to read what passes, and says no more that it is.
func TestAnswersCompressedUnasked(t *testing.T) {
	const answer = `{"id":"x","model":"served","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":7}}`
	w, up := newWorld(t)
	up.Script(fakeupstream.Gzip(fakeupstream.JSON(200, answer)), fakeupstream.Gzip(fakeupstream.SSE(fakeupstream.ChatFrames("m", true)...)),
		fakeupstream.Gzip(fakeupstream.JSON(429, `{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}`)))
	r := w.post(chatPath, `{"model":"m","messages":[]}`)
	require.Equal(t, answer, r.body)
	require.Empty(t, r.Header.Get("Content-Encoding"))
	require.EqualValues(t, 7, w.record().OutputTokens)

	r = w.post(chatPath, streamUsageBody)
	require.Contains(t, r.body, "data: [DONE]")
	require.NotZero(t, w.record().OutputTokens)

	r = w.post(chatPath, `{"model":"m","messages":[]}`)
	require.Equal(t, 429, r.StatusCode)
	require.Equal(t, "slow down", decodeError(t, r.body).Message)
}
