package openaichat

import (
	"bytes"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// laneKind says what is said in a choice's lane at the moment.
type laneKind uint8

const (
	laneNone laneKind = iota
	laneText
	laneRefusal
	laneReasoning
	laneDetail   // an element of reasoning_details
	laneThinking // one of LiteLLM's thinking_blocks
	laneAudio
)

// lane is the text-like block that is open.
type lane struct {
	kind  laneKind
	key   string // tells elements of reasoning_details from each other
	index int    // of the block
	text  wirejson.Carry
	plain []byte // what was said of plain thinking
	// What only the end of the block tells.
	id       string
	ext      llm.Ext
	logprobs wirejson.Writer
}

// choiceDecoder reads one choice of a stream.
type choiceDecoder struct {
	d         *eventDecoder
	index     int
	lane      lane
	calls     []*callDecoder
	mused     bool // it has thought aloud
	had       ending
	spoke     bool
	finished  bool
	finishRaw string
	stop      string
	ext       llm.Ext
	// probs are probabilities of no text.
	probs wirejson.Writer
}

// deltaSteps reads the members of a delta, in the order in which their blocks
// come, whatever the order on the wire.
var deltaSteps = [...]struct {
	name string
	read func(c *choiceDecoder, v llm.Raw)
}{
	{"reasoning_content", (*choiceDecoder).thought},
	{"reasoning", (*choiceDecoder).thought},
	{"reasoning_details", (*choiceDecoder).details},
	{"thinking_blocks", (*choiceDecoder).thinkingBlocks},
	{"content", (*choiceDecoder).content},
	{"refusal", (*choiceDecoder).refusal},
	{"annotations", (*choiceDecoder).annotations},
	{"images", (*choiceDecoder).images},
	{"audio", (*choiceDecoder).audio},
	{"tool_calls", (*choiceDecoder).toolCalls},
	{"function_call", (*choiceDecoder).functionCall},
}

// Places in deltaSteps.
const (
	stepReasoningContent = iota
	stepReasoning
	stepDetails
	stepThinkingBlocks
)

// stepOf finds the step of each member.
var stepOf = func() map[string]int {
	m := make(map[string]int, len(deltaSteps))
	for i := range deltaSteps {
		m[deltaSteps[i].name] = i
	}
	return m
}()

func (c *choiceDecoder) delta(v llm.Raw) {
	var said [len(deltaSteps)]llm.Raw
	for name, e := range wirejson.Members(v) {
		if wirejson.IsNull(e) {
			continue
		}
		if i, ok := stepOf[string(name)]; ok {
			said[i] = e
		} else if string(name) != "role" {
			c.ext = setExt(c.ext, llm.Member{Protocol: messageScope, Name: string(name), Value: bytes.Clone(e)})
		}
	}
	// Vendors that say a thought in several members say the same in each.
	if told(said[stepDetails], "text", "summary") || told(said[stepThinkingBlocks], "thinking") {
		said[stepReasoningContent], said[stepReasoning] = nil, nil
	} else if text, _ := wirejson.Text(said[stepReasoningContent]); text != "" {
		said[stepReasoning] = nil
	}
	for i := range said {
		if said[i] != nil {
			deltaSteps[i].read(c, said[i])
		}
	}
}

// told reports whether an element of the array has a text in one of the members.
func told(v llm.Raw, names ...string) bool {
	for _, e := range wirejson.Elements(v) {
		for _, name := range names {
			if s, _ := wirejson.Text(wirejson.Member(e, name)); s != "" {
				return true
			}
		}
	}
	return false
}

// member reads what a choice tells beside its delta; the last word counts.
func (c *choiceDecoder) member(name []byte, v llm.Raw) {
	n := len(c.ext)
	readChoiceMember(&c.ext, &c.stop, name, v)
	if len(c.ext) > n {
		m := c.ext[n]
		m.Value = bytes.Clone(m.Value)
		c.ext = setExt(c.ext[:n], m)
	}
}

// open makes the lane say blocks of the kind, beginning with header if it does
// not yet.
func (c *choiceDecoder) open(kind laneKind, key string, header func() llm.Block) {
	if c.lane.kind == kind && c.lane.key == key {
		return
	}
	c.closeLane()
	block := header()
	c.spoke = true
	c.had.note(block)
	c.lane = lane{kind: kind, key: key, index: c.d.next}
	c.d.next++
	c.d.send(llm.Event{Type: llm.EventBlockStart, Choice: c.index, Index: c.lane.index, Block: block})
}

// say emits a piece of the lane's block.
func (c *choiceDecoder) say(kind llm.DeltaKind, text string) {
	if text != "" {
		c.d.send(llm.Event{Type: llm.EventDelta, Choice: c.index, Index: c.lane.index, Delta: kind, Text: text})
	}
}

// laneDelta is the kind of delta in which each lane says its text.
var laneDelta = map[laneKind]llm.DeltaKind{
	laneText: llm.DeltaText, laneRefusal: llm.DeltaText, laneReasoning: llm.DeltaReasoning,
	laneDetail: llm.DeltaReasoning, laneThinking: llm.DeltaReasoning, laneAudio: llm.DeltaTranscript,
}

func (c *choiceDecoder) closeLane() {
	l := &c.lane
	if l.kind == laneNone {
		return
	}
	if rest := l.text.Rest(); rest != "" {
		kind := laneDelta[l.kind]
		if l.kind == laneDetail && l.summary() {
			kind = llm.DeltaSummary
		}
		c.say(kind, rest)
	}
	var last llm.Block
	attrs := llm.Attrs{ID: l.id, Ext: l.ext}
	switch {
	case l.kind == laneRefusal && len(l.logprobs.B) > 0:
		last = &llm.Refusal{Attrs: llm.Attrs{Ext: llm.Ext{{
			Protocol: protocol, Name: "logprobs", Value: append(append([]byte{'['}, l.logprobs.B...), ']'),
		}}}}
	case l.id == "" && len(l.ext) == 0:
	case l.kind == laneAudio:
		last = &llm.Media{Attrs: attrs, Kind: llm.MediaAudio}
	case l.kind == laneDetail, l.kind == laneThinking:
		last = &llm.Reasoning{Attrs: attrs}
	}
	c.d.send(llm.Event{Type: llm.EventBlockStop, Choice: c.index, Index: l.index, Block: last})
	*l = lane{}
}

func (c *choiceDecoder) thought(v llm.Raw) {
	if s, ok := wirejson.Text(v); !ok || s == "" {
		return
	}
	again := c.mused && c.lane.kind != laneReasoning
	c.open(laneReasoning, "", func() llm.Block { return &llm.Reasoning{} })
	text := c.lane.text.Next(v)
	if again { // the gap is between the two, and of neither
		text = strings.TrimPrefix(text, summaryGap)
	}
	c.mused = true
	c.lane.plain = append(c.lane.plain, text...)
	c.say(llm.DeltaReasoning, text)
}

func (c *choiceDecoder) content(v llm.Raw) {
	if wirejson.KindOf(v) == '[' { // Mistral
		for _, e := range wirejson.Elements(v) {
			c.part(e)
		}
		return
	}
	c.text(v)
}

func (c *choiceDecoder) text(v llm.Raw) {
	if s, ok := wirejson.Text(v); !ok || s == "" {
		return
	}
	c.open(laneText, "", func() llm.Block { return &llm.Text{} })
	c.say(llm.DeltaText, c.lane.text.Next(v))
}

// part reads one part where content comes in parts.
func (c *choiceDecoder) part(v llm.Raw) {
	kind, _ := wirejson.Text(wirejson.Member(v, "type"))
	switch kind {
	case "text":
		c.text(wirejson.Member(v, "text"))
	case "thinking":
		for _, e := range wirejson.Elements(wirejson.Member(v, "thinking")) {
			c.thought(wirejson.Member(e, "text"))
		}
	case "":
	default:
		c.whole(&llm.Opaque{Type: kind, Native: llm.Native{Protocol: protocol, Raw: bytes.Clone(v)}})
	}
}

// whole tells a block that comes in one piece.
func (c *choiceDecoder) whole(b llm.Block) {
	c.closeLane()
	c.spoke = true
	c.had.note(b)
	index := c.d.next
	c.d.next++
	var data string
	if m, ok := b.(*llm.Media); ok {
		data, m.Data = m.Data, ""
	}
	c.d.send(llm.Event{Type: llm.EventBlockStart, Choice: c.index, Index: index, Block: b})
	if data != "" {
		c.d.send(llm.Event{Type: llm.EventDelta, Choice: c.index, Index: index, Delta: llm.DeltaData, Text: data})
	}
	c.d.send(llm.Event{Type: llm.EventBlockStop, Choice: c.index, Index: index})
}

func (c *choiceDecoder) refusal(v llm.Raw) {
	if s, ok := wirejson.Text(v); !ok || s == "" {
		return
	}
	c.open(laneRefusal, "", func() llm.Block { return &llm.Refusal{} })
	c.say(llm.DeltaText, c.lane.text.Next(v))
}

// annotations cite for the text that is being said.
func (c *choiceDecoder) annotations(v llm.Raw) {
	for _, cite := range readAnnotations(v) {
		c.open(laneText, "", func() llm.Block { return &llm.Text{} })
		c.d.send(llm.Event{
			Type: llm.EventDelta, Choice: c.index, Index: c.lane.index, Delta: llm.DeltaCitation, Citation: &cite,
		})
	}
}

func (c *choiceDecoder) images(v llm.Raw) {
	for _, e := range wirejson.Elements(v) {
		b, err := readPart(bytes.Clone(e))
		if err != nil {
			continue // a picture without a picture
		}
		c.whole(b)
	}
}

func (c *choiceDecoder) audio(v llm.Raw) {
	if !saysAudio(v) && c.lane.kind != laneAudio {
		return
	}
	m := readSpokenAudio(v, false)
	c.open(laneAudio, "", func() llm.Block {
		return &llm.Media{Kind: llm.MediaAudio, Attrs: llm.Attrs{ID: m.ID}}
	})
	c.say(llm.DeltaData, m.Data)
	if t := wirejson.Member(v, "transcript"); t != nil {
		c.say(llm.DeltaTranscript, c.lane.text.Next(t))
	}
	for _, x := range m.Ext {
		if !wirejson.IsNull(x.Value) {
			x.Value = bytes.Clone(x.Value)
			c.lane.ext = setExt(c.lane.ext, x)
		}
	}
}

// logprobs takes the probabilities of what the chunk said.
func (c *choiceDecoder) logprobs(v llm.Raw) {
	if content := nonEmpty(wirejson.Member(v, "content")); content != nil {
		if c.lane.kind == laneText {
			c.say(llm.DeltaLogprobs, string(content))
		} else {
			for _, p := range wirejson.Elements(content) {
				c.probs.Elem(p)
			}
		}
	}
	if c.lane.kind == laneRefusal {
		for _, p := range wirejson.Elements(wirejson.Member(v, "refusal")) {
			c.lane.logprobs.Elem(p)
		}
	}
}

// finish tells why the choice stopped.
func (c *choiceDecoder) finish() {
	if len(c.probs.B) > 0 {
		keep(&c.ext, protocol, []byte("logprobs"), append(append([]byte{'['}, c.probs.B...), ']'))
	}
	f := finishOf(c.finishRaw, c.had)
	if c.stop != "" && f == llm.FinishStop {
		f = llm.FinishStopSequence
	}
	c.d.send(llm.Event{
		Type: llm.EventFinish, Choice: c.index, Finish: f, FinishRaw: c.finishRaw, StopSequence: c.stop, Ext: c.ext,
	})
}
