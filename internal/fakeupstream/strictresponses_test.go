package fakeupstream_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

func respSays(input, more string) string {
	return `{"model":"gpt-5.2","input":` + input + more + `}`
}

func TestStrictResponsesRefuses(t *testing.T) {
	t.Parallel()
	const (
		user   = `{"role":"user","content":"hi"}`
		call   = `{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}`
		output = `{"type":"function_call_output","call_id":"call_1","output":"x"}`
	)
	respMock.check(t, []refused{
		{"unknown member", respSays(`"hi"`, `,"messages":[]`), "Unknown parameter: 'messages'"},
		{"stop", respSays(`"hi"`, `,"stop":["a"]`), "Unknown parameter: 'stop'"},
		{"chat's limit", respSays(`"hi"`, `,"max_tokens":50`), "Unknown parameter: 'max_tokens'"},
		{"small limit", respSays(`"hi"`, `,"max_output_tokens":5`), "Expected a value >= 16"},
		{"no input", `{"model":"gpt-5.2"}`, "Missing required parameter: 'input'"},
		{"unknown item", respSays(`[{"type":"tool_use"}]`, ""), "Invalid value: 'tool_use'"},
		{"unknown inner member", respSays(`[{"role":"user","content":"hi","name":"ada"}]`, ""), "Unknown parameter: 'input[0].name'"},
		{"chat's part", respSays(`[{"role":"user","content":[{"type":"text","text":"hi"}]}]`, ""), "Invalid value: 'text'"},
		{"chat's image", respSays(`[{"role":"user","content":[{"type":"input_image","image_url":{"url":"https://x/y.png"}}]}]`, ""), "Invalid type for 'input[0].content[0].image_url'"},
		{"input of the assistant", respSays(`[`+user+`,{"role":"assistant","content":[{"type":"input_text","text":"a"}]},`+user+`]`, ""), "Supported values are: 'output_text', 'refusal'"},
		{"output of the user", respSays(`[{"role":"user","content":[{"type":"output_text","text":"a"}]}]`, ""), "Invalid value: 'output_text'"},
		{"tool role", respSays(`[{"role":"tool","content":"a"}]`, ""), "Invalid value: 'tool'"},
		{"file without a name", respSays(`[{"role":"user","content":[{"type":"input_file","file_data":"data:application/pdf;base64,JVBERg=="}]}]`, ""), "Missing required parameter: 'input[0].content[0]'"},
		{"output without call", respSays(`[`+user+`,`+output+`]`, ""), "No tool call found for function call output with call_id call_1"},
		{"call without output", respSays(`[`+user+`,`+call+`,`+user+`]`, ""), "No tool output found for function call call_1"},
		{"call with an id of another kind", respSays(`[`+user+`,{"type":"function_call","id":"call_1","call_id":"call_1","name":"f","arguments":"{}"},`+output+`]`, ""), "begins with 'fc'"},
		{"long call id", respSays(`[`+user+`,{"type":"function_call","call_id":"`+strings.Repeat("c", 65)+`","name":"f","arguments":"{}"}]`, ""), "maximum length 64"},
		{"no arguments", respSays(`[`+user+`,{"type":"function_call","call_id":"c","name":"f"}]`, ""), "arguments"},
		{"thinking of another's", respSays(`[`+user+`,{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAABfoo"},{"role":"assistant","content":"a"},`+user+`]`, ""), "could not be verified"},
		{"thinking not kept", respSays(`[`+user+`,{"type":"reasoning","id":"rs_1","summary":[]},{"role":"assistant","content":"a"},`+user+`]`, ""), "Item with id 'rs_1' not found"},
		{"no summary", respSays(`[`+user+`,{"type":"reasoning","id":"rs_1"}]`, ""), "summary"},
		{"reference to nothing", respSays(`[{"type":"item_reference","id":"msg_1"}]`, ""), "not found"},
		{"no such response", respSays(`"hi"`, `,"previous_response_id":"resp_1"`), "not found"},
		{"nested tool", respSays(`"hi"`, `,"tools":[{"type":"function","function":{"name":"f"}}]`), "Unknown parameter: 'tools[0].function'"},
		{"strict but open", respSays(`"hi"`, `,"tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{}}}]`), "'additionalProperties' is required"},
		{"chat's format", respSays(`"hi"`, `,"response_format":{"type":"json_object"}`), "Unknown parameter: 'response_format'"},
		{"nested schema", respSays(`"hi"`, `,"text":{"format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}}`), "Unknown parameter: 'text.format.json_schema'"},
		{"unknown include", respSays(`"hi"`, `,"include":["everything"]`), "Invalid value: 'everything'"},
		{"temperature while reasoning", respSays(`"hi"`, `,"reasoning":{"effort":"low"},"temperature":0.1`), "Unsupported parameter: 'temperature'"},
		{"reasoning of another model", `{"model":"gpt-4.1","input":"hi","reasoning":{"effort":"low"}}`, "Unsupported parameter: 'reasoning.effort'"},
		{"proof of another model", `{"model":"gpt-4.1","input":"hi","include":["reasoning.encrypted_content"]}`, "Encrypted content is not supported"},
		{"accepts a conversation", respSays(`[{"role":"developer","content":"s"},`+user+`,`+call+`,`+output+`]`, `,"store":false,"temperature":0.2,"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false}]`), ""},
		{"accepts a text", respSays(`"hi"`, `,"instructions":"s","max_output_tokens":16,"truncation":"auto","include":["reasoning.encrypted_content"]`), ""},
	})
}

