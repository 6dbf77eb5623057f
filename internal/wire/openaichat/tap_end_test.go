package openaichat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

// An error is told in several shapes, and nothing behind it counts.
func TestStreamTapErrors(t *testing.T) {
	for _, c := range []struct {
		name, event, data, message string
	}{
		{"a member", "", `{"error":{"message":"no","type":"server_error"}}`, "no"},
		{"an object of the kind", "", `{"object":"error","message":"no","code":400}`, "no"},
		{"an event of the name", "error", `{"message":"no","code":"x"}`, "no"},
		{"an event of the name with a member", "error", `{"error":{"message":"no"}}`, "no"},
		{"an event that is not JSON", "error", `went wrong`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tap := openaichat.Raw{}.StreamTap(true)
			tap.Frame(frame(`{"id":"i","model":"m","choices":[{"delta":{"content":"a"}}]}`))
			f := frame(c.data)
			f.Event = []byte(c.event)
			require.Equal(t, wire.Meaningful|wire.Failed, tap.Frame(f))
			require.NotNil(t, tap.Seen().Err)
			require.Equal(t, c.message, tap.Seen().Err.Message)
			for _, later := range []*sse.Frame{frame("[DONE]"), frame(`{"choices":[],"usage":{"prompt_tokens":1}}`)} {
				require.Zero(t, tap.Frame(later))
			}
			require.Nil(t, tap.Seen().Usage)
		})
	}
}

func TestStreamTapBehindTheEnd(t *testing.T) {
	tap := openaichat.Raw{}.StreamTap(false)
	require.Equal(t, wire.Meaningful, tap.Frame(frame(`{"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}`)))
	require.Equal(t, wire.Last, tap.Frame(frame("[DONE]")))
	require.Zero(t, tap.Frame(frame(`{"error":{"message":"late"}}`)))
	require.Zero(t, tap.Frame(frame("[DONE]")))
	require.Nil(t, tap.Seen().Err)
	require.Equal(t, llm.FinishStop, tap.Seen().Finish)
}
