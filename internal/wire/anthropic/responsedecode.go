package anthropic

import (
	"bytes"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeResponse reads the message that answers POST /v1/messages. Its result
// may alias body. Errors are *llm.Error of KindUpstream.
func (Codec) DecodeResponse(body []byte, _ wire.Target) (*llm.Response, error) {
	body = cleanText(body)
	if err := wirejson.Check(body); err != nil {
		return nil, garbled(err, "the upstream's answer is not JSON")
	}
	if wirejson.KindOf(body) != '{' {
		return nil, garbled(nil, "the upstream's answer is not a message")
	}
	if kind, _ := wirejson.Text(wirejson.Member(body, "type")); saysError(kind, wirejson.Member(body, "error")) {
		return nil, judge(upstreamError(0, body))
	}
	d := messageDecoder{resp: &llm.Response{}, choice: llm.Choice{}}
	var content llm.Raw
	for name, v := range wirejson.Members(body) {
		if string(name) == "content" {
			content = v
			continue
		}
		d.member(name, v)
	}
	if err := d.content(content); err != nil {
		return nil, err
	}
	d.resp.Usage, d.resp.ServiceTier = d.usage.canonical(), d.usage.tier
	d.resp.Choices = []llm.Choice{d.finished()}
	return d.resp, nil
}

// garbled is the error for an upstream that does not speak the protocol.
func garbled(cause error, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindUpstream, "upstream_garbled", format, args...)
	e.Scope, e.Cause = llm.ScopeProvider, cause
	return e
}

// cleanText replaces invalid UTF-8, which some upstreams send.
func cleanText(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return bytes.ToValidUTF8(b, []byte(string(utf8.RuneError)))
}

// messageDecoder gathers what stands beside the content of a message, from a
// whole one or from the events that tell it piece by piece.
type messageDecoder struct {
	resp   *llm.Response
	choice llm.Choice
	usage  usage
}

// begin takes the data of a message_start and reports whether it holds a message.
func (d *messageDecoder) begin(data llm.Raw) bool {
	message := wirejson.Member(data, "message")
	if wirejson.KindOf(message) != '{' {
		return false
	}
	for name, v := range wirejson.Members(message) {
		d.member(name, v)
	}
	return true
}

// delta takes the data of a message_delta.
func (d *messageDecoder) delta(data llm.Raw) {
	for name, v := range wirejson.Members(data) {
		switch string(name) {
		case "type":
		case "delta":
			for name, v := range wirejson.Members(v) {
				d.ending(name, v)
			}
		case "usage":
			d.usage.add(v)
		default:
			d.ending(name, v)
		}
	}
}

// late names the members of a message that a stream tells at its end; they
// belong to the choice.
var late = map[string]bool{
	"stop_details": true, "container": true, "context_management": true, "input_transformations": true,
}

// member takes one member of a message, but for its content. Members are null
// as long as they say nothing.
func (d *messageDecoder) member(name []byte, v llm.Raw) {
	if wirejson.IsNull(v) {
		return
	}
	switch string(name) {
	case "type", "role", "content":
	case "id":
		d.resp.ID, _ = wirejson.Text(v)
	case "model":
		d.resp.Model, _ = wirejson.Text(v)
	case "usage":
		d.usage.add(v)
	case "stop_reason", "stop_sequence":
		d.ending(name, v)
	default:
		if late[string(name)] {
			d.ending(name, v)
			return
		}
		d.resp.Ext = addExt(d.resp.Ext, name, append(llm.Raw(nil), v...))
	}
}

// ending takes a member that says how the message ended.
func (d *messageDecoder) ending(name []byte, v llm.Raw) {
	if wirejson.IsNull(v) {
		return
	}
	switch string(name) {
	case "type":
	case "stop_reason":
		d.choice.FinishRaw, _ = wirejson.Text(v)
		d.choice.Finish = decodeFinish(d.choice.FinishRaw)
		if _, known := finishes[d.choice.FinishRaw]; !known {
			d.choice.Ext = mark(d.choice.Ext, "stop_reason", d.choice.FinishRaw)
		}
	case "stop_sequence":
		d.choice.StopSequence, _ = wirejson.Text(v)
	default:
		if string(name) == "stop_details" {
			d.choice.Explanation, _ = wirejson.Text(wirejson.Member(v, "explanation"))
		}
		d.choice.Ext = addExt(d.choice.Ext, name, append(llm.Raw(nil), v...))
	}
}

// finished returns the choice with all that is known.
func (d *messageDecoder) finished() llm.Choice {
	c := d.choice
	if extra := d.usage.extra(); extra != nil {
		c.Ext = addExt(append(llm.Ext(nil), c.Ext...), []byte("usage"), extra)
	}
	return c
}

func (d *messageDecoder) content(v llm.Raw) error {
	if wirejson.KindOf(v) == '"' { // some compatible upstreams
		d.choice.Blocks, _ = decodeContent(v) // a string is always content
		return nil
	}
	if !wirejson.IsNull(v) && wirejson.KindOf(v) != '[' {
		return garbled(nil, "content of the upstream's answer is %s, not an array", found(v))
	}
	for i, e := range wirejson.Elements(v) {
		b, err := decodeBlock(e)
		if err != nil {
			return garbled(under(err, index("content", i)), "the upstream's answer holds a content block that makes no sense")
		}
		d.choice.Blocks = append(d.choice.Blocks, identified(b, d.resp.ID, i))
	}
	return nil
}

// identified gives a call an id if a careless upstream did not: results refer
// to it. The id is the same for the same place in the same message.
func identified(b llm.Block, message string, i int) llm.Block {
	if call, ok := b.(*llm.ToolCall); ok && call.CallID == "" {
		call.CallID = legalID(index(message, i))
	}
	return b
}
