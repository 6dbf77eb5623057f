package relay

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/upstream"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// classify says what an error of the connection means. A cancellation that the
// client has not asked for is the connection's fault: the client is there and
// must be told something.
func (a *attempt) classify(err error) *llm.Error {
	e := upstream.Classify(a.ctx, a.provider.Slug, err)
	if e.Kind != llm.KindCanceled || a.x.ctx().Err() != nil {
		return e
	}
	e = llm.Errorf(llm.KindConnection, upstream.CodeConnection, "provider %q: the connection failed", a.provider.Slug)
	e.Scope, e.Cause = llm.ScopeModel, err
	return e
}

// statusClientClosed is nginx's word for a client that went away, which codecs
// take for all kinds of things.
const statusClientClosed = 499

// statusError reads an answer that is not a success.
func (a *attempt) statusError(resp *http.Response, body io.Reader) *llm.Error {
	text, err := io.ReadAll(io.LimitReader(body, upstream.MaxErrorBody))
	if err != nil && len(text) == 0 {
		if c := a.classify(err); c.Kind == llm.KindCanceled {
			return c
		}
	}
	text = a.provider.scrub(text)
	e := upstream.StatusError(a.provider.Slug, resp.StatusCode, resp.Header, text, a.x.relay.o.Clock())
	if e.Code == upstream.CodeAuth {
		e.Upstream.Body = nil // it may quote the credential in part
		return e
	}
	if wantsTLS(resp, text) {
		return a.plainToTLS()
	}
	if resp.StatusCode >= 400 {
		e.Status = resp.StatusCode
	}
	a.lane.refine(a, e, resp)
	if resp.StatusCode == statusClientClosed {
		e.Kind = llm.KindCanceled
	}
	return a.ours(e)
}

// ours makes what an upstream said to us into what our client is told: a
// refusal of our credential is not one of the client's, who also has not left
// when the upstream believes that its own client has.
func (a *attempt) ours(e *llm.Error) *llm.Error {
	switch {
	case e.Kind == llm.KindAuth, e.Kind == llm.KindPermission && e.Scope == llm.ScopeCredential:
		refused := upstream.StatusError(a.provider.Slug, http.StatusUnauthorized, nil, nil, time.Time{})
		if e.Upstream != nil {
			refused.Upstream.RequestID = e.Upstream.RequestID
		}
		return refused // without the upstream's words: they may quote the credential in part
	case e.Kind == llm.KindCanceled && a.x.ctx().Err() == nil:
		e.Kind, e.Scope, e.Status = llm.KindUpstream, llm.ScopeModel, 0
	}
	a.conceal(e)
	return e
}

// wantsTLS reports whether the answer is what servers say to plain HTTP on a
// port for TLS (net/http, nginx, Apache): it comes as a 400, as if the request
// were at fault.
func wantsTLS(resp *http.Response, text []byte) bool {
	if resp.StatusCode != http.StatusBadRequest || resp.TLS != nil || len(text) > 4<<10 || bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return false
	}
	low := bytes.ToLower(text)
	return bytes.Contains(low, []byte("http request")) && bytes.Contains(low, []byte("https")) ||
		bytes.Contains(low, []byte("plain http to an ssl-enabled"))
}

func (a *attempt) plainToTLS() *llm.Error {
	e := llm.Errorf(llm.KindConnection, upstream.CodeConnection,
		"provider %q: its server wants TLS on that port; is its base_url https:// and not http://?", a.provider.Slug)
	e.Scope = llm.ScopeProvider
	return e
}

// conceal takes the provider's credentials out of what an upstream said. A
// body that holds one in a spelling of its own (an escaped slash, say) is not
// kept.
func (a *attempt) conceal(e *llm.Error) {
	p := a.provider
	said := []*string{&e.Message, &e.Code, &e.Param}
	if e.Upstream != nil {
		said = append(said, &e.Upstream.Message, &e.Upstream.Code, &e.Upstream.Type)
		e.Upstream.Body = p.scrub(e.Upstream.Body)
		if p.hides(e.Upstream.Body) {
			e.Upstream.Body = nil
		}
	}
	for _, s := range said {
		*s = p.scrubText(*s)
	}
}

