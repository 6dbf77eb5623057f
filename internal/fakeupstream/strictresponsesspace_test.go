package fakeupstream_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// TestStrictResponsesKnowsCodex: what Codex sends beyond the published API is
// taken, and its kinds of tools are called as it expects.
func TestStrictResponsesKnowsCodex(t *testing.T) {
	t.Parallel()
	const (
		patch = `{"type":"custom","name":"apply_patch","format":{"type":"grammar","syntax":"lark","definition":"start: X"}}`
		space = `{"type":"namespace","name":"agents","description":"d","tools":[{"type":"function","name":"close","strict":false,"parameters":{"type":"object","properties":{"target":{"type":"string"}}}},{"type":"custom","name":"exec"}]}`
		more  = `{"type":"additional_tools","id":"at_1","role":"developer","tools":[` + space + `]},`
	)
	says := func(text string) string {
		return `{"type":"message","role":"user","content":[{"type":"input_text","text":"` + text + `"}],"internal_chat_message_metadata_passthrough":{"turn_id":"t"}}`
	}
	tests := []struct {
		name, input, more string
		status            int
		want              []string
	}{
		{"client_metadata", says("[[say:hi]]"), `,"client_metadata":{"session_id":"s"}`, 200, []string{`"text":"hi"`}},
		{"an unknown member", says("[[say:hi]]"), `,"client_data":{}`, 400, []string{"Unknown parameter: 'client_data'"}},
		{"a custom tool", says(`[[call:apply_patch {\"input\":\"*** Begin\"}]]`), `,"tools":[` + patch + `]`, 200, []string{`"type":"custom_tool_call"`, `"input":"*** Begin"`, `"id":"ctc_`}},
		{"a custom tool's bare text", says(`[[call:apply_patch as it is]]`), `,"tools":[` + patch + `]`, 200, []string{`"input":"as it is"`}},
		{"a namespace", says(`[[call:agents.close {\"target\":\"x\"}]]`), `,"tools":[` + space + `]`, 200, []string{`"type":"function_call"`, `"name":"close","namespace":"agents"`}},
		{"tools in an item", more + says(`[[call:agents.exec {\"input\":\"1\"}]]`), "", 200, []string{`"type":"custom_tool_call"`, `"name":"exec","namespace":"agents"`}},
		{"tools in an item that is not the developer's", `{"type":"additional_tools","role":"user","tools":[]},` + says("hi"), "", 400, []string{"role"}},
		{"a group in a group", says("hi"), `,"tools":[{"type":"namespace","name":"a","tools":[` + space + `]}]`, 400, []string{"namespace"}},
		{"instructions behind the question", says("[[say:hi]]") + `,{"role":"developer","content":"be brief"}`, "", 200, []string{`"text":"hi"`}},
	}
	for _, tt := range tests {
		for _, flag := range []string{"", `,"stream":true`} {
			w := respMock.post(t, fakeupstream.StrictResponses(), respMock.path, respSays("["+tt.input+"]", tt.more+flag))
			require.Equal(t, tt.status, w.Code, "%s: %s", tt.name, w.Body)
			for _, want := range tt.want {
				require.Contains(t, w.Body.String(), want, tt.name)
			}
			if flag != "" && tt.status == http.StatusOK {
				require.Contains(t, w.Body.String(), "event: response.completed", tt.name)
			}
		}
	}
}
