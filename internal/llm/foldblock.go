package llm

import "bytes"

// folding is one block being gathered. Each text grows in a buffer of its own,
// so that a long stream costs linear time.
type folding struct {
	block      Block
	text       []byte // Text, Refusal, Reasoning.Text, ToolCall.Input
	signature  []byte
	origin     Origin
	signed     bool
	data       []byte
	transcript []byte
	logprobs   []byte
	summary    [][]byte
	citations  []Citation
	closed     bool
}

func (b *folding) delta(ev *Event) error {
	switch ev.Delta {
	case DeltaText, DeltaInput, DeltaReasoning:
		b.text = append(b.text, ev.Text...)
	case DeltaSummary:
		if ev.Part < 0 || ev.Part > maxSummaryPart {
			return disorder("summary part %d of block %d is out of range", ev.Part, ev.Index)
		}
		for len(b.summary) <= ev.Part {
			b.summary = append(b.summary, nil)
		}
		b.summary[ev.Part] = append(b.summary[ev.Part], ev.Text...)
	case DeltaSignature:
		b.signature = append(b.signature, ev.Text...)
		b.signed = true
		if ev.Origin != (Origin{}) {
			b.origin = ev.Origin
		}
	case DeltaData:
		b.data = append(b.data, ev.Text...)
	case DeltaTranscript:
		b.transcript = append(b.transcript, ev.Text...)
	case DeltaCitation:
		if ev.Citation != nil {
			c := *ev.Citation
			c.Raw = bytes.Clone(c.Raw)
			b.citations = append(b.citations, c)
		}
	case DeltaLogprobs:
		return b.addLogprobs(ev.Text)
	default:
		return disorder("unknown kind of delta %d", ev.Delta)
	}
	return nil
}

// addLogprobs appends the elements of one JSON array to those gathered. A
// value that is not an array stands alone.
func (b *folding) addLogprobs(text string) error {
	more := bytes.TrimSpace([]byte(text))
	if len(b.logprobs) == 0 {
		b.logprobs = more
		return nil
	}
	if !isArray(b.logprobs) || !isArray(more) {
		return disorder("log probabilities that cannot be appended")
	}
	head := bytes.TrimSpace(b.logprobs[:len(b.logprobs)-1])
	tail := bytes.TrimSpace(more[1:])
	if len(head) > 1 && len(tail) > 1 {
		head = append(head, ',')
	}
	b.logprobs = append(head, tail...)
	return nil
}

func isArray(b []byte) bool { return len(b) >= 2 && b[0] == '[' && b[len(b)-1] == ']' }

// stop closes the block with what only its end tells. A function called
// without arguments has the empty object as its input.
func (b *folding) stop(end Block) error {
	built := b.build()
	call, _ := built.(*ToolCall)
	function := call != nil && call.Kind != ToolCustom && call.Kind != ToolServer
	if function && len(bytes.TrimSpace(call.Input)) == 0 {
		call.Input = nil // so that the end may fill it
	}
	*b = folding{block: built, closed: true}
	if end != nil && !mergeEnd(built, CloneBlock(end)) {
		return disorder("a %T ends as a %T", built, end)
	}
	if function && len(call.Input) == 0 {
		call.Input = Raw("{}")
	}
	return nil
}

// build returns the block as gathered so far. The input of a tool call that is
// still open may be cut short.
func (b *folding) build() Block {
	if b.closed {
		return b.block
	}
	built := CloneBlock(b.block)
	switch t := built.(type) {
	case *Text:
		t.Text += string(b.text)
		t.Citations = append(t.Citations, b.citations...)
		if len(b.logprobs) > 0 {
			t.Logprobs = bytes.Clone(b.logprobs)
		}
		b.sign(&t.Signature)
	case *Reasoning:
		t.Text += string(b.text)
		for i, part := range b.summary {
			if i < len(t.Summary) {
				t.Summary[i] += string(part)
			} else {
				t.Summary = append(t.Summary, string(part))
			}
		}
		b.sign(&t.Signature)
	case *Refusal:
		t.Text += string(b.text)
	case *ToolCall:
		t.Input = append(t.Input, b.text...)
		b.sign(&t.Signature)
	case *Media:
		t.Data += string(b.data)
		t.Transcript += string(b.transcript)
		b.sign(&t.Signature)
	}
	return built
}

// sign adds the gathered signature to the header's.
func (b *folding) sign(s **Signature) {
	if !b.signed {
		return
	}
	if *s == nil {
		*s = &Signature{}
	}
	(*s).Data += string(b.signature)
	if b.origin != (Origin{}) {
		(*s).Origin = b.origin
	}
}
