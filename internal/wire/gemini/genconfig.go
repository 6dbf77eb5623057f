package gemini

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// generation is what of generationConfig needs to be seen together.
type generation struct {
	req        *llm.Request
	mime       *string
	openAPI    llm.Raw // responseSchema
	jsonSchema llm.Raw // responseJsonSchema
}

func decodeGenerationConfig(r *llm.Request, v llm.Raw) error {
	g := generation{req: r}
	ext, err := decodeObject(&g, v, generationFields)
	if err != nil {
		return err
	}
	if g.openAPI != nil && g.jsonSchema != nil {
		return wrong("responseJsonSchema", "cannot stand beside responseSchema; give one of the two")
	}
	r.Ext = append(r.Ext, under("generationConfig", ext)...)
	g.format()
	return nil
}

// ints and floats make the fields of optional numbers.
func ints(set func(r *llm.Request, n *int64)) field[generation] {
	return into(integer, func(g *generation, n int64) { set(g.req, &n) })
}

func floats(set func(r *llm.Request, f *float64)) field[generation] {
	return into(float, func(g *generation, f float64) { set(g.req, &f) })
}

var generationFields = map[string]field[generation]{
	"temperature":      floats(func(r *llm.Request, f *float64) { r.Sampling.Temperature = f }),
	"topP":             floats(func(r *llm.Request, f *float64) { r.Sampling.TopP = f }),
	"presencePenalty":  floats(func(r *llm.Request, f *float64) { r.Sampling.PresencePenalty = f }),
	"frequencyPenalty": floats(func(r *llm.Request, f *float64) { r.Sampling.FrequencyPenalty = f }),
	"topK":             ints(func(r *llm.Request, n *int64) { r.Sampling.TopK = n }),
	"seed":             ints(func(r *llm.Request, n *int64) { r.Sampling.Seed = n }),
	"logprobs":         ints(func(r *llm.Request, n *int64) { r.Sampling.TopLogprobs = n }),
	"candidateCount":   ints(func(r *llm.Request, n *int64) { r.N = n }),
	"maxOutputTokens":  ints(func(r *llm.Request, n *int64) { r.MaxTokens = n }),
	"responseLogprobs": into(boolean, func(g *generation, b bool) { g.req.Sampling.Logprobs = &b }),
	"stopSequences":    into(stringsOf, func(g *generation, s []string) { g.req.Stop = s }),
	"responseModalities": into(stringsOf, func(g *generation, list []string) {
		for _, s := range list {
			g.req.Modalities = append(g.req.Modalities, strings.ToLower(s))
		}
	}),
	"responseMimeType":   into(str, func(g *generation, s string) { g.mime = &s }),
	"responseSchema":     into(object, func(g *generation, v llm.Raw) { g.openAPI = v }),
	"responseJsonSchema": into(object, func(g *generation, v llm.Raw) { g.jsonSchema = v }),
	"speechConfig":       into(object, decodeSpeech),
	"thinkingConfig":     decodeThinking,
}

// decodeSpeech keeps the configuration of the voice as it is and tells its
// name to the others.
func decodeSpeech(g *generation, v llm.Raw) {
	a := &llm.AudioOut{Ext: llm.Ext{spelled("speechConfig", v)}}
	for _, name := range []string{"voiceConfig", "prebuiltVoiceConfig", "voiceName"} {
		v = wirejson.Member(v, name)
	}
	a.Voice = v
	g.req.AudioOut = a
}

// format turns responseMimeType and the schemas into a Format.
func (g *generation) format() {
	schema, name := g.openAPI, "responseSchema"
	if schema == nil {
		schema, name = g.jsonSchema, "responseJsonSchema"
	}
	mime := ""
	if g.mime != nil {
		mime = *g.mime
	}
	switch {
	case schema != nil:
		f := &llm.Format{Type: "json_schema", Schema: toJSONSchema(schema)}
		if g.openAPI != nil || string(f.Schema) != string(schema) {
			f.Ext = append(f.Ext, spelled(name, schema))
		}
		if mime != "" && mime != mimeJSON {
			f.Ext = append(f.Ext, spelled("responseMimeType", wirejson.AppendText(nil, mime)))
		}
		g.req.Format = f
	case mime == mimeJSON:
		g.req.Format = &llm.Format{Type: "json_object"}
	case mime == mimeText:
		g.req.Format = &llm.Format{Type: "text"}
	case mime != "":
		g.req.Ext = append(g.req.Ext, member("generationConfig.responseMimeType", wirejson.AppendText(nil, mime)))
	}
}

const (
	mimeJSON = "application/json"
	mimeText = "text/plain"
)

// thinking is thinkingConfig.
type thinking struct {
	include bool
	budget  *int64
	level   string
}

var thinkingFields = map[string]field[thinking]{
	"includeThoughts": into(boolean, func(t *thinking, b bool) { t.include = b }),
	"thinkingBudget":  into(integer, func(t *thinking, n int64) { t.budget = &n }),
	"thinkingLevel":   into(str, func(t *thinking, s string) { t.level = s }),
}

var effortOf = map[string]string{
	"": "", "THINKING_LEVEL_UNSPECIFIED": "",
	"MINIMAL": "minimal", "LOW": "low", "MEDIUM": "medium", "HIGH": "high",
}

// decodeThinking reads thinkingConfig. A budget of 0 switches thinking off, -1
// leaves the amount to the model. An absent includeThoughts is false, as in
// every protocol-buffer message, which the canonical form states.
func decodeThinking(g *generation, v llm.Raw) error {
	var t thinking
	ext, err := decodeObject(&t, v, thinkingFields)
	if err != nil {
		return err
	}
	effort, ok := effortOf[strings.ToUpper(t.level)]
	if !ok {
		return wrong("thinkingLevel", "is %.40q; it must be MINIMAL, LOW, MEDIUM or HIGH", t.level)
	}
	r := &llm.ReasoningConfig{Effort: effort, IncludeThoughts: &t.include, Ext: ext}
	switch {
	case t.budget == nil:
	case *t.budget == -1:
		r.Adaptive = true
	case *t.budget < -1:
		return wrong("thinkingBudget", "is %d; it must be -1 (left to the model), 0 (off) or a number of tokens", *t.budget)
	case *t.budget == 0:
		off := false
		r.Enabled, r.Budget = &off, t.budget
	default:
		r.Budget = t.budget
	}
	g.req.Reasoning = r
	return nil
}
