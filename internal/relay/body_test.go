package relay_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/record"
)

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, s)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func zstded(t *testing.T, s string, o ...zstd.EOption) string {
	t.Helper()
	z, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1))...)
	require.NoError(t, err)
	defer z.Close()
	return string(z.EncodeAll([]byte(s), nil))
}

// zstdStream is zstd that does not declare its size.
func zstdStream(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	for part := range strings.SplitSeq(s, ",") {
		_, err = io.WriteString(z, part+",")
		require.NoError(t, err)
		require.NoError(t, z.Flush())
	}
	require.NoError(t, z.Close())
	return b.String()
}

const small = 64 << 10 // the limit of these tests

func TestBodiesThatAreRefused(t *testing.T) {
	long := `{"model":"m","messages":["` + strings.Repeat("a", 2*small) + `"]}`
	many := `{"model":"m","messages":[` + strings.Repeat("1,", small) + `1]}`
	ok := `{"model":"m","messages":[]}`
	tests := []struct {
		name, body string
		header     []string
		status     int
		code, says string
	}{
		{"empty", ``, nil, 400, "invalid_json", "at byte 0"},
		{"not JSON", `{"model":"m",}`, nil, 400, "invalid_json", "at byte 13"},
		{"cut", `{"model":"m","messages":[`, nil, 400, "invalid_json", "at byte 25"},
		{"two values", ok + `{}`, nil, 400, "invalid_json", "at byte 27"},
		{"an array", `[]`, nil, 400, "invalid_json", "object"},
		{"a string", `"model"`, nil, 400, "invalid_json", "object"},
		{"broken UTF-8", "{\"model\":\"\xff\"}", nil, 400, "invalid_json", "UTF-8"},
		{"too deep", `{"model":"m","messages":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, nil, 400, "invalid_json", "deeper"},
		{"twice at the top", `{"model":"m","messages":[],"model":"x"}`, nil, 400, "duplicate_member", `"model"`},
		{"twice inside", `{"model":"m","messages":[{"role":"a","role":"b"}]}`, nil, 400, "duplicate_member", `"role"`},
		{"twice by an escape", `{"model":"m","messages":[],"m\u006fdel":"x"}`, nil, 400, "duplicate_member", `"model"`},
		{"no model", `{"messages":[]}`, nil, 400, "missing_required_parameter", "model"},
		{"model a number", `{"model":1,"messages":[]}`, nil, 400, "invalid_value", "a number"},
		{"model empty", `{"model":"","messages":[]}`, nil, 400, "invalid_value", "empty"},
		{"stream a string", `{"model":"m","messages":[],"stream":"yes"}`, nil, 400, "invalid_value", "stream"},
		{"messages missing", `{"model":"m"}`, nil, 400, "invalid_value", "messages"},
		{"messages a string", `{"model":"m","messages":"hi"}`, nil, 400, "invalid_value", "messages"},
		{"stream_options an array", `{"model":"m","messages":[],"stream":true,"stream_options":[]}`, nil, 400, "invalid_value", "stream_options"},
		{"form", "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_content_type", "curl"},
		{"text", ok, []string{"Content-Type", "text/plain"}, 415, "unsupported_content_type", "text/plain"},
		{"nonsense type", ok, []string{"Content-Type", ";;"}, 415, "unsupported_content_type", "application/json"},
		{"brotli", ok, []string{"Content-Encoding", "br"}, 415, "unsupported_content_encoding", "gzip"},
		{"encoded twice", ok, []string{"Content-Encoding", "gzip, zstd"}, 415, "unsupported_content_encoding", "gzip"},
		{"too large", long, nil, 413, "request_too_large", "65536"},
		{"gzip bomb", gzipped(t, strings.Repeat(long, 100)), []string{"Content-Encoding", "gzip"}, 413, "request_too_large", "65536"},
		{"zstd bomb", zstded(t, strings.Repeat(long, 100)), []string{"Content-Encoding", "zstd"}, 413, "request_too_large", "65536"},
		{"zstd bomb of unknown size", zstdStream(t, many), []string{"Content-Encoding", "zstd"}, 413, "request_too_large", "65536"},
		{"zstd of a huge window", zstded(t, strings.Repeat(long, 200), zstd.WithWindowSize(16<<20)), []string{"Content-Encoding", "zstd"}, 400, "invalid_content_encoding", "window"},
		{"not gzip", ok, []string{"Content-Encoding", "gzip"}, 400, "invalid_content_encoding", "gzip"},
		{"gzip cut", gzipped(t, ok)[:20], []string{"Content-Encoding", "gzip"}, 400, "invalid_content_encoding", "gzip"},
		{"gzip with a wrong sum", flip(gzipped(t, ok), -6), []string{"Content-Encoding", "gzip"}, 400, "invalid_content_encoding", "gzip"},
		{"gzip with text behind", gzipped(t, ok) + "x", []string{"Content-Encoding", "gzip"}, 400, "invalid_content_encoding", "gzip"},
		{"not zstd", ok, []string{"Content-Encoding", "zstd"}, 400, "invalid_content_encoding", "zstd"},
		{"zstd cut", zstded(t, long)[:12], []string{"Content-Encoding", "zstd"}, 400, "invalid_content_encoding", "zstd"},
	}
	w, up := newWorld(t, func(s *setup) { s.maxBody = small })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			e := w.fails(w.post(chatPath, tt.body, tt.header...), tt.status, tt.code)
			require.Contains(t, e.Message, tt.says)
			require.Empty(t, up.Requests())
			rec := w.only()
			if tt.code != "invalid_value" || tt.says != "stream_options" { // found out while patching, which is an attempt
				require.Equal(t, record.StatusRefused, rec.Status)
			}
			require.Equal(t, tt.status, rec.HTTPStatus)
			require.Equal(t, tt.code, rec.ErrorCode)
			require.Equal(t, e.Message, rec.ErrorMessage)
		})
	}
}

func flip(s string, at int) string {
	b := []byte(s)
	b[len(b)+at] ^= 0xff
	return string(b)
}

func TestBodiesThatAreServed(t *testing.T) {
	ok := `{"model":"m","messages":[1,2,3]}`
	exact := `{"model":"m","messages":["` + strings.Repeat("a", small-len(`{"model":"m","messages":[""]}`)) + `"]}`
	tests := []struct {
		name, body, plain string
		header            []string
	}{
		{"no content type", ok, ok, []string{"Content-Type", ""}},
		{"charset", ok, ok, []string{"Content-Type", "application/json; charset=utf-8"}},
		{"a kind of JSON", ok, ok, []string{"Content-Type", "application/vnd.x+json"}},
		{"gzip", gzipped(t, ok), ok, []string{"Content-Encoding", "gzip"}},
		{"x-gzip", gzipped(t, ok), ok, []string{"Content-Encoding", " X-GZIP "}},
		{"zstd", zstded(t, ok), ok, []string{"Content-Encoding", "zstd"}},
		{"identity", ok, ok, []string{"Content-Encoding", "identity"}},
		{"just as large as allowed", exact, exact, nil},
		{"just as large, in gzip", gzipped(t, exact), exact, []string{"Content-Encoding", "gzip"}},
		{"just as large, in zstd", zstded(t, exact), exact, []string{"Content-Encoding", "zstd"}},
	}
	w, up := newWorld(t, func(s *setup) { s.maxBody = small })
	for _, tt := range tests {
		for _, known := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				w := w.in(t)
				up.Reset()
				req := w.request(t.Context(), http.MethodPost, chatPath, tt.body, tt.header...)
				if !known {
					req.ContentLength, req.Body = -1, io.NopCloser(strings.NewReader(tt.body))
				}
				r := w.do(req)
				require.Equal(t, 200, r.StatusCode, r.body)
				require.Equal(t, strings.Replace(tt.plain, `"m"`, `"upstream-model"`, 1), string(up.Requests()[0].Body))
				require.Empty(t, up.Requests()[0].Header.Get("Content-Encoding"))
				require.Equal(t, int64(len(tt.plain)), w.only().RequestBytes)
			})
		}
	}
}

// TestTooLargeWithoutALength: a chunked body is cut off at the limit.
func TestTooLargeWithoutALength(t *testing.T) {
	w, up := newWorld(t, func(s *setup) { s.maxBody = small })
	req := w.request(t.Context(), http.MethodPost, chatPath, "")
	req.ContentLength, req.Body = -1, io.NopCloser(strings.NewReader(`{"model":"`+strings.Repeat("m", small)))
	w.fails(w.do(req), 413, "request_too_large")
	require.Empty(t, up.Requests())
	require.Equal(t, "too_large", w.only().ErrorKind)
}
