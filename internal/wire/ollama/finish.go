package ollama

import (
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Words of done_reason. load and unload answer a request without messages.
const (
	doneStop   = "stop"
	doneLength = "length"
	doneLoad   = "load"
	doneUnload = "unload"
)

// finishOf says why an answer ended. The API says "stop" where the model waits
// for its tools, too, and older servers say nothing.
func finishOf(raw string, called bool) llm.Finish {
	switch {
	case raw == doneLength:
		return llm.FinishLength
	case called:
		return llm.FinishToolUse
	}
	return llm.FinishStop
}

// doneWord returns the done_reason of a finish; lossy tells that it says less.
func doneWord(f llm.Finish) (word string, lossy bool) {
	switch f {
	case llm.FinishLength:
		return doneLength, false
	case llm.FinishNone, llm.FinishStop, llm.FinishStopSequence, llm.FinishToolUse:
		return doneStop, false
	default:
		return doneStop, true
	}
}

// metrics are the numbers of the line that ends an answer, in the order in
// which the server writes them. Durations are in nanoseconds.
var metrics = []string{
	"total_duration", "load_duration", metricPrompt, "prompt_eval_duration", metricEval, "eval_duration",
}

const (
	metricPrompt = "prompt_eval_count"
	metricEval   = "eval_count"
)

// writeDone writes the members that end an answer.
func writeDone(w *wirejson.Writer, f llm.Finish, ext llm.Ext, usage *llm.Usage, losses *llm.Losses) {
	w.Bool("done", true)
	if own := ownMember(ext, "done_reason"); own != nil {
		w.Raw("done_reason", own)
	} else {
		word, lossy := doneWord(f)
		if lossy {
			losses.Approximate("finish", "done_reason")
		}
		w.Str("done_reason", word)
	}
	for _, name := range metrics {
		own := ownMember(ext, name)
		switch {
		case name == metricPrompt || name == metricEval:
			writeCount(w, name, usage)
		case own != nil:
			w.Raw(name, own)
		default:
			w.Int(name, 0)
		}
	}
	w.Ext(ext, protocol, append([]string{"done_reason", "logprobs"}, metrics...)...)
}

// writeCount writes a count of tokens, where they were counted. The prompt's
// is all of it, what a cache held included.
func writeCount(w *wirejson.Writer, name string, usage *llm.Usage) {
	switch {
	case usage == nil:
	case name == metricPrompt:
		w.Int(name, usage.Prompt())
	default:
		w.Int(name, usage.Output)
	}
}

// usageOf reads the counts of tokens; nil when there are none.
func usageOf(prompt, eval llm.Raw) *llm.Usage {
	in, okIn := wirejson.Int(prompt)
	out, okOut := wirejson.Int(eval)
	if !okIn && !okOut {
		return nil
	}
	u := llm.FromInclusive(in, 0, 0, out, 0)
	return &u
}

// maxTime is the last second of the year 9999, behind which RFC 3339 ends.
const maxTime = 253402300799

// timestamp renders a time in Unix seconds; one that is not known, 0, is the
// start of 1970.
func timestamp(unix int64) string {
	if unix < 0 || unix > maxTime {
		unix = 0
	}
	return time.Unix(unix, 0).UTC().Format(time.RFC3339)
}

// readTime reads created_at into the response, and keeps what Unix seconds
// cannot say of it.
func readTime(r *llm.Response, v llm.Raw) {
	s, ok := wirejson.Text(v)
	if !ok {
		return
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		r.Created = t.Unix()
	}
	if s != timestamp(r.Created) {
		keep(&r.Ext, protocol, []byte("created_at"), v)
	}
}
