package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

const (
	allowedPrefix = "an address (10.0.0.1, 2001:db8::1) or a CIDR range (10.0.0.0/8)"
	allowedIP     = allowedPrefix + " or a range of addresses (10.0.0.1-10.0.0.9, 10.0.0.1-9)"
	allowedListen = "host:port, or :port for every address"
)

func (d *decoder) prefix(v value, out *[]netip.Prefix) {
	s, ok := d.text(v)
	if !ok {
		return
	}
	p, err := parsePrefix(s)
	if err != nil {
		d.invalid(v, err.Error(), allowedPrefix, "")
		return
	}
	*out = append(*out, p)
}

// parseAddr reads an IP address without a zone. An IPv4 address in IPv6 form
// is taken as IPv4, which is how a peer's address is compared.
func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, errors.New("not an IP address")
	}
	return a.Unmap(), nil
}

// parsePrefix reads a CIDR range, or an address as the range of itself. Bits
// beyond the mask are refused: 10.1.2.3/8 is more likely a slip than a wish.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := parseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, errors.New("not a CIDR range")
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("the address has bits beyond the mask; the range is %s", p.Masked())
	}
	return p, nil
}

// parseIPRule reads one rule of allowed_ips and returns its canonical form: an
// address, a CIDR range, or first-last.
func parseIPRule(s string) (string, error) {
	from, to, isRange := strings.Cut(s, "-")
	switch {
	case isRange:
		return parseIPRange(from, to)
	case strings.Contains(s, "/"):
		p, err := parsePrefix(s)
		return p.String(), err
	default:
		a, err := parseAddr(s)
		return a.String(), err
	}
}

// parseIPRange reads the two ends of a range. The last may be the last octet
// alone (10.0.0.1-9).
func parseIPRange(from, to string) (string, error) {
	first, err := parseAddr(from)
	if err != nil {
		return "", err
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(to), 10, 8); err == nil && first.Is4() {
		octets := first.As4()
		octets[3] = byte(n)
		to = netip.AddrFrom4(octets).String()
	}
	last, err := parseAddr(to)
	if err != nil {
		return "", err
	}
	if first.BitLen() != last.BitLen() {
		return "", errors.New("the ends of the range are of different families")
	}
	if last.Less(first) {
		return "", errors.New("the range ends before it begins")
	}
	return first.String() + "-" + last.String(), nil
}

// checkListen accepts host:port with a numeric port.
func checkListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("not an address to listen on")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errors.New("the port is not a number from 0 to 65535")
	}
	return nil
}

// isLoopback reports whether the host of a listen address is this machine
// alone.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
