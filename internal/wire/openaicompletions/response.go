package openaicompletions

import (
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// finishes has the protocol's words, and those of vendors behind it.
var finishes = map[string]llm.Finish{
	"stop": llm.FinishStop, "eos": llm.FinishStop, "eos_token": llm.FinishStop, "stop_sequence": llm.FinishStopSequence,
	"length": llm.FinishLength, "content_filter": llm.FinishContentFilter, "error": llm.FinishError,
}

func finishOf(raw, stop string) llm.Finish {
	f, ok := finishes[raw]
	if !ok {
		f = llm.FinishStop
	}
	if f == llm.FinishStop && stop != "" {
		return llm.FinishStopSequence
	}
	return f
}

// finishWords has the word of every finish; loss is the feature that the word
// only approximates.
var finishWords = map[llm.Finish]struct{ word, loss string }{
	llm.FinishNone:          {word: "stop"},
	llm.FinishStop:          {word: "stop"},
	llm.FinishStopSequence:  {word: "stop"},
	llm.FinishLength:        {word: "length"},
	llm.FinishToolUse:       {word: "stop", loss: "tool_call"},
	llm.FinishContentFilter: {word: "content_filter"},
	llm.FinishRefusal:       {word: "content_filter", loss: "refusal"},
	llm.FinishPause:         {word: "stop", loss: "pause"},
	llm.FinishError:         {word: "error"},
}

// maxChoices bounds the index of a choice, which upstreams choose.
const maxChoices = 4096

// DecodeResponse reads a complete answer.
func (Codec) DecodeResponse(body []byte, _ wire.Target) (*llm.Response, error) {
	body, bad := checked(body)
	if bad != nil {
		return nil, malformed(bad, "The upstream's answer is not a JSON object.")
	}
	if e := openai.ErrorIn(body); e != nil {
		return nil, e
	}
	r := &llm.Response{}
	var choices llm.Raw
	for name, v := range wirejson.Members(body) {
		switch string(name) {
		case "choices":
			choices = v
		case "usage":
			r.Usage = openai.ParseUsage(v)
		default:
			readHead(r, name, v)
		}
	}
	for i, e := range wirejson.Elements(choices) {
		if wirejson.KindOf(e) != '{' {
			return nil, malformed(nil, "The upstream's answer has a choice that is not of the protocol.")
		}
		r.Choices = append(r.Choices, readChoice(e, i))
	}
	if len(r.Choices) == 0 {
		return nil, malformed(nil, "The upstream's answer has no choices.")
	}
	return r, nil
}

// readHead reads a member that answers and chunks have in common.
func readHead(r *llm.Response, name []byte, v llm.Raw) {
	switch string(name) {
	case "object", "choices", "usage", "error", "obfuscation":
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
			keep(&r.Ext, name, v)
		}
	}
}

// choiceIn is a choice as it stands on the wire.
type choiceIn struct {
	index     int
	text      llm.Raw
	logprobs  llm.Raw // as an array
	finishRaw string
	stop      string
	ext       llm.Ext
}

func splitChoice(v llm.Raw, at int) choiceIn {
	c := choiceIn{index: at}
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "index":
			if n, ok := wirejson.Int(e); ok && n >= 0 && n < maxChoices {
				c.index = int(n)
			}
		case "text":
			c.text = e
		case "logprobs":
			c.logprobs = toArray(e)
		case "finish_reason":
			c.finishRaw, _ = wirejson.Text(e)
		case "stop_reason": // vLLM: the stop sequence, or the number of a token
			c.stop, _ = wirejson.Text(e)
			fallthrough
		default:
			if !wirejson.IsNull(e) {
				keep(&c.ext, name, e)
			}
		}
	}
	return c
}

func readChoice(v llm.Raw, at int) llm.Choice {
	in := splitChoice(v, at)
	c := llm.Choice{
		Index: in.index, Finish: finishOf(in.finishRaw, in.stop), FinishRaw: in.finishRaw,
		StopSequence: in.stop, Ext: in.ext,
	}
	if text, _ := wirejson.Text(in.text); text != "" || in.logprobs != nil {
		c.Blocks = []llm.Block{&llm.Text{Text: text, Logprobs: in.logprobs}}
	}
	return c
}

