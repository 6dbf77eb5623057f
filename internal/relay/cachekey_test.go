package relay_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// TestScarG46SessionsAreCacheKeys: what an agent calls its conversation becomes
// the key by which the upstream finds its cache, the same in every turn.
func TestScarG46SessionsAreCacheKeys(t *testing.T) {
	w, up := newWorld(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"up": {llm.OpenAIResponses}} })
	up.Fallback(fakeupstream.JSON(500, `{}`))
	keyOf := func(metadata string, header ...string) string {
		t.Helper()
		up.Reset()
		body := strings.Replace(claudeBody, `{`, `{`+metadata, 1)
		w.post("/v1/messages", body, header...)
		m := regexp.MustCompile(`"prompt_cache_key":"([^"]*)"`).FindStringSubmatch(string(up.Requests()[0].Body))
		if m == nil {
			return ""
		}
		return m[1]
	}
	const one, two = `"metadata":{"user_id":"{\"session_id\":\"s1\",\"turn\":1}"},`, `"metadata":{"user_id":"{\"session_id\":\"s1\",\"turn\":2}"},`
	first := keyOf(one)
	require.Len(t, first, 32)
	require.Equal(t, first, keyOf(two), "the same in every turn of a session")
	require.NotEqual(t, first, keyOf(strings.ReplaceAll(one, "s1", "s2")))
	require.Len(t, keyOf("", "X-Session-Id", "abc"), 32)
	require.Empty(t, keyOf(""), "where the client names no conversation, none is made up")
}
