package fakeupstream

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Server is a Fake behind a listener on loopback.
type Server struct {
	*Fake
	URL string // scheme and host
	ts  *httptest.Server
}

// Option changes how Start serves.
type Option func(*httptest.Server, *bool)

// TLS serves HTTPS with a certificate of RootCAs.
func TLS() Option { return func(_ *httptest.Server, tls *bool) { *tls = true } }

// HTTP2 serves HTTPS and negotiates HTTP/2.
func HTTP2() Option {
	return func(ts *httptest.Server, tls *bool) { ts.EnableHTTP2, *tls = true, true }
}

// Start serves a new double until the test ends.
func Start(t testing.TB, opts ...Option) *Server {
	t.Helper()
	return Serve(t, New(), opts...)
}

// Serve serves the double until the test ends. Its listener's complaints about
// the faults it makes itself are discarded.
func Serve(t testing.TB, f *Fake, opts ...Option) *Server {
	t.Helper()
	ts := httptest.NewUnstartedServer(f)
	ts.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	var tls bool
	for _, o := range opts {
		o(ts, &tls)
	}
	if tls {
		ts.StartTLS()
	} else {
		ts.Start()
	}
	s := &Server{Fake: f, URL: ts.URL, ts: ts}
	t.Cleanup(s.Stop)
	return s
}

// BaseURL is what a provider's base_url would be: URL with the version segment.
func (s *Server) BaseURL() string { return s.URL + "/v1" }

// RootCAs trusts the server's certificate; nil without TLS.
func (s *Server) RootCAs() *x509.CertPool {
	cert := s.ts.Certificate()
	if cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}

// Transport returns a transport that trusts the server's certificate and
// speaks its protocol. The caller closes its idle connections.
func (s *Server) Transport() *http.Transport {
	tr, ok := s.ts.Client().Transport.(*http.Transport)
	if !ok {
		panic("fakeupstream: httptest's client has another transport than net/http's")
	}
	return tr.Clone()
}

// Stop ends the server at once, as a vendor that goes down would; later
// connections are refused. The end of the test calls it too.
func (s *Server) Stop() {
	s.Close()
	s.ts.CloseClientConnections()
	s.ts.Close()
}
