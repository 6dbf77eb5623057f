package conversation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
)

func TestKeep(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		body := answer("resp_1", said("msg_a", "hi"))
		w.keep(`{"model":"fast","input":[{"role":"user","content":"a"},{"type":"computer_call_output","x":1},{"id":"own","type":"new_thing"},7,{"type":"item_reference"},{"x":1}]}`,
			conversation.Answer{Body: body, Provider: "acme", Alias: "fast", Model: "m-1", Native: true})
		r, err := w.Get(t.Context(), me, "resp_1")
		require.NoError(t, err)
		require.Equal(t, conversation.Response{
			Tenant: me, ID: "resp_1", Provider: "acme", Alias: "fast", Model: "m-1", Status: "completed", Native: true,
			CreatedAt: epoch, ExpiresAt: epoch.Add(conversation.DefaultTTL), Body: body,
			Input: []byte(`[{"id":"msg_0001","type":"message","role":"user","content":[{"type":"input_text","text":"a"}]},` +
				`{"id":"out_0002","type":"computer_call_output","x":1},{"id":"own","type":"new_thing"}]`),
		}, r)
	})
}

func TestKeepRefuses(t *testing.T) {
	engines(t, conversation.Options{MaxBytes: 300}, func(t *testing.T, w *world) {
		keep := func(request, body string) error {
			return w.Keep(t.Context(), w.resolve(request), conversation.Answer{Body: []byte(body)})
		}
		require.ErrorContains(t, keep(`{}`, `{"id":"a","id":"b"}`), "duplicate")
		require.ErrorContains(t, keep(`{}`, `{"status":"completed"}`), "no id")
		require.ErrorContains(t, keep(`{}`, `{"id":"a\u0000"}`), "no id")
		require.ErrorIs(t, keep(`{"input":"`+strings.Repeat("x", 200)+`"}`, `{"id":"a"}`), conversation.ErrTooLarge)
		require.NoError(t, keep(`{}`, `{"id":"a"}`))
		require.ErrorIs(t, keep(`{"input":"other"}`, `{"id":"a"}`), conversation.ErrExists, "a vendor that repeats ids overwrites nothing")
		require.Equal(t, `{"input":[]}`, w.body(`{"previous_response_id":"a"}`))
		require.NoError(t, keep(`{"store":false}`, `no JSON at all`))
	})
}

func TestRefresh(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		conv := w.newConversation("{}")
		w.keep(`{"input":"x","background":true,"conversation":"`+conv+`"}`, conversation.Answer{
			Body: []byte(`{"id":"resp_1","status":"queued","output":[]}`), Provider: "acme", Native: true,
		})
		r, forward, err := w.Cancel(t.Context(), me, "resp_1")
		require.NoError(t, err)
		require.True(t, forward, "it is still running")
		require.Equal(t, `{"input":[]}`, w.body(`{"conversation":"`+conv+`"}`))

		done := string(answer("resp_1", said("msg_a", "hi")))
		require.Error(t, w.Refresh(t.Context(), r, []byte(`{"id":"resp_2"}`)), "another response")
		require.NoError(t, w.Refresh(t.Context(), r, []byte(done)))
		require.ErrorIs(t, w.Refresh(t.Context(), r, []byte(done)), conversation.ErrExists, "what has ended stays as it is")
		r, forward, err = w.Cancel(t.Context(), me, "resp_1")
		require.NoError(t, err)
		require.False(t, forward)
		require.Equal(t, done, string(r.Body))
		want := `{"input":` + array(userItem("x"), assistantItem("hi")) + `}`
		require.Equal(t, want, w.body(`{"conversation":"`+conv+`"}`), "added once")
		require.Equal(t, want, w.body(`{"previous_response_id":"resp_1"}`))
		require.Equal(t, `{"input":`+array(assistantItem("hi"))+`}`, w.body(`{"input":[{"id":"msg_a"}]}`), "the index is of the new body")
	})
}
