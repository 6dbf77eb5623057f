package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/record"
)

func TestListRequestsPagesThroughEverythingOnce(t *testing.T) {
	h := newHouse(t)
	h.Fill(57)
	for _, sort := range []string{"start", "duration", "ttft", "input_tokens", "output_tokens", "cost", "key", "alias", "provider", "status"} {
		for _, order := range []string{"asc", "desc"} {
			t.Run(sort+" "+order, func(t *testing.T) {
				seen, cursor := map[string]bool{}, ""
				for pages := 0; ; pages++ {
					require.Less(t, pages, 4)
					w := h.call("GET", fmt.Sprintf("/v0/requests?sort=%s&order=%s&limit=20&cursor=%s", sort, order, cursor), "")
					require.Equal(t, 200, w.Code, w.Body.String())
					page := decode[admin.RequestPage](t, w.Body)
					require.EqualValues(t, 57, page.Total)
					require.False(t, page.TotalCapped)
					for _, item := range page.Items {
						require.False(t, seen[item.ID], "a row came twice")
						seen[item.ID] = true
					}
					if cursor = page.Next; cursor == "" {
						break
					}
				}
				require.Len(t, seen, 57)
			})
		}
	}
}

// spy keeps the query it was asked.
type spy struct {
	query record.Query
	page  record.Page
}

func (s *spy) Request(context.Context, uuid.UUID) (*record.Record, error) {
	return nil, record.ErrNotFound
}

func (s *spy) Requests(_ context.Context, q record.Query) (record.Page, error) {
	s.query = q
	return s.page, nil
}

func TestListRequestsQuery(t *testing.T) {
	yes := true
	tests := []struct {
		name, query string
		want        record.Query
	}{
		{"defaults", "", record.Query{Sort: record.SortStart, Limit: 50}},
		{"sorting", "sort=cost&order=asc&limit=500&cursor=abc", record.Query{Sort: record.SortCost, Asc: true, Limit: 500, Cursor: "abc"}},
		{
			"repeated and single filters", "status=failed&status=ok&key=a&key=b&alias=x&provider=p&model=m&label=l&protocol=openai.chat&error_kind=timeout",
			record.Query{Sort: record.SortStart, Limit: 50, Filter: record.Filter{
				Status: []record.Status{record.StatusFailed, record.StatusOK}, Key: []string{"a", "b"}, Alias: []string{"x"}, Provider: []string{"p"},
				Model: []string{"m"}, Label: []string{"l"}, Protocol: []string{"openai.chat"}, ErrorKind: []string{"timeout"},
			}},
		},
		{
			"window, text, streamed", "from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z&text=boom&streamed=true",
			record.Query{Sort: record.SortStart, Limit: 50, Filter: record.Filter{
				From: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Text: "boom", Streamed: &yes,
			}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &spy{}
			h := newHouse(t, func(d *admin.Deps) { d.Requests = s })
			w := h.call("GET", "/v0/requests?"+tt.query, "")
			require.Equal(t, 200, w.Code, w.Body.String())
			require.Equal(t, tt.want, s.query)
			require.JSONEq(t, `{"items":[],"total":0,"total_capped":false}`, w.Body.String())
		})
	}
}

func TestListRequestsRefuses(t *testing.T) {
	tests := []struct {
		name, query string
		status      int
		problem     string
	}{
		{"a foreign cursor", "cursor=bm90LW91cnM", 400, admin.ProblemBadCursor},
		{"an unknown column", "sort=body", 422, admin.ProblemInvalid},
		{"an unknown order", "order=up", 422, admin.ProblemInvalid},
		{"too many rows", "limit=501", 422, admin.ProblemInvalid},
		{"no rows", "limit=0", 422, admin.ProblemInvalid},
		{"an unknown status", "status=fine", 422, admin.ProblemInvalid},
		{"a bad time", "from=yesterday", 422, admin.ProblemInvalid},
		{"an unknown parameter", "provder=x", 422, admin.ProblemInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.Fill(3)
			require.Equal(t, tt.problem, problemType(t, h.call("GET", "/v0/requests?"+tt.query, ""), tt.status))
		})
	}
}

