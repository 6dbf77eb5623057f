package openaichat

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// EncodeResponse renders a complete answer.
func (Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	e := responseEncoder{legacy: speaksLegacy(req)}
	e.w.B = append(make([]byte, 0, 2<<10), '{')
	e.w.Str("id", resp.ID)
	e.w.Str("object", "chat.completion")
	e.w.Int("created", resp.Created)
	e.w.Str("model", modelOf(resp, req))
	e.w.Begin("choices", '[')
	for i := range resp.Choices {
		e.choice(&resp.Choices[i])
	}
	e.w.Close(']')
	if resp.Usage != nil {
		e.w.B = openai.AppendUsage(wirejson.AppendName(e.w.B, "usage"), resp.Usage)
	}
	e.w.OptStr("service_tier", resp.ServiceTier)
	e.w.OptStr("system_fingerprint", resp.SystemFingerprint)
	e.w.Ext(resp.Ext, protocol)
	e.w.Close('}')
	return e.w.B, e.losses.List, nil
}

func modelOf(resp *llm.Response, req *llm.Request) string {
	if resp.Model == "" && req != nil {
		return req.Model
	}
	return resp.Model
}

// speaksLegacy reports whether the client asked with functions, and so expects
// function_call.
func speaksLegacy(req *llm.Request) bool {
	return req != nil && slices.ContainsFunc(req.Tools, func(t llm.Tool) bool { return marked(t.Ext, markLegacy) })
}

// responseEncoder writes one complete answer.
type responseEncoder struct {
	w      wirejson.Writer
	losses llm.Losses
	legacy bool
	// path of the block being written, for losses
	choiceIndex, block int
}

func (e *responseEncoder) path() string {
	return "choices" + wirejson.At(e.choiceIndex) + ".content" + wirejson.At(e.block)
}

func (e *responseEncoder) drop(feature string) { e.losses.Drop(feature, e.path()) }

// sign reports whether s may go to the client: this protocol's own.
func (e *responseEncoder) sign(s *llm.Signature) bool {
	if s != nil && !ownSignature(s) {
		e.drop("foreign_signature")
	}
	return ownSignature(s)
}

// answer is a message of the assistant, its blocks sorted out.
type answer struct {
	text         strings.Builder
	hasText      bool
	parts        []llm.Raw // content parts of this protocol's own that are no text
	refusal      strings.Builder
	refused      bool
	thoughts     []string
	reasoning    []*llm.Reasoning
	cites        wirejson.Writer
	runes        int64
	images       []*llm.Media
	audio        *llm.Media
	calls        []*llm.ToolCall
	legacy       *llm.ToolCall
	logprobs     wirejson.Writer // elements
	refusalProbs llm.Raw
}

func (e *responseEncoder) choice(c *llm.Choice) {
	e.choiceIndex = c.Index
	a := e.sort(c.Blocks)
	e.w.Open('{')
	e.w.Int("index", int64(c.Index))
	e.message(a, c)
	e.logprobs(a, c)
	word := wordOf(c.Finish, a.refused, e.legacy && a.legacy != nil || a.legacy != nil && len(a.calls) == 0)
	if word.loss != "" {
		e.losses.Approximate(word.loss, "choices"+wirejson.At(c.Index)+".finish_reason")
	}
	e.w.Str("finish_reason", word.word)
	e.w.Ext(c.Ext, protocol, "logprobs")
	e.w.Close('}')
}

// rankOf is the place of a block in the order in which a message tells what it
// holds; 0 for blocks that are not told or have no place.
func rankOf(b llm.Block) int {
	switch b := b.(type) {
	case *llm.Reasoning:
		if plainThought(b) != "" || isDetail(b) {
			return 1
		}
	case *llm.Text:
		if b.Text != "" {
			return 2
		}
	case *llm.Refusal:
		return 3
	case *llm.Media:
		return 4
	case *llm.ToolCall:
		return 5
	}
	return 0
}

