package gemini

import (
	"fmt"
	"math"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// encoder renders one request.
type encoder struct {
	writer
	codec  Codec
	req    *llm.Request
	model  model
	losses llm.Losses
}

// foreignSource reports whether the request came by another protocol.
func (e *encoder) foreignSource() bool {
	return e.req != nil && e.req.Source != "" && e.req.Source != llm.Gemini
}

// EncodeRequest renders req as generateContent or streamGenerateContent.
func (c Codec) EncodeRequest(req *llm.Request, to wire.Target) (*wire.Outbound, []llm.Loss, error) {
	name := to.Model
	if name == "" {
		name = req.Model
	}
	if name == "" {
		return nil, nil, llm.Errorf(llm.KindUnsupported, "model_required", "the Gemini API takes the model from the URL; name one")
	}
	path, err := modelPath(name)
	if err != nil {
		return nil, nil, err
	}
	e := &encoder{codec: c, req: req, model: parseModel(name)}
	e.buf = make([]byte, 0, sizeHint(req))
	e.open('{')
	turns := e.turns()
	system := e.system(&turns)
	if len(turns) == 0 && len(req.Messages) > 0 {
		return nil, nil, wirejson.NothingLeft(req.Messages)
	}
	e.contents(turns)
	if system != nil {
		e.raw("systemInstruction", system)
	}
	e.tools()
	e.toolConfig()
	if len(req.SafetySettings) > 0 {
		e.raw("safetySettings", req.SafetySettings)
	}
	e.generationConfig()
	e.rest()
	e.shut('}')
	out := &wire.Outbound{Path: path + ":generateContent", Body: e.buf}
	if req.Stream {
		out.Path, out.Query = path+":streamGenerateContent", "alt=sse"
	}
	return out, e.losses.List, nil
}

// sizeHint estimates the length of the body, so that it is not copied while it
// grows: the contents and a little for the words around each.
func sizeHint(req *llm.Request) int {
	const around = 64
	n := 1 << 10
	var count func(blocks []llm.Block)
	count = func(blocks []llm.Block) {
		for _, b := range blocks {
			n += around
			switch b := b.(type) {
			case *llm.Text:
				n += len(b.Text) + len(b.Text)/16
			case *llm.Reasoning:
				n += len(b.Text) + len(b.Text)/16
			case *llm.Media:
				n += len(b.Data) + len(b.URL)
			case *llm.ToolCall:
				n += len(b.Input)
			case *llm.ToolResult:
				count(b.Blocks)
			}
		}
	}
	count(req.System)
	for i := range req.Messages {
		count(req.Messages[i].Blocks)
	}
	for i := range req.Tools {
		n += around + len(req.Tools[i].Description) + len(req.Tools[i].Schema)
	}
	return n
}

// lifted are the prefixes of members that came from nested objects, in the
// order in which these are written.
var lifted = []string{"systemInstruction.", "toolConfig.", "generationConfig."}

// rest writes the top-level members that stand at the end, and notes what this
// protocol has no words for.
func (e *encoder) rest() {
	r := e.req
	switch r.ServiceTier {
	case "", "auto":
	case "default", "standard_only":
		e.losses.Approximate("service_tier", "service_tier")
		e.str("serviceTier", "standard")
	case "standard", "flex", "priority":
		e.str("serviceTier", r.ServiceTier)
	default:
		e.losses.Drop("service_tier", "service_tier")
	}
	_, labels := get(r.Ext, "labels")
	_, store := get(r.Ext, "store")
	e.dropIf(len(r.Metadata) > 0 && !labels, "metadata")
	e.dropIf(r.Store != nil && *r.Store && !store, "store")
	e.dropIf(wirejson.UnsaidIncludes(r), "include")
	e.dropIf(r.User != "", "user")
	e.dropIf(r.PromptCacheKey != "", "prompt_cache_key")
	e.dropIf(r.PromptCacheRetention != "", "prompt_cache_retention")
	e.dropIf(r.PreviousResponseID != "", "previous_response_id")
	e.dropIf(r.Conversation != "", "conversation")
	e.dropIf(r.Truncation != "" && r.Truncation != "disabled", "truncation")
	e.dropIf(r.Background != nil && *r.Background, "background")
	e.dropIf(r.Verbosity != "", "verbosity")
	e.dropIf(r.ParallelTools != nil && !*r.ParallelTools, "parallel_tools")
	e.completion()
	for _, m := range r.Ext {
		switch {
		case m.Protocol == markScope: // labels and store
			e.raw(m.Name, m.Value)
		case wirejson.Foreign(m, llm.Gemini):
			e.losses.Drop("extension", m.Name)
		case m.Protocol == llm.Gemini && !hasPrefix(m.Name, lifted):
			e.raw(m.Name, m.Value)
		}
	}
}

func (e *encoder) dropIf(given bool, feature string) {
	if given {
		e.losses.Drop(feature, feature)
	}
}

func (e *encoder) completion() {
	c := e.req.Completion
	if c == nil {
		return
	}
	e.dropIf(c.Suffix != "", "suffix")
	e.dropIf(c.Echo, "echo")
	e.dropIf(c.BestOf != nil && *c.BestOf > 1, "best_of")
	e.foreign(c.Ext, "")
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// foreign notes the members that belong to other protocols.
func (e *encoder) foreign(ext llm.Ext, path string) {
	for _, m := range ext {
		if wirejson.Foreign(m, llm.Gemini) {
			e.losses.Drop("extension", strings.TrimPrefix(path+"."+m.Name, "."))
		}
	}
}

// under writes this protocol's members that were lifted out of the object name.
func (w *writer) under(ext llm.Ext, name string, skip ...string) {
	for _, m := range ext {
		inner, ok := strings.CutPrefix(m.Name, name+".")
		if !ok || m.Protocol != llm.Gemini {
			continue
		}
		skipped := false
		for _, s := range skip {
			skipped = skipped || s == inner
		}
		if !skipped {
			w.raw(inner, m.Value)
		}
	}
}

// nonEmpty writes an object member unless fill writes nothing.
func (w *writer) nonEmpty(name string, fill func()) {
	before := len(w.buf)
	w.key(name)
	w.open('{')
	start := len(w.buf)
	fill()
	if len(w.buf) == start {
		w.buf = w.buf[:before]
		return
	}
	w.shut('}')
}

func (e *encoder) generationConfig() {
	e.nonEmpty("generationConfig", func() {
		s := &e.req.Sampling
		e.floatIf("temperature", s.Temperature)
		e.floatIf("topP", s.TopP)
		e.intIf("topK", s.TopK)
		e.intIf("candidateCount", e.req.N)
		e.intIf("maxOutputTokens", e.req.MaxTokens)
		e.stop()
		e.floatIf("presencePenalty", s.PresencePenalty)
		e.floatIf("frequencyPenalty", s.FrequencyPenalty)
		e.seed(s.Seed)
		if s.Logprobs != nil {
			e.bool("responseLogprobs", *s.Logprobs)
		}
		e.intIf("logprobs", s.TopLogprobs)
		e.dropIf(s.MinP != nil, "min_p")
		e.dropIf(len(s.LogitBias) > 0 && !wirejson.IsNull(s.LogitBias) && string(s.LogitBias) != "{}", "logit_bias")
		e.format()
		if len(e.req.Modalities) > 0 {
			e.array("responseModalities", func() {
				for _, m := range e.req.Modalities {
					e.elem()
					e.quote(strings.ToUpper(m))
				}
			})
		}
		e.audioOut()
		e.thinking()
		e.under(e.req.Ext, "generationConfig")
	})
}

// maxStops is the number of stop sequences the API takes.
const maxStops = 5

func (e *encoder) stop() {
	stops := e.req.Stop
	if len(stops) == 0 {
		return
	}
	if len(stops) > maxStops {
		e.losses.Approximate("stop", "stop")
		stops = stops[:maxStops]
	}
	e.strings("stopSequences", stops)
}

// seed writes the seed, of which the API takes 32 bits.
func (e *encoder) seed(n *int64) {
	if n == nil {
		return
	}
	v := *n
	if v > math.MaxInt32 || v < math.MinInt32 {
		e.losses.Approximate("seed", "seed")
		v = v << 32 >> 32 // the low bits, with their sign: still one seed for one request
	}
	e.int("seed", v)
}

func (e *encoder) audioOut() {
	a := e.req.AudioOut
	if a == nil {
		return
	}
	if own, ok := get(a.Ext, "speechConfig"); ok {
		e.raw("speechConfig", own)
		return
	}
	e.losses.Drop("audio_out", "audio")
}

func (e *encoder) format() {
	f := e.req.Format
	if f == nil {
		return
	}
	switch f.Type {
	case "text":
		e.str("responseMimeType", mimeText)
	case "json_object":
		e.str("responseMimeType", mimeJSON)
	case "json_schema":
		e.jsonFormat(f)
	default:
		e.losses.Drop("response_format", "response_format.type")
	}
	e.foreign(f.Ext, "response_format")
}

func (e *encoder) jsonFormat(f *llm.Format) {
	if mime, ok := get(f.Ext, "responseMimeType"); ok {
		e.raw("responseMimeType", mime)
	} else {
		e.str("responseMimeType", mimeJSON)
	}
	e.dropIf(f.Description != "", "response_format_description")
	for _, name := range []string{"responseSchema", "responseJsonSchema"} {
		if own, ok := get(f.Ext, name); ok && string(toJSONSchema(own)) == string(f.Schema) {
			e.raw(name, own)
			return
		}
	}
	switch {
	case wirejson.KindOf(f.Schema) != '{' || wirejson.Check(f.Schema) != nil:
		if len(f.Schema) > 0 {
			e.losses.Approximate("response_format", "response_format.schema")
		}
	case e.codec.SchemaSubset:
		s, lossy := e.codec.schemas.clean(f.Schema, useResponse)
		schemaLoss(&e.losses, lossy, "response_format.schema")
		e.raw("responseSchema", s)
	default:
		e.raw("responseJsonSchema", f.Schema)
	}
}

// place renders a place in the canonical request.
func place(format string, args ...any) string { return fmt.Sprintf(format, args...) }
