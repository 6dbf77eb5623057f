package upstream

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// DialTimeout bounds resolving and connecting together, where Policy does not
// say otherwise.
const DialTimeout = 10 * time.Second

// Policy says which addresses may be dialed. The zero Policy permits public
// addresses only.
type Policy struct {
	// AllowPrivate permits loopback and private addresses too. Link-local and
	// metadata addresses stay refused.
	AllowPrivate bool
	// Resolver resolves host names; nil means net.DefaultResolver.
	Resolver *net.Resolver
	// Timeout bounds one dial; 0 means DialTimeout.
	Timeout time.Duration
}

// Check returns a *BlockedError when the policy refuses the address, and nil
// when it may be dialed.
func (p Policy) Check(a netip.Addr) error {
	reason := classify(a)
	if reason == "" || (p.AllowPrivate && reason.lifted()) {
		return nil
	}
	return &BlockedError{Addr: a.String(), Reason: reason}
}

// Dialer connects to permitted addresses only. It decides after name
// resolution, on the address the socket is about to connect to, so a name that
// resolves differently the second time gains nothing.
type Dialer struct {
	policy Policy
	net    net.Dialer
}

// NewDialer returns a dialer that keeps to the policy.
func NewDialer(p Policy) *Dialer {
	timeout := p.Timeout
	if timeout == 0 {
		timeout = DialTimeout
	}
	d := &Dialer{policy: p}
	d.net = net.Dialer{
		Timeout:   timeout,
		KeepAlive: 30 * time.Second,
		Resolver:  p.Resolver,
		Control:   d.control,
	}
	return d
}

// DialContext connects to addr ("host:port") over TCP. The error wraps a
// *BlockedError when the resolved address is refused.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, fmt.Errorf("upstream: network %q is not dialed, only tcp", network)
	}
	conn, err := d.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("upstream: dial: %w", err)
	}
	return conn, nil
}

// control runs after resolution and before connect(2), once per address tried.
// Whatever does not parse as an address is refused: an empty host, for
// example, would be dialed as the local machine.
func (d *Dialer) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{Addr: address, Reason: ReasonInvalid}
	}
	return d.policy.Check(ap.Addr())
}
