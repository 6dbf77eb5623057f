package openai_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/openai"
)

func TestFamilyOf(t *testing.T) {
	reasons := func(lowest string) openai.Family { return openai.Family{Reasons: true, Lowest: lowest} }
	plain := openai.Family{Plain: true}
	for model, want := range map[string]openai.Family{
		"gpt-5":                    reasons("minimal"),
		"gpt-5-mini-2025-08-07":    reasons("minimal"),
		"gpt-5-codex":              reasons("low"),
		"gpt-5.2":                  reasons("none"),
		"gpt-5.6-sol":              reasons("none"),
		"gpt-6":                    reasons("low"),
		"gpt-6-astra":              reasons("low"),
		"gpt-6.1-sol":              reasons("low"),
		"openai/gpt-6.1-terra":     reasons("low"),
		"gpt-7@2027":               reasons("low"),
		"gpt-12.3-mini":            reasons("low"),
		"o4-mini":                  reasons("low"),
		"gpt-5-chat-latest":        plain,
		"gpt-5.2-chat":             plain,
		"gpt-5.3-chat-latest":      plain,
		"gpt-6-chat":               plain,
		"gpt-4o-mini":              plain,
		"gpt-4.1":                  plain,
		"gpt-oss-120b":             {},
		"gpt-6x":                   {},
		"gpt-99999999999999999999": {},
		"gpt-":                     {},
		"o1x":                      {},
		"claude-sonnet-4-5":        {},
	} {
		require.Equal(t, want, openai.FamilyOf(model), model)
	}
}
