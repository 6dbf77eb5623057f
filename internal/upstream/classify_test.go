package upstream_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
)

// try sends one request through a pool and classifies what goes wrong, in the
// head or in the body.
func try(t *testing.T, o upstream.Options, target string) *llm.Error {
	t.Helper()
	rt := newPool(t, o).RoundTripper(upstream.Config{Provider: "acme", AllowPrivate: true})
	_, _, err := call(t, rt, newRequest(t.Context(), t, target, "{}"))
	require.Error(t, err)
	e := upstream.Classify(t.Context(), "acme", err)
	requireSafe(t, e, target)
	return e
}

// requireSafe checks that the message names the provider and nothing else.
func requireSafe(t *testing.T, e *llm.Error, target string) {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	require.Contains(t, e.Message, `"acme"`)
	for _, secret := range []string{u.Hostname(), u.Port(), "127.0.0.1", "::1", "http:", "https:", "sk-"} {
		if secret != "" {
			require.NotContains(t, e.Message, secret)
		}
	}
}

func TestClassifyConnections(t *testing.T) {
	body := fakeupstream.SSE("data: 1\n\n", "data: 2\n\n")
	tests := []struct {
		name  string
		reply http.Handler
		opts  []fakeupstream.Option
		code  string
		kind  llm.Kind
		scope llm.Scope
	}{
		{"cut before the head", fakeupstream.CutAfter(0, fakeupstream.Raw("")), nil, upstream.CodeCut, llm.KindConnection, llm.ScopeModel},
		{"cut in the body", fakeupstream.CutAfter(12, body), nil, upstream.CodeCut, llm.KindConnection, llm.ScopeModel},
		{"cut short of its length", fakeupstream.WrongLength(5, "{}"), nil, upstream.CodeCut, llm.KindConnection, llm.ScopeModel},
		{"reset in the body", fakeupstream.ResetAfter(12, body), nil, upstream.CodeReset, llm.KindConnection, llm.ScopeModel},
		{"reset in the body, TLS", fakeupstream.ResetAfter(12, body), []fakeupstream.Option{fakeupstream.TLS()}, upstream.CodeReset, llm.KindConnection, llm.ScopeModel},
		{"reset in the body, HTTP/2", fakeupstream.ResetAfter(12, body), []fakeupstream.Option{fakeupstream.HTTP2()}, upstream.CodeReset, llm.KindConnection, llm.ScopeModel},
		{"not HTTP", fakeupstream.Raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"), nil, upstream.CodeGarbage, llm.KindUpstream, llm.ScopeProvider},
		{"bad status line", fakeupstream.Raw("HTTP/1.1 abc\r\n\r\n"), nil, upstream.CodeGarbage, llm.KindUpstream, llm.ScopeProvider},
		{"bad header", fakeupstream.Raw("HTTP/1.1 200 OK\r\n: no name\r\n\r\n"), nil, upstream.CodeGarbage, llm.KindUpstream, llm.ScopeProvider},
		{"bad chunk", fakeupstream.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), nil, upstream.CodeGarbage, llm.KindUpstream, llm.ScopeProvider},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fake := fakeupstream.Start(t, tt.opts...)
			fake.Script(tt.reply)
			e := try(t, upstream.Options{RootCAs: fake.RootCAs()}, fake.URL)
			require.Equal(t, tt.code, e.Code, "%v", e)
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.scope, e.Scope)
			require.Error(t, e.Cause)
		})
	}
}

func TestClassifyRefused(t *testing.T) {
	fake := fakeupstream.Start(t)
	fake.Stop()
	e := try(t, upstream.Options{}, fake.URL)
	require.Equal(t, upstream.CodeRefused, e.Code, "%v", e)
	require.Equal(t, llm.ScopeProvider, e.Scope)
	require.Equal(t, http.StatusBadGateway, e.HTTPStatus())
}

func TestClassifyDNS(t *testing.T) {
	e := try(t, upstream.Options{Resolver: names(t)}, "http://vendor.example/")
	require.Equal(t, upstream.CodeDNS, e.Code, "%v", e)
	require.Equal(t, llm.KindConnection, e.Kind)
}

// certificate makes a self-signed certificate and a pool that trusts it.
func certificate(t *testing.T, host string, notAfter time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: notAfter.Add(-time.Hour), NotAfter: notAfter,
		DNSNames: []string{host}, IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true,
	}
	if template.IPAddresses[0] == nil {
		template.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestClassifyTLS(t *testing.T) {
	future := time.Now().Add(time.Hour)
	tests := []struct {
		name, host string
		notAfter   time.Time
		trusted    bool
		says       string
	}{
		{"expired", "127.0.0.1", time.Now().Add(-time.Minute), true, "expired"},
		{"other host", "elsewhere.example", future, true, "another host name"},
		{"unknown authority", "127.0.0.1", future, false, "unknown authority"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cert, pool := certificate(t, tt.host, tt.notAfter)
			if !tt.trusted {
				pool = x509.NewCertPool()
			}
			ts := httptest.NewUnstartedServer(fakeupstream.OpenAI())
			ts.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			quiet(ts)
			ts.StartTLS()
			t.Cleanup(ts.Close)
			e := try(t, upstream.Options{RootCAs: pool}, ts.URL)
			require.Equal(t, upstream.CodeTLS, e.Code, "%v", e)
			require.Equal(t, llm.ScopeProvider, e.Scope)
			require.Contains(t, e.Message, tt.says)
		})
	}
	t.Run("plain HTTP on the port", func(t *testing.T) {
		fake := fakeupstream.Start(t)
		e := try(t, upstream.Options{}, "https"+fake.URL[len("http"):])
		require.Equal(t, upstream.CodeTLS, e.Code, "%v", e)
	})
}