// sort splits the blocks of an answer over the members that hold them.
func (e *responseEncoder) sort(blocks []llm.Block) *answer {
	a := &answer{}
	last := 0
	for i, b := range blocks {
		e.block = i
		switch at := rankOf(b); {
		case at >= last:
			last = at
		case at > 0:
			e.losses.Approximate("block_order", e.path())
		}
		switch b := b.(type) {
		case *llm.Text:
			e.sortText(a, b)
		case *llm.Refusal:
			a.refused = true
			a.refusal.WriteString(b.Text)
			a.refusalProbs = ownMember(b.Ext, "logprobs")
		case *llm.Reasoning:
			if text := plainThought(b); text != "" {
				a.thoughts = append(a.thoughts, text)
			}
			if isDetail(b) || marked(b.Ext, markThinking) {
				a.reasoning = append(a.reasoning, b)
				continue
			}
			e.sign(b.Signature)
			e.sign(b.Encrypted)
		case *llm.Media:
			e.sortMedia(a, b)
		case *llm.ToolCall:
			e.sortCall(a, b)
		case *llm.ServerToolResult:
			e.drop("server_tool")
		case *llm.Opaque:
			if isOwn(&b.Native) {
				a.parts = append(a.parts, b.Native.Raw)
				continue
			}
			e.drop("opaque")
		}
	}
	return a
}

func (e *responseEncoder) sortText(a *answer, t *llm.Text) {
	e.sign(t.Signature)
	start := a.runes
	a.hasText = true
	a.text.WriteString(t.Text)
	a.runes += int64(utf8.RuneCountInString(t.Text))
	for i := range t.Citations {
		if !appendCitation(&a.cites, &t.Citations[i], start, a.runes) {
			e.drop("citations")
		}
	}
	if len(t.Logprobs) == 0 {
		return
	}
	if wirejson.KindOf(t.Logprobs) != '[' {
		e.drop("logprobs")
		return
	}
	for _, p := range wirejson.Elements(t.Logprobs) {
		a.logprobs.Elem(p)
	}
}

// appendCitation appends an annotation: the protocol's own object, or one made
// of what all protocols share. start and end bound the text it is on, which
// may be a part of the whole.
func appendCitation(w *wirejson.Writer, c *llm.Citation, start, end int64) bool {
	if c.Protocol == protocol && len(c.Raw) > 0 {
		w.Elem(c.Raw)
		return true
	}
	if c.URL == "" {
		return false
	}
	if c.Start != 0 || c.End != 0 {
		start, end = start+c.Start, start+c.End
	}
	w.Open('{')
	w.Str("type", "url_citation")
	w.Begin("url_citation", '{')
	w.Int("end_index", end)
	w.Int("start_index", start)
	w.Str("title", c.Title)
	w.Str("url", c.URL)
	w.B = append(w.B, "}}"...)
	return true
}

func (e *responseEncoder) sortMedia(a *answer, m *llm.Media) {
	e.sign(m.Signature)
	switch {
	case m.Kind == llm.MediaAudio && a.audio == nil:
		a.audio = m
	case m.Kind == llm.MediaImage && mediaURL(m) != "":
		a.images = append(a.images, m)
	default:
		e.drop(string(m.Kind) + "_out")
	}
}

func (e *responseEncoder) sortCall(a *answer, c *llm.ToolCall) {
	switch {
	case c.Kind == llm.ToolServer && !isOwn(c.Native):
		e.drop("server_tool")
	case e.legacy && (a.legacy != nil || c.Kind != llm.ToolFunction):
		e.drop("parallel_tools") // there is room for one
	case e.legacy, marked(c.Ext, markLegacy) && a.legacy == nil:
		e.sign(c.Signature)
		a.legacy = c
	default:
		e.sign(c.Signature)
		a.calls = append(a.calls, c)
	}
}

