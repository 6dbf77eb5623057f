package openai_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

func TestStrict(t *testing.T) {
	const good = `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`
	object := func(a string) string { return strings.Replace(good, `{"type":"string"}`, a, 1) }
	deep := good
	for range 12 {
		deep = object(deep)
	}
	for _, c := range []struct {
		name, schema string
		keeps        bool
	}{
		{"plain", good, true},
		{"nothing in it", `{"type":"object","properties":{},"required":[],"additionalProperties":false}`, true},
		{"nested", object(good), true},
		{"a list", object(`{"type":"array","items":` + good + `,"minItems":1}`), true},
		{"one of several", object(`{"anyOf":[` + good + `,{"type":"null"}]}`), true},
		{"by reference", object(`{"$ref":"#/$defs/x"}`), true},
		{"definitions", strings.Replace(good, `{"type"`, `{"$defs":{"x":`+good+`},"type"`, 1), true},
		{"may be null", object(`{"type":["object","null"],"properties":{},"additionalProperties":false}`), true},
		{"an optional property", strings.Replace(good, `["a"]`, `[]`, 1), false},
		{"other properties", strings.Replace(good, `false`, `true`, 1), false},
		{"other properties unsaid", strings.Replace(good, `,"additionalProperties":false`, ``, 1), false},
		{"other properties inside", object(`{"type":"object"}`), false},
		{"a map", object(`{"type":["object","null"],"additionalProperties":{"type":"string"}}`), false},
		{"an unknown word", object(`{"type":"string","minLength":1}`), false},
		{"all of", object(`{"allOf":[` + good + `]}`), false},
		{"an array", `{"type":"array","items":{"type":"string"}}`, false},
		{"several at the root", `{"anyOf":[` + good + `]}`, false},
		{"too deep", deep, false},
		{"anything", `true`, false},
		{"no schema", ``, false},
		{"properties that are none", `{"type":"object","properties":[],"additionalProperties":false}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			strict, lost := openai.Strict(&llm.Format{Schema: llm.Raw(c.schema)}, llm.Gemini)
			require.Equal(t, c.keeps, strict != nil && *strict)
			require.Equal(t, !c.keeps, lost)
		})
	}
}

// Who can say it is taken at their word.
func TestStrictAsSaid(t *testing.T) {
	no := false
	for _, source := range []llm.Protocol{"", llm.OpenAIChat, llm.OpenAIResponses, llm.Gemini} {
		strict, lost := openai.Strict(&llm.Format{Strict: &no}, source)
		require.Equal(t, &no, strict)
		require.False(t, lost)
	}
	for _, source := range []llm.Protocol{"", llm.OpenAIChat, llm.OpenAIResponses} {
		strict, lost := openai.Strict(&llm.Format{}, source)
		require.Nil(t, strict)
		require.False(t, lost)
	}
}
