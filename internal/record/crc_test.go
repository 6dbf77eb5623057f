package record_test

import (
	"encoding/binary"
	"hash/crc32"
)

// appendCRC appends the CRC-32C of b, as the journal's files carry it.
func appendCRC(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}
