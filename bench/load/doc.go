// Package load is the load generator of the bench: a small HTTP/1.1 client
// that costs a few microseconds a request, so that on a machine of two cores
// the gateway, and not the client, is the bottleneck.
//
// It drives one address in three ways: closed loop (every connection asks
// again as soon as it is answered), open loop (requests leave by a schedule
// whatever the answers do, and latency counts from the scheduled time, so that
// a stall is not hidden by the requests it delayed) and streams (server-sent
// events whose data carry the time they were written).
package load
