package openairesponses

import (
	"slices"
	"strconv"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeResponse renders the response object with every member that the
// official SDKs demand. Items without an id get one that follows from the
// response's id and their place.
func (Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	var losses llm.Losses
	h := newHead(resp, req)
	var choice llm.Choice
	if len(resp.Choices) > 0 {
		choice = resp.Choices[0]
	}
	if len(resp.Choices) > 1 {
		losses.Drop("n", "choices")
	}
	o := newOutputWriter(h.id, req, &losses)
	o.cut = choice.Finish == llm.FinishLength || choice.Finish == llm.FinishContentFilter
	last := -1
	if o.cut {
		last = lastTold(choice.Blocks, h.id, req)
	}
	var output []byte
	for i, n := 0, 0; i < len(choice.Blocks); i += n {
		n = max(messageLen(choice.Blocks[i:]), 1)
		o.truncated = i == last
		output = o.block(output, choice.Blocks[i:i+n], i)
	}
	end := ending{finish: choice.Finish, raw: choice.FinishRaw, explanation: choice.Explanation, refusal: o.refusal}
	out := outcomeOf(end.finish, end.raw, end.refusal)
	if out.loss != "" {
		losses.Approximate(out.loss, "finish")
	}
	body := h.appendTo(make([]byte, 0, len(output)+len(h.echo)+512), out, end, output)
	body = append(appendUsage(wirejson.AppendName(body, "usage"), resp.Usage), '}')
	return body, losses.List, nil
}

// lastTold returns where the last item begins that is told at all: the one that
// was cut. -1 when there is none.
func lastTold(blocks []llm.Block, id string, req *llm.Request) int {
	var starts []int
	for i := 0; i < len(blocks); i += max(messageLen(blocks[i:]), 1) {
		starts = append(starts, i)
	}
	end := len(blocks)
	for _, i := range slices.Backward(starts) {
		if len(newOutputWriter(id, req, &llm.Losses{}).block(nil, blocks[i:end], i)) > 0 {
			return i
		}
		end = i
	}
	return -1
}

// head is what stays the same in all response objects of one answer.
type head struct {
	id, model string
	created   int64
	echo      []byte // members, without the comma before them
}

func newHead(resp *llm.Response, req *llm.Request) *head {
	h := &head{id: resp.ID, model: resp.Model, created: resp.Created}
	if h.id == "" {
		// Clients demand an id. Who keeps responses gives a better one before.
		h.id = itemID("resp", resp.Model, int(resp.Created))
	}
	if h.model == "" && req != nil {
		h.model = req.Model
	}
	b := appendNullable([]byte{'{'}, "service_tier", resp.ServiceTier)
	h.echo = appendEchoes(b, resp.Ext, req)[1:]
	return h
}

// ending is how an answer ended.
type ending struct {
	finish      llm.Finish
	raw         string
	explanation string
	refusal     bool // there is a refusal among the blocks
	err         *llm.Error
}

// appendTo appends the response object, open for its last member: usage.
func (h *head) appendTo(b []byte, out outcome, end ending, output []byte) []byte {
	b = appendMember(append(b, '{'), "id", h.id)
	b = appendMember(b, "object", "response")
	b = strconv.AppendInt(wirejson.AppendName(b, "created_at"), h.created, 10)
	b = appendMember(b, "status", out.status)
	b = wirejson.AppendName(b, "error")
	switch {
	case end.err != nil:
		b = appendFailure(b, end.err)
	case out.status == statusFailed:
		b = appendFailure(b, llm.Errorf(llm.KindUpstream, "", "%s", generationFailed(end.explanation)))
	default:
		b = append(b, "null"...)
	}
	b = wirejson.AppendName(b, "incomplete_details")
	if out.reason == "" {
		b = append(b, "null"...)
	} else {
		b = append(appendMember(append(b, '{'), "reason", out.reason), '}')
	}
	b = appendMember(b, "model", h.model)
	b = append(wirejson.AppendName(b, "output"), '[')
	b = append(append(b, output...), ']')
	return append(append(b, ','), h.echo...)
}

func generationFailed(explanation string) string {
	if explanation != "" {
		return explanation
	}
	return "The generation failed."
}

// appendFailure appends the error member of a response object.
func appendFailure(b []byte, e *llm.Error) []byte {
	_, code := dialectOf(e)
	b = appendMember(append(b, '{'), "code", code)
	return append(appendMember(b, "message", e.Message), '}')
}

// outputWriter renders the blocks of an answer as output items.
type outputWriter struct {
	itemWriter
	tools   toolIndex
	count   int // items so far
	cut     bool
	refusal bool
}

func newOutputWriter(responseID string, req *llm.Request, losses *llm.Losses) *outputWriter {
	o := &outputWriter{tools: newToolIndex(req)}
	o.itemWriter = itemWriter{
		partWriter: partWriter{losses: losses, output: true},
		newID:      func(prefix string) string { return itemID(prefix, responseID, o.count) },
	}
	return o
}

// block appends the item that blocks are: the parts of one message, or one
// block that is an item of its own. first is the place of the first block.
func (o *outputWriter) block(b []byte, blocks []llm.Block, first int) []byte {
	n := len(b)
	p := place{base: "output", message: -1, block: first, subBlock: -1}
	if isPart(blocks[0]) {
		for _, part := range blocks {
			_, refused := part.(*llm.Refusal)
			o.refusal = o.refusal || refused
		}
		b = o.assistantMessage(b, blocks, p)
	} else {
		b = o.item(b, o.tools.restore(blocks[0]), p)
	}
	if len(b) > n {
		o.count++
	}
	return b
}

// toolIndex finds the client's tool by the name other protocols know it by.
type toolIndex map[string]*llm.Tool

func newToolIndex(req *llm.Request) toolIndex {
	if req == nil {
		return nil
	}
	var idx toolIndex
	for i := range req.Tools {
		t := &req.Tools[i]
		if t.Kind == llm.ToolServer || t.Namespace == "" && t.Kind != llm.ToolCustom {
			continue
		}
		if idx == nil {
			idx = toolIndex{}
		}
		name := t.Name
		if t.Namespace != "" {
			name = t.Namespace + "__" + t.Name
		}
		idx[name] = t
	}
	return idx
}

// find returns the tool a call means that was made under another protocol's
// name for it or as a function where the client has a custom tool; nil when the
// call is as the client expects it.
func (idx toolIndex) find(c *llm.ToolCall) *llm.Tool {
	if c.Kind == llm.ToolServer || c.Namespace != "" {
		return nil
	}
	t := idx[c.Name]
	if t == nil || t.Namespace == "" && c.Kind == llm.ToolCustom {
		return nil
	}
	return t
}

// restore returns b as the client's own tools would be called.
func (idx toolIndex) restore(b llm.Block) llm.Block {
	c, ok := b.(*llm.ToolCall)
	if !ok {
		return b
	}
	t := idx.find(c)
	if t == nil {
		return b
	}
	own := *c
	own.Name, own.Namespace = t.Name, t.Namespace
	if t.Kind == llm.ToolCustom && c.Kind != llm.ToolCustom {
		own.Kind, own.Input = llm.ToolCustom, unwrapInput(c.Input)
	}
	return &own
}

// unwrapInput takes the text of a custom tool out of the function that stood
// for it: {"input":"…"}. Anything else is the text itself.
func unwrapInput(input llm.Raw) llm.Raw {
	var text string
	n := 0
	for name, v := range wirejson.Members(input) {
		s, ok := wirejson.Text(v)
		if !ok || string(name) != "input" {
			return input
		}
		text = s
		n++
	}
	if n != 1 || wirejson.Check(input) != nil {
		return input
	}
	return llm.Raw(text)
}
