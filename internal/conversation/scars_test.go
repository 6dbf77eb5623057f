package conversation_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

func replaced(s, from, to string) string { return strings.ReplaceAll(s, from, to) }

// Scar 53: coding agents bring new kinds of items every week; a schema that
// knows them all is wrong next week. Items and members nobody here has heard of
// are stored, chained and referred to byte for byte.
func TestScarH53UnknownItemsSurvive(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		const (
			strange = `{"type":"agent_mailbox_v2","id":"amb_1","status":"posted","to":["sub\u0061gent"],"weight":1.10,"nested":{"b":1,"a":[null]}}`
			tools   = `{"type":"additional_tools","id":"at_1","role":"developer","tools":[{"type":"namespace","name":"mcp__x"}]}`
			spaced  = `{"type":"function_call","call_id":"c","namespace":"mcp__x","name":"f","arguments":"{ \"z\" : 1.0 }","caller":{"type":"program"}}`
		)
		w.respond(`{"input":[`+tools+`]}`, "resp_1", array(strange, replaced(spaced, `{"type":"function_call"`, `{"id":"fc_1","status":"completed","type":"function_call"`)))
		// Stored input begins with its id.
		kept := `{"id":"at_1","type":"additional_tools","role":"developer","tools":[{"type":"namespace","name":"mcp__x"}]}`
		require.Equal(t, `{"client_metadata":{"k":1e3},"input":`+array(kept, strange, spaced, userItem("x"))+`}`,
			w.body(`{"client_metadata":{"k":1e3},"previous_response_id":"resp_1","input":"x"}`))
		require.Equal(t, `{"input":`+array(strange, kept)+`}`, w.body(`{"input":[{"id":"amb_1"},{"type":"item_reference","id":"at_1"}]}`))
	})
}

// Scar 55: a response that silently is about something else is the worst
// failure. A chain with a missing link, an id that is taken, an item that is
// gone: each is refused, none is answered from half the context.
func TestScarH55NoSilentLossOfContext(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		w.respond(`{"input":"my name is Ada"}`, "r1", said("m1", "hello"))
		w.respond(`{"input":"x","previous_response_id":"r1"}`, "r2", said("m2", "y"))
		w.delete("r1")
		require.Equal(t, "previous_response_not_found", w.fails(me, `{"previous_response_id":"r2","input":"who am I?"}`).Code)
		require.Contains(t, w.fails(me, `{"input":[{"id":"m1"}]}`).Message, "'m1'")

		r := w.resolve(`{"input":"my name is Bob"}`)
		require.ErrorIs(t, w.Keep(t.Context(), r, conversation.Answer{Body: answer("r2", "[]")}), conversation.ErrExists)
		got, err := w.Get(t.Context(), me, "r2")
		require.NoError(t, err)
		require.NotContains(t, string(got.Input), "Bob")
	})
}

// Scar 50: a setup error must say what is wrong. A state that is asked of the
// wrong gateway or key names the id and the member that holds it.
func TestScarH50ErrorsNameTheID(t *testing.T) {
	w := newWorld(t, nil, conversation.Options{})
	e := w.fails(me, `{"previous_response_id":"resp with a space"}`)
	require.Equal(t, "previous_response_id", e.Param)
	require.Contains(t, e.Message, "resp with a space")
	require.Equal(t, 400, e.HTTPStatus())
	long := w.fails(me, `{"previous_response_id":"`+strings.Repeat("x", 5000)+`"}`)
	require.Less(t, len(long.Message), 200, "nor repeats more than is of use")
}

// TestExpandedBodyIsLegalInput: what comes out is understood by the codec that
// turns it into any other protocol, with the order of the turns intact.
func TestExpandedBodyIsLegalInput(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		past(w)
		body := w.body(`{"model":"m","previous_response_id":"resp_2","input":[{"type":"function_call_output","call_id":"call_1","output":"2"},{"role":"user","content":"and?"}]}`)
		req, err := openairesponses.Codec{}.DecodeRequest(wire.Inbound{Body: []byte(body)})
		require.NoError(t, err)
		require.Empty(t, req.PreviousResponseID)
		var roles []string
		for _, m := range req.Messages {
			roles = append(roles, string(m.Role))
		}
		require.Equal(t, []string{"user", "assistant", "user", "assistant", "tool", "user"}, roles)
		require.Empty(t, req.System, "instructions are of one request")
	})
}
