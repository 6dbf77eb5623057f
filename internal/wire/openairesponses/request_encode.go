package openairesponses

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Limits that the API states in its errors.
const (
	minOutputTokens = 16 // "integer below minimum value. Expected a value >= 16"
	maxUser         = 64 // "string too long. Expected a string with maximum length 64"
)

// EncodeRequest renders req as the body of POST /responses. It fails with
// KindUnsupported when it has messages and no item is left to send.
func (Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := requestEncoder{req: req, family: openai.FamilyOf(to.Model)}
	e.items = itemWriter{
		partWriter: partWriter{losses: &e.losses},
		ids:        callIDs(req.Messages),
		custom:     customCalls(req.Messages),
	}
	b := appendMember(append(make([]byte, 0, sizeHint(req)), '{'), "model", to.Model)
	b = e.instructions(b)
	empty := len(b) + len(`,"input":[]`)
	b = e.input(b)
	if len(b) == empty && len(req.Messages) > 0 {
		return nil, nil, wirejson.NothingLeft(req.Messages)
	}
	b = e.tools(b)
	b = e.sampling(b)
	b = e.state(b)
	b = e.identity(b)
	if req.Stream {
		b = append(b, `,"stream":true`...)
	}
	b = appendExt(b, req.Ext, markScope, "safety_identifier")
	b = append(appendExt(b, req.Ext, protocol), '}')
	e.unsaid()
	return &wire.Outbound{Path: "/responses", Body: b}, e.losses.List, nil
}

type requestEncoder struct {
	req    *llm.Request
	losses llm.Losses
	items  itemWriter
	family openai.Family
	asks   string // the effort written
}

func customCalls(messages []llm.Message) map[string]bool {
	var custom map[string]bool
	for i := range messages {
		for _, b := range messages[i].Blocks {
			if c, ok := b.(*llm.ToolCall); ok && c.Kind == llm.ToolCustom {
				if custom == nil {
					custom = map[string]bool{}
				}
				custom[c.CallID] = true
			}
		}
	}
	return custom
}

// instructions joins the system blocks: the member is one text.
func (e *requestEncoder) instructions(b []byte) []byte {
	var texts []string
	for i, block := range e.req.System {
		p := place{base: "system", message: -1, block: i, subBlock: -1}
		t, ok := block.(*llm.Text)
		if !ok {
			e.losses.Drop("system_media", p.String())
			continue
		}
		if t.Cache != nil {
			e.losses.Drop("cache_mark", p.String())
		}
		noteForeign(&e.losses, t.Ext, p.String())
		if t.Text != "" {
			texts = append(texts, t.Text)
		}
	}
	return appendOptional(b, "instructions", strings.Join(texts, "\n\n"))
}

func (e *requestEncoder) input(b []byte) []byte {
	b = append(wirejson.AppendName(b, "input"), '[')
	for i := range e.req.Messages {
		m := &e.req.Messages[i]
		if m.Name != "" {
			e.losses.Drop("message_name", "messages["+strconv.Itoa(i)+"].name")
		}
		noteForeign(&e.losses, m.Ext, "messages["+strconv.Itoa(i)+"]")
		switch m.Role {
		case llm.RoleAssistant, llm.RoleTool:
			b = e.turn(b, m, i)
		default:
			b = e.message(b, m, i)
		}
	}
	return append(b, ']')
}

// message appends a message of anyone but the assistant. Results of tools that
// stand in it become items of their own, before what is said.
func (e *requestEncoder) message(b []byte, m *llm.Message, index int) []byte {
	p := place{base: "messages", message: index, subBlock: -1}
	for i, block := range m.Blocks {
		if _, ok := block.(*llm.ToolResult); ok {
			p.block = i
			b = e.items.item(b, block, p)
		}
	}
	var content []byte
	for i, block := range m.Blocks {
		if _, ok := block.(*llm.ToolResult); !ok {
			p.block = i
			content = e.items.part(append(content, openOr(content)...), block, false, p)
		}
	}
	if len(m.Blocks) > 0 && len(content) <= 1 {
		return b // nothing of it can be said here
	}
	b = appendType(b, itemMessage)
	b = appendOptional(b, "id", m.ID)
	b = e.items.status(b, m.Ext, protocol)
	b = appendMember(b, "role", string(m.Role))
	b = wirejson.AppendName(b, "content")
	if content == nil {
		b = append(b, `""`...)
	} else {
		b = append(append(b, content...), ']')
	}
	return append(appendExt(b, m.Ext, protocol, "status"), '}')
}

