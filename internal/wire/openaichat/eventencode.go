package openaichat

import (
	"bytes"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventEncoder renders one stream for req.
func (Codec) EventEncoder(req *llm.Request) wire.EventEncoder {
	return &eventEncoder{
		req: req, legacy: speaksLegacy(req), usageAsked: req != nil && req.IncludeUsage,
		choices: map[int]*choiceEncoder{}, blocks: map[int]*blockEncoder{},
	}
}

// eventEncoder writes one stream of chunks. Blocks may interleave: tool calls
// have an index of their own, and text is only appended to.
type eventEncoder struct {
	req        *llm.Request
	legacy     bool
	usageAsked bool
	losses     llm.Losses
	// prefix is what begins every chunk; ext stands in the first one only.
	prefix  []byte
	ext     []byte
	usage   *llm.Usage
	choices map[int]*choiceEncoder
	order   []int // choices by appearance
	blocks  map[int]*blockEncoder
	ended   bool
	// at is where the chunk being written begins.
	at int
}

// choiceEncoder is what has been said of one choice.
type choiceEncoder struct {
	index    int
	calls    int // begun
	legacy   bool
	refused  bool
	thought  bool
	runes    int64
	finished bool
}

// blockEncoder is what has been said of one open block.
type blockEncoder struct {
	choice *choiceEncoder
	kind   blockKind
	// call is the call's index on the wire.
	call   int
	custom bool
	legacy bool
	// mute: the block cannot be told; the loss is noted.
	mute bool
	said bool // content has been told
	part int  // of the summary
	from int64
	// r and m are the headers of a block that is told by its structure.
	r    *llm.Reasoning
	m    *llm.Media
	data []byte // of a picture, or what is thought so far
}

type blockKind uint8

const (
	blockOther blockKind = iota
	blockText
	blockRefusal
	blockReasoning
	blockCall
	blockImage
	blockAudio
)

// Losses returns what could not be said so far.
func (e *eventEncoder) Losses() []llm.Loss { return e.losses.List }

// encoders has one function for each type of event.
var encoders = map[llm.EventType]func(e *eventEncoder, dst []byte, ev *llm.Event) []byte{
	llm.EventStart:      (*eventEncoder).start,
	llm.EventBlockStart: (*eventEncoder).blockStart,
	llm.EventDelta:      (*eventEncoder).delta,
	llm.EventBlockStop:  (*eventEncoder).blockStop,
	llm.EventUsage:      (*eventEncoder).keepUsage,
	llm.EventFinish:     (*eventEncoder).finish,
	llm.EventFail:       (*eventEncoder).fail,
	llm.EventOpaque:     (*eventEncoder).opaque,
	llm.EventPing:       (*eventEncoder).ping,
	llm.EventEnd:        (*eventEncoder).end,
}

// Encode appends the rendering of ev.
func (e *eventEncoder) Encode(dst []byte, ev *llm.Event) []byte {
	encode, ok := encoders[ev.Type]
	if !ok || e.ended {
		return dst
	}
	return encode(e, dst, ev)
}

func (e *eventEncoder) start(dst []byte, ev *llm.Event) []byte {
	if e.prefix != nil {
		return dst
	}
	r := ev.Response
	if r == nil {
		r = &llm.Response{}
	}
	var w wirejson.Writer
	w.B = append(w.B, `data: {`...)
	w.Str("id", r.ID)
	w.Str("object", "chat.completion.chunk")
	w.Int("created", r.Created)
	w.Str("model", modelOf(r, e.req))
	w.OptStr("service_tier", r.ServiceTier)
	w.OptStr("system_fingerprint", r.SystemFingerprint)
	e.prefix = w.B
	var x wirejson.Writer
	x.B = append(x.B, '{')
	x.Ext(r.Ext, protocol)
	if len(x.B) > 1 {
		e.ext = x.B[1:]
	}
	return dst
}

// begin begins a chunk up to its choices.
func (e *eventEncoder) begin(dst []byte) []byte {
	if e.prefix == nil {
		e.start(nil, &llm.Event{})
	}
	e.at = len(dst)
	dst = append(dst, e.prefix...)
	if e.ext != nil {
		dst = append(append(dst, ','), e.ext...)
		e.ext = nil
	}
	return append(dst, `,"choices":[`...)
}

// close ends a chunk behind its choices.
func (e *eventEncoder) close(dst []byte) []byte {
	dst = append(dst, ']')
	if e.usageAsked { // the member stands in all chunks, null until the last
		dst = append(dst, `,"usage":null`...)
	}
	return e.seal(dst)
}

// seal ends a chunk. Values kept as they came may have line breaks between
// their tokens, which would end the event.
func (e *eventEncoder) seal(dst []byte) []byte {
	chunk := dst[e.at:]
	for bytes.IndexByte(chunk, '\n') >= 0 || bytes.IndexByte(chunk, '\r') >= 0 {
		i := bytes.IndexAny(chunk, "\r\n")
		chunk[i], chunk = ' ', chunk[i+1:]
	}
	return append(dst, "}\n\n"...)
}

// write appends a chunk whose delta has the members that body writes.
func (e *eventEncoder) write(dst []byte, c *choiceEncoder, body func(w *wirejson.Writer)) []byte {
	return e.writeLogprobs(dst, c, body, "")
}

func (e *eventEncoder) writeLogprobs(dst []byte, c *choiceEncoder, body func(w *wirejson.Writer), probs string) []byte {
	w := wirejson.Writer{B: e.begin(dst)}
	w.Open('{')
	w.Int("index", int64(c.index))
	w.Begin("delta", '{')
	body(&w)
	w.Close('}')
	if probs == "" {
		w.Null("logprobs")
	} else {
		w.Begin("logprobs", '{')
		w.Raw("content", llm.Raw(probs))
		w.Null("refusal")
		w.Close('}')
	}
	w.Null("finish_reason")
	w.Close('}')
	return e.close(w.B)
}

// choice returns the choice with the index and begins it, the role first, if
// it is new.
func (e *eventEncoder) choice(dst []byte, index int, calls bool) (*choiceEncoder, []byte) {
	c := e.choices[index]
	if c != nil {
		return c, dst
	}
	c = &choiceEncoder{index: index}
	e.choices[index] = c
	e.order = append(e.order, index)
	return c, e.write(dst, c, func(w *wirejson.Writer) {
		w.Str("role", "assistant")
		if calls {
			w.Null("content")
		} else {
			w.Str("content", "")
		}
		w.Null("refusal")
	})
}

func (e *eventEncoder) drop(feature string) { e.losses.Drop(feature, "stream") }

// sign reports whether s may go to the client: this protocol's own.
func (e *eventEncoder) sign(s *llm.Signature) bool {
	if s != nil && !ownSignature(s) {
		e.drop("foreign_signature")
	}
	return ownSignature(s)
}

func (e *eventEncoder) blockStart(dst []byte, ev *llm.Event) []byte {
	if e.blocks[ev.Index] != nil || ev.Block == nil {
		return dst
	}
	_, calls := ev.Block.(*llm.ToolCall)
	c, dst := e.choice(dst, ev.Choice, calls)
	b := &blockEncoder{choice: c, from: c.runes}
	e.blocks[ev.Index] = b
	switch block := ev.Block.(type) {
	case *llm.Text:
		b.kind = blockText
		return e.textStart(dst, b, block)
	case *llm.Refusal:
		b.kind, c.refused = blockRefusal, true
		return e.say(dst, b, "refusal", block.Text)
	case *llm.Reasoning:
		b.kind = blockReasoning
		return e.reasoningStart(dst, b, block)
	case *llm.ToolCall:
		b.kind = blockCall
		return e.callStart(dst, b, block)
	case *llm.Media:
		e.mediaStart(b, block)
	case *llm.ServerToolResult:
		b.mute = true
		e.drop("server_tool")
	case *llm.Opaque:
		b.mute = true
		e.drop("opaque")
	default:
		b.mute = true
	}
	return dst
}

// textStart tells what the header of a text holds; usually nothing.
func (e *eventEncoder) textStart(dst []byte, b *blockEncoder, t *llm.Text) []byte {
	e.sign(t.Signature)
	dst = e.text(dst, b, t.Text)
	for i := range t.Citations {
		dst = e.citation(dst, b, &t.Citations[i])
	}
	if len(t.Logprobs) > 0 {
		dst = e.logprobs(dst, b, string(t.Logprobs))
	}
	return dst
}

func (e *eventEncoder) text(dst []byte, b *blockEncoder, text string) []byte {
	b.choice.runes += int64(utf8.RuneCountInString(text))
	return e.say(dst, b, "content", text)
}

// say writes a piece of a text member.
func (e *eventEncoder) say(dst []byte, b *blockEncoder, member, text string) []byte {
	if text == "" {
		return dst
	}
	b.said = true
	return e.write(dst, b.choice, func(w *wirejson.Writer) { w.Str(member, text) })
}

func (e *eventEncoder) citation(dst []byte, b *blockEncoder, c *llm.Citation) []byte {
	var cites wirejson.Writer
	if !appendCitation(&cites, c, b.from, b.choice.runes) {
		e.drop("citations")
		return dst
	}
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Begin("annotations", '[')
		w.B = append(append(w.B, cites.B...), ']')
	})
}

