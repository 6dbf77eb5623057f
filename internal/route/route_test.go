package route_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/route"
)

func all(int) bool { return true }

// TestOrderIsAPermutationOfWhatIsUsable: each usable target exactly once, the
// same seed the same order, and what stood in dst before stays.
func TestOrderIsAPermutationOfWhatIsUsable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(-1, 1000), 0, 12).Draw(t, "weights")
		targets := make([]route.Target, len(weights))
		for i, w := range weights {
			targets[i].Weight = w
		}
		mask := rapid.Uint16().Draw(t, "usable")
		usable := func(i int) bool { return mask>>i&1 == 1 }
		seed := rapid.Uint64().Draw(t, "seed")
		got := route.Order([]int{99, -5}, targets, seed, usable)
		if !slices.Equal(got, route.Order([]int{99, -5}, targets, seed, usable)) {
			t.Fatal("the same seed gave another order")
		}
		if !slices.Equal(got[:2], []int{99, -5}) {
			t.Fatal("dst was changed")
		}
		var want []int
		for i := range targets {
			if usable(i) {
				want = append(want, i)
			}
		}
		rest := slices.Sorted(slices.Values(got[2:]))
		if !slices.Equal(rest, want) {
			t.Fatalf("%v of %v", rest, want)
		}
	})
}

// TestFirstAttemptsShareByWeight: over fixed seeds, so the figures never
// change; the bound is five standard deviations of a fair draw.
func TestFirstAttemptsShareByWeight(t *testing.T) {
	const draws = 40_000
	targets := []route.Target{{Weight: 1}, {Weight: 2}, {Weight: 7}, {Weight: 10}}
	firsts := make([]int, len(targets))
	seconds := make([]int, len(targets)) // of those whose first was the heaviest
	var buf [4]int
	for seed := range uint64(draws) {
		o := route.Order(buf[:0], targets, seed*0x9e3779b97f4a7c15, all)
		firsts[o[0]]++
		if o[0] == 3 {
			seconds[o[1]]++
		}
	}
	check := func(counts []int, total int, weights ...float64) {
		t.Helper()
		sum := 0.0
		for _, w := range weights {
			sum += w
		}
		for i, w := range weights {
			p := w / sum
			require.InDelta(t, p*float64(total), float64(counts[i]), 5*math.Sqrt(float64(total)*p*(1-p))+1, "target %d", i)
		}
	}
	check(firsts, draws, 1, 2, 7, 10)
	check(seconds, firsts[3], 1, 2, 7) // what is left shares by weight again
}

func TestOrderPassesOverWhatIsNotUsable(t *testing.T) {
	targets := []route.Target{{Weight: 1000}, {Weight: 1}}
	require.Equal(t, []int{1}, route.Order(nil, targets, 1, func(i int) bool { return i == 1 }))
	require.Empty(t, route.Order(nil, targets, 1, func(int) bool { return false }))
	require.Empty(t, route.Order(nil, nil, 1, all))
}

func TestTable(t *testing.T) {
	b := &route.Alias{Name: "b", Additional: []string{"B/1", "B/2"}}
	a := &route.Alias{Name: "a"}
	in := []*route.Alias{b, a}
	table, err := route.NewTable(in)
	require.NoError(t, err)
	require.Same(t, b, table.Lookup("B/2"))
	require.Same(t, b, table.Lookup("b"))
	require.Nil(t, table.Lookup("B"))
	require.Equal(t, []*route.Alias{a, b}, table.Aliases())
	require.Equal(t, []*route.Alias{b, a}, in, "the caller's list is not sorted")
	require.Equal(t, []string{"b", "B/1", "B/2"}, b.Names())
	b.Names()[1] = "x"
	require.Equal(t, "B/1", b.Additional[0])

	for _, other := range []*route.Alias{{Name: "B/1"}, {Name: "c", Additional: []string{"b"}}} {
		_, err = route.NewTable([]*route.Alias{b, other})
		require.ErrorContains(t, err, `alias "b"`)
	}
}
