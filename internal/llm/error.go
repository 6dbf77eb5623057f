package llm

import (
	"fmt"
	"time"
)

// Kind says what went wrong. The set is closed; retry, failover and cooldown
// follow from Kind and Scope only, never from a status code or a substring at
// the place of decision.
type Kind uint8

// The kinds. Each names the party who can do something about it.
const (
	KindInternal      Kind = iota // a defect or a resource of ours
	KindInvalid                   // the request is malformed or contradictory (400)
	KindAuth                      // the credential is missing, unknown, expired or revoked (401)
	KindPermission                // the credential is known but may not do this (403)
	KindNotFound                  // no such model or object (404)
	KindTooLarge                  // the body exceeds a limit (413)
	KindUnsupported               // a feature, media type or method that is not served here (415, 405, 501)
	KindContextLength             // the prompt does not fit the model (400)
	KindContentFilter             // refused by a safety system (400)
	KindRateLimit                 // too many requests or tokens in a window (429)
	KindQuota                     // money or plan is used up (402, 429)
	KindOverloaded                // upstream is alive but has no capacity (503, 529)
	KindTimeout                   // a deadline of ours or of the upstream's passed (504)
	KindConnection                // dial, TLS or reset: no answer was had (502)
	KindUpstream                  // upstream failed or answered garbage (5xx)
	KindCanceled                  // the client went away (499)
	kindCount
)

var kindNames = [kindCount]string{
	"internal", "invalid", "auth", "permission", "not_found", "too_large", "unsupported",
	"context_length", "content_filter", "rate_limit", "quota", "overloaded", "timeout",
	"connection", "upstream", "canceled",
}

// String returns the stable name used in records, metrics and the API.
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return "internal"
}

// Kinds lists every kind, for tables that must be total.
func Kinds() []Kind {
	all := make([]Kind, kindCount)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Scope says how much of the world an error speaks of: this request only, the
// credential it was sent with, the model at that provider, or the provider.
type Scope uint8

// The scopes, from narrow to wide.
const (
	ScopeRequest Scope = iota
	ScopeCredential
	ScopeModel
	ScopeProvider
)

// String returns the stable name of the scope.
func (s Scope) String() string {
	switch s {
	case ScopeCredential:
		return "credential"
	case ScopeModel:
		return "model"
	case ScopeProvider:
		return "provider"
	default:
		return "request"
	}
}

// Error is the one error of the data plane. Codecs make it from an upstream's
// answer and render it in the caller's dialect. Message is safe to show to the
// client: it never holds a credential of ours or an internal address.
type Error struct {
	Kind    Kind
	Scope   Scope
	Status  int    // HTTP status to answer with; 0 means the Kind's own
	Code    string // stable machine-readable code, e.g. "model_not_found"
	Param   string // the offending field, where known, e.g. "messages[2].content"
	Message string // what happened and what would be right, for the client

	RetryAfter time.Duration // 0 when unknown

	Upstream *UpstreamError // set when an upstream answered
	Cause    error          // for logs, never for the client
}

// UpstreamError keeps what the upstream itself said.
type UpstreamError struct {
	Status    int
	RequestID string
	Type      string // the upstream's own error type or status name
	Code      string
	Message   string
	Body      []byte // at most 64 KiB, verbatim
}

// Error describes the failure with its cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

var kindStatus = [kindCount]int{
	KindInternal: 500, KindInvalid: 400, KindAuth: 401, KindPermission: 403, KindNotFound: 404,
	KindTooLarge: 413, KindUnsupported: 415, KindContextLength: 400, KindContentFilter: 400,
	KindRateLimit: 429, KindQuota: 429, KindOverloaded: 503, KindTimeout: 504, KindConnection: 502,
	KindUpstream: 502, KindCanceled: 499,
}

// HTTPStatus returns the status to answer with.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	if e.Kind < kindCount {
		return kindStatus[e.Kind]
	}
	return 500
}

// Errorf makes an error of the kind with a client-safe message.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}
