package gemini

import (
	"strconv"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// answer renders answers to one request, whole or in pieces.
type answer struct {
	encoder
	thoughts bool // the client asked to see them
}

func newAnswer(c Codec, req *llm.Request) answer {
	a := answer{encoder: encoder{codec: c, req: req}, thoughts: true}
	if req != nil {
		r := req.Reasoning
		a.thoughts = r != nil && r.IncludeThoughts != nil && *r.IncludeThoughts
	}
	return a
}

// EncodeResponse renders a complete answer as a GenerateContentResponse.
// Thoughts are left out for a client that did not ask for them, as the API does.
func (c Codec) EncodeResponse(resp *llm.Response, req *llm.Request) ([]byte, []llm.Loss, error) {
	a := newAnswer(c, req)
	a.open('{')
	feedback, _ := get(resp.Ext, "promptFeedback")
	if !promptBlocked(feedback, resp.Choices) {
		a.array("candidates", func() {
			for i := range resp.Choices {
				a.elem()
				a.candidate(&resp.Choices[i])
			}
		})
	}
	if resp.Usage != nil {
		own, _ := get(resp.Ext, "usageMetadata")
		a.usage(resp.Usage, own)
		usageLosses(&a.losses, resp.Usage)
	}
	a.identity(resp)
	a.ext(resp.Ext, "usageMetadata")
	a.shut('}')
	a.responseLosses(resp)
	return a.buf, a.losses.List, nil
}

// promptBlocked reports whether the answer is that the prompt was blocked,
// which has no candidate.
func promptBlocked(feedback llm.Raw, choices []llm.Choice) bool {
	if reason, _ := wirejson.Text(wirejson.Member(feedback, "blockReason")); reason == "" {
		return false
	}
	for i := range choices {
		if len(choices[i].Blocks) > 0 || choices[i].Finish != llm.FinishContentFilter {
			return false
		}
	}
	return true
}

// identity writes what names the answer.
func (a *answer) identity(resp *llm.Response) {
	model := resp.Model
	if model == "" && a.req != nil {
		model = a.req.Model
	}
	a.strIf("modelVersion", model)
	if _, own := get(resp.Ext, "createTime"); !own && resp.Created > 0 {
		a.str("createTime", time.Unix(resp.Created, 0).UTC().Format(time.RFC3339))
	}
	a.strIf("responseId", resp.ID)
}

func (a *answer) responseLosses(resp *llm.Response) {
	a.dropIf(resp.ServiceTier != "", "service_tier")
	a.dropIf(resp.SystemFingerprint != "", "system_fingerprint")
	a.foreign(resp.Ext, "")
}

// candidate writes one choice.
func (a *answer) candidate(c *llm.Choice) {
	at := place("choices[%d]", c.Index)
	var parts []llm.Block
	var notes annotations
	for j, b := range c.Blocks {
		for _, s := range a.say(b, place("%s.content[%d]", at, j)) {
			if t, ok := s.(*llm.Text); ok {
				notes.text(t, len(parts))
			}
			parts = append(apart(parts, s), s)
		}
	}
	a.foreign(c.Ext, at)
	a.open('{')
	a.object("content", func() {
		if len(parts) > 0 {
			a.parts(parts)
		}
		a.str("role", "model")
	})
	a.ending(&llm.Event{
		Finish: c.Finish, FinishRaw: c.FinishRaw, Explanation: c.Explanation,
		StopSequence: c.StopSequence, Choice: c.Index, Ext: c.Ext,
	}, &notes)
	a.shut('}')
}

// thoughtGap stands between thoughts that would be read as one.
const thoughtGap = "\n\n"

// apart puts a gap behind the last part where it and next are thinking that
// nothing tells from each other.
func apart(parts []llm.Block, next llm.Block) []llm.Block {
	if _, ok := next.(*llm.Reasoning); !ok || len(parts) == 0 {
		return parts
	}
	last := &parts[len(parts)-1]
	if r, ok := (*last).(*llm.Reasoning); ok && r.Signature == nil {
		spaced := *r
		spaced.Text += thoughtGap
		*last = &spaced
	}
	return parts
}

// ending writes what stands behind the content of a candidate.
func (a *answer) ending(fin *llm.Event, notes *annotations) {
	if own, ok := get(fin.Ext, "finishReason"); ok && finishOf(textOf(own), false) == fin.Finish {
		a.raw("finishReason", own)
	} else {
		a.strIf("finishReason", finishWord(fin.Finish, fin.FinishRaw, &a.losses))
	}
	if fin.Explanation != "" {
		a.str("finishMessage", fin.Explanation)
	}
	a.int("index", int64(fin.Choice))
	if _, own := get(fin.Ext, "logprobsResult"); !own && len(notes.logprobs) > 0 {
		if !a.logprobsResult(notes.logprobs) {
			a.losses.Drop("logprobs", "logprobs")
		}
	}
	if list := notes.foreign(fin.Ext); len(list) > 0 {
		a.grounding(list)
	}
	a.ext(fin.Ext, "finishReason")
}

func textOf(v llm.Raw) string {
	s, _ := wirejson.Text(v)
	return s
}

// say translates a block of an answer into parts.
func (a *answer) say(b llm.Block, at string) []llm.Block {
	switch b := b.(type) {
	case *llm.ToolCall:
		if c := a.answerCall(b, at); c != nil {
			return []llm.Block{c}
		}
		return nil
	case *llm.Reasoning:
		if !a.thoughts {
			return a.hidden(b)
		}
	case *llm.Text:
		out := *b
		out.Signature = a.signature(b.Signature, at)
		a.attrs(&b.Attrs, at)
		if out.Text == "" && out.Signature == nil && len(out.Ext) == 0 {
			return nil
		}
		return []llm.Block{&out}
	case *llm.ToolResult:
		r, beside := a.result(b, at, &pairing{})
		return append([]llm.Block{r}, beside...)
	}
	if s := a.sayable(b, at); s != nil {
		return []llm.Block{s}
	}
	return nil
}

// hidden keeps what must come back of thinking that is not shown: its signature.
func (a *answer) hidden(b *llm.Reasoning) []llm.Block {
	if b.Signature == nil || b.Signature.Origin.Protocol != llm.Gemini {
		return nil
	}
	return []llm.Block{&llm.Reasoning{Signature: b.Signature}}
}

// answerCall translates a call for the client, who knows its tools by the
// names it gave them.
func (a *answer) answerCall(c *llm.ToolCall, at string) *llm.ToolCall {
	a.attrs(&c.Attrs, at)
	if c.Kind == llm.ToolServer {
		if c.Native != nil && c.Native.Protocol == llm.Gemini {
			return c
		}
		a.losses.Drop("server_tool", at)
		return nil
	}
	out := *c
	if c.Namespace != "" {
		out.Name, out.Namespace = c.Namespace+"__"+c.Name, ""
	}
	out.Signature = a.signature(c.Signature, at)
	out.Input = a.arguments(c, at)
	return &out
}

// annotations gathers what stands on the texts of a candidate but is written
// beside its content.
type annotations struct {
	cited    []cited
	logprobs llm.Raw
}

// text takes the annotations of a text that is written as a part.
func (n *annotations) text(t *llm.Text, part int) {
	if len(t.Citations) > 0 {
		var ws widths
		ws.add(t.Text)
		for _, c := range t.Citations {
			n.cite(c, &ws, part)
		}
	}
	n.addLogprobs(t.Logprobs)
}

func (n *annotations) cite(c llm.Citation, ws *widths, part int) {
	out := cited{Citation: c, part: part}
	start, ok1 := ws.bytes(c.Start)
	end, ok2 := ws.bytes(c.End)
	if ok1 && ok2 && c.End > c.Start {
		out.start, out.end = start, end
	}
	n.cited = append(n.cited, out)
}

// addLogprobs joins the arrays of several texts.
func (n *annotations) addLogprobs(arr llm.Raw) {
	if len(arr) == 0 || len(n.logprobs) == 0 || wirejson.KindOf(arr) != '[' || wirejson.KindOf(n.logprobs) != '[' {
		if len(arr) > 0 {
			n.logprobs = arr
		}
		return
	}
	n.logprobs = jsonOf(func(w *writer) {
		w.open('[')
		for _, list := range []llm.Raw{n.logprobs, arr} {
			for _, v := range wirejson.Elements(list) {
				w.elem()
				w.value(v)
			}
		}
		w.shut(']')
	})
}

// foreign returns the citations that the candidate's own metadata does not tell.
func (n *annotations) foreign(ext llm.Ext) []cited {
	_, grounded := get(ext, "groundingMetadata")
	_, recited := get(ext, "citationMetadata")
	if grounded {
		return nil
	}
	var out []cited
	for _, c := range n.cited {
		if c.Protocol != llm.Gemini || !recited {
			out = append(out, c)
		}
	}
	return out
}

// cited is a citation with the place of its text in bytes, as this API counts.
type cited struct {
	llm.Citation
	part       int
	start, end int64 // both 0 when not known
}

// grounding writes citations of other protocols as groundingMetadata.
func (w *writer) grounding(list []cited) {
	w.object("groundingMetadata", func() {
		w.array("groundingChunks", func() {
			for _, c := range list {
				w.elem()
				w.open('{')
				w.object("web", func() {
					w.str("uri", c.URL)
					w.strIf("title", c.Title)
				})
				w.shut('}')
			}
		})
		w.array("groundingSupports", func() {
			for i, c := range list {
				if c.end > c.start {
					w.elem()
					w.support(i, c)
				}
			}
		})
	})
}

func (w *writer) support(chunk int, c cited) {
	w.open('{')
	w.object("segment", func() {
		if c.part > 0 {
			w.int("partIndex", int64(c.part))
		}
		if c.start > 0 {
			w.int("startIndex", c.start)
		}
		w.int("endIndex", c.end)
		w.strIf("text", c.Text)
	})
	w.array("groundingChunkIndices", func() { w.buf = strconv.AppendInt(w.buf, int64(chunk), 10) })
	w.shut('}')
}
