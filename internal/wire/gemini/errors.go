package gemini

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Errors are google.rpc.Status in JSON (google.aip.dev/193):
// {"error": {"code": 429, "message": "…", "status": "RESOURCE_EXHAUSTED", "details": […]}}.

// statusWords is the canonical status of google.rpc.Code for each kind.
var statusWords = map[llm.Kind]string{
	llm.KindInternal:      "INTERNAL",
	llm.KindInvalid:       "INVALID_ARGUMENT",
	llm.KindAuth:          "UNAUTHENTICATED",
	llm.KindPermission:    "PERMISSION_DENIED",
	llm.KindNotFound:      "NOT_FOUND",
	llm.KindTooLarge:      "INVALID_ARGUMENT",
	llm.KindUnsupported:   "UNIMPLEMENTED",
	llm.KindContextLength: "INVALID_ARGUMENT",
	llm.KindContentFilter: "INVALID_ARGUMENT",
	llm.KindRateLimit:     "RESOURCE_EXHAUSTED",
	llm.KindQuota:         "RESOURCE_EXHAUSTED",
	llm.KindOverloaded:    "UNAVAILABLE",
	llm.KindTimeout:       "DEADLINE_EXCEEDED",
	llm.KindConnection:    "UNAVAILABLE",
	llm.KindUpstream:      "INTERNAL",
	llm.KindCanceled:      "CANCELLED",
}

// errorDomain says in ErrorInfo whose reasons these are.
const errorDomain = "plexus"

// The types of details.
const (
	typeRetry      = "type.googleapis.com/google.rpc.RetryInfo"
	typeInfo       = "type.googleapis.com/google.rpc.ErrorInfo"
	typeBadRequest = "type.googleapis.com/google.rpc.BadRequest"
	typeQuota      = "type.googleapis.com/google.rpc.QuotaFailure"
	typeRequest    = "type.googleapis.com/google.rpc.RequestInfo"
)

// EncodeError renders e as the API's error object.
func (Codec) EncodeError(e *llm.Error) []byte { return jsonOf(func(w *writer) { w.error(e) }) }

// EncodeStreamError returns the chunk that ends a stream that has begun: an
// event, or the last element of an array and its end.
func (c Codec) EncodeStreamError(e *llm.Error) []byte {
	w := writer{oneLine: true}
	w.buf = append(w.buf, c.separator(false)...)
	w.error(e)
	w.buf = append(w.buf, c.terminator()...)
	if c.Array {
		w.buf = append(w.buf, ']')
	}
	return w.buf
}

func (w *writer) error(e *llm.Error) {
	status := statusWords[e.Kind]
	if status == "" {
		status = "INTERNAL"
	}
	w.open('{')
	w.object("error", func() {
		w.int("code", int64(e.HTTPStatus()))
		w.str("message", e.Message)
		w.str("status", status)
		w.array("details", func() { w.details(e) })
	})
	w.shut('}')
}

func (w *writer) details(e *llm.Error) {
	code := e.Code
	if code == "" {
		code = e.Kind.String()
	}
	w.detail(typeInfo, func() {
		w.str("reason", strings.ToUpper(code))
		w.str("domain", errorDomain)
	})
	if e.RetryAfter > 0 {
		w.detail(typeRetry, func() {
			w.str("retryDelay", strconv.FormatFloat(e.RetryAfter.Seconds(), 'f', -1, 64)+"s")
		})
	}
	if e.Param != "" {
		w.detail(typeBadRequest, func() {
			w.array("fieldViolations", func() {
				w.elem()
				w.open('{')
				w.str("field", e.Param)
				w.str("description", e.Message)
				w.shut('}')
			})
		})
	}
	if e.Upstream != nil && e.Upstream.RequestID != "" {
		w.detail(typeRequest, func() { w.str("requestId", e.Upstream.RequestID) })
	}
}

func (w *writer) detail(typ string, fill func()) {
	w.elem()
	w.open('{')
	w.str("@type", typ)
	fill()
	w.shut('}')
}

