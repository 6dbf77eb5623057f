package demo_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/demo"
)

func TestMalformedChat(t *testing.T) {
	const user = `"messages":[{"role":"user","content":"hi"}]`
	tests := []struct {
		name, body, param, code, says string
	}{
		{"empty", ``, "", "", "could not parse"},
		{"not JSON", `{"model":`, "", "", "could not parse"},
		{"duplicate member", `{"model":"demo-chat","model":"demo-fail",` + user + `}`, "", "", "could not parse"},
		{"no model", `{` + user + `}`, "", "", "model parameter"},
		{"model of wrong type", `{"model":7,` + user + `}`, "model", "invalid_type", "a number"},
		{"no messages", `{"model":"demo-chat"}`, "messages", "missing_required_parameter", "Missing"},
		{"empty messages", `{"model":"demo-chat","messages":[]}`, "messages", "empty_array", "empty array"},
		{"messages of wrong type", `{"model":"demo-chat","messages":"hi"}`, "messages", "invalid_type", "a string"},
		{"message of wrong type", `{"model":"demo-chat","messages":[{"role":"user","content":"a"},7]}`, "messages[1]", "invalid_type", "a number"},
		{"no role", `{"model":"demo-chat","messages":[{"content":"hi"}]}`, "messages[0].role", "missing_required_parameter", "Missing"},
		{"bad role", `{"model":"demo-chat","messages":[{"role":"robot","content":"hi"}]}`, "messages[0].role", "invalid_value", "'robot'"},
		{"bad content", `{"model":"demo-chat","messages":[{"role":"user","content":7}]}`, "messages[0].content", "invalid_type", "a number"},
		{"null user content", `{"model":"demo-chat","messages":[{"role":"user","content":null}]}`, "messages[0].content", "invalid_type", "null"},
		{"stray tool message", `{"model":"demo-chat","messages":[{"role":"tool","tool_call_id":"x","content":"hi"}]}`, "messages[0].role", "", "preceding"},
		{"tool message without id", `{"model":"demo-chat","messages":[{"role":"assistant","tool_calls":[{}]},{"role":"tool","content":"hi"}]}`, "messages[1].tool_call_id", "missing_required_parameter", "Missing"},
		{"n too large", `{"model":"demo-chat","n":5,` + user + `}`, "n", "integer_out_of_range", "between 1 and 4"},
		{"n zero", `{"model":"demo-chat","n":0,` + user + `}`, "n", "integer_out_of_range", "got 0"},
		{"max_tokens zero", `{"model":"demo-chat","max_tokens":0,` + user + `}`, "max_tokens", "integer_below_min_value", ">= 1"},
		{"temperature", `{"model":"demo-chat","temperature":2.5,` + user + `}`, "temperature", "decimal_out_of_range", "2.5"},
		{"stop of wrong type", `{"model":"demo-chat","stop":7,` + user + `}`, "stop", "invalid_type", "stop"},
		{"five stops", `{"model":"demo-chat","stop":["a","b","c","d","e"],` + user + `}`, "stop", "invalid_type", "4"},
		{"bad format", `{"model":"demo-chat","response_format":{"type":"xml"},` + user + `}`, "response_format.type", "invalid_value", "'xml'"},
		{"schema without name", `{"model":"demo-chat","response_format":{"type":"json_schema","json_schema":{}},` + user + `}`, "response_format.json_schema.name", "missing_required_parameter", "Missing"},
		{"tool of unknown type", `{"model":"demo-chat","tools":[{"type":"magic"}],` + user + `}`, "tools[0].type", "invalid_value", "'magic'"},
		{"tool without name", `{"model":"demo-chat","tools":[{"type":"function","function":{}}],` + user + `}`, "tools[0].function.name", "missing_required_parameter", "Missing"},
		{"tool_choice without tools", `{"model":"demo-chat","tool_choice":"required",` + user + `}`, "tool_choice", "", "only allowed"},
		{"tool_choice unknown mode", `{"model":"demo-chat","tool_choice":"maybe",` + user + `}`, "tool_choice", "invalid_value", "tool_choice"},
		{"tool_choice unknown tool", `{"model":"demo-chat","tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"b"}},` + user + `}`, "tool_choice", "invalid_value", "among"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := chat(t, tt.body)
			require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			e := parse[answer](t, w.Body.Bytes()).Error
			require.Equal(t, "invalid_request_error", e.Type)
			require.Contains(t, e.Message, tt.says)
			require.Equal(t, tt.param, deref(e.Param))
			require.Equal(t, tt.code, deref(e.Code))
		})
	}
}

func TestWrongEndpoint(t *testing.T) {
	w := chat(t, `{"model":"demo-embed","messages":[{"role":"user","content":"hi"}]}`)
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Contains(t, w.Body.String(), "not a chat model")
	w = ask(t, http.MethodPost, "/v1/embeddings", `{"model":"demo-chat","input":"hi"}`)
	require.Equal(t, http.StatusForbidden, w.Code)
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	complete(t, `{"model":"demo-chat","some_new_option":{"deep":[1,2]},"messages":[{"role":"user","content":"hi","extra":1}]}`)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// FuzzChat: no body makes the vendor panic or answer with anything but JSON or
// an event stream.
func FuzzChat(f *testing.F) {
	f.Add(`{"model":"demo-chat","messages":[{"role":"user","content":"hi"}]}`)
	f.Add(`{"model":"demo-tools","stream":true,"tools":[{"type":"function","function":{"name":"f","parameters":{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}}}],"messages":[{"role":"user","content":"hi"}]}`)
	f.Add(`{"model":"demo-chat","n":4,"stop":["a"],"max_tokens":1,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":["null","array"],"minItems":3,"items":{"anyOf":[{"type":"number","multipleOf":0.5}]}}}},"messages":[{"role":"user","content":[{"type":"text","text":"é"}]}]}`)
	f.Add(`{"model":"demo-error-in-stream","stream":true,"messages":[{"role":"user","content":"hi"}]}`)
	h := demo.New(demo.Options{Now: clock})
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "stall") || strings.Contains(body, "slow") || strings.Contains(body, `\u`) {
			return // those wait, by design (also spelt with escapes)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions", strings.NewReader(body)))
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
			fold(t, w.Body.Bytes())
			return
		}
		require.True(t, jsontext.Value(w.Body.Bytes()).IsValid(), "%q", w.Body)
	})
}
