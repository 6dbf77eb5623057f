package openairesponses

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// maxErrorBody bounds what is kept of an upstream's answer, in bytes.
const maxErrorBody = 64 << 10

// DecodeError reads an answer that is not 2xx.
func (Codec) DecodeError(status int, header http.Header, body []byte) *llm.Error {
	u := readErrorBody(body)
	e := u.canonical(status)
	e.Upstream.RequestID = requestID(header)
	e.Upstream.Body = bytes.Clone(body[:min(len(body), maxErrorBody)])
	return e
}

func requestID(header http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "Apim-Request-Id", "Request-Id"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// upstreamError is an error as an upstream tells it.
type upstreamError struct{ message, kind, code, param string }

// readErrorBody reads the body of an error answer: {"error":{…}} as OpenAI has
// it, {"error":"…"}, {"detail":"…"} and {"message":"…"} as others do, or text.
func readErrorBody(body []byte) upstreamError {
	if wirejson.Check(body) != nil || wirejson.KindOf(body) != '{' {
		return upstreamError{}
	}
	for _, name := range [...]string{"error", "detail"} {
		v := wirejson.Member(body, name)
		switch wirejson.KindOf(v) {
		case '{':
			return readError(v)
		case '"':
			u := readError(body)
			u.message, _ = wirejson.Text(v)
			return u
		}
	}
	return readError(body)
}

// readError reads an error object.
func readError(v llm.Raw) upstreamError {
	var u upstreamError
	for name, e := range wirejson.Members(v) {
		switch string(name) {
		case "message":
			u.message, _ = wirejson.Text(e)
		case "type":
			u.kind, _ = wirejson.Text(e)
		case "code":
			u.code, _ = wirejson.Text(e) // a number repeats the status
		case "param":
			u.param, _ = wirejson.Text(e)
		}
	}
	return u
}

// verdict is what an error means to us.
type verdict struct {
	kind  llm.Kind
	scope llm.Scope
}

// codeVerdicts has the codes and types that say more than the status does. Codes
// are looked up before types.
var codeVerdicts = map[string]verdict{
	"insufficient_quota":                   {llm.KindQuota, llm.ScopeCredential},
	"billing_hard_limit_reached":           {llm.KindQuota, llm.ScopeCredential},
	"billing_not_active":                   {llm.KindQuota, llm.ScopeCredential},
	"usage_limit_reached":                  {llm.KindQuota, llm.ScopeCredential},
	"usage_not_included":                   {llm.KindQuota, llm.ScopeCredential},
	"rate_limit_exceeded":                  {llm.KindRateLimit, llm.ScopeCredential},
	"rate_limit_error":                     {llm.KindRateLimit, llm.ScopeCredential},
	"tokens":                               {llm.KindRateLimit, llm.ScopeCredential},
	"requests":                             {llm.KindRateLimit, llm.ScopeCredential},
	"context_length_exceeded":              {llm.KindContextLength, llm.ScopeRequest},
	"invalid_api_key":                      {llm.KindAuth, llm.ScopeCredential},
	"account_deactivated":                  {llm.KindAuth, llm.ScopeCredential},
	"token_expired":                        {llm.KindAuth, llm.ScopeCredential},
	"authentication_error":                 {llm.KindAuth, llm.ScopeCredential},
	"permission_error":                     {llm.KindPermission, llm.ScopeCredential},
	"unsupported_country_region_territory": {llm.KindPermission, llm.ScopeProvider},
	"model_not_found":                      {llm.KindNotFound, llm.ScopeModel},
	"not_found_error":                      {llm.KindNotFound, llm.ScopeModel},
	"previous_response_not_found":          {llm.KindNotFound, llm.ScopeRequest},
	"invalid_prompt":                       {llm.KindContentFilter, llm.ScopeRequest},
	"content_filter":                       {llm.KindContentFilter, llm.ScopeRequest},
	"content_policy_violation":             {llm.KindContentFilter, llm.ScopeRequest},
	"image_content_policy_violation":       {llm.KindContentFilter, llm.ScopeRequest},
	"bio_policy":                           {llm.KindContentFilter, llm.ScopeRequest},
	"cyber_policy":                         {llm.KindContentFilter, llm.ScopeRequest},
	"cyber_policy_violation":               {llm.KindContentFilter, llm.ScopeRequest},
	"misalignment_policy_violation":        {llm.KindContentFilter, llm.ScopeRequest},
	"server_is_overloaded":                 {llm.KindOverloaded, llm.ScopeModel},
	"slow_down":                            {llm.KindOverloaded, llm.ScopeModel},
	"overloaded_error":                     {llm.KindOverloaded, llm.ScopeModel},
	"service_unavailable":                  {llm.KindOverloaded, llm.ScopeModel},
	"engine_overloaded":                    {llm.KindOverloaded, llm.ScopeModel},
	"timeout":                              {llm.KindTimeout, llm.ScopeProvider},
	"vector_store_timeout":                 {llm.KindTimeout, llm.ScopeRequest},
	"server_error":                         {llm.KindUpstream, llm.ScopeProvider},
	"internal_error":                       {llm.KindUpstream, llm.ScopeProvider},
	"request_too_large":                    {llm.KindTooLarge, llm.ScopeRequest},
	"string_above_max_length":              {llm.KindInvalid, llm.ScopeRequest},
	"invalid_request_error":                {llm.KindInvalid, llm.ScopeRequest},
	"invalid_image":                        {llm.KindInvalid, llm.ScopeRequest},
	"invalid_image_format":                 {llm.KindInvalid, llm.ScopeRequest},
	"invalid_base64_image":                 {llm.KindInvalid, llm.ScopeRequest},
	"invalid_image_url":                    {llm.KindInvalid, llm.ScopeRequest},
	"invalid_image_mode":                   {llm.KindInvalid, llm.ScopeRequest},
	"image_too_large":                      {llm.KindInvalid, llm.ScopeRequest},
	"image_too_small":                      {llm.KindInvalid, llm.ScopeRequest},
	"image_parse_error":                    {llm.KindInvalid, llm.ScopeRequest},
	"image_file_too_large":                 {llm.KindInvalid, llm.ScopeRequest},
	"image_file_not_found":                 {llm.KindInvalid, llm.ScopeRequest},
	"empty_image_file":                     {llm.KindInvalid, llm.ScopeRequest},
	"failed_to_download_image":             {llm.KindInvalid, llm.ScopeRequest},
	"unsupported_image_media_type":         {llm.KindInvalid, llm.ScopeRequest},
	"data_residency_mismatch":              {llm.KindPermission, llm.ScopeCredential},
}

// statusVerdicts has what a status alone means.
var statusVerdicts = map[int]verdict{
	http.StatusBadRequest:            {llm.KindInvalid, llm.ScopeRequest},
	http.StatusUnauthorized:          {llm.KindAuth, llm.ScopeCredential},
	http.StatusPaymentRequired:       {llm.KindQuota, llm.ScopeCredential},
	http.StatusForbidden:             {llm.KindPermission, llm.ScopeCredential},
	http.StatusNotFound:              {llm.KindNotFound, llm.ScopeModel},
	http.StatusRequestTimeout:        {llm.KindTimeout, llm.ScopeProvider},
	http.StatusConflict:              {llm.KindInvalid, llm.ScopeRequest},
	http.StatusRequestEntityTooLarge: {llm.KindTooLarge, llm.ScopeRequest},
	http.StatusUnsupportedMediaType:  {llm.KindUnsupported, llm.ScopeRequest},
	http.StatusUnprocessableEntity:   {llm.KindInvalid, llm.ScopeRequest},
	http.StatusTooManyRequests:       {llm.KindRateLimit, llm.ScopeCredential},
	http.StatusServiceUnavailable:    {llm.KindOverloaded, llm.ScopeModel},
	http.StatusGatewayTimeout:        {llm.KindTimeout, llm.ScopeProvider},
	529:                              {llm.KindOverloaded, llm.ScopeModel}, // Anthropic's, which gateways pass on
}

// canonical says what the error means. status is 0 for errors inside an answer.
func (u upstreamError) canonical(status int) *llm.Error {
	v := u.verdict(status)
	e := &llm.Error{
		Kind: v.kind, Scope: v.scope, Status: clientStatus(v.kind, status),
		Code: u.code, Param: u.param, Message: u.message,
		Upstream: &llm.UpstreamError{Status: status, Type: u.kind, Code: u.code, Message: u.message},
	}
	if e.Code == "" {
		e.Code = u.kind
	}
	switch {
	case v.kind == llm.KindAuth:
		// The upstream may repeat a part of the credential, which is ours.
		e.Message = "The upstream refused the provider's credential."
	case e.Message == "":
		e.Message = "The upstream answered with an error and did not say what it was."
	}
	return e
}

func (u upstreamError) verdict(status int) verdict {
	if v, ok := codeVerdicts[u.code]; ok {
		return v
	}
	// A 4xx with the type of all bad requests may be told apart by its words.
	if isContextLength(u.message) && (status == 0 || status == http.StatusBadRequest) {
		return verdict{llm.KindContextLength, llm.ScopeRequest}
	}
	known, ok := statusVerdicts[status]
	if v, byType := codeVerdicts[u.kind]; byType && (!ok || known.kind == llm.KindRateLimit || known.kind == llm.KindInvalid) {
		return v
	}
	switch {
	case ok:
		return known
	case status >= 400 && status < 500:
		return verdict{llm.KindInvalid, llm.ScopeRequest}
	}
	return verdict{llm.KindUpstream, llm.ScopeProvider}
}

// isContextLength knows the words of servers that have no code for it.
func isContextLength(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "context window") || strings.Contains(m, "maximum context length") ||
		strings.Contains(m, "context length exceeded")
}

// clientStatus is the status to answer with: the upstream's own where it says
// the same to our client as to us.
func clientStatus(kind llm.Kind, status int) int {
	switch kind { //nolint:exhaustive // the others are the status's
	case llm.KindAuth, llm.KindPermission, llm.KindUpstream:
		return 0 // the kind's own: it is our credential and our upstream
	}
	if status < 400 || status > 599 {
		return 0
	}
	return status
}
