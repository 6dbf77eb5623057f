package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// parseDuration reads Go's notation with d (24 hours) as a further unit, e.g.
// 30s, 1h30m, 7d, 1d12h. A bare number other than 0 has no unit and is an error.
func parseDuration(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		d, err := time.ParseDuration(s)
		if err != nil {
			return 0, fmt.Errorf("not Go's notation: %w", err)
		}
		return d, nil
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || time.Duration(n) > math.MaxInt64/day {
		return 0, errors.New("the number of days is not a whole number in range")
	}
	total := time.Duration(n) * day
	if rest == "" {
		return total, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || total+more < total {
		return 0, errors.New("what follows the days is no duration")
	}
	return total + more, nil
}

// formatDuration writes d so that parseDuration reads it back, without the
// zero units that time.Duration writes.
func formatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// sizeUnits holds the units of a size, the largest binary one first.
func sizeUnits() []sizeUnit {
	return []sizeUnit{
		{"TiB", 1 << 40},
		{"GiB", 1 << 30},
		{"MiB", 1 << 20},
		{"KiB", 1 << 10},
		{"TB", 1e12},
		{"GB", 1e9},
		{"MB", 1e6},
		{"kB", 1e3},
		{"KB", 1e3},
		{"B", 1},
		{"", 1},
	}
}

type sizeUnit struct {
	name  string
	bytes int64
}

// parseSize reads a count of bytes: a whole number, with or without a unit
// (64MiB, 1GB, 4096).
func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "TGMKkiB ")
	unit := strings.TrimSpace(s[len(digits):])
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, errors.New("not a whole number of bytes")
	}
	for _, u := range sizeUnits() {
		if u.name == unit {
			if int64(n) > math.MaxInt64/u.bytes {
				return 0, errors.New("out of range")
			}
			return int64(n) * u.bytes, nil
		}
	}
	return 0, errors.New("unknown unit")
}

// formatSize writes n with the largest binary unit that divides it.
func formatSize(n int64) string {
	for _, u := range sizeUnits()[:4] {
		if n >= u.bytes && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(n, 10)
}

// parseTime reads RFC 3339, or a date that means its first instant in UTC.
func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("neither a date nor RFC 3339: %w", err)
	}
	return t.UTC(), nil
}