func (e *responseEncoder) message(a *answer, c *llm.Choice) {
	e.w.Begin("message", '{')
	e.w.Str("role", "assistant")
	switch {
	case len(a.parts) > 0:
		e.w.Begin("content", '[')
		if a.hasText {
			e.w.Open('{')
			e.w.Str("type", "text")
			e.w.Str("text", a.text.String())
			e.w.Close('}')
		}
		for _, p := range a.parts {
			e.w.Elem(p)
		}
		e.w.Close(']')
	case a.hasText || !a.refused && a.audio == nil && len(a.calls) == 0 && a.legacy == nil:
		e.w.Str("content", a.text.String())
	default:
		e.w.Null("content")
	}
	if a.refused {
		e.w.Str("refusal", a.refusal.String())
	} else {
		e.w.Null("refusal")
	}
	e.w.OptStr("reasoning_content", strings.Join(a.thoughts, summaryGap))
	thoughtWriter{w: &e.w, sign: ownSignature}.structured(a.reasoning)
	if len(a.cites.B) > 0 {
		e.w.Begin("annotations", '[')
		e.w.B = append(append(e.w.B, a.cites.B...), ']')
	}
	e.media(a)
	e.calls(a)
	e.w.Ext(c.Ext, messageScope)
	e.w.Close('}')
}

func (e *responseEncoder) media(a *answer) {
	if len(a.images) > 0 {
		e.w.Begin("images", '[')
		for _, m := range a.images {
			writeImage(&e.w, m)
		}
		e.w.Close(']')
	}
	if m := a.audio; m != nil {
		e.w.Begin("audio", '{')
		e.w.Str("id", m.ID)
		e.w.Str("data", m.Data)
		if own := ownMember(m.Ext, "expires_at"); own == nil {
			e.w.Int("expires_at", 0) // clients demand it; sound of another protocol cannot be named later
		}
		e.w.Str("transcript", m.Transcript)
		e.w.Ext(m.Ext, protocol)
		e.w.Close('}')
	}
}

// writeImage writes a picture as OpenRouter and LiteLLM do.
func writeImage(w *wirejson.Writer, m *llm.Media) {
	w.Open('{')
	w.Str("type", "image_url")
	w.Begin("image_url", '{')
	w.Str("url", mediaURL(m))
	w.OptStr("detail", m.Detail)
	w.Ext(m.Ext, innerScope)
	w.Close('}')
	w.Ext(m.Ext, protocol)
	w.Close('}')
}

func (e *responseEncoder) calls(a *answer) {
	if c := a.legacy; c != nil {
		e.w.Begin("function_call", '{')
		e.w.Str("name", wireName(c.Namespace, c.Name))
		e.w.Str("arguments", inputOf(c))
		e.w.Ext(c.Ext, innerScope)
		e.w.Close('}')
	}
	if len(a.calls) == 0 {
		return
	}
	e.w.Begin("tool_calls", '[')
	for _, c := range a.calls {
		if c.Kind == llm.ToolServer {
			e.w.Elem(c.Native.Raw)
			continue
		}
		e.w.Open('{')
		e.w.Str("id", c.CallID)
		writeCallBody(&e.w, c)
		if ownSignature(c.Signature) {
			writeCallSignature(&e.w, c)
		}
		e.w.Ext(c.Ext, protocol)
		e.w.Close('}')
	}
	e.w.Close(']')
}

func inputOf(c *llm.ToolCall) string {
	if len(c.Input) == 0 && c.Kind != llm.ToolCustom {
		return "{}"
	}
	return string(c.Input)
}

func (e *responseEncoder) logprobs(a *answer, c *llm.Choice) {
	content := a.logprobs.B
	own := ownMember(c.Ext, "logprobs")
	if len(content) == 0 && own == nil && a.refusalProbs == nil {
		e.w.Null("logprobs")
		return
	}
	e.w.Begin("logprobs", '{')
	switch {
	case len(content) > 0:
		e.w.Begin("content", '[')
		e.w.B = append(append(e.w.B, content...), ']')
	case own != nil:
		e.w.Raw("content", own)
	default:
		e.w.Null("content")
	}
	if a.refusalProbs != nil {
		e.w.Raw("refusal", a.refusalProbs)
	} else {
		e.w.Null("refusal")
	}
	e.w.Close('}')
}
