package relay

import (
	"errors"
	"mime"
	"strings"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/limit"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

// admit checks who asks, reads what is asked, and takes a place under the
// key's limits.
func (x *exchange) admit() *llm.Error {
	if e := x.identify(); e != nil {
		return e
	}
	if e := x.enter(); e != nil {
		return e
	}
	if e := x.contentType(); e != nil {
		return e
	}
	if e := x.readBody(); e != nil {
		return e
	}
	if err := x.doc.Index(x.body.b); err != nil {
		return badJSON(err)
	}
	for _, name := range [...]string{"model", "stream"} {
		if odd := x.doc.Miscased(name); odd != "" {
			e := llm.Errorf(llm.KindInvalid, "ambiguous_member", "the member %q is %q in another case; some servers take one for the other, so the request is refused: spell it %q", odd, name, name)
			e.Param = odd
			return e
		}
	}
	meta, err := x.op.Raw.Describe(&x.doc, x.in)
	if err != nil {
		return asError(err)
	}
	x.meta = meta
	x.rec.Alias, x.rec.Streamed = short(meta.Model), meta.Stream
	return x.resolve()
}

// enter takes a place under the key's limits, unless the gateway takes nothing now.
func (x *exchange) enter() *llm.Error {
	if e := x.relay.o.Ready(); e != nil {
		return e
	}
	k := &x.key.Key
	slot, e := x.relay.o.Limiter.Acquire(k.ID, k.Name, limit.Rule{RequestsPerMinute: k.RequestsPerMinute, MaxConcurrency: k.MaxConcurrency}, x.started)
	x.slot = slot
	return e
}

// identify finds the client's key and checks the rules that belong to it.
func (x *exchange) identify() *llm.Error {
	c, ok := authn.CredentialOf(x.req.Header, x.req.URL)
	if !ok {
		return llm.Errorf(llm.KindAuth, "missing_api_key",
			"no API key was sent: use the header \"Authorization: Bearer <key>\" (x-api-key, api-key, x-goog-api-key and ?key= work too)")
	}
	x.rec.Label = c.Label
	x.key = x.snap.Keys.Find(x.relay.o.Hasher.Digest(c.Secret))
	if x.key == nil {
		return llm.Errorf(llm.KindAuth, "invalid_api_key", "the API key is not known to this gateway")
	}
	x.rec.KeyID, x.rec.KeyName = x.key.Key.ID, x.key.Key.Name
	return x.key.Admit(x.started, x.client)
}

// contentType accepts JSON and, since many scripts send none, its absence.
func (x *exchange) contentType() *llm.Error {
	v := x.req.Header["Content-Type"]
	if len(v) == 0 || v[0] == "" || v[0] == "application/json" {
		return nil
	}
	t, _, err := mime.ParseMediaType(v[0])
	if err == nil && (t == "application/json" || strings.HasSuffix(t, "+json")) {
		return nil
	}
	e := llm.Errorf(llm.KindUnsupported, "unsupported_content_type",
		"content-type %.100q is not served here; send application/json (curl: -H 'content-type: application/json')", v[0])
	e.Param = "content-type"
	return e
}

// badJSON words an index error for the client.
func badJSON(err error) *llm.Error {
	syn, ok := errors.AsType[*jsonspan.SyntaxError](err)
	if !ok {
		return asError(err)
	}
	if syn.Duplicate != "" {
		e := llm.Errorf(llm.KindInvalid, "duplicate_member",
			"the member %.100q stands twice in one object (the second at byte %d); which one counts would depend on the reader, so the request is refused", syn.Duplicate, syn.Offset)
		e.Param = syn.Duplicate[:min(len(syn.Duplicate), 100)]
		return e
	}
	return llm.Errorf(llm.KindInvalid, "invalid_json", "%s", syn.Error())
}

// asError makes sure an error is one the edge can render.
func asError(err error) *llm.Error {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e
	}
	e := llm.Errorf(llm.KindInternal, "internal_error", "the gateway failed on this request")
	e.Cause = err
	return e
}