func (e *eventEncoder) logprobs(dst []byte, b *blockEncoder, probs string) []byte {
	if wirejson.KindOf([]byte(probs)) != '[' {
		e.drop("logprobs")
		return dst
	}
	return e.writeLogprobs(dst, b.choice, func(*wirejson.Writer) {}, probs)
}

func (e *eventEncoder) mediaStart(b *blockEncoder, m *llm.Media) {
	e.sign(m.Signature)
	header, ok := llm.CloneBlock(m).(*llm.Media)
	if !ok {
		return
	}
	b.m = header
	switch m.Kind {
	case llm.MediaImage:
		b.kind = blockImage
	case llm.MediaAudio:
		b.kind = blockAudio
	default:
		b.mute = true
		e.drop(string(m.Kind) + "_out")
	}
}

// deltas has one function for each kind of delta.
var deltas = map[llm.DeltaKind]func(e *eventEncoder, dst []byte, b *blockEncoder, ev *llm.Event) []byte{
	llm.DeltaText:       (*eventEncoder).textDelta,
	llm.DeltaInput:      (*eventEncoder).inputDelta,
	llm.DeltaReasoning:  (*eventEncoder).reasoningDelta,
	llm.DeltaSummary:    (*eventEncoder).summaryDelta,
	llm.DeltaSignature:  (*eventEncoder).signatureDelta,
	llm.DeltaData:       (*eventEncoder).dataDelta,
	llm.DeltaTranscript: (*eventEncoder).transcriptDelta,
	llm.DeltaCitation: func(e *eventEncoder, dst []byte, b *blockEncoder, ev *llm.Event) []byte {
		if ev.Citation == nil {
			return dst
		}
		return e.citation(dst, b, ev.Citation)
	},
	llm.DeltaLogprobs: func(e *eventEncoder, dst []byte, b *blockEncoder, ev *llm.Event) []byte {
		return e.logprobs(dst, b, ev.Text)
	},
}

