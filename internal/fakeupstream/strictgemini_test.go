package fakeupstream_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

func geminiSays(contents, more string) string { return `{"contents":[` + contents + `]` + more + `}` }

func geminiTool(declaration string) string {
	return `,"tools":[{"functionDeclarations":[` + declaration + `]}]`
}

func TestStrictGeminiRefuses(t *testing.T) {
	t.Parallel()
	const (
		user   = `{"role":"user","parts":[{"text":"hi"}]}`
		call   = `{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]}`
		calls  = `{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"f","args":{}}}]}`
		result = `{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}`
	)
	gemini.check(t, []refused{
		{"no contents", `{}`, "contents is not specified"},
		{"unknown member", geminiSays(user, `,"messages":[]`), `Unknown name "messages": Cannot find field.`},
		{"unknown inner member", geminiSays(`{"role":"user","parts":[{"text":"hi","type":"text"}]}`, ""), `Unknown name "type" at 'contents[0].parts[0]'`},
		{"unknown setting", geminiSays(user, `,"generationConfig":{"max_tokens":5}`), `Unknown name "max_tokens" at 'generation_config'`},
		{"assistant", geminiSays(`{"role":"assistant","parts":[{"text":"hi"}]}`, ""), "valid role: user, model"},
		{"system", geminiSays(`{"role":"system","parts":[{"text":"hi"}]},`+user, ""), "valid role: user, model"},
		{"no parts", geminiSays(`{"role":"user","parts":[]}`, ""), "must not be empty"},
		{"empty part", geminiSays(`{"role":"user","parts":[{}]}`, ""), "required oneof field 'data'"},
		{"two in a part", geminiSays(`{"role":"user","parts":[{"text":"a","inlineData":{"mimeType":"image/png","data":"aGk="}}]}`, ""), "already set"},
		{"bad base64", geminiSays(`{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"***"}}]}`, ""), "Base64 decoding failed"},
		{"name of a file", geminiSays(`{"role":"user","parts":[{"inlineData":{"mimeType":"application/pdf","data":"JVBERg==","displayName":"a.pdf"}}]}`, ""), `Unknown name "displayName"`},
		{"call first", geminiSays(call+","+result, ""), "immediately after a user turn"},
		{"call without result", geminiSays(user+","+call+","+user, ""), "number of function response parts is equal"},
		{"one result of two", geminiSays(user+","+calls+","+result, ""), "number of function response parts is equal"},
		{"results in two turns", geminiSays(user+","+calls+","+result+","+result, ""), "number of function response parts is equal"},
		{"result without call", geminiSays(user+","+result, ""), "immediately after a function call turn"},
		{"id for a name", geminiSays(user+","+call+`,{"role":"user","parts":[{"functionResponse":{"name":"call_1","response":{}}}]}`, ""), "does not answer"},
		{"no name", geminiSays(user+","+call+`,{"role":"user","parts":[{"functionResponse":{"response":{}}}]}`, ""), "Name cannot be empty"},
		{"response as text", geminiSays(user+","+call+`,{"role":"user","parts":[{"functionResponse":{"name":"f","response":"x"}}]}`, ""), "google.protobuf.Struct"},
		{"no signature", geminiSays(user+`,{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},`+result, ""), "missing a thought_signature"},
		{"signature of another's", geminiSays(user+`,{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]},`+result, ""), "Corrupted thought signature"},
		{"signature that is none", geminiSays(user+`,{"role":"model","parts":[{"text":"a","thoughtSignature":"~"}]},`+user, ""), "Base64 decoding failed"},
		{"JSON schema in parameters", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}`)), `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters'`},
		{"types in a list", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":["string","null"]}}}}`)), "cannot start list"},
		{"reference", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}}}}`)), `Unknown name "$ref"`},
		{"no properties", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{}}}`)), "non-empty for OBJECT"},
		{"array of nothing", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"array"}}}}`)), "items: missing field"},
		{"required but undefined", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["b"]}}`)), "property is not defined"},
		{"format of a string", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string","format":"uri"}}}}`)), "only 'enum' and 'date-time'"},
		{"both schemas", geminiSays(user, geminiTool(`{"name":"f","parameters":{"type":"object"},"parametersJsonSchema":{}}`)), "at the same time"},
		{"bad tool name", geminiSays(user, geminiTool(`{"name":"1f"}`)), "Invalid function name"},
		{"schema without its type", geminiSays(user, `,"generationConfig":{"responseJsonSchema":{"type":"object"}}`), "response_mime_type"},
		{"allowed in mode auto", geminiSays(user, geminiTool(`{"name":"f"}`)+`,"toolConfig":{"functionCallingConfig":{"mode":"AUTO","allowedFunctionNames":["f"]}}`), "allowed_function_names"},
		{"mode of another's", geminiSays(user, geminiTool(`{"name":"f"}`)+`,"toolConfig":{"functionCallingConfig":{"mode":"required"}}`), "Invalid value at 'tool_config"},
		{"level and budget", geminiSays(user, `,"generationConfig":{"thinkingConfig":{"thinkingLevel":"low","thinkingBudget":5}}`), "only one of"},
		{"thinking off", geminiSays(user, `,"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}`), "only works in thinking mode"},
		{"six stops", geminiSays(user, `,"generationConfig":{"stopSequences":["a","b","c","d","e","f"]}`), "stop_sequences"},
		{"accepts a conversation", geminiSays(user+","+calls+`,{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}},{"functionResponse":{"name":"f","response":{"error":"y"}}}]}`, geminiTool(`{"name":"f","parametersJsonSchema":{"type":"object","additionalProperties":false}}`)+`,"systemInstruction":{"parts":[{"text":"s"}]}`), ""},
		{"accepts unsigned calls of turns before", geminiSays(user+`,{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},`+result+`,{"role":"model","parts":[{"text":"a"}]},`+user, ""), ""},
		{"accepts snake case", geminiSays(user, `,"system_instruction":{"parts":[{"text":"s"}]},"generation_config":{"max_output_tokens":5}`), ""},
	})
}

// TestStrictGeminiKnowsItsThinking: a signature is good for its call only, and
// needed only in the current turn.
func TestStrictGeminiKnowsItsThinking(t *testing.T) {
	t.Parallel()
	h := fakeupstream.StrictGemini()
	const user = `{"role":"user","parts":[{"text":"[[think+call]]"}]}`
	tools := geminiTool(`{"name":"get_weather","parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string"}}}}`)
	w := gemini.post(t, h, gemini.path, geminiSays(user, tools))
	var answer struct {
		Candidates []struct{ Content json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	said := string(answer.Candidates[0].Content)
	require.Contains(t, said, "thoughtSignature")
	const result = `{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"22"}}}]}`
	w = gemini.post(t, h, gemini.path, geminiSays(user+","+said+","+result, tools))
	require.Contains(t, w.Body.String(), "result: 22")
	w = gemini.post(t, h, gemini.path, geminiSays(user+","+strings.Replace(said, "Paris", "Rome", 1)+","+result, tools))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "Corrupted thought signature")
}
