package toolmap

import (
	"strings"
	"unicode/utf8"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// rule is what a protocol takes for the name of a tool.
type rule struct {
	max int // bytes
	// also are the legal characters beside ASCII letters, digits, "_" and "-".
	also string
	// letterFirst: a name begins with a letter or "_".
	letterFirst bool
	// any: every name that is not empty is legal.
	any bool
	// namespaces: tools keep their namespace, and are unique within it.
	namespaces bool
	// customs: custom tools are always called as such.
	customs bool
	// offers: tools may be offered by items of the conversation.
	offers bool
}

// Bounds of the names, in bytes. OpenAI and Anthropic state theirs, with the
// pattern, in the error they answer a longer name with; Google's is in the
// reference of FunctionDeclaration.
const (
	maxOpenAI    = 64
	maxAnthropic = 128
	maxGemini    = 128
)

// ruleOf returns the rule of a protocol. One that is not known gets the
// narrowest.
func ruleOf(out llm.Protocol) rule {
	switch out {
	case llm.AnthropicMessages:
		return rule{max: maxAnthropic}
	case llm.Gemini:
		return rule{max: maxGemini, also: ".:", letterFirst: true}
	case llm.OpenAIResponses:
		return rule{max: maxOpenAI, namespaces: true, customs: true, offers: true}
	case llm.Ollama:
		return rule{any: true}
	default:
		return rule{max: maxOpenAI}
	}
}

// takes reports whether the protocol takes n as it stands.
func (r rule) takes(n name) bool {
	if n.namespace == "" {
		return r.legal(n.name)
	}
	return r.namespaces && r.legal(n.namespace) && r.legal(n.name)
}

func (r rule) legal(s string) bool {
	if r.any {
		return s != ""
	}
	if s == "" || len(s) > r.max || r.letterFirst && !startsName(s[0]) {
		return false
	}
	for i := range len(s) {
		if !r.legalByte(s[i]) {
			return false
		}
	}
	return true
}

func (r rule) legalByte(c byte) bool {
	return startsName(c) || '0' <= c && c <= '9' || c == '-' || strings.IndexByte(r.also, c) >= 0
}

func startsName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// legalise replaces the characters of s that are illegal by "_". The result may
// be too long.
func (r rule) legalise(s string) string {
	if r.legal(s) {
		return s
	}
	out := make([]byte, 0, len(s)+1)
	if s == "" || r.letterFirst && !startsName(s[0]) {
		out = append(out, '_')
	}
	for i, c := range s {
		if c < utf8.RuneSelf && (r.any || r.legalByte(s[i])) {
			out = append(out, s[i])
			continue
		}
		out = append(out, '_')
	}
	return string(out)
}