// promptOf returns the prompt's text, for clients that want it echoed; ok is
// false when they do not.
func promptOf(req *llm.Request) (prompt string, ok bool) {
	if req == nil || req.Completion == nil || !req.Completion.Echo || len(req.Messages) != 1 || len(req.Messages[0].Blocks) != 1 {
		return "", false
	}
	t, ok := req.Messages[0].Blocks[0].(*llm.Text)
	if !ok {
		return "", false
	}
	return t.Text, true
}

// severalPrompts notes that an upstream of another protocol took several
// prompts for one.
func severalPrompts(req *llm.Request, choices int, losses *llm.Losses) {
	if req != nil && len(req.Messages) == 1 && req.Completion != nil && choices < len(req.Messages[0].Blocks) {
		losses.Approximate("prompt_list", "prompt")
	}
}

// EncodeResponse renders a complete answer.
func (Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	var losses llm.Losses
	var w wirejson.Writer
	w.B = append(make([]byte, 0, 1<<10), '{')
	w.Str("id", resp.ID)
	w.Str("object", "text_completion")
	w.Int("created", resp.Created)
	w.Str("model", modelOf(resp, req))
	w.Begin("choices", '[')
	for i := range resp.Choices {
		writeChoice(&w, &resp.Choices[i], req, &losses)
	}
	w.Close(']')
	severalPrompts(req, len(resp.Choices), &losses)
	if resp.Usage != nil {
		w.B = openai.AppendUsage(wirejson.AppendName(w.B, "usage"), resp.Usage)
	}
	w.OptStr("service_tier", resp.ServiceTier)
	w.OptStr("system_fingerprint", resp.SystemFingerprint)
	w.Ext(resp.Ext, protocol)
	w.Close('}')
	return w.B, losses.List, nil
}

func modelOf(resp *llm.Response, req *llm.Request) string {
	if resp.Model == "" && req != nil {
		return req.Model
	}
	return resp.Model
}

func writeChoice(w *wirejson.Writer, c *llm.Choice, req *llm.Request, losses *llm.Losses) {
	var text strings.Builder
	var probs wirejson.Writer
	for i, b := range c.Blocks {
		path := "choices" + wirejson.At(c.Index) + ".content" + wirejson.At(i)
		switch b := b.(type) {
		case *llm.Text:
			noteText(b, path, losses)
			text.WriteString(b.Text)
			if wirejson.KindOf(b.Logprobs) == '[' {
				for _, p := range wirejson.Elements(b.Logprobs) {
					probs.Elem(p)
				}
			}
		case *llm.Refusal: // the only words there are
			losses.Approximate("refusal", path)
			text.WriteString(b.Text)
		default:
			losses.Drop(answerFeature(b), path)
		}
	}
	said := text.String()
	if prompt, ok := promptOf(req); ok && !strings.HasPrefix(said, prompt) {
		said = prompt + said // the upstream's protocol has no echo
	}
	w.Open('{')
	w.Str("text", said)
	w.Int("index", int64(c.Index))
	if len(probs.B) > 0 {
		fromArray(w, slices.Concat([]byte{'['}, probs.B, []byte{']'}), 0)
	} else {
		w.Null("logprobs")
	}
	word := finishWords[c.Finish]
	if word.loss != "" {
		losses.Approximate(word.loss, "choices"+wirejson.At(c.Index)+".finish_reason")
	}
	w.Str("finish_reason", word.word)
	w.Ext(c.Ext, protocol)
	w.Close('}')
}

// noteText notes what stands on a text and cannot be said here.
func noteText(t *llm.Text, path string, losses *llm.Losses) {
	if len(t.Citations) > 0 {
		losses.Drop("citations", path)
	}
	if t.Signature != nil {
		losses.Drop("foreign_signature", path)
	}
	if len(t.Logprobs) > 0 && wirejson.KindOf(t.Logprobs) != '[' {
		losses.Drop("logprobs", path)
	}
}

// answerFeature names what a client loses with a block of an answer.
func answerFeature(b llm.Block) string {
	switch b := b.(type) {
	case *llm.Reasoning:
		return "reasoning"
	case *llm.Media:
		return string(b.Kind) + "_out"
	default:
		return featureOf(b)
	}
}
