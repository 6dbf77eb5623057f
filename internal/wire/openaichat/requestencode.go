package openaichat

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Limits that OpenAI states in its errors.
const (
	maxUser  = 64
	maxStops = 4
)

// EncodeRequest renders req as the body of POST /chat/completions. It fails
// with KindUnsupported when no message is left to send.
func (Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	e := requestEncoder{req: req, to: to, vendor: dialectOf(to)}
	model := to.Model
	if model == "" {
		model = req.Model
	}
	e.family = openai.FamilyOf(model)
	e.w.B = append(make([]byte, 0, 4<<10), '{')
	e.w.Str("model", model)
	if said := e.messages(); !said {
		return nil, nil, wirejson.NothingLeft(req.Messages)
	}
	e.tools()
	e.sampling(model)
	e.reasoning()
	e.format()
	e.output()
	e.identity()
	e.stream()
	e.w.Ext(req.Ext, protocol, "stream_options")
	e.w.Close('}')
	e.unsaid()
	return &wire.Outbound{Path: "/chat/completions", Body: e.w.B}, e.losses.List, nil
}

// requestEncoder writes one request.
type requestEncoder struct {
	w      wirejson.Writer
	losses llm.Losses
	req    *llm.Request
	to     wire.Target
	vendor dialect
	family openai.Family
	// base and where name what is being written, for losses.
	base  string
	where place
}

// path names the block being written.
func (e *requestEncoder) path() string {
	if e.where.message < 0 {
		return e.base + wirejson.At(e.where.block)
	}
	return "messages" + wirejson.At(e.where.message) + ".content" + wirejson.At(e.where.block)
}

func (e *requestEncoder) drop(feature string) { e.losses.Drop(feature, e.path()) }

func (e *requestEncoder) approximate(feature string) { e.losses.Approximate(feature, e.path()) }

// sampling writes how tokens are drawn. The reasoning models of OpenAI refuse
// every such parameter that is not the default.
func (e *requestEncoder) sampling(model string) {
	r, s := e.req, &e.req.Sampling
	effort := ""
	if r.Reasoning != nil {
		effort = r.Reasoning.Effort
	}
	fixed := e.family.Fixed(effort)
	number := func(name string, v *float64, neutral float64) {
		if v != nil && fixed && *v != neutral {
			e.losses.Drop(name, name)
			return
		}
		e.w.OptFloat(name, v)
	}
	number("temperature", s.Temperature, 1)
	number("top_p", s.TopP, 1)
	if e.vendor.sampler && !e.family.Reasons {
		e.w.OptInt("top_k", s.TopK)
		e.w.OptFloat("min_p", s.MinP)
	} else {
		if s.TopK != nil {
			e.losses.Drop("top_k", "top_k")
		}
		if s.MinP != nil {
			e.losses.Drop("min_p", "min_p")
		}
	}
	number("frequency_penalty", s.FrequencyPenalty, 0)
	number("presence_penalty", s.PresencePenalty, 0)
	e.w.OptInt("seed", s.Seed)
	switch {
	case len(s.LogitBias) > 0 && fixed:
		e.losses.Drop("logit_bias", "logit_bias")
	default:
		e.w.OptRaw("logit_bias", s.LogitBias)
	}
	if fixed && s.Logprobs != nil && *s.Logprobs {
		e.losses.Drop("logprobs", "logprobs")
	} else {
		e.w.OptBool("logprobs", s.Logprobs)
		// Elsewhere the number alone asks; here the flag must stand beside it.
		if s.TopLogprobs != nil && s.Logprobs == nil && *s.TopLogprobs > 0 && !fixed {
			e.w.Bool("logprobs", true)
		}
		if !fixed || s.TopLogprobs == nil {
			e.w.OptInt("top_logprobs", s.TopLogprobs)
		}
	}
	e.w.OptInt("n", r.N)
	e.stop(fixed)
	e.w.OptInt(maxTokensName(model), r.MaxTokens)
}

func (e *requestEncoder) stop(fixed bool) {
	stops := e.req.Stop
	if len(stops) == 0 {
		return
	}
	if fixed {
		e.losses.Drop("stop", "stop")
		return
	}
	if len(stops) > maxStops && e.vendor.reference {
		e.losses.Approximate("stop", "stop")
		stops = stops[:maxStops]
	}
	e.w.Begin("stop", '[')
	for _, s := range stops {
		e.w.StrElem(s)
	}
	e.w.Close(']')
}

// format writes how the text of the answer is constrained.
func (e *requestEncoder) format() {
	f := e.req.Format
	if f == nil || f.Type == "" {
		return
	}
	e.foreignExt(f.Ext, "response_format")
	e.w.Begin("response_format", '{')
	e.w.Str("type", f.Type)
	if f.Type == "json_schema" {
		e.w.Begin("json_schema", '{')
		name := f.Name
		if name == "" {
			name = "response" // the protocol demands one
		}
		e.w.Str("name", name)
		e.w.OptStr("description", f.Description)
		e.w.OptRaw("schema", f.Schema)
		strict, lost := openai.Strict(f, e.req.Source)
		if lost {
			e.losses.Approximate("schema_strict", "response_format.strict")
		}
		e.w.OptBool("strict", strict)
		e.w.Ext(f.Ext, innerScope)
		e.w.Close('}')
	}
	e.w.Ext(f.Ext, protocol)
	e.w.Close('}')
}

