package openaicompletions

import (
	"bytes"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EventEncoder renders one stream for req.
func (Codec) EventEncoder(req *llm.Request) wire.EventEncoder {
	e := &eventEncoder{
		req: req, usageAsked: req != nil && req.IncludeUsage,
		choices: map[int]*choiceEncoder{}, blocks: map[int]*blockEncoder{},
	}
	e.prompt, e.echo = promptOf(req)
	return e
}

// eventEncoder writes one stream of chunks: the texts of each choice, one after
// another.
type eventEncoder struct {
	req        *llm.Request
	usageAsked bool
	prompt     string
	echo       bool
	losses     llm.Losses
	prefix     []byte
	suffix     []byte
	usage      *llm.Usage
	choices    map[int]*choiceEncoder
	order      []int
	blocks     map[int]*blockEncoder
	at         int // where the chunk being written begins
	ended      bool
}

type choiceEncoder struct {
	index    int
	said     bool
	finished bool
	probs    int64 // length of the text whose probabilities are told, in runes
}

type blockEncoder struct {
	choice *choiceEncoder
	mute   bool
	said   bool
}

// Losses returns what could not be said so far.
func (e *eventEncoder) Losses() []llm.Loss { return e.losses.List }

// encoders has one function for each type of event that is told.
var encoders = map[llm.EventType]func(e *eventEncoder, dst []byte, ev *llm.Event) []byte{
	llm.EventStart:      (*eventEncoder).start,
	llm.EventBlockStart: (*eventEncoder).blockStart,
	llm.EventDelta:      (*eventEncoder).delta,
	llm.EventBlockStop:  (*eventEncoder).blockStop,
	llm.EventUsage:      (*eventEncoder).keepUsage,
	llm.EventFinish:     (*eventEncoder).finish,
	llm.EventFail:       (*eventEncoder).fail,
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
	w.Str("object", "text_completion")
	w.Int("created", r.Created)
	w.Str("model", modelOf(r, e.req))
	w.OptStr("service_tier", r.ServiceTier)
	w.OptStr("system_fingerprint", r.SystemFingerprint)
	e.prefix = w.B
	var x wirejson.Writer
	x.B = append(x.B, '{')
	x.Ext(r.Ext, protocol)
	e.suffix = x.B[1:]
	return dst
}

// write appends a chunk with one choice.
func (e *eventEncoder) write(dst []byte, c *choiceEncoder, text, probs, finish string, ext llm.Ext) []byte {
	w := wirejson.Writer{B: e.begin(dst)}
	w.Open('{')
	w.Str("text", text)
	w.Int("index", int64(c.index))
	if probs != "" {
		c.probs = fromArray(&w, llm.Raw(probs), c.probs)
	} else {
		w.Null("logprobs")
	}
	w.NullStr("finish_reason", finish)
	w.Ext(ext, protocol)
	w.B = append(w.B, "}]"...)
	if e.usageAsked {
		w.Null("usage")
	}
	return e.seal(w.B)
}

func (e *eventEncoder) begin(dst []byte) []byte {
	if e.prefix == nil {
		e.start(nil, &llm.Event{})
	}
	e.at = len(dst)
	dst = append(dst, e.prefix...)
	if len(e.suffix) > 0 { // in the first chunk only
		dst = append(append(dst, ','), e.suffix...)
		e.suffix = nil
	}
	return append(dst, `,"choices":[`...)
}

// seal ends a chunk. Values kept as they came may have line breaks between
// their tokens, which would end the event.
func (e *eventEncoder) seal(dst []byte) []byte {
	chunk := dst[e.at:]
	for i := bytes.IndexAny(chunk, "\r\n"); i >= 0; i = bytes.IndexAny(chunk, "\r\n") {
		chunk[i], chunk = ' ', chunk[i+1:]
	}
	return append(dst, "}\n\n"...)
}

func (e *eventEncoder) choice(index int) *choiceEncoder {
	c := e.choices[index]
	if c == nil {
		c = &choiceEncoder{index: index}
		e.choices[index] = c
		e.order = append(e.order, index)
	}
	return c
}

func (e *eventEncoder) blockStart(dst []byte, ev *llm.Event) []byte {
	if ev.Block == nil || e.blocks[ev.Index] != nil {
		return dst
	}
	b := &blockEncoder{choice: e.choice(ev.Choice)}
	e.blocks[ev.Index] = b
	switch block := ev.Block.(type) {
	case *llm.Text:
		noteText(block, "stream", &e.losses)
		return e.say(dst, b, block.Text)
	case *llm.Refusal:
		e.losses.Approximate("refusal", "stream")
		return e.say(dst, b, block.Text)
	default:
		b.mute = true
		e.losses.Drop(answerFeature(block), "stream")
	}
	return dst
}

// say writes a piece of text; before the first stands the prompt, if the client
// wants it and the upstream has not told it.
func (e *eventEncoder) say(dst []byte, b *blockEncoder, text string) []byte {
	if text == "" {
		return dst
	}
	b.said = true
	return e.write(dst, b.choice, e.echoed(b.choice, text), "", "", nil)
}

func (e *eventEncoder) echoed(c *choiceEncoder, text string) string {
	if !c.said && e.echo && (text == "" || !strings.HasPrefix(e.prompt, text)) && !strings.HasPrefix(text, e.prompt) {
		text = e.prompt + text
	}
	c.said = true
	return text
}

func (e *eventEncoder) delta(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	if b == nil || b.mute {
		return dst
	}
	switch ev.Delta {
	case llm.DeltaText:
		return e.say(dst, b, ev.Text)
	case llm.DeltaLogprobs:
		if wirejson.KindOf([]byte(ev.Text)) != '[' {
			e.losses.Drop("logprobs", "stream")
			return dst
		}
		return e.write(dst, b.choice, "", ev.Text, "", nil)
	case llm.DeltaCitation:
		e.losses.Drop("citations", "stream")
	case llm.DeltaSignature:
		e.losses.Drop("foreign_signature", "stream")
	default:
	}
	return dst
}

func (e *eventEncoder) blockStop(dst []byte, ev *llm.Event) []byte {
	b := e.blocks[ev.Index]
	if b == nil {
		return dst
	}
	delete(e.blocks, ev.Index)
	if t, ok := ev.Block.(*llm.Text); ok && !b.mute {
		noteText(t, "stream", &e.losses)
		if !b.said {
			return e.say(dst, b, t.Text)
		}
	}
	return dst
}

func (e *eventEncoder) keepUsage(dst []byte, ev *llm.Event) []byte {
	if ev.Usage != nil {
		u := *ev.Usage
		e.usage = &u
	}
	return dst
}

func (e *eventEncoder) finish(dst []byte, ev *llm.Event) []byte {
	c := e.choice(ev.Choice)
	if c.finished {
		return dst
	}
	c.finished = true
	word := finishWords[ev.Finish]
	if word.loss != "" {
		e.losses.Approximate(word.loss, "choices"+wirejson.At(c.index)+".finish_reason")
	}
	text := ""
	if !c.said && e.echo {
		text = e.echoed(c, "")
	}
	return e.write(dst, c, text, "", word.word, ev.Ext)
}

func (e *eventEncoder) fail(dst []byte, ev *llm.Event) []byte {
	e.ended = true
	err := ev.Err
	if err == nil {
		err = llm.Errorf(llm.KindUpstream, "stream_failed", "The stream failed without saying why.")
	}
	return append(dst, openai.EncodeStreamError(err)...)
}

// ping writes a comment, which clients pass over.
func (e *eventEncoder) ping(dst []byte, _ *llm.Event) []byte { return append(dst, ": ping\n\n"...) }

func (e *eventEncoder) end(dst []byte, _ *llm.Event) []byte {
	if len(e.order) == 0 {
		e.choice(0)
	}
	for _, i := range e.order {
		dst = e.finish(dst, &llm.Event{Choice: i, Finish: llm.FinishStop})
	}
	severalPrompts(e.req, len(e.order), &e.losses)
	e.ended = true
	if e.usageAsked && e.usage != nil {
		dst = append(e.begin(dst), `],"usage":`...)
		dst = e.seal(openai.AppendUsage(dst, e.usage))
	}
	return append(dst, "data: [DONE]\n\n"...)
}
