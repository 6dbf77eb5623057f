package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A client that lets its answers be stored may bring a reasoning item back by
// its id alone (LangChain does): its thinking is found all the same.
func TestReasoningNamedByItsIDAlone(t *testing.T) {
	t.Parallel()
	w := scars(t)
	upstreams(t, func(t *testing.T, up string) {
		_, second := w.talked(t, responsesPath, "langchain-responses-v1", up)
		require.Equal(t, "result: Paris: 22 degrees", second.text)
		require.Contains(t, w.lastSent(t, up), map[string]string{"messages": `"signature":"`, "gemini": `"thoughtSignature":"`}[up])
		require.NotContains(t, w.lastSent(t, up), "skip_thought_signature_validator")
	}, "chat", "responses")
}
