// Package wiretest is the conformance suite of the codecs.
//
// It holds what a client may ask as a table of features (Features), each in
// canonical words and in the words of every protocol that has some. From it
// come the fidelity of each pair of protocols (Classify, Fidelity), which
// docs/fidelity.md shows, and the laws that every codec keeps (Run).
//
// The package is for tests only.
package wiretest
