package openaichat

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// messages writes the conversation: the instructions first, then each message,
// results of tools right behind the message that called them. It reports
// whether anything of the conversation is said, or there is none but the
// instructions.
func (e *requestEncoder) messages() (said bool) {
	e.w.Begin("messages", '[')
	e.system()
	said = len(e.req.Messages) == 0 && len(e.w.B) > 0 && e.w.B[len(e.w.B)-1] != '['
	empty := len(e.w.B)
	found := findResults(e.req.Messages)
	for i := range e.req.Messages {
		m := &e.req.Messages[i]
		e.where = place{i, 0}
		e.foreignExt(m.Ext, "messages"+wirejson.At(i))
		switch m.Role {
		case llm.RoleAssistant:
			e.assistant(m, i, &found)
		case llm.RoleTool:
			e.stray(m, i, &found)
		default:
			e.spoken(m, i, &found)
		}
	}
	said = said || len(e.w.B) > empty
	e.w.Close(']')
	return said
}

// system writes what stands outside the conversation as one message.
func (e *requestEncoder) system() {
	var texts []*llm.Text
	e.base = "system"
	cached := false
	for i, b := range e.req.System {
		e.where = place{-1, i}
		t, ok := b.(*llm.Text)
		switch {
		case !ok:
			e.drop("system_media")
			continue
		case t.Text == "":
			continue
		}
		cached = cached || e.cacheable(t.Cache)
		texts = append(texts, t)
	}
	if len(texts) == 0 {
		return
	}
	e.w.Open('{')
	e.w.Str("role", string(llm.RoleSystem))
	if cached { // only parts carry marks
		e.w.Begin("content", '[')
		for i, t := range texts {
			e.where = place{-1, i}
			e.text(t)
		}
		e.w.Close(']')
	} else {
		all := make([]string, len(texts))
		for i, t := range texts {
			all[i] = t.Text
			e.foreignExt(t.Ext, "system"+wirejson.At(i))
		}
		e.w.Str("content", strings.Join(all, "\n\n"))
	}
	e.w.Close('}')
}

// cacheable reports whether a cache mark may go out, and notes when not.
func (e *requestEncoder) cacheable(c *llm.CacheMark) bool {
	if c == nil {
		return false
	}
	breakpoint := ownMember(c.Ext, "prompt_cache_breakpoint") != nil
	ok := e.vendor.cacheMarks || !e.vendor.known && wirejson.HasExt(c.Ext, protocol) || e.vendor.reference && breakpoint
	if !ok {
		e.drop("cache_mark")
	}
	return ok
}

// cache writes a mark if the vendor takes it.
func (e *requestEncoder) cache(c *llm.CacheMark) {
	if !e.cacheable(c) {
		return
	}
	if own := ownMember(c.Ext, "prompt_cache_breakpoint"); own != nil {
		e.w.Raw("prompt_cache_breakpoint", own)
		return
	}
	writeCache(&e.w, c)
}

// spoken writes a message of anyone but the assistant and the tools.
func (e *requestEncoder) spoken(m *llm.Message, index int, found *results) {
	e.stray(m, index, found)
	blocks := make([]llm.Block, 0, len(m.Blocks))
	places := make([]int, 0, len(m.Blocks))
	for i, b := range m.Blocks {
		if _, ok := b.(*llm.ToolResult); !ok {
			blocks, places = append(blocks, b), append(places, i)
		}
	}
	if len(blocks) == 0 && len(m.Blocks) > 0 {
		return
	}
	start := len(e.w.B)
	e.w.Open('{')
	role := string(m.Role)
	if m.Role == llm.RoleDeveloper && !e.vendor.developer {
		e.losses.Approximate("developer_role", "messages"+wirejson.At(index)+".role")
		role = string(llm.RoleSystem)
	}
	e.w.Str("role", role)
	e.w.OptStr("name", m.Name)
	if !e.content(blocks, func(i int) { e.where = place{index, places[i]} }) && len(blocks) > 0 {
		e.w.B = e.w.B[:start] // nothing of it can be said here
		return
	}
	e.w.Ext(m.Ext, protocol)
	e.w.Close('}')
}