// output writes what kinds of answer are wanted.
func (e *requestEncoder) output() {
	r := e.req
	if r.Verbosity != "" {
		if e.vendor.extras {
			e.w.Str("verbosity", r.Verbosity)
		} else {
			e.losses.Drop("verbosity", "verbosity")
		}
	}
	modalities := r.Modalities
	if e.vendor.reference {
		modalities = slices.DeleteFunc(slices.Clone(modalities), func(m string) bool {
			if m == "text" || m == "audio" {
				return false
			}
			e.losses.Drop(m+"_out", "modalities")
			return true
		})
	}
	plain := len(modalities) == 1 && modalities[0] == "text" && !e.vendor.extras
	if len(modalities) > 0 && !plain {
		e.w.Begin("modalities", '[')
		for _, m := range modalities {
			e.w.StrElem(m)
		}
		e.w.Close(']')
	}
	if a := r.AudioOut; a != nil {
		e.w.Begin("audio", '{')
		e.w.OptRaw("voice", a.Voice)
		e.w.OptStr("format", a.Format)
		e.w.Ext(a.Ext, protocol)
		e.w.Close('}')
	}
}

// identity writes who asks and how the request is served.
func (e *requestEncoder) identity() {
	r := e.req
	e.tier()
	if e.vendor.extras {
		e.w.OptBool("store", r.Store)
	} else if r.Store != nil && *r.Store {
		e.losses.Drop("store", "store")
	}
	e.metadata()
	safety := e.safetyIdentifier()
	e.w.OptStr("safety_identifier", safety)
	if r.User != "" && r.User != safety {
		user := r.User
		if len(user) > maxUser && e.vendor.reference {
			e.losses.Approximate("user", "user")
			sum := sha256.Sum256([]byte(user))
			user = hex.EncodeToString(sum[:])
		}
		e.w.Str("user", user)
	}
	if r.PromptCacheKey != "" {
		if e.vendor.cacheKey {
			e.w.Str("prompt_cache_key", r.PromptCacheKey)
		} else {
			e.losses.Drop("prompt_cache_key", "prompt_cache_key")
		}
	}
	if r.PromptCacheRetention != "" {
		if e.vendor.extras {
			e.w.Str("prompt_cache_retention", r.PromptCacheRetention)
		} else {
			e.losses.Drop("prompt_cache_retention", "prompt_cache_retention")
		}
	}
}

// safetyIdentifier returns the id that the client gave by that name. OpenAI
// knows it in all its protocols; others get what came in this one only.
func (e *requestEncoder) safetyIdentifier() string {
	ext := e.req.Ext
	for i := range ext {
		known := ext[i].Protocol == markScope || e.vendor.reference && strings.HasPrefix(string(ext[i].Protocol), "openai.")
		if ext[i].Name == "safety_identifier" && known {
			id, _ := wirejson.Text(ext[i].Value)
			return id
		}
	}
	return ""
}

func (e *requestEncoder) tier() {
	tier := e.req.ServiceTier
	switch {
	case tier == "":
	case !e.vendor.tier:
		if tier != "auto" && tier != "default" && !strings.HasPrefix(tier, "standard") {
			e.losses.Drop("service_tier", "service_tier")
		}
	case strings.HasPrefix(tier, "standard"): // Anthropic's and Gemini's word
		e.losses.Approximate("service_tier", "service_tier")
		e.w.Str("service_tier", "default")
	default:
		e.w.Str("service_tier", tier)
	}
}

// metadata writes the pairs. OpenAI takes them only of what it stores.
func (e *requestEncoder) metadata() {
	r := e.req
	if len(r.Metadata) == 0 {
		return
	}
	if !e.vendor.extras || e.vendor.reference && (r.Store == nil || !*r.Store) {
		e.losses.Drop("metadata", "metadata")
		return
	}
	e.w.Begin("metadata", '{')
	for _, kv := range r.Metadata {
		e.w.Str(kv.Key, kv.Value)
	}
	e.w.Close('}')
}

func (e *requestEncoder) stream() {
	options := ownMember(e.req.Ext, "stream_options")
	if !e.req.Stream {
		if e.req.IncludeUsage || options != nil {
			// Only a stream has options; a client that says them anyway is told so.
			e.streamOptions(options, e.req.IncludeUsage)
		}
		return
	}
	e.w.Bool("stream", true)
	usage := e.req.IncludeUsage || e.to.NeedUsage
	if usage || options != nil {
		e.streamOptions(options, usage)
	}
}

func (e *requestEncoder) streamOptions(rest llm.Raw, usage bool) {
	e.w.Begin("stream_options", '{')
	if usage {
		e.w.Bool("include_usage", true)
	}
	for name, v := range wirejson.Members(rest) {
		e.w.Raw(string(name), v)
	}
	e.w.Close('}')
}

// unsaid notes what the request asks and the protocol has no words for.
func (e *requestEncoder) unsaid() {
	r := e.req
	for _, f := range []struct {
		feature string
		asked   bool
	}{
		{"safety_settings", len(r.SafetySettings) > 0},
		{"previous_response_id", r.PreviousResponseID != ""},
		{"conversation", r.Conversation != ""},
		{"truncation", r.Truncation != "" && r.Truncation != "disabled"},
		{"background", r.Background != nil && *r.Background},
		{"include", wirejson.UnsaidIncludes(r)},
		{"suffix", r.Completion != nil && r.Completion.Suffix != ""},
		{"echo", r.Completion != nil && r.Completion.Echo},
		{"best_of", r.Completion != nil && r.Completion.BestOf != nil && *r.Completion.BestOf > 1},
	} {
		if f.asked {
			e.losses.Drop(f.feature, f.feature)
		}
	}
	e.foreignExt(r.Ext, "")
	if r.Completion != nil {
		e.foreignExt(r.Completion.Ext, "")
	}
}
