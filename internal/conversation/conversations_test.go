package conversation_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

func (w *world) newConversation(body string) string {
	w.t.Helper()
	b, err := w.CreateConversation(w.t.Context(), me, []byte(body))
	require.NoError(w.t, err)
	var c struct {
		ID string `json:"id"`
	}
	require.NoError(w.t, json.Unmarshal(b, &c))
	return c.ID
}

func TestConversationObject(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		ctx := t.Context()
		b, err := w.CreateConversation(ctx, me, []byte(`{"metadata":{"topic": "é"},"items":null}`))
		require.NoError(t, err)
		want := `{"id":"conv_0001","object":"conversation","created_at":1767323045,"metadata":{"topic": "é"}}`
		require.Equal(t, want, string(b))
		b, err = w.GetConversation(ctx, me, "conv_0001")
		require.NoError(t, err)
		require.Equal(t, want, string(b))

		b, err = w.UpdateConversation(ctx, me, "conv_0001", []byte(`{"metadata":{"a":"b"}}`))
		require.NoError(t, err)
		require.Contains(t, string(b), `"metadata":{"a":"b"}`)
		b, err = w.GetConversation(ctx, me, "conv_0001")
		require.NoError(t, err)
		require.Contains(t, string(b), `"metadata":{"a":"b"}`)

		b, err = w.DeleteConversation(ctx, me, "conv_0001")
		require.NoError(t, err)
		require.JSONEq(t, `{"id":"conv_0001","object":"conversation.deleted","deleted":true}`, string(b))
		_, err = w.DeleteConversation(ctx, me, "conv_0001")
		require.Equal(t, llm.KindNotFound, asError(t, err).Kind)
	})
}

func TestConversationItems(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		ctx := t.Context()
		id := w.newConversation(`{"items":[{"role":"user","content":"0","id":"i0"}]}`)
		for i := 1; i < 5; i++ {
			b, err := w.AddItems(ctx, me, id, fmt.Appendf(nil, `{"items":[{"id":"i%d","type":"message","role":"user","content":[]}]}`, i))
			require.NoError(t, err)
			require.JSONEq(t, fmt.Sprintf(`{"object":"list","data":[{"id":"i%d","type":"message","role":"user","content":[]}],"first_id":"i%d","last_id":"i%d","has_more":false}`, i, i, i), string(b))
		}
		items := func(query string) string {
			q, err := url.ParseQuery(query)
			require.NoError(t, err)
			p, err := conversation.ParsePage(q)
			require.NoError(t, err)
			b, err := w.Items(ctx, me, id, p)
			require.NoError(t, err)
			return summary(t, b)
		}
		require.Equal(t, "i4 i3 i2 i1 i0 [i4 i0 false]", items(""))
		require.Equal(t, "i0 i1 [i0 i1 true]", items("order=asc&limit=2"))
		require.Equal(t, "i2 i3 [i2 i3 true]", items("order=asc&limit=2&after=i1"))
		require.Equal(t, "i3 i2 [i3 i2 true]", items("limit=2&after=i4"))
		require.Equal(t, "i0 [i0 i0 false]", items("limit=2&after=i1"))
		require.Equal(t, " [  false]", items("after=i0"))
		_, err := w.Items(ctx, me, id, conversation.Page{After: "i9"})
		require.Equal(t, "after", asError(t, err).Param)

		b, err := w.Item(ctx, me, id, "i0")
		require.NoError(t, err)
		require.Equal(t, `{"id":"i0","type":"message","role":"user","content":[{"type":"input_text","text":"0"}]}`, string(b))
		b, err = w.DeleteItem(ctx, me, id, "i2")
		require.NoError(t, err)
		require.Contains(t, string(b), `"object":"conversation"`)
		require.Equal(t, "i0 i1 i3 i4 [i0 i4 false]", items("order=asc"))
		_, err = w.DeleteItem(ctx, me, id, "i2")
		require.Equal(t, llm.KindNotFound, asError(t, err).Kind)
		_, err = w.AddItems(ctx, me, id, []byte(`{"items":[{"id":"i1","role":"user","content":"again"},{"id":"i5","role":"user","content":"5"}]}`))
		require.NoError(t, err)
		require.Equal(t, "i0 i1 i3 i4 i5 [i0 i5 false]", items("order=asc"), "an item is in it once")
	})
}

