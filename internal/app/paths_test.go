package app //nolint:testpackage // the table of slips has no other surface that is this cheap to try

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestStraighten(t *testing.T) {
	for from, to := range map[string]string{
		"/v1/chat/completions":                "/v1/chat/completions",
		"/v1/v1/chat/completions":             "/v1/chat/completions",
		"/v1/v1/v1/messages":                  "/v1/messages",
		"/openai/v1/responses":                "/v1/responses",
		"/openai/v1/v1/responses":             "/v1/responses",
		"/openai/chat/completions":            "/v1/chat/completions",
		"/anthropic/v1/messages/count_tokens": "/v1/messages/count_tokens",
		"//v1//messages":                      "/v1/messages",
		"/v1/messages/":                       "/v1/messages",
		"/chat/completions":                   "/v1/chat/completions",
		"/responses/resp_1/input_items":       "/v1/responses/resp_1/input_items",
		"/models":                             "/v1/models",
		"/modelsx":                            "/modelsx",
		"/v1beta/models/m:generateContent":    "/v1beta/models/m:generateContent",
		"/v1/v1beta/models/m:generateContent": "/v1beta/models/m:generateContent",
		"/v1beta/v1beta/models":               "/v1beta/models",
		"/v1beta/openai/chat/completions":     "/v1/chat/completions",
		"/api/chat":                           "/api/chat",
		"/v1/api/chat":                        "/api/chat",
		"/ui/models":                          "/ui/models",
		"/v0/keys":                            "/v0/keys",
		"/":                                   "/",
		"":                                    "",
	} {
		require.Equal(t, to, straighten(from), from)
	}
}

func TestStraightenSettles(t *testing.T) {
	part := rapid.SampledFrom([]string{"v1", "v1beta", "openai", "api", "models", "chat/completions", "x", "", "messages"})
	rapid.Check(t, func(t *rapid.T) {
		path := ""
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			path += "/" + part.Draw(t, "part")
		}
		once := straighten(path)
		require.Equal(t, once, straighten(once))
	})
}
