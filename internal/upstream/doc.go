// Package upstream is how Plexus talks to vendors over HTTP: the one safe
// dialer, pools of transports, the lists of headers that pass in either
// direction, credentials, idle timeouts, and what a failure means.
//
// Everything that leaves the process goes through Dialer, which decides on the
// resolved address, so that neither DNS nor an odd spelling of an address
// leads a request to a place its provider was not configured for. Proxies from
// the environment (HTTPS_PROXY and friends) are not used: a proxy would dial
// in our place, and the check would be made of the proxy's address instead of
// the vendor's. Redirects are not followed: transports are called by
// RoundTrip, and a 3xx answer is an upstream error (see ClassifyStatus).
package upstream
