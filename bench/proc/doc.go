// Package proc runs the processes the bench measures, each on its own core
// where the machine allows, and reads their CPU time and memory.
package proc