// content writes the content member: a text where it is one, else parts. It
// reports whether there is any. at is told which block is written.
func (e *requestEncoder) content(blocks []llm.Block, at func(i int)) bool {
	if len(blocks) == 0 {
		e.w.Str("content", "")
		return false
	}
	at(0)
	if t, ok := blocks[0].(*llm.Text); ok && len(blocks) == 1 && e.bare(t) {
		e.signature(t.Signature)
		if len(t.Ext) > 0 {
			e.foreignExt(t.Ext, e.path())
		}
		e.w.Str("content", t.Text)
		return true
	}
	e.w.Begin("content", '[')
	for i, b := range blocks {
		at(i)
		e.part(b)
	}
	if e.w.B[len(e.w.B)-1] == '[' {
		e.w.B = append(e.w.B[:len(e.w.B)-1], `""`...)
		return false
	}
	e.w.Close(']')
	return true
}

// bare reports whether a text holds nothing that only a part can.
func (e *requestEncoder) bare(t *llm.Text) bool {
	return t.Text != "" && !e.cacheable(t.Cache) && !wirejson.HasExt(t.Ext, protocol)
}

// signature reports whether s may go out, and notes when not.
func (e *requestEncoder) signature(s *llm.Signature) bool {
	switch {
	case s == nil:
		return false
	case s.Origin.Protocol != protocol, !e.vendor.signatures,
		s.Origin.Vendor != "" && e.to.Vendor != "" && s.Origin.Vendor != e.to.Vendor:
		e.drop("foreign_signature")
		return false
	}
	return true
}

// assistantOut is a message of the assistant, its blocks sorted out.
type assistantOut struct {
	thoughts []*llm.Reasoning
	said     []llm.Block
	places   []int           // of said
	cites    wirejson.Writer // elements
	runes    int64           // of the texts so far
	images   []*llm.Media
	audio    *llm.Media
	calls    []*llm.ToolCall
	legacy   *llm.ToolCall
}

// sort splits the blocks of a message over the members that hold them.
func (e *requestEncoder) sort(m *llm.Message, index int) assistantOut {
	var out assistantOut
	for i, b := range m.Blocks {
		e.where = place{index, i}
		called := len(out.calls) > 0 || out.legacy != nil
		switch b := b.(type) {
		case *llm.Reasoning:
			out.thoughts = append(out.thoughts, b)
		case *llm.Text, *llm.Refusal, *llm.Opaque:
			if called {
				e.approximate("block_order")
			}
			if t, ok := b.(*llm.Text); ok {
				e.cite(&out, t)
				if t.Phase != "" {
					e.drop("phase")
				}
			}
			out.said, out.places = append(out.said, b), append(out.places, i)
		case *llm.Media:
			e.sortMedia(&out, b, i)
		case *llm.ToolCall:
			switch {
			case b.Kind == llm.ToolServer && !isOwn(b.Native):
				e.drop("server_tool")
			case marked(b.Ext, markLegacy) && out.legacy == nil:
				out.legacy = b
			default:
				out.calls = append(out.calls, b)
			}
		case *llm.ServerToolResult:
			e.drop("server_tool")
		}
	}
	return out
}

// cite appends the citations of a text: the protocol's own as they came, others
// by what all protocols share. The texts before it are of the same content, so
// that its places count from where it begins.
func (e *requestEncoder) cite(out *assistantOut, t *llm.Text) {
	start := out.runes
	out.runes += int64(utf8.RuneCountInString(t.Text))
	translates := e.vendor.reference || !e.vendor.known // others may refuse the member
	for i := range t.Citations {
		c := &t.Citations[i]
		switch {
		case c.Protocol != protocol && !translates, !appendCitation(&out.cites, c, start, out.runes):
			e.drop("citations")
		case c.Text != "" && c.Protocol != protocol: // what is cited
			e.approximate("citations")
		}
	}
}

