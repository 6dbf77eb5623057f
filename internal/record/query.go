package record

import "time"

// Filter narrows the request log. Empty fields do not filter; a slice matches
// any of its values. Names match exactly, without regard to case.
type Filter struct {
	From, To  time.Time // half-open window on Start: From ≤ Start < To
	Status    []Status
	Key       []string // key names
	Label     []string
	Alias     []string
	Provider  []string
	Model     []string // upstream models
	Protocol  []string // client protocols
	ErrorKind []string
	Streamed  *bool
	Text      string // a whole or leading part of the id, or any part of the error message
}

// SortColumn names a column the request log can be sorted by. The set is
// closed: each value is backed by an index or a bounded scan.
type SortColumn string

// The sortable columns.
const (
	SortStart    SortColumn = "start"
	SortDuration SortColumn = "duration"
	SortTTFT     SortColumn = "ttft"
	SortInput    SortColumn = "input_tokens"
	SortOutput   SortColumn = "output_tokens"
	SortCost     SortColumn = "cost"
	SortKey      SortColumn = "key"
	SortAlias    SortColumn = "alias"
	SortProvider SortColumn = "provider"
	SortStatus   SortColumn = "status"
)

// Query asks for one page of the request log.
type Query struct {
	Filter Filter
	Sort   SortColumn // "" means SortStart
	Asc    bool       // default is descending: newest, slowest, dearest first
	Limit  int        // rows per page; 0 means 50, at most 500
	Cursor string     // from Page.Next; opaque, bound to Sort and Asc
}

// Page is one page of the request log.
type Page struct {
	Items []Record
	Next  string // "" on the last page
	Total int64  // rows that match the filter, counted up to TotalCap
}

// TotalCap bounds the counting of matching rows: a Total of TotalCap means
// "at least so many".
const TotalCap = 100_000
