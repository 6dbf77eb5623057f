package admin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Money is an amount in dollars, twice: for people and for arithmetic.
type Money struct {
	USD  string `json:"usd" doc:"Dollars as an exact decimal, e.g. 0.001234" example:"0.001234"`
	Nano string `json:"nano" doc:"Nano-dollars as an integer; a string because it may exceed 2^53" example:"1234000"`
}

func moneyOf(nano int64) Money {
	return Money{USD: decimalUSD(nano), Nano: strconv.FormatInt(nano, 10)}
}

// decimalUSD renders nano-dollars as an exact decimal without trailing zeros.
func decimalUSD(nano int64) string {
	// The magnitude is taken unsigned, because -math.MinInt64 does not fit.
	sign, abs := "", uint64(nano) //nolint:gosec // two's complement is meant
	if nano < 0 {
		sign, abs = "-", -abs
	}
	whole, frac := abs/1e9, abs%1e9
	if frac == 0 {
		return fmt.Sprintf("%s%d", sign, whole)
	}
	return sign + strconv.FormatUint(whole, 10) + "." + strings.TrimRight(fmt.Sprintf("%09d", frac), "0")
}

// utc returns the time in UTC, or nil for nil and the zero time.
func utc(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// milliseconds renders a duration with microsecond precision, or nil when it
// is not known (zero).
func milliseconds(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := float64(d.Microseconds()) / 1000
	return &ms
}

// present returns s, or an empty list for nil, so that JSON has no null lists.
func present(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// Nullable is a member of a patch that tells absent from null.
type Nullable[T any] struct {
	Set   bool
	Value *T // nil when the member was null
}

// UnmarshalJSON is called only when the member is present.
func (n *Nullable[T]) UnmarshalJSON(b []byte) error {
	n.Set, n.Value = true, nil
	if string(b) == "null" {
		return nil
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		return err //nolint:wrapcheck // encoding/json adds the context of the member
	}
	n.Value = &v
	return nil
}

// Schema describes the member as T or null.
func (n Nullable[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(typeOf[T](), true, "")
	s.Nullable = true
	return &s
}