// status is the error object of an answer.
type status struct {
	code                     int
	message, word            string
	reason, field, requestID string
	retry                    time.Duration
	quotas                   []string
}

// maxErrorBody bounds what is kept of an upstream's error.
const maxErrorBody = 64 << 10

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(httpStatus int, header http.Header, body []byte) *llm.Error {
	up := &llm.UpstreamError{Status: httpStatus, RequestID: header.Get("X-Request-Id")}
	up.Body = append(up.Body, body[:min(len(body), maxErrorBody)]...)
	text, err := checked(body)
	if err != nil {
		text = nil
	}
	if wirejson.KindOf(text) == '[' { // the array form of a stream, and the compatible endpoints
		for _, v := range wirejson.Elements(text) {
			text = v
			break
		}
	}
	s := readStatus(wirejson.Member(text, "error"))
	if s.code == 0 {
		s.code = httpStatus
	}
	return s.toError(up)
}

// readStatus reads an error object leniently: what is missing stays empty.
func readStatus(raw llm.Raw) status {
	var s status
	code, _ := wirejson.Int(wirejson.Member(raw, "code"))
	s.code = int(code)
	s.message, _ = wirejson.Text(wirejson.Member(raw, "message"))
	s.word, _ = wirejson.Text(wirejson.Member(raw, "status"))
	if wirejson.KindOf(raw) == '"' {
		s.message, _ = wirejson.Text(raw)
	}
	for _, d := range wirejson.Elements(wirejson.Member(raw, "details")) {
		typ, _ := wirejson.Text(wirejson.Member(d, "@type"))
		if read := detailReaders[typ]; read != nil {
			read(&s, d)
		}
	}
	return s
}

var detailReaders = map[string]func(s *status, d llm.Raw){
	typeInfo: func(s *status, d llm.Raw) { s.reason, _ = wirejson.Text(wirejson.Member(d, "reason")) },
	typeRetry: func(s *status, d llm.Raw) {
		text, _ := wirejson.Text(wirejson.Member(d, "retryDelay"))
		if delay, err := time.ParseDuration(text); err == nil && delay > 0 {
			s.retry = delay
		}
	},
	typeBadRequest: func(s *status, d llm.Raw) {
		for _, v := range wirejson.Elements(wirejson.Member(d, "fieldViolations")) {
			if s.field == "" {
				s.field, _ = wirejson.Text(wirejson.Member(v, "field"))
			}
		}
	},
	typeQuota: func(s *status, d llm.Raw) {
		for _, v := range wirejson.Elements(wirejson.Member(d, "violations")) {
			if id, ok := wirejson.Text(wirejson.Member(v, "quotaId")); ok {
				s.quotas = append(s.quotas, id)
			}
		}
	},
	typeRequest: func(s *status, d llm.Raw) { s.requestID, _ = wirejson.Text(wirejson.Member(d, "requestId")) },
}

// verdict is what a status means.
type verdict struct {
	kind  llm.Kind
	scope llm.Scope
}

// verdicts by the status word (google.rpc.Code).
var verdicts = map[string]verdict{
	"INVALID_ARGUMENT":    {llm.KindInvalid, llm.ScopeRequest},
	"OUT_OF_RANGE":        {llm.KindInvalid, llm.ScopeRequest},
	"ALREADY_EXISTS":      {llm.KindInvalid, llm.ScopeRequest},
	"FAILED_PRECONDITION": {llm.KindPermission, llm.ScopeCredential}, // the free tier is not offered there
	"UNAUTHENTICATED":     {llm.KindAuth, llm.ScopeCredential},
	"PERMISSION_DENIED":   {llm.KindPermission, llm.ScopeCredential},
	"NOT_FOUND":           {llm.KindNotFound, llm.ScopeModel},
	"RESOURCE_EXHAUSTED":  {llm.KindRateLimit, llm.ScopeCredential},
	"UNIMPLEMENTED":       {llm.KindUnsupported, llm.ScopeRequest},
	"UNAVAILABLE":         {llm.KindOverloaded, llm.ScopeModel},
	"DEADLINE_EXCEEDED":   {llm.KindTimeout, llm.ScopeModel},
	"INTERNAL":            {llm.KindUpstream, llm.ScopeModel},
	"UNKNOWN":             {llm.KindUpstream, llm.ScopeModel},
	"DATA_LOSS":           {llm.KindUpstream, llm.ScopeModel},
	"ABORTED":             {llm.KindUpstream, llm.ScopeModel},
	"CANCELLED":           {llm.KindUpstream, llm.ScopeRequest},
}

