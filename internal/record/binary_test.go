package record_test

import (
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/record"
)

var (
	_ encoding.BinaryAppender    = (*record.Record)(nil)
	_ encoding.BinaryUnmarshaler = (*record.Record)(nil)
)

// typical is a record as the relay would write it.
func typical(n int) record.Record {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], uint64(1_790_000_000_000+n)<<16|0x7000)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000|uint64(n))
	return record.Record{
		ID: id, Start: time.UnixMicro(1_790_000_000_000_000 + int64(n)*1000).UTC(),
		KeyID: "0199a1b2-0000-7000-8000-000000000001", KeyName: "ci", Label: "nightly", ClientIP: "10.1.2.3",
		Method: "POST", Path: "/v1/chat/completions", ProtocolIn: "openai.chat", ProtocolOut: "openai.chat",
		Alias: "fast", Provider: "moonshot", Model: "kimi-k2-turbo", ServedModel: "kimi-k2-turbo-preview",
		Attempts: 1, Streamed: true, Passthrough: true, Status: record.StatusOK, HTTPStatus: 200,
		FinishReason: "stop", UpstreamID: "chatcmpl-0123456789abcdef", InputTokens: 1200, CacheReadTokens: 1024,
		OutputTokens: 321, ReasoningTokens: 64, UsageSource: "upstream", CostNano: 1_234_567, Priced: true,
		RequestBytes: 10_240, ResponseBytes: 40_960, TTFT: 350 * time.Millisecond, Duration: 2500 * time.Millisecond,
	}
}

// drawRecord fills every field of a Record by reflection, so that a field that
// is added later and forgotten in the encoding fails the round trip.
func drawRecord(t *rapid.T) record.Record {
	var r record.Record
	v := reflect.ValueOf(&r).Elem()
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		switch f.Interface().(type) {
		case uuid.UUID:
			id := rapid.SliceOfN(rapid.Byte(), 16, 16).Filter(func(b []byte) bool { return uuid.UUID(b) != uuid.Nil }).Draw(t, name)
			f.Set(reflect.ValueOf(uuid.UUID(id)))
		case time.Time:
			us := rapid.Int64Range(-62135596800_000_000+1, 253402300799_999_999).Draw(t, name)
			f.Set(reflect.ValueOf(time.UnixMicro(us).UTC()))
		case time.Duration:
			f.SetInt(rapid.Int64Range(0, 1<<50).Draw(t, name) * 1000)
		case string:
			f.SetString(rapid.String().Draw(t, name))
		case bool:
			f.SetBool(rapid.Bool().Draw(t, name))
		case uint8, record.Status:
			f.SetUint(uint64(rapid.Uint8().Draw(t, name)))
		case int, int64:
			f.SetInt(rapid.Int64().Draw(t, name))
		default:
			t.Fatalf("drawRecord does not know the type of %s", name)
		}
	}
	return r
}

func TestBinaryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRecord(t)
		prefix := []byte("kept")
		b, err := want.AppendBinary(prefix)
		require.NoError(t, err)
		require.Equal(t, "kept", string(b[:4]))
		got := record.Record{Alias: "left over"}
		require.NoError(t, got.UnmarshalBinary(b[4:]))
		require.Equal(t, want, got)
	})
}

func TestBinaryZeroFields(t *testing.T) {
	want := record.Record{ID: uuid.UUID{1}}
	b, err := want.AppendBinary(nil)
	require.NoError(t, err)
	require.Len(t, b, 19, "zero fields take no room")
	var got record.Record
	require.NoError(t, got.UnmarshalBinary(b))
	require.Equal(t, want, got)
	require.True(t, got.Start.IsZero())
}

func TestMicros(t *testing.T) {
	require.Equal(t, int64(0), record.Micros(0))
	require.Equal(t, int64(1), record.Micros(1), "known stays known")
	require.Equal(t, int64(2), record.Micros(2999))
}

// TestBinaryGolden pins the bytes: a journal written by one release must be
// readable by all later ones.
func TestBinaryGolden(t *testing.T) {
	const golden = "0103100199a1b2c3d47e5f8a9b0c1d2e3f4a5b" + "06" + "80c0d5ccabdafb05" +
		"1905" + "6561726c79" // version, id, start, alias "early"
	raw, err := hex.DecodeString(golden)
	require.NoError(t, err)
	var r record.Record
	require.NoError(t, r.UnmarshalBinary(raw))
	require.Equal(t, "early", r.Alias)
	require.Equal(t, "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", r.ID.String())
	b, err := r.AppendBinary(nil)
	require.NoError(t, err)
	require.Equal(t, golden, hex.EncodeToString(b))
}

func TestUnmarshalSkipsUnknownFields(t *testing.T) {
	want := typical(1)
	b, err := want.AppendBinary(nil)
	require.NoError(t, err)
	b = binary.AppendUvarint(b, 900<<1) // a varint field of the future
	b = binary.AppendUvarint(b, 1<<60)
	b = binary.AppendUvarint(b, 901<<1|1) // a bytes field of the future
	b = binary.AppendUvarint(b, 3)
	b = append(b, "new"...)
	var got record.Record
	require.NoError(t, got.UnmarshalBinary(b))
	require.Equal(t, want, got)
}

func TestUnmarshalRefuses(t *testing.T) {
	good, err := new(typical(1)).AppendBinary(nil)
	require.NoError(t, err)
	with := func(tail ...byte) []byte { return append(append([]byte(nil), good...), tail...) }
	tests := []struct {
		name string
		in   []byte
	}{
		{name: "empty", in: nil},
		{name: "other version", in: append([]byte{2}, good[1:]...)},
		{name: "no id", in: []byte{1}},
		{name: "short id", in: []byte{1, 3, 2, 9, 9}},
		{name: "string past the end", in: with(5, 100)},
		{name: "huge length", in: with(5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)},
		{name: "cut varint", in: with(6, 0x80)},
		{name: "varint over 64 bits", in: with(6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2)},
		{name: "varint without end", in: with(6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)},
		{name: "status over a byte", in: with(19<<1, 0x80, 4)},
		{name: "duration overflow", in: with(40<<1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r record.Record
			require.ErrorIs(t, r.UnmarshalBinary(tt.in), record.ErrMalformed)
		})
	}
}

func FuzzUnmarshal(f *testing.F) {
	b, err := new(typical(1)).AppendBinary(nil)
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again record.Record
		if r.UnmarshalBinary(b) != nil {
			return
		}
		// What was understood survives being written and read again.
		out, err := r.AppendBinary(nil)
		require.NoError(t, err)
		require.NoError(t, again.UnmarshalBinary(out))
		require.Equal(t, r, again)
	})
}

func BenchmarkAppendBinary(b *testing.B) {
	r := typical(1)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = r.AppendBinary(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkUnmarshalBinary(b *testing.B) {
	buf, err := new(typical(1)).AppendBinary(nil)
	require.NoError(b, err)
	var r record.Record
	b.ReportAllocs()
	for b.Loop() {
		_ = r.UnmarshalBinary(buf)
	}
}
