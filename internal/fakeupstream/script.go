package fakeupstream

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Digest is what a strict mock received, in words all four protocols share.
// [[echo]] answers with it as JSON.
type Digest struct {
	System      []string `json:"system"`
	Roles       []string `json:"roles"`     // of the turns in order: user, assistant, tool
	Texts       []string `json:"texts"`     // of the user's turns
	Assistant   []string `json:"assistant"` // texts of the model's turns
	Tools       []string `json:"tools"`     // name(properties), with ! if its schema is enforced
	ToolChoice  string   `json:"tool_choice"`
	Images      []string `json:"images"` // and documents: "image/png 16 hexadecimal digits of SHA-256", or the URL
	Stop        []string `json:"stop"`
	Schema      []string `json:"schema"` // properties of the answer's schema
	MaxTokens   int64    `json:"max_tokens"`
	Temperature *float64 `json:"temperature"`
	TopP        *float64 `json:"top_p"`
	Thinking    string   `json:"thinking"` // effort, level or budget, as the protocol says it
	Stream      bool     `json:"stream"`
	Proofs      int      `json:"proofs"` // of thinking that came back and were valid
}

// heard is a request as the script needs it.
type heard struct {
	Digest
	model    string
	said     string       // the text of the last turn, if it is the user's
	results  []toolResult // of the last turn
	freeform []string     // tools that take a text and not JSON
	thinks   bool         // thinking is on
	shows    bool         // and may be seen
	json     bool         // the answer must be JSON
	counting bool         // only count tokens
	custom   any          // what its own dialect keeps
}

// toolResult is the result of a call as the model reads it.
type toolResult struct {
	text   string
	failed bool
	images int
}

// What the strict mocks always count, in tokens. Cached and written ones are
// within the prompt and come with [[cached]]; reasoning is within the output.
const (
	StrictPrompt    = 100
	StrictCached    = 60
	StrictWritten   = 20
	StrictOutput    = 25
	StrictReasoning = 10
)

type counts struct{ prompt, cached, written, output, reasoning int }

type finish int

const (
	finishStop finish = iota
	finishSequence
	finishLength
	finishTool
	finishRefusal
)

type faultTime int

const (
	faultAtOnce    faultTime = iota
	faultHidden              // in the stream, before any text
	faultMidstream           // in the stream, after some text
)

type fault struct {
	*refusal
	when faultTime
}

type partKind int

const (
	partText partKind = iota
	partThinking
	partCall
	partRefusal
)

// part is one thing the model says.
type part struct {
	kind partKind
	text string // of a call: its arguments
	name string // of a call
}

// answer is what the script says.
type answer struct {
	parts    []part
	finish   finish
	sequence string // the stop sequence that was met
	usage    counts
	fault    *fault
	split    bool
	stall    bool
	lump     bool // text comes in one piece
	tooLong  bool // the prompt does not fit
	blocked  bool // the prompt is refused before the model sees it
}

// What the scripts say.
const (
	StrictHello    = "Hello from the strict mock."
	StrictThought  = "The user wants to know something; let me think about it: 1 + 1 = 2."
	StrictSplit    = "naïve café 🚀 \"quoted\" \\ back\tslash — 東京"
	StrictCity     = "Zürich \"★\" 🚀\n"
	StrictJSON     = `{"city":"Paris","degrees":21}`
	StrictRefusal  = "I can't help with that."
	StrictWeather  = "get_weather"  // the tool of [[parallel]], [[think+call]] and [[split+call]]
	StrictNoInput  = "ping"         // the tool of [[empty-args]]
	StrictAside    = "Let me look." // what [[say+call]] says first
	StrictBig      = 700_000        // the length of what [[big]] says, in bytes
	StrictLate     = "The server had an error while processing your request"
	splitArguments = `{"city":"Z\u00fcrich \"\u2605\" \ud83d\ude80\n"}`
	parisArguments = `{"city":"Paris"}`
	romeArguments  = `{"city":"Rome"}`
)

var directivePattern = regexp.MustCompile(`(?s)\[\[([a-z+-]+)(?::(.*?))?\]\]`)

// compose answers by the directive in the user's last text (the package's
// documentation lists them). Without one it greets, or quotes the results of
// tools it was sent.
func compose(h *heard) *answer {
	a := &answer{usage: counts{prompt: StrictPrompt, output: StrictOutput}}
	found := lastDirective(h.said)
	if n := len(h.results); found == nil && n > 0 {
		found = lastDirective(h.results[n-1].text)
	}
	if found == nil {
		a.say(quoteResults(h.results))
		return a
	}
	act, ok := acts()[found[1]]
	if !ok {
		a.say("no such directive: " + found[1])
		return a
	}
	act(h, a, found[2])
	if len(a.parts) == 0 && a.fault == nil && found[1] != "empty" {
		a.say(StrictHello)
	}
	return a
}

