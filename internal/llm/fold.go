package llm

import (
	"cmp"
	"iter"
	"slices"
)

// maxSummaryPart bounds the index of a summary part, which upstreams choose.
const maxSummaryPart = 4096

// Fold gathers the events of one stream into the response they tell. After an
// EventFail it returns that error together with what had arrived. A stream
// without a terminal event gives KindUpstream, one that breaks the grammar of
// EventType KindInternal (a defect of its decoder), both with the partial
// response.
func Fold(events iter.Seq[*Event]) (*Response, error) {
	var f Folder
	for ev := range events {
		if err := f.Add(ev); err != nil {
			break
		}
	}
	return f.Response()
}

// Folder is Fold for events that are pushed. Its zero value is ready. It keeps
// no memory of the events it was given.
type Folder struct {
	resp    Response
	started bool
	ended   bool
	err     error
	blocks  map[int]*folding // by event index
	choices map[int]*choiceFolding
}

type choiceFolding struct {
	Choice
	blocks []*folding // in order of appearance
}

// Add takes one event. Its error is that of the stream (EventFail) or of its
// grammar; it stays and no further event is taken.
func (f *Folder) Add(ev *Event) error {
	if f.err != nil {
		return f.err
	}
	f.err = f.add(ev)
	return f.err
}

func (f *Folder) add(ev *Event) error {
	if f.ended {
		return disorder("event after the end of the stream")
	}
	switch ev.Type {
	case EventStart:
		return f.start(ev)
	case EventBlockStart:
		return f.blockStart(ev)
	case EventDelta, EventBlockStop:
		b := f.blocks[ev.Index]
		if b == nil || b.closed {
			return disorder("event for block %d, which is not open", ev.Index)
		}
		if ev.Type == EventDelta {
			return b.delta(ev)
		}
		return b.stop(ev.Block)
	case EventUsage:
		if ev.Usage != nil {
			usage := *ev.Usage
			f.resp.Usage = &usage
		}
	case EventFinish:
		c := f.choice(ev.Choice)
		c.Finish, c.FinishRaw = ev.Finish, ev.FinishRaw
		c.StopSequence, c.Explanation = ev.StopSequence, ev.Explanation
		c.Ext = cloneExt(ev.Ext)
	case EventFail:
		f.ended = true
		if ev.Err == nil {
			return Errorf(KindUpstream, "stream_failed", "the stream failed without saying why")
		}
		return ev.Err
	case EventEnd:
		f.ended = true
	case EventOpaque, EventPing:
	}
	return nil
}

// Response returns what has been told so far and the stream's error, if any.
func (f *Folder) Response() (*Response, error) {
	r := f.resp
	for _, c := range f.choices {
		choice := c.Choice
		for _, b := range c.blocks {
			choice.Blocks = append(choice.Blocks, b.build())
		}
		r.Choices = append(r.Choices, choice)
	}
	slices.SortFunc(r.Choices, func(a, b Choice) int { return cmp.Compare(a.Index, b.Index) })
	if f.err == nil && !f.ended {
		return &r, Errorf(KindUpstream, "stream_truncated", "the stream ended before its terminal event")
	}
	return &r, f.err
}

func (f *Folder) start(ev *Event) error {
	if f.started {
		return disorder("a second start of the stream")
	}
	f.started = true
	if ev.Response != nil {
		f.resp = *ev.Response
		f.resp.Choices, f.resp.Usage = nil, nil
		f.resp.Ext = cloneExt(ev.Response.Ext)
	}
	return nil
}

func (f *Folder) blockStart(ev *Event) error {
	if ev.Block == nil {
		return disorder("block %d starts without a header", ev.Index)
	}
	if f.blocks[ev.Index] != nil {
		return disorder("block %d starts twice", ev.Index)
	}
	if f.blocks == nil {
		f.blocks = map[int]*folding{}
	}
	b := &folding{block: CloneBlock(ev.Block)}
	f.blocks[ev.Index] = b
	c := f.choice(ev.Choice)
	c.blocks = append(c.blocks, b)
	return nil
}

func (f *Folder) choice(index int) *choiceFolding {
	c := f.choices[index]
	if c == nil {
		if f.choices == nil {
			f.choices = map[int]*choiceFolding{}
		}
		c = &choiceFolding{Choice: Choice{Index: index}}
		f.choices[index] = c
	}
	return c
}

func disorder(format string, args ...any) *Error {
	return Errorf(KindInternal, "stream_order", format, args...)
}
