package store

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/google/uuid"

	"github.com/plexus-gateway/plexus/internal/record"
)

// sortColumn says how the request log is sorted by a column. A row whose value
// is not known sorts as the value that comes last in the direction asked for.
type sortColumn struct {
	code    byte   // in cursors; never change one
	column  string // the stored column
	known   string // SQL: whether the value is known; "" when it always is
	text    bool   // a text column; otherwise an integer
	isKnown func(*record.Record) bool
	number  func(*record.Record) int64
	name    func(*record.Record) string
}

// topText sorts behind all text: the highest code point.
const topText = "\U0010FFFF"

// sortColumns is the closed table from which ORDER BY is made.
var sortColumns = map[record.SortColumn]*sortColumn{
	record.SortStart: {
		code: 1, column: "start_us",
		number: func(r *record.Record) int64 { return micros(r.Start) },
	},
	record.SortDuration: {
		code: 2, column: "duration_us", known: "duration_us <> 0",
		isKnown: func(r *record.Record) bool { return r.Duration != 0 },
		number:  func(r *record.Record) int64 { return record.Micros(r.Duration) },
	},
	record.SortTTFT: {
		code: 3, column: "ttft_us", known: "ttft_us <> 0",
		isKnown: func(r *record.Record) bool { return r.TTFT != 0 },
		number:  func(r *record.Record) int64 { return record.Micros(r.TTFT) },
	},
	record.SortInput: {
		code: 4, column: "input_tokens", known: usageKnown, isKnown: hasUsage,
		number: func(r *record.Record) int64 { return r.InputTokens },
	},
	record.SortOutput: {
		code: 5, column: "output_tokens", known: usageKnown, isKnown: hasUsage,
		number: func(r *record.Record) int64 { return r.OutputTokens },
	},
	record.SortCost: {
		code: 6, column: "cost_nano", known: "priced",
		isKnown: func(r *record.Record) bool { return r.Priced },
		number:  func(r *record.Record) int64 { return r.CostNano },
	},
	record.SortKey: {
		code: 7, column: "key_name", known: "key_name <> ''", text: true,
		name: func(r *record.Record) string { return r.KeyName },
	},
	record.SortAlias: {
		code: 8, column: "alias", known: "alias <> ''", text: true,
		name: func(r *record.Record) string { return r.Alias },
	},
	record.SortProvider: {
		code: 9, column: "provider", known: "provider <> ''", text: true,
		name: func(r *record.Record) string { return r.Provider },
	},
	record.SortStatus: {
		code: 10, column: "status",
		number: func(r *record.Record) int64 { return int64(r.Status) },
	},
}

const usageKnown = "usage_source NOT IN ('', 'none')"

func hasUsage(r *record.Record) bool { return r.UsageSource != "" && r.UsageSource != "none" }

func sortOrder(c record.SortColumn) (*sortColumn, error) {
	if c == "" {
		c = record.SortStart
	}
	if o, ok := sortColumns[c]; ok {
		return o, nil
	}
	return nil, fmt.Errorf("no sort column %q", string(c))
}

// keyset is the SQL expression that rows are sorted and paged by.
func (o *sortColumn) keyset(e Engine, asc bool) string {
	expr := o.column
	if o.known != "" {
		last := "-9223372036854775807"
		switch {
		case o.text && asc && e == SQLite:
			last = "char(1114111)" // topText
		case o.text && asc:
			last = "chr(1114111)"
		case o.text:
			last = "''"
		case asc:
			last = "9223372036854775807"
		}
		expr = "CASE WHEN " + o.known + " THEN " + o.column + " ELSE " + last + " END"
	}
	if o.text && e == Postgres {
		return "(" + expr + `) COLLATE "C"` // byte order, as SQLite sorts
	}
	return expr
}

func (o *sortColumn) orderBy(e Engine, asc bool) string {
	dir := " DESC"
	if asc {
		dir = " ASC"
	}
	return " ORDER BY " + o.keyset(e, asc) + dir + ", id" + dir
}

// value is the keyset's value for a record.
func (o *sortColumn) value(r *record.Record, asc bool) any {
	if o.text {
		switch name := clean(o.name(r)); {
		case name == "" && asc:
			return topText
		default:
			return name
		}
	}
	switch {
	case o.isKnown == nil || o.isKnown(r):
		return o.number(r)
	case asc:
		return int64(math.MaxInt64)
	default:
		return int64(-math.MaxInt64)
	}
}

// cursor is a place in a sorted request log: behind the row of that value and
// id. As text it is base64 of: sort code | direction | id | value | CRC-32.
type cursor struct {
	value any
	id    uuid.UUID
}

const cursorHead = 2 + 16

func encodeCursor(o *sortColumn, asc bool, r *record.Record) string {
	b := []byte{o.code, 0}
	if asc {
		b[1] = 1
	}
	b = append(b, r.ID[:]...)
	switch v := o.value(r, asc).(type) {
	case int64:
		b = binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // bits, read back as such
	case string:
		b = append(b, v...)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(text string, o *sortColumn, asc bool) (cursor, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < cursorHead+4 {
		return cursor{}, fmt.Errorf("%w: not a cursor", record.ErrBadCursor)
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return cursor{}, fmt.Errorf("%w: damaged", record.ErrBadCursor)
	}
	if body[0] != o.code || (body[1] == 1) != asc {
		return cursor{}, fmt.Errorf("%w: it belongs to another order", record.ErrBadCursor)
	}
	c := cursor{id: uuid.UUID(body[2:cursorHead])}
	value := body[cursorHead:]
	switch {
	case o.text:
		c.value = clean(string(value))
	case len(value) == 8:
		c.value = int64(binary.BigEndian.Uint64(value)) //nolint:gosec // the bits of an int64
	default:
		return cursor{}, fmt.Errorf("%w: wrong length", record.ErrBadCursor)
	}
	return c, nil
}
