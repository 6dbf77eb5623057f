package upstream

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// MaxErrorBody is how much of an upstream's error body is kept, in bytes.
const MaxErrorBody = 64 << 10

// maxRetryAfter bounds what an upstream may ask for: a bad header must not
// put a target to sleep for a year.
const maxRetryAfter = 24 * time.Hour

type verdict struct {
	kind  llm.Kind
	scope llm.Scope
}

// statusVerdicts is the default meaning of a status, where the body does not
// say more. Codecs refine it by the body of their protocol. Beyond RFC 9110:
// 498 is Groq's "flex tier capacity exceeded", 529 Anthropic's "overloaded",
// 520 to 527 and 530 are Cloudflare's, between it and the vendor.
var statusVerdicts = map[int]verdict{
	400: {llm.KindInvalid, llm.ScopeRequest},
	401: {llm.KindAuth, llm.ScopeCredential},
	402: {llm.KindQuota, llm.ScopeCredential},
	403: {llm.KindAuth, llm.ScopeCredential},
	404: {llm.KindNotFound, llm.ScopeModel},
	405: {llm.KindUnsupported, llm.ScopeModel},
	407: {llm.KindConnection, llm.ScopeProvider},
	408: {llm.KindTimeout, llm.ScopeModel},
	409: {llm.KindOverloaded, llm.ScopeRequest},
	410: {llm.KindNotFound, llm.ScopeModel},
	413: {llm.KindTooLarge, llm.ScopeRequest},
	414: {llm.KindTooLarge, llm.ScopeRequest},
	415: {llm.KindUnsupported, llm.ScopeRequest},
	421: {llm.KindConnection, llm.ScopeProvider},
	422: {llm.KindInvalid, llm.ScopeRequest},
	424: {llm.KindUpstream, llm.ScopeModel},
	425: {llm.KindOverloaded, llm.ScopeRequest},
	426: {llm.KindUnsupported, llm.ScopeModel},
	429: {llm.KindRateLimit, llm.ScopeModel},
	431: {llm.KindTooLarge, llm.ScopeRequest},
	451: {llm.KindContentFilter, llm.ScopeRequest},
	498: {llm.KindOverloaded, llm.ScopeModel},
	499: {llm.KindUpstream, llm.ScopeModel},
	500: {llm.KindUpstream, llm.ScopeModel},
	501: {llm.KindUnsupported, llm.ScopeModel},
	502: {llm.KindUpstream, llm.ScopeProvider},
	503: {llm.KindOverloaded, llm.ScopeModel},
	504: {llm.KindTimeout, llm.ScopeModel},
	520: {llm.KindConnection, llm.ScopeProvider},
	521: {llm.KindConnection, llm.ScopeProvider},
	522: {llm.KindConnection, llm.ScopeProvider},
	523: {llm.KindConnection, llm.ScopeProvider},
	524: {llm.KindTimeout, llm.ScopeModel},
	525: {llm.KindConnection, llm.ScopeProvider},
	526: {llm.KindConnection, llm.ScopeProvider},
	527: {llm.KindConnection, llm.ScopeProvider},
	529: {llm.KindOverloaded, llm.ScopeModel},
	530: {llm.KindConnection, llm.ScopeProvider},
}

// ClassifyStatus says what an upstream's status means by default, and how long
// it asks to wait (0 when it does not say; at most 24 hours). A status that is
// no error, such as 200, is an upstream failure here: the caller found the
// answer to be wrong. A 3xx is one of the provider: redirects are not
// followed, so its base URL is not the right one.
func ClassifyStatus(status int, h http.Header, now time.Time) (llm.Kind, llm.Scope, time.Duration) {
	v, ok := statusVerdicts[status]
	switch {
	case ok:
	case status >= 300 && status < 400:
		v = verdict{llm.KindUpstream, llm.ScopeProvider}
	case status >= 400 && status < 500:
		v = verdict{llm.KindInvalid, llm.ScopeRequest}
	default:
		v = verdict{llm.KindUpstream, llm.ScopeModel}
	}
	return v.kind, v.scope, RetryAfter(h, now)
}

// StatusError makes the default error of an upstream's answer that is not a
// success, for bodies no codec understands. body is kept up to MaxErrorBody.
// A refused credential is ours, not the client's, so it is shown as 502 with
// CodeAuth and without the upstream's words.
func StatusError(provider string, status int, h http.Header, body []byte, now time.Time) *llm.Error {
	kind, scope, wait := ClassifyStatus(status, h, now)
	if len(body) > MaxErrorBody {
		body = body[:MaxErrorBody]
	}
	e := &llm.Error{
		Kind: kind, Scope: scope, RetryAfter: wait, Code: CodeStatus,
		Message: fmt.Sprintf("provider %q: it answered %s", provider, statusText(status)),
		Upstream: &llm.UpstreamError{
			Status: status, RequestID: RequestID(h), Body: append([]byte(nil), body...),
		},
	}
	switch {
	case scope == llm.ScopeCredential && kind == llm.KindAuth:
		e.Status, e.Code = http.StatusBadGateway, CodeAuth
		e.Message = fmt.Sprintf("provider %q: it refused the gateway's credential (%d)", provider, status)
	case status >= 300 && status < 400:
		e.Message = fmt.Sprintf("provider %q: it answered with a redirect (%d), which is not followed; its base URL is not the right one", provider, status)
	}
	return e
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return strconv.Itoa(status)
}

// RetryAfter returns how long the headers ask to wait: retry-after-ms in
// milliseconds, else Retry-After in seconds (fractions are taken) or as an
// HTTP date. Nonsense and the past give 0, and nothing exceeds 24 hours.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if d, ok := parseAmount(h.Get("Retry-After-Ms"), time.Millisecond); ok {
		return d
	}
	value := h.Get("Retry-After")
	if d, ok := parseAmount(value, time.Second); ok {
		return d
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0 // not a date either: as good as absent
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// parseAmount reads a count of units, clamped to [0, maxRetryAfter].
func parseAmount(s string, unit time.Duration) (time.Duration, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f != f {
		return 0, false
	}
	f = min(max(f, 0), float64(maxRetryAfter/unit))
	return time.Duration(f * float64(unit)), true
}
