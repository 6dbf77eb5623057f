package upstream

import (
	"fmt"
	"net/netip"
)

// Reason says to what class of addresses a refused address belongs. The set is
// closed.
type Reason string

// The reasons. The first two are lifted by Policy.AllowPrivate, the others by
// nothing.
const (
	ReasonLoopback    Reason = "loopback"
	ReasonPrivate     Reason = "private"
	ReasonLinkLocal   Reason = "link-local"
	ReasonMetadata    Reason = "cloud metadata"
	ReasonUnspecified Reason = "unspecified"
	ReasonMulticast   Reason = "multicast"
	ReasonReserved    Reason = "reserved"
	ReasonInvalid     Reason = "not an IP address"
)

// lifted reports whether allow_private permits addresses of the class.
func (r Reason) lifted() bool { return r == ReasonLoopback || r == ReasonPrivate }

// BlockedError is returned when the dialer refuses an address.
type BlockedError struct {
	Addr   string // as resolved, without port; for logs, never for a client
	Reason Reason
}

// Error names the address, its class, and the configuration that matters.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("upstream: dialing %s is refused: %s", e.Addr, e.Advice())
}

// Advice says why and what to do, without the address, so that it may be shown
// to a client.
func (e *BlockedError) Advice() string {
	if e.Reason.lifted() {
		return fmt.Sprintf("it is a %s address; set allow_private: true on the provider if that is meant", e.Reason)
	}
	return fmt.Sprintf("its class is %q, which no setting permits (allow_private: true does not apply to it)", e.Reason)
}

type class struct {
	prefix netip.Prefix
	reason Reason
}

// classes is read from the top: the first prefix that holds the address
// decides, so single metadata addresses stand before the ranges they lie in.
// Sources: IANA special-purpose registries for IPv4 and IPv6 (RFC 6890 and its
// successors) and the clouds' documentation of their metadata services.
var classes = []class{
	{netip.MustParsePrefix("169.254.169.254/32"), ReasonMetadata}, // AWS, Azure, Google, and most others
	{netip.MustParsePrefix("100.100.100.200/32"), ReasonMetadata}, // Alibaba Cloud
	{netip.MustParsePrefix("192.0.0.192/32"), ReasonMetadata},     // Oracle Cloud
	{netip.MustParsePrefix("168.63.129.16/32"), ReasonMetadata},   // Azure wire server
	{netip.MustParsePrefix("fd00:ec2::254/128"), ReasonMetadata},  // AWS
	{netip.MustParsePrefix("fd20:ce::254/128"), ReasonMetadata},   // Google
	{netip.MustParsePrefix("fd00:42::42/128"), ReasonMetadata},    // Scaleway

	{netip.MustParsePrefix("0.0.0.0/8"), ReasonUnspecified}, // Linux dials 0.0.0.0 as loopback
	{netip.MustParsePrefix("127.0.0.0/8"), ReasonLoopback},
	{netip.MustParsePrefix("10.0.0.0/8"), ReasonPrivate},
	{netip.MustParsePrefix("172.16.0.0/12"), ReasonPrivate},
	{netip.MustParsePrefix("192.168.0.0/16"), ReasonPrivate},
	{netip.MustParsePrefix("100.64.0.0/10"), ReasonPrivate}, // carrier-grade NAT, RFC 6598
	{netip.MustParsePrefix("198.18.0.0/15"), ReasonPrivate}, // benchmarking, RFC 2544; also the fake addresses of TUN proxies
	{netip.MustParsePrefix("169.254.0.0/16"), ReasonLinkLocal},
	{netip.MustParsePrefix("192.0.0.0/24"), ReasonReserved}, // protocol assignments, RFC 6890
	{netip.MustParsePrefix("192.0.2.0/24"), ReasonReserved}, // documentation, RFC 5737
	{netip.MustParsePrefix("198.51.100.0/24"), ReasonReserved},
	{netip.MustParsePrefix("203.0.113.0/24"), ReasonReserved},
	{netip.MustParsePrefix("192.88.99.0/24"), ReasonReserved}, // 6to4 relays, RFC 7526
	{netip.MustParsePrefix("224.0.0.0/4"), ReasonMulticast},
	{netip.MustParsePrefix("240.0.0.0/4"), ReasonReserved}, // with 255.255.255.255

	{netip.MustParsePrefix("::/128"), ReasonUnspecified},
	{netip.MustParsePrefix("::1/128"), ReasonLoopback},
	{netip.MustParsePrefix("::/96"), ReasonReserved}, // IPv4-compatible, RFC 4291
	{netip.MustParsePrefix("fe80::/10"), ReasonLinkLocal},
	{netip.MustParsePrefix("fec0::/10"), ReasonPrivate}, // site-local, RFC 3879
	{netip.MustParsePrefix("fc00::/7"), ReasonPrivate},
	{netip.MustParsePrefix("ff00::/8"), ReasonMulticast},
	// Local NAT64, RFC 8215: where its addresses carry the IPv4 octets is the
	// operator's choice (RFC 6052), so they cannot be judged.
	{netip.MustParsePrefix("64:ff9b:1::/48"), ReasonReserved},
	{netip.MustParsePrefix("100::/64"), ReasonReserved},      // discard, RFC 6666
	{netip.MustParsePrefix("2001:db8::/32"), ReasonReserved}, // documentation
	{netip.MustParsePrefix("3fff::/20"), ReasonReserved},     // documentation, RFC 9637
	{netip.MustParsePrefix("5f00::/16"), ReasonReserved},     // segment routing, RFC 9602
}

