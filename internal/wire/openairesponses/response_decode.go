package openairesponses

import (
	"fmt"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeResponse reads a response object. One that failed is returned as its
// error, so that another target may be tried.
func (Codec) DecodeResponse(body []byte, _ wire.Target) (*llm.Response, error) {
	if err := wirejson.Check(body); err != nil {
		return nil, garbage(fmt.Errorf("openairesponses: decode response: %w", err))
	}
	if wirejson.KindOf(body) != '{' {
		return nil, garbage(fmt.Errorf("openairesponses: decode response: got %s, not an object", describe(body)))
	}
	o := readObject(body)
	if o.failed() {
		return nil, o.err()
	}
	resp := o.header()
	choice := llm.Choice{}
	var s seen
	for _, e := range wirejson.Elements(o.output) {
		for _, b := range decodeOutputItem(e) {
			s.note(b)
			choice.Blocks = append(choice.Blocks, b)
		}
	}
	choice.Finish, choice.FinishRaw = finishOf(o.status, o.reason, s)
	resp.Choices = []llm.Choice{choice}
	resp.Usage = o.usageWith(s)
	return resp, nil
}

// garbage is the error of an upstream that does not speak the protocol.
func garbage(cause error) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "invalid_upstream_response", "The upstream's answer could not be read.")
	e.Scope, e.Cause = llm.ScopeProvider, cause
	return e
}

// object is a response object, its members sorted once.
type object struct {
	id, model, status, reason string
	tier                      string
	created                   int64
	output, usage, failure    llm.Raw
	ext                       llm.Ext
}

func readObject(v llm.Raw) *object {
	o := &object{}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "object":
		case "id":
			o.id, _ = wirejson.Text(e)
		case "model":
			o.model, _ = wirejson.Text(e)
		case "status":
			o.status, _ = wirejson.Text(e)
		case "created_at":
			o.created = seconds(e)
		case "incomplete_details":
			o.reason = incompleteReason(e)
		case "service_tier":
			o.tier, _ = wirejson.Text(e)
		case "output":
			o.output = e
		case "usage":
			o.usage = e
		case "error":
			if !wirejson.IsNull(e) {
				o.failure = e
			}
		default:
			if !isDefaultEcho(name, e) {
				keep(&o.ext, protocol, name, e)
			}
		}
	}
	if o.status == "" {
		o.status = statusCompleted
	}
	return o
}

// seconds reads a Unix time, which some servers give with a fraction.
func seconds(v llm.Raw) int64 {
	f, ok := wirejson.Float(v)
	if !ok || f < 0 || f > 1<<53 {
		return 0
	}
	return int64(f)
}

func (o *object) header() *llm.Response {
	return &llm.Response{ID: o.id, Model: o.model, Created: o.created, ServiceTier: o.tier, Ext: o.ext}
}

func (o *object) failed() bool {
	return o.status == statusFailed || o.failure != nil && o.status != statusCancelled
}

// err is what made the response fail.
func (o *object) err() *llm.Error {
	e := readError(o.failure)
	if e.message == "" {
		e.message = "The response failed, and the upstream did not say why."
	}
	return e.canonical(0)
}

// usageWith returns the usage with the searches that the items tell.
func (o *object) usageWith(s seen) *llm.Usage {
	u := decodeUsage(o.usage)
	if s.searches > 0 {
		if u == nil {
			u = &llm.Usage{}
		}
		u.Searches = s.searches
	}
	return u
}

// decodeOutputItem reads one item of an upstream's output. An item that breaks
// the rules of its type stays native instead of failing an answer that is there.
func decodeOutputItem(raw llm.Raw) []llm.Block {
	kind, _ := wirejson.Text(wirejson.Member(raw, "type"))
	switch kind {
	case "":
		return nil // not an item
	case itemMessage:
		m, err := decodeMessage(raw, "output")
		if err == nil {
			m.id = notOwn(m.id)
			return m.assistantBlocks()
		}
		return []llm.Block{decodeNative(kind, raw)}
	}
	b, err := decodeItem(kind, raw, "output")
	if err != nil {
		return []llm.Block{decodeNative(kind, raw)}
	}
	forgetOwnID(b)
	if r, ok := b.(*llm.Reasoning); ok {
		r.Ext = without(r.Ext, "type")
	}
	return []llm.Block{b}
}

// notOwn returns the id unless we made it.
func notOwn(id string) string {
	if isOwnID(id) {
		return ""
	}
	return id
}

// without returns ext without the mark of the name.
func without(ext llm.Ext, name string) llm.Ext {
	for i := range ext {
		if ext[i].Protocol != markScope || ext[i].Name != name {
			continue
		}
		if len(ext) == 1 {
			return nil
		}
		return append(ext[:i:i], ext[i+1:]...)
	}
	return ext
}
