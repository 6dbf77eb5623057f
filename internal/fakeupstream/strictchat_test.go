package fakeupstream_test

import "testing"

// chatSays is a request with these messages and more members.
func chatSays(messages, more string) string {
	return `{"model":"gpt-4.1","messages":[` + messages + `]` + more + `}`
}

const chatUser = `{"role":"user","content":"hi"}`

func TestStrictChatRefuses(t *testing.T) {
	t.Parallel()
	const (
		call    = `{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]}`
		result  = `{"role":"tool","tool_call_id":"call_1","content":"x"}`
		tool    = `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false},"strict":true}}]`
		reasons = `{"model":"o4-mini","messages":[{"role":"user","content":"hi"}]`
	)
	chatMock.check(t, []refused{
		{"not JSON", `{"model":`, "could not parse"},
		{"no model", `{"messages":[` + chatUser + `]}`, "model parameter"},
		{"no messages", `{"model":"gpt-4.1"}`, "Missing required parameter: 'messages'"},
		{"empty messages", chatSays("", ""), "Invalid 'messages': empty array"},
		{"unknown member", chatSays(chatUser, `,"top_k":5`), "Unrecognized request argument supplied: top_k"},
		{"unknown inner member", chatSays(`{"role":"user","content":"hi","cache_control":{}}`, ""), "Unknown parameter: 'messages[0].cache_control'"},
		{"reasoning sent back", chatSays(chatUser+`,{"role":"assistant","content":"a","reasoning_content":"b"}`, ""), "messages[1].reasoning_content"},
		{"wrong type", chatSays(chatUser, `,"temperature":"hot"`), "Invalid type for 'temperature'"},
		{"wrong role", chatSays(`{"role":"model","content":"hi"}`, ""), "Invalid value: 'model'"},
		{"null content", chatSays(`{"role":"user","content":null}`, ""), "messages[0].content"},
		{"null assistant", chatSays(chatUser+`,{"role":"assistant","content":null}`, ""), "expected a string, got null"},
		{"unknown part", chatSays(`{"role":"user","content":[{"type":"image","source":{}}]}`, ""), "Unknown parameter: 'messages[0].content[0].source'"},
		{"image of the assistant", chatSays(chatUser+`,{"role":"assistant","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}`, ""), "Invalid value: 'image_url'"},
		{"image that is none", chatSays(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"cid:x"}}]}`, ""), "valid URL"},
		{"image in a tool message", chatSays(chatUser+","+call+`,{"role":"tool","tool_call_id":"call_1","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}`, tool), "Supported values are: 'text'"},
		{"file without a name", chatSays(`{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERg=="}}]}`, ""), "file.file_id"},
		{"file that is none", chatSays(`{"role":"user","content":[{"type":"file","file":{"file_data":"JVBERg==","filename":"a.pdf"}}]}`, ""), "Invalid file data"},
		{"result without call", chatSays(chatUser+","+result, ""), "must be a response to a"},
		{"call without result", chatSays(chatUser+","+call+","+chatUser, tool), "did not have response messages: call_1"},
		{"call at the end", chatSays(chatUser+","+call, tool), "did not have response messages: call_1"},
		{"result twice", chatSays(chatUser+","+call+","+result+","+result, tool), "must be a response"},
		{"long id", chatSays(chatUser+`,{"role":"assistant","tool_calls":[{"id":"call_01234567890123456789012345678901234567890","type":"function","function":{"name":"f","arguments":"{}"}}]}`, ""), "maximum length 40"},
		{"empty calls", chatSays(chatUser+`,{"role":"assistant","content":"a","tool_calls":[]}`, ""), "empty array"},
		{"arguments as object", chatSays(chatUser+`,{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":{}}}]}`, ""), "function.arguments"},
		{"bad tool name", chatSays(chatUser, `,"tools":[{"type":"function","function":{"name":"a.b"}}]`), "does not match pattern"},
		{"long tool name", chatSays(chatUser, `,"tools":[{"type":"function","function":{"name":"a0123456789012345678901234567890123456789012345678901234567890123456789"}}]`), "maximum length 64"},
		{"flat tool", chatSays(chatUser, `,"tools":[{"type":"function","name":"f"}]`), "Unknown parameter: 'tools[0].name'"},
		{"no tools", chatSays(chatUser, `,"tools":[]`), "Invalid 'tools': empty array"},
		{"choice without tools", chatSays(chatUser, `,"tool_choice":"auto"`), "only allowed when 'tools'"},
		{"parallel without tools", chatSays(chatUser, `,"parallel_tool_calls":true`), "only allowed when 'tools'"},
		{"choice of no tool", chatSays(chatUser, tool+`,"tool_choice":{"type":"function","function":{"name":"g"}}`), "not found in 'tools'"},
		{"schema of no object", chatSays(chatUser, `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"string"}}}]`), "'type: \"object\"'"},
		{"array of nothing", chatSays(chatUser, `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"array"}}}}}]`), "array schema missing items"},
		{"strict but open", chatSays(chatUser, `,"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{}}}}]`), "'additionalProperties' is required"},
		{"strict but optional", chatSays(chatUser, `,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}}`), "Missing 'a'"},
		{"schema without name", chatSays(chatUser, `,"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object"}}}`), "json_schema.name"},
		{"json without the word", chatSays(chatUser, `,"response_format":{"type":"json_object"}`), "must contain the word 'json'"},
		{"usage without a stream", chatSays(chatUser, `,"stream_options":{"include_usage":true}`), "only allowed when 'stream'"},
		{"both limits", chatSays(chatUser, `,"max_tokens":5,"max_completion_tokens":5`), "at the same time"},
		{"five stops", chatSays(chatUser, `,"stop":["a","b","c","d","e"]`), "Invalid 'stop'"},
		{"metadata unstored", chatSays(chatUser, `,"metadata":{"a":"b"}`), "only allowed when 'store'"},
		{"too hot", chatSays(chatUser, `,"temperature":2.5`), "Invalid 'temperature'"},
		{"old limit of a reasoning model", reasons + `,"max_tokens":50}`, "Use 'max_completion_tokens' instead"},
		{"temperature of a reasoning model", reasons + `,"temperature":0.2}`, "Unsupported parameter: 'temperature'"},
		{"stop of a reasoning model", reasons + `,"stop":["a"]}`, "Unsupported parameter: 'stop'"},
		{"effort of another model", chatSays(chatUser, `,"reasoning_effort":"low"`), "reasoning_effort"},
		{"accepts a conversation", chatSays(`{"role":"system","content":"s"},`+chatUser+","+call+","+result+`,{"role":"assistant","content":"a","refusal":null,"annotations":[]},`+chatUser, tool+`,"tool_choice":"required","parallel_tool_calls":false,"max_tokens":5,"stop":["x"],"seed":1`), ""},
		{"accepts a reasoning model", reasons + `,"max_completion_tokens":50,"reasoning_effort":"low","temperature":1}`, ""},
	})
}
