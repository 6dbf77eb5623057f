package openai

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// lenient reads what upstreams send: duplicates and broken UTF-8 do happen.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// errorBody is the error object of the OpenAI API.
// https://platform.openai.com/docs/guides/error-codes
type errorBody struct {
	Error errorObject `json:"error"`
}

type errorObject struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// errorTypes is the dialect's word for each kind.
var errorTypes = map[llm.Kind]string{
	llm.KindInternal:      "server_error",
	llm.KindInvalid:       "invalid_request_error",
	llm.KindAuth:          "authentication_error",
	llm.KindPermission:    "permission_error",
	llm.KindNotFound:      "invalid_request_error",
	llm.KindTooLarge:      "invalid_request_error",
	llm.KindUnsupported:   "invalid_request_error",
	llm.KindContextLength: "invalid_request_error",
	llm.KindContentFilter: "invalid_request_error",
	llm.KindRateLimit:     "rate_limit_error",
	llm.KindQuota:         "insufficient_quota",
	llm.KindOverloaded:    "server_error",
	llm.KindTimeout:       "server_error",
	llm.KindConnection:    "server_error",
	llm.KindUpstream:      "server_error",
	llm.KindCanceled:      "server_error",
}

// defaultCodes stand where an error has no code of its own.
var defaultCodes = map[llm.Kind]string{
	llm.KindContextLength: "context_length_exceeded",
	llm.KindContentFilter: "content_filter",
	llm.KindRateLimit:     "rate_limit_exceeded",
	llm.KindQuota:         "insufficient_quota",
	llm.KindOverloaded:    "overloaded",
	llm.KindTimeout:       "timeout",
	llm.KindConnection:    "upstream_unreachable",
	llm.KindUpstream:      "upstream_error",
	llm.KindInternal:      "internal_error",
	llm.KindCanceled:      "canceled",
}

// ownCodes are the codes that clients of the dialect act on: what upstreams of
// other protocols call the same is told in this word.
var ownCodes = map[llm.Kind]string{
	llm.KindContextLength: "context_length_exceeded",
	llm.KindRateLimit:     "rate_limit_exceeded",
	llm.KindQuota:         "insufficient_quota",
}

// EncodeError renders an error as the JSON body of a reply.
func EncodeError(e *llm.Error) []byte {
	o := errorObject{Message: e.Message, Type: errorTypes[e.Kind]}
	if e.Param != "" {
		o.Param = &e.Param
	}
	code := e.Code
	if own := ownCodes[e.Kind]; own != "" && e.Upstream != nil {
		code = own
	} else if code == "" {
		code = defaultCodes[e.Kind]
	}
	if code != "" {
		o.Code = &code
	}
	b, err := json.Marshal(errorBody{Error: o}, jsontext.AllowInvalidUTF8(true))
	if err != nil { // strings only: cannot fail
		return []byte(`{"error":{"message":"internal error","type":"server_error","param":null,"code":"internal_error"}}`)
	}
	return b
}

// EncodeStreamError renders an error as the event that ends a stream: the SDKs
// raise an APIError for a data line with an "error" member.
func EncodeStreamError(e *llm.Error) []byte {
	return bytes.Join([][]byte{[]byte("data: "), EncodeError(e), []byte("\n\n")}, nil)
}

const maxErrorText = 2048

// IsError reports whether the "error" member of a 200 answer tells of one:
// some upstreams always send the member, and leave it empty.
func IsError(raw []byte) bool {
	switch k := jsontext.Value(raw).Kind(); k {
	case '{', '"':
		return len(bytes.TrimSpace(raw[1:])) > 1
	default:
		return false
	}
}

// Text returns the text of a JSON string that nobody has validated, and "" for
// anything else.
func Text(raw []byte) string {
	if jsontext.Value(raw).Kind() != '"' {
		return ""
	}
	b, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return ""
	}
	return string(b)
}

// DecodeError reads an upstream's error body. It never fails: a body that is
// not in the dialect leaves only the status.
func DecodeError(status int, body []byte) *llm.UpstreamError {
	up := &llm.UpstreamError{Status: status, Body: body}
	var b struct {
		Error   jsontext.Value `json:"error"`
		Message string         `json:"message"`
		Detail  jsontext.Value `json:"detail"`
	}
	if json.Unmarshal(body, &b, lenient) != nil {
		return up
	}
	up.Message = b.Message
	var text string
	switch {
	case b.Error.Kind() == '{':
		readErrorObject(up, b.Error)
	case b.Error.Kind() == '"' && json.Unmarshal(b.Error, &text, lenient) == nil:
		up.Message = text
	case b.Detail.Kind() == '"' && json.Unmarshal(b.Detail, &text, lenient) == nil:
		up.Message = text
	}
	if len(up.Message) > maxErrorText {
		up.Message = up.Message[:maxErrorText]
	}
	return up
}

func readErrorObject(up *llm.UpstreamError, raw jsontext.Value) {
	var o struct {
		Message string         `json:"message"`
		Type    string         `json:"type"`
		Code    jsontext.Value `json:"code"`
	}
	if json.Unmarshal(raw, &o, lenient) != nil {
		return
	}
	up.Message, up.Type = o.Message, o.Type
	switch o.Code.Kind() { //nolint:exhaustive // other kinds say nothing
	case '"':
		var s string
		if json.Unmarshal(o.Code, &s, lenient) == nil {
			up.Code = s
		}
	case '0':
		up.Code = string(o.Code)
	}
}
