package conversation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// past stores what the tables below refer to.
func past(w *world) {
	w.respond(`{"model":"fast","input":"hello"}`, "resp_1", said("msg_a", "hi"))
	w.respond(`{"model":"fast","instructions":"x","previous_response_id":"resp_1","input":[{"role":"user","content":"add"}]}`, "resp_2", `[
		{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"ENC","status":null},
		{"id":"rs_2","type":"reasoning","summary":[{"type":"summary_text","text":"only to be seen"}]},
		{"id":"fc_1","type":"function_call","status":"completed","call_id":"call_1","name":"add","arguments":"{\"a\":1}"},
		{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}]`)
	_, err := w.CreateConversation(w.t.Context(), me, []byte(`{"items":[{"role":"developer","content":"terse"}]}`))
	require.NoError(w.t, err)
}

const (
	hello = `{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}`
	hi    = `{"type":"message","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"hi"}]}`
	add   = `{"type":"message","role":"user","content":[{"type":"input_text","text":"add"}]}`
	think = `{"type":"reasoning","summary":[],"encrypted_content":"ENC"}`
	call  = `{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\":1}"}`
	// Items of hosted tools go as they were.
	search = `{"id":"ws_1","type":"web_search_call","status":"completed","action":{"type":"search","query":"q"}}`
	terse  = `{"type":"message","role":"developer","content":[{"type":"input_text","text":"terse"}]}`
	turn1  = hello + "," + hi
	turn2  = turn1 + "," + add + "," + think + "," + call + "," + search
)

func TestBody(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		past(w)
		for _, c := range []struct{ name, request, want string }{
			{"nothing to do", `{ "model":"m" , "input":"x" }`, `{ "model":"m" , "input":"x" }`},
			{"null state", `{"previous_response_id":null,"conversation":null,"input":"x"}`, `{"previous_response_id":null,"conversation":null,"input":"x"}`},
			{"empty id", `{"previous_response_id":"","input":"x"}`, `{"previous_response_id":"","input":"x"}`},
			{
				"text", `{"model":"m","input":"n\u00e9xt","previous_response_id":"resp_1"}`,
				`{"model":"m","input":[` + turn1 + `,{"type":"message","role":"user","content":[{"type":"input_text","text":"n\u00e9xt"}]}]}`,
			},
			{
				"array, byte for byte", `{"input": [ {"role": "user", "content":"x"} , 1.0 ] , "previous_response_id" : "resp_1" , "n": 1.50 }`,
				`{"input": [` + turn1 + `,{"role": "user", "content":"x"},1.0]  , "n": 1.50 }`,
			},
			{"empty array", `{"input":[],"previous_response_id":"resp_1"}`, `{"input":[` + turn1 + `]}`},
			{"no input", `{"model":"m","previous_response_id":"resp_1"}`, `{"model":"m","input":[` + turn1 + `]}`},
			{"no input at all", `{ "previous_response_id" : "resp_1" }`, `{ "input":[` + turn1 + `] }`},
			{"null input", `{"input":null,"previous_response_id":"resp_1"}`, `{"input":[` + turn1 + `]}`},
			{"state first", `{"previous_response_id":"resp_1", "input":[]}`, `{"input":[` + turn1 + `]}`},
			{"both first", `{ "conversation":null , "previous_response_id":"resp_1", "input":[],"z":1}`, `{ "input":[` + turn1 + `],"z":1}`},
			{"both apart", `{"conversation":null,"model":"m","previous_response_id":"resp_1" ,"input":[]}`, `{"model":"m" ,"input":[` + turn1 + `]}`},
			{"both last", `{"input":[],"conversation":null,"previous_response_id":"resp_1"}`, `{"input":[` + turn1 + `]}`},
			{"both and no input", `{"conversation":null,"previous_response_id":"resp_1"}`, `{"input":[` + turn1 + `]}`},
			{"escaped name", `{"a\"b":1,"previous\u005fresponse_id":"resp_1","\"c":2,"input":[]}`, `{"a\"b":1,"\"c":2,"input":[` + turn1 + `]}`},
			{
				"instructions stay behind", `{"previous_response_id":"resp_2","instructions":"new","input":[{"type":"function_call_output","call_id":"call_1","output":"2"}]}`,
				`{"instructions":"new","input":[` + turn2 + `,{"type":"function_call_output","call_id":"call_1","output":"2"}]}`,
			},
			{"conversation", `{"conversation":"conv_0003","input":"x"}`, `{"input":[` + terse + `,` + userItem("x") + `]}`},
			{"conversation as an object", `{"input":"x","conversation":{"id":"conv_0003"}}`, `{"input":[` + terse + `,` + userItem("x") + `]}`},
			{
				"reference", `{"input":[{"role":"user","content":"x"},{"type":"item_reference","id":"rs_1"},{"id":"fc_1"},{"type":null,"id":"msg_a"}]}`,
				`{"input":[{"role":"user","content":"x"},` + think + `,` + call + `,` + hi + `]}`,
			},
			{"reference to input", `{"input":[{"type":"item_reference","id":"msg_0001"}]}`, `{"input":[` + hello + `]}`},
			{"reference to a conversation", `{"input":[{"type":"item_reference","id":"msg_0004"}]}`, `{"input":[` + terse + `]}`},
			{"twice the same", `{"input":[{"id":"msg_a"},{"id":"msg_a"}]}`, `{"input":[` + hi + `,` + hi + `]}`},
			{
				"reference to the history", `{"previous_response_id":"resp_1","input":[{"type":"item_reference","id":"msg_a"},{"role":"user","content":"x"}]}`,
				`{"input":[` + turn1 + `,{"role":"user","content":"x"}]}`,
			},
			{
				"not a reference", `{"input":[{"id":"msg_a","role":"user","content":"x"},{"type":"item_reference"},"item_reference"]}`,
				`{"input":[{"id":"msg_a","role":"user","content":"x"},{"type":"item_reference"},"item_reference"]}`,
			},
		} {
			require.Equal(t, c.want, w.body(c.request), c.name)
		}
	})
}

