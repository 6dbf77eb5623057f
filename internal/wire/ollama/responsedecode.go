package ollama

import (
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// answerIn is an answer, or a line of a stream of one, as it stands on the
// wire. /chat says it in message, /generate beside the rest.
type answerIn struct {
	content, thinking, images, calls llm.Raw

	logprobs  llm.Raw
	done      bool
	reason    string
	usage     *llm.Usage
	err       llm.Raw
	head      []llm.Member // what is the same in every line
	ext       llm.Ext
	malformed bool
}

// headMembers are told of the whole answer; a stream repeats them in each line.
func isHead(name string) bool {
	switch name {
	case "model", "created_at", "remote_model", "remote_host":
		return true
	}
	return false
}

func splitAnswer(data []byte) (a answerIn) {
	var prompt, eval llm.Raw
	for name, v := range wirejson.Members(data) {
		switch string(name) {
		case "message":
			a.message(v)
		case "response":
			a.content = v
		case "thinking":
			a.thinking = v
		case "tool_calls":
			a.calls = v
		case "logprobs":
			a.logprobs = v
		case "done":
			a.done, _ = wirejson.Bool(v)
		case "done_reason":
			a.doneReason(name, v)
		case metricPrompt:
			prompt = v
		case metricEval:
			eval = v
		case "error":
			a.err = v
		default:
			if isHead(string(name)) {
				a.head = append(a.head, llm.Member{Protocol: protocol, Name: string(name), Value: v})
			} else if !wirejson.IsNull(v) {
				keep(&a.ext, protocol, name, v)
			}
		}
	}
	if wirejson.KindOf(a.logprobs) != '[' {
		a.logprobs = nil
	}
	a.usage = usageOf(prompt, eval)
	return a
}

// doneReason takes the word; what is not one of an answer's is kept.
func (a *answerIn) doneReason(name []byte, v llm.Raw) {
	a.reason, _ = wirejson.Text(v)
	if a.reason != "" && a.reason != doneStop && a.reason != doneLength {
		keep(&a.ext, protocol, name, v)
	}
}

func (a *answerIn) message(v llm.Raw) {
	a.malformed = a.malformed || wirejson.KindOf(v) != '{'
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "role":
		case "content":
			a.content = e
		case "thinking":
			a.thinking = e
		case "images":
			a.images = e
		case "tool_calls":
			a.calls = e
		default:
			if !wirejson.IsNull(e) {
				keep(&a.ext, messageScope, name, e)
			}
		}
	}
}

// readHead reads a member of every line.
func readHead(r *llm.Response, m llm.Member) {
	switch m.Name {
	case "model":
		r.Model, _ = wirejson.Text(m.Value)
	case "created_at":
		readTime(r, m.Value)
	default:
		if !wirejson.IsNull(m.Value) {
			r.Ext = append(r.Ext, m)
		}
	}
}

// readPictures reads pictures of an answer, as far as they are any.
func readPictures(v llm.Raw) []llm.Block {
	images, err := readImages("images", v)
	if err != nil {
		return nil
	}
	return images
}

// callSeed tells the calls of one answer from those of others, for the ids of
// those that have none.
type callSeed struct {
	created int64
	at      string // created_at, which knows parts of a second
	count   int    // calls so far
}

func seedOf(r *llm.Response) callSeed {
	return callSeed{created: r.Created, at: string(ownMember(r.Ext, "created_at"))}
}

// callsOf reads calls of an answer. One without a name is nobody's; arguments
// that are no object are handed on as they are.
func (s *callSeed) callsOf(v llm.Raw) []*llm.ToolCall {
	var calls []*llm.ToolCall
	for _, e := range wirejson.Elements(v) {
		c, err := readCall(e)
		if err != nil {
			c = looseCall(e)
		}
		if c == nil {
			continue
		}
		if c.CallID == "" {
			c.CallID = madeID("answer", timestamp(s.created), s.at, strconv.Itoa(s.count), c.Name, string(c.Input))
		}
		s.count++
		calls = append(calls, c)
	}
	return calls
}

func looseCall(v llm.Raw) *llm.ToolCall {
	function := wirejson.Member(v, "function")
	name, _ := wirejson.Text(wirejson.Member(function, "name"))
	if name == "" {
		return nil
	}
	id, _ := wirejson.Text(wirejson.Member(v, "id"))
	c := &llm.ToolCall{CallID: id, Name: name, Kind: llm.ToolFunction, Input: wirejson.Member(function, "arguments")}
	if s, ok := wirejson.Text(c.Input); ok {
		c.Input = llm.Raw(s)
	}
	return c
}

// DecodeResponse reads a complete answer, of /chat or /generate.
func (Codec) DecodeResponse(body []byte, _ wire.Target) (*llm.Response, error) {
	body, bad := checked(body)
	if bad != nil {
		return nil, malformed(bad, "The upstream's answer is not a JSON object.")
	}
	a := splitAnswer(body)
	if a.err != nil {
		if e := errorIn(body); e != nil {
			return nil, e
		}
	}
	if a.malformed || a.content == nil && a.calls == nil && a.thinking == nil && a.images == nil && !a.done {
		return nil, malformed(nil, "The upstream's answer holds no message.")
	}
	r := &llm.Response{Usage: a.usage}
	for _, m := range a.head {
		readHead(r, m)
	}
	c := llm.Choice{FinishRaw: a.reason, Ext: a.ext}
	called := a.blocks(r, &c)
	c.Finish = finishOf(a.reason, called)
	r.Choices = []llm.Choice{c}
	return r, nil
}

// blocks reads what a whole answer says; it reports whether tools are called.
func (a *answerIn) blocks(r *llm.Response, c *llm.Choice) (called bool) {
	if s, _ := wirejson.Text(a.thinking); s != "" {
		c.Blocks = append(c.Blocks, &llm.Reasoning{Text: s})
	}
	if s, _ := wirejson.Text(a.content); s != "" {
		c.Blocks = append(c.Blocks, &llm.Text{Text: s, Logprobs: a.logprobs})
	} else if a.logprobs != nil {
		keep(&c.Ext, protocol, []byte("logprobs"), a.logprobs)
	}
	c.Blocks = append(c.Blocks, readPictures(a.images)...)
	seed := seedOf(r)
	for _, call := range seed.callsOf(a.calls) {
		c.Blocks = append(c.Blocks, call)
		called = true
	}
	return called
}
