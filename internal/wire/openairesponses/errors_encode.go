package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// dialect is how the API names a kind of error.
type dialect struct {
	kind string // the error's type
	code string
	// fixed: clients act on this code (Codex on all of them), so it stands
	// whatever code the error has elsewhere.
	fixed bool
}

// dialects has the words for every kind. Type and code are those OpenAI answers
// with (platform.openai.com/docs/guides/error-codes).
var dialects = map[llm.Kind]dialect{
	llm.KindInternal:      {kind: "server_error", code: "server_error"},
	llm.KindInvalid:       {kind: "invalid_request_error", code: "invalid_request"},
	llm.KindAuth:          {kind: "invalid_request_error", code: "invalid_api_key"},
	llm.KindPermission:    {kind: "permission_error", code: "permission_denied"},
	llm.KindNotFound:      {kind: "invalid_request_error", code: "model_not_found"},
	llm.KindTooLarge:      {kind: "invalid_request_error", code: "request_too_large"},
	llm.KindUnsupported:   {kind: "invalid_request_error", code: "unsupported_parameter"},
	llm.KindContextLength: {kind: "invalid_request_error", code: "context_length_exceeded", fixed: true},
	llm.KindContentFilter: {kind: "invalid_request_error", code: "invalid_prompt", fixed: true},
	llm.KindRateLimit:     {kind: "rate_limit_error", code: "rate_limit_exceeded", fixed: true},
	llm.KindQuota:         {kind: "insufficient_quota", code: "insufficient_quota", fixed: true},
	llm.KindOverloaded:    {kind: "server_error", code: "server_is_overloaded", fixed: true},
	llm.KindTimeout:       {kind: "server_error", code: "timeout"},
	llm.KindConnection:    {kind: "server_error", code: "upstream_unreachable"},
	llm.KindUpstream:      {kind: "server_error", code: "server_error"},
	llm.KindCanceled:      {kind: "server_error", code: "request_cancelled"},
}

func dialectOf(e *llm.Error) (kind, code string) {
	d, ok := dialects[e.Kind]
	if !ok {
		d = dialects[llm.KindInternal]
	}
	if e.Code != "" && !d.fixed {
		return d.kind, e.Code
	}
	return d.kind, d.code
}

// EncodeError returns the error body: {"error":{message,type,param,code}}.
func (Codec) EncodeError(e *llm.Error) []byte {
	b := appendErrorObject([]byte(`{"error":`), e)
	return append(b, '}')
}

func appendErrorObject(b []byte, e *llm.Error) []byte {
	kind, code := dialectOf(e)
	b = appendMember(append(b, '{'), "message", e.Message)
	b = appendMember(b, "type", kind)
	b = appendNullable(b, "param", e.Param)
	return append(appendMember(b, "code", code), '}')
}

func appendNullable(b []byte, name, text string) []byte {
	if text == "" {
		return append(wirejson.AppendName(b, name), "null"...)
	}
	return appendMember(b, name, text)
}

// EncodeStreamError returns the events that end a stream whose state is not
// known (a raw lane): error and response.failed, as OpenAI sends them. Their
// sequence numbers start again from 0.
func (c Codec) EncodeStreamError(e *llm.Error) []byte {
	enc := newEventEncoder(nil)
	return enc.Encode(nil, &llm.Event{Type: llm.EventFail, Err: e})
}
