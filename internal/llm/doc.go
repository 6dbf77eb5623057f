// Package llm is the canonical model of a conversation with a language model:
// what a request asks, what a response says, what a stream delivers, what was
// used and what went wrong, in words that belong to no vendor.
//
// The package is pure: it performs no I/O, keeps no clock and imports nothing
// of ours but money. Codecs (internal/wire/<protocol>) translate between it
// and the wire; relay moves it; nothing else interprets it.
//
// Rules that every type here keeps:
//
//   - Order is meaning: a message is one sequence of blocks, not text with side arrays.
//   - Absent is not zero: optional scalars are pointers.
//   - Tool inputs and JSON schemas are raw bytes, so key order and numbers survive.
//   - A field is here only if two protocols have it. What only one has rides in
//     Ext, keyed by protocol, and leaves only by the same protocol.
//   - Signatures and encrypted reasoning carry their Origin.
//   - Nothing is lost silently: what a codec cannot say becomes a Loss.
package llm
