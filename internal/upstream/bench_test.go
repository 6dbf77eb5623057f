package upstream_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// The benchmarks of buffer sizes justify bufferSize in pool.go.
var bufferSizes = []int{4 << 10, 16 << 10, 64 << 10}

func transport(b *testing.B, size int) *http.Transport {
	b.Helper()
	tr := &http.Transport{ReadBufferSize: size, WriteBufferSize: size, DisableCompression: true, MaxIdleConnsPerHost: 256}
	b.Cleanup(tr.CloseIdleConnections)
	return tr
}

// BenchmarkBody sends request bodies; the upstream discards them.
func BenchmarkBody(b *testing.B) {
	ts := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer ts.Close()
	for _, size := range bufferSizes {
		for _, length := range []int{1 << 10, 100 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("buffer=%dK/body=%dK", size>>10, length>>10), func(b *testing.B) {
				tr, body := transport(b, size), bytes.Repeat([]byte("x"), length)
				b.SetBytes(int64(length))
				b.ReportAllocs()
				for b.Loop() {
					exchange(b, tr, ts.URL, body)
				}
			})
		}
	}
}

// BenchmarkStream reads streams of 1,000 chunks of 200 bytes.
func BenchmarkStream(b *testing.B) {
	chunk := "data: " + strings.Repeat("x", 192) + "\n\n"
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			_, _ = io.WriteString(w, chunk)
			w.(http.Flusher).Flush() //nolint:forcetypeassert // net/http's writer flushes
		}
	}))
	defer ts.Close()
	for _, size := range bufferSizes {
		b.Run(fmt.Sprintf("buffer=%dK", size>>10), func(b *testing.B) {
			tr := transport(b, size)
			for b.Loop() {
				exchange(b, tr, ts.URL, nil)
			}
		})
	}
}

func exchange(b *testing.B, rt http.RoundTripper, url string, body []byte) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	resp, err := rt.RoundTrip(r)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
}

// BenchmarkIdleStreams reports the memory of a stream that waits, the double's
// side included.
func BenchmarkIdleStreams(b *testing.B) {
	const streams = 300
	release := make(chan struct{})
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "data: 1\n\n")
		w.(http.Flusher).Flush() //nolint:forcetypeassert // net/http's writer flushes
		<-release
	}))
	defer ts.Close()
	defer close(release)
	for _, size := range bufferSizes {
		b.Run(fmt.Sprintf("buffer=%dK", size>>10), func(b *testing.B) {
			for b.Loop() {
				tr := transport(b, size)
				before := inUse()
				bodies := make([]io.Closer, streams)
				for i := range bodies {
					resp, err := tr.RoundTrip(httptest.NewRequestWithContext(b.Context(), http.MethodGet, ts.URL, nil))
					if err != nil {
						b.Fatal(err)
					}
					bodies[i] = resp.Body
				}
				b.ReportMetric(float64(inUse()-before)/streams/1024, "KB/stream")
				for _, body := range bodies {
					body.Close()
				}
			}
		})
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func BenchmarkRequestHeaders(b *testing.B) {
	src := http.Header{
		"Accept": {"*/*"}, "Content-Type": {"application/json"}, "User-Agent": {"x"}, "Authorization": {"Bearer x"},
		"X-Stainless-Lang": {"go"}, "X-Stainless-Os": {"Linux"}, "Content-Length": {"100"}, "Accept-Encoding": {"gzip"},
	}
	allowed := upstream.RequestAllowed(llm.OpenAIChat)
	dst := make(http.Header, 8)
	b.ReportAllocs()
	for b.Loop() {
		clear(dst)
		upstream.RequestHeaders(dst, src, allowed)
	}
}
