package conversation

import (
	"errors"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// The functions below make the errors that clients see. Codes, parameters and
// the sentences of the not-found errors are those clients match on.

func responseNotFound(id string) *llm.Error {
	return llm.Errorf(llm.KindNotFound, "", "Response with id '%s' not found.", clip(id))
}

// previousNotFound has status 400, as OpenAI's: it is the request that is wrong.
func previousNotFound(id string) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, "previous_response_not_found", "Previous response with id '%s' not found.", clip(id))
	e.Param = paramPrevious
	return e
}

func conversationNotFound(id string) *llm.Error {
	return llm.Errorf(llm.KindNotFound, "", "Conversation with id '%s' not found.", clip(id))
}

func itemNotFound(id string) *llm.Error {
	e := llm.Errorf(llm.KindNotFound, "", "Item with id '%s' not found.", clip(id))
	e.Param = paramInput
	return e
}

func invalid(code, param, format string, args ...any) *llm.Error {
	e := llm.Errorf(llm.KindInvalid, code, format, args...)
	e.Param = param
	return e
}

func historyTooLarge(param string) *llm.Error {
	return invalid("history_too_large", param,
		"What this request builds on is more than can be sent again. Start a new conversation, or send the items that matter as input.")
}

// failed turns an error of the store into what the client sees; absent is for
// ErrNotFound, and large, when not nil, for ErrTooLarge.
func failed(err error, absent, large *llm.Error) error {
	switch {
	case errors.Is(err, ErrNotFound) && absent != nil:
		return absent
	case errors.Is(err, ErrTooLarge) && large != nil:
		return large
	}
	return &llm.Error{
		Kind: llm.KindInternal, Code: "state_unavailable",
		Message: "The stored state of responses cannot be read or written now.", Cause: err,
	}
}

// clip bounds what an error repeats of the request.
func clip(s string) string {
	const limit = 80
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
