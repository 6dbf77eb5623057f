package upstream_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/plexus-gateway/plexus/internal/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPolicy(t *testing.T) {
	const never = false
	tests := []struct {
		name, addr string
		reason     upstream.Reason // "" for a public address
		lifted     bool            // permitted with AllowPrivate
	}{
		{"public v4", "1.1.1.1", "", true},
		{"public v6", "2606:4700::1111", "", true},
		{"just below 10/8", "9.255.255.255", "", true},
		{"just above 10/8", "11.0.0.0", "", true},
		{"just above 172.16/12", "172.32.0.0", "", true},
		{"just above 100.64/10", "100.128.0.0", "", true},
		{"loopback", "127.0.0.1", upstream.ReasonLoopback, true},
		{"loopback, end", "127.255.255.255", upstream.ReasonLoopback, true},
		{"loopback v6", "::1", upstream.ReasonLoopback, true},
		{"10/8", "10.1.2.3", upstream.ReasonPrivate, true},
		{"172.16/12", "172.31.255.255", upstream.ReasonPrivate, true},
		{"192.168/16", "192.168.1.1", upstream.ReasonPrivate, true},
		{"carrier NAT", "100.64.0.1", upstream.ReasonPrivate, true},
		{"benchmarking", "198.19.0.1", upstream.ReasonPrivate, true},
		{"unique local", "fd12::1", upstream.ReasonPrivate, true},
		{"unique local, fc", "fc00::1", upstream.ReasonPrivate, true},
		{"site-local", "fec0::1", upstream.ReasonPrivate, true},
		{"metadata", "169.254.169.254", upstream.ReasonMetadata, never},
		{"metadata, Alibaba", "100.100.100.200", upstream.ReasonMetadata, never},
		{"metadata, Oracle", "192.0.0.192", upstream.ReasonMetadata, never},
		{"metadata, Azure", "168.63.129.16", upstream.ReasonMetadata, never},
		{"metadata, AWS v6", "fd00:ec2::254", upstream.ReasonMetadata, never},
		{"metadata, Google v6", "fd20:ce::254", upstream.ReasonMetadata, never},
		{"link-local", "169.254.0.1", upstream.ReasonLinkLocal, never},
		{"link-local v6", "fe80::1", upstream.ReasonLinkLocal, never},
		{"link-local v6, zone", "fe80::1%eth0", upstream.ReasonLinkLocal, never},
		{"link-local v6, end", "febf::1", upstream.ReasonLinkLocal, never},
		{"unspecified", "0.0.0.0", upstream.ReasonUnspecified, never},
		{"this network", "0.1.2.3", upstream.ReasonUnspecified, never},
		{"unspecified v6", "::", upstream.ReasonUnspecified, never},
		{"multicast", "224.0.0.1", upstream.ReasonMulticast, never},
		{"multicast v6", "ff02::1", upstream.ReasonMulticast, never},
		{"reserved", "240.0.0.1", upstream.ReasonReserved, never},
		{"broadcast", "255.255.255.255", upstream.ReasonReserved, never},
		{"documentation", "192.0.2.1", upstream.ReasonReserved, never},
		{"documentation v6", "2001:db8::1", upstream.ReasonReserved, never},
		{"mapped loopback", "::ffff:127.0.0.1", upstream.ReasonLoopback, true},
		{"mapped private", "::ffff:10.0.0.1", upstream.ReasonPrivate, true},
		{"mapped metadata", "::ffff:169.254.169.254", upstream.ReasonMetadata, never},
		{"mapped public", "::ffff:1.1.1.1", "", true},
		{"translated metadata", "::ffff:0:169.254.169.254", upstream.ReasonMetadata, never},
		{"compatible loopback", "::127.0.0.1", upstream.ReasonReserved, never},
		{"compatible public", "::1.1.1.1", upstream.ReasonReserved, never},
		{"NAT64 of loopback", "64:ff9b::127.0.0.1", upstream.ReasonLoopback, true},
		{"NAT64 of private", "64:ff9b::192.168.0.1", upstream.ReasonPrivate, true},
		{"NAT64 of metadata", "64:ff9b::a9fe:a9fe", upstream.ReasonMetadata, never},
		{"NAT64 of public", "64:ff9b::1.1.1.1", "", true},
		{"local NAT64", "64:ff9b:1::1.1.1.1", upstream.ReasonReserved, never},
		{"6to4 of loopback", "2002:7f00:1::", upstream.ReasonLoopback, true},
		{"6to4 of metadata", "2002:a9fe:a9fe::1", upstream.ReasonMetadata, never},
		{"6to4 of public", "2002:101:101::1", "", true},
		{"Teredo client is loopback", "2001:0:101:101::80ff:fffe", upstream.ReasonLoopback, true},
		{"Teredo server is metadata", "2001:0:a9fe:a9fe::fefe:fefe", upstream.ReasonMetadata, never},
		{"mapped with a zone", "::ffff:127.0.0.1%1", upstream.ReasonLoopback, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := netip.MustParseAddr(tt.addr)
			strict := upstream.Policy{}.Check(addr)
			if tt.reason == "" {
				require.NoError(t, strict)
			} else {
				blocked, ok := errors.AsType[*upstream.BlockedError](strict)
				require.True(t, ok)
				require.Equal(t, tt.reason, blocked.Reason)
				require.Contains(t, blocked.Error(), "allow_private: true")
				require.NotContains(t, blocked.Advice(), tt.addr)
			}
			lenient := upstream.Policy{AllowPrivate: true}.Check(addr)
			require.Equal(t, tt.lifted, lenient == nil, "%v", lenient)
		})
	}
	require.Error(t, upstream.Policy{AllowPrivate: true}.Check(netip.Addr{}))
}

