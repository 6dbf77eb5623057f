package catalog

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// modelFactsFile is the table of facts: an object of vendors, "" being what
// holds wherever a vendor has nothing else to say; in each, by lower-case name
// without the maker's prefix, date and "-latest", four words: context and
// longest answer in tokens, letters for what may go in, letters for what the
// model can ("-" for nothing).
//
// It was made from the model tables of Laisky/one-api (August 2026, facts, no
// prices): the maker's own row where there is one, else what most hosts say.
// Corrected from Anthropic's model pages ("Max output", structured outputs),
// OpenAI's, Google's and DeepSeek's model pages (November 2026).
//
//go:embed modelfacts.json
var modelFactsFile []byte

// ModelFacts is what is publicly known of a chat model.
type ModelFacts struct {
	// ContextTokens is the longest prompt and answer together.
	ContextTokens int64
	// MaxOutputTokens is the longest answer, thinking included; never more
	// than ContextTokens.
	MaxOutputTokens int64
	// Inputs are the kinds of input: "text", "image", "audio", "video",
	// "file". The slice is shared: it must not be changed.
	Inputs []string

	Tools      bool // calls functions
	Vision     bool // sees pictures
	Reasoning  bool // can think before it answers
	JSONMode   bool // can be told to answer in JSON
	JSONSchema bool // can be held to a JSON Schema
}

// factKey names a row of the table.
type factKey struct{ vendor, model string }

// Facts returns what is known of a vendor's model: what the vendor itself says
// before what holds elsewhere, the exact name before the name without the
// maker's prefix ("anthropic/", "models/", "us.anthropic."), and that before
// the name without its version's date. Vendor may be "". It neither locks nor,
// for lower-case names, allocates.
func (c *Catalog) Facts(vendor, model string) (ModelFacts, bool) {
	var tried string
	for _, shorten := range shorteners {
		name := shorten(model)
		model = name
		if name == tried {
			continue
		}
		tried = name
		if f, ok := c.facts[factKey{vendor, name}]; ok {
			return f, true
		}
		if f, ok := c.facts[factKey{"", name}]; ok {
			return f, true
		}
	}
	return ModelFacts{}, false
}

// shorteners make a name less and less particular, each going on from the one before.
var shorteners = [...]func(string) string{strings.ToLower, withoutPrefix, withoutRevision, withoutDate}

// withoutPrefix takes away who serves and who made the model:
// "accounts/x/models/y", "us.anthropic.y". Anthropic's version numbers have
// hyphens, others write them with dots.
func withoutPrefix(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	for {
		head, tail, ok := strings.Cut(name, ".")
		if !ok || strings.IndexFunc(head, notLetter) >= 0 {
			break
		}
		name = tail
	}
	if strings.HasPrefix(name, "claude") && strings.Contains(name, ".") {
		return strings.ReplaceAll(name, ".", "-")
	}
	return name
}

func notLetter(r rune) bool { return r < 'a' || r > 'z' }

// withoutRevision takes away what hosts append: ":free", "-v1:0", "@default";
// not a size, as in "llama3:8b", which is another model.
func withoutRevision(name string) string {
	i := strings.IndexAny(name, ":@")
	if i < 0 {
		return name
	}
	head, tail := name[:i], name[i+1:]
	if v := strings.LastIndex(head, "-v"); v >= 0 && isDigits(head[v+2:]) && isDigits(tail) {
		return head[:v]
	}
	if name[i] == ':' && tail != "" && isDigits(tail[:1]) {
		return name
	}
	return head
}

// withoutDate takes away "-latest", "-20250929" and "-2025-08-07".
func withoutDate(name string) string {
	name = strings.TrimSuffix(name, "-latest")
	if n := len(name) - len("-20250929"); n > 0 && name[n] == '-' && isDigits(name[n+1:]) {
		return name[:n]
	}
	if n := len(name) - len("-2025-08-07"); n > 0 && name[n] == '-' && name[n+5] == '-' && name[n+8] == '-' &&
		isDigits(name[n+1:n+5]) && isDigits(name[n+6:n+8]) && isDigits(name[n+9:]) {
		return name[:n]
	}
	return name
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// parseFacts reads the table.
func parseFacts(data []byte) (map[factKey]ModelFacts, error) {
	var file map[string]map[string]string
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("catalog: model facts: %w", err)
	}
	facts := make(map[factKey]ModelFacts)
	inputs := make(map[string][]string) // by letters: few are different
	var problems []error
	for _, vendor := range slices.Sorted(maps.Keys(file)) {
		for _, model := range slices.Sorted(maps.Keys(file[vendor])) {
			f, err := parseFact(file[vendor][model], inputs)
			if err != nil {
				problems = append(problems, fmt.Errorf("catalog: model facts: %s %s: %w", vendor, model, err))
				continue
			}
			facts[factKey{vendor, model}] = f
		}
	}
	return facts, errors.Join(problems...)
}

// parseFact reads one row.
func parseFact(row string, inputs map[string][]string) (ModelFacts, error) {
	words := strings.Fields(row)
	if len(words) != 4 {
		return ModelFacts{}, fmt.Errorf("%q is not four words", row)
	}
	context, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return ModelFacts{}, fmt.Errorf("context: %w", err)
	}
	output, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return ModelFacts{}, fmt.Errorf("longest answer: %w", err)
	}
	if output <= 0 || context < output {
		return ModelFacts{}, fmt.Errorf("an answer of %d tokens in a context of %d", output, context)
	}
	if inputs[words[2]] == nil {
		if inputs[words[2]], err = kinds(words[2]); err != nil {
			return ModelFacts{}, err
		}
	}
	f := ModelFacts{ContextTokens: context, MaxOutputTokens: output, Inputs: inputs[words[2]]}
	f.Vision = slices.Contains(f.Inputs, "image")
	for _, letter := range words[3] {
		switch letter {
		case 't':
			f.Tools = true
		case 'r':
			f.Reasoning = true
		case 's':
			f.JSONSchema = true
		case 'j':
			f.JSONMode = true
		case '-':
		default:
			return ModelFacts{}, fmt.Errorf("ability %q is unknown", letter)
		}
	}
	return f, nil
}

// kinds spells out letters of input.
func kinds(letters string) ([]string, error) {
	var all []string
	for _, letter := range letters {
		switch letter {
		case 't':
			all = append(all, "text")
		case 'i':
			all = append(all, "image")
		case 'a':
			all = append(all, "audio")
		case 'v':
			all = append(all, "video")
		case 'f':
			all = append(all, "file")
		default:
			return nil, fmt.Errorf("input %q is unknown", letter)
		}
	}
	return slices.Clip(all), nil
}