// garbage makes the error for a 2xx answer that is not of the protocol.
func (a *attempt) garbage(what string) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, upstream.CodeGarbage, "provider %q: %s", a.provider.Slug, a.provider.scrubText(what))
	e.Scope = llm.ScopeModel
	return e
}

// refine takes over what the upstream's body says.
func (l rawLane) refine(_ *attempt, e *llm.Error, resp *http.Response) {
	said := l.raw.DecodeError(resp.StatusCode, e.Upstream.Body)
	said.RequestID, said.Body = e.Upstream.RequestID, e.Upstream.Body
	e.Upstream = said
	if said.Message != "" {
		e.Message = said.Message
	}
	if said.Code != "" {
		e.Code = said.Code
	}
	switch said.Code {
	case "context_length_exceeded":
		e.Kind, e.Scope = llm.KindContextLength, llm.ScopeRequest
	case "insufficient_quota":
		e.Kind, e.Scope = llm.KindQuota, llm.ScopeCredential
	case "thread_not_found": // the client knows what to do, another target does not
		e.Kind, e.Scope = llm.KindNotFound, llm.ScopeRequest
	case "content_filter", "content_policy_violation":
		e.Kind, e.Scope = llm.KindContentFilter, llm.ScopeRequest
	}
}

// failure makes a real error of one that came inside a 200 answer. What it
// means for the client is the same as if it had come with a status: above all,
// a refused credential is ours, not the client's.
func (a *attempt) failure(seen *wire.Seen) *llm.Error {
	said := *seen.Err
	if e := a.refusedInside(&said); e != nil {
		return e
	}
	e := inside(a.provider.Slug, &said)
	a.conceal(e)
	return e
}

// refusedInside returns the error for an answer that says inside itself that
// our credential was refused, or nil.
func (a *attempt) refusedInside(said *llm.UpstreamError) *llm.Error {
	status := statusOf(said)
	if status == 0 {
		return nil
	}
	e := upstream.StatusError(a.provider.Slug, status, nil, nil, time.Time{})
	if e.Code != upstream.CodeAuth {
		return nil
	}
	e.Upstream = nil // it may quote the credential in part
	return e
}

// inside says what an error event means. Vendors put an HTTP status into its
// code as often as a word.
func inside(provider string, said *llm.UpstreamError) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, upstream.CodeStatus, "provider %q: it failed inside its answer", provider)
	e.Scope, e.Upstream = llm.ScopeModel, said
	if said.Message != "" {
		e.Message = said.Message
	}
	if status := statusOf(said); status != 0 {
		e.Kind, e.Scope, _ = upstream.ClassifyStatus(status, nil, time.Time{})
	}
	if said.Code != "" {
		e.Code = said.Code
	}
	return e
}

var statusByWord = map[string]int{
	"rate_limit_exceeded": 429, "rate_limit_error": 429, "insufficient_quota": 402, "overloaded_error": 529,
	"overloaded": 529, "invalid_request_error": 400, "context_length_exceeded": 400, "server_error": 500,
	"authentication_error": 401, "invalid_api_key": 401, "permission_error": 403, "not_found_error": 404, "timeout": 504,
	"RESOURCE_EXHAUSTED": 429, "INVALID_ARGUMENT": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404,
	"UNAVAILABLE": 503, "INTERNAL": 500, "DEADLINE_EXCEEDED": 504, "FAILED_PRECONDITION": 400,
}

func statusOf(said *llm.UpstreamError) int {
	for _, word := range []string{said.Code, said.Type} {
		if n := statusByWord[word]; n != 0 {
			return n
		}
		if len(word) == 3 && word >= "400" && word <= "599" {
			return int(word[0]-'0')*100 + int(word[1]-'0')*10 + int(word[2]-'0')
		}
	}
	return 0
}
