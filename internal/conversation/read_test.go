package conversation_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/llm"
)

func TestInputItems(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		id := w.newConversation(`{"items":[{"id":"c1","role":"system","content":"s"}]}`)
		w.respond(`{"conversation":"`+id+`","input":[{"id":"u1","role":"user","content":"a"}]}`, "r1", said("m1", "A"))
		w.respond(`{"previous_response_id":"r1","input":[{"id":"u2","role":"user","content":"b"},{"id":"c1"}]}`, "r2", said("m2", "B"))
		for _, c := range []struct{ query, want string }{
			{"", "u2 m1 u1 c1 [u2 c1 false]"},
			{"order=asc", "c1 u1 m1 u2 [c1 u2 false]"},
			{"order=asc&limit=2", "c1 u1 [c1 u1 true]"},
			{"order=asc&after=u1", "m1 u2 [m1 u2 false]"},
			{"after=c1", " [  false]"},
		} {
			q, err := url.ParseQuery(c.query)
			require.NoError(t, err)
			p, err := conversation.ParsePage(q)
			require.NoError(t, err)
			b, err := w.InputItems(t.Context(), me, "r2", p)
			require.NoError(t, err)
			require.Equal(t, c.want, summary(t, b), c.query)
		}
		_, err := w.InputItems(t.Context(), me, "r2", conversation.Page{After: "x"})
		require.Equal(t, "after", asError(t, err).Param)
		b, err := w.InputItems(t.Context(), me, "r1", conversation.Page{})
		require.NoError(t, err)
		require.Equal(t, "u1 c1 [u1 c1 false]", summary(t, b))
	})
}

func TestParsePage(t *testing.T) {
	for _, c := range []struct {
		query, param string
		want         conversation.Page
	}{
		{"", "", conversation.Page{Limit: 20}},
		{"limit=1&order=asc&after=x", "", conversation.Page{Limit: 1, Ascending: true, After: "x"}},
		{"limit=100&order=desc", "", conversation.Page{Limit: 100}},
		{"limit=0", "limit", conversation.Page{}},
		{"limit=101", "limit", conversation.Page{}},
		{"limit=x", "limit", conversation.Page{}},
		{"order=up", "order", conversation.Page{}},
	} {
		q, err := url.ParseQuery(c.query)
		require.NoError(t, err)
		p, err := conversation.ParsePage(q)
		if c.param != "" {
			require.Equal(t, c.param, asError(t, err).Param)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, p)
	}
}

func TestCancelOnlyInBackground(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		w.respond(`{"input":"x"}`, "r1", "[]")
		_, _, err := w.Cancel(t.Context(), me, "r1")
		e := asError(t, err)
		require.Equal(t, llm.KindInvalid, e.Kind)
		require.Contains(t, e.Message, "background")
	})
}

// TestTenantsAreApart: to another tenant everything is as if it never was, in
// every method, to the last byte of the error.
func TestTenantsAreApart(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		ctx := t.Context()
		conv := w.newConversation(`{"items":[{"id":"item_known","role":"user","content":"secret"}]}`)
		w.respond(`{"input":"secret"}`, "resp_known", said("msg_known", "secret"))
		page := conversation.Page{}
		// Each does something with an object whose id ends in the suffix.
		for name, do := range map[string]func(tenant, response, conv, item string) error{
			"get":       func(tn, r, _, _ string) error { _, err := w.Get(ctx, tn, r); return err },
			"cancel":    func(tn, r, _, _ string) error { _, _, err := w.Cancel(ctx, tn, r); return err },
			"inputs":    func(tn, r, _, _ string) error { _, err := w.InputItems(ctx, tn, r, page); return err },
			"delete":    func(tn, r, _, _ string) error { _, err := w.Delete(ctx, tn, r); return err },
			"previous":  resolving(w, func(r, _, _ string) string { return `{"previous_response_id":"` + r + `"}` }),
			"continue":  resolving(w, func(_, c, _ string) string { return `{"conversation":"` + c + `"}` }),
			"reference": resolving(w, func(_, _, i string) string { return `{"input":[{"id":"` + i + `"}]}` }),
			"read":      func(tn, _, c, _ string) error { _, err := w.GetConversation(ctx, tn, c); return err },
			"update": func(tn, _, c, _ string) error {
				_, err := w.UpdateConversation(ctx, tn, c, []byte(`{"metadata":{}}`))
				return err
			},
			"add":       func(tn, _, c, _ string) error { _, err := w.AddItems(ctx, tn, c, []byte(`{"items":[]}`)); return err },
			"list":      func(tn, _, c, _ string) error { _, err := w.Items(ctx, tn, c, page); return err },
			"item":      func(tn, _, c, i string) error { _, err := w.Item(ctx, tn, c, i); return err },
			"drop item": func(tn, _, c, i string) error { _, err := w.DeleteItem(ctx, tn, c, i); return err },
			"drop":      func(tn, _, c, _ string) error { _, err := w.DeleteConversation(ctx, tn, c); return err },
		} {
			known := asError(t, do("key-2", "resp_known", conv, "item_known"))
			unknown := asError(t, do("key-2", "resp_never", "conv_never", "item_never"))
			known.Cause, unknown.Cause = nil, nil
			for old, id := range map[string]string{"resp_never": "resp_known", "conv_never": conv, "item_never": "item_known"} {
				unknown.Message = replaced(unknown.Message, old, id)
			}
			require.Equal(t, unknown, known, name)
		}
		w.resolve(`{"previous_response_id":"resp_known","input":[{"id":"item_known"}]}`) // its owner still has it
		w.resolve(`{"conversation":"` + conv + `"}`)

		// The same id in two tenants is two things.
		r, err := w.Resolve(ctx, "key-2", []byte(`{"input":"mine"}`))
		require.NoError(t, err)
		require.NoError(t, w.Keep(ctx, r, conversation.Answer{Body: answer("resp_known", "[]")}))
		require.Equal(t, `{"input":`+array(userItem("secret"), assistantItem("secret"))+`}`, w.body(`{"previous_response_id":"resp_known"}`))
	})
}

func resolving(w *world, body func(response, conv, item string) string) func(tenant, response, conv, item string) error {
	return func(tenant, response, conv, item string) error {
		_, err := w.Resolve(w.t.Context(), tenant, []byte(body(response, conv, item)))
		return err
	}
}

func TestStoreOutOfOrder(t *testing.T) {
	engines(t, conversation.Options{}, func(t *testing.T, w *world) {
		w.respond(`{"input":"x"}`, "r1", "[]")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.Resolve(ctx, me, []byte(`{"previous_response_id":"r1"}`))
		e := asError(t, err)
		require.Equal(t, llm.KindInternal, e.Kind, "not to be mistaken for a response that is not there")
		require.ErrorIs(t, e, context.Canceled)
		require.Error(t, w.Keep(ctx, w.resolve(`{"input":"y"}`), conversation.Answer{Body: answer("r2", "[]")}))
		_, err = w.Cleanup(ctx)
		require.Error(t, err)
	})
}
