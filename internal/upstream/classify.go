package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"syscall"

	"golang.org/x/net/http2"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Codes of the errors Classify and StatusError make. They are stable: clients
// and dashboards match on them.
const (
	CodeBlocked     = "upstream_blocked"
	CodeDNS         = "upstream_dns"
	CodeTLS         = "upstream_tls"
	CodeTimeout     = "upstream_timeout"
	CodeRefused     = "upstream_refused"
	CodeUnreachable = "upstream_unreachable"
	CodeReset       = "upstream_reset"
	CodeCut         = "upstream_cut"
	CodeGarbage     = "upstream_garbage"
	CodeConnection  = "upstream_connection"
	CodeAuth        = "upstream_auth"
	CodeStatus      = "upstream_error"
	CodeCanceled    = "client_closed_request"
)

// Classify says what an error of RoundTrip or of reading a response's body
// means. ctx is the attempt's context: when it is done, its cause decides, so
// a deadline of ours (a *TimeoutError or context.DeadlineExceeded as cause) is
// told from a client that went away (context.Canceled). A cause that is an
// *llm.Error is returned as it is.
//
// Messages name the provider and never an address, host name, URL or
// credential. Failures to get a connection have provider scope; failures of
// one that stood have model scope, since a slow or crashing model cuts its own
// answers only. nil gives nil.
func Classify(ctx context.Context, provider string, err error) *llm.Error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*llm.Error](err); ok {
		return known
	}
	if ctx.Err() != nil {
		if e := classifyCause(provider, context.Cause(ctx)); e != nil {
			return e
		}
	}
	for _, c := range classifiers {
		if e := c(provider, err); e != nil {
			e.Cause = err
			return e
		}
	}
	return failure(llm.KindConnection, llm.ScopeModel, CodeConnection, provider, "the connection failed", err)
}

// classifiers are asked in order; the first that knows the error answers.
var classifiers = []func(provider string, err error) *llm.Error{
	classifyBlocked, classifyTLS, classifyDNS, classifyNetTimeout, classifyTimeout,
	classifySyscall, classifyHTTP2, classifyGarbage, classifyCut, classifyCanceled,
}

func failure(k llm.Kind, s llm.Scope, code, provider, what string, cause error) *llm.Error {
	return &llm.Error{
		Kind: k, Scope: s, Code: code, Cause: cause,
		Message: fmt.Sprintf("provider %q: %s", provider, what),
	}
}

// classifyCause reads the cause of a done context.
func classifyCause(provider string, cause error) *llm.Error {
	if known, ok := errors.AsType[*llm.Error](cause); ok {
		return known
	}
	if e := classifyTimeout(provider, cause); e != nil {
		e.Cause = cause
		return e
	}
	if errors.Is(cause, context.Canceled) {
		return &llm.Error{
			Kind: llm.KindCanceled, Scope: llm.ScopeRequest, Code: CodeCanceled,
			Message: "the client closed the request", Cause: cause,
		}
	}
	return nil
}

func classifyTimeout(provider string, err error) *llm.Error {
	what := ""
	if t, ok := errors.AsType[*TimeoutError](err); ok {
		what = fmt.Sprintf("no answer within its %s timeout of %s", t.Phase, t.After)
	} else if errors.Is(err, context.DeadlineExceeded) {
		what = "no answer before the deadline"
	} else {
		return nil
	}
	return failure(llm.KindTimeout, llm.ScopeModel, CodeTimeout, provider, what, nil)
}

func classifyBlocked(provider string, err error) *llm.Error {
	b, ok := errors.AsType[*BlockedError](err)
	if !ok {
		return nil
	}
	return failure(llm.KindConnection, llm.ScopeProvider, CodeBlocked, provider,
		"its address is not dialed: "+b.Advice(), nil)
}

func classifyDNS(provider string, err error) *llm.Error {
	d, ok := errors.AsType[*net.DNSError](err)
	if !ok {
		return nil
	}
	what := "its host name could not be resolved"
	if d.IsNotFound {
		what = "its host name does not exist"
	}
	return failure(llm.KindConnection, llm.ScopeProvider, CodeDNS, provider, what, nil)
}

