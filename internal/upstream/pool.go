package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync"
	"time"
)

// Sizes and times of every transport.
const (
	defaultMaxIdlePerHost = 256
	idleConnTimeout       = 90 * time.Second
	tlsHandshakeTimeout   = 10 * time.Second
	maxResponseHeader     = 256 << 10 // bytes
	sessionCacheSize      = 64

	// bufferSize is that of the read and of the write buffer of an HTTP/1
	// connection. Both are paid by every idle stream: BenchmarkIdleStreams
	// measured 40, 63 and 159 KB a stream, both ends together, with 4, 16 and
	// 64 KiB. BenchmarkStream and BenchmarkBody found nothing gained by more:
	// chunks are a few hundred bytes, and long bodies go past the buffer.
	bufferSize = 4 << 10

	// h2StreamWindow bounds what an HTTP/2 stream buffers for a slow client
	// (net/http's own bound is 4 MiB).
	h2StreamWindow = 512 << 10
	// h2PingAfter and h2PingTimeout find connections that died silently, which
	// HTTP/2 would otherwise keep using.
	h2PingAfter   = 30 * time.Second
	h2PingTimeout = 15 * time.Second
)

// Options configure a Pool.
type Options struct {
	// InProcess maps URL schemes to handlers that are served in this process
	// (see InProcess), for example the demo vendor's.
	InProcess map[string]http.Handler
	// RootCAs are the certificate authorities trusted; nil means the system's.
	RootCAs *x509.CertPool
	// Resolver resolves host names; nil means net.DefaultResolver.
	Resolver *net.Resolver
}

// Config is what distinguishes one provider's transport from another's. It is
// comparable: equal configurations share a transport and its connections.
type Config struct {
	Provider     string // the provider's slug; never shared between providers
	AllowPrivate bool
	// HTTP2 false keeps to HTTP/1.1; nil and true negotiate HTTP/2 by ALPN.
	HTTP2 *bool
	// MaxIdlePerHost bounds warm connections per host; 0 means 256.
	MaxIdlePerHost int
	// MaxConnsPerHost bounds all connections per host; 0 means no bound.
	MaxConnsPerHost int
}

// identity is Config without pointers, so that equal means equal.
type identity struct {
	provider     string
	allowPrivate bool
	http2        bool
	maxIdle      int
	maxConns     int
}

func (c Config) identity() identity {
	id := identity{
		provider: c.Provider, allowPrivate: c.AllowPrivate,
		http2:   c.HTTP2 == nil || *c.HTTP2,
		maxIdle: c.MaxIdlePerHost, maxConns: c.MaxConnsPerHost,
	}
	if id.maxIdle == 0 {
		id.maxIdle = defaultMaxIdlePerHost
	}
	return id
}

// Pool keeps one transport per provider configuration for the life of the
// process, so that a reload which leaves a provider alone leaves its warm
// connections alone. It is safe for concurrent use.
type Pool struct {
	opts Options

	mu         sync.Mutex
	transports map[identity]*http.Transport
}

// NewPool returns an empty pool.
func NewPool(opts Options) *Pool {
	return &Pool{opts: opts, transports: map[identity]*http.Transport{}}
}

// RoundTripper returns the transport of the configuration, made at the first
// call. Responses are delivered verbatim: nothing is decompressed and no
// redirect is followed.
//
// The transport repeats a request by itself only when a warm connection turns
// out to be dead: before anything was written, or, for a request that carries
// Idempotency-Key, before anything was answered. Both need Request.GetBody.
func (p *Pool) RoundTripper(c Config) http.RoundTripper {
	id := c.identity()
	p.mu.Lock()
	defer p.mu.Unlock()
	if t, ok := p.transports[id]; ok {
		return t
	}
	t := p.newTransport(id)
	p.transports[id] = t
	return t
}

// Retain forgets every transport that is not of one of the configurations and
// closes its idle connections; those in use are closed when their request
// ends. Call it after the new snapshot has been swapped in.
func (p *Pool) Retain(keep []Config) {
	kept := make(map[identity]bool, len(keep))
	for _, c := range keep {
		kept[c.identity()] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, t := range p.transports {
		if !kept[id] {
			delete(p.transports, id)
			t.CloseIdleConnections()
		}
	}
}

// Close is Retain of nothing.
func (p *Pool) Close() { p.Retain(nil) }

func (p *Pool) newTransport(id identity) *http.Transport {
	dialer := NewDialer(Policy{AllowPrivate: id.allowPrivate, Resolver: p.opts.Resolver})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(id.http2)
	t := &http.Transport{
		Proxy:       nil, // see the package comment
		DialContext: dialer.DialContext,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            p.opts.RootCAs,
			ClientSessionCache: tls.NewLRUClientSessionCache(sessionCacheSize),
		},
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    id.maxIdle,
		MaxConnsPerHost:        id.maxConns,
		IdleConnTimeout:        idleConnTimeout,
		MaxResponseHeaderBytes: maxResponseHeader,
		ReadBufferSize:         bufferSize,
		WriteBufferSize:        bufferSize,
		ForceAttemptHTTP2:      id.http2,
		Protocols:              protocols,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: h2StreamWindow,
			SendPingTimeout:           h2PingAfter,
			PingTimeout:               h2PingTimeout,
		},
	}
	for scheme, h := range p.opts.InProcess {
		t.RegisterProtocol(scheme, InProcess(h))
	}
	return t
}
