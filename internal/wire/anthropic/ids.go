package anthropic

import (
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"strings"
)

// maxID bounds a tool call's id, in bytes. The API states no bound; longer ids
// than this only come from gateways that pack state into them.
const maxID = 256

// legalID returns id if the API takes it (it demands ^[a-zA-Z0-9_-]+$), and
// otherwise one made from it: the same for the same id, another for another.
func legalID(id string) string {
	if id != "" && len(id) <= maxID && strings.IndexFunc(id, illegalInID) < 0 {
		return id
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	clean := strings.Map(func(r rune) rune {
		if illegalInID(r) {
			return '_'
		}
		return r
	}, id)
	return "toolu_" + clean[:min(len(clean), 64)] + "_" + hex.EncodeToString(h.Sum(nil))
}

func illegalInID(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
		return false
	}
	return true
}

// idMap gives the calls of one conversation ids that are legal and unique, as
// the API demands, and finds the id for each result. Protocols without ids name
// calls by their function, so the same id may stand for many calls: results
// then answer them in order.
type idMap struct {
	used    map[string]bool
	pending map[string][]string // by canonical id: calls not yet answered
	last    map[string]string
}

func (m *idMap) call(id string) string {
	if m.used == nil {
		m.used, m.pending, m.last = map[string]bool{}, map[string][]string{}, map[string]string{}
	}
	legal := legalID(id)
	for n := 2; m.used[legal]; n++ {
		legal = legalID(id) + "_" + strconv.Itoa(n)
	}
	m.used[legal] = true
	m.pending[id] = append(m.pending[id], legal)
	m.last[id] = legal
	return legal
}

func (m *idMap) result(id string) string {
	if queue := m.pending[id]; len(queue) > 0 {
		m.pending[id] = queue[1:]
		return queue[0]
	}
	if last := m.last[id]; last != "" {
		return last
	}
	return legalID(id)
}
