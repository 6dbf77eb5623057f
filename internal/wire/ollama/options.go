package ollama

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// optionFields has the options that other protocols have, too. The others are
// kept together under "options".
var optionFields = map[string]requestField{
	"num_predict":       (*requestDecoder).readNumPredict,
	"temperature":       floatField(func(s *llm.Sampling) **float64 { return &s.Temperature }),
	"top_p":             floatField(func(s *llm.Sampling) **float64 { return &s.TopP }),
	"top_k":             optionInt(func(s *llm.Sampling) **int64 { return &s.TopK }),
	"min_p":             floatField(func(s *llm.Sampling) **float64 { return &s.MinP }),
	"seed":              optionInt(func(s *llm.Sampling) **int64 { return &s.Seed }),
	"stop":              (*requestDecoder).readStop,
	"presence_penalty":  floatField(func(s *llm.Sampling) **float64 { return &s.PresencePenalty }),
	"frequency_penalty": floatField(func(s *llm.Sampling) **float64 { return &s.FrequencyPenalty }),
}

func floatField(of func(*llm.Sampling) **float64) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(&d.req.Sampling), err = wirejson.WantFloat(name, v)
		return err
	}
}

func optionInt(of func(*llm.Sampling) **int64) requestField {
	return func(d *requestDecoder, name string, v llm.Raw) (err error) {
		*of(&d.req.Sampling), err = wirejson.WantInt(name, v)
		return err
	}
}

func (d *requestDecoder) readOptions(name string, v llm.Raw) error {
	if err := wirejson.WantObject(name, v); err != nil {
		return err
	}
	rest := wirejson.Writer{B: []byte{'{'}}
	for m, e := range wirejson.Members(v) {
		read, ok := optionFields[string(m)]
		if !ok || isUnbounded(string(m), e) {
			rest.Raw(string(m), e)
			continue
		}
		if wirejson.IsNull(e) {
			continue
		}
		if err := read(d, string(m), e); err != nil {
			return wirejson.Under(err, name)
		}
	}
	if len(rest.B) > 1 {
		rest.Close('}')
		keep(&d.req.Ext, protocol, []byte(name), rest.B)
	}
	return nil
}

// isUnbounded reports whether an option says that there is no bound on the
// answer (-1), or only the context (-2): other protocols say so by silence.
func isUnbounded(name string, v llm.Raw) bool {
	n, ok := wirejson.Int(v)
	return name == "num_predict" && ok && n < 0
}

func (d *requestDecoder) readNumPredict(name string, v llm.Raw) (err error) {
	d.req.MaxTokens, err = wirejson.WantInt(name, v)
	return err
}

func (d *requestDecoder) readStop(name string, v llm.Raw) error {
	if s, ok := wirejson.Text(v); ok {
		d.req.Stop = []string{s}
		return nil
	}
	if wirejson.KindOf(v) != '[' {
		return wirejson.BadType(name, "a string or an array of strings", v)
	}
	for i, e := range wirejson.Elements(v) {
		s, ok := wirejson.Text(e)
		if !ok {
			return wirejson.BadType(name+wirejson.At(i), "a string", e)
		}
		d.req.Stop = append(d.req.Stop, s)
	}
	return nil
}

// options writes the options, if there are any.
func (e *requestEncoder) options() {
	r, s := e.req, &e.req.Sampling
	start := len(e.w.B)
	e.w.Begin("options", '{')
	empty := len(e.w.B)
	e.w.OptInt("num_predict", r.MaxTokens)
	e.w.OptFloat("temperature", s.Temperature)
	e.w.OptFloat("top_p", s.TopP)
	e.w.OptInt("top_k", s.TopK)
	e.w.OptFloat("min_p", s.MinP)
	e.w.OptInt("seed", s.Seed)
	e.w.OptFloat("presence_penalty", s.PresencePenalty)
	e.w.OptFloat("frequency_penalty", s.FrequencyPenalty)
	if len(r.Stop) > 0 {
		e.w.Begin("stop", '[')
		for _, stop := range r.Stop {
			e.w.StrElem(stop)
		}
		e.w.Close(']')
	}
	for name, v := range wirejson.Members(ownMember(r.Ext, "options")) {
		if string(name) != "num_predict" || r.MaxTokens == nil {
			e.w.Raw(string(name), v)
		}
	}
	if len(e.w.B) == empty {
		e.w.B = e.w.B[:start]
		return
	}
	e.w.Close('}')
}
