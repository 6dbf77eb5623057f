package tokens

import "strings"

// family is what models that share a tokenizer and a prompt template have in common.
type family struct {
	encoding encoding
	weights  *weights
	// foreign: encoding is a guess, for a model that is newer than this table.
	foreign bool
	// forgetful: thinking of earlier answers is left out of the prompt.
	forgetful bool
	frame     frame
	tools     toolRule
	image     imageRule
	// page is the tokens of one page of a PDF: its text, and its picture where
	// the vendor makes one.
	page int64
	// audio is the tokens of a second of sound.
	audio int64
	// video is the tokens of a second of film.
	video int64
}

// frame is what the prompt template adds, in tokens.
type frame struct {
	request  int64 // once: begin of text, default instructions, begin of the answer
	system   int64 // the instructions in front of the conversation
	message  int64 // each message, with its role
	name     int64 // each message that has a name
	thinking int64 // once, when thinking is asked for
	call     int64 // each call of a tool
	result   int64 // each result of a tool, beyond message
	vague    bool  // these numbers differ from host to host
}

// toolRule says how definitions of tools are rendered.
type toolRule struct {
	once int64 // instructions that come with the first tool
	each int64 // each tool, beyond its text
	// server is what a tool of the upstream's own costs, where more is known
	// than the least.
	server int64
	// signature: tools are rendered as signatures of functions, which is
	// shorter than their JSON Schema.
	signature bool
	// ignoreFormat: the schema of the answer is not part of the prompt.
	ignoreFormat bool
}

// rule assigns models to a family. A pattern that ends in "*" matches names
// that begin so; any other must end where a word of the name ends.
type rule struct {
	pattern string
	family  *family
}

func (r rule) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(r.pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	rest, ok := strings.CutPrefix(name, r.pattern)
	return ok && (rest == "" || !isLetter(rest[0]) && (rest[0] < '0' || rest[0] > '9') && rest[0] != '.')
}

// familyOf returns the family of a model by its name; unknown names have the
// default family.
func familyOf(model string) *family {
	name := bareName(model)
	for _, r := range rules {
		if r.matches(name) {
			return r.family
		}
	}
	return &unknown
}

// bareName takes from a model's name what providers put around it:
// "openai/gpt-4o", "models/gemini-2.5-pro", "us.anthropic.claude-opus-4-6-v1:0",
// "ft:gpt-4o-mini:acme".
func bareName(model string) string {
	name := strings.ToLower(model)
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = strings.TrimPrefix(name, "ft:")
	for {
		head, tail, ok := strings.Cut(name, ".")
		if !ok || !isWord(head) {
			break
		}
		name = tail
	}
	if strings.HasPrefix(name, "claude") {
		name = strings.ReplaceAll(name, ".", "-")
	}
	return name
}

// isWord: s is made of letters only.
func isWord(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return s != ""
}
