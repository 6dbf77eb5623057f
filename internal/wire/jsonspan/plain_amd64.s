//go:build !purego

#include "textflag.h"

// Broadcast constants.
DATA quotes<>+0(SB)/1, $0x22
GLOBL quotes<>(SB), RODATA|NOPTR, $1
DATA slashes<>+0(SB)/1, $0x5c
GLOBL slashes<>(SB), RODATA|NOPTR, $1
DATA controls<>+0(SB)/1, $0x1f
GLOBL controls<>(SB), RODATA|NOPTR, $1
DATA nibbles<>+0(SB)/1, $0x0f
GLOBL nibbles<>(SB), RODATA|NOPTR, $1

// A byte may follow a backslash if lows[its low nibble] & highs[its high
// nibble] is not zero: one bit per row of the ASCII table that has any.
//   row 2: " /    row 5: \    row 6: b f n    row 7: r t
DATA lowBits<>+0(SB)/8, $0x40008000d0000
DATA lowBits<>+8(SB)/8, $0x104000200000000
GLOBL lowBits<>(SB), RODATA|NOPTR, $16
DATA highBits<>+0(SB)/8, $0x804020000010000
DATA highBits<>+8(SB)/8, $0x0
GLOBL highBits<>(SB), RODATA|NOPTR, $16

// func plainAVX2(b []byte, i int) (at int, high uint64)
//
// See plain.go for what it does. It reads 64 bytes at a time and does not
// branch on where escapes are, only on whether there are any: which bytes are
// escaped follows from the mask of backslashes by one subtraction (Langdale
// and Lemire, "Parsing gigabytes of JSON per second", 2019, section 3.1.1).
//
// SI text, DI offset, DX the last offset at which 64 bytes can be loaded, R8
// whether the block's first byte is escaped, R9 sign bits seen.
TEXT ·plainAVX2(SB), NOSPLIT, $0-48
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), DX
	MOVQ i+24(FP), DI
	XORQ R8, R8
	XORQ R9, R9
	SUBQ $64, DX
	MOVQ $0xaaaaaaaaaaaaaaaa, R15
	VPBROADCASTB quotes<>(SB), Y4
	VPBROADCASTB slashes<>(SB), Y5
	VPBROADCASTB controls<>(SB), Y6
	VPBROADCASTB nibbles<>(SB), Y10
	VBROADCASTI128 lowBits<>(SB), Y8
	VBROADCASTI128 highBits<>(SB), Y9
	VPXOR Y7, Y7, Y7
	VPXOR Y11, Y11, Y11

block:
	CMPQ DI, DX
	JGT  done
	VMOVDQU (SI)(DI*1), Y0
	VMOVDQU 32(SI)(DI*1), Y1

	// BX: backslashes.
	VPCMPEQB Y0, Y5, Y2
	VPCMPEQB Y1, Y5, Y3
	VPMOVMSKB Y2, BX
	VPMOVMSKB Y3, CX
	SHLQ $32, CX
	ORQ  CX, BX

	// AX: quotes.
	VPCMPEQB Y0, Y4, Y2
	VPCMPEQB Y1, Y4, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, CX
	SHLQ $32, CX
	ORQ  CX, AX

	// R10: control characters.
	VPMINUB Y0, Y6, Y2
	VPMINUB Y1, Y6, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	VPMOVMSKB Y2, R10
	VPMOVMSKB Y3, CX
	SHLQ $32, CX
	ORQ  CX, R10

	MOVQ BX, CX
	ORQ  R8, CX
	JZ   unescaped

	// R11: escaped bytes; R12: carry into the next block.
	MOVQ R8, R11
	NOTQ R11
	ANDQ BX, R11           // backslashes that are not escaped by the carry
	LEAQ (R11)(R11*1), R12
	ORQ  R15, R12
	SUBQ R11, R12
	XORQ R15, R12          // escapes and the bytes they end on
	MOVQ R12, R11
	XORQ CX, R11           // escaped
	ANDQ BX, R12
	SHRQ $63, R12          // the last byte is an escape

	// CX: bytes that may not follow a backslash.
	VPSRLW $4, Y0, Y2
	VPAND  Y10, Y2, Y2
	VPSHUFB Y2, Y9, Y2
	VPSHUFB Y0, Y8, Y3
	VPAND  Y2, Y3, Y2
	VPCMPEQB Y2, Y11, Y2
	VPMOVMSKB Y2, CX
	VPSRLW $4, Y1, Y2
	VPAND  Y10, Y2, Y2
	VPSHUFB Y2, Y9, Y2
	VPSHUFB Y1, Y8, Y3
	VPAND  Y2, Y3, Y2
	VPCMPEQB Y2, Y11, Y2
	VPMOVMSKB Y2, R13
	SHLQ $32, R13
	ORQ  R13, CX
	ANDQ R11, CX           // escapes that need a look

	NOTQ R11
	ANDQ R11, AX           // quotes that are not escaped
	ORQ  R10, AX
	MOVQ AX, R13
	ORQ  CX, R13
	JNZ  stop
	MOVQ R12, R8
	JMP  next

unescaped:
	ORQ  R10, AX
	JNZ  stopPlain

next:
	VPOR Y0, Y7, Y7
	VPOR Y1, Y7, Y7
	ADDQ $64, DI
	JMP  block

stopPlain:
	MOVQ AX, R13
	XORQ CX, CX

stop:
	// R13: everything that stops, of which CX are escaped bytes. The offset to
	// return is that of the backslash before such a byte.
	BSFQ R13, R12
	BTQ  R12, CX
	SBBQ $0, DI            // one back if the first stop is an escaped byte
	XORQ R8, R8
	VPMOVMSKB Y0, BX
	VPMOVMSKB Y1, CX
	SHLQ $32, CX
	ORQ  CX, BX
	MOVQ R12, CX
	MOVQ $1, R10
	SHLQ CX, R10
	SUBQ $1, R10
	ANDQ R10, BX           // sign bits of the bytes before the stop
	ORQ  BX, R9
	ADDQ R12, DI

done:
	// With a carry, the byte before DI is a backslash that escapes DI.
	SUBQ R8, DI
	VPMOVMSKB Y7, BX
	ORQ  BX, R9
	MOVQ DI, at+32(FP)
	MOVQ R9, high+40(FP)
	VZEROUPPER
	RET
