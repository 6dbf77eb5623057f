package relay

import (
	"net/http"
	"net/netip"
	"strings"
)

// ClientIP returns the client's address. X-Forwarded-For is believed only from
// trusted proxies, from the right, up to the first hop that is not one of them.
func ClientIP(r *http.Request, proxies []netip.Prefix) netip.Addr {
	addr := peer(r)
	if len(proxies) == 0 {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(proxies, addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

// Trusted reports whether the request comes directly from a trusted proxy.
func Trusted(r *http.Request, proxies []netip.Prefix) bool { return contains(proxies, peer(r)) }

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

func contains(proxies []netip.Prefix, a netip.Addr) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
