package openaichat

import "github.com/plexus-gateway/plexus/internal/llm"

// vendorFinishes are words of other vendors behind the same protocol.
var vendorFinishes = map[string]llm.Finish{
	"eos": llm.FinishStop, "end_turn": llm.FinishStop, "complete": llm.FinishStop, "COMPLETE": llm.FinishStop,
	"STOP": llm.FinishStop, "stop_sequence": llm.FinishStopSequence,
	"max_tokens": llm.FinishLength, "model_length": llm.FinishLength, "MAX_TOKENS": llm.FinishLength,
	"tool_use": llm.FinishToolUse, "tool_call": llm.FinishToolUse,
	"safety": llm.FinishContentFilter, "sensitive": llm.FinishContentFilter, "SAFETY": llm.FinishContentFilter,
	"refusal": llm.FinishRefusal,
	"error":   llm.FinishError, "network_error": llm.FinishError, "insufficient_system_resource": llm.FinishError,
}

// ending is what a choice holds, as far as it matters to why it ended.
type ending struct{ calls, refusal, text bool }

func (e *ending) note(b llm.Block) {
	switch b := b.(type) {
	case *llm.ToolCall:
		e.calls = e.calls || b.Kind != llm.ToolServer
	case *llm.Refusal:
		e.refusal = true
	case *llm.Text:
		e.text = true
	}
}

// finishOf says why a choice ended. Vendors often say "stop", or nothing,
// where the model waits for its tools.
func finishOf(raw string, had ending) llm.Finish {
	f, ok := finishes[raw]
	if !ok {
		f, ok = vendorFinishes[raw]
	}
	if !ok {
		f = llm.FinishStop
	}
	if f != llm.FinishStop {
		return f
	}
	switch {
	case had.calls:
		return llm.FinishToolUse
	case had.refusal && !had.text:
		return llm.FinishRefusal
	}
	return f
}

// finishWord is how the protocol says a finish; loss is the feature that it
// only approximates.
type finishWord struct{ word, loss string }

// finishWords has the word of every finish.
var finishWords = map[llm.Finish]finishWord{
	llm.FinishNone:          {word: "stop"},
	llm.FinishStop:          {word: "stop"},
	llm.FinishStopSequence:  {word: "stop"},
	llm.FinishLength:        {word: "length"},
	llm.FinishToolUse:       {word: "tool_calls"},
	llm.FinishContentFilter: {word: "content_filter"},
	llm.FinishRefusal:       {word: "content_filter", loss: "refusal"},
	llm.FinishPause:         {word: "stop", loss: "pause"},
	llm.FinishError:         {word: "error"}, // OpenRouter's word; OpenAI has none,
}

// wordOf returns the finish_reason of a choice.
func wordOf(f llm.Finish, refused, legacy bool) finishWord {
	switch {
	case f == llm.FinishRefusal && refused:
		return finishWord{word: "stop"} // the refusal itself says it
	case f == llm.FinishToolUse && legacy:
		return finishWord{word: "function_call"}
	}
	return finishWords[f]
}
