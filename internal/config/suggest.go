package config

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean returns a hint with the candidate nearest to got, or "" when none
// is near enough to be what was meant.
func didYouMean(got string, candidates []string) string {
	plain := fold(got)
	best, bestDistance := "", 1+max(1, len(plain)/3)
	for _, c := range candidates {
		if d := distance(plain, fold(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// fold removes what separates the spellings of one name (maxBodyBytes,
// max-body-bytes, max_body_bytes).
func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(s))
}

// distance returns the number of insertions, deletions, substitutions and
// transpositions of neighbours that turn a into b (optimal string alignment),
// or limit when that is not below limit.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		if slices.Min(row) >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
