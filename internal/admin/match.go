package admin

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/record"
)

// Matches applies a filter to one record in memory, with the meaning the
// store gives it: the live stream must show what the list would.
func Matches(f *record.Filter, r *record.Record) bool {
	if !f.From.IsZero() && r.Start.Before(f.From) || !f.To.IsZero() && !r.Start.Before(f.To) {
		return false
	}
	if len(f.Status) > 0 && !slices.Contains(f.Status, r.Status) {
		return false
	}
	if f.Streamed != nil && *f.Streamed != r.Streamed {
		return false
	}
	names := []struct {
		allowed []string
		value   string
	}{
		{f.Key, r.KeyName},
		{f.Label, r.Label},
		{f.Alias, r.Alias},
		{f.Provider, r.Provider},
		{f.Model, r.Model},
		{f.Protocol, r.ProtocolIn},
		{f.ErrorKind, r.ErrorKind},
	}
	for _, n := range names {
		if !anyFold(n.allowed, n.value) {
			return false
		}
	}
	return matchesText(f.Text, r)
}

// anyFold reports whether value is among allowed, without regard to case; an
// empty list allows everything.
func anyFold(allowed []string, value string) bool {
	return len(allowed) == 0 || slices.ContainsFunc(allowed, func(s string) bool { return strings.EqualFold(s, value) })
}

func matchesText(text string, r *record.Record) bool {
	if text == "" {
		return true
	}
	text = strings.ToLower(text)
	return strings.HasPrefix(r.ID.String(), text) || strings.Contains(strings.ToLower(r.ErrorMessage), text)
}
