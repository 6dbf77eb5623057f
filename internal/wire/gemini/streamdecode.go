package gemini

import (
	"fmt"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventDecoder reads the chunks of streamGenerateContent, one an event.
func (Codec) EventDecoder(to wire.Target) wire.EventDecoder { return newDecoder(to) }

// DecodeResponse reads the answer of generateContent, which is a stream of one
// chunk: what holds for streams holds for it by construction.
func (Codec) DecodeResponse(body []byte, to wire.Target) (*llm.Response, error) {
	d := newDecoder(to)
	var f llm.Folder
	var failed error
	emit := func(ev *llm.Event) {
		if err := f.Add(ev); err != nil && failed == nil {
			failed = err
		}
	}
	if err := d.chunk(body, emit); err != nil {
		return nil, asUpstream(err)
	}
	d.close(emit)
	for _, c := range d.order {
		if !c.finished { // so that a choice that says nothing is not lost
			emit(&llm.Event{Type: llm.EventFinish, Choice: c.index, Ext: c.ext})
		}
	}
	emit(&llm.Event{Type: llm.EventEnd})
	if failed != nil {
		return nil, fmt.Errorf("reading a Gemini response: %w", failed)
	}
	resp, err := f.Response()
	if err != nil {
		return nil, fmt.Errorf("reading a Gemini response: %w", err)
	}
	if d.usageRaw != nil {
		resp.Ext = append(resp.Ext, member("usageMetadata", d.usageRaw))
	}
	return resp, nil
}

// decoder is the state of one stream. Blocks follow each other within a
// candidate; candidates interleave.
type decoder struct {
	origin   llm.Origin
	started  bool
	failed   bool
	blocked  bool
	id       string
	next     int // index of the next block
	choices  map[int]*choice
	order    []*choice
	usageRaw llm.Raw
	searches int64
	startExt llm.Ext
}

// choice is the state of one candidate.
type choice struct {
	index    int
	open     llm.Block // *llm.Text or *llm.Reasoning, as started; nil when none is
	at       int       // index of the open block
	signed   bool      // the open block has its signature
	text     bool      // something of it has come
	widths   widths    // of the open text
	calls    int
	called   bool
	exec     string // id of the last server call
	cites    map[citeKey]bool
	finished bool
	ext      llm.Ext
}

func newDecoder(to wire.Target) *decoder {
	return &decoder{
		origin:  llm.Origin{Protocol: llm.Gemini, Vendor: to.Vendor},
		choices: map[int]*choice{},
	}
}

// Push reads one event of the stream.
func (d *decoder) Push(f *sse.Frame, emit func(*llm.Event)) error {
	if d.failed || !f.HasData || len(f.Data) == 0 || string(f.Data) == "[DONE]" {
		return nil
	}
	if err := d.chunk(f.Data, emit); err != nil {
		return asUpstream(err)
	}
	return nil
}

// End closes what is open. A stream ends properly when every candidate has
// told its reason or the prompt was blocked.
func (d *decoder) End(emit func(*llm.Event)) {
	if d.failed {
		return
	}
	d.close(emit)
	done := d.blocked || len(d.order) > 0
	for _, c := range d.order {
		done = done && c.finished
	}
	if done {
		emit(&llm.Event{Type: llm.EventEnd})
		return
	}
	d.fail(&llm.Error{
		Kind: llm.KindUpstream, Scope: llm.ScopeModel, Code: "stream_truncated",
		Message: "the upstream's stream ended before it gave a finish reason",
	}, emit)
}

func (d *decoder) close(emit func(*llm.Event)) {
	for _, c := range d.order {
		d.stop(c, emit)
	}
}

func (d *decoder) fail(e *llm.Error, emit func(*llm.Event)) {
	d.close(emit)
	d.failed = true
	emit(&llm.Event{Type: llm.EventFail, Err: e})
}

// chunk is one GenerateContentResponse.
type chunk struct {
	candidates, feedback, usage, failure llm.Raw
	id, model, created                   string
}

var chunkFields = map[string]field[chunk]{
	"candidates":     into(array, func(c *chunk, v llm.Raw) { c.candidates = v }),
	"promptFeedback": into(object, func(c *chunk, v llm.Raw) { c.feedback = v }),
	"usageMetadata":  into(object, func(c *chunk, v llm.Raw) { c.usage = v }),
	"error":          func(c *chunk, v llm.Raw) error { c.failure = v; return nil },
	"responseId":     into(str, func(c *chunk, s string) { c.id = s }),
	"modelVersion":   into(str, func(c *chunk, s string) { c.model = s }),
	"createTime":     into(str, func(c *chunk, s string) { c.created = s }),
}

// chunk reads one chunk and emits what it tells.
func (d *decoder) chunk(body []byte, emit func(*llm.Event)) error {
	body, err := checked(body)
	if err != nil {
		return err
	}
	var c chunk
	ext, err := decodeObject(&c, body, chunkFields)
	if err != nil {
		return err
	}
	if c.failure != nil {
		s := readStatus(c.failure)
		d.fail(s.toError(&llm.UpstreamError{
			Status: s.code, Body: append([]byte(nil), body[:min(len(body), maxErrorBody)]...),
		}), emit)
		return nil
	}
	first := !d.started
	d.start(&c, ext, emit)
	if first { // some protocols tell the size of the prompt at the start of an answer
		if err := d.usage(c.usage, emit); err != nil {
			return in("usageMetadata", err)
		}
	}
	if c.candidates != nil {
		err := eachElement(c.candidates, func(v llm.Raw) error { return d.candidate(v, emit) })
		if err != nil {
			return in("candidates", err)
		}
	}
	if !first || d.searches > 0 { // which the candidates tell
		if err := d.usage(c.usage, emit); err != nil {
			return in("usageMetadata", err)
		}
	}
	d.feedback(c.feedback, emit)
	return nil
}

// start emits the start of the stream; later chunks repeat what it told.
func (d *decoder) start(c *chunk, ext llm.Ext, emit func(*llm.Event)) {
	if c.created != "" {
		ext = append(ext, member("createTime", wirejson.AppendText(nil, c.created)))
	}
	if c.feedback != nil {
		ext = append(ext, member("promptFeedback", c.feedback))
	}
	if !d.started {
		d.started, d.id = true, c.id
		r := &llm.Response{ID: c.id, Model: c.model, Ext: ext}
		if t, err := time.Parse(time.RFC3339Nano, c.created); err == nil {
			r.Created = t.Unix()
		}
		for _, m := range ext {
			d.startExt = append(d.startExt, member(m.Name, append([]byte(nil), m.Value...)))
		}
		emit(&llm.Event{Type: llm.EventStart, Response: r})
		return
	}
	for _, m := range ext {
		if old, ok := get(d.startExt, m.Name); !ok || m.Name != "createTime" && string(old) != string(m.Value) {
			emit(&llm.Event{Type: llm.EventOpaque, Native: d.opaque(m)})
		}
	}
}

// opaque is a member of the response that came after its start.
func (d *decoder) opaque(m llm.Member) *llm.Native {
	return &llm.Native{Protocol: llm.Gemini, Raw: jsonOf(func(w *writer) {
		w.open('{')
		w.raw(m.Name, m.Value)
		w.shut('}')
	})}
}

func (d *decoder) usage(raw llm.Raw, emit func(*llm.Event)) error {
	if raw == nil {
		return nil
	}
	u, err := decodeUsage(raw)
	if err != nil {
		return err
	}
	u.Searches = d.searches
	d.usageRaw = raw
	emit(&llm.Event{Type: llm.EventUsage, Usage: &u, Native: &llm.Native{Protocol: llm.Gemini, Raw: raw}})
	return nil
}

// feedback tells of a blocked prompt: the answer then has no candidate.
func (d *decoder) feedback(raw llm.Raw, emit func(*llm.Event)) {
	reason, _ := wirejson.Text(wirejson.Member(raw, "blockReason"))
	if reason == "" || reason == "BLOCKED_REASON_UNSPECIFIED" || d.blocked || len(d.order) > 0 {
		return
	}
	d.blocked = true
	message, _ := wirejson.Text(wirejson.Member(raw, "blockReasonMessage"))
	emit(&llm.Event{
		Type: llm.EventFinish, Finish: llm.FinishContentFilter,
		FinishRaw: reason, Explanation: message,
	})
}

// candidate is one candidate of a chunk.
type candidate struct {
	index                      int64
	content                    llm.Raw
	reason, message            string
	logprobs, grounding, cites llm.Raw
}

var candidateFields = map[string]field[candidate]{
	"index":             into(integer, func(c *candidate, n int64) { c.index = n }),
	"content":           into(object, func(c *candidate, v llm.Raw) { c.content = v }),
	"finishReason":      into(str, func(c *candidate, s string) { c.reason = s }),
	"finishMessage":     into(str, func(c *candidate, s string) { c.message = s }),
	"logprobsResult":    into(object, func(c *candidate, v llm.Raw) { c.logprobs = v }),
	"groundingMetadata": into(object, func(c *candidate, v llm.Raw) { c.grounding = v }),
	"citationMetadata":  into(object, func(c *candidate, v llm.Raw) { c.cites = v }),
}

// maxCandidates bounds the index of a candidate, which the upstream chooses.
const maxCandidates = 1024

func (d *decoder) candidate(raw llm.Raw, emit func(*llm.Event)) error {
	var got candidate
	ext, err := decodeObject(&got, raw, candidateFields)
	if err != nil {
		return err
	}
	if got.index < 0 || got.index > maxCandidates {
		return wrong("index", "is out of range")
	}
	c := d.choice(int(got.index))
	if got.content != nil {
		if err := d.content(c, got.content, emit); err != nil {
			return in("content", err)
		}
	}
	if c.finished {
		d.late(c, &got, ext, emit)
		return nil
	}
	d.logprobs(c, got.logprobs, emit)
	d.grounding(c, &got, emit)
	for _, m := range ext {
		c.set(m.Name, m.Value)
	}
	d.finish(c, &got, emit)
	return nil
}

// late passes on what a candidate is told after its finish, for clients of
// this protocol.
func (d *decoder) late(c *choice, got *candidate, ext llm.Ext, emit func(*llm.Event)) {
	if got.grounding != nil {
		d.searches = max(d.searches, searches(got.grounding))
		ext = append(ext, member("groundingMetadata", got.grounding))
	}
	if got.cites != nil {
		ext = append(ext, member("citationMetadata", got.cites))
	}
	if len(ext) == 0 {
		return
	}
	emit(&llm.Event{Type: llm.EventOpaque, Choice: c.index, Native: d.opaque(member("candidates", jsonOf(func(w *writer) {
		w.open('[')
		w.open('{')
		w.int("index", int64(c.index))
		w.ext(ext)
		w.shut('}')
		w.shut(']')
	})))})
}

func (d *decoder) choice(index int) *choice {
	c := d.choices[index]
	if c == nil {
		c = &choice{index: index}
		d.choices[index] = c
		d.order = append(d.order, c)
	}
	return c
}

// set keeps a member for the finish; the last one that says something wins.
func (c *choice) set(name string, v llm.Raw) {
	for i := range c.ext {
		if c.ext[i].Name == name {
			if string(v) != "{}" && string(v) != "[]" {
				c.ext[i].Value = append(llm.Raw(nil), v...)
			}
			return
		}
	}
	c.ext = append(c.ext, member(name, append([]byte(nil), v...)))
}

// finish tells why the candidate ended.
func (d *decoder) finish(c *choice, got *candidate, emit func(*llm.Event)) {
	if got.reason == "" || got.reason == "FINISH_REASON_UNSPECIFIED" {
		if got.message != "" {
			c.set("finishMessage", wirejson.AppendText(nil, got.message))
		}
		return
	}
	d.stop(c, emit)
	c.finished = true
	ev := &llm.Event{
		Type: llm.EventFinish, Choice: c.index, FinishRaw: got.reason,
		Finish: finishOf(got.reason, c.called),
	}
	if explains(ev.Finish) {
		ev.Explanation = got.message
	} else if got.message != "" {
		c.set("finishMessage", wirejson.AppendText(nil, got.message))
	}
	if _, known := finishes[got.reason]; !known {
		c.set("finishReason", wirejson.AppendText(nil, got.reason))
	}
	ev.Ext = c.ext
	emit(ev)
}
