package store_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/store"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
)

var epoch = time.UnixMicro(1_790_000_000_000_000).UTC()

// number makes a distinct UUIDv7-like id that grows with n.
func number(n int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(epoch.UnixMilli()+int64(n))<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000|uint64(n))
	return id
}

// typical is a record as the relay would write it.
func typical(n int) record.Record {
	return record.Record{
		ID: number(n), Start: epoch.Add(time.Duration(n) * time.Millisecond),
		KeyID: "0199a1b2-0000-7000-8000-000000000001", KeyName: "ci", Label: "nightly", ClientIP: "10.1.2.3",
		Method: "POST", Path: "/v1/chat/completions", ProtocolIn: "openai.chat", ProtocolOut: "openai.chat",
		Alias: "fast", Provider: "moonshot", Model: "kimi-k2-turbo", ServedModel: "kimi-k2-turbo-preview",
		Attempts: 1, Streamed: true, Passthrough: true, Status: record.StatusOK, HTTPStatus: 200,
		FinishReason: "stop", UpstreamID: "chatcmpl-0123456789abcdef", InputTokens: 1200, CacheReadTokens: 1024,
		OutputTokens: 321, ReasoningTokens: 64, UsageSource: "upstream", CostNano: 1_234_567, Priced: true,
		RequestBytes: 10_240, ResponseBytes: 40_960, TTFT: 350 * time.Millisecond, Duration: 2500 * time.Millisecond,
	}
}

func insert(t testing.TB, s *store.Store, rs ...record.Record) {
	t.Helper()
	require.NoError(t, s.InsertRecords(context.Background(), rs))
}

func TestInsertAndRead(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		full := typical(1)
		full.ClientRequestID, full.ErrorKind, full.ErrorCode, full.ErrorMessage = "c-1", "rate_limit", "429", "slow down"
		full.CacheWriteTokens, full.CacheWrite1hTokens, full.UsageFlags = 7, 8, 255
		full.ReportedCostNano, full.LossCodes = 1<<60, "a,b"
		full.TTFT = 1500 * time.Microsecond
		bare := record.Record{ID: number(2)}
		insert(t, s, full, bare)

		got, err := s.Request(t.Context(), full.ID)
		require.NoError(t, err)
		require.Equal(t, full, *got)
		got, err = s.Request(t.Context(), bare.ID)
		require.NoError(t, err)
		require.Equal(t, bare, *got)
		_, err = s.Request(t.Context(), number(3))
		require.ErrorIs(t, err, record.ErrNotFound)
	})
}

func TestInsertIsIdempotent(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		first := typical(1)
		insert(t, s, first)
		second := first
		second.Alias = "changed"
		insert(t, s, second, typical(2), typical(2), second)
		require.Equal(t, []uuid.UUID{number(2), number(1)}, ids(list(t, s, record.Query{}).Items))
		got, err := s.Request(t.Context(), first.ID)
		require.NoError(t, err)
		require.Equal(t, "fast", got.Alias, "the first one stays")
		require.NoError(t, s.InsertRecords(t.Context(), nil))
	})
}

func TestInsertTakesHostileText(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		r := typical(1)
		r.Path = "/v1/\x00/\xff'; DROP TABLE requests; --"
		r.Label = "?"
		insert(t, s, r)
		got, err := s.Request(t.Context(), r.ID)
		require.NoError(t, err)
		require.Equal(t, "/v1/\uFFFD/\uFFFD'; DROP TABLE requests; --", got.Path)
		page := list(t, s, record.Query{Filter: record.Filter{Label: []string{"?"}}})
		require.Len(t, page.Items, 1)
	})
}

// TestInsertRejection: a refusal of the data, unlike trouble of the database,
// is told to the mover as such, and nothing of the batch stays.
func TestInsertRejection(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		if s.Engine() == store.SQLite {
			s.Exec(t, `CREATE TRIGGER refuse BEFORE INSERT ON requests WHEN NEW.alias = 'bad' BEGIN
				SELECT RAISE(ABORT, 'refused'); END`)
		} else {
			s.Exec(t, "ALTER TABLE requests ADD CONSTRAINT refuse CHECK (alias <> 'bad')")
		}
		bad := typical(2)
		bad.Alias = "bad"
		err := s.InsertRecords(t.Context(), []record.Record{typical(1), bad})
		require.ErrorIs(t, err, record.ErrRejected)
		require.Empty(t, list(t, s, record.Query{}).Items, "all or none")
		insert(t, s, typical(1))

		s.Exec(t, "DROP TABLE requests")
		err = s.InsertRecords(t.Context(), []record.Record{typical(3)})
		require.Error(t, err)
		require.NotErrorIs(t, err, record.ErrRejected)
	})
}