// sortMedia takes what a model made: sound by its id, else by what was said in
// it, and pictures where the vendor is not OpenAI.
func (e *requestEncoder) sortMedia(out *assistantOut, m *llm.Media, index int) {
	switch {
	case m.Kind == llm.MediaAudio && (m.FileID != "" || m.ID != "" && wirejson.HasExt(m.Ext, protocol)) && out.audio == nil:
		out.audio = m
	case m.Kind == llm.MediaAudio && m.Transcript != "":
		e.approximate("audio_out")
		out.said = append(out.said, &llm.Text{Text: m.Transcript})
		out.places = append(out.places, index)
	case m.Kind == llm.MediaImage && e.vendor.images && mediaURL(m) != "":
		out.images = append(out.images, m)
	default:
		e.drop(string(m.Kind) + "_out")
	}
}

func (e *requestEncoder) assistant(m *llm.Message, index int, found *results) {
	out := e.sort(m, index)
	start := len(e.w.B)
	e.w.Open('{')
	e.w.Str("role", string(llm.RoleAssistant))
	e.w.OptStr("name", m.Name)
	empty := len(e.w.B)
	e.thoughts(m, index)
	e.assistantContent(index, &out)
	e.w.Ext(m.Ext, protocol)
	if len(out.cites.B) > 0 {
		e.w.Begin("annotations", '[')
		e.w.B = append(append(e.w.B, out.cites.B...), ']')
	}
	if len(out.images) > 0 {
		e.w.Begin("images", '[')
		for _, img := range out.images {
			e.urlPart("image_url", img)
		}
		e.w.Close(']')
	}
	if out.audio != nil {
		e.w.Begin("audio", '{')
		id := out.audio.FileID
		if id == "" {
			id = out.audio.ID
		}
		e.w.Str("id", id)
		e.w.Ext(out.audio.Ext, protocol, "expires_at")
		e.w.Close('}')
	}
	answered := e.calls(m, index, &out, found)
	bare := len(e.w.B) == empty+len(`,"content":""`) && bytes.HasSuffix(e.w.B, []byte(`:""`))
	e.w.Close('}')
	if bare && len(m.Blocks) > 0 {
		e.w.B = e.w.B[:start] // nothing of it can be said here
	}
	e.results(answered, found)
}

// assistantContent writes content: null where the message only calls tools.
func (e *requestEncoder) assistantContent(index int, out *assistantOut) {
	if e.vendor.thoughts == thoughtsParts && slices.ContainsFunc(out.thoughts, readable) {
		e.thinkingParts(index, out)
		return
	}
	if len(out.said) == 0 && (len(out.calls) > 0 || out.legacy != nil || out.audio != nil) {
		e.w.Null("content")
		return
	}
	e.content(out.said, func(i int) { e.where = place{index, out.places[i]} })
}

func readable(r *llm.Reasoning) bool { return plainThought(r) != "" }

// thinkingParts writes content with the thinking as parts before the text.
func (e *requestEncoder) thinkingParts(index int, out *assistantOut) {
	e.w.Begin("content", '[')
	for _, r := range out.thoughts {
		if text := plainThought(r); text != "" {
			e.w.Open('{')
			e.w.Str("type", "thinking")
			e.w.Begin("thinking", '[')
			e.w.Open('{')
			e.w.Str("type", "text")
			e.w.Str("text", text)
			e.w.B = append(e.w.B, "}]}"...)
		}
	}
	for i, b := range out.said {
		e.where = place{index, out.places[i]}
		e.part(b)
	}
	e.w.Close(']')
}

