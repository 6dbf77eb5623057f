package ollama

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeResponse renders a complete answer.
func (c Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	a := answerOut{generate: c.Generate}
	var choice llm.Choice
	if len(resp.Choices) > 0 {
		choice = resp.Choices[0]
		if len(resp.Choices) > 1 {
			a.losses.Drop("n", "n")
		}
	}
	last := 0
	for i, b := range choice.Blocks {
		path := "message" + wirejson.At(i)
		switch at := a.rankOf(b); {
		case at >= last:
			last = at
		case at > 0:
			a.losses.Approximate("block_order", path)
		}
		a.block(b, path)
	}
	var w wirejson.Writer
	w.B = append(make([]byte, 0, 1<<10), '{')
	writeHead(&w, resp, req)
	a.write(&w, choice.Ext)
	a.writeProbs(&w, choice.Ext)
	writeDone(&w, choice.Finish, choice.Ext, resp.Usage, &a.losses)
	w.Close('}')
	return w.B, a.losses.List, nil
}

// rankOf is the place of a block in the order in which a message tells what it
// holds; 0 for blocks that are not told.
func (a *answerOut) rankOf(b llm.Block) int {
	switch b := b.(type) {
	case *llm.Reasoning:
		if thoughtOf(b) != "" {
			return 1
		}
	case *llm.Text:
		if b.Text != "" {
			return 2
		}
	case *llm.Refusal:
		return 2
	case *llm.Media:
		if !a.generate {
			return 3
		}
	case *llm.ToolCall:
		if !a.generate {
			return 4
		}
	}
	return 0
}

// writeHead writes what every line of an answer says.
func writeHead(w *wirejson.Writer, r *llm.Response, req *llm.Request) {
	model := r.Model
	if model == "" && req != nil {
		model = req.Model
	}
	w.Str("model", model)
	if own := ownMember(r.Ext, "created_at"); own != nil {
		w.Raw("created_at", own)
	} else {
		w.Str("created_at", timestamp(r.Created))
	}
	w.Ext(r.Ext, protocol, "created_at")
}

// answerOut is what an answer, or a line of one, says.
type answerOut struct {
	generate bool
	losses   llm.Losses
	content  strings.Builder
	thinking strings.Builder
	images   []string
	calls    []*llm.ToolCall
	first    int       // index of the first call
	probs    []llm.Raw // probabilities of text
}

// block takes one block of an answer.
func (a *answerOut) block(b llm.Block, path string) {
	switch b := b.(type) {
	case *llm.Text:
		a.text(b, path)
	case *llm.Refusal: // the only words there are
		a.losses.Approximate("refusal", path)
		a.content.WriteString(b.Text)
	case *llm.Reasoning:
		if b.Signature != nil || b.Encrypted != nil {
			a.losses.Drop("foreign_signature", path)
		}
		text := thoughtOf(b)
		if text != "" && a.thinking.Len() > 0 {
			a.thinking.WriteString(gap)
		}
		a.thinking.WriteString(text)
	case *llm.ToolCall:
		a.call(b, path)
	case *llm.Media:
		a.media(b, path)
	case *llm.ServerToolResult:
		a.losses.Drop("server_tool", path)
	default:
		a.losses.Drop("opaque", path)
	}
}

func thoughtOf(r *llm.Reasoning) string {
	if r.Text == "" {
		return strings.Join(r.Summary, gap)
	}
	return r.Text
}

func (a *answerOut) text(t *llm.Text, path string) {
	if len(t.Citations) > 0 {
		a.losses.Drop("citations", path)
	}
	if t.Signature != nil {
		a.losses.Drop("foreign_signature", path)
	}
	if len(t.Logprobs) > 0 && wirejson.KindOf(t.Logprobs) != '[' {
		a.losses.Drop("logprobs", path)
	}
	for _, p := range wirejson.Elements(t.Logprobs) {
		a.probs = append(a.probs, p)
	}
	a.content.WriteString(t.Text)
}

func (a *answerOut) call(c *llm.ToolCall, path string) {
	switch {
	case c.Kind == llm.ToolServer:
		a.losses.Drop("server_tool", path)
		return
	case a.generate:
		a.losses.Drop("tool_call", path)
		return
	case c.Signature != nil:
		a.losses.Drop("foreign_signature", path)
	}
	a.calls = append(a.calls, c)
}

func (a *answerOut) media(m *llm.Media, path string) {
	switch {
	case m.Kind == llm.MediaAudio && m.Transcript != "":
		a.losses.Approximate("audio_out", path)
		a.content.WriteString(m.Transcript)
	case m.Kind != llm.MediaImage || m.Data == "" || a.generate:
		a.losses.Drop(string(m.Kind)+"_out", path)
	default:
		a.images = append(a.images, m.Data)
	}
}

// write writes the members that say it.
func (a *answerOut) write(w *wirejson.Writer, ext llm.Ext) {
	if a.generate {
		w.Str("response", a.content.String())
		w.OptStr("thinking", a.thinking.String())
		return
	}
	w.Begin("message", '{')
	w.Str("role", string(llm.RoleAssistant))
	w.Str("content", a.content.String())
	w.OptStr("thinking", a.thinking.String())
	if len(a.images) > 0 {
		w.Begin("images", '[')
		for _, data := range a.images {
			w.StrElem(data)
		}
		w.Close(']')
	}
	if len(a.calls) > 0 {
		w.Begin("tool_calls", '[')
		for i, c := range a.calls {
			writeCall(w, c, a.first+i, func(feature string) { a.losses.Approximate(feature, "message.tool_calls") })
		}
		w.Close(']')
	}
	w.Ext(ext, messageScope)
	w.Close('}')
}

// writeProbs writes the probabilities of what is said, those of no text first.
func (a *answerOut) writeProbs(w *wirejson.Writer, ext llm.Ext) {
	var probs wirejson.Writer
	for _, p := range wirejson.Elements(ownMember(ext, "logprobs")) {
		probs.Elem(p)
	}
	for _, p := range a.probs {
		probs.Elem(p)
	}
	if len(probs.B) > 0 {
		w.Raw("logprobs", append(append([]byte{'['}, probs.B...), ']'))
	}
}
