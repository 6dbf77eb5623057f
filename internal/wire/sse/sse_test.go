package sse_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

type event struct{ Raw, Event, Data string }

func readAll(r io.Reader, maxEvent int) ([]event, error) {
	var out []event
	sr := sse.NewReader(r, nil, maxEvent)
	for {
		f, err := sr.Next()
		if err != nil {
			return out, err
		}
		out = append(out, event{string(f.Raw), string(f.Event), string(f.Data)})
	}
}

func TestReaderUnderstandsTheStandard(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in string
		want     []event
		err      error
	}{
		{"plain", "data: a\n\ndata: b\n\n", []event{{"data: a\n\n", "", "a"}, {"data: b\n\n", "", "b"}}, io.EOF},
		{"no space after the colon", "data:a\n\n", []event{{"data:a\n\n", "", "a"}}, io.EOF},
		{"only one space is dropped", "data:  a\n\n", []event{{"data:  a\n\n", "", " a"}}, io.EOF},
		{"CRLF", "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n", []event{{"event: x\r\ndata: a\r\n\r\n", "x", "a"}, {"data: b\r\n\r\n", "", "b"}}, io.EOF},
		{"bare CR", "data: a\r\rdata: b\r\r", []event{{"data: a\r\r", "", "a"}, {"data: b\r\r", "", "b"}}, io.EOF},
		{"several data lines", "data: a\ndata: b\ndata: c\n\n", []event{{"data: a\ndata: b\ndata: c\n\n", "", "a\nb\nc"}}, io.EOF},
		{"byte order mark", "\xef\xbb\xbfdata: a\n\n", []event{{"data: a\n\n", "", "a"}}, io.EOF},
		{"comment", ": keep-alive\n\ndata: a\n\n", []event{{": keep-alive\n\n", "", ""}, {"data: a\n\n", "", "a"}}, io.EOF},
		{"field without colon", "data\n\n", []event{{"data\n\n", "", ""}}, io.EOF},
		{"cut short", "data: a\n\ndata: b\n", []event{{"data: a\n\n", "", "a"}, {"data: b\n", "", "b"}}, io.ErrUnexpectedEOF},
		{"cut inside a line", "data: a\n\ndata: {\"x", []event{{"data: a\n\n", "", "a"}, {"data: {\"x", "", "{\"x"}}, io.ErrUnexpectedEOF},
		{"empty", "", nil, io.EOF},
		{"multi-byte characters", "data: héllo 世界\n\n", []event{{"data: héllo 世界\n\n", "", "héllo 世界"}}, io.EOF},
		{"too long", "data: " + strings.Repeat("x", 200) + "\n\n", nil, sse.ErrTooLong},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			limit := 100
			got, err := readAll(strings.NewReader(c.in), limit)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, got)
			got, err = readAll(iotest.OneByteReader(strings.NewReader(c.in)), limit)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, got, "byte by byte")
		})
	}
}

func TestReaderHandsOnReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	got, err := readAll(io.MultiReader(strings.NewReader("data: a\n\ndata: half"), iotest.ErrReader(broken)), 0)
	require.ErrorIs(t, err, broken)
	require.Equal(t, []event{{"data: a\n\n", "", "a"}}, got)
}

func TestBufferedTellsWhetherNextWouldBlock(t *testing.T) {
	t.Parallel()
	r := sse.NewReader(strings.NewReader("data: a\n\ndata: b\n\ndata: c"), make([]byte, 64), 0)
	_, err := r.Next()
	require.NoError(t, err)
	require.True(t, r.Buffered())
	_, err = r.Next()
	require.NoError(t, err)
	require.False(t, r.Buffered())
}

func TestLargeEventGrowsTheBuffer(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("世", 300_000)
	got, err := readAll(strings.NewReader("data: "+data+"\n\ndata: next\n\n"), 0)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, got, 2)
	require.Equal(t, data, got[0].Data)
}

// FuzzReader: the raw bytes of all events are the stream itself, and the way
// the stream is cut into reads changes nothing.
func FuzzReader(f *testing.F) {
	f.Add([]byte("data: a\r\n\r\nevent: x\ndata: b\n\n: c\n\n"), uint8(3))
	f.Add([]byte("\n\n\ndata:\r\r\n"), uint8(1))
	f.Add([]byte("\xef\xbb\xbfid: 1\ndata"), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		whole, errWhole := readAll(bytes.NewReader(in), 0)
		cut, errCut := readAll(&stepReader{b: in, n: int(step%16) + 1}, 0)
		require.Equal(t, errWhole, errCut)
		require.Equal(t, whole, cut)
		var raw strings.Builder
		for _, e := range whole {
			raw.WriteString(e.Raw)
		}
		require.Equal(t, strings.TrimPrefix(string(in), "\xef\xbb\xbf"), raw.String())
	})
}

type stepReader struct {
	b []byte
	n int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.n)], r.b)
	r.b = r.b[n:]
	return n, nil
}

func BenchmarkReader(b *testing.B) {
	chunk := `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}` + "\n\n"
	stream := []byte(strings.Repeat(chunk, 1000))
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		drain(b, stream, buf)
	}
}

func drain(b *testing.B, stream, buf []byte) {
	r := sse.NewReader(bytes.NewReader(stream), buf, 0)
	for {
		if _, err := r.Next(); err != nil {
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
			return
		}
	}
}