// summary tells a list in short.
func summary(t *testing.T, list []byte) string {
	t.Helper()
	var l struct {
		Object string `json:"object"`
		Data   []struct {
			ID string `json:"id"`
		} `json:"data"`
		First   *string `json:"first_id"`
		Last    *string `json:"last_id"`
		HasMore bool    `json:"has_more"`
	}
	require.NoError(t, json.Unmarshal(list, &l), string(list))
	require.Equal(t, "list", l.Object)
	ids := make([]string, len(l.Data))
	for i, d := range l.Data {
		ids[i] = d.ID
	}
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return fmt.Sprintf("%s [%s %s %t]", strings.Join(ids, " "), text(l.First), text(l.Last), l.HasMore)
}

func TestConversationRequestsRefused(t *testing.T) {
	engines(t, conversation.Options{MaxBytes: 20_000, MaxHistory: 200}, func(t *testing.T, w *world) {
		id := w.newConversation("")
		many := `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"role":"user","content":""},`, 21), ",") + `]}`
		metadata := map[string]string{}
		for i := range 17 {
			metadata[fmt.Sprint(i)] = "x"
		}
		tooMany, err := json.Marshal(map[string]any{"metadata": metadata})
		require.NoError(t, err)
		long := strings.Repeat("é", 513)
		for _, c := range []struct{ name, body, code, param string }{
			{"no JSON", `[`, "invalid_json", ""},
			{"no items", `{}`, "invalid_type", "items"},
			{"items of a wrong type", `{"items":"x"}`, "invalid_type", "items"},
			{"an item of a wrong type", `{"items":[{"role":"user","content":"x"},"x"]}`, "invalid_type", "items[1]"},
			{"a reference", `{"items":[{"type":"item_reference","id":"x"}]}`, "invalid_value", "items[0]"},
			{"an impossible id", `{"items":[{"role":"user","id":"a b","content":""}]}`, "invalid_value", "items[0].id"},
			{"too many", many, "array_above_max_length", "items"},
			{"too large", `{"items":[{"role":"user","content":"` + long[:300] + `"}]}`, "history_too_large", "items"},
			{"far too large", `{"items":[{"role":"user","content":"` + strings.Repeat("x", 20_000) + `"}]}`, "request_too_large", ""},
		} {
			_, err := w.AddItems(t.Context(), me, id, []byte(c.body))
			e := asError(t, err)
			require.Equal(t, c.code, e.Code, c.name)
			require.Equal(t, c.param, e.Param, c.name)
		}
		for _, c := range []struct{ name, body, code, param string }{
			{"none", `{}`, "missing_required_parameter", "metadata"},
			{"wrong type", `{"metadata":[]}`, "invalid_type", "metadata"},
			{"wrong value", `{"metadata":{"a":1}}`, "invalid_type", "metadata.a"},
			{"many", string(tooMany), "object_above_max_properties", "metadata"},
			{"long name", `{"metadata":{"` + long[:130] + `":"x"}}`, "string_above_max_length", ""},
			{"long value", `{"metadata":{"a":"` + long + `"}}`, "string_above_max_length", "metadata.a"},
		} {
			_, err := w.UpdateConversation(t.Context(), me, id, []byte(c.body))
			e := asError(t, err)
			require.Equal(t, c.code, e.Code, c.name)
			if c.param != "" {
				require.Equal(t, c.param, e.Param, c.name)
			}
		}
		_, err = w.UpdateConversation(t.Context(), me, id, []byte(`{"metadata":{"a":"`+long[:1024]+`"}}`))
		require.NoError(t, err)
	})
}

