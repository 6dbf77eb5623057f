package relay

import "github.com/plexus-gateway/plexus/internal/llm"

// summarises reports whether the client asked for summaries of thinking in the
// protocol that has a place of its own for them. OpenAI's models show nothing
// else, so its clients look nowhere else; what other vendors show is, by their
// own documents, a summary, too.
func (l *codecLane) summarises(a *attempt) bool {
	r := l.asked.Reasoning
	return a.x.protocol == llm.OpenAIResponses && a.protocol != llm.OpenAIResponses &&
		r != nil && r.Summary != "" && r.Summary != "omitted"
}

// asSummaries tells the thinking of a whole answer as summaries.
func asSummaries(r *llm.Response) *llm.Response {
	out := *r
	out.Choices = append([]llm.Choice(nil), r.Choices...)
	for i := range out.Choices {
		blocks := append([]llm.Block(nil), out.Choices[i].Blocks...)
		for j, b := range blocks {
			if thought, ok := b.(*llm.Reasoning); ok {
				blocks[j] = summary(thought)
			}
		}
		out.Choices[i].Blocks = blocks
	}
	return &out
}

func summary(r *llm.Reasoning) *llm.Reasoning {
	if r.Text == "" || len(r.Summary) > 0 {
		return r
	}
	out := *r
	out.Text, out.Summary = "", []string{r.Text}
	return &out
}

// summaryEvent does the same for one event of a stream.
func summaryEvent(ev *llm.Event, emit func(*llm.Event)) {
	changed := *ev
	switch {
	case ev.Type == llm.EventDelta && ev.Delta == llm.DeltaReasoning:
		changed.Delta, changed.Part = llm.DeltaSummary, 0
	case ev.Type == llm.EventBlockStart || ev.Type == llm.EventBlockStop:
		r, ok := ev.Block.(*llm.Reasoning)
		if !ok || r == nil {
			emit(ev)
			return
		}
		changed.Block = summary(r)
	default:
		emit(ev)
		return
	}
	emit(&changed)
}
