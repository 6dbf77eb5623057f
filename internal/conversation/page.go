package conversation

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The bounds of a page; they are OpenAI's.
const (
	defaultPage = 20
	maxPage     = 100
)

// Page says which part of a list is wanted.
type Page struct {
	Limit     int    // 1 to 100
	Ascending bool   // else the newest first
	After     string // id of the item before the page, "" for the beginning
}

// ParsePage reads the parameters limit, order and after. Errors are *llm.Error.
func ParsePage(q url.Values) (Page, error) {
	p := Page{Limit: defaultPage, After: q.Get("after")}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return p, invalid("invalid_value", "limit", "Invalid value for 'limit': expected a whole number from 1 to %d.", maxPage)
		}
		p.Limit = n
	}
	switch order := q.Get("order"); order {
	case "", "desc":
	case "asc":
		p.Ascending = true
	default:
		return p, invalid("invalid_value", "order", "Invalid value: '%s' for 'order'. Supported values are: 'asc', 'desc'.", clip(order))
	}
	return p, nil
}

func (p Page) limit() int {
	if p.Limit < 1 || p.Limit > maxPage {
		return defaultPage
	}
	return p.Limit
}

// cut returns the page of a list that is at hand, and whether more follows.
func (p Page) cut(items []Item) (page []Item, more bool, err error) {
	if !p.Ascending {
		slices.Reverse(items)
	}
	if p.After != "" {
		i := slices.IndexFunc(items, func(it Item) bool { return it.ID == p.After })
		if i < 0 {
			return nil, false, noCursor(p.After)
		}
		items = items[i+1:]
	}
	if n := p.limit(); len(items) > n {
		return items[:n], true, nil
	}
	return items, false, nil
}

func noCursor(after string) *llm.Error {
	return invalid("invalid_value", "after", "Invalid value for 'after': there is no item with id '%s' in this list.", clip(after))
}

// list renders a page. The ids of an empty one are null.
func list(items []Item, more bool) []byte {
	w := wirejson.Writer{B: []byte{'{'}}
	w.Str("object", "list")
	w.Begin("data", '[')
	for _, it := range items {
		w.Elem(it.JSON)
	}
	w.Close(']')
	first, last := "", ""
	if n := len(items); n > 0 {
		first, last = items[0].ID, items[n-1].ID
	}
	w.NullStr("first_id", first)
	w.NullStr("last_id", last)
	w.Bool("has_more", more)
	w.Close('}')
	return w.B
}
