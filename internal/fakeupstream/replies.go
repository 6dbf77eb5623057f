package fakeupstream

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
)

// Status replies with the status, headers in pairs of name and value, and body.
// It panics on an odd number of strings in headers: the test is wrong then.
func Status(status int, body string, headers ...string) http.Handler {
	if len(headers)%2 != 0 {
		panic("fakeupstream: headers come in pairs")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		write(w, body)
	})
}

// JSON replies with the status and a JSON document.
func JSON(status int, body string) http.Handler {
	return Status(status, body, "Content-Type", "application/json")
}

// RateLimited replies 429 in OpenAI's shape; Retry-After is sent unless empty.
func RateLimited(retryAfter string) http.Handler {
	headers := []string{"Content-Type", "application/json"}
	if retryAfter != "" {
		headers = append(headers, "Retry-After", retryAfter)
	}
	return Status(http.StatusTooManyRequests,
		`{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}`, headers...)
}

// Garbage replies 200 with bytes that are neither JSON nor SSE, under the
// content type.
func Garbage(contentType string) http.Handler {
	return Status(http.StatusOK, "\x00\xff<html>not what you asked for\xfe", "Content-Type", contentType)
}

// Redirect replies 307 to the address.
func Redirect(to string) http.Handler {
	return Status(http.StatusTemporaryRedirect, "", "Location", to)
}

// SSE replies with an event stream: each frame is written as given, line ends
// included, and flushed.
func SSE(frames ...string) http.Handler { return sse(nil, frames) }

// GatedSSE is SSE that waits before each frame for a value on gate, or for
// gate to be closed, or for the client to go away.
func GatedSSE(gate <-chan struct{}, frames ...string) http.Handler { return sse(gate, frames) }

func sse(gate <-chan struct{}, frames []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		flush(w)
		for _, frame := range frames {
			if gate != nil {
				select {
				case <-gate:
				case <-r.Context().Done():
					return
				}
			}
			write(w, frame)
			flush(w)
		}
	})
}

// Data is one SSE frame with a data field.
func Data(payload string) string { return "data: " + payload + "\n\n" }

// ErrorInStream replies 200 with the frames and then an error event, without
// [DONE].
func ErrorInStream(frames ...string) http.Handler {
	const failed = `{"error":{"message":"The server had an error while processing your request","type":"server_error","param":null,"code":null}}`
	return SSE(append(append([]string(nil), frames...), Data(failed))...)
}

// Gzip encodes the reply of h whether or not the client accepts it.
func Gzip(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close() //nolint:errcheck // a client that went away is the test's business
		h.ServeHTTP(&bodyWriter{ResponseWriter: w, write: z.Write, flush: func() {
			if z.Flush() == nil {
				flush(w)
			}
		}}, r)
	})
}

// WrongLength declares a body longer than it is by delta bytes and ends the
// connection after it. The connection must be HTTP/1.
func WrongLength(delta int, body string) http.Handler {
	return Raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
		strconv.Itoa(len(body)+delta) + "\r\n\r\n" + body)
}

// Raw writes the bytes on the connection, whatever they are, and closes it.
// The connection must be HTTP/1.
func Raw(answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer conn.Close() //nolint:errcheck // nobody is left to tell
		write(conn, answer)
	})
}

// Echo replies with the request's own body.
func Echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		write(w, b.String())
	})
}

// write ignores errors: a client that went away is what many tests are about,
// and Fake.Disconnected reports it.
func write(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
