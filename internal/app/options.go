// Package app wires the gateway: it builds every part once, in one straight
// line, starts it, reloads it and stops it in the reverse order.
package app

import (
	"io"
	"time"

	"github.com/plexus-gateway/plexus/internal/config"
)

// Options say how to run. Flags and tests fill them; nothing else does.
type Options struct {
	ConfigPath string // plexus.yaml; a file that does not exist means config.Default
	DataDir    string // SQLite file, journal, key ring
	Listen     string // overrides server.listen; ":0" picks a port
	Version    string

	Env    config.LookupEnv
	Stdout io.Writer // the banner of the first start
	Stderr io.Writer // the log

	// WatchEvery is how often the configuration file and the keys in the
	// database are looked at for changes; 0 means a second.
	WatchEvery time.Duration
	// DemoWordDelay paces the demo provider's streams.
	DemoWordDelay time.Duration
}

// Names of the environment that the gateway itself reads.
const (
	envAdminSecret = "PLEXUS_ADMIN_SECRET" //nolint:gosec // a name, not a secret
	envKeyRing     = "PLEXUS_KEYRING"
)

// Files of the data folder.
const (
	keyRingFile = "plexus.keys"
	journalDir  = "journal"

	inFlightFile = "inflight"
)

// Purposes of the secrets derived from the key ring. They must never change:
// stored digests depend on them.
const purposePepper = "client-key-pepper/v1"

const minAdminSecret = 16
