package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/record"
)

// RequestFilter is the query part that the list and the live stream share.
type RequestFilter struct {
	From      time.Time `query:"from" doc:"Start of the window, inclusive, RFC 3339"`
	To        time.Time `query:"to" doc:"End of the window, exclusive, RFC 3339"`
	Status    []string  `query:"status,explode" doc:"Any of these outcomes" enum:"ok,failed,refused,canceled,abandoned" nullable:"false" maxItems:"8"`
	Key       []string  `query:"key,explode" doc:"Any of these key names" nullable:"false" maxItems:"50"`
	Label     []string  `query:"label,explode" doc:"Any of these labels" nullable:"false" maxItems:"50"`
	Alias     []string  `query:"alias,explode" doc:"Any of these aliases" nullable:"false" maxItems:"50"`
	Provider  []string  `query:"provider,explode" doc:"Any of these providers" nullable:"false" maxItems:"50"`
	Model     []string  `query:"model,explode" doc:"Any of these upstream models" nullable:"false" maxItems:"50"`
	Protocol  []string  `query:"protocol,explode" doc:"Any of these client protocols" nullable:"false" maxItems:"20"`
	ErrorKind []string  `query:"error_kind,explode" doc:"Any of these error kinds" nullable:"false" maxItems:"20"`
	Streamed  string    `query:"streamed" doc:"Only streamed, or only not streamed, requests" enum:"true,false"`
	Text      string    `query:"text" doc:"A leading part of the id, or any part of the error message" maxLength:"200"`
}

func (f *RequestFilter) filter() record.Filter {
	out := record.Filter{
		From: f.From, To: f.To, Key: f.Key, Label: f.Label, Alias: f.Alias, Provider: f.Provider,
		Model: f.Model, Protocol: f.Protocol, ErrorKind: f.ErrorKind, Text: f.Text,
	}
	for _, name := range f.Status {
		if s, ok := statusNamed(name); ok {
			out.Status = append(out.Status, s)
		}
	}
	if f.Streamed != "" {
		streamed := f.Streamed == "true"
		out.Streamed = &streamed
	}
	return out
}

func statusNamed(name string) (record.Status, bool) {
	for s := record.StatusOK; s <= record.StatusAbandoned; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

type listRequestsInput struct {
	RequestFilter
	Sort   string `query:"sort" doc:"Column to sort by" enum:"start,duration,ttft,input_tokens,output_tokens,cost,key,alias,provider,status" default:"start"`
	Order  string `query:"order" enum:"asc,desc" default:"desc"`
	Limit  int    `query:"limit" doc:"Rows per page" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" doc:"From next of the page before; bound to sort and order" maxLength:"1024"`
}

// RequestPage is one page of the request log.
type RequestPage struct {
	Items       []RequestView `json:"items" nullable:"false"`
	Next        string        `json:"next,omitempty" doc:"Cursor of the next page; absent on the last"`
	Total       int64         `json:"total" doc:"Requests that match the filter"`
	TotalCapped bool          `json:"total_capped" doc:"True when there are at least total, and counting stopped there"`
}

type requestPageOutput struct{ Body RequestPage }

type requestInput struct {
	ID uuid.UUID `path:"id" doc:"The request's id, as in its x-request-id header"`
}

type requestOutput struct{ Body RequestView }

func (a *api) requestRoutes() {
	register(a, PermRequestsRead, huma.Operation{
		OperationID: "list-requests", Method: http.MethodGet, Path: "/v0/requests", Tags: []string{"Requests"},
		Summary:     "List finished requests",
		Description: "Pages by cursor: the order is stable while new requests arrive.",
		Errors:      []int{http.StatusBadRequest},
	}, a.listRequests)
	register(a, PermRequestsRead, huma.Operation{
		OperationID: "get-request", Method: http.MethodGet, Path: "/v0/requests/{id}", Tags: []string{"Requests"},
		Summary: "Everything known about one request", Errors: []int{http.StatusNotFound},
	}, a.getRequest)
}

func (a *api) listRequests(ctx context.Context, in *listRequestsInput) (*requestPageOutput, error) {
	page, err := a.Requests.Requests(ctx, record.Query{
		Filter: in.filter(), Sort: record.SortColumn(in.Sort), Asc: in.Order == "asc", Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	out := RequestPage{
		Items: make([]RequestView, len(page.Items)), Next: page.Next,
		Total: page.Total, TotalCapped: page.Total >= record.TotalCap,
	}
	for i := range page.Items {
		out.Items[i] = viewRequest(&page.Items[i])
	}
	return &requestPageOutput{Body: out}, nil
}

func (a *api) getRequest(ctx context.Context, in *requestInput) (*requestOutput, error) {
	r, err := a.Requests.Request(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &requestOutput{Body: viewRequest(r)}, nil
}