func (e *eventEncoder) delta(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	encode, ok := deltas[ev.Delta]
	if b == nil || b.mute || !ok {
		return dst
	}
	return encode(e, dst, b, ev)
}

func (e *eventEncoder) textDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	switch b.kind {
	case blockText:
		return e.text(dst, b, ev.Text)
	case blockRefusal:
		return e.say(dst, b, "refusal", ev.Text)
	case blockCall:
		return e.input(dst, b, ev.Text)
	default:
		return dst
	}
}

func (e *eventEncoder) inputDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	if b.kind != blockCall {
		return dst
	}
	return e.input(dst, b, ev.Text)
}

// dataDelta tells sound as it comes; a picture is told whole at its end.
func (e *eventEncoder) dataDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	switch b.kind {
	case blockImage:
		b.data = append(b.data, ev.Text...)
	case blockAudio:
		return e.audio(dst, b, "data", ev.Text)
	default:
	}
	return dst
}

func (e *eventEncoder) transcriptDelta(dst []byte, b *blockEncoder, ev *llm.Event) []byte {
	if b.kind != blockAudio {
		return dst
	}
	return e.audio(dst, b, "transcript", ev.Text)
}

// audio writes a piece of sound, its id with the first.
func (e *eventEncoder) audio(dst []byte, b *blockEncoder, member, text string) []byte {
	if text == "" {
		return dst
	}
	first := !b.said
	b.said = true
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Begin("audio", '{')
		if first {
			w.OptStr("id", b.m.ID)
		}
		w.Str(member, text)
		w.Close('}')
	})
}

func (e *eventEncoder) blockStop(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	if b == nil {
		return dst
	}
	delete(e.blocks, ev.Index)
	if b.mute {
		return dst
	}
	switch b.kind {
	case blockText:
		if t, ok := ev.Block.(*llm.Text); ok {
			dst = e.textStop(dst, b, t)
		}
	case blockRefusal:
		if r, ok := ev.Block.(*llm.Refusal); ok && !b.said {
			dst = e.say(dst, b, "refusal", r.Text)
		}
	case blockReasoning:
		dst = e.reasoningStop(dst, b, ev.Block)
	case blockCall:
		dst = e.callStop(dst, b, ev.Block)
	case blockImage:
		dst = e.imageStop(dst, b, ev.Block)
	case blockAudio:
		dst = e.audioStop(dst, b, ev.Block)
	case blockOther:
	}
	return dst
}

