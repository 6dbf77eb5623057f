package record

import "errors"

// ErrNotFound is returned when no request has the id asked for.
var ErrNotFound = errors.New("record: no such request")

// ErrBadCursor is returned for a cursor that this query did not hand out.
var ErrBadCursor = errors.New("record: bad cursor")
