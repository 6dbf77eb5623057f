package store_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

var stateLimits = conversation.Limits{Responses: 100, Conversations: 100, Grace: time.Hour}

// entry is a response whose body is its output, one item of which is indexed.
func entry(id, previous string) *conversation.Entry {
	item := fmt.Sprintf(`{"id":"item_%s"}`, id)
	e := &conversation.Entry{Response: conversation.Response{
		Tenant: "t", ID: id, PreviousID: previous, Provider: "acme", Alias: "al\x00ias", Model: "m", Status: "completed", Native: true,
		CreatedAt: epoch, ExpiresAt: epoch.Add(24 * time.Hour), Input: []byte(`[]`), Body: []byte(`{"é":1,"output":[` + item + `]}`),
	}}
	e.Output = conversation.Span{Start: len(`{"é":1,"output":`), Len: len(item) + 2}
	e.OutSize = len(e.Input) + e.Output.Len
	e.Index = []conversation.IndexedItem{{ID: "item_" + id, InBody: true, At: conversation.Span{Start: e.Output.Start + 1, Len: len(item)}}}
	return e
}

func TestResponses(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		e := entry("r1", "")
		e.ConversationID, e.ConversationEnd, e.Background = "c", 7, true
		require.NoError(t, s.PutResponse(ctx, e, stateLimits))
		want := e.Response
		want.Alias = "al\uFFFDias"
		got, err := s.Response(ctx, "t", "r1", epoch)
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = s.Response(ctx, "t", "r1", e.ExpiresAt)
		require.ErrorIs(t, err, conversation.ErrNotFound, "expired")

		require.NoError(t, s.PutResponse(ctx, entry("r2", "r1"), stateLimits))
		turns, err := s.Chain(ctx, "t", "r2", epoch, conversation.Bound{Turns: 9, Bytes: 1 << 20})
		require.NoError(t, err)
		require.Len(t, turns, 2)
		want.Body, want.ExpiresAt = nil, want.ExpiresAt.Add(0)
		require.Equal(t, want, turns[0].Response)
		require.Equal(t, `[{"id":"item_r1"}]`, string(turns[0].Output), "offsets are of bytes")

		found, err := s.Items(ctx, "t", []string{"item_r2", "item_x", "item_r1"}, epoch, 100)
		require.NoError(t, err)
		require.Equal(t, map[string]conversation.Item{
			"item_r1": {ID: "item_r1", JSON: []byte(`{"id":"item_r1"}`), Home: "acme", ResponseID: "r1"},
			"item_r2": {ID: "item_r2", JSON: []byte(`{"id":"item_r2"}`), Home: "acme", ResponseID: "r2"},
		}, found)
		_, err = s.Items(ctx, "t", []string{"item_r2", "item_r1"}, epoch, 2*16-1)
		require.ErrorIs(t, err, conversation.ErrTooLarge)

		require.NoError(t, s.DeleteResponse(ctx, "t", "r1", epoch))
		require.ErrorIs(t, s.DeleteResponse(ctx, "t", "r1", epoch), conversation.ErrNotFound)
		require.Equal(t, []string{"item_r2"}, s.Column(t, "SELECT item_id FROM response_items"), "the index goes with its response")
		_, err = s.DeleteExpired(ctx, epoch, 0)
		require.Error(t, err)
	})
}

func TestManyAndLargeItems(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		e := entry("r1", "")
		var input bytes.Buffer
		var ids []string
		input.WriteString("[")
		e.Index = nil
		for i := range 1200 {
			id := fmt.Sprintf("i%d", i)
			item := fmt.Sprintf(`{"id":"%s","t":"%s"}`, id, bytes.Repeat([]byte("x"), 2000))
			e.Index = append(e.Index, conversation.IndexedItem{ID: id, At: conversation.Span{Start: input.Len(), Len: len(item)}})
			input.WriteString(item + ",")
			ids = append(ids, id)
		}
		e.Index = append(e.Index, e.Index[0]) // an id twice in one response
		e.Input = append(bytes.TrimSuffix(input.Bytes(), []byte(",")), ']')
		require.NoError(t, s.PutResponse(ctx, e, stateLimits))
		found, err := s.Items(ctx, "t", ids, epoch, 4<<20)
		require.NoError(t, err)
		require.Len(t, found, len(ids))
		for id, it := range found {
			require.Contains(t, string(it.JSON), `{"id":"`+id+`",`)
			require.Empty(t, it.Home, "the provider has it under an id of its own")
		}
	})
}