func TestClassifyContexts(t *testing.T) {
	ours := &upstream.TimeoutError{Phase: upstream.PhaseFirstByte, After: 3 * time.Second}
	ready := &llm.Error{Kind: llm.KindOverloaded, Code: "draining"}
	tests := []struct {
		name  string
		cause error // of the done context; nil for one that is not done
		err   error
		kind  llm.Kind
		code  string
	}{
		{"client gone", context.Canceled, context.Canceled, llm.KindCanceled, upstream.CodeCanceled},
		{"client gone, seen as a closed connection", context.Canceled, io.ErrUnexpectedEOF, llm.KindCanceled, upstream.CodeCanceled},
		{"our deadline", ours, context.Canceled, llm.KindTimeout, upstream.CodeTimeout},
		{"our deadline, wrapped", fmt.Errorf("attempt: %w", ours), errors.New("read: closed"), llm.KindTimeout, upstream.CodeTimeout},
		{"our deadline as the error itself", nil, ours, llm.KindTimeout, upstream.CodeTimeout},
		{"deadline of the context", context.DeadlineExceeded, context.DeadlineExceeded, llm.KindTimeout, upstream.CodeTimeout},
		{"a ready error as cause", ready, context.Canceled, llm.KindOverloaded, "draining"},
		{"a ready error", nil, fmt.Errorf("tap: %w", ready), llm.KindOverloaded, "draining"},
		{"another context was cancelled", nil, context.Canceled, llm.KindCanceled, upstream.CodeCanceled},
		{"a cause of no meaning", errors.New("x"), syscall.ECONNRESET, llm.KindConnection, upstream.CodeReset},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if tt.cause != nil {
				cancel(tt.cause)
			}
			e := upstream.Classify(ctx, "acme", tt.err)
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.code, e.Code)
		})
	}
	require.Nil(t, upstream.Classify(t.Context(), "acme", nil))
}

// timeoutErr is a net.Error like that of a TLS handshake that took too long.
type timeoutErr struct{}

func (timeoutErr) Error() string   { return "handshake took too long" }
func (timeoutErr) Timeout() bool   { return true }
func (timeoutErr) Temporary() bool { return true }

func TestClassifyRareErrors(t *testing.T) {
	op := func(op string, err error) error {
		return fmt.Errorf("upstream: %w", &net.OpError{Op: op, Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4711}, Err: err})
	}
	tests := []struct {
		name   string
		err    error
		code   string
		kind   llm.Kind
		scope  llm.Scope
		status int
	}{
		{"dial timeout", op("dial", timeoutErr{}), upstream.CodeTimeout, llm.KindConnection, llm.ScopeProvider, 504},
		{"handshake timeout", timeoutErr{}, upstream.CodeTimeout, llm.KindConnection, llm.ScopeProvider, 504},
		{"read timeout", op("read", timeoutErr{}), upstream.CodeTimeout, llm.KindTimeout, llm.ScopeModel, 504},
		{"no route", op("dial", syscall.EHOSTUNREACH), upstream.CodeUnreachable, llm.KindConnection, llm.ScopeProvider, 502},
		{"no network", op("dial", syscall.ENETUNREACH), upstream.CodeUnreachable, llm.KindConnection, llm.ScopeProvider, 502},
		{"broken pipe", op("write", syscall.EPIPE), upstream.CodeReset, llm.KindConnection, llm.ScopeModel, 502},
		{"DNS failure", op("dial", &net.DNSError{Err: "server misbehaving", Name: "vendor.example"}), upstream.CodeDNS, llm.KindConnection, llm.ScopeProvider, 502},
		{"DNS timeout", op("dial", &net.DNSError{Err: "i/o timeout", IsTimeout: true}), upstream.CodeDNS, llm.KindConnection, llm.ScopeProvider, 502},
		{"TLS alert", op("remote error", tls.AlertError(40)), upstream.CodeTLS, llm.KindConnection, llm.ScopeProvider, 502},
		{"blocked for ever", &upstream.BlockedError{Addr: "169.254.169.254", Reason: upstream.ReasonMetadata}, upstream.CodeBlocked, llm.KindConnection, llm.ScopeProvider, 502},
		{"unknown", errors.New("dial 192.0.2.7 with sk-secret: gremlins"), upstream.CodeConnection, llm.KindConnection, llm.ScopeModel, 502},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := upstream.Classify(t.Context(), "acme", tt.err)
			require.Equal(t, tt.code, e.Code)
			require.Equal(t, tt.kind, e.Kind)
			require.Equal(t, tt.scope, e.Scope)
			require.Equal(t, tt.status, e.HTTPStatus())
			require.ErrorIs(t, e, tt.err)
			requireSafe(t, e, "http://192.0.2.7:4711")
			require.NotContains(t, e.Message, "169.254")
		})
	}
}

// TestClassifyRealDialTimeout pins that net's own dial timeout, which passes
// for a context deadline, is still a failure to connect.
func TestClassifyRealDialTimeout(t *testing.T) {
	d := upstream.NewDialer(upstream.Policy{AllowPrivate: true, Timeout: time.Nanosecond})
	_, err := d.DialContext(t.Context(), "tcp", "127.0.0.1:1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	e := upstream.Classify(t.Context(), "acme", err)
	require.Equal(t, llm.KindConnection, e.Kind, "%v", err)
	require.Equal(t, upstream.CodeTimeout, e.Code)
}
