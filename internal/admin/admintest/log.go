package admintest

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/admin"
	"github.com/plexus-gateway/plexus/internal/record"
)

// Log is a request log in memory: it answers queries and feeds live streams.
type Log struct {
	now func() time.Time

	mu      sync.Mutex
	records []record.Record
	tails   map[*tail]struct{}
	failure error
}

type tail struct{ ch chan record.Record }

// Append adds a finished request and tells the live streams.
func (l *Log) Append(r record.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = append(l.records, r)
	for t := range l.tails {
		select {
		case t.ch <- r:
		default: // a slow subscriber misses records
		}
	}
}

// Fail makes every query return err, until called with nil.
func (l *Log) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = err
}

// Subscribers returns how many live streams are open.
func (l *Log) Subscribers() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.tails)
}

// Subscribe opens a live stream.
func (l *Log) Subscribe(buffer int) (<-chan record.Record, func()) {
	t := &tail{ch: make(chan record.Record, buffer)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tails[t] = struct{}{}
	return t.ch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.tails, t)
	}
}

// Request finds a record by id.
func (l *Log) Request(_ context.Context, id uuid.UUID) (*record.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure != nil {
		return nil, l.failure
	}
	for i := range l.records {
		if l.records[i].ID == id {
			found := l.records[i]
			return &found, nil
		}
	}
	return nil, record.ErrNotFound
}

// Requests answers one page. The cursor names the last row of the page before.
func (l *Log) Requests(_ context.Context, q record.Query) (record.Page, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure != nil {
		return record.Page{}, l.failure
	}
	if q.Sort == "" {
		q.Sort = record.SortStart
	}
	if q.Limit == 0 {
		q.Limit = 50
	}
	var rows []record.Record
	for i := range l.records {
		if admin.Matches(&q.Filter, &l.records[i]) {
			rows = append(rows, l.records[i])
		}
	}
	slices.SortFunc(rows, func(a, b record.Record) int {
		c := cmp.Or(compare(q.Sort, &a, &b), strings.Compare(a.ID.String(), b.ID.String()))
		if !q.Asc {
			c = -c
		}
		return c
	})
	page := record.Page{Total: int64(len(rows))}
	prefix := fmt.Sprintf("%s|%t|", q.Sort, q.Asc)
	if q.Cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
		if err != nil || !strings.HasPrefix(string(raw), prefix) {
			return record.Page{}, record.ErrBadCursor
		}
		last := strings.TrimPrefix(string(raw), prefix)
		at := slices.IndexFunc(rows, func(r record.Record) bool { return r.ID.String() == last })
		rows = rows[at+1:]
	}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(prefix + rows[q.Limit-1].ID.String()))
	}
	page.Items = slices.Clone(rows)
	return page, nil
}

func compare(by record.SortColumn, a, b *record.Record) int {
	switch by {
	case record.SortDuration:
		return cmp.Compare(a.Duration, b.Duration)
	case record.SortTTFT:
		return cmp.Compare(a.TTFT, b.TTFT)
	case record.SortInput:
		return cmp.Compare(a.InputTokens, b.InputTokens)
	case record.SortOutput:
		return cmp.Compare(a.OutputTokens, b.OutputTokens)
	case record.SortCost:
		return cmp.Compare(a.CostNano, b.CostNano)
	case record.SortKey:
		return cmp.Compare(a.KeyName, b.KeyName)
	case record.SortAlias:
		return cmp.Compare(a.Alias, b.Alias)
	case record.SortProvider:
		return cmp.Compare(a.Provider, b.Provider)
	case record.SortStatus:
		return cmp.Compare(a.Status, b.Status)
	default:
		return a.Start.Compare(b.Start)
	}
}
