package openai

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// maxErrorBody bounds what is kept of an upstream's answer, in bytes.
const maxErrorBody = 64 << 10

// verdict is what an error means to us.
type verdict struct {
	kind  llm.Kind
	scope llm.Scope
}

// codeVerdicts has the codes and types that say more than a status does, of
// OpenAI and of those who answer in its dialect.
// https://platform.openai.com/docs/guides/error-codes
var codeVerdicts = map[string]verdict{
	"insufficient_quota":                   {llm.KindQuota, llm.ScopeCredential},
	"billing_hard_limit_reached":           {llm.KindQuota, llm.ScopeCredential},
	"billing_not_active":                   {llm.KindQuota, llm.ScopeCredential},
	"exceeded_current_quota_error":         {llm.KindQuota, llm.ScopeCredential}, // Moonshot
	"insufficient_balance":                 {llm.KindQuota, llm.ScopeCredential},
	"usage_limit_reached":                  {llm.KindQuota, llm.ScopeCredential},
	"rate_limit_exceeded":                  {llm.KindRateLimit, llm.ScopeCredential},
	"rate_limit_error":                     {llm.KindRateLimit, llm.ScopeCredential},
	"rate_limit_reached_error":             {llm.KindRateLimit, llm.ScopeCredential},
	"tokens":                               {llm.KindRateLimit, llm.ScopeCredential},
	"requests":                             {llm.KindRateLimit, llm.ScopeCredential},
	"context_length_exceeded":              {llm.KindContextLength, llm.ScopeRequest},
	"string_above_max_length":              {llm.KindInvalid, llm.ScopeRequest},
	"invalid_api_key":                      {llm.KindAuth, llm.ScopeCredential},
	"invalid_authentication":               {llm.KindAuth, llm.ScopeCredential},
	"invalid_authentication_error":         {llm.KindAuth, llm.ScopeCredential},
	"incorrect_api_key_error":              {llm.KindAuth, llm.ScopeCredential},
	"authentication_error":                 {llm.KindAuth, llm.ScopeCredential},
	"account_deactivated":                  {llm.KindAuth, llm.ScopeCredential},
	"token_expired":                        {llm.KindAuth, llm.ScopeCredential},
	"permission_error":                     {llm.KindPermission, llm.ScopeCredential},
	"permission_denied":                    {llm.KindPermission, llm.ScopeCredential},
	"permission_denied_error":              {llm.KindPermission, llm.ScopeCredential},
	"unsupported_country_region_territory": {llm.KindPermission, llm.ScopeProvider},
	"model_not_found":                      {llm.KindNotFound, llm.ScopeModel},
	"DeploymentNotFound":                   {llm.KindNotFound, llm.ScopeModel}, // Azure
	"not_found_error":                      {llm.KindNotFound, llm.ScopeModel},
	"resource_not_found_error":             {llm.KindNotFound, llm.ScopeModel},
	"content_filter":                       {llm.KindContentFilter, llm.ScopeRequest},
	"content_policy_violation":             {llm.KindContentFilter, llm.ScopeRequest},
	"ResponsibleAIPolicyViolation":         {llm.KindContentFilter, llm.ScopeRequest}, // Azure
	"invalid_prompt":                       {llm.KindContentFilter, llm.ScopeRequest},
	"data_inspection_failed":               {llm.KindContentFilter, llm.ScopeRequest}, // Alibaba
	"engine_overloaded":                    {llm.KindOverloaded, llm.ScopeModel},
	"engine_overloaded_error":              {llm.KindOverloaded, llm.ScopeModel},
	"overloaded":                           {llm.KindOverloaded, llm.ScopeModel},
	"overloaded_error":                     {llm.KindOverloaded, llm.ScopeModel},
	"server_is_overloaded":                 {llm.KindOverloaded, llm.ScopeModel},
	"slow_down":                            {llm.KindOverloaded, llm.ScopeModel},
	"service_unavailable":                  {llm.KindOverloaded, llm.ScopeModel},
	"timeout":                              {llm.KindTimeout, llm.ScopeProvider},
	"request_timeout":                      {llm.KindTimeout, llm.ScopeProvider},
	"request_too_large":                    {llm.KindTooLarge, llm.ScopeRequest},
	"server_error":                         {llm.KindUpstream, llm.ScopeProvider},
	"internal_error":                       {llm.KindUpstream, llm.ScopeProvider},
	"internal_server_error":                {llm.KindUpstream, llm.ScopeProvider},
	"api_error":                            {llm.KindUpstream, llm.ScopeProvider},
	"upstream_error":                       {llm.KindUpstream, llm.ScopeProvider},
	"upstream_unreachable":                 {llm.KindConnection, llm.ScopeProvider},
	"invalid_request_error":                {llm.KindInvalid, llm.ScopeRequest},
}