func TestResolveFails(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		past(w)
		running := conversation.Answer{Body: []byte(`{"id":"resp_run","status":"in_progress","output":[]}`), Provider: "acme", Native: true}
		w.keep(`{"input":"x","background":true}`, running)
		for _, c := range []struct {
			name, request     string
			kind              llm.Kind
			code, param, says string
		}{
			{"no JSON", `{"input":`, llm.KindInvalid, "invalid_json", "", ""},
			{"two readings", `{"previous_response_id":"a","previous_response_id":"resp_1"}`, llm.KindInvalid, "invalid_json", "", "duplicate"},
			{"unknown response", `{"previous_response_id":"resp_x"}`, llm.KindInvalid, "previous_response_not_found", "previous_response_id", "Previous response with id 'resp_x' not found."},
			{"impossible id", `{"previous_response_id":"a\u0000b"}`, llm.KindInvalid, "previous_response_not_found", "previous_response_id", ""},
			{"id of a wrong type", `{"previous_response_id":7}`, llm.KindInvalid, "invalid_type", "previous_response_id", ""},
			{"unfinished response", `{"previous_response_id":"resp_run"}`, llm.KindInvalid, "previous_response_not_ready", "previous_response_id", "in_progress"},
			{"unknown conversation", `{"conversation":"conv_x"}`, llm.KindNotFound, "", "", "Conversation with id 'conv_x' not found."},
			{"impossible conversation", `{"conversation":"\u00e9"}`, llm.KindNotFound, "", "", ""},
			{"conversation of a wrong type", `{"conversation":[]}`, llm.KindInvalid, "invalid_type", "conversation", ""},
			{"conversation without id", `{"conversation":{}}`, llm.KindInvalid, "invalid_type", "conversation", ""},
			{"both", `{"previous_response_id":"resp_1","conversation":"conv_0003"}`, llm.KindInvalid, "mutually_exclusive_parameters", "previous_response_id", ""},
			{"unknown item", `{"input":[{"id":"msg_a"},{"type":"item_reference","id":"msg_x"}]}`, llm.KindNotFound, "", "input", "Item with id 'msg_x' not found."},
			{"impossible item", `{"input":[{"type":"item_reference","id":"a b"}]}`, llm.KindNotFound, "", "input", ""},
			{"too many items", `{"input":[` + manyReferences() + `]}`, llm.KindInvalid, "too_many_references", "input", "2049"},
			{"input of a wrong type", `{"previous_response_id":"resp_1","input":{}}`, llm.KindInvalid, "invalid_type", "input", ""},
		} {
			e := w.fails(me, c.request)
			require.Equal(t, c.kind, e.Kind, c.name)
			require.Equal(t, c.code, e.Code, c.name)
			require.Equal(t, c.param, e.Param, c.name)
			require.Contains(t, e.Message, c.says, c.name)
		}
	})
}

func manyReferences() string {
	refs := make([]string, 2049)
	for i := range refs {
		refs[i] = fmt.Sprintf(`{"type":"item_reference","id":"msg_%d"}`, i)
	}
	return strings.Join(refs, ",")
}