// words by HTTP status, for bodies without a status word.
var words = map[int]string{
	400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
	408: "DEADLINE_EXCEEDED", 409: "ABORTED", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED",
	500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}

// toError classifies the status and says it in canonical words.
func (s *status) toError(up *llm.UpstreamError) *llm.Error {
	word := s.word
	if verdicts[word] == (verdict{}) {
		word = words[s.code]
	}
	v, ok := verdicts[word]
	if !ok {
		v = verdict{llm.KindUpstream, llm.ScopeModel}
		if s.code >= 400 && s.code < 500 {
			v = verdict{llm.KindInvalid, llm.ScopeRequest}
		}
	}
	if s.code == http.StatusRequestEntityTooLarge {
		v = verdict{llm.KindTooLarge, llm.ScopeRequest}
	}
	v = s.refine(v)
	up.Type, up.Code, up.Message = s.word, strconv.Itoa(s.code), s.message
	if s.requestID != "" {
		up.RequestID = s.requestID
	}
	e := &llm.Error{
		Kind: v.kind, Scope: v.scope, Code: strings.ToLower(s.reason), Param: s.field,
		Message: s.message, RetryAfter: s.retry, Upstream: up,
	}
	if e.Code == "" {
		e.Code = strings.ToLower(word)
	}
	if e.Message == "" {
		e.Message = "the upstream answered with status " + strconv.Itoa(s.code) + " and did not say why"
	}
	return e
}

// refine looks at the reason and the message where the status says too little.
func (s *status) refine(v verdict) verdict {
	message := strings.ToLower(s.message)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(message, p) {
				return true
			}
		}
		return false
	}
	switch v.kind {
	case llm.KindInvalid, llm.KindPermission:
		switch {
		case strings.HasPrefix(s.reason, "API_KEY_") || has("api key not valid", "api key expired", "api_key_invalid"):
			return verdict{llm.KindAuth, llm.ScopeCredential}
		case has("billing to be enabled", "billing account"):
			return verdict{llm.KindQuota, llm.ScopeCredential}
		case has("exceeds the maximum number of tokens", "token count exceeds", "maximum context length"):
			return verdict{llm.KindContextLength, llm.ScopeRequest}
		case has("location is not supported"):
			return verdict{llm.KindPermission, llm.ScopeProvider}
		case has("request payload size exceeds"):
			return verdict{llm.KindTooLarge, llm.ScopeRequest}
		}
	case llm.KindRateLimit:
		return s.exhausted(has("credits are depleted", "prepayment", "limit: 0"))
	default: // the status says it all
	}
	return v
}

// exhausted tells a window that refills soon from a plan that is used up, by
// the name of the quota ("GenerateRequestsPerDayPerProjectPerModel-FreeTier").
func (s *status) exhausted(usedUp bool) verdict {
	v := verdict{llm.KindRateLimit, llm.ScopeCredential}
	for _, q := range s.quotas {
		if strings.Contains(q, "PerModel") {
			v.scope = llm.ScopeModel
		}
		if strings.Contains(q, "PerDay") || strings.Contains(q, "PerMonth") {
			usedUp = true
		}
	}
	if usedUp {
		v.kind = llm.KindQuota
	}
	return v
}
