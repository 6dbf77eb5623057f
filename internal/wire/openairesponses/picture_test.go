package openairesponses_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// langchain-ai/langchainjs sends pictures in the words of Chat Completions.
func TestPicturesInTheWordsOfChat(t *testing.T) {
	for part, want := range map[string]llm.Media{
		`{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}`: {Kind: llm.MediaImage, MIME: "image/png", Data: "AAAA", Detail: "low"},
		`{"type":"image_url","image_url":{"url":"https://x.test/a.png"}}`:                      {Kind: llm.MediaImage, URL: "https://x.test/a.png"},
		`{"type":"image_url","image_url":"https://x.test/a.png"}`:                              {Kind: llm.MediaImage, URL: "https://x.test/a.png"},
	} {
		req := decodeRequest(t, []byte(`{"model":"m","input":[{"role":"user","content":[`+part+`]}]}`))
		require.Equal(t, []llm.Block{&want}, req.Messages[0].Blocks, part)
	}
	for part, param := range map[string]string{
		`{"type":"image_url"}`:                       "input[0].content[0].image_url.url",
		`{"type":"image_url","image_url":{}}`:        "input[0].content[0].image_url.url",
		`{"type":"image_url","image_url":5}`:         "input[0].content[0].image_url",
		`{"type":"image_url","image_url":{"url":5}}`: "input[0].content[0].image_url.url",
	} {
		_, err := codec.DecodeRequest(wire.Inbound{Body: []byte(`{"model":"m","input":[{"role":"user","content":[` + part + `]}]}`)})
		var e *llm.Error
		require.ErrorAs(t, err, &e, part)
		require.Equal(t, param, e.Param)
	}
}