func TestTotalIsCapped(t *testing.T) {
	s := &spy{page: record.Page{Total: record.TotalCap}}
	h := newHouse(t, func(d *admin.Deps) { d.Requests = s })
	require.True(t, decode[admin.RequestPage](t, h.call("GET", "/v0/requests", "").Body).TotalCapped)
}

func TestGetRequest(t *testing.T) {
	id := uuid.MustParse("01938f00-0000-7000-8000-00000000abcd")
	full := record.Record{
		ID: id, ClientRequestID: "c-1", Start: noon.In(time.FixedZone("X", 7200)), KeyID: "k1", KeyName: "ada", Label: "team", ClientIP: "10.0.0.1",
		Method: "POST", Path: "/v1/chat/completions", ProtocolIn: "openai.chat", ProtocolOut: "anthropic.messages",
		Alias: "gpt", Provider: "p", Model: "m", ServedModel: "m-1", UpstreamID: "u1", Attempts: 2, Streamed: true,
		Status: record.StatusFailed, HTTPStatus: 502, ErrorKind: "upstream", ErrorCode: "bad_gateway", ErrorMessage: "garbage",
		InputTokens: 10, CacheReadTokens: 20, CacheWriteTokens: 3, CacheWrite1hTokens: 4, OutputTokens: 100, ReasoningTokens: 40,
		UsageSource: "upstream", UsageFlags: 5, CostNano: 1_234_000, Priced: true, ReportedCostNano: -1,
		RequestBytes: 7, ResponseBytes: 8, TTFT: 500 * time.Millisecond, Duration: 2500 * time.Millisecond, LossCodes: "a.b,c.d",
	}
	tests := []struct {
		name string
		rec  record.Record
		want string
	}{
		{"everything", full, `{"id":"01938f00-0000-7000-8000-00000000abcd","client_request_id":"c-1","start":"2026-11-22T12:00:00Z",
			"status":"failed","http_status":502,"key_id":"k1","key":"ada","label":"team","client_ip":"10.0.0.1","method":"POST",
			"path":"/v1/chat/completions","protocol_in":"openai.chat","protocol_out":"anthropic.messages","alias":"gpt","provider":"p",
			"model":"m","served_model":"m-1","upstream_id":"u1","attempts":2,"streamed":true,"passthrough":false,"losses":["a.b","c.d"],
			"error":{"kind":"upstream","code":"bad_gateway","message":"garbage"},
			"tokens":{"input":10,"cache_read":20,"cache_write":3,"cache_write_1h":4,"output":100,"reasoning":40,"total":137,"source":"upstream",
			"flags":["cached_over_input","reasoning_over_output"]},
			"cost":{"usd":"0.001234","nano":"1234000"},"reported_cost":{"usd":"-0.000000001","nano":"-1"},
			"request_bytes":7,"response_bytes":8,"ttft_ms":500,"duration_ms":2500,"tokens_per_second":50}`},
		{
			"nothing known is nothing said",
			record.Record{ID: id, Start: noon, Method: "POST", Path: "/v1/x", Status: record.StatusRefused, UsageSource: "none"},
			`{"id":"01938f00-0000-7000-8000-00000000abcd","start":"2026-11-22T12:00:00Z","status":"refused","http_status":0,"method":"POST",
			"path":"/v1/x","attempts":0,"streamed":false,"passthrough":false,"losses":[],"request_bytes":0,"response_bytes":0}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.Log.Append(tt.rec)
			w := h.call("GET", "/v0/requests/"+id.String(), "")
			require.Equal(t, 200, w.Code)
			require.JSONEq(t, tt.want, w.Body.String())
		})
	}
	h := newHouse(t)
	require.Equal(t, admin.ProblemRequestNotFound, problemType(t, h.call("GET", "/v0/requests/"+id.String(), ""), http.StatusNotFound))
	require.Equal(t, admin.ProblemInvalid, problemType(t, h.call("GET", "/v0/requests/nonsense", ""), 422))
}