func classifyTLS(provider string, err error) *llm.Error {
	what := ""
	switch {
	case isType[x509.HostnameError](err):
		what = "its TLS certificate is for another host name"
	case isType[x509.UnknownAuthorityError](err):
		what = "its TLS certificate is signed by an unknown authority"
	case isExpired(err):
		what = "its TLS certificate has expired or is not valid yet"
	case isType[*tls.CertificateVerificationError](err), isType[x509.CertificateInvalidError](err):
		what = "its TLS certificate is not valid"
	case isType[tls.RecordHeaderError](err), errors.Is(err, http.ErrSchemeMismatch):
		what = "it does not speak TLS on that port (is it http instead of https?)"
	case isType[tls.AlertError](err):
		what = "the TLS handshake was refused"
	default:
		return nil
	}
	return failure(llm.KindConnection, llm.ScopeProvider, CodeTLS, provider, what, nil)
}

func isExpired(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

// classifyNetTimeout knows the timeouts of dialing and of the TLS handshake,
// which are failures to connect, and those the kernel reports later. It stands
// before classifyTimeout because net's own dial timeout passes for a
// context.DeadlineExceeded, and leaves the real one to it.
func classifyNetTimeout(provider string, err error) *llm.Error {
	n, ok := errors.AsType[net.Error](err)
	if !ok || !n.Timeout() {
		return nil
	}
	op, isOp := errors.AsType[*net.OpError](err)
	switch {
	case isOp && op.Op != "dial":
		return failure(llm.KindTimeout, llm.ScopeModel, CodeTimeout, provider, "the connection timed out", nil)
	case !isOp && errors.Is(err, context.DeadlineExceeded):
		return nil
	}
	e := failure(llm.KindConnection, llm.ScopeProvider, CodeTimeout, provider, "no connection in time", nil)
	e.Status = http.StatusGatewayTimeout
	return e
}

func classifySyscall(provider string, err error) *llm.Error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure(llm.KindConnection, llm.ScopeProvider, CodeRefused, provider, "it refused the connection", nil)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return failure(llm.KindConnection, llm.ScopeProvider, CodeUnreachable, provider, "it cannot be reached", nil)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return failure(llm.KindConnection, llm.ScopeModel, CodeReset, provider, "it reset the connection", nil)
	}
	return nil
}

// classifyHTTP2 relies on net/http's own stream error converting itself to
// that of x/net (its As method).
func classifyHTTP2(provider string, err error) *llm.Error {
	if !isType[http2.StreamError](err) && !isType[http2.ConnectionError](err) {
		return nil
	}
	return failure(llm.KindConnection, llm.ScopeModel, CodeReset, provider, "it reset the stream", nil)
}

// classifyGarbage knows answers that are not HTTP. net/http has no type for
// most of them, so their text, stable since Go 1.0, is looked at here and
// nowhere else.
func classifyGarbage(provider string, err error) *llm.Error {
	text := err.Error()
	if !isType[textproto.ProtocolError](err) &&
		!strings.Contains(text, "malformed HTTP") && !strings.Contains(text, "malformed chunked encoding") &&
		!strings.Contains(text, "invalid byte in chunk length") && !strings.Contains(text, "response headers exceeded") {
		return nil
	}
	return failure(llm.KindUpstream, llm.ScopeProvider, CodeGarbage, provider, "its answer is not valid HTTP", nil)
}

func classifyCut(provider string, err error) *llm.Error {
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) &&
		!errors.Is(err, io.ErrClosedPipe) && !strings.Contains(err.Error(), "server closed idle connection") {
		return nil
	}
	return failure(llm.KindConnection, llm.ScopeModel, CodeCut, provider,
		"it closed the connection before the answer was complete", nil)
}

// classifyCanceled knows a cancellation that outran its context, as when the
// client's context is not the one given to Classify.
func classifyCanceled(_ string, err error) *llm.Error {
	if !errors.Is(err, context.Canceled) {
		return nil
	}
	return classifyCause("", context.Canceled)
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
