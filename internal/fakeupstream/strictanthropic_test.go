package fakeupstream_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

func claudeSays(messages, more string) string {
	return `{"model":"claude-sonnet-4-5","max_tokens":2048,"messages":[` + messages + `]` + more + `}`
}

func TestStrictAnthropicRefuses(t *testing.T) {
	t.Parallel()
	const (
		user   = `{"role":"user","content":"hi"}`
		call   = `{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]}`
		result = `{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}`
		tool   = `,"tools":[{"name":"f","input_schema":{"type":"object"}}]`
		think  = `,"thinking":{"type":"enabled","budget_tokens":1024}`
		png    = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}`
	)
	claude.check(t, []refused{
		{"no limit", `{"model":"m","messages":[` + user + `]}`, "max_tokens: Field required"},
		{"no messages", `{"model":"m","max_tokens":5}`, "messages: Field required"},
		{"unknown member", claudeSays(user, `,"stop":["a"]`), "stop: Extra inputs are not permitted"},
		{"unknown block member", claudeSays(`{"role":"user","content":[{"type":"text","text":"hi","id":"x"}]}`, ""), "messages.0.content.0.text.id: Extra inputs are not permitted"},
		{"unknown block", claudeSays(`{"role":"user","content":[{"type":"image_url","image_url":{}}]}`, ""), "Input tag 'image_url'"},
		{"call of the user", claudeSays(`{"role":"user","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}`, tool), "Input tag 'tool_use'"},
		{"system message", claudeSays(`{"role":"system","content":"s"},`+user, ""), "Unexpected role \"system\""},
		{"system message later", claudeSays(user+`,{"role":"system","content":"s"}`, ""), "Unexpected role \"system\""},
		{"assistant first", claudeSays(`{"role":"assistant","content":"a"},`+user, ""), "first message must use the \"user\" role"},
		{"empty text", claudeSays(`{"role":"user","content":[{"type":"text","text":""}]}`, ""), "must be non-empty"},
		{"blank text", claudeSays(`{"role":"user","content":[{"type":"text","text":" "}]}`, ""), "non-whitespace"},
		{"empty content", claudeSays(`{"role":"user","content":""}`, ""), "must be non-empty"},
		{"empty blocks", claudeSays(`{"role":"user","content":[]}`, ""), "must have non-empty content"},
		{"empty system", claudeSays(user, `,"system":[{"type":"text","text":""}]`), "must be non-empty"},
		{"call without result", claudeSays(user+","+call+","+user, tool), "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1"},
		{"call at the end", claudeSays(user+","+call, tool), "immediately after: toolu_1"},
		{"result without call", claudeSays(user+","+result, tool), "unexpected `tool_use_id`"},
		{"result twice", claudeSays(user+","+call+","+result+","+result, tool), "Found multiple"},
		{"result behind text", claudeSays(user+","+call+`,{"role":"user","content":[{"type":"text","text":"so"},{"type":"tool_result","tool_use_id":"toolu_1"}]}`, tool), "immediately after: toolu_1"},
		{"results without tools", claudeSays(user+","+call+","+result, ""), "must define tools"},
		{"bad call id", claudeSays(user+`,{"role":"assistant","content":[{"type":"tool_use","id":"a:0","name":"f","input":{}}]}`, tool), "String should match pattern"},
		{"input as text", claudeSays(user+`,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"{}"}]}`, tool), "valid dictionary"},
		{"thinking of another's", claudeSays(user+`,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"c2ln"},{"type":"text","text":"a"}]},`+user, ""), "Invalid `signature` in `thinking` block"},
		{"thinking unsigned", claudeSays(user+`,{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"a"}]},`+user, ""), "signature: Field required"},
		{"thinking left out", claudeSays(user+","+call+","+result, tool+think), "Expected `thinking` or `redacted_thinking`, but found `tool_use`"},
		{"small budget", claudeSays(user, `,"thinking":{"type":"enabled","budget_tokens":1000}`), "greater than or equal to 1024"},
		{"large budget", claudeSays(user, `,"thinking":{"type":"enabled","budget_tokens":2048}`), "`max_tokens` must be greater than"},
		{"thinking and temperature", claudeSays(user, think+`,"temperature":0.5`), "`temperature` may only be set to 1"},
		{"thinking and top_k", claudeSays(user, think+`,"top_k":5`), "`top_k` must be unset"},
		{"thinking and a forced tool", claudeSays(user, think+tool+`,"tool_choice":{"type":"any"}`), "forces tool use"},
		{"adaptive on an older model", claudeSays(user, `,"thinking":{"type":"adaptive"}`), "not supported on this model"},
		{"budget on a newer model", `{"model":"claude-opus-5","max_tokens":2048,"messages":[` + user + `]` + think + `}`, "thinking.type.adaptive"},
		{"temperature on a newer model", `{"model":"claude-opus-5","max_tokens":2048,"messages":[` + user + `],"temperature":0.1}`, "deprecated"},
		{"effort on an older model", claudeSays(user, `,"output_config":{"effort":"low"}`), "effort parameter"},
		{"too hot", claudeSays(user, `,"temperature":1.5`), "temperature: range: 0..1"},
		{"two samplings", claudeSays(user, `,"temperature":0.5,"top_p":0.5`), "cannot both be specified"},
		{"blank stop", claudeSays(user, `,"stop_sequences":["\n"]`), "non-whitespace"},
		{"bad tool name", claudeSays(user, `,"tools":[{"name":"a.b","input_schema":{"type":"object"}}]`), "tools.0.custom.name: String should match pattern"},
		{"no schema", claudeSays(user, `,"tools":[{"name":"f"}]`), "input_schema: Field required"},
		{"schema without type", claudeSays(user, `,"tools":[{"name":"f","input_schema":{}}]`), "type: Field required"},
		{"schema of alternatives", claudeSays(user, `,"tools":[{"name":"f","input_schema":{"type":"object","anyOf":[{}]}}]`), "does not support oneOf"},
		{"chat's tool", claudeSays(user, `,"tools":[{"type":"function","function":{"name":"f"}}]`), ""}, // taken for a tool of the provider's own
		{"choice without tools", claudeSays(user, `,"tool_choice":{"type":"auto"}`), "while providing tools"},
		{"choice of no tool", claudeSays(user, tool+`,"tool_choice":{"type":"tool","name":"g"}`), "not found"},
		{"choice as a word", claudeSays(user, tool+`,"tool_choice":"auto"`), "tool_choice"},
		{"open answer", claudeSays(user, `,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{}}}}`), "additionalProperties"},
		{"bounded answer", claudeSays(user, `,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"integer","minimum":1}},"additionalProperties":false}}}`), "'minimum' is not supported"},
		{"not the type it says", claudeSays(`{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"iVBORw0KGgo="}}]}`, ""), "appears to be"},
		{"document that is none", claudeSays(`{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGVsbG8="}}]}`, ""), "PDF specified was not valid"},
		{"thinking only at first", claudeSays(user+`,`+call+`,`+result+`,{"role":"assistant","content":[{"type":"tool_use","id":"toolu_2","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_2"}]}`, tool+think), "messages.1.content.0.type: Expected `thinking`"},
		{"image by http", claudeSays(`{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://x/y.png"}}]}`, ""), "Only HTTPS"},
		{"five marks", claudeSays(`{"role":"user","content":[`+strings.Repeat(`{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},`, 4)+`{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}`, ""), "A maximum of 4 blocks"},
		{"trailing blank", claudeSays(user+`,{"role":"assistant","content":"so "}`, ""), "trailing whitespace"},
		{"accepts turns in a row", claudeSays(user+","+user+","+call+","+result+`,{"role":"user","content":[{"type":"text","text":"so"},`+png+`]}`, tool+`,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral","ttl":"1h"}}],"metadata":{"user_id":"u"},"stop_sequences":["x"]`), ""},
		{"accepts thinking", claudeSays(user, think+tool+`,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`), ""},
	})
}

