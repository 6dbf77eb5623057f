package anthropic_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// The field at fault is told, unless the message says it already.
func TestErrorsNameTheField(t *testing.T) {
	for _, c := range []struct{ param, message, want string }{
		{"model", "the upstream's model list is empty", "model: the upstream's model list is empty"},
		{"model", "models are many", "model: models are many"},
		{"model", "model: is required", "model: is required"},
		{"model", "model is required", "model is required"},
		{"tools[0]", "tools[0].name: is required", "tools[0]: tools[0].name: is required"},
		{"input[1].role", "Missing required parameter: 'input[1].role'.", "Missing required parameter: 'input[1].role'."},
		{"", "bad", "bad"},
	} {
		e := llm.Errorf(llm.KindInvalid, "c", "%s", c.message)
		e.Param = c.param
		body := anthropic.Codec{}.EncodeError(e)
		got, _ := wirejson.Text(wirejson.Member(wirejson.Member(body, "error"), "message"))
		require.Equal(t, c.want, got)
	}
}

// A choice names the tool as it is offered.
func TestChoiceInNamespace(t *testing.T) {
	out, losses := encodeRequest(t, ask(func(r *llm.Request) {
		r.Tools = []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Namespace: "crm"}}
		r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f"}
	}), wire.Target{Model: "up"})
	require.Empty(t, losses)
	require.Contains(t, string(out), `"tool_choice":{"type":"tool","name":"crm__f"}`)
}
