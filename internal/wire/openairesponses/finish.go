package openairesponses

import (
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Reasons of incomplete_details.
const (
	reasonLength = "max_output_tokens"
	reasonFilter = "content_filter"
)

// outcome is how the protocol says why a response ended.
type outcome struct {
	status string
	reason string // of incomplete_details
	// loss is the feature that status and reason only approximate.
	loss string
}

// outcomes has the outcome of every finish.
var outcomes = map[llm.Finish]outcome{
	llm.FinishNone:          {status: statusCompleted},
	llm.FinishStop:          {status: statusCompleted},
	llm.FinishStopSequence:  {status: statusCompleted},
	llm.FinishToolUse:       {status: statusCompleted},
	llm.FinishLength:        {status: statusIncomplete, reason: reasonLength},
	llm.FinishContentFilter: {status: statusIncomplete, reason: reasonFilter},
	llm.FinishRefusal:       {status: statusIncomplete, reason: reasonFilter, loss: "refusal"},
	llm.FinishPause:         {status: statusCompleted, loss: "pause"},
	llm.FinishError:         {status: statusFailed},
}

// outcomeOf returns the outcome of a finish with the blocks it ends.
func outcomeOf(f llm.Finish, raw string, hasRefusal bool) outcome {
	switch {
	case f == llm.FinishRefusal && hasRefusal:
		return outcome{status: statusCompleted} // the refusal itself says it
	case f == llm.FinishNone && (raw == statusQueued || raw == statusInProgress):
		return outcome{status: raw} // a background response, not done yet
	case f == llm.FinishError && raw == statusCancelled:
		return outcome{status: raw}
	}
	return outcomes[f]
}

// finishOf is the way back. The raw word is the reason, or else the status.
func finishOf(status, reason string, s seen) (f llm.Finish, raw string) {
	switch status {
	case statusIncomplete:
		if reason == reasonFilter {
			return llm.FinishContentFilter, reason
		}
		return llm.FinishLength, reason
	case statusCancelled, statusFailed:
		return llm.FinishError, status
	case statusQueued, statusInProgress:
		return llm.FinishNone, status
	}
	switch {
	case s.clientCall:
		return llm.FinishToolUse, status
	case s.refusal:
		return llm.FinishRefusal, status
	}
	return llm.FinishStop, status
}

// seen is what the blocks of a response tell about its finish.
type seen struct {
	clientCall bool // a tool the client runs was called
	refusal    bool
	searches   int64
}

func (s *seen) note(b llm.Block) {
	switch b := b.(type) {
	case *llm.ToolCall:
		if b.Kind != llm.ToolServer {
			s.clientCall = true
			return
		}
		if ranByClient(b) {
			s.clientCall = true
		}
		if isSearch(b) {
			s.searches++
		}
	case *llm.Refusal:
		s.refusal = true
	}
}

// ranByClient reports whether the client runs a tool whose call looks like that
// of a hosted one. The item's type tells: tools of MCP servers may have any name.
func ranByClient(c *llm.ToolCall) bool {
	if !isOwn(c.Native) {
		return false
	}
	kind, _ := wirejson.Text(wirejson.Member(c.Native.Raw, "type"))
	return clientItem(kind)
}

// clientItem reports whether items of the type call a tool that the client runs.
func clientItem(kind string) bool {
	switch kind {
	case itemFunctionCall, itemCustomCall, "local_shell_call", "apply_patch_call", "computer_call":
		return true
	}
	return false
}

func incompleteReason(v llm.Raw) string {
	reason, _ := wirejson.Text(wirejson.Member(v, "reason"))
	return reason
}
