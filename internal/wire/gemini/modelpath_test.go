package gemini_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
)

// A model's name must not lead to another resource.
func TestEncodeRefusesPathsOfOthers(t *testing.T) {
	ask := &llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{&llm.Text{Text: "u"}}}}}
	for _, name := range []string{".", "..", "models/..", "tunedModels/../../x", "a//b", "/"} {
		_, _, err := gemini.Codec{}.EncodeRequest(ask, wire.Target{Model: name})
		refused := new(llm.Error)
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, []any{llm.KindInvalid, "model"}, []any{refused.Kind, refused.Param}, name)
	}
	for name, path := range map[string]string{
		"m": "/models/m", "models/m": "/models/m", "/tunedModels/m/": "/tunedModels/m", "a..b": "/models/a..b",
	} {
		out, _, err := gemini.Codec{}.EncodeRequest(ask, wire.Target{Model: name})
		require.NoError(t, err)
		require.Equal(t, path+":generateContent", out.Path)
	}
}
