package proc

import (
	"fmt"
	"os"
	"strings"
)

// Layout says on which cores a run takes place.
type Layout struct {
	Gateway int    // core of the gateway under test, or AnyCore
	Driver  int    // core of the mock upstream and the load generator, or AnyCore
	Pinned  bool   // false: the machine does not allow it
	Note    string // which cores, or why not pinned
}

// coresEnv carries the layout into the pinned driver, which sees one core only.
const coresEnv = "PLEXUS_BENCH_CORES"

// Plan chooses two cores of those this process may use. In a driver started by
// Pin it returns the layout chosen then.
func Plan() Layout {
	if l, ok := parseLayout(os.Getenv(coresEnv)); ok {
		return l
	}
	return plan()
}

// Pin replaces this process by itself, bound to the driver's core. It returns
// nil, having done nothing, when the process is already bound or the layout is
// not pinned.
func Pin(l Layout) error {
	if _, ok := parseLayout(os.Getenv(coresEnv)); ok || !l.Pinned {
		return nil
	}
	return execOn(l.Driver, append(os.Environ(), fmt.Sprintf("%s=%d,%d", coresEnv, l.Gateway, l.Driver)))
}

// OnlineCores returns how many cores the machine runs, or 0 where that cannot
// be known from a process that is bound to one.
func OnlineCores() int { return onlineCores() }

func parseLayout(s string) (Layout, bool) {
	var gateway, driver int
	if _, err := fmt.Sscanf(strings.TrimSpace(s), "%d,%d", &gateway, &driver); err != nil {
		return Layout{}, false
	}
	return pinned(gateway, driver), true
}

func pinned(gateway, driver int) Layout {
	return Layout{
		Gateway: gateway, Driver: driver, Pinned: true,
		Note: fmt.Sprintf("gateway on core %d, mock and load generator on core %d", gateway, driver),
	}
}