// TestDetailOfALaterRelease: members this release does not know are skipped.
func TestDetailOfALaterRelease(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		insert(t, s, typical(1))
		s.Exec(t, `UPDATE requests SET detail = '{"path":"/x","colour":{"a":[1]}}'`)
		got, err := s.Request(t.Context(), number(1))
		require.NoError(t, err)
		require.Equal(t, "/x", got.Path)
		s.Exec(t, `UPDATE requests SET detail = '{"path":7}'`)
		_, err = s.Request(t.Context(), number(1))
		require.ErrorContains(t, err, "column detail, path")
	})
}

func TestInsertCanceled(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.InsertRecords(ctx, []record.Record{typical(1)})
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, record.ErrRejected)
		insert(t, s, typical(1)) // the connection is still good
	})
}

func list(t testing.TB, s *store.Store, q record.Query) record.Page {
	t.Helper()
	page, err := s.Requests(t.Context(), q)
	require.NoError(t, err)
	return page
}

func ids(rs []record.Record) []uuid.UUID {
	out := make([]uuid.UUID, len(rs))
	for i := range rs {
		out[i] = rs[i].ID
	}
	return out
}

// reference describes each order in Go: the value, and whether it is known.
var reference = map[record.SortColumn]func(a, b *record.Record) (order int, aKnown, bKnown bool){
	record.SortStart: func(a, b *record.Record) (int, bool, bool) { return a.Start.Compare(b.Start), true, true },
	record.SortDuration: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.Duration, b.Duration), a.Duration != 0, b.Duration != 0
	},
	record.SortTTFT: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.TTFT, b.TTFT), a.TTFT != 0, b.TTFT != 0
	},
	record.SortInput: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.InputTokens, b.InputTokens), a.UsageSource == "upstream", b.UsageSource == "upstream"
	},
	record.SortOutput: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.OutputTokens, b.OutputTokens), a.UsageSource == "upstream", b.UsageSource == "upstream"
	},
	record.SortCost: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.CostNano, b.CostNano), a.Priced, b.Priced
	},
	record.SortKey: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.KeyName, b.KeyName), a.KeyName != "", b.KeyName != ""
	},
	record.SortAlias: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.Alias, b.Alias), a.Alias != "", b.Alias != ""
	},
	record.SortProvider: func(a, b *record.Record) (int, bool, bool) {
		return cmp.Compare(a.Provider, b.Provider), a.Provider != "", b.Provider != ""
	},
	record.SortStatus: func(a, b *record.Record) (int, bool, bool) { return cmp.Compare(a.Status, b.Status), true, true },
}

func sorted(rs []record.Record, by record.SortColumn, asc bool) []record.Record {
	out := slices.Clone(rs)
	slices.SortFunc(out, func(a, b record.Record) int {
		order, aKnown, bKnown := reference[by](&a, &b)
		switch {
		case aKnown != bKnown && aKnown:
			return -1
		case aKnown != bKnown:
			return 1
		case !aKnown || order == 0:
			order = slices.Compare(a.ID[:], b.ID[:])
		}
		if !asc {
			order = -order
		}
		return order
	})
	return out
}

// scattered makes n records with many equal and unknown values.
func scattered(n int) []record.Record {
	names := []string{"", "alpha", "Beta", "beta", "émile", "zz"}
	rs := make([]record.Record, n)
	for i := range rs {
		h := i * 7919 % 101
		r := typical(i)
		r.Start = epoch.Add(time.Duration(h%13) * time.Hour)
		r.Duration = time.Duration(h%5) * time.Second
		r.TTFT = time.Duration(h%4) * time.Second
		r.InputTokens, r.OutputTokens = int64(h%3), int64(h%6)
		r.UsageSource = []string{"", "none", "upstream"}[h%3]
		r.CostNano, r.Priced = int64(h%4), h%2 == 0
		r.KeyName, r.Alias, r.Provider = names[h%6], names[h%5], names[h%4]
		r.Status = record.Status(1 + h%5)
		rs[i] = r
	}
	return rs
}

