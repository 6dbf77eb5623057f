package load

import (
	"bytes"
	"fmt"
	"strings"
)

// Request is a request rendered once and sent many times.
type Request struct{ wire []byte }

// NewRequest renders a POST of a JSON body with a bearer credential.
func NewRequest(host, path, bearer string, body []byte) Request {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", path, host, bearer)
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return Request{wire: b.Bytes()}
}

// ChatBody returns a chat request for model whose encoding is size bytes long,
// or a little over when size is smaller than the frame around the text.
func ChatBody(model string, stream bool, size int) []byte {
	head := fmt.Sprintf(`{"model":%q,"stream":%t,"messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"`, model, stream)
	const tail = `"}],"temperature":0.2,"user":"bench"}`
	n := max(size-len(head)-len(tail), 16)
	const prose = "The quick brown fox jumps over the lazy dog, then \\\"rests\\\" a while.\\n"
	text := strings.Repeat(prose, n/len(prose)) + strings.Repeat("x", n%len(prose))
	return []byte(head + text + tail)
}