// thoughts writes the thinking of a message as far as the vendor takes it.
func (e *requestEncoder) thoughts(m *llm.Message, index int) {
	var plain []string
	var structured []*llm.Reasoning
	for i, b := range m.Blocks {
		r, ok := b.(*llm.Reasoning)
		if !ok {
			continue
		}
		e.where = place{index, i}
		text := plainThought(r)
		e.foreignExt(r.Ext, e.path())
		own := isDetail(r) || marked(r.Ext, markThinking)
		switch {
		case own && e.vendor.details:
			structured = append(structured, r)
			continue
		case text == "":
			e.foreign(r)
			continue
		}
		e.foreign(r)
		switch e.vendor.thoughts {
		case thoughtsNone:
			e.drop("reasoning_history")
		case thoughtsParts:
		default:
			plain = append(plain, text)
		}
	}
	if len(plain) > 0 {
		e.w.Str(e.vendor.thoughts, strings.Join(plain, summaryGap))
	}
	thoughtWriter{w: &e.w, sign: e.signature}.structured(structured)
}

// foreign notes the signatures of thinking of which only the text goes out.
func (e *requestEncoder) foreign(r *llm.Reasoning) {
	if r.Signature != nil || r.Encrypted != nil {
		e.drop("foreign_signature")
	}
}

// calls writes the calls of a message and returns where their results stand.
func (e *requestEncoder) calls(m *llm.Message, index int, out *assistantOut, found *results) []place {
	if out.legacy != nil {
		e.w.Begin("function_call", '{')
		e.w.Str("name", wireName(out.legacy.Namespace, out.legacy.Name))
		e.w.Str("arguments", string(out.legacy.Input))
		e.w.Ext(out.legacy.Ext, innerScope)
		e.w.Close('}')
	}
	var answered []place
	if out.legacy != nil {
		if at, ok := found.take(out.legacy.CallID, "", index); ok {
			answered = append(answered, at)
		}
	}
	if len(out.calls) > 0 {
		e.w.Begin("tool_calls", '[')
		used := map[string]bool{}
		for _, c := range out.calls {
			id := callID(c.CallID, e.vendor.shortIDs)
			for used[id] { // protocols without ids may give one to several calls
				id = callID(id+"+", e.vendor.shortIDs)
			}
			used[id] = true
			e.where.block = slices.Index(m.Blocks, llm.Block(c))
			e.call(c, id)
			if at, ok := found.take(c.CallID, id, index); ok {
				answered = append(answered, at)
			}
		}
		e.w.Close(']')
	}
	slices.SortFunc(answered, func(a, b place) int {
		if a.message != b.message {
			return a.message - b.message
		}
		return a.block - b.block
	})
	return answered
}

func (e *requestEncoder) call(c *llm.ToolCall, id string) {
	if c.Kind == llm.ToolServer {
		e.w.Elem(c.Native.Raw)
		return
	}
	e.foreignExt(c.Ext, e.path())
	e.w.Open('{')
	e.w.Str("id", id)
	if c.Kind == llm.ToolCustom && !e.customs() {
		e.approximate("custom_tool")
		free := *c
		free.Kind = llm.ToolFunction
		free.Input = append(wirejson.AppendText([]byte(`{"input":`), c.Input), '}')
		c = &free
	}
	writeCallBody(&e.w, c)
	e.cache(c.Cache)
	if e.signature(c.Signature) {
		writeCallSignature(&e.w, c)
	}
	e.w.Ext(c.Ext, protocol)
	e.w.Close('}')
}

// writeCallBody writes type and the object named by it.
func writeCallBody(w *wirejson.Writer, c *llm.ToolCall) {
	kind, member := "function", "arguments"
	if c.Kind == llm.ToolCustom {
		kind, member = "custom", "input"
	}
	w.Str("type", kind)
	w.Begin(kind, '{')
	w.Str("name", wireName(c.Namespace, c.Name))
	input := string(c.Input)
	if input == "" && c.Kind != llm.ToolCustom {
		input = "{}"
	}
	w.Str(member, input)
	w.Ext(c.Ext, innerScope)
	w.Close('}')
}