// names resolves every name to the given addresses, by a DNS server in memory.
func names(t *testing.T, addrs ...string) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, addrs)
		return client, nil
	}}
}

// answerDNS answers queries framed as over TCP until the client hangs up.
func answerDNS(conn net.Conn, addrs []string) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := readFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, int(size[0])<<8|int(size[1]))
		if _, err := readFull(conn, query); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(query) != nil {
			return
		}
		m.Response, m.Additionals = true, nil
		for _, a := range addrs {
			addr := netip.MustParseAddr(a)
			head := dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 1}
			switch {
			case addr.Is4() && m.Questions[0].Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
			case addr.Is6() && m.Questions[0].Type == dnsmessage.TypeAAAA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
			}
		}
		packed, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append([]byte{byte(len(packed) >> 8), byte(len(packed))}, packed...)); err != nil {
			return
		}
	}
}

func readFull(conn net.Conn, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := conn.Read(b[n:])
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// TestDialerChecksAfterResolving: what a name resolves to decides, and so does
// every spelling that a resolver could turn into a refused address.
func TestDialerChecksAfterResolving(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)

	tests := []struct {
		name, host string
		blocked    bool // with *BlockedError; otherwise Go does not take it for a host name
	}{
		{"literal", "127.0.0.1", true},
		{"localhost", "localhost", true},
		{"name", "innocent.example", true},
		{"mapped", "::ffff:7f00:1", true},
		{"v6", "::1", true},
		{"empty", "", true},
		{"any", "0.0.0.0", true},
		{"decimal", "2130706433", false},
		{"hexadecimal", "0x7f000001", true},
		{"octal", "0177.0.0.1", false},
		{"short", "127.1", false},
		{"full stop", "innocent.example.", true},
	}
	d := upstream.NewDialer(upstream.Policy{Resolver: names(t, "127.0.0.1")})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort(tt.host, port))
			require.Nil(t, conn)
			_, ok := errors.AsType[*upstream.BlockedError](err)
			require.Equal(t, tt.blocked, ok, "%v", err)
		})
	}
}

func TestDialerAllowPrivate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)

	d := upstream.NewDialer(upstream.Policy{AllowPrivate: true, Resolver: names(t, "127.0.0.1")})
	conn, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort("innocent.example", port))
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	d = upstream.NewDialer(upstream.Policy{AllowPrivate: true, Resolver: names(t, "169.254.169.254", "fd00:ec2::254")})
	_, err = d.DialContext(t.Context(), "tcp", "innocent.example:80")
	blocked, ok := errors.AsType[*upstream.BlockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, upstream.ReasonMetadata, blocked.Reason)
}

func TestDialerNetworks(t *testing.T) {
	d := upstream.NewDialer(upstream.Policy{AllowPrivate: true, Timeout: time.Second})
	for _, network := range []string{"unix", "udp", "ip4:icmp", ""} {
		_, err := d.DialContext(t.Context(), network, "127.0.0.1:80")
		require.ErrorContains(t, err, "only tcp")
	}
}

// FuzzSpellings: no textual spelling of a refused address is permitted, by an
// oracle that is the standard library's own (net.IP), nor any embedding of it.
func FuzzSpellings(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "169.254.169.254", "0:0:0:0:0:ffff:a9fe:a9fe", "FD00:EC2::254", "1.1.1.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return
		}
		ip := net.IP(addr.WithZone("").AsSlice())
		never := ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || ip.Equal(net.IPv4bcast)
		bad := never || ip.IsLoopback() || ip.IsPrivate()
		strict, lenient := upstream.Policy{}, upstream.Policy{AllowPrivate: true}
		for _, a := range spellings(addr) {
			require.False(t, bad && strict.Check(a) == nil, "%s passes as %s", s, a)
			require.False(t, never && lenient.Check(a) == nil, "%s passes as %s with allow_private", s, a)
			require.False(t, strict.Check(a) == nil && lenient.Check(a) != nil, "%s: allow_private forbids", a)
		}
	})
}

// spellings returns other addresses that lead to the same place.
func spellings(a netip.Addr) []netip.Addr {
	out := []netip.Addr{a}
	plain := a.Unmap().WithZone("")
	if plain.Is6() {
		return append(out, plain, plain.WithZone("eth0"))
	}
	v4 := plain.As4()
	for _, prefix := range []string{"::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::"} {
		b := netip.MustParseAddr(prefix).As16()
		copy(b[12:], v4[:])
		out = append(out, netip.AddrFrom16(b), netip.AddrFrom16(b).WithZone("1"))
	}
	b := netip.MustParseAddr("2002::1").As16()
	copy(b[2:], v4[:])
	return append(out, plain, netip.AddrFrom16(b))
}