// lastDirective finds the last directive: some clients and some protocols make
// one text of several messages in a row.
func lastDirective(text string) []string {
	all := directivePattern.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func acts() map[string]func(h *heard, a *answer, arg string) {
	return map[string]func(h *heard, a *answer, arg string){
		"say":      func(_ *heard, a *answer, arg string) { a.say(arg) },
		"echo":     func(h *heard, a *answer, _ string) { a.say(emit(h.Digest)) },
		"call":     func(h *heard, a *answer, arg string) { a.callWith(h, arg) },
		"say+call": func(h *heard, a *answer, _ string) { a.say(StrictAside); a.call(h, StrictWeather, parisArguments) },
		"big+call": func(h *heard, a *answer, _ string) {
			a.call(h, StrictWeather, `{"city":"`+strings.Repeat("x", StrictBig)+`"}`)
		},
		"big":        func(_ *heard, a *answer, _ string) { a.say(strings.Repeat("x", StrictBig)); a.lump = true },
		"empty":      func(*heard, *answer, string) {},
		"too-long":   func(_ *heard, a *answer, _ string) { a.tooLong = true },
		"empty-args": func(h *heard, a *answer, _ string) { a.call(h, StrictNoInput, "") },
		"parallel": func(h *heard, a *answer, _ string) {
			a.call(h, StrictWeather, parisArguments)
			a.call(h, StrictWeather, romeArguments)
		},
		"split":      func(_ *heard, a *answer, _ string) { a.say(StrictSplit); a.split = true },
		"split+call": func(h *heard, a *answer, _ string) { a.call(h, StrictWeather, splitArguments); a.split = true },
		"think":      func(h *heard, a *answer, _ string) { a.think(h); a.say(StrictHello) },
		"think+call": func(h *heard, a *answer, arg string) { a.think(h); a.callWith(h, cmp.Or(arg, StrictWeather)) },
		"json":       actJSON,
		"long":       actLong,
		"stop":       actStop,
		"refuse": func(_ *heard, a *answer, _ string) {
			a.parts, a.finish = []part{{kind: partRefusal, text: StrictRefusal}}, finishRefusal
		},
		"block": func(_ *heard, a *answer, _ string) {
			a.parts, a.finish, a.blocked = []part{{kind: partRefusal, text: StrictRefusal}}, finishRefusal, true
		},
		"cached": func(_ *heard, a *answer, _ string) { a.usage.cached, a.usage.written = StrictCached, StrictWritten },
		"stall":  func(_ *heard, a *answer, _ string) { a.say("one two three four"); a.stall = true },
		"error":  actError,
		"hidden": func(_ *heard, a *answer, _ string) { a.fail(http.StatusServiceUnavailable, faultHidden) },
		"midstream": func(_ *heard, a *answer, _ string) {
			a.say("one two three four")
			a.fail(http.StatusServiceUnavailable, faultMidstream)
		},
	}
}

func (a *answer) say(text string) { a.parts = append(a.parts, part{kind: partText, text: text}) }

// think thinks if the request asked for it.
func (a *answer) think(h *heard) {
	if h.thinks {
		a.parts = append(a.parts, part{kind: partThinking, text: StrictThought})
		a.usage.reasoning = StrictReasoning
	}
}

// call calls a tool the request declared.
func (a *answer) call(h *heard, name, arguments string) {
	if !slices.ContainsFunc(h.Tools, func(t string) bool { return strings.HasPrefix(t, name+"(") }) {
		a.say("no such tool: " + name)
		return
	}
	a.parts, a.finish = append(a.parts, part{kind: partCall, name: name, text: arguments}), finishTool
}

// callWith calls a tool by "NAME" or "NAME ARGUMENTS".
func (a *answer) callWith(h *heard, arg string) {
	name, arguments, found := strings.Cut(arg, " ")
	if !found {
		arguments = parisArguments
	}
	a.call(h, name, arguments)
}

func (a *answer) fail(status int, when faultTime) {
	a.fault = &fault{&refusal{status: status, message: StrictLate}, when}
}

// actJSON answers by a schema; prose tells that none came.
func actJSON(h *heard, a *answer, _ string) {
	if h.json {
		a.say(StrictJSON)
	} else {
		a.say("no schema came")
	}
}

func actLong(h *heard, a *answer, _ string) {
	if h.MaxTokens == 0 {
		a.say("no limit came")
		return
	}
	a.say("long and long and long and")
	a.finish = finishLength
}

func actStop(h *heard, a *answer, _ string) {
	if len(h.Stop) == 0 {
		a.say("before STOP after")
		return
	}
	a.say("before ")
	a.finish, a.sequence = finishSequence, h.Stop[0]
}

func actError(_ *heard, a *answer, arg string) {
	status, err := strconv.Atoi(arg)
	if err != nil || status < 400 || status > 599 {
		a.say("no such status: " + arg)
		return
	}
	a.fail(status, faultAtOnce)
	if status == http.StatusTooManyRequests {
		a.fault.retryAfter = StrictRetryAfter
		a.fault.message = "Rate limit reached"
	}
}

// quoteResults says what the tools said.
func quoteResults(results []toolResult) string {
	if len(results) == 0 {
		return StrictHello
	}
	said := make([]string, len(results))
	for i, r := range results {
		said[i] = "result: " + r.text
		if r.failed {
			said[i] = "failed " + said[i]
		}
		if r.images > 0 {
			said[i] += fmt.Sprintf(" (%d images)", r.images)
		}
	}
	return strings.Join(said, "; ")
}

// pieces cuts a text for streaming: at blanks, or with [[split]] into runes.
func (a *answer) pieces(text string) []string {
	switch {
	case a.split:
		return strings.Split(text, "")
	case a.lump:
		return []string{text}
	}
	return strings.SplitAfter(text, " ")
}

// chunks cuts arguments for streaming; with [[split]] so small that JSON
// escapes are cut. Arguments that are cut are ASCII.
func (a *answer) chunks(arguments string) []string {
	size := max(len(arguments)/2, 1)
	if a.split {
		size = 4
	}
	var out []string
	for c := range slices.Chunk([]byte(arguments), size) {
		out = append(out, string(c))
	}
	return out
}

// calls returns the places of the calls among the parts.
func (a *answer) calls() []int {
	var out []int
	for i, p := range a.parts {
		if p.kind == partCall {
			out = append(out, i)
		}
	}
	return out
}

// pictured is an image as Digest names it.
func pictured(mime string, data []byte) string {
	const digits = 16
	sum := sha256.Sum256(data)
	return mime + " " + hex.EncodeToString(sum[:])[:digits]
}
