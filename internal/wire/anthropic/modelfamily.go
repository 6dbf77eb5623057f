package anthropic

import (
	"strconv"
	"strings"
	"unicode"
)

// thinkingStyle says how a model is asked to think.
type thinkingStyle uint8

const (
	thinksEitherWay  thinkingStyle = iota // adaptively or by budget
	thinksNever                           // refuses to be asked
	thinksByBudget                        // knows neither adaptive thinking nor effort
	thinksAdaptively                      // refuses budgets
)

// family is what the name of a model says of what the API takes for it. The
// zero value is a model that is no Claude: whoever serves it in this protocol
// takes whatever the protocol can say.
type family struct {
	line  string // "opus", "sonnet", …; "" for all
	since version
	think thinkingStyle
	// off is the thinking.type for no thinking where "disabled" is refused,
	// and alwaysOn where nothing turns it off.
	off string
	// noXHigh: the effort "xhigh" is refused.
	noXHigh bool
	// oneSampler: temperature and top_p are refused together.
	oneSampler bool
	// noSampling: temperature, top_p and top_k are refused.
	noSampling bool
	// noForce: a tool_choice that forces a call is refused.
	noForce bool
}

// alwaysOn stands in family.off for models that cannot be kept from thinking.
const alwaysOn = "always"

// families has what differs between the models, the newest first; the first
// row of a model's line that is not newer than the model counts.
// https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
// https://platform.claude.com/docs/en/build-with-claude/effort
// https://platform.claude.com/docs/en/about-claude/models/migration-guide
var families = []family{
	{line: "fable", since: version{5, 1}, think: thinksAdaptively, off: alwaysOn, noSampling: true, noForce: true},
	{line: "fable", think: thinksAdaptively, off: alwaysOn, noSampling: true},
	{line: "mythos", since: version{5, 1}, think: thinksAdaptively, off: alwaysOn, noSampling: true, noForce: true},
	{line: "mythos", think: thinksAdaptively, off: alwaysOn, noSampling: true},
	{line: "opus", since: version{5, 5}, think: thinksAdaptively, off: alwaysOn, noSampling: true, noForce: true},
	{line: "sonnet", since: version{5, 5}, think: thinksAdaptively, off: "between_tools", noSampling: true, noForce: true},
	{since: version{4, 7}, think: thinksAdaptively, noSampling: true},
	{since: version{4, 6}, noXHigh: true, oneSampler: true},
	{since: version{4, 1}, think: thinksByBudget, oneSampler: true},
	{since: version{3, 7}, think: thinksByBudget},
	{think: thinksNever},
}

// familyOf returns the family of a model.
func familyOf(model string) family {
	line, v, ok := claude(model)
	if !ok {
		return family{}
	}
	for _, f := range families {
		if (f.line == "" || f.line == line) && !v.before(f.since) {
			return f
		}
	}
	return family{}
}

// version is a model's, 4.5 as {4, 5}.
type version struct{ major, minor int }

// current is what a Claude is taken for whose name tells no version.
var current = version{4, 7}

func (v version) before(w version) bool {
	return v.major < w.major || v.major == w.major && v.minor < w.minor
}

// claude reads the name of a Claude: claude-opus-4-1-20250805,
// claude-3-7-sonnet@20250219, anthropic/claude-sonnet-4.5,
// us.anthropic.claude-haiku-4-5-20251001-v1:0. ok is false for other models,
// also those that only bear the name somewhere inside theirs.
func claude(model string) (line string, v version, ok bool) {
	const head = "claude-"
	name := strings.ToLower(model)
	at := strings.LastIndex(name, head)
	if at < 0 || at > 0 && !strings.ContainsRune("./:", rune(name[at-1])) {
		return "", version{}, false
	}
	numbers := 0 // of the version, read so far; the minor stands right behind the major
	for _, word := range strings.FieldsFunc(name[at+len(head):], isNoWord) {
		n, isNumber := versionNumber(word, numbers == 0)
		switch {
		case isNumber && numbers == 0:
			v.major, numbers = n, 1
		case isNumber && numbers == 1:
			v.minor, numbers = n, 2
		case numbers == 1:
			numbers = 2
		}
		if line == "" && !isNumber {
			line = word
		}
	}
	if numbers == 0 {
		v = current
	}
	return line, v, true
}

func isNoWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// versionNumber reads a part of a version; dates are longer. The major may have
// a v before it ("claude-v2:1").
func versionNumber(word string, major bool) (n int, ok bool) {
	if major {
		word = strings.TrimPrefix(word, "v")
	}
	if len(word) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(word)
	return n, err == nil
}