func TestPlainRequestsAskNoDatabase(t *testing.T) {
	w := newWorld(t, nil, conversation.Options{})
	r := w.resolve(`{"model":"m","input":[{"role":"user","content":"x"}],"store":false}`)
	require.False(t, r.Stateful())
	require.False(t, r.Store)
	require.False(t, r.Native)
	require.NoError(t, w.Keep(t.Context(), r, conversation.Answer{Body: []byte("anything")}), "store:false keeps nothing")
}

func TestNative(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		at := func(provider string, native bool) conversation.Answer {
			return conversation.Answer{Provider: provider, Alias: "fast", Model: "m-" + provider, Native: native}
		}
		put := func(id, request string, a conversation.Answer) {
			a.Body = answer(id, said("msg_"+id, id))
			w.keep(request, a)
		}
		put("n1", `{"input":"a"}`, at("acme", true))
		put("n2", `{"input":"b"}`, at("other", true))
		put("p1", `{"input":"c"}`, at("third", false))
		_, err := w.CreateConversation(t.Context(), me, nil)
		require.NoError(t, err)
		for _, c := range []struct {
			name, request, provider string
			native                  bool
		}{
			{"nothing", `{"input":"x"}`, "", false},
			{"native response", `{"previous_response_id":"n1"}`, "acme", true},
			{"response of ours", `{"previous_response_id":"p1"}`, "third", false},
			{"native items", `{"input":[{"id":"msg_n1"},{"id":"msg_n1"}]}`, "acme", true},
			{"an input item of a native response", `{"input":[{"id":"msg_0001"}]}`, "", false},
			{"items of two", `{"input":[{"id":"msg_n1"},{"id":"msg_n2"}]}`, "other", false},
			{"item of ours", `{"input":[{"id":"msg_p1"}]}`, "", false},
			{"response and its item", `{"previous_response_id":"n1","input":[{"id":"msg_n1"}]}`, "acme", true},
			{"response and item of another", `{"previous_response_id":"n1","input":[{"id":"msg_n2"}]}`, "acme", false},
			{"conversation", `{"conversation":"conv_0004"}`, "", false},
		} {
			r := w.resolve(c.request)
			require.Equal(t, c.provider, r.Provider, c.name)
			require.Equal(t, c.native, r.Native, c.name)
		}
		r := w.resolve(`{"previous_response_id":"n1"}`)
		require.Equal(t, "fast", r.Alias)
		require.Equal(t, "m-acme", r.Model)
	})
}

// TestBodyAtHome: the provider that keeps an item gets it with its id, and with
// thinking that is nothing but one.
func TestBodyAtHome(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		w.keep(`{"input":"a"}`, conversation.Answer{Provider: "acme", Native: true, Body: answer("resp_1", `[
			{"id":"rs_1","type":"reasoning","summary":[]},
			{"id":"fc_1","type":"function_call","status":"completed","call_id":"c","name":"f","arguments":"{}"}]`)})
		r := w.resolve(`{"input":"b","previous_response_id":"resp_1"}`)
		home, err := r.Body("acme")
		require.NoError(t, err)
		require.Equal(t, `{"input":`+array(userItem("a"), `{"id":"rs_1","type":"reasoning","summary":[]}`,
			`{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}"}`, userItem("b"))+`}`, string(home))
		for _, other := range []string{"", "other"} {
			b, err := r.Body(other)
			require.NoError(t, err)
			require.Equal(t, `{"input":`+array(userItem("a"), `{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}`, userItem("b"))+`}`, string(b))
		}
	})
}

func TestEcho(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		past(w)
		blank := []byte(`{"id":"r","conversation":null,"previous_response_id":null}`)
		echo := func(request string, response []byte) string {
			b, err := w.resolve(request).Echo(response)
			require.NoError(t, err)
			return string(b)
		}
		require.Equal(t, string(blank), echo(`{"input":"x"}`, blank))
		require.Equal(t, `{"id":"r","conversation":null,"previous_response_id":"resp_1"}`, echo(`{"previous_response_id":"resp_1"}`, blank))
		require.Equal(t, `{"id":"r","conversation":{"id":"conv_0003"},"previous_response_id":null}`, echo(`{"conversation":"conv_0003"}`, blank))
		require.Equal(t, `{"id":"r"}`, echo(`{"conversation":"conv_0003"}`, []byte(`{"id":"r"}`)))
		_, err := w.resolve(`{"conversation":"conv_0003"}`).Echo([]byte(`[]`))
		require.Error(t, err)
	})
}
