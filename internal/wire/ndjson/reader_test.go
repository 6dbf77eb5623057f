package ndjson_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/ndjson"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

type line struct {
	Raw, Data string
	HasData   bool
}

func readAll(r io.Reader, maxLine int) ([]line, error) {
	var out []line
	nr := ndjson.NewReader(r, nil, maxLine)
	for {
		f, err := nr.Next()
		if err != nil {
			return out, err
		}
		out = append(out, line{string(f.Raw), string(f.Data), f.HasData})
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in string
		want     []line
		err      error
	}{
		{"lines", "{\"a\":1}\n{}\n", []line{{"{\"a\":1}\n", `{"a":1}`, true}, {"{}\n", "{}", true}}, io.EOF},
		{"CRLF", "{}\r\n{}\r\n", []line{{"{}\r\n", "{}", true}, {"{}\r\n", "{}", true}}, io.EOF},
		{"blank lines", "\n \n{}\n", []line{{"\n", "", false}, {" \n", "", false}, {"{}\n", "{}", true}}, io.EOF},
		{"no line feed at the end", "{}\n{\"b\":2}", []line{{"{}\n", "{}", true}, {`{"b":2}`, `{"b":2}`, true}}, io.ErrUnexpectedEOF},
		{"empty", "", nil, io.EOF},
		{"multi-byte characters", "\"世\"\n", []line{{"\"世\"\n", `"世"`, true}}, io.EOF},
		{"as long as allowed", strings.Repeat("x", 99) + "\n", []line{{strings.Repeat("x", 99) + "\n", strings.Repeat("x", 99), true}}, io.EOF},
		{"too long", "{}\n" + strings.Repeat("x", 100) + "\n", []line{{"{}\n", "{}", true}}, sse.ErrTooLong},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{
				strings.NewReader(c.in),
				iotest.OneByteReader(strings.NewReader(c.in)),
				iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				got, err := readAll(r, 100)
				require.ErrorIs(t, err, c.err)
				require.Equal(t, c.want, got)
			}
		})
	}
}

func TestReaderHandsOnReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	got, err := readAll(io.MultiReader(strings.NewReader("{}\n{\"half"), iotest.ErrReader(broken)), 0)
	require.ErrorIs(t, err, broken)
	require.Equal(t, []line{{"{}\n", "{}", true}}, got)
}

func TestBufferedTellsWhetherNextWouldBlock(t *testing.T) {
	t.Parallel()
	r := ndjson.NewReader(strings.NewReader("1\n2\n3"), make([]byte, 64), 0)
	_, err := r.Next()
	require.NoError(t, err)
	require.True(t, r.Buffered())
	f, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "2", string(f.Data))
	require.False(t, r.Buffered())
	require.Len(t, r.Buffer(), 64)
}

func TestLongLineGrowsTheBuffer(t *testing.T) {
	t.Parallel()
	data := strings.Repeat("世", 300_000)
	got, err := readAll(strings.NewReader(data+"\nnext\n"), 0)
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, got, 2)
	require.Equal(t, data, got[0].Data)
}

// FuzzReader: the raw bytes of all lines are the stream itself, and the way the
// stream is cut into reads changes nothing.
func FuzzReader(f *testing.F) {
	f.Add([]byte("{\"a\":1}\r\n\n {} \n[]"), uint8(3))
	f.Add([]byte("\n\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		whole, errWhole := readAll(bytes.NewReader(in), 0)
		cut, errCut := readAll(&stepReader{b: in, n: int(step%16) + 1}, 0)
		require.Equal(t, errWhole, errCut)
		require.Equal(t, whole, cut)
		var raw strings.Builder
		for _, l := range whole {
			raw.WriteString(l.Raw)
			require.Equal(t, strings.TrimSpace(l.Raw), l.Data)
		}
		require.Equal(t, string(in), raw.String())
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
