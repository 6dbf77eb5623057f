// Package admin is the management API under /v0: signing in, the request log
// and its live stream, the configuration as loaded, and keys.
//
// Every operation goes through register, which attaches its permission, its
// authentication and the one place where errors become RFC 9457 problems. The
// OpenAPI document is generated from the same registrations; the copy in
// docs/openapi.yaml is a golden, and the web types are generated from it.
//
// The package declares the ports it consumes (ports.go); the app wires them.
// No secret appears in any answer but the one that creates a key.
package admin
