package conversation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

// TestChainIsConcatenation: what a chain of n turns expands to is all inputs
// and outputs, one after the other.
func TestChainIsConcatenation(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, conversation.Options{})
		runs := 0
		rapid.Check(t, func(t *rapid.T) {
			runs++
			var want []string
			previous := "null"
			for i := range rapid.IntRange(1, 5).Draw(t, "turns") {
				request := fmt.Sprintf(`{"previous_response_id":%s,"input":`, previous)
				if rapid.Bool().Draw(t, "text") {
					text := rapid.String().Draw(t, "input")
					quoted := jsonText(text)
					request += quoted + `}`
					want = append(want, `{"type":"message","role":"user","content":[{"type":"input_text","text":`+quoted+`}]}`)
				} else {
					items := rapid.SliceOfN(rapid.SampledFrom(inputs()), 0, 3).Draw(t, "items")
					var given []string
					for _, it := range items {
						given, want = append(given, it.given), append(want, it.replayed)
					}
					request += array(given...) + `}`
				}
				id := fmt.Sprintf("resp_%d_%d", runs, i)
				var output []string
				for _, it := range rapid.SliceOfN(rapid.SampledFrom(outputs()), 0, 3).Draw(t, "output") {
					output = append(output, it.given)
					if it.replayed != "" {
						want = append(want, it.replayed)
					}
				}
				w.respond(request, id, array(output...))
				previous = `"` + id + `"`
			}
			require.Equal(t, `{"input":`+array(want...)+`}`, w.body(`{"previous_response_id":`+previous+`}`))
		})
	})
}

func jsonText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))) + `"`
}

type sample struct{ given, replayed string }

func inputs() []sample {
	return []sample{
		{`{"role":"user","content":"a"}`, `{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}`},
		{`{"type":null,"role":"system","content":[]}`, `{"type":"message","role":"system","content":[]}`},
		{`{"content":"b","role":"assistant"}`, `{"type":"message","content":[{"type":"output_text","text":"b","annotations":[]}],"role":"assistant"}`},
		{`{"type":"function_call_output","id":"fco_9","status":"completed","call_id":"c","output":[ 1.50 ]}`, `{"type":"function_call_output","call_id":"c","output":[ 1.50 ]}`},
		{`{"type":"custom_tool_call_output","call_id":"c","output":"x"}`, `{"type":"custom_tool_call_output","call_id":"c","output":"x"}`},
		{`{"type":"compaction","id":"cmp_1","encrypted_content":"E"}`, `{"id":"cmp_1","type":"compaction","encrypted_content":"E"}`},
	}
}

func outputs() []sample {
	return []sample{
		{
			`{"id":"msg_1","type":"message","status":"completed","phase":"final_answer","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"url_citation"}],"logprobs":[]}]}`,
			`{"type":"message","phase":"final_answer","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"url_citation"}],"logprobs":[]}]}`,
		},
		{`{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"E=="}`, `{"type":"reasoning","summary":[],"encrypted_content":"E=="}`},
		{`{"type":"reasoning","id":"rs_2","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}`, `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}`},
		{`{"type":"reasoning","id":"rs_3","summary":[],"content":[],"encrypted_content":null}`, ``},
		{`{"type":"custom_tool_call","id":"ctc_1","call_id":"c","name":"n","input":"\u00e9","namespace":"ns"}`, `{"type":"custom_tool_call","call_id":"c","name":"n","input":"\u00e9","namespace":"ns"}`},
		{`{"type":"tool_search_call","id":"ts_1","status":"completed","new_member":{"a":1e2}}`, `{"type":"tool_search_call","id":"ts_1","status":"completed","new_member":{"a":1e2}}`},
	}
}

func TestLongChainIsOneQuery(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		const turns = 200
		var want []string
		previous := "null"
		for i := range turns {
			text, id := fmt.Sprintf("t%d", i), fmt.Sprintf("resp_%d", i)
			w.putTurn(i, text)
			want = append(want, userItem(text), assistantItem(text))
			previous = `"` + id + `"`
		}
		w.calls = 0
		require.Equal(t, `{"input":`+array(want...)+`}`, w.body(`{"previous_response_id":`+previous+`}`))
		require.Equal(t, 1, w.calls)
	})
}

// putTurn stores a link of a chain without reading what is before it.
func (w *world) putTurn(i int, text string) {
	w.t.Helper()
	e := &conversation.Entry{Response: conversation.Response{
		Tenant: me, ID: fmt.Sprintf("resp_%d", i), Status: "completed", CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour),
		Input: []byte(array(userItem(text))), Body: []byte(said(fmt.Sprintf("msg_%d", i), text)),
	}}
	if i > 0 {
		e.PreviousID = fmt.Sprintf("resp_%d", i-1)
	}
	e.Output = conversation.Span{Len: len(e.Body)}
	e.OutSize = len(e.Input) + len(e.Body)
	require.NoError(w.t, w.store.PutResponse(w.t.Context(), e, conversation.Limits{Responses: 1000}))
}