func TestPagingVisitsEveryRowOnceInOrder(t *testing.T) {
	all := scattered(97)
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		insert(t, s, all...)
		for by := range reference {
			for _, asc := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s asc=%t", by, asc), func(t *testing.T) {
					q := record.Query{Sort: by, Asc: asc, Limit: 10}
					var got []uuid.UUID
					for {
						page := list(t, s, q)
						require.Equal(t, int64(len(all)), page.Total)
						require.LessOrEqual(t, len(page.Items), 10)
						got = append(got, ids(page.Items)...)
						if q.Cursor = page.Next; q.Cursor == "" {
							break
						}
					}
					require.Equal(t, ids(sorted(all, by, asc)), got)
				})
			}
		}
	})
}

func TestPagingIsStableUnderInserts(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		for i := range 6 {
			insert(t, s, typical(i))
		}
		first := list(t, s, record.Query{Limit: 3})
		insert(t, s, typical(100))
		second := list(t, s, record.Query{Limit: 3, Cursor: first.Next})
		require.Equal(t, []uuid.UUID{number(2), number(1), number(0)}, ids(second.Items))
		require.Empty(t, second.Next, "no empty last page")
	})
}

func TestPageLimits(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	rs := make([]record.Record, 502)
	for i := range rs {
		rs[i] = typical(i)
	}
	insert(t, s, rs...)
	require.Len(t, list(t, s, record.Query{}).Items, 50)
	require.Len(t, list(t, s, record.Query{Limit: -1}).Items, 50)
	require.Len(t, list(t, s, record.Query{Limit: 9999}).Items, 500)
}

func TestFilters(t *testing.T) {
	yes, no := true, false
	a, b := typical(1), typical(2)
	a.ErrorMessage, a.Status, a.ErrorKind, a.Label = "100% of quota_x used!", record.StatusFailed, "quota", "Team-A"
	b.Streamed, b.KeyName, b.Alias, b.Provider, b.Model, b.ProtocolIn = false, "bob", "slow", "acme", "m-2", "anthropic.messages"
	b.ErrorMessage = "100 of quotaax"
	tests := []struct {
		name string
		f    record.Filter
		want []uuid.UUID
	}{
		{name: "none", want: []uuid.UUID{b.ID, a.ID}},
		{name: "from is inside", f: record.Filter{From: b.Start}, want: []uuid.UUID{b.ID}},
		{name: "to is outside", f: record.Filter{To: b.Start}, want: []uuid.UUID{a.ID}},
		{name: "status", f: record.Filter{Status: []record.Status{record.StatusFailed, record.StatusRefused}}, want: []uuid.UUID{a.ID}},
		{name: "key", f: record.Filter{Key: []string{"bob", "eve"}}, want: []uuid.UUID{b.ID}},
		{name: "label without case", f: record.Filter{Label: []string{"TEAM-a"}}, want: []uuid.UUID{a.ID}},
		{name: "alias", f: record.Filter{Alias: []string{"slow"}}, want: []uuid.UUID{b.ID}},
		{name: "provider", f: record.Filter{Provider: []string{"acme"}}, want: []uuid.UUID{b.ID}},
		{name: "model", f: record.Filter{Model: []string{"m-2"}}, want: []uuid.UUID{b.ID}},
		{name: "protocol", f: record.Filter{Protocol: []string{"anthropic.messages"}}, want: []uuid.UUID{b.ID}},
		{name: "error kind", f: record.Filter{ErrorKind: []string{"quota"}}, want: []uuid.UUID{a.ID}},
		{name: "streamed", f: record.Filter{Streamed: &yes}, want: []uuid.UUID{a.ID}},
		{name: "not streamed", f: record.Filter{Streamed: &no}, want: []uuid.UUID{b.ID}},
		{name: "two filters", f: record.Filter{Streamed: &yes, Key: []string{"bob"}}, want: []uuid.UUID{}},
		{name: "whole id", f: record.Filter{Text: b.ID.String()}, want: []uuid.UUID{b.ID}},
		{name: "leading part of the id", f: record.Filter{Text: strings.ToUpper(a.ID.String()[:11])}, want: []uuid.UUID{b.ID, a.ID}},
		{name: "part of the message without case", f: record.Filter{Text: "OF QUOTA_"}, want: []uuid.UUID{a.ID}},
		{name: "percent is a percent", f: record.Filter{Text: "100%"}, want: []uuid.UUID{a.ID}},
		{name: "exclamation mark", f: record.Filter{Text: "used!"}, want: []uuid.UUID{a.ID}},
		{name: "longer than an id", f: record.Filter{Text: strings.Repeat("0", 33)}, want: []uuid.UUID{}},
		{name: "injection", f: record.Filter{Text: "' OR 1=1 --", Key: []string{"') OR 1=1 --"}}, want: []uuid.UUID{}},
		{name: "zero byte", f: record.Filter{Text: "\x00", Key: []string{"\xff"}}, want: []uuid.UUID{}},
	}
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		insert(t, s, a, b)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				page := list(t, s, record.Query{Filter: tt.f})
				require.Equal(t, tt.want, ids(page.Items))
				require.Equal(t, int64(len(tt.want)), page.Total)
			})
		}
	})
}

