package llm

// Finish says why the model stopped. The set is closed; the upstream's own
// word is kept beside it in Response.FinishRaw.
type Finish uint8

// The reasons.
const (
	FinishNone          Finish = iota // not finished, or not said
	FinishStop                        // a natural end or a stop sequence
	FinishStopSequence                // a stop sequence, where the protocol tells
	FinishLength                      // the output limit or the context window
	FinishToolUse                     // the model waits for tool results
	FinishContentFilter               // cut by a safety system
	FinishRefusal                     // the model declined
	FinishPause                       // a long server-tool turn paused; send it back to go on
	FinishError                       // the generation failed
	finishCount
)

var finishNames = [finishCount]string{
	"", "stop", "stop_sequence", "length", "tool_use", "content_filter", "refusal", "pause", "error",
}

// String returns the stable name used in records and the API.
func (f Finish) String() string {
	if f < finishCount {
		return finishNames[f]
	}
	return ""
}

// Finishes lists every reason but FinishNone, for tables that must be total.
func Finishes() []Finish {
	all := make([]Finish, 0, finishCount-1)
	for f := FinishStop; f < finishCount; f++ {
		all = append(all, f)
	}
	return all
}
