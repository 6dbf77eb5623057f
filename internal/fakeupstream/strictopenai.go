package fakeupstream

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// openAIErrors words errors as OpenAI does, for both its protocols.
type openAIErrors struct{}

func (openAIErrors) requestID() string { return "X-Request-Id" }

func (openAIErrors) refuse(_ http.Header, no *refusal) []byte {
	return []byte(emit(fields{"error", openAIError(no)}))
}

func (openAIErrors) tooLong() *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "context_length_exceeded", param: "messages",
		message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
	}
}

func openAIError(no *refusal) fields {
	kind, code := "invalid_request_error", no.code
	switch {
	case no.status == http.StatusTooManyRequests:
		kind, code = "requests", "rate_limit_exceeded"
	case no.status >= http.StatusInternalServerError:
		kind, code = "server_error", "server_error"
	}
	return fields{"message", no.message, "type", kind, "param", orNull(no.param), "code", orNull(code)}
}

// openAIFlaw words what is wrong with the JSON of a request. https://platform.openai.com/docs/guides/error-codes.
func openAIFlaw(f *flaw) *refusal {
	path := brackets(f.path)
	switch f.kind {
	case flawUnknown:
		return &refusal{status: http.StatusBadRequest, message: "Unknown parameter: '" + path + "'.", param: path, code: "unknown_parameter"}
	case flawType:
		return &refusal{
			status: http.StatusBadRequest, param: path, code: "invalid_type",
			message: fmt.Sprintf("Invalid type for '%s': expected %s, but got %s instead.", path, wantedName(f.want), kindName(f.got)),
		}
	default:
		return invalid("We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)")
	}
}

func wantedName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "an array of objects"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Int64:
		return "an integer"
	default:
		return "a decimal"
	}
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}

func missing(path []string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "missing_required_parameter", param: brackets(path),
		message: "Missing required parameter: '" + brackets(path) + "'.",
	}
}

// notOneOf refuses a value outside a closed set.
func notOneOf(path []string, got string, allowed ...string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "invalid_value", param: brackets(path),
		message: "Invalid value: '" + got + "'. Supported values are: " + strings.Join(quoted(allowed), ", ") + ".",
	}
}

func tooLong(path []string, most, got int) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "string_above_max_length", param: brackets(path),
		message: fmt.Sprintf("Invalid '%s': string too long. Expected a string with maximum length %d, but got a string with length %d instead.", brackets(path), most, got),
	}
}

func badPattern(path []string, pattern string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "invalid_value", param: brackets(path),
		message: fmt.Sprintf("Invalid '%s': string does not match pattern. Expected a string that matches the pattern '%s'.", brackets(path), pattern),
	}
}

func unsupported(param, hint string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "unsupported_parameter", param: param,
		message: "Unsupported parameter: '" + param + "' is not supported with this model." + hint,
	}
}

const (
	openAIName    = "^[a-zA-Z0-9_-]+$"
	openAIMaxName = 64
)

var openAINamePattern = regexp.MustCompile(openAIName)

// checkOpenAIName checks the name of a tool or of a schema.
func checkOpenAIName(path []string, name string) *refusal {
	switch {
	case name == "":
		return missing(path)
	case len(name) > openAIMaxName:
		return tooLong(path, openAIMaxName, len(name))
	case !openAINamePattern.MatchString(name):
		return badPattern(path, openAIName)
	}
	return nil
}

// checkOpenAITool checks a function's schema.
func checkOpenAITool(path []string, name string, schema jsontext.Value, strict bool) *refusal {
	if len(schema) == 0 || schema.Kind() == 'n' {
		return nil
	}
	bad := func(wrong string) *refusal {
		return &refusal{
			status: http.StatusBadRequest, code: "invalid_function_parameters", param: brackets(append(slices.Clone(path), "parameters")),
			message: "Invalid schema for function '" + name + "': " + wrong,
		}
	}
	if !isObjectSchema(schema) {
		return bad(`schema must be a JSON Schema of 'type: "object"', got another type.`)
	}
	if wrong := openAISchema(schema, strict); wrong != "" {
		return bad(wrong)
	}
	return nil
}

