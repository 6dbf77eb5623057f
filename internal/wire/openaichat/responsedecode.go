package openaichat

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// DecodeResponse reads a complete answer. Members of the wrong type are passed
// over as far as an answer is left without them.
func (Codec) DecodeResponse(body []byte, _ wire.Target) (*llm.Response, error) {
	body, bad := checked(body)
	if bad != nil {
		return nil, malformed(bad, "The upstream's answer is not a JSON object.")
	}
	if e := openai.ErrorIn(body); e != nil {
		return nil, e
	}
	r := &llm.Response{}
	var choices, usage llm.Raw
	for name, v := range wirejson.Members(body) {
		switch string(name) {
		case "choices":
			choices = v
		case "usage":
			usage = v
		default:
			readHead(r, name, v)
		}
	}
	r.Usage = openai.ParseUsage(usage)
	if r.Usage == nil {
		r.Usage = groqUsage(ownMember(r.Ext, "x_groq"))
	}
	if wirejson.KindOf(choices) != '[' {
		return nil, malformed(nil, "The upstream's answer has no choices.")
	}
	for i, e := range wirejson.Elements(choices) {
		c, err := readChoice(e, i, r.ID)
		if err != nil {
			return nil, malformed(err, "The upstream's answer has a choice that is not of the protocol.")
		}
		r.Choices = append(r.Choices, c)
		if r.Usage == nil { // Moonshot
			r.Usage = openai.ParseUsage(wirejson.Member(e, "usage"))
		}
	}
	if len(r.Choices) == 0 {
		return nil, malformed(nil, "The upstream's answer has no choices.")
	}
	return r, nil
}

// readHead reads a member that answers and chunks have in common.
func readHead(r *llm.Response, name []byte, v llm.Raw) {
	switch string(name) {
	case "object", "choices", "usage", "error":
	case "obfuscation": // padding of a stream against eavesdroppers
	case "id":
		r.ID, _ = wirejson.Text(v)
	case "model":
		r.Model, _ = wirejson.Text(v)
	case "created":
		r.Created, _ = wirejson.Int(v)
	case "service_tier":
		r.ServiceTier, _ = wirejson.Text(v)
	case "system_fingerprint":
		r.SystemFingerprint, _ = wirejson.Text(v)
	default:
		if !wirejson.IsNull(v) {
			keep(&r.Ext, protocol, name, v)
		}
	}
}

// groqUsage reads the place where Groq tells usage in streams.
func groqUsage(x llm.Raw) *llm.Usage { return openai.ParseUsage(wirejson.Member(x, "usage")) }

func readChoice(v llm.Raw, index int, response string) (llm.Choice, error) {
	c := llm.Choice{Index: index}
	if err := wirejson.WantObject("choices", v); err != nil {
		return c, err
	}
	var message, logprobs llm.Raw
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "index":
			if n, ok := wirejson.Int(e); ok && n >= 0 && n < maxChoices {
				c.Index = int(n)
			}
		case "message":
			message = e
		case "logprobs":
			logprobs = e
		case "finish_reason":
			c.FinishRaw, _ = wirejson.Text(e)
		default:
			readChoiceMember(&c.Ext, &c.StopSequence, name, e)
		}
	}
	if err := readAnswer(&c, message, response); err != nil {
		return c, err
	}
	readLogprobs(&c, logprobs)
	var had ending
	for _, b := range c.Blocks {
		had.note(b)
	}
	c.Finish = finishOf(c.FinishRaw, had)
	if c.StopSequence != "" && c.Finish == llm.FinishStop {
		c.Finish = llm.FinishStopSequence
	}
	return c, nil
}

// maxChoices bounds the index of a choice, which upstreams choose.
const maxChoices = 1024

// readChoiceMember reads what a choice tells beside its message.
func readChoiceMember(ext *llm.Ext, stop *string, name []byte, v llm.Raw) {
	switch string(name) {
	case "index", "message", "delta", "usage", "finish_reason", "logprobs":
		return
	case "stop_reason": // vLLM: the stop sequence, or the number of a token
		if s, ok := wirejson.Text(v); ok {
			*stop = s
		}
	}
	if !wirejson.IsNull(v) {
		keep(ext, protocol, name, v)
	}
}

// readAnswer reads the message of a choice.
func readAnswer(c *llm.Choice, v llm.Raw, response string) error {
	var m messageIn
	for name, e := range wirejson.Members(v) {
		if m.thoughts.take(string(name), e) || wirejson.IsNull(e) {
			continue
		}
		read, ok := messageFields[string(name)]
		if !ok || string(name) == "name" || string(name) == "cache_control" || read(&m, e) != nil {
			keep(&m.ext, messageScope, name, e)
		}
	}
	if !saysAudio(m.audio) { // filled with nothing by some
		m.audio = nil
	}
	blocks, err := m.assistantBlocks()
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if media, ok := b.(*llm.Media); ok && media.FileID != "" {
			media.ID, media.FileID = media.FileID, "" // sound that was only named
		}
	}
	n := 0
	for _, e := range wirejson.Elements(m.calls) {
		call := readCall(e)
		if call.CallID == "" {
			call.CallID = madeID(response, c.Index, n)
		}
		blocks = append(blocks, call)
		n++
	}
	if name, _ := wirejson.Text(wirejson.Member(m.functionCall, "name")); name != "" && n == 0 {
		call, err := readFunctionCall(m.functionCall, func(string) string { return madeID(response, c.Index, 0) })
		if err != nil {
			return err
		}
		blocks = append(blocks, call)
	}
	c.Blocks = blocks
	for i := range m.ext {
		m.ext[i].Protocol = messageScope
	}
	c.Ext = append(c.Ext, m.ext...)
	return nil
}

func saysAudio(v llm.Raw) bool {
	for _, name := range []string{"id", "data", "transcript"} {
		if s, _ := wirejson.Text(wirejson.Member(v, name)); s != "" {
			return true
		}
	}
	return false
}

// readLogprobs puts the probabilities on the text they are of. Those of no
// text stay with the choice.
func readLogprobs(c *llm.Choice, v llm.Raw) {
	content, refusal := nonEmpty(wirejson.Member(v, "content")), nonEmpty(wirejson.Member(v, "refusal"))
	for _, b := range c.Blocks {
		switch b := b.(type) {
		case *llm.Text:
			if content != nil {
				b.Logprobs, content = content, nil
			}
		case *llm.Refusal:
			if refusal != nil {
				keep(&b.Ext, protocol, []byte("logprobs"), refusal)
				refusal = nil
			}
		}
	}
	if content != nil {
		keep(&c.Ext, protocol, []byte("logprobs"), content)
	}
}

// nonEmpty returns v if it is an array of anything.
func nonEmpty(v llm.Raw) llm.Raw {
	for range wirejson.Elements(v) {
		return v
	}
	return nil
}
