// Package archtest holds the shape of the house as rules that a test checks:
// which package may import which, that nothing runs in init functions, and
// that no code outside the folders of vendors knows a vendor by its id.
//
// When a rule fails there are two ways out. If the edge is wrong, declare an
// interface in the package that consumes it and let app connect the two. If
// the table is wrong, change it in the same commit and say why.
package archtest