// TestConcurrentResponses: replicas that continue, evict and delete the same
// chain at once neither deadlock nor exceed the limit.
func TestConcurrentResponses(t *testing.T) {
	storetest.URLs(t, func(t *testing.T, url string) {
		replicas := []*store.Store{storetest.Open(t, url), storetest.Open(t, url)}
		limits := conversation.Limits{Responses: 12, Conversations: 1}
		previous := ""
		for i := range 8 {
			id := fmt.Sprintf("root%d", i)
			require.NoError(t, replicas[0].PutResponse(t.Context(), entry(id, previous), limits))
			previous = id
		}
		const writers = 16
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				e := entry(fmt.Sprintf("fork%d", i), fmt.Sprintf("root%d", 7-i%3))
				e.ExpiresAt = e.ExpiresAt.Add(time.Duration(i) * time.Minute)
				e.Used = []string{fmt.Sprintf("root%d", i%8)}
				errs[i] = replicas[i%2].PutResponse(t.Context(), e, limits)
			})
		}
		wg.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		require.Len(t, replicas[0].Column(t, "SELECT id FROM responses"), 12)
	})
}

func TestConversationBounds(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		c := &conversation.Conversation{Tenant: "t", ID: "c", Metadata: []byte("{}"), CreatedAt: epoch, ExpiresAt: epoch.Add(time.Hour)}
		items := []conversation.Item{{ID: "a", JSON: []byte(`{"a":1}`), Home: "acme"}, {ID: "b", JSON: []byte(`{"b":22}`)}, {ID: "a", JSON: []byte(`{}`)}}
		require.NoError(t, s.PutConversation(ctx, c, items, stateLimits))
		got, err := s.Conversation(ctx, "t", "c", epoch)
		require.NoError(t, err)
		c.Last, c.Size = 2, 15
		require.Equal(t, *c, got)
		list, err := s.ConversationItems(ctx, "t", "c", conversation.ItemQuery{UpTo: 9})
		require.NoError(t, err)
		require.Equal(t, []conversation.Item{
			{ID: "a", JSON: []byte(`{"a":1}`), Home: "acme", Position: 1}, {ID: "b", JSON: []byte(`{"b":22}`), Position: 2},
		}, list)

		more := []conversation.Item{{ID: "d", JSON: []byte(`{"d":1}`)}}
		require.ErrorIs(t, s.AppendItems(ctx, c, more, epoch, 21), conversation.ErrTooLarge)
		require.NoError(t, s.DeleteConversationItem(ctx, "t", "c", "b"))
		require.NoError(t, s.AppendItems(ctx, c, more, epoch, 21))
		require.ErrorIs(t, s.AppendItems(ctx, c, more, c.ExpiresAt, 0), conversation.ErrNotFound, "expired")
		it, err := s.ConversationItem(ctx, "t", "c", "d")
		require.NoError(t, err)
		require.Equal(t, int64(3), it.Position, "a position is given once")
		found, err := s.Items(ctx, "t", []string{"a", "d"}, epoch, 100)
		require.NoError(t, err)
		require.Equal(t, "acme", found["a"].Home)
		require.Len(t, found, 2)

		n, err := s.DeleteExpired(ctx, c.ExpiresAt, 10)
		require.NoError(t, err)
		require.Equal(t, int64(1), n)
		require.Empty(t, s.Column(t, "SELECT id FROM conversation_items"), "the items go with their conversation")
	})
}