// embedding is an IPv6 range whose addresses carry an IPv4 address that a
// gateway on the path may unwrap.
type embedding struct {
	prefix netip.Prefix
	at     [4]int // the IPv4 octets' places
	invert bool   // stored with every bit flipped
}

// embeddings lists the ranges.
var embeddings = []embedding{
	{prefix: netip.MustParsePrefix("::ffff:0:0:0/96"), at: [4]int{12, 13, 14, 15}},         // IPv4-translated, RFC 2765
	{prefix: netip.MustParsePrefix("64:ff9b::/96"), at: [4]int{12, 13, 14, 15}},            // NAT64, RFC 6052
	{prefix: netip.MustParsePrefix("2002::/16"), at: [4]int{2, 3, 4, 5}},                   // 6to4, RFC 3056
	{prefix: netip.MustParsePrefix("2001::/32"), at: [4]int{12, 13, 14, 15}, invert: true}, // Teredo client, RFC 4380
	{prefix: netip.MustParsePrefix("2001::/32"), at: [4]int{4, 5, 6, 7}},                   // Teredo server
}

// classify returns the class of the address, "" for a public one. An address
// that embeds others is as bad as the worst of them.
func classify(a netip.Addr) Reason {
	if !a.IsValid() {
		return ReasonInvalid
	}
	// A prefix never contains an address with a zone, so the zone goes first.
	a = a.Unmap().WithZone("")
	for _, c := range classes {
		if c.prefix.Contains(a) {
			return c.reason
		}
	}
	if a.Is4() {
		return ""
	}
	var worst Reason
	for _, e := range embeddings {
		if e.prefix.Contains(a) {
			worst = worse(worst, classify(e.inner(a)))
		}
	}
	return worst
}

// inner returns the IPv4 address that a carries.
func (e embedding) inner(a netip.Addr) netip.Addr {
	b := a.As16()
	var v4 [4]byte
	for i, at := range e.at {
		v4[i] = b[at]
		if e.invert {
			v4[i] = ^v4[i]
		}
	}
	return netip.AddrFrom4(v4)
}

// worse returns the reason that is harder to lift.
func worse(a, b Reason) Reason {
	switch {
	case a == "":
		return b
	case b == "" || !a.lifted():
		return a
	default:
		return b
	}
}
