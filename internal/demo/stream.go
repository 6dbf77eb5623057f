package demo

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// chunksBeforeFault is how many chunks the models that fail in mid-stream send.
const chunksBeforeFault = 3

type chunk struct {
	ID      string         `json:"id"`
	Object  string         `json:"object"`
	Created int64          `json:"created"`
	Model   string         `json:"model"`
	Choices []chunkChoice  `json:"choices"`
	Usage   jsontext.Value `json:"usage,omitzero"`
}

type chunkChoice struct {
	Index        int     `json:"index"`
	Delta        delta   `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

type delta struct {
	Role      string          `json:"role,omitempty"`
	Content   *string         `json:"content,omitzero"`
	ToolCalls []toolCallDelta `json:"tool_calls,omitempty"`
}

type toolCallDelta struct {
	Index    int           `json:"index"`
	ID       string        `json:"id,omitempty"`
	Type     string        `json:"type,omitempty"`
	Function functionDelta `json:"function"`
}

type functionDelta struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

// streamer sends the chunks of one answer.
type streamer struct {
	w     http.ResponseWriter
	gone  <-chan struct{} // closed when the client goes away
	pause func() bool     // one word's; false when the client went away
	fault behaviour
	base  chunk
	sent  int
}

func (s *server) stream(w http.ResponseWriter, r *http.Request, q *chatRequest, b behaviour, id string) {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	ctx := r.Context()
	st := &streamer{
		w: w, gone: ctx.Done(), fault: b,
		pause: func() bool { return s.pause(ctx, b, 1) },
		base:  chunk{ID: id, Object: "chat.completion.chunk", Created: s.opts.Now().Unix(), Model: q.Model},
	}
	if q.StreamOptions.IncludeUsage {
		st.base.Usage = jsontext.Value("null")
	}
	answers := q.answers()
	for i, a := range answers {
		if !st.answer(i, a) {
			return
		}
	}
	if q.StreamOptions.IncludeUsage && !st.usage(q.usage(answers)) {
		return
	}
	st.write([]byte("[DONE]"))
}

// answer sends one choice. It reports false when the stream is over.
func (st *streamer) answer(index int, a answer) bool {
	opening := delta{Role: "assistant"}
	if a.calls == nil {
		opening.Content = new(string)
	}
	if !st.choice(chunkChoice{Index: index, Delta: opening}) {
		return false
	}
	for _, p := range a.pieces {
		if !st.choice(chunkChoice{Index: index, Delta: delta{Content: &p}}) {
			return false
		}
	}
	for i, c := range a.calls {
		if !st.call(index, i, c) {
			return false
		}
	}
	return st.choice(chunkChoice{Index: index, FinishReason: &a.finish})
}

// call sends one tool call: its header, then its arguments in pieces.
func (st *streamer) call(index, i int, c toolCall) bool {
	first := toolCallDelta{Index: i, ID: c.ID, Type: c.Type, Function: functionDelta{Name: c.Function.Name}}
	if !st.choice(chunkChoice{Index: index, Delta: delta{ToolCalls: []toolCallDelta{first}}}) {
		return false
	}
	for _, p := range split(c.Function.Arguments) {
		part := toolCallDelta{Index: i, Function: functionDelta{Arguments: p}}
		if !st.choice(chunkChoice{Index: index, Delta: delta{ToolCalls: []toolCallDelta{part}}}) {
			return false
		}
	}
	return true
}

// choice sends one chunk after the word's pause, or does what the model's name
// asks for instead.
func (st *streamer) choice(c chunkChoice) bool {
	if st.sent == chunksBeforeFault {
		switch {
		case st.fault.stallStream:
			<-st.gone
			panic(http.ErrAbortHandler) // the stream never came to an end
		case st.fault.errorInStream:
			st.json(failureFor(http.StatusInternalServerError).body())
			return false
		}
	}
	if !st.pause() {
		return false
	}
	st.sent++
	out := st.base
	out.Choices = []chunkChoice{c}
	return st.json(out)
}

func (st *streamer) usage(u usage) bool {
	b, err := json.Marshal(u)
	if err != nil {
		return false // it holds nothing but integers
	}
	out := st.base
	out.Choices, out.Usage = []chunkChoice{}, b
	return st.json(out)
}

func (st *streamer) json(v any) bool {
	b, err := json.Marshal(v)
	return err == nil && st.write(b)
}

// write sends one event in one write, and reports false when the client has
// gone.
func (st *streamer) write(data []byte) bool {
	event := append(append([]byte("data: "), data...), "\n\n"...)
	if _, err := st.w.Write(event); err != nil {
		return false
	}
	return http.NewResponseController(st.w).Flush() == nil
}

// pause waits as long as the model takes for that many words; false means the
// client went away.
func (s *server) pause(ctx context.Context, b behaviour, words int) bool {
	d := b.delay
	if d < 0 {
		d = s.opts.WordDelay
	}
	if d == 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d * time.Duration(words))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
