package conversation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// FuzzResolve: whatever a client sends, the answer is an error of ours or a
// valid body that refers to nothing, keeps every other member, and resolves to
// itself.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","input":"x"}`,
		`{"previous_response_id":"resp_2","input":[{"type":"item_reference","id":"msg_a"},{"role":"user","content":"x"}]}`,
		`{ "conversation" : {"id":"conv_0003"} , "previous_response_id":null, "input":null , "a":[{}] }`,
		`{"conversation":null,"previous\u005fresponse_id":"resp_1"}`,
		`{"input":[{"id":"fc_1"},{"id":"ws_1","type":null}, 1, "[", []],"store":false,"background":true}`,
		`{"input":{},"previous_response_id":"resp_1"}`,
		`{"a\\":"\\\"","previous_response_id":"resp_1","\"input":[]}`,
	} {
		f.Add([]byte(s))
	}
	w := newWorld(f, storetest.Open(f, storetest.SQLite(f)), conversation.Options{})
	past(w)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := w.Resolve(t.Context(), me, body)
		if err != nil {
			asError(t, err)
			return
		}
		out, err := r.Body("")
		require.NoError(t, err)
		var before, after jsonspan.Doc
		require.NoError(t, before.Index(body))
		require.NoError(t, after.Index(out), "%s", out)
		if !r.Stateful() {
			require.Equal(t, body, out)
			return
		}
		for name, v := range wirejson.Members(body) {
			got, ok := after.Get(string(name))
			switch string(name) {
			case "input":
			case "previous_response_id", "conversation":
				require.False(t, ok)
			default:
				require.True(t, ok, "%q", name)
				require.Equal(t, string(v), string(got.Raw))
			}
		}
		again, err := w.Resolve(t.Context(), me, out)
		require.NoError(t, err)
		require.False(t, again.Stateful())
	})
}
