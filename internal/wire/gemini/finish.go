package gemini

import "github.com/plexus-gateway/plexus/internal/llm"

// finishes maps the API's FinishReason to the canonical reasons. Function calls
// end with STOP; see finishOf.
var finishes = map[string]llm.Finish{
	"STOP":       llm.FinishStop,
	"MAX_TOKENS": llm.FinishLength,

	"SAFETY":                   llm.FinishContentFilter,
	"RECITATION":               llm.FinishContentFilter,
	"LANGUAGE":                 llm.FinishContentFilter,
	"BLOCKLIST":                llm.FinishContentFilter,
	"PROHIBITED_CONTENT":       llm.FinishContentFilter,
	"SPII":                     llm.FinishContentFilter,
	"IMAGE_SAFETY":             llm.FinishContentFilter,
	"IMAGE_PROHIBITED_CONTENT": llm.FinishContentFilter,
	"IMAGE_RECITATION":         llm.FinishContentFilter,
	"MODEL_ARMOR":              llm.FinishContentFilter,
	// The API's guide names the terms of service as the likely reason.
	"OTHER": llm.FinishContentFilter,

	"MALFORMED_FUNCTION_CALL":   llm.FinishError,
	"MALFORMED_RESPONSE":        llm.FinishError,
	"UNEXPECTED_TOOL_CALL":      llm.FinishError,
	"TOO_MANY_TOOL_CALLS":       llm.FinishError,
	"MISSING_THOUGHT_SIGNATURE": llm.FinishError,
	"NO_IMAGE":                  llm.FinishError,
	"IMAGE_OTHER":               llm.FinishError,

	"CONTINUATION": llm.FinishPause,
}

// finishOf returns the canonical reason. A word this codec does not know is
// taken for a natural end; the word itself is kept.
func finishOf(word string, called bool) llm.Finish {
	f, ok := finishes[word]
	switch {
	case word == "" || word == "FINISH_REASON_UNSPECIFIED":
		return llm.FinishNone
	case !ok:
		f = llm.FinishStop
	}
	if f == llm.FinishStop && called {
		return llm.FinishToolUse
	}
	return f
}

// finishWords is the word for each canonical reason.
var finishWords = map[llm.Finish]string{
	llm.FinishStop:          "STOP",
	llm.FinishStopSequence:  "STOP",
	llm.FinishLength:        "MAX_TOKENS",
	llm.FinishToolUse:       "STOP",
	llm.FinishContentFilter: "SAFETY",
	llm.FinishRefusal:       "SAFETY",
	llm.FinishPause:         "OTHER",
	llm.FinishError:         "OTHER",
}

// approximated: reasons whose word says less or something near.
var approximated = map[llm.Finish]bool{
	llm.FinishRefusal: true, llm.FinishPause: true, llm.FinishError: true, llm.FinishStopSequence: true,
}

// finishWord returns the word for a choice: the upstream's own if it was of
// this API and means the same. No other protocol has words in this spelling
// that mean something else.
func finishWord(f llm.Finish, raw string, losses *llm.Losses) string {
	if known, ok := finishes[raw]; ok && (known == f || known == llm.FinishStop && f == llm.FinishToolUse) {
		return raw
	}
	if f == llm.FinishNone {
		return ""
	}
	if approximated[f] {
		losses.Approximate("finish", "finish_reason")
	}
	return finishWords[f]
}

// explains reports whether finishMessage tells why an answer was cut, which
// other protocols have words for, too.
func explains(f llm.Finish) bool {
	switch f {
	case llm.FinishContentFilter, llm.FinishRefusal, llm.FinishPause, llm.FinishError:
		return true
	default:
		return false
	}
}
