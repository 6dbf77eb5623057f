package anthropic

import (
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// maxErrorBody bounds what is kept of an upstream's error, in bytes.
const maxErrorBody = 64 << 10

// verdict is what an error means for retry, failover and cooldown.
type verdict struct {
	kind  llm.Kind
	scope llm.Scope
	code  string
}

// verdicts maps every error type of the API reference.
var verdicts = map[string]verdict{
	"invalid_request_error": {llm.KindInvalid, llm.ScopeRequest, "invalid_request"},
	"authentication_error":  {llm.KindAuth, llm.ScopeCredential, "authentication_failed"},
	"permission_error":      {llm.KindPermission, llm.ScopeCredential, "permission_denied"},
	"billing_error":         {llm.KindQuota, llm.ScopeCredential, "insufficient_quota"},
	"not_found_error":       {llm.KindNotFound, llm.ScopeModel, "not_found"},
	"request_too_large":     {llm.KindTooLarge, llm.ScopeRequest, "request_too_large"},
	"rate_limit_error":      {llm.KindRateLimit, llm.ScopeCredential, "rate_limited"},
	"timeout_error":         {llm.KindTimeout, llm.ScopeModel, "upstream_timeout"},
	"api_error":             {llm.KindUpstream, llm.ScopeProvider, "upstream_error"},
	"overloaded_error":      {llm.KindOverloaded, llm.ScopeModel, "overloaded"},
}

// phrases refines a verdict by what the message says; the API has one type for
// many things. The first that occurs decides.
var phrases = []struct {
	types  string // error types it applies to, comma separated
	phrase string
	verdict
}{
	{"invalid_request_error", tooLong, verdict{llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"}},
	{"invalid_request_error", "exceed context limit", verdict{llm.KindContextLength, llm.ScopeRequest, "context_length_exceeded"}},
	{"invalid_request_error", "content filtering policy", verdict{llm.KindContentFilter, llm.ScopeRequest, "content_filter"}},
	{"invalid_request_error,permission_error", "credit balance is too low", verdict{llm.KindQuota, llm.ScopeCredential, "insufficient_quota"}},
	{"invalid_request_error,rate_limit_error", "usage limits", verdict{llm.KindQuota, llm.ScopeCredential, "insufficient_quota"}},
	{"invalid_request_error", "organization has been disabled", verdict{llm.KindPermission, llm.ScopeCredential, "organization_disabled"}},
	{"not_found_error", "model:", verdict{llm.KindNotFound, llm.ScopeModel, "model_not_found"}},
}

// byStatus is the verdict where the body does not speak the protocol.
var byStatus = map[int]string{
	400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
	404: "not_found_error", 413: "request_too_large", 422: "invalid_request_error", 429: "rate_limit_error",
	408: "timeout_error", 503: "overloaded_error", 504: "timeout_error", 529: "overloaded_error",
}

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	up := upstreamError(status, body)
	if up.RequestID == "" {
		up.RequestID = header.Get("Request-Id")
	}
	return judge(up)
}

// upstreamError reads what an upstream says in an answer that is not 2xx, or,
// with status 0, inside one that is. It keeps a copy of body.
func upstreamError(status int, body []byte) *llm.UpstreamError {
	up := &llm.UpstreamError{Status: status, Body: append([]byte(nil), body[:min(len(body), maxErrorBody)]...)}
	if wirejson.Check(body) == nil {
		readError(up, body)
	}
	return up
}

// saysError reports whether what came with 200 is an error in truth: its type
// says so, or it has no type and an error that is not empty.
func saysError(kind string, err llm.Raw) bool {
	if kind != "" {
		return kind == "error"
	}
	switch wirejson.KindOf(err) {
	case '{':
		return !emptyObject(err)
	case '"':
		s, _ := wirejson.Text(err)
		return s != ""
	}
	return false
}

// readError takes type, message and request id from an error object. Compatible
// upstreams put a bare string or OpenAI's object there; both are read too.
func readError(up *llm.UpstreamError, body []byte) {
	if id, ok := wirejson.Text(wirejson.Member(body, "request_id")); ok && id != "" {
		up.RequestID = id
	}
	v := wirejson.Member(body, "error")
	if s, ok := wirejson.Text(v); ok {
		up.Message = s
		return
	}
	if v == nil {
		v = body
	}
	for name, m := range wirejson.Members(v) {
		s, _ := wirejson.Text(m)
		switch string(name) {
		case "type":
			up.Type = s
		case "code":
			up.Code = s
		case "message":
			up.Message = s
		case "details":
			if code, _ := wirejson.Text(wirejson.Member(m, "error_code")); code != "" {
				up.Code = code
			}
		}
	}
}

// judge makes the canonical error of what the upstream said.
func judge(up *llm.UpstreamError) *llm.Error {
	kind := up.Type
	if _, known := verdicts[kind]; !known {
		if kind = byStatus[up.Status]; kind == "" {
			kind = "api_error"
			if up.Status >= 400 && up.Status < 500 {
				kind = "invalid_request_error"
			}
		}
	}
	v := verdicts[kind]
	lower := strings.ToLower(up.Message)
	for i := range phrases {
		p := &phrases[i]
		if strings.Contains(p.types, kind) && strings.Contains(lower, p.phrase) {
			v = p.verdict
			break
		}
	}
	if kind == "not_found_error" && up.Code == threadNotFound { // no fault of the model's
		v.scope, v.code = llm.ScopeRequest, threadNotFound
	}
	e := &llm.Error{Kind: v.kind, Scope: v.scope, Code: v.code, Message: up.Message, Upstream: up}
	if e.Message == "" {
		e.Message = "the upstream answered with an error that says nothing"
	}
	e.Message = strings.ToValidUTF8(e.Message, string(utf8.RuneError))
	if e.Kind == llm.KindInvalid {
		e.Param = paramOf(up.Message)
	}
	if e.Scope == llm.ScopeRequest && up.Status >= 400 && up.Status < 500 {
		e.Status = up.Status
	}
	return e
}

// fieldPath is how the API names the field at fault: "messages.0.content: …".
var fieldPath = regexp.MustCompile(`^([a-z_]+(?:\.[A-Za-z0-9_]+)*): `)

// paramOf returns that field in the notation of llm.Error.Param:
// messages.0.content becomes messages[0].content.
func paramOf(message string) string {
	m := fieldPath.FindStringSubmatch(message)
	if m == nil {
		return ""
	}
	var path strings.Builder
	for i, part := range strings.Split(m[1], ".") {
		switch {
		case part[0] >= '0' && part[0] <= '9':
			path.WriteString("[" + part + "]")
		case i > 0:
			path.WriteString("." + part)
		default:
			path.WriteString(part)
		}
	}
	return path.String()
}
