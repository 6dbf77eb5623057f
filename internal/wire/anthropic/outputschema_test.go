package anthropic_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
)

// The API refuses words of JSON Schema that it cannot enforce, and objects that
// are not closed. Schema generators write both.
func TestSchemasOfOthersAreMadeEnforceable(t *testing.T) {
	for name, tt := range map[string]struct {
		schema, want string
		exact        bool
	}{
		"as it is": {
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`,
			`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`, true,
		},
		"open object": {
			`{"type":"object","properties":{"a":{"type":["object","null"]}}}`,
			`{"type":"object","properties":{"a":{"type":["object","null"],"additionalProperties":false}},"additionalProperties":false}`, false,
		},
		"bounds become words": {
			`{"type":"integer","minimum":1,"maximum":9007199254740991,"description":"How many."}`,
			`{"type":"integer","description":"How many. {minimum: 1}"}`, false,
		},
		"named like words": {
			`{"type":"object","properties":{"minimum":{"type":"string","format":"phone"},"format":{"type":"string","format":"date"}},"additionalProperties":false}`,
			`{"type":"object","properties":{"minimum":{"type":"string","description":"{format: \"phone\"}"},"format":{"type":"string","format":"date"}},"additionalProperties":false}`, false,
		},
		"one of": {
			`{"oneOf":[{"type":"string","maxLength":3},{"type":"array","items":{"type":"number","multipleOf":2},"minItems":1,"maxItems":9}]}`,
			`{"anyOf":[{"type":"string","description":"{maxLength: 3}"},{"type":"array","items":{"type":"number","description":"{multipleOf: 2}"},"minItems":1,"description":"{maxItems: 9}"}]}`, false,
		},
		"definitions": {
			`{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"additionalProperties":{"type":"string"}}},"$ref":"#/$defs/n"}`,
			`{"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"additionalProperties":false}},"$ref":"#/$defs/n"}`, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			strict := true
			req := &llm.Request{
				Source:   llm.OpenAIChat,
				Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "hi"}}}},
				Format:   &llm.Format{Type: "json_schema", Name: "x", Schema: llm.Raw(tt.schema), Strict: &strict},
			}
			out, losses, err := anthropic.Codec{}.EncodeRequest(req, wire.Target{Model: "claude-sonnet-4-6", MaxOutput: 100})
			require.NoError(t, err)
			require.True(t, jsontext.Value(out.Body).IsValid())
			require.Contains(t, string(out.Body), `"schema":`+tt.want)
			if tt.exact {
				require.NotContains(t, llm.LossCodes(losses), "schema")
			} else {
				require.Contains(t, llm.LossCodes(losses), "approximated:schema")
			}
			req.Source = llm.AnthropicMessages
			out, _, err = anthropic.Codec{}.EncodeRequest(req, wire.Target{Model: "claude-sonnet-4-6", MaxOutput: 100})
			require.NoError(t, err)
			require.Contains(t, string(out.Body), `"schema":`+tt.schema, "what came in this protocol goes as it is")
		})
	}
}
