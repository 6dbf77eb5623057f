package anthropic

import (
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// outBlock is the block that is being told. Texts and thinking open with their
// first content, so that an empty one is never told.
type outBlock struct {
	block   llm.Block // as its start told it
	opened  bool
	index   int
	content bool   // some content is out
	carry   []byte // the first bytes of a rune whose others are to come
	// signature is told whole at the end: clients replace it with each delta.
	signature []byte
	origin    llm.Origin
	signed    bool
	part      int // the summary part being told
}

func (e *eventEncoder) blockStart(ev *llm.Event) {
	e.ensureBegun()
	e.block = ev.Index
	e.out = &outBlock{block: llm.CloneBlock(ev.Block)}
	switch b := e.out.block.(type) {
	case *llm.ToolCall:
		e.startCall(b)
	case *llm.ServerToolResult:
		if !native(b.Native) {
			e.drop("server_tool")
			return
		}
		e.openRaw(b.Native.Raw)
	case *llm.Reasoning:
		if own(b.Encrypted) {
			e.openRedacted(b)
		}
	case *llm.Media:
		if b.Kind != llm.MediaAudio {
			e.drop(string(b.Kind) + "_out")
		}
	case *llm.Text, *llm.Refusal, *llm.Opaque, *llm.ToolResult:
	}
}

// open begins content_block_start; its content_block object stays open.
func (e *eventEncoder) open(kind string) {
	e.out.opened, e.out.index = true, e.next
	e.next++
	e.begin("content_block_start")
	e.w.int("index", int64(e.out.index))
	e.w.begin("content_block", '{')
	if kind != "" {
		e.w.str("type", kind)
	}
}

func (e *eventEncoder) opened() {
	e.w.close('}')
	e.flush("content_block_start")
}

func (e *eventEncoder) openRaw(raw llm.Raw) {
	e.open("")
	e.w.b = append(e.w.b[:len(e.w.b)-1], raw...)
	e.flush("content_block_start")
}

func (e *eventEncoder) openRedacted(b *llm.Reasoning) {
	e.open("redacted_thinking")
	e.w.str("data", b.Encrypted.Data)
	e.w.ext(b.Ext)
	e.opened()
}

func (e *eventEncoder) startCall(b *llm.ToolCall) {
	if b.Kind == llm.ToolServer {
		if !native(b.Native) {
			e.drop("server_tool")
			return
		}
		e.open("")
		e.serverHeader(b.Native, nil)
		e.opened()
		return
	}
	e.calls = true
	e.unsigned(b.Signature)
	e.open("tool_use")
	e.w.str("id", legalID(b.CallID))
	e.w.str("name", wireName(b.Namespace, b.Name))
	e.w.raw("input", llm.Raw("{}"))
	e.w.ext(b.Ext)
	e.opened()
}

// deltaEncoders has an entry for every llm.DeltaKind.
var deltaEncoders = [...]func(*eventEncoder, *llm.Event){
	llm.DeltaText:       (*eventEncoder).textDelta,
	llm.DeltaInput:      (*eventEncoder).inputDelta,
	llm.DeltaReasoning:  (*eventEncoder).thinkingDelta,
	llm.DeltaSummary:    (*eventEncoder).summaryDelta,
	llm.DeltaSignature:  (*eventEncoder).signatureDelta,
	llm.DeltaData:       (*eventEncoder).noDelta,
	llm.DeltaTranscript: (*eventEncoder).transcriptDelta,
	llm.DeltaCitation:   (*eventEncoder).citationDelta,
	llm.DeltaLogprobs:   (*eventEncoder).logprobsDelta,
}

func (e *eventEncoder) delta(ev *llm.Event) {
	if e.out != nil && int(ev.Delta) < len(deltaEncoders) && deltaEncoders[ev.Delta] != nil {
		deltaEncoders[ev.Delta](e, ev)
	}
}

func (e *eventEncoder) noDelta(*llm.Event) {}

// once notes a loss the first time it happens: some happen with every delta.
func (e *eventEncoder) once(action llm.LossAction, feature string) {
	for i := range e.loss.List {
		if l := &e.loss.List[i]; l.Action == action && l.Feature == feature {
			return
		}
	}
	e.loss.List = append(e.loss.List, llm.Loss{Action: action, Feature: feature, Path: e.path()})
}

func (e *eventEncoder) logprobsDelta(*llm.Event) { e.once(llm.LossDropped, "logprobs") }

func (e *eventEncoder) textDelta(ev *llm.Event) {
	switch b := e.out.block.(type) {
	case *llm.ToolCall: // free text of a custom tool, inside the one argument
		if !e.out.content {
			e.part("input_json_delta", "partial_json", `{"input":"`)
		}
		if text := e.out.whole(ev.Text); text != "" {
			quoted := wirejson.AppendText(nil, text)
			e.part("input_json_delta", "partial_json", string(quoted[1:len(quoted)-1]))
		}
	case *llm.Text, *llm.Refusal:
		if _, refused := b.(*llm.Refusal); refused {
			e.once(llm.LossApproximated, "refusal")
		}
		e.say(ev.Text)
	}
}

// say tells text in a text block, which it opens if need be.
func (e *eventEncoder) say(text string) {
	if text = e.out.whole(text); text == "" {
		return
	}
	e.openText()
	e.part("text_delta", "text", text)
}

func (e *eventEncoder) openText() {
	if e.out.opened {
		return
	}
	e.open("text")
	e.w.str("text", "")
	e.w.ext(e.out.block.Common().Ext)
	e.opened()
}

func (e *eventEncoder) transcriptDelta(ev *llm.Event) {
	if _, ok := e.out.block.(*llm.Media); ok {
		e.once(llm.LossApproximated, "audio_out")
		e.say(ev.Text)
	}
}

func (e *eventEncoder) inputDelta(ev *llm.Event) {
	if _, ok := e.out.block.(*llm.ToolCall); !ok || !e.out.opened {
		return
	}
	if text := e.out.whole(ev.Text); text != "" {
		e.part("input_json_delta", "partial_json", text)
	}
}

func (e *eventEncoder) thinkingDelta(ev *llm.Event) {
	if text := e.out.whole(ev.Text); text != "" {
		e.openThinking()
		e.part("thinking_delta", "thinking", text)
	}
}

func (e *eventEncoder) openThinking() {
	if e.out.opened {
		return
	}
	e.open("thinking")
	e.w.str("thinking", "")
	e.w.str("signature", "")
	e.w.ext(e.out.block.Common().Ext)
	e.opened()
}

// summaryDelta tells a summary as thinking, its parts a blank line apart.
func (e *eventEncoder) summaryDelta(ev *llm.Event) {
	if ev.Part != e.out.part && e.out.content && ev.Text != "" {
		e.part("thinking_delta", "thinking", summaryGap)
	}
	if ev.Text != "" {
		e.out.part = ev.Part
	}
	e.thinkingDelta(ev)
}

func (e *eventEncoder) signatureDelta(ev *llm.Event) {
	e.out.signed = true
	e.out.signature = append(e.out.signature, ev.Text...)
	if ev.Origin != (llm.Origin{}) {
		e.out.origin = ev.Origin
	}
}

func (e *eventEncoder) citationDelta(ev *llm.Event) {
	if ev.Citation == nil {
		return
	}
	if ev.Citation.Protocol != self || len(ev.Citation.Raw) == 0 {
		e.once(llm.LossDropped, "citations")
		return
	}
	e.openText()
	e.begin("content_block_delta")
	e.w.int("index", int64(e.out.index))
	e.w.begin("delta", '{')
	e.w.str("type", "citations_delta")
	e.w.raw("citation", ev.Citation.Raw)
	e.w.close('}')
	e.flush("content_block_delta")
	e.out.content = true
}

// part tells one piece of the open block.
func (e *eventEncoder) part(kind, name, text string) {
	e.out.content = true
	e.begin("content_block_delta")
	e.w.int("index", int64(e.out.index))
	e.w.begin("delta", '{')
	e.w.str("type", kind)
	e.w.str(name, text)
	e.w.close('}')
	e.flush("content_block_delta")
}

// whole returns text with what was carried over before it, and carries over a
// rune that is cut off at its end: half a rune is no JSON.
func (b *outBlock) whole(text string) string {
	if len(b.carry) > 0 {
		text = string(b.carry) + text
		b.carry = nil
	}
	if n := cutRune(text); n > 0 {
		b.carry = []byte(text[len(text)-n:])
		text = text[:len(text)-n]
	}
	return text
}

// cutRune returns how many bytes at the end of s begin a rune that s does not
// hold whole.
func cutRune(s string) int {
	for n := 1; n <= min(len(s), utf8.UTFMax-1); n++ {
		if c := s[len(s)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRuneInString(s[len(s)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
