package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
)

const (
	// fetchMax bounds one fetched file, in bytes; vendors take at most 20 MiB inline.
	fetchMax       = 20 << 20
	fetchTimeout   = 20 * time.Second
	fetchRedirects = 3
)

// Fetcher gets pictures and documents that a client named by URL, for
// upstreams that take bytes only. It dials public addresses only, after name
// resolution, also behind redirects, and sends nothing of the client's.
type Fetcher struct {
	client *http.Client
	max    int64
}

// NewFetcher returns a fetcher that dials by the policy.
func NewFetcher(p Policy) *Fetcher {
	return &Fetcher{max: fetchMax, client: &http.Client{
		Timeout: fetchTimeout,
		Transport: &http.Transport{
			DialContext: NewDialer(p).DialContext, TLSHandshakeTimeout: tlsHandshakeTimeout,
			MaxResponseHeaderBytes: maxResponseHeader, IdleConnTimeout: idleConnTimeout,
			MaxIdleConnsPerHost: 2, DisableCompression: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > fetchRedirects {
				return fmt.Errorf("more than %d redirects", fetchRedirects)
			}
			req.Header.Del("Referer") // the first address may hold a signature
			return fetchable(req.URL)
		},
	}}
}

// fetchable accepts web addresses without credentials.
func fetchable(u *url.URL) error {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("only http and https URLs are fetched")
	}
	if u.User != nil {
		return errors.New("a URL with credentials is not fetched")
	}
	return nil
}

// Fetch returns the bytes behind the URL and their media type. Its error is an
// *llm.Error of KindInvalid that a client may see.
func (f *Fetcher) Fetch(ctx context.Context, address string) (data []byte, mediaType string, err error) {
	data, mediaType, err = f.fetch(ctx, address)
	if err == nil {
		return data, mediaType, nil
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the URL, which may hold a signature
	}
	what := "it could not be had"
	if blocked, ok := errors.AsType[*BlockedError](err); ok {
		what = "its address is not a public one (" + string(blocked.Reason) + ")"
	} else if e, ok := errors.AsType[*fetchError](err); ok {
		what = e.what
	}
	e := llm.Errorf(llm.KindInvalid, "media_not_fetched", "the file at %.100q cannot be passed on: %s; send its bytes as base64", origin(address), what)
	e.Cause = err
	return nil, "", e
}

// fetchError is a refusal that a client may read.
type fetchError struct{ what string }

// Error says what is wrong.
func (e *fetchError) Error() string { return e.what }

func refused(format string, args ...any) error { return &fetchError{fmt.Sprintf(format, args...)} }

// origin is an address without what may be secret in it.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.Path
}

func (f *Fetcher) fetch(ctx context.Context, address string) ([]byte, string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", refused("it is not a URL")
	}
	if err := fetchable(u); err != nil {
		return nil, "", refused("%s", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", refused("it is not a URL")
	}
	req.Header.Set("User-Agent", "plexus")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Accept", "image/*,application/pdf,audio/*,video/*,text/plain;q=0.5")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("fetch: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, "", refused("its server answered %d", resp.StatusCode)
	}
	// What came compressed unasked is not the file, and unpacking it would not
	// be bounded by what was read.
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, "", refused("its server sent it compressed")
	}
	if resp.ContentLength > f.max {
		return nil, "", refused("it is larger than %d MiB", f.max>>20)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, f.max+1))
	if err != nil {
		return nil, "", fmt.Errorf("read: %w", err)
	}
	if int64(len(data)) > f.max {
		return nil, "", refused("it is larger than %d MiB", f.max>>20)
	}
	t := mediaTypeOf(resp.Header.Get("Content-Type"), data)
	if t == "" {
		return nil, "", refused("it is neither a picture, a document, a sound nor a video")
	}
	return data, t, nil
}

// mediaTypeOf returns the type the server gives, or what the bytes look like
// where it gives none that says something.
func mediaTypeOf(header string, data []byte) string {
	t, _, err := mime.ParseMediaType(header)
	if err != nil || t == "application/octet-stream" || t == "binary/octet-stream" {
		t, _, _ = strings.Cut(http.DetectContentType(data), ";")
	}
	switch kind, _, _ := strings.Cut(t, "/"); {
	case kind == "image", kind == "audio", kind == "video", t == "application/pdf", t == "text/plain":
		return t
	}
	return ""
}
