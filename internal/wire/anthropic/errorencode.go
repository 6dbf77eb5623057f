package anthropic

import (
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// errorTypes maps every llm.Kind to an error type of the API reference.
var errorTypes = map[llm.Kind]string{
	llm.KindInternal:      "api_error",
	llm.KindInvalid:       "invalid_request_error",
	llm.KindAuth:          "authentication_error",
	llm.KindPermission:    "permission_error",
	llm.KindNotFound:      "not_found_error",
	llm.KindTooLarge:      "request_too_large",
	llm.KindUnsupported:   "invalid_request_error",
	llm.KindContextLength: "invalid_request_error",
	llm.KindContentFilter: "invalid_request_error",
	llm.KindRateLimit:     "rate_limit_error",
	llm.KindQuota:         "billing_error",
	llm.KindOverloaded:    "overloaded_error",
	llm.KindTimeout:       "timeout_error",
	llm.KindConnection:    "api_error",
	llm.KindUpstream:      "api_error",
	llm.KindCanceled:      "api_error",
}

// tooLong begins the API's own message when a prompt does not fit; agents look
// for it to compact their conversation and go on.
const tooLong = "prompt is too long"

// EncodeError renders e as the API's error object, with the upstream's request
// id where one is known. The field at fault stands in the message, because the
// object has no member for it.
func (Codec) EncodeError(e *llm.Error) []byte {
	var w writer
	w.open('{')
	w.str("type", "error")
	w.begin("error", '{')
	kind := errorTypes[e.Kind]
	if kind == "" {
		kind = "api_error"
	}
	w.str("type", kind)
	w.str("message", errorMessage(e))
	if e.Code == threadNotFound {
		w.begin("details", '{')
		w.str("error_code", threadNotFound)
		w.close('}')
	}
	w.close('}')
	if e.Upstream != nil {
		w.optStr("request_id", e.Upstream.RequestID)
	}
	w.close('}')
	return w.b
}

func errorMessage(e *llm.Error) string {
	message := e.Message
	if e.Param != "" && !names(message, e.Param) {
		message = e.Param + ": " + message
	}
	if e.Kind == llm.KindContextLength && !strings.Contains(strings.ToLower(message), tooLong) {
		message = tooLong + ": " + message
	}
	return message
}

// names reports whether a message says which field it speaks of: it begins with
// the field's path, or quotes it. That the word occurs in it may be chance.
func names(message, param string) bool {
	if rest, ok := strings.CutPrefix(message, param); ok && (rest == "" || rest[0] == ' ' || rest[0] == ':') {
		return true
	}
	for _, quote := range []string{"'", `"`, "`"} {
		if strings.Contains(message, quote+param+quote) {
			return true
		}
	}
	return false
}

// EncodeStreamError renders e as the error event that ends a stream.
func (c Codec) EncodeStreamError(e *llm.Error) []byte {
	return appendFrame(nil, "error", c.EncodeError(e))
}
