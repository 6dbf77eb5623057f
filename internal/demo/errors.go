package demo

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
)

// The types of OpenAI's errors.
const (
	typeInvalid = "invalid_request_error"
	typeServer  = "server_error"
)

// apiError is OpenAI's error object. Empty Param and Code are sent as null.
type apiError struct {
	Message string
	Type    string
	Param   string
	Code    string
}

func (e apiError) body() any {
	type object struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	o := object{Message: e.Message, Type: e.Type}
	if e.Param != "" {
		o.Param = &e.Param
	}
	if e.Code != "" {
		o.Code = &e.Code
	}
	return map[string]object{"error": o}
}

func writeError(w http.ResponseWriter, status int, e apiError) { writeJSON(w, status, e.body()) }

// writeJSON sends the document. It fails only by the client having gone away,
// which is not an event here: every type given to it can be marshalled, and
// its strings come from parsed JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, v)
}

func unknownModel(id string) apiError {
	return apiError{
		Type: typeInvalid, Code: "model_not_found",
		Message: fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", id),
	}
}

// failures are the bodies of demo-fail-NNN, as OpenAI words them.
var failures = map[int]apiError{
	400: {Type: typeInvalid, Message: "This is a scripted invalid request."},
	401: {Type: typeInvalid, Code: "invalid_api_key", Message: "Incorrect API key provided."},
	402: {Type: "insufficient_quota", Code: "insufficient_quota", Message: "You have run out of credits."},
	403: {Type: typeInvalid, Code: "unsupported_country_region_territory", Message: "Country, region, or territory not supported"},
	404: {Type: typeInvalid, Code: "model_not_found", Message: "The model does not exist or you do not have access to it."},
	408: {Type: typeServer, Code: "timeout", Message: "Request timed out."},
	413: {Type: typeInvalid, Code: "request_too_large", Message: "Request too large."},
	422: {Type: typeInvalid, Message: "This is a scripted unprocessable request."},
	429: {Type: "requests", Code: "rate_limit_exceeded", Message: "Rate limit reached for requests."},
	500: {Type: typeServer, Message: "The server had an error while processing your request. Sorry about that!"},
	502: {Type: typeServer, Message: "Bad gateway."},
	503: {Type: typeServer, Message: "The engine is currently overloaded, please try again later."},
	504: {Type: typeServer, Message: "Gateway timeout."},
	529: {Type: typeServer, Code: "overloaded", Message: "Overloaded."},
}

func failureFor(status int) apiError {
	if e, ok := failures[status]; ok {
		return e
	}
	kind := typeInvalid
	if status >= 500 {
		kind = typeServer
	}
	return apiError{Type: kind, Message: fmt.Sprintf("This is a scripted error with status %d.", status)}
}

// misbehave answers for the models that never succeed, and reports whether it
// did.
func misbehave(w http.ResponseWriter, r *http.Request, b behaviour) bool {
	switch {
	case b.fail != 0:
		writeError(w, b.fail, failureFor(b.fail))
	case b.rateLimit:
		w.Header().Set("Retry-After", "7")
		w.Header().Set("X-Ratelimit-Limit-Requests", "10")
		w.Header().Set("X-Ratelimit-Remaining-Requests", "0")
		w.Header().Set("X-Ratelimit-Reset-Requests", "7s")
		writeError(w, http.StatusTooManyRequests, failures[http.StatusTooManyRequests])
	case b.stall:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // no answer at all, not an empty 200
	default:
		return false
	}
	return true
}
