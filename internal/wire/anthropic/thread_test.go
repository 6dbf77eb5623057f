package anthropic_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// threaded is a request of the official client's tool runner.
func threaded(thread string) []byte {
	return []byte(`{"model":"m","max_tokens":9,"thread":` + thread + `,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok"}]}]}`)
}

func TestThreadThatGoesOnIsNotKnown(t *testing.T) {
	const known = `{"type":"error","error":{"type":"not_found_error","message":"thread: the thread is not known here; ` +
		`send the whole conversation, as thread type \"create\" or without a thread","details":{"error_code":"thread_not_found"}}}`
	in := wire.Inbound{Body: threaded(`{"type":"continue","previous_message_id":"msg_1"}`)}
	_, whole := codec.DecodeRequest(in)
	_, count := codec.DecodeCountRequest(in)
	for _, err := range []error{whole, count} {
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.KindNotFound, e.Kind)
		require.Equal(t, "thread_not_found", e.Code)
		require.Equal(t, http.StatusNotFound, e.HTTPStatus())
		require.JSONEq(t, known, string(codec.EncodeError(e)))
	}
}

// A thread that begins holds all there is to ask; upstreams of this protocol
// may keep it.
func TestThreadThatBegins(t *testing.T) {
	for _, thread := range []string{`{"type":"create"}`, `null`, `{"type":"newer"}`, `"?"`} {
		req := decodeRequest(t, threaded(thread))
		body, losses := encodeRequest(t, req, wire.Target{Model: "up"})
		require.Contains(t, string(body), `"thread":`+thread)
		require.Empty(t, losses)
	}
}

// A thread that an upstream has forgotten says nothing of its model.
func TestDecodeErrorOfAThread(t *testing.T) {
	body := []byte(`{"type":"error","error":{"type":"not_found_error","message":"gone","details":{"error_code":"thread_not_found"}}}`)
	e := codec.DecodeError(404, nil, body)
	require.Equal(t, llm.KindNotFound, e.Kind)
	require.Equal(t, llm.ScopeRequest, e.Scope)
	require.Equal(t, "thread_not_found", e.Code)
	require.Equal(t, 404, e.HTTPStatus())
	require.JSONEq(t, string(body), string(codec.EncodeError(e)))
}