// TestStrictResponsesKnowsItsThinking: reasoning is accepted as it was given,
// refused when it was changed, and missed when it is left out.
func TestStrictResponsesKnowsItsThinking(t *testing.T) {
	t.Parallel()
	h := fakeupstream.StrictResponses()
	const user = `{"role":"user","content":"[[think+call]]"}`
	const more = `,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"low","summary":"auto"},"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]`
	w := respMock.post(t, h, respMock.path, respSays(`[`+user+`]`, more))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var answer struct{ Output []json.RawMessage }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Len(t, answer.Output, 2)
	thought, call := string(answer.Output[0]), string(answer.Output[1])
	var ids struct {
		ID     string
		CallID string `json:"call_id"`
	}
	require.NoError(t, json.Unmarshal(answer.Output[1], &ids))
	output := `{"type":"function_call_output","call_id":"` + ids.CallID + `","output":"22"}`
	bare := strings.Replace(call, `"id":"`+ids.ID+`",`, "", 1)
	for name, row := range map[string]struct{ input, says string }{
		"as it was":           {user + "," + thought + "," + call + "," + output, "result: 22"},
		"changed":             {user + "," + strings.Replace(thought, `"encrypted_content":"gAAAAAB`, `"encrypted_content":"gAAAAABx`, 1) + "," + call + "," + output, "invalid_encrypted_content"},
		"of another id":       {user + "," + strings.Replace(thought, `"id":"rs_`, `"id":"rs_x`, 1) + "," + call + "," + output, "did not match"},
		"left out":            {user + "," + call + "," + output, "without its required 'reasoning' item"},
		"left out, no id":     {user + "," + bare + "," + output, "result: 22"},
		"nothing behind it":   {user + "," + bare + "," + output + "," + thought, "without its required following item"},
		"behind it a message": {user + "," + thought + "," + user, "without its required following item"},
	} {
		w := respMock.post(t, h, respMock.path, respSays("["+row.input+"]", more))
		require.Contains(t, w.Body.String(), row.says, name)
	}
	require.Equal(t, http.StatusBadRequest, respMock.post(t, fakeupstream.StrictResponses(), respMock.path, respSays("["+user+","+thought+","+call+","+output+"]", more)).Code, "another mock has another key")
}

// TestStrictResponsesRemembers: what was stored can be referred to, and only that.
func TestStrictResponsesRemembers(t *testing.T) {
	t.Parallel()
	h := fakeupstream.StrictResponses()
	ask := func(input, more string) (id, item, text string) {
		w := respMock.post(t, h, respMock.path, respSays(input, more))
		var answer struct {
			ID     string
			Output []struct {
				ID      string
				Content []struct{ Text string }
			}
			Error struct{ Message string }
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer), w.Body.String())
		if len(answer.Output) == 0 {
			return "", "", answer.Error.Message
		}
		return answer.ID, answer.Output[0].ID, answer.Output[0].Content[0].Text
	}
	id, item, text := ask(`"[[say:one]]"`, "")
	require.Equal(t, "one", text)
	next, _, text := ask(`"[[echo]]"`, `,"previous_response_id":"`+id+`"`)
	require.Contains(t, text, `"assistant":["one"]`)
	_, _, text = ask(`[{"id":"`+item+`"},{"role":"user","content":"[[echo]]"}]`, "")
	require.Contains(t, text, `"assistant":["one"]`)
	_, _, text = ask(`[{"type":"item_reference","id":"`+item+`"},{"role":"user","content":"[[echo]]"}]`, `,"previous_response_id":"`+next+`"`)
	require.Contains(t, text, `"texts":["[[say:one]]","[[echo]]","[[echo]]"]`)

	id, item, _ = ask(`"[[say:two]]"`, `,"store":false`)
	_, _, text = ask(`"go on"`, `,"previous_response_id":"`+id+`"`)
	require.Contains(t, text, "not found")
	_, _, text = ask(`[{"type":"item_reference","id":"`+item+`"}]`, "")
	require.Contains(t, text, "not found")
}
