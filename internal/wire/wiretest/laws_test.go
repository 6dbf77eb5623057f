package wiretest_test

import (
	"testing"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

func TestLaws(t *testing.T) {
	for _, c := range append(clients(), ollama.Codec{}) {
		t.Run(string(c.Protocol()), func(t *testing.T) { wiretest.Run(t, c, c, exceptions()[c.Protocol()]) })
	}
}

// exceptions are the features that a codec is known not to keep to, and why.
func exceptions() map[llm.Protocol]map[string]string {
	return map[llm.Protocol]map[string]string{
		llm.AnthropicMessages: {
			"phase":               "known defect: left out without a loss",
			"choice_in_namespace": "known defect: the choice names the tool without its namespace",
			"tool_namespace":      "known defect: as above, beside a choice",
			wiretest.SignedCalls:  "known defect: the signature is left out without a loss",
		},
		llm.OpenAICompletions: {
			"text_parts":       "the prompt is one text",
			"user_name":        "known defect: left out without a loss",
			"cache_mark":       "known defect: left out without a loss",
			"cache_mark_1h":    "known defect: left out without a loss",
			"cache_breakpoint": "known defect: left out without a loss",
			"include":          "known defect: left out without a loss",
		},
		llm.Ollama: {
			"text_parts":            "a message is one text",
			"tool_result_parts":     "a message is one text",
			"choice_none":           "said by offering no tools",
			"choice_allowed":        "said by offering the allowed tools",
			"completion_suffix":     "goes to another endpoint",
			"phase":                 "known defect: left out without a loss",
			"thinking_summary":      "known defect: told as thinking without a loss",
			"thinking_adaptive":     "known defect: switched on without a loss",
			"json_schema_described": "known defect: the description is left out without a loss",
			"include":               "known defect: left out without a loss",
			wiretest.BlockOrder:     "known defect: a whole answer loses the order without a loss",
		},
	}
}