// statusVerdicts has what a status alone means.
var statusVerdicts = map[int]verdict{
	http.StatusBadRequest:            {llm.KindInvalid, llm.ScopeRequest},
	http.StatusUnauthorized:          {llm.KindAuth, llm.ScopeCredential},
	http.StatusPaymentRequired:       {llm.KindQuota, llm.ScopeCredential},
	http.StatusForbidden:             {llm.KindPermission, llm.ScopeCredential},
	http.StatusNotFound:              {llm.KindNotFound, llm.ScopeModel},
	http.StatusMethodNotAllowed:      {llm.KindUnsupported, llm.ScopeProvider},
	http.StatusRequestTimeout:        {llm.KindTimeout, llm.ScopeProvider},
	http.StatusConflict:              {llm.KindInvalid, llm.ScopeRequest},
	http.StatusRequestEntityTooLarge: {llm.KindTooLarge, llm.ScopeRequest},
	http.StatusUnsupportedMediaType:  {llm.KindUnsupported, llm.ScopeRequest},
	http.StatusUnprocessableEntity:   {llm.KindInvalid, llm.ScopeRequest},
	http.StatusTooManyRequests:       {llm.KindRateLimit, llm.ScopeCredential},
	499:                              {llm.KindCanceled, llm.ScopeRequest},
	http.StatusNotImplemented:        {llm.KindUnsupported, llm.ScopeModel},
	http.StatusServiceUnavailable:    {llm.KindOverloaded, llm.ScopeModel},
	http.StatusGatewayTimeout:        {llm.KindTimeout, llm.ScopeProvider},
	529:                              {llm.KindOverloaded, llm.ScopeModel}, // Anthropic's, which gateways pass on
}

// ErrorOf reads an answer that is not 2xx.
func ErrorOf(status int, header http.Header, body []byte) *llm.Error {
	up := DecodeError(status, body)
	up.Body = bytes.Clone(body[:min(len(body), maxErrorBody)])
	for _, name := range [...]string{"X-Request-Id", "Apim-Request-Id", "Request-Id", "Cf-Ray"} {
		if up.RequestID == "" {
			up.RequestID = header.Get(name)
		}
	}
	return classify(up, paramOf(body))
}

// ErrorIn reads an error inside an answer that began with 200: the object that
// holds it under "error", or is it. It returns nil when there is none.
func ErrorIn(object []byte) *llm.Error {
	var b struct {
		Error   jsontext.Value `json:"error"`
		Object  string         `json:"object"`
		Message string         `json:"message"`
		Type    string         `json:"type"`
		Code    jsontext.Value `json:"code"`
	}
	_ = json.Unmarshal(object, &b, lenient) // what cannot be read stays empty, and says nothing
	var up *llm.UpstreamError
	switch k := b.Error.Kind(); {
	case k == '{' && len(bytes.TrimSpace(b.Error)) > 2, k == '"' && len(b.Error) > 2:
		up = DecodeError(0, object)
	case b.Object == "error" && b.Message != "": // vLLM, Mistral
		up = &llm.UpstreamError{Message: b.Message, Type: b.Type, Code: codeText(b.Code)}
	default:
		return nil
	}
	// Some put the status that would have been into the code.
	if len(up.Code) == 3 && up.Code >= "400" && up.Code <= "599" {
		up.Status = int(up.Code[0]-'0')*100 + int(up.Code[1]-'0')*10 + int(up.Code[2]-'0')
	}
	up.Body = bytes.Clone(object[:min(len(object), maxErrorBody)])
	e := classify(up, paramOf(object))
	return e
}

func codeText(v jsontext.Value) string {
	var s string
	if json.Unmarshal(v, &s, lenient) == nil {
		return s
	}
	if v.Kind() == '0' {
		return string(v)
	}
	return ""
}

// paramOf reads the field that the error speaks of.
func paramOf(body []byte) string {
	var b struct {
		Error struct {
			Param jsontext.Value `json:"param"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &b, lenient) != nil || b.Error.Param.Kind() != '"' {
		return ""
	}
	return codeText(b.Error.Param)
}

// classify says what the error means. Its status is 0 inside an answer.
func classify(up *llm.UpstreamError, param string) *llm.Error {
	v := verdictOf(up)
	e := &llm.Error{
		Kind: v.kind, Scope: v.scope, Status: clientStatus(v.kind, up.Status),
		Code: up.Code, Param: param, Message: up.Message, Upstream: up,
	}
	if e.Code == "" || isNumber(e.Code) {
		e.Code = up.Type
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

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

func verdictOf(up *llm.UpstreamError) verdict {
	if v, ok := codeVerdicts[up.Code]; ok && v.kind != llm.KindInvalid {
		return v
	}
	// A bad request of the general kind is told apart by its words.
	if isContextLength(up.Message) && (up.Status == 0 || up.Status == http.StatusBadRequest ||
		up.Status == http.StatusUnprocessableEntity || up.Status == http.StatusRequestEntityTooLarge) {
		return verdict{llm.KindContextLength, llm.ScopeRequest}
	}
	known, ok := statusVerdicts[up.Status]
	if v, byType := codeVerdicts[up.Type]; byType && (!ok || known.kind == llm.KindRateLimit || known.kind == llm.KindInvalid) {
		return v
	}
	switch {
	case ok:
		return known
	case up.Status >= 400 && up.Status < 500:
		return verdict{llm.KindInvalid, llm.ScopeRequest}
	}
	return verdict{llm.KindUpstream, llm.ScopeProvider}
}

// isContextLength knows the words of servers that have no code for it.
func isContextLength(message string) bool {
	m := strings.ToLower(message)
	for _, words := range [...]string{
		"context window", "maximum context length", "context length exceeded", "context_length", "prompt is too long",
		"too many tokens", "exceeds the context", "maximum prompt length",
	} {
		if strings.Contains(m, words) {
			return true
		}
	}
	return false
}

// clientStatus is the status to answer with: the upstream's own where it says
// the same to our client as to us.
func clientStatus(kind llm.Kind, status int) int {
	if kind == llm.KindAuth || kind == llm.KindPermission || kind == llm.KindUpstream {
		return 0 // the kind's own: it is our credential and our upstream
	}
	if status < 400 || status > 599 {
		return 0
	}
	return status
}