// openOr opens the array before its first part.
func openOr(content []byte) string {
	if content == nil {
		return "["
	}
	return ""
}

// turn appends what the assistant did, or the results of tools, as items.
func (e *requestEncoder) turn(b []byte, m *llm.Message, index int) []byte {
	if len(m.Blocks) == 0 && m.Role == llm.RoleAssistant {
		return append(appendMember(appendType(b, itemMessage), "role", "assistant"), `,"content":""}`...)
	}
	p := place{base: "messages", message: index, subBlock: -1}
	for i := 0; i < len(m.Blocks); {
		p.block = i
		n := messageLen(m.Blocks[i:])
		if n > 0 {
			b = e.items.assistantMessage(b, m.Blocks[i:i+n], p)
			i += n
			continue
		}
		b = e.items.item(b, m.Blocks[i], p)
		i++
	}
	return b
}

// messageLen returns how many of the first blocks are parts of one message
// item; 0 when the first is an item of its own.
func messageLen(blocks []llm.Block) int {
	if !isPart(blocks[0]) {
		return 0
	}
	n := 1
	for n < len(blocks) && joins(blocks[n-1], blocks[n]) {
		n++
	}
	return n
}

func (e *requestEncoder) sampling(b []byte) []byte {
	r := e.req
	b = e.reasoning(b)
	b = appendTextConfig(b, e.formatted())
	if r.MaxTokens != nil {
		n := *r.MaxTokens
		if n < minOutputTokens {
			e.losses.Approximate("max_tokens", "max_tokens")
			n = minOutputTokens
		}
		b = strconv.AppendInt(wirejson.AppendName(b, "max_output_tokens"), n, 10)
	}
	b = e.drawn(b, "temperature", r.Sampling.Temperature)
	b = e.drawn(b, "top_p", r.Sampling.TopP)
	if n := r.Sampling.TopLogprobs; n != nil && *n > 0 && e.fixed() {
		e.losses.Drop("logprobs", "top_logprobs")
		return b
	}
	return appendInt(b, "top_logprobs", r.Sampling.TopLogprobs)
}

// foreign reports whether the request came by another protocol.
func (e *requestEncoder) foreign() bool { return e.req.Source != "" && e.req.Source != protocol }

// fixed reports whether the model draws its tokens as it likes: those that
// reason refuse parameters for it, unless they are told not to reason.
func (e *requestEncoder) fixed() bool {
	return e.foreign() && e.family.Fixed(e.asks)
}

// drawn appends a parameter of how tokens are drawn, for which 1 is neutral.
func (e *requestEncoder) drawn(b []byte, name string, v *float64) []byte {
	if v != nil && *v != 1 && e.fixed() {
		e.losses.Drop(name, name)
		return b
	}
	return appendFloat(b, name, v)
}

func appendFloat(b []byte, name string, f *float64) []byte {
	if f == nil {
		return b
	}
	return wirejson.AppendFloat(wirejson.AppendName(b, name), *f)
}

func appendInt(b []byte, name string, n *int64) []byte {
	if n == nil {
		return b
	}
	return strconv.AppendInt(wirejson.AppendName(b, name), *n, 10)
}

func appendBool(b []byte, name string, v *bool) []byte {
	if v == nil {
		return b
	}
	return strconv.AppendBool(wirejson.AppendName(b, name), *v)
}

// state appends what the upstream keeps, and how.
func (e *requestEncoder) state(b []byte) []byte {
	r := e.req
	b = appendOptional(b, "truncation", r.Truncation)
	b = appendBool(b, "store", r.Store)
	b = appendBool(b, "background", r.Background)
	b = appendOptional(b, "previous_response_id", r.PreviousResponseID)
	if ownMember(r.Ext, protocol, "conversation") == nil {
		b = appendOptional(b, "conversation", r.Conversation)
	}
	include := r.Include
	if r.Sampling.Logprobs != nil && *r.Sampling.Logprobs && !slices.Contains(include, includeLogprobs) {
		include = append(slices.Clip(include), includeLogprobs)
	}
	if len(include) == 0 {
		return b
	}
	b = append(wirejson.AppendName(b, "include"), '[')
	for _, s := range include {
		b = wirejson.AppendText(wirejson.AppendSep(b), s)
	}
	return append(b, ']')
}

