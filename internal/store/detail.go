package store

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/record"
)

// appendDetail appends the JSON object of a record's detail fields to b.
func appendDetail(b []byte, r *record.Record) ([]byte, error) {
	b = append(b, '{')
	empty := len(b)
	for i := range detailFields {
		f := &detailFields[i]
		at := len(b)
		if at > empty {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.name...)
		b = append(b, '"', ':')
		var zero bool
		var err error
		if b, zero, err = appendValue(b, f.field(r)); err != nil {
			return b, fmt.Errorf("detail %s: %w", f.name, err)
		}
		if zero {
			b = b[:at]
		}
	}
	return append(b, '}'), nil
}

// appendValue appends a field as JSON, and says whether it has its zero value.
func appendValue(b []byte, field any) (out []byte, zero bool, err error) {
	switch p := field.(type) {
	case *string:
		b, err = jsontext.AppendQuote(b, clean(*p))
		return b, *p == "", err
	case *bool:
		return strconv.AppendBool(b, *p), !*p, nil
	default:
		n, ok := integer(field)
		if !ok {
			return b, false, fmt.Errorf("a field of type %T has no JSON form", field)
		}
		return strconv.AppendInt(b, n, 10), n == 0, nil
	}
}

// readDetail is the inverse of appendDetail; members it does not know, of a
// later release, are skipped.
func readDetail(text []byte, r *record.Record) error {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("column detail: %w", err)
	}
	for i := range detailFields {
		f := &detailFields[i]
		if v, ok := members[f.name]; ok {
			if err := json.Unmarshal(v, f.field(r)); err != nil {
				return fmt.Errorf("column detail, %s: %w", f.name, err)
			}
		}
	}
	return nil
}
