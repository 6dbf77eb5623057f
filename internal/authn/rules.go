package authn

import (
	"fmt"
	"net/netip"
	"strings"
)

// names is an allow list and an exclusion list of patterns.
type names struct {
	allow, deny []string
}

// permits reports whether any of the spellings is allowed and none excluded.
func (n names) permits(spellings ...string) bool {
	if n.denies(spellings) {
		return false
	}
	if len(n.allow) == 0 {
		return true
	}
	for _, s := range spellings {
		if matchAny(n.allow, s) {
			return true
		}
	}
	return false
}

// denies reports whether any of the spellings is excluded.
func (n names) denies(spellings []string) bool {
	for _, s := range spellings {
		if matchAny(n.deny, s) {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if Match(p, s) {
			return true
		}
	}
	return false
}

// Match reports whether s fits the pattern, in which * stands for any run of
// characters, also none. It runs in linear time but for the stars.
func Match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, last)
}

// ipRange is an inclusive range of addresses.
type ipRange struct{ from, to netip.Addr }

// ParseIPRule reads an address, a CIDR or a from-to range and returns its
// inclusive bounds.
func ParseIPRule(s string) (from, to netip.Addr, err error) {
	if a, b, isRange := strings.Cut(s, "-"); isRange {
		return parseRange(s, a, b)
	}
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return from, to, fmt.Errorf("%q is not a CIDR: want e.g. 10.0.0.0/8", s)
		}
		if from, to = p.Masked().Addr(), lastOf(p); from.Is4In6() && to.Is4In6() {
			from, to = from.Unmap(), to.Unmap() // as a client's address is compared
		}
		return from, to, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return from, to, fmt.Errorf("%q is not an address: want e.g. 10.0.0.7, 10.0.0.0/8 or 10.0.0.1-10.0.0.9", s)
	}
	return a.Unmap(), a.Unmap(), nil
}

func parseRange(s, a, b string) (from, to netip.Addr, err error) {
	from, err = netip.ParseAddr(strings.TrimSpace(a))
	if err != nil {
		return from, to, fmt.Errorf("%q is not a range: want e.g. 10.0.0.1-10.0.0.9", s)
	}
	b = strings.TrimSpace(b)
	if !strings.ContainsAny(b, ".:") && from.Is4() { // a.b.c.d-N
		b = from.String()[:strings.LastIndexByte(from.String(), '.')+1] + b
	}
	to, err = netip.ParseAddr(b)
	if err != nil || to.Is4() != from.Is4() || to.Less(from) {
		return from, to, fmt.Errorf("%q is not a range: want the lower address first, both of one family", s)
	}
	return from.Unmap(), to.Unmap(), nil
}

func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func (r ipRange) contains(a netip.Addr) bool {
	return a.Is4() == r.from.Is4() && !a.Less(r.from) && !r.to.Less(a)
}