// identity appends who asks and how the request is served.
func (e *requestEncoder) identity(b []byte) []byte {
	r := e.req
	b = appendMetadata(b, r.Metadata)
	safety := safetyIdentifier(r.Ext)
	b = appendOptional(b, "safety_identifier", safety)
	if r.User != "" && r.User != safety {
		user := r.User
		if len(user) > maxUser {
			e.losses.Approximate("user", "user")
			sum := sha256.Sum256([]byte(user))
			user = hex.EncodeToString(sum[:])
		}
		b = appendMember(b, "user", user)
	}
	b = appendOptional(b, "prompt_cache_key", r.PromptCacheKey)
	b = appendOptional(b, "prompt_cache_retention", r.PromptCacheRetention)
	tier := r.ServiceTier
	if strings.HasPrefix(tier, "standard") { // Anthropic's and Gemini's word
		e.losses.Approximate("service_tier", "service_tier")
		tier = "default"
	}
	return appendOptional(b, "service_tier", tier)
}

// safetyIdentifier returns the id that the client gave by that name, which the
// protocols of OpenAI share.
func safetyIdentifier(ext llm.Ext) string {
	for i := range ext {
		if ext[i].Name == "safety_identifier" && strings.HasPrefix(string(ext[i].Protocol), "openai.") {
			id, _ := wirejson.Text(ext[i].Value)
			return id
		}
	}
	return ""
}

func appendMetadata(b []byte, pairs []llm.KeyValue) []byte {
	if len(pairs) == 0 {
		return b
	}
	b = append(wirejson.AppendName(b, "metadata"), '{')
	for _, kv := range pairs {
		b = appendMember(b, kv.Key, kv.Value)
	}
	return append(b, '}')
}

// unsaid notes what the request asks and the protocol has no words for.
func (e *requestEncoder) unsaid() {
	r, s := e.req, e.req.Sampling
	own := func(name string) bool { return ownMember(r.Ext, markScope, name) != nil }
	for _, f := range []struct {
		feature string
		asked   bool
	}{
		{"stop", len(r.Stop) > 0},
		{"n", r.N != nil && *r.N > 1},
		{"top_k", s.TopK != nil},
		{"min_p", s.MinP != nil},
		{"seed", s.Seed != nil},
		{"logit_bias", len(s.LogitBias) > 0},
		{"frequency_penalty", s.FrequencyPenalty != nil && !own("frequency_penalty")},
		{"presence_penalty", s.PresencePenalty != nil && !own("presence_penalty")},
		{"audio_out", r.AudioOut != nil || slices.Contains(r.Modalities, "audio")},
		{"image_out", slices.Contains(r.Modalities, "image")},
		{"safety_settings", len(r.SafetySettings) > 0},
		{"suffix", r.Completion != nil && r.Completion.Suffix != ""},
		{"echo", r.Completion != nil && r.Completion.Echo},
		{"best_of", r.Completion != nil && r.Completion.BestOf != nil && *r.Completion.BestOf > 1},
	} {
		if f.asked {
			e.losses.Drop(f.feature, f.feature)
		}
	}
	noteForeign(&e.losses, r.Ext, "")
	if r.Reasoning != nil {
		noteForeign(&e.losses, r.Reasoning.Ext, "reasoning")
	}
	if r.ToolChoice != nil {
		noteForeign(&e.losses, r.ToolChoice.Ext, "tool_choice")
	}
	if r.Format != nil {
		noteForeign(&e.losses, r.Format.Ext, "response_format")
	}
	if r.Completion != nil {
		noteForeign(&e.losses, r.Completion.Ext, "")
	}
}

// noteForeign notes members that only another protocol knows.
func noteForeign(losses *llm.Losses, ext llm.Ext, path string) {
	for i := range ext {
		if wirejson.Foreign(ext[i], protocol) {
			losses.Drop("extension", strings.TrimPrefix(path+"."+ext[i].Name, "."))
		}
	}
}
