// Package route decides where a request may go: from the name a client asked
// for to an ordered list of targets. It is pure: it reads an immutable table
// and a seed, and knows no clock and no network.
package route

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Target is one upstream model at one provider.
type Target struct {
	Provider string // slug
	Model    string // as the upstream spells it
	Weight   int    // relative share of first attempts, at least 1
}

// Alias is a public model name and its targets.
type Alias struct {
	Name       string
	Additional []string // further public names
	Targets    []Target
	// StrictFidelity refuses requests that can only be served by a lossy
	// conversion between protocols.
	StrictFidelity bool
}

// Names returns every public name of the alias, its own first.
func (a *Alias) Names() []string { return append([]string{a.Name}, a.Additional...) }

// Table is the immutable set of aliases.
type Table struct {
	aliases []*Alias
	byName  map[string]*Alias
}

// NewTable builds a table. A public name must belong to one alias only.
func NewTable(aliases []*Alias) (*Table, error) {
	t := &Table{aliases: slices.Clone(aliases), byName: make(map[string]*Alias, len(aliases))}
	for _, a := range aliases {
		for _, n := range a.Names() {
			if prev, taken := t.byName[n]; taken {
				return nil, fmt.Errorf("the name %q belongs to alias %q and alias %q", n, prev.Name, a.Name)
			}
			t.byName[n] = a
		}
	}
	slices.SortFunc(t.aliases, func(x, y *Alias) int { return strings.Compare(x.Name, y.Name) })
	return t, nil
}

// Lookup returns the alias with the public name, or nil.
func (t *Table) Lookup(name string) *Alias { return t.byName[name] }

// Aliases returns all aliases, sorted by name.
func (t *Table) Aliases() []*Alias { return t.aliases }

// Order appends to dst the indices of the targets in the order they are to be
// tried: a weighted random permutation, so that first attempts share by weight
// and every target is a fallback for the others. The same seed gives the same
// order. usable says which targets may be tried at all.
func Order(dst []int, targets []Target, seed uint64, usable func(i int) bool) []int {
	base := len(dst)
	for i := range targets {
		if usable(i) {
			dst = append(dst, i)
		}
	}
	if len(dst)-base < 2 {
		return dst
	}
	// Efraimidis and Spirakis (2006): sorting by u^(1/w) draws without
	// replacement in proportion to weight.
	rng := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // repeatable on purpose; nothing secret hangs on it
	draw := make([]float64, len(targets))
	for _, i := range dst[base:] {
		draw[i] = math.Log(1-rng.Float64()) / float64(max(targets[i].Weight, 1))
	}
	slices.SortFunc(dst[base:], func(a, b int) int { return cmp.Compare(draw[b], draw[a]) })
	return dst
}