func TestBadCursor(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	insert(t, s, typical(1), typical(2), typical(3))
	next := list(t, s, record.Query{Limit: 1}).Next
	name := list(t, s, record.Query{Limit: 1, Sort: record.SortAlias}).Next
	flipped := []byte(next)
	flipped[4] ^= 1
	tests := []struct {
		name string
		q    record.Query
	}{
		{name: "garbage", q: record.Query{Cursor: "!!"}},
		{name: "short", q: record.Query{Cursor: "AAAA"}},
		{name: "changed", q: record.Query{Cursor: string(flipped)}},
		{name: "other direction", q: record.Query{Cursor: next, Asc: true}},
		{name: "other column", q: record.Query{Cursor: next, Sort: record.SortCost}},
		{name: "text for number", q: record.Query{Cursor: name}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.Requests(t.Context(), tt.q)
			require.ErrorIs(t, err, record.ErrBadCursor)
		})
	}
	_, err := s.Requests(t.Context(), record.Query{Sort: "id; DROP TABLE requests"})
	require.ErrorContains(t, err, "no sort column")
}

func FuzzCursor(f *testing.F) {
	s := storetest.Open(f, storetest.SQLite(f))
	insert(f, s, typical(1), typical(2))
	f.Add(list(f, s, record.Query{Limit: 1}).Next, "start")
	f.Add(list(f, s, record.Query{Limit: 1, Sort: record.SortKey}).Next, "key")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		if _, err := s.Requests(t.Context(), record.Query{Cursor: cursor, Sort: record.SortColumn(sort)}); err != nil {
			if _, known := reference[record.SortColumn(sort)]; known {
				require.ErrorIs(t, err, record.ErrBadCursor)
			}
		}
	})
}

func TestDeleteRequestsBefore(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		for i := range 10 {
			insert(t, s, typical(i))
		}
		cut := epoch.Add(7 * time.Millisecond)
		for _, want := range []int64{3, 3, 1, 0} {
			n, err := s.DeleteRequestsBefore(t.Context(), cut, 3)
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		require.Equal(t, []uuid.UUID{number(9), number(8), number(7)}, ids(list(t, s, record.Query{}).Items))
		_, err := s.DeleteRequestsBefore(t.Context(), cut, 0)
		require.Error(t, err)
	})
}

// TestRoundTripProperty stores arbitrary valid records and reads them back.
func TestRoundTripProperty(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, s *store.Store) {
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			n++
			text := rapid.StringMatching(`[^\x00]{0,12}`)
			want := typical(n)
			want.ErrorMessage, want.Alias, want.Path = text.Draw(rt, "message"), text.Draw(rt, "alias"), text.Draw(rt, "path")
			want.CostNano = rapid.Int64().Draw(rt, "cost")
			want.Duration = time.Duration(rapid.Int64Range(0, 1<<50).Draw(rt, "duration")) * time.Microsecond
			want.Priced = rapid.Bool().Draw(rt, "priced")
			insert(t, s, want)
			got, err := s.Request(t.Context(), want.ID)
			require.NoError(rt, err)
			require.Equal(rt, want, *got)
		})
	})
}
