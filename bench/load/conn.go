package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// lineBuffer holds the longest line of a stream: an event that repeats all text.
const lineBuffer = 32 << 10

// readBuffer holds the answers of the bench; an SSE frame is far smaller.
const readBuffer = 16 << 10

// StatusError is an answer that was not 200.
type StatusError struct {
	Code int
	Body string // at most the first KiB
}

// Error names the status and shows the start of the body.
func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Code, e.Body) }

// Conn is one keep-alive connection. It is not safe for concurrent use.
type Conn struct {
	net net.Conn
	br  *bufio.Reader
}

// Dial opens a connection to addr (host:port).
func Dial(ctx context.Context, addr string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return &Conn{net: c, br: bufio.NewReaderSize(c, readBuffer)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.net.Close() }

// Deadline makes every later read and write fail after t.
func (c *Conn) Deadline(t time.Time) error { return c.net.SetDeadline(t) }

// head is what the client needs to know of a response's header.
type head struct {
	status  int
	length  int64
	chunked bool
}

// Do sends the request, reads the whole answer and drops its body.
// An answer other than 200 is a *StatusError.
func (c *Conn) Do(req Request) error {
	h, err := c.send(req)
	if err != nil {
		return err
	}
	body := c.body(h)
	if h.status != 200 {
		return statusError(h, body)
	}
	if !h.chunked {
		_, err = c.br.Discard(int(h.length))
	} else {
		_, err = io.Copy(io.Discard, body)
	}
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

// Stream sends the request and calls event with the data of every server-sent
// event until the body ends. The bytes are valid only during the call. An
// error of event ends the stream and is returned as it is; the connection is
// then of no further use.
func (c *Conn) Stream(req Request, event func(data []byte) error) error {
	h, err := c.send(req)
	if err != nil {
		return err
	}
	body := c.body(h)
	if h.status != 200 {
		return statusError(h, body)
	}
	lines := bufio.NewReaderSize(body, lineBuffer)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stream: %w", err)
		}
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok {
			continue
		}
		if err := event(bytes.TrimRight(data, "\r\n")); err != nil {
			return err
		}
	}
}

func (c *Conn) send(req Request) (head, error) {
	if _, err := c.net.Write(req.wire); err != nil {
		return head{}, fmt.Errorf("send request: %w", err)
	}
	h, err := readHead(c.br)
	if err != nil {
		return head{}, fmt.Errorf("read header: %w", err)
	}
	return h, nil
}

func (c *Conn) body(h head) io.Reader {
	if h.chunked {
		return &trailer{r: httputil.NewChunkedReader(c.br), br: c.br}
	}
	return io.LimitReader(c.br, h.length)
}

// trailer takes the empty line after the last chunk, which ChunkedReader
// leaves unread, so that the connection can carry the next answer.
type trailer struct {
	r  io.Reader
	br *bufio.Reader
}

func (t *trailer) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if errors.Is(err, io.EOF) {
		if _, e := t.br.ReadSlice('\n'); e != nil {
			return n, fmt.Errorf("read trailer: %w", e)
		}
	}
	return n, err
}

func statusError(h head, body io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(body, 1024))
	if err != nil {
		return fmt.Errorf("read body of status %d: %w", h.status, err)
	}
	return &StatusError{Code: h.status, Body: string(b)}
}

var errHead = errors.New("not an HTTP/1.1 answer")

// readHead reads a status line and the header fields that frame the body.
func readHead(br *bufio.Reader) (head, error) {
	line, err := br.ReadSlice('\n')
	if err != nil {
		return head{}, err
	}
	if len(line) < len("HTTP/1.1 200\n") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return head{}, fmt.Errorf("%w: %q", errHead, line)
	}
	h := head{length: -1}
	if h.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return head{}, fmt.Errorf("%w: %q", errHead, line)
	}
	for {
		line, err = br.ReadSlice('\n')
		if err != nil {
			return head{}, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if err := h.field(line); err != nil {
			return head{}, err
		}
	}
	if h.length < 0 && !h.chunked {
		return head{}, fmt.Errorf("%w: neither a length nor chunks", errHead)
	}
	return h, nil
}

func (h *head) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	switch {
	case bytes.EqualFold(name, []byte("content-length")):
		n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%w: %q", errHead, line)
		}
		h.length = n
	case bytes.EqualFold(name, []byte("transfer-encoding")):
		h.chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
	}
	return nil
}
