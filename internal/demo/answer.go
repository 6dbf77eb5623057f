package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxChoices bounds n.
const maxChoices = 4

// The finish reasons of OpenAI the demo gives.
const (
	finishStop   = "stop"
	finishLength = "length"
	finishTools  = "tool_calls"
)

// answer is one choice: pieces of text, one a token, or tool calls.
type answer struct {
	pieces []string
	calls  []toolCall
	finish string
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	PromptDetails    struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// answers makes the choices of a valid request.
func (q *chatRequest) answers() []answer {
	n := 1
	if q.N != nil {
		n = *q.N
	}
	calls := q.calls()
	out := make([]answer, n)
	for i := range out {
		if calls != nil {
			out[i] = answer{calls: calls, finish: finishTools}
			continue
		}
		out[i] = q.limit(q.text(i))
	}
	return out
}

// text is the whole text of choice i, before any limit.
func (q *chatRequest) text(i int) string {
	if f := q.ResponseFormat; f != nil && f.Type == "json_schema" {
		return example(f.JSONSchema.Schema)
	}
	said := q.lastUserText()
	text := fmt.Sprintf("You said: %q I am the Plexus demo model, so this answer is scripted. Configure a provider to talk to a real one.", snippet(said, 80, "…"))
	if result := q.toolResult(); result != nil {
		content, _ := contentText(result.Content) // checked with the request
		text = fmt.Sprintf("The tool answered: %s That is what I base this scripted answer on.", snippet(content, 200, "…"))
	}
	if i > 0 {
		text = fmt.Sprintf("(Choice %d) %s", i+1, text)
	}
	if f := q.ResponseFormat; f != nil && f.Type == "json_object" {
		return `{"answer": ` + quote(text) + `}`
	}
	return text
}

// limit applies the stop sequences and then the token limit.
func (q *chatRequest) limit(text string) answer {
	for _, stop := range q.stops {
		if at := strings.Index(text, stop); stop != "" && at >= 0 {
			text = text[:at]
		}
	}
	a := answer{pieces: split(text), finish: finishStop}
	for _, limit := range []*int{q.MaxTokens, q.MaxCompletionTokens} {
		if limit != nil && len(a.pieces) > *limit {
			a.pieces, a.finish = a.pieces[:*limit], finishLength
		}
	}
	return a
}

func (q *chatRequest) lastUserText() string {
	for _, m := range slices.Backward(q.Messages) {
		if m.Role == "user" {
			text, _ := contentText(m.Content) // checked with the request
			return text
		}
	}
	return ""
}

// usage counts plausibly: a token per piece of output, and one per four bytes
// of input with a few for every message.
func (q *chatRequest) usage(answers []answer) usage {
	var u usage
	u.PromptTokens = 3
	for _, m := range q.Messages {
		u.PromptTokens += 4 + bytesToTokens(len(m.Content))
		for _, c := range m.ToolCalls {
			u.PromptTokens += bytesToTokens(len(c))
		}
	}
	for _, t := range q.Tools {
		u.PromptTokens += 8 + bytesToTokens(len(t.Function.Parameters))
	}
	for _, a := range answers {
		u.CompletionTokens += len(a.pieces)
		for _, c := range a.calls {
			u.CompletionTokens += 8 + bytesToTokens(len(c.Function.Arguments))
		}
	}
	u.TotalTokens = u.PromptTokens + u.CompletionTokens
	return u
}

func bytesToTokens(n int) int { return (n + 3) / 4 }

// maxPiece bounds a piece, in bytes, so that text without spaces streams too.
const maxPiece = 24

// split cuts text after spaces, and long words between runes.
func split(text string) []string {
	var pieces []string
	for word := range strings.SplitAfterSeq(text, " ") {
		for len(word) > maxPiece {
			at := maxPiece
			for !utf8.RuneStart(word[at]) {
				at--
			}
			pieces, word = append(pieces, word[:at]), word[at:]
		}
		if word != "" {
			pieces = append(pieces, word)
		}
	}
	return pieces
}

// snippet returns the first n runes of text, with the mark where it was cut.
func snippet(text string, n int, mark string) string {
	runes := 0
	for i := range text {
		if runes == n {
			return text[:i] + mark
		}
		runes++
	}
	return text
}

// digest is a short name for the parts, the same for the same parts.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}