// answerFormat is a json_schema as chat nests it and Responses does not.
type answerFormat struct {
	Type        string         `json:"type"`
	Name        string         `json:"name"`
	Description *string        `json:"description"`
	Schema      jsontext.Value `json:"schema"`
	Strict      *bool          `json:"strict"`
}

// check checks the answer's schema.
func (f *answerFormat) check(path []string) *refusal {
	if no := checkOpenAIName(append(slices.Clone(path), "name"), f.Name); no != nil {
		return no
	}
	if f.Strict == nil || !*f.Strict {
		return nil
	}
	if wrong := openAISchema(f.Schema, true); wrong != "" {
		return &refusal{
			status: http.StatusBadRequest, code: "invalid_json_schema", param: brackets(append(slices.Clone(path), "schema")),
			message: "Invalid schema for response_format '" + f.Name + "': " + wrong,
		}
	}
	return nil
}

// openAIImage reads an image's URL.
func openAIImage(path []string, url string) (string, *refusal) {
	bad := &refusal{
		status: http.StatusBadRequest, code: "invalid_image_url", param: brackets(path),
		message: "Invalid '" + brackets(path) + "'. Expected a valid URL, but got a value with an invalid format.",
	}
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url, nil
	}
	mime, data, ok := strings.Cut(strings.TrimPrefix(url, "data:"), ";base64,")
	if !ok || !strings.HasPrefix(url, "data:image/") {
		return "", bad
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return "", bad
	}
	return pictured(mime, b), nil
}

// openAIDocument reads a file's data, which must be named: of one without a name
// the API says that what stands at lacking is missing.
func openAIDocument(path, lacking []string, url, name string) (string, *refusal) {
	mime, data, ok := strings.Cut(strings.TrimPrefix(url, "data:"), ";base64,")
	b, err := base64.StdEncoding.DecodeString(data)
	switch {
	case !ok || err != nil || !strings.HasPrefix(url, "data:"):
		return "", &refusal{
			status: http.StatusBadRequest, code: "invalid_value", param: brackets(path),
			message: "Invalid file data: '" + brackets(path) + "'. Expected a base64-encoded data URL with an application/pdf MIME type.",
		}
	case name == "":
		return "", missing(lacking)
	}
	return pictured(mime, b), nil
}

// reasons reports whether a model of OpenAI's thinks before it answers.
func reasons(model string) bool {
	for _, family := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, family) && !strings.Contains(model, "-chat") {
			return true
		}
	}
	return false
}

// effortOf is the effort a reasoning model makes: what was asked, or its own
// default, which is none since gpt-5.1.
func effortOf(model, asked string) string {
	switch {
	case asked != "":
		return asked
	case strings.HasPrefix(model, "gpt-5."):
		return "none"
	default:
		return "medium"
	}
}

// checkSampling refuses what a reasoning model does not take while it reasons.
// https://platform.openai.com/docs/guides/latest-model.
func checkSampling(model, effort string, temperature, topP *float64) *refusal {
	if !reasons(model) || effortOf(model, effort) == "none" {
		return nil
	}
	if temperature != nil && *temperature != 1 {
		return unsupported("temperature", "")
	}
	if topP != nil && *topP != 1 {
		return unsupported("top_p", "")
	}
	return nil
}

// checkRange refuses a number out of bounds.
func checkRange(name string, v *float64, low, high float64) *refusal {
	if v == nil || *v >= low && *v <= high {
		return nil
	}
	return &refusal{
		status: http.StatusBadRequest, code: "decimal_above_max_value", param: name,
		message: fmt.Sprintf("Invalid '%s': decimal out of range. Expected a value between %v and %v, but got %v instead.", name, low, high, *v),
	}
}

// unauthorized is what OpenAI says without a key.
func unauthorized() *refusal {
	return &refusal{
		status:  http.StatusUnauthorized,
		message: "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
	}
}

// unknownURL is what OpenAI says of a path it does not serve.
func unknownURL(r *http.Request) *refusal {
	return &refusal{status: http.StatusNotFound, code: "unknown_url", message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path)}
}
