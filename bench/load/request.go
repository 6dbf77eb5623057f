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
	return []byte(head + prose(n) + tail)
}

// prose is text of n bytes, as it stands in JSON.
func prose(n int) string {
	const sentence = "The quick brown fox jumps over the lazy dog, then \\\"rests\\\" a while.\\n"
	return strings.Repeat(sentence, n/len(sentence)) + strings.Repeat("x", n%len(sentence))
}

// Protocol is a wire API as clients of the bench speak it.
type Protocol string

// The protocols.
const (
	Chat      Protocol = "chat"
	Messages  Protocol = "messages"
	Responses Protocol = "responses"
	Gemini    Protocol = "gemini"
)

// Path is where the model is asked, streaming or not.
func (p Protocol) Path(model string, stream bool) string {
	switch p {
	case Messages:
		return "/v1/messages"
	case Responses:
		return "/v1/responses"
	case Gemini:
		if stream {
			return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse"
		}
		return "/v1beta/models/" + model + ":generateContent"
	case Chat:
	}
	return "/v1/chat/completions"
}

// Body returns a request in the protocol of about size bytes: what ChatBody
// says, in its words.
func (p Protocol) Body(model string, stream bool, size int) []byte {
	text := prose(size)
	switch p {
	case Messages:
		return fmt.Appendf(nil, `{"model":%q,"stream":%t,"max_tokens":4096,"system":"You are terse.","messages":[{"role":"user","content":"%s"}],"temperature":0.2,"metadata":{"user_id":"bench"}}`, model, stream, text)
	case Responses:
		return fmt.Appendf(nil, `{"model":%q,"stream":%t,"store":false,"instructions":"You are terse.","input":[{"role":"user","content":"%s"}],"temperature":0.2,"user":"bench"}`, model, stream, text)
	case Gemini:
		return fmt.Appendf(nil, `{"systemInstruction":{"parts":[{"text":"You are terse."}]},"contents":[{"role":"user","parts":[{"text":"%s"}]}],"generationConfig":{"temperature":0.2}}`, text)
	case Chat:
	}
	return ChatBody(model, stream, size)
}
