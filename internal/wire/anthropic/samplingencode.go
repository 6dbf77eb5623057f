package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

// minThinkingTopP is the least top_p the API takes while it thinks.
const minThinkingTopP = 0.95

// sampling writes the parameters that the model takes at this request.
func (e *requestEncoder) sampling(plan thinkingPlan) {
	s := e.req.Sampling // a copy, of which parts are taken away
	switch {
	case e.family.noSampling:
		e.defaultSampling(&s)
	case plan.on() && !plan.native:
		e.thinkingSampling(&s)
	}
	if t := s.Temperature; t != nil && *t > 1 { // others count to 2
		e.loss.Approximate("temperature", "temperature")
		one := 1.0
		s.Temperature = &one
	}
	if e.family.oneSampler && s.Temperature != nil && s.TopP != nil {
		e.oneSampler(&s)
	}
	e.w.optFloat("temperature", s.Temperature)
	e.w.optFloat("top_p", s.TopP)
	e.w.optInt("top_k", s.TopK)
}

// defaultSampling leaves out everything; what says the default is no loss.
func (e *requestEncoder) defaultSampling(s *llm.Sampling) {
	if t := s.Temperature; t != nil && *t != 1 {
		e.loss.Drop("temperature", "temperature")
	}
	if p := s.TopP; p != nil && *p != 1 {
		e.loss.Drop("top_p", "top_p")
	}
	if s.TopK != nil {
		e.loss.Drop("top_k", "top_k")
	}
	s.Temperature, s.TopP, s.TopK = nil, nil, nil
}

// thinkingSampling leaves out what is refused while the model thinks: top_k,
// every temperature but 1 and a low top_p.
func (e *requestEncoder) thinkingSampling(s *llm.Sampling) {
	if t := s.Temperature; t != nil && *t != 1 {
		e.loss.Drop("temperature", "temperature")
		s.Temperature = nil
	}
	if p := s.TopP; p != nil && *p < minThinkingTopP {
		e.loss.Drop("top_p", "top_p")
		s.TopP = nil
	}
	if s.TopK != nil {
		e.loss.Drop("top_k", "top_k")
		s.TopK = nil
	}
}

// oneSampler leaves out one of temperature and top_p, at best the one that
// says the default.
func (e *requestEncoder) oneSampler(s *llm.Sampling) {
	switch {
	case *s.TopP == 1:
		s.TopP = nil
	case *s.Temperature == 1:
		s.Temperature = nil
	default:
		e.loss.Drop("top_p", "top_p")
		s.TopP = nil
	}
}