func TestConversationGrows(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		id := w.newConversation(`{"items":[{"role":"system","content":"s"}]}`)
		in := `"conversation":"` + id + `"`
		w.respond(`{`+in+`,"input":"a"}`, "r1", said("m1", "A"))
		w.respond(`{`+in+`,"input":"b"}`, "r2", `[{"type":"message","role":"assistant","content":[]}]`)
		w.respond(`{`+in+`,"input":"nothing","store":false}`, "r3", said("m3", "C"))
		system := `{"type":"message","role":"system","content":[{"type":"input_text","text":"s"}]}`
		one := []string{system, userItem("a"), assistantItem("A")}
		two := append(append([]string{}, one...), userItem("b"), `{"type":"message","role":"assistant","content":[]}`)
		require.Equal(t, `{"input":`+array(append(append([]string{}, two...), userItem("c"))...)+`}`, w.body(`{`+in+`,"input":"c"}`))

		require.Equal(t, `{"input":`+array(one...)+`}`, w.body(`{"previous_response_id":"r1"}`), "what it had read then, and itself")
		require.Equal(t, `{"input":`+array(two...)+`}`, w.body(`{"previous_response_id":"r2"}`))

		failed := []byte(`{"id":"r4","status":"failed","output":[]}`)
		require.NoError(t, w.Keep(t.Context(), w.resolve(`{`+in+`,"input":"d"}`), conversation.Answer{Body: failed}))
		require.Equal(t, `{"input":`+array(two...)+`}`, w.body(`{`+in+`}`), "a failure adds nothing")

		r := w.resolve(`{` + in + `,"input":"late"}`)
		_, err := w.DeleteConversation(t.Context(), me, id)
		require.NoError(t, err)
		require.NoError(t, w.Keep(t.Context(), r, conversation.Answer{Body: answer("r5", "[]")}), "deleted in the meantime")
		require.Equal(t, llm.KindNotFound, w.fails(me, `{"previous_response_id":"r2"}`).Kind, "its beginning is gone")
	})
}

func TestConversationTooLong(t *testing.T) {
	engines(t, conversation.Options{MaxHistory: 200}, func(t *testing.T, w *world) {
		id := w.newConversation("")
		in := `{"conversation":"` + id + `","input":"a"}`
		w.respond(in, "r1", said("m1", strings.Repeat("A", 200)))
		e := w.fails(me, in)
		require.Equal(t, "history_too_large", e.Code)
		require.Equal(t, "conversation", e.Param)
		_, err := w.DeleteItem(t.Context(), me, id, "m1")
		require.NoError(t, err)
		w.resolve(in)
	})
}

func TestDefaultIDsCannotBeGuessed(t *testing.T) {
	s := conversation.New(storetest.Open(t, storetest.SQLite(t)), conversation.Options{})
	seen := map[string]bool{}
	for range 10 {
		b, err := s.CreateConversation(t.Context(), me, nil)
		require.NoError(t, err)
		var c struct {
			ID string `json:"id"`
		}
		require.NoError(t, json.Unmarshal(b, &c))
		require.Regexp(t, "^conv_[0-9a-f]{48}$", c.ID)
		require.False(t, seen[c.ID])
		seen[c.ID] = true
	}
}

// TestConcurrentAppends: each response's items stand together, and none is lost.
func TestConcurrentAppends(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		id := w.newConversation("{}")
		const writers = 8
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			r := w.resolve(fmt.Sprintf(`{"conversation":%q,"input":[{"id":"in%d","role":"user","content":"x"}]}`, id, i))
			wg.Go(func() {
				errs[i] = w.Keep(t.Context(), r, conversation.Answer{Body: answer(fmt.Sprintf("r%d", i), said(fmt.Sprintf("out%d", i), "y"))})
			})
		}
		wg.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		b, err := w.Items(t.Context(), me, id, conversation.Page{Ascending: true})
		require.NoError(t, err)
		var l struct {
			Data []struct {
				ID string `json:"id"`
			}
		}
		require.NoError(t, json.Unmarshal(b, &l, json.MatchCaseInsensitiveNames(true)))
		require.Len(t, l.Data, 2*writers)
		for i := 0; i < len(l.Data); i += 2 {
			require.Equal(t, strings.Replace(l.Data[i].ID, "in", "out", 1), l.Data[i+1].ID)
		}
	})
}
