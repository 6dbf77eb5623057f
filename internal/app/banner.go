package app

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// DrainTimeout returns how long Stop should let requests finish.
func (a *App) DrainTimeout() time.Duration { return a.loaded.Load().config.Server.DrainTimeout }

// Banner tells the operator where the gateway is, and, at the first start, the
// secrets that are shown this once and a request ready to paste.
func (a *App) Banner() {
	var b strings.Builder
	base := a.baseURL()
	fmt.Fprintf(&b, "Plexus %s is listening on %s\n", a.o.Version, a.Addr())
	fmt.Fprintf(&b, "  dashboard     %s/ui/\n", base)
	if a.adminSeen != "" {
		fmt.Fprintf(&b, "  admin secret  %s   (shown this once; it signs you in to the dashboard)\n", a.adminSeen)
	}
	if a.keySeen != "" {
		fmt.Fprintf(&b, "  key \"%s\"   %s   (shown this once)\n", firstKeyName, a.keySeen)
	}
	key := a.keySeen
	if key == "" {
		key = "$PLEXUS_KEY"
	}
	if model := a.modelToTry(); model != "" {
		fmt.Fprintf(&b, "\nTry it:\n\n%s\n\nand as a stream:\n\n%s\n\n", tryIt(base, key, model, false), tryIt(base, key, model, true))
	}
	if a.keySeen == "" {
		b.WriteString("Make a key with: plexus key create NAME\n")
	}
	_, _ = fmt.Fprint(a.o.Stdout, b.String()) // a closed terminal stops nothing
}

func tryIt(base, key, model string, stream bool) string {
	flag, more := "-s", ""
	if stream {
		flag, more = "-sN", `"stream":true,`
	}
	return fmt.Sprintf(`curl %s %s/v1/chat/completions -H "Authorization: Bearer %s" -H "Content-Type: application/json" -d '{"model":"%s",%s"messages":[{"role":"user","content":"Hello, Plexus!"}]}'`,
		flag, base, key, model, more)
}

// modelToTry returns the alias for a first request: the first declared.
func (a *App) modelToTry() string {
	if m := a.loaded.Load().config.Models; len(m) > 0 {
		return m[0].Name
	}
	return ""
}

// baseURL returns an address of this gateway that works on this machine.
func (a *App) baseURL() string {
	scheme := "http"
	if a.tls {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(a.Addr().String())
	if err != nil {
		return scheme + "://" + a.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// The garbage collector's targets; see docs/decisions.
const (
	gcPercent = 400
	// minProcs keeps a processor free while the other waits in an fsync.
	minProcs = 2
)

// TuneRuntime sets the Go runtime for a gateway. Operators' GOGC and
// GOMAXPROCS win.
func TuneRuntime() {
	if old := debug.SetGCPercent(gcPercent); os.Getenv("GOGC") != "" {
		debug.SetGCPercent(old)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < minProcs {
		runtime.GOMAXPROCS(minProcs)
	}
}
