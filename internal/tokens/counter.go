package tokens

import "github.com/plexus-gateway/plexus/internal/llm"

// Counter counts the tokens of requests and texts. It is safe for concurrent
// use and never touches the network. Vocabularies are loaded when a text is
// first counted with them.
type Counter struct {
	o200k, cl100k encoder
}

// Count is a number of tokens.
type Count struct {
	Tokens int64
	// Exact: all of it was counted by the model's own tokenizer. Messages are
	// framed by the published rule. False for estimates, for what is not text,
	// and where tools were given, whose rendering is not published.
	Exact bool
}

// New returns a Counter, which has loaded nothing yet.
func New() *Counter {
	return &Counter{o200k: encoder{load: loadO200k}, cl100k: encoder{load: loadCl100k}}
}

// Text counts the tokens of a text for a model, without any framing. The name
// of the model may carry a provider's prefix ("openai/gpt-4o").
func (c *Counter) Text(text, model string) Count {
	f := familyOf(model)
	m := meter{family: f, encoder: c.encoderFor(f, int64(len(text)))}
	m.add(text)
	return m.count()
}

// Request counts the whole prompt: instructions and messages with their
// framing, tools with their schemas, and media.
func (c *Counter) Request(req *llm.Request, model string) Count {
	f := familyOf(model)
	m := meter{family: f, encoder: c.encoderFor(f, textBytes(req))}
	m.request(req)
	return m.count()
}

// Estimate returns what Request would, but never uses a tokenizer: it is for
// the way of every request.
func (c *Counter) Estimate(req *llm.Request, model string) int64 {
	m := meter{family: familyOf(model)}
	m.request(req)
	return m.count().Tokens
}

// encoderFor returns the family's tokenizer for a text of n bytes, nil when
// there is none or the text is too long to count exactly.
func (c *Counter) encoderFor(f *family, n int64) *encoder {
	if n > maxExact {
		return nil
	}
	switch f.encoding {
	case encodingO200k:
		return &c.o200k
	case encodingCl100k:
		return &c.cl100k
	default:
		return nil
	}
}

// meter gathers one count.
type meter struct {
	family  *family
	encoder *encoder // nil: estimate
	tokens  int64    // counted, framed or computed
	counts           // of texts that are estimated
	inexact bool
}

// add counts a text.
func (m *meter) add(text string) {
	if text == "" {
		return
	}
	if m.encoder != nil {
		n, ok := m.encoder.count(text)
		if ok {
			m.tokens += n
			return
		}
	}
	m.inexact = true
	measure(&m.counts, text)
}

// approximate adds tokens that are not known exactly.
func (m *meter) approximate(n int64) {
	m.tokens += n
	m.inexact = true
}

func (m *meter) count() Count {
	exact := !m.inexact && m.encoder != nil && !m.family.foreign
	return Count{Tokens: m.tokens + m.counts.tokens(m.family.weights), Exact: exact}
}