func TestStrictAnthropicHeaders(t *testing.T) {
	t.Parallel()
	body := claudeSays(`{"role":"user","content":"hi"}`, "")
	for name, m := range map[string]mock{
		"authentication_error":   {headers: map[string]string{"Anthropic-Version": "2023-06-01"}},
		"header is required":     {headers: map[string]string{"X-Api-Key": "k"}},
		"is not a valid version": {headers: map[string]string{"X-Api-Key": "k", "Anthropic-Version": "2020-01-01"}},
	} {
		w := m.post(t, fakeupstream.StrictAnthropic(), claude.path, body)
		require.Contains(t, w.Body.String(), name)
		require.Equal(t, fakeupstream.StrictRequestID, w.Header().Get("Request-Id"))
	}
	w := claude.post(t, fakeupstream.StrictAnthropic(), claude.path+"/count_tokens", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`)
	require.JSONEq(t, `{"input_tokens":100}`, w.Body.String())
	w = claude.post(t, fakeupstream.StrictAnthropic(), claude.path+"/count_tokens", body)
	require.Contains(t, w.Body.String(), "max_tokens: Extra inputs are not permitted")
}

// TestStrictAnthropicKnowsItsThinking: a signature is good for its text only.
func TestStrictAnthropicKnowsItsThinking(t *testing.T) {
	t.Parallel()
	h := fakeupstream.StrictAnthropic()
	const user = `{"role":"user","content":"[[think+call]]"}`
	const more = `,"thinking":{"type":"enabled","budget_tokens":1024},"tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}]`
	w := claude.post(t, h, claude.path, claudeSays(user, more))
	var answer struct{ Content json.RawMessage }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	var blocks []struct{ ID string }
	require.NoError(t, json.Unmarshal(answer.Content, &blocks))
	require.Len(t, blocks, 2, w.Body.String())
	said := string(answer.Content)
	replay := func(said string) string {
		return claudeSays(user+`,{"role":"assistant","content":`+said+`},{"role":"user","content":[{"type":"tool_result","tool_use_id":"`+blocks[1].ID+`","content":"22","is_error":true}]}`, more)
	}
	w = claude.post(t, h, claude.path, replay(said))
	require.Contains(t, w.Body.String(), "failed result: 22")
	w = claude.post(t, h, claude.path, replay(strings.Replace(said, "1 + 1 = 2", "1 + 1 = 3", 1)))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "messages.1.content.0: Invalid `signature` in `thinking` block")
}
