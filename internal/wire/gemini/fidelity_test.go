package gemini_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// A file of the Files API is known by its URI, and goes nowhere else.
func TestFullFileURIsAreFileIDs(t *testing.T) {
	const uri = "https://generativelanguage.googleapis.com/v1beta/files/abc"
	r := decodeRequest(t, []byte(`{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"application/pdf","fileUri":"`+uri+`"}}]}]}`))
	m, ok := r.Messages[0].Blocks[0].(*llm.Media)
	require.True(t, ok)
	require.Equal(t, uri, m.FileID)
	require.Empty(t, m.URL)
	body, losses := encodeRequest(t, gemini.Codec{}, r, target)
	require.Empty(t, losses)
	require.Contains(t, body, uri)
}

// A choice names tools as they are declared, with their namespace.
func TestChoiceNamesToolsInNamespaces(t *testing.T) {
	r := &llm.Request{
		Messages:   []llm.Message{{Role: llm.RoleUser, Blocks: []llm.Block{text("q")}}},
		Tools:      []llm.Tool{{Kind: llm.ToolFunction, Namespace: "crm", Name: "f"}},
		ToolChoice: &llm.ToolChoice{Mode: llm.ToolModeNamed, Name: "f", Kind: llm.ToolFunction},
	}
	body, losses := encodeRequest(t, gemini.Codec{}, r, target)
	require.Empty(t, losses)
	config := wirejson.Member(wirejson.Member([]byte(body), "toolConfig"), "functionCallingConfig")
	require.JSONEq(t, `["crm__f"]`, string(wirejson.Member(config, "allowedFunctionNames")))
}
