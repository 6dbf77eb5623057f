package anthropic

import "github.com/plexus-gateway/plexus/internal/llm"

// finishes maps every stop_reason of the API reference and its betas.
var finishes = map[string]llm.Finish{
	"end_turn":                      llm.FinishStop,
	"stop_sequence":                 llm.FinishStopSequence,
	"max_tokens":                    llm.FinishLength,
	"model_context_window_exceeded": llm.FinishLength,
	"tool_use":                      llm.FinishToolUse,
	"pause_turn":                    llm.FinishPause,
	"compaction":                    llm.FinishPause,
	"refusal":                       llm.FinishRefusal,
}

// stopReasons maps every llm.Finish. A filter is what this protocol calls a
// refusal; a failed generation has no word here and ends the turn.
var stopReasons = map[llm.Finish]string{
	llm.FinishStop:          "end_turn",
	llm.FinishStopSequence:  "stop_sequence",
	llm.FinishLength:        "max_tokens",
	llm.FinishToolUse:       "tool_use",
	llm.FinishContentFilter: "refusal",
	llm.FinishRefusal:       "refusal",
	llm.FinishPause:         "pause_turn",
	llm.FinishError:         "end_turn",
}

// decodeFinish maps a stop_reason; a word that is not known is a natural end.
func decodeFinish(raw string) llm.Finish {
	if raw == "" {
		return llm.FinishNone
	}
	if f, ok := finishes[raw]; ok {
		return f
	}
	return llm.FinishStop
}

// stopReason returns the word for a finish: the upstream's own where it is one
// of this protocol's with that meaning. Clients act on tool_use, so an answer
// that ends in a call says so even if its upstream called it a natural end.
func stopReason(f llm.Finish, raw string, endsInCall bool) string {
	if known, ok := finishes[raw]; ok && known == f {
		if f != llm.FinishStop || !endsInCall {
			return raw
		}
	}
	if (f == llm.FinishNone || f == llm.FinishStop) && endsInCall {
		return "tool_use"
	}
	if word := stopReasons[f]; word != "" {
		return word
	}
	return "end_turn"
}