// textStop tells what only the end of a text tells.
func (e *eventEncoder) textStop(dst []byte, b *blockEncoder, t *llm.Text) []byte {
	end := *t
	if b.said {
		end.Text = ""
	}
	return e.textStart(dst, b, &end)
}

func (e *eventEncoder) imageStop(dst []byte, b *blockEncoder, last llm.Block) []byte {
	b.m.Data += string(b.data)
	if m, ok := last.(*llm.Media); ok {
		if b.m.Data == "" {
			b.m.Data = m.Data
		}
		if m.URL != "" {
			b.m.URL = m.URL
		}
		if m.MIME != "" {
			b.m.MIME = m.MIME
		}
	}
	if mediaURL(b.m) == "" {
		e.drop("image_out")
		return dst
	}
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Begin("images", '[')
		writeImage(w, b.m)
		w.Close(']')
	})
}

// audioStop tells until when the sound can be referred to.
func (e *eventEncoder) audioStop(dst []byte, b *blockEncoder, last llm.Block) []byte {
	if !b.said {
		dst = e.audio(dst, b, "data", b.m.Data)
		dst = e.audio(dst, b, "transcript", b.m.Transcript)
	}
	ext := b.m.Ext
	if m, ok := last.(*llm.Media); ok {
		ext = append(ext, m.Ext...)
	}
	if !wirejson.HasExt(ext, protocol) && b.said {
		return dst
	}
	return e.write(dst, b.choice, func(w *wirejson.Writer) {
		w.Begin("audio", '{')
		if !b.said {
			w.OptStr("id", b.m.ID)
		}
		w.Ext(ext, protocol)
		w.Close('}')
	})
}

// keepUsage keeps the last snapshot, which is told at the end.
func (e *eventEncoder) keepUsage(dst []byte, ev *llm.Event) []byte {
	if ev.Usage != nil {
		u := *ev.Usage
		e.usage = &u
	}
	return dst
}

func (e *eventEncoder) finish(dst []byte, ev *llm.Event) []byte {
	c, dst := e.choice(dst, ev.Choice, false)
	if c.finished {
		return dst
	}
	c.finished = true
	word := wordOf(ev.Finish, c.refused, c.legacy)
	if word.loss != "" {
		e.losses.Approximate(word.loss, "choices"+wirejson.At(c.index)+".finish_reason")
	}
	w := wirejson.Writer{B: e.begin(dst)}
	w.Open('{')
	w.Int("index", int64(c.index))
	w.Begin("delta", '{')
	w.Ext(ev.Ext, messageScope)
	w.Close('}')
	if own := ownMember(ev.Ext, "logprobs"); own != nil {
		w.Begin("logprobs", '{')
		w.Raw("content", own)
		w.Null("refusal")
		w.Close('}')
	} else {
		w.Null("logprobs")
	}
	w.Str("finish_reason", word.word)
	w.Ext(ev.Ext, protocol, "logprobs")
	w.Close('}')
	return e.close(w.B)
}

func (e *eventEncoder) fail(dst []byte, ev *llm.Event) []byte {
	e.ended = true
	err := ev.Err
	if err == nil {
		err = llm.Errorf(llm.KindUpstream, "stream_failed", "The stream failed without saying why.")
	}
	return append(dst, openai.EncodeStreamError(err)...)
}

func (e *eventEncoder) opaque(dst []byte, _ *llm.Event) []byte {
	e.drop("opaque_event")
	return dst
}

// ping writes a comment, which clients pass over.
func (e *eventEncoder) ping(dst []byte, _ *llm.Event) []byte { return append(dst, ": ping\n\n"...) }

func (e *eventEncoder) end(dst []byte, _ *llm.Event) []byte {
	if len(e.order) == 0 {
		_, dst = e.choice(dst, 0, false)
	}
	for _, i := range e.order {
		if !e.choices[i].finished {
			dst = e.finish(dst, &llm.Event{Choice: i, Finish: llm.FinishStop})
		}
	}
	e.ended = true
	if e.usageAsked && e.usage != nil {
		dst = e.begin(dst)
		dst = append(dst, `],"usage":`...)
		dst = e.seal(openai.AppendUsage(dst, e.usage))
	}
	return append(dst, "data: [DONE]\n\n"...)
}