// writeCallSignature writes Google's thought signature, unless what it came in
// stands in Ext.
func writeCallSignature(w *wirejson.Writer, c *llm.ToolCall) {
	if ownMember(c.Ext, "extra_content") != nil || ownMember(c.Ext, "thought_signature") != nil {
		return
	}
	w.Begin("extra_content", '{')
	w.Begin("google", '{')
	w.Str("thought_signature", c.Signature.Data)
	w.B = append(w.B, "}}"...)
}

// results writes the results that answer one message, and behind them, as the
// user's, the media that a tool's message cannot hold.
func (e *requestEncoder) results(answered []place, found *results) {
	var media []place
	for _, at := range answered {
		res, ok := e.req.Messages[at.message].Blocks[at.block].(*llm.ToolResult)
		if !ok {
			continue
		}
		e.where = at
		if e.result(res, found.taken[at]) {
			media = append(media, at)
		}
	}
	e.toolMedia(media, found)
}

// stray writes results that no call before them asks for, or asked for in
// another message; the upstream says what it thinks of them.
func (e *requestEncoder) stray(m *llm.Message, index int, found *results) {
	var media []place
	for i, b := range m.Blocks {
		at := place{index, i}
		res, ok := b.(*llm.ToolResult)
		if _, done := found.taken[at]; !ok || done {
			continue
		}
		e.where = at
		found.taken[at] = callID(res.CallID, e.vendor.shortIDs)
		if e.result(res, found.taken[at]) {
			media = append(media, at)
		}
	}
	e.toolMedia(media, found)
}

// result writes one result. It reports whether media are left to be written.
func (e *requestEncoder) result(res *llm.ToolResult, id string) (rest bool) {
	e.w.Open('{')
	if marked(res.Ext, markLegacy) {
		e.w.Str("role", "function")
	} else {
		e.w.Str("role", string(llm.RoleTool))
		e.w.Str("tool_call_id", id)
	}
	e.w.OptStr("name", res.Name)
	if res.IsError {
		e.drop("tool_result_error")
	}
	e.foreignExt(res.Ext, e.path())
	here := make([]llm.Block, 0, len(res.Blocks))
	for _, b := range res.Blocks {
		if m, ok := b.(*llm.Media); ok && (!marked(m.Ext, markInTool) || e.vendor.reference) {
			rest = true
			continue
		}
		here = append(here, b)
	}
	e.content(here, func(int) {})
	e.cache(res.Cache)
	e.w.Ext(res.Ext, protocol)
	e.w.Close('}')
	return rest
}

// toolMedia writes media of results as a message of the user.
func (e *requestEncoder) toolMedia(answered []place, found *results) {
	if len(answered) == 0 {
		return
	}
	start := len(e.w.B)
	e.w.Open('{')
	e.w.Str("role", string(llm.RoleUser))
	e.w.Begin("content", '[')
	wrote := false
	for _, at := range answered {
		res, ok := e.req.Messages[at.message].Blocks[at.block].(*llm.ToolResult)
		if !ok {
			continue
		}
		e.where = at
		begin := len(e.w.B)
		e.text(&llm.Text{Text: "Media of the result of tool call " + found.taken[at] + ":"})
		empty := len(e.w.B)
		for _, b := range res.Blocks {
			if m, ok := b.(*llm.Media); ok {
				e.part(m)
			}
		}
		if len(e.w.B) == empty { // the losses are noted
			e.w.B = e.w.B[:begin]
			continue
		}
		e.approximate("tool_result_media")
		wrote = true
	}
	if !wrote {
		e.w.B = e.w.B[:start]
		return
	}
	e.w.B = append(e.w.B, "]}"...)
}
