package wirejson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func TestForeign(t *testing.T) {
	for _, c := range []struct {
		protocol llm.Protocol
		want     bool
	}{
		{llm.OpenAIChat, false},
		{llm.OpenAIChat + "#inner", false},
		{wirejson.MarkScope(llm.OpenAIChat), false},
		{llm.OpenAIResponses, true},
		{llm.OpenAIResponses + "#text", true},
		{wirejson.MarkScope(llm.OpenAIResponses), false},
		{"", true},
	} {
		require.Equal(t, c.want, wirejson.Foreign(llm.Member{Protocol: c.protocol}, llm.OpenAIChat), string(c.protocol))
	}
}