func TestChainBounds(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		full := newWorld(t, s, conversation.Options{})
		for i := range 6 {
			full.putTurn(i, "text")
		}
		next := `{"previous_response_id":"resp_5"}`
		one := int64(len(array(userItem("text"))) + len(said("msg_0", "text")))

		require.Equal(t, "history_too_large", newWorld(t, s, conversation.Options{MaxTurns: 5}).fails(me, next).Code)
		require.Equal(t, "history_too_large", newWorld(t, s, conversation.Options{MaxHistory: 6*one - 1}).fails(me, next).Code)
		newWorld(t, s, conversation.Options{MaxTurns: 6, MaxHistory: 6 * one}).resolve(next)

		full.delete("resp_2")
		e := full.fails(me, next)
		require.Equal(t, "previous_response_not_found", e.Code, "half a history is no history")
		require.Contains(t, e.Message, "'resp_2'")
		full.resolve(`{"previous_response_id":"resp_1"}`)
	})
}

func (w *world) delete(id string) {
	w.t.Helper()
	b, err := w.Delete(w.t.Context(), me, id)
	require.NoError(w.t, err)
	require.JSONEq(w.t, `{"id":"`+id+`","object":"response","deleted":true}`, string(b))
}

func TestFork(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		w.respond(`{"input":"root"}`, "r", said("m0", "R"))
		w.respond(`{"input":"left","previous_response_id":"r"}`, "a", said("m1", "A"))
		w.respond(`{"input":"right","previous_response_id":"r"}`, "b", said("m2", "B"))
		root := []string{userItem("root"), assistantItem("R")}
		require.Equal(t, `{"input":`+array(append(root, userItem("left"), assistantItem("A"))...)+`}`, w.body(`{"previous_response_id":"a"}`))
		require.Equal(t, `{"input":`+array(append(root, userItem("right"), assistantItem("B"))...)+`}`, w.body(`{"previous_response_id":"b"}`))
	})
}

func TestExpiry(t *testing.T) {
	engines(t, conversation.Options{TTL: 30 * time.Hour}, func(t *testing.T, w *world) {
		w.respond(`{"input":"a"}`, "r1", said("m1", "A"))
		w.respond(`{"input":"lonely"}`, "r9", said("m9", "Z"))
		w.now = epoch.Add(29 * time.Hour)
		w.respond(`{"input":"b","previous_response_id":"r1"}`, "r2", said("m2", "B"))
		w.respond(`{"input":[{"id":"m9"}]}`, "r3", said("m3", "C"))
		_, err := w.Resolve(t.Context(), me, []byte(`{"previous_response_id":"r9"}`))
		require.NoError(t, err)

		w.now = epoch.Add(58 * time.Hour)
		w.resolve(`{"previous_response_id":"r2"}`)
		w.resolve(`{"input":[{"id":"m9"}]}`) // what is used lives on
		n, err := w.Cleanup(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)

		w.now = epoch.Add(59 * time.Hour) // gone to the microsecond, cleaned up or not
		require.Equal(t, "previous_response_not_found", w.fails(me, `{"previous_response_id":"r2"}`).Code)
		w.now = epoch.Add(60 * time.Hour)
		require.Equal(t, llm.KindNotFound, w.fails(me, `{"input":[{"id":"m9"}]}`).Kind)
		n, err = w.Cleanup(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(4), n)
		n, err = w.Cleanup(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestEviction(t *testing.T) {
	engines(t, conversation.Options{MaxPerTenant: 3, MaxConversations: 2}, func(t *testing.T, w *world) {
		for i := range 3 {
			w.now = epoch.Add(time.Duration(i) * time.Hour)
			w.respond(`{"input":"x"}`, fmt.Sprintf("r%d", i), "[]")
		}
		w.respond(`{"input":"x","previous_response_id":"r0"}`, "r3", "[]") // r0 is in use again
		require.Equal(t, "previous_response_not_found", w.fails(me, `{"previous_response_id":"r1"}`).Code)
		for _, id := range []string{"r0", "r2", "r3"} {
			w.resolve(`{"previous_response_id":"` + id + `"}`)
		}
		r, err := w.Resolve(t.Context(), "key-2", []byte(`{"input":"x"}`))
		require.NoError(t, err)
		require.NoError(t, w.Keep(t.Context(), r, conversation.Answer{Body: answer("r0", "[]")}))
		w.resolve(`{"previous_response_id":"r3"}`) // another tenant takes nobody's place

		var ids []string
		for range 3 {
			w.now = w.now.Add(time.Minute)
			ids = append(ids, w.newConversation("{}"))
		}
		require.Equal(t, llm.KindNotFound, w.fails(me, `{"conversation":"`+ids[0]+`"}`).Kind)
		w.resolve(`{"conversation":"` + ids[1] + `"}`)
	})
}
