//go:build !purego

package jsonspan

import "golang.org/x/sys/cpu"

// hasKernel: AVX2 is on every x86-64 server processor since 2015.
var hasKernel = cpu.X86.HasAVX2

//go:noescape
func plainAVX2(b []byte, i int) (at int, high uint64)

// plainKernel is plain for long texts: it stops where plain would, or when
// less is left than it reads at a time. high is not zero if a byte that was
// skipped is outside ASCII.
func plainKernel(b []byte, i int) (at int, high uint64) { return plainAVX2(b, i) }
