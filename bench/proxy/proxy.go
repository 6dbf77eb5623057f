// Package proxy is the yardstick of the bench: the standard library's reverse
// proxy with a transport tuned for many connections, and nothing else. What a
// gateway costs beyond it is what its features cost.
package proxy

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// idlePerHost keeps every connection of the widest scenario (2,000 streams).
const idlePerHost = 2048

// Handler passes every request to upstream, an absolute URL.
func Handler(upstream string) (http.Handler, error) {
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, fmt.Errorf("proxy: upstream: %w", err)
	}
	if target.Host == "" {
		return nil, fmt.Errorf("proxy: upstream %q: not an absolute URL", upstream)
	}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1, // at once: streams
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: idlePerHost,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		},
	}, nil
}
