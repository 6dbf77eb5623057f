package app

import "strings"

// slips maps what clients put before a path by mistake, or by following
// another server's documentation, to the path we serve. The longest that fits
// comes first; they apply again until none does.
var slips = []struct{ from, to string }{
	{"/v1beta/openai/", "/v1/"},
	{"/v1beta/v1beta/", "/v1beta/"},
	{"/v1/v1beta/", "/v1beta/"},
	{"/v1beta/v1/", "/v1/"},
	{"/v1/v1/", "/v1/"},
	{"/openai/v1/", "/v1/"},
	{"/anthropic/v1/", "/v1/"},
	{"/gemini/v1beta/", "/v1beta/"},
	{"/google/v1beta/", "/v1beta/"},
	{"/api/v1/", "/v1/"},
	{"/v1/api/", "/api/"},
	{"/v1alpha/", "/v1beta/"},
	{"/openai/", "/v1/"},
	{"/chat/completions", "/v1/chat/completions"},
	{"/completions", "/v1/completions"},
	{"/embeddings", "/v1/embeddings"},
	{"/responses", "/v1/responses"},
	{"/messages", "/v1/messages"},
	{"/models", "/v1/models"},
}

// straighten forgives slips in a path of the data plane: a version given
// twice, by the client and in its base URL, or not at all; doubled and trailing
// slashes. It returns other paths as they are.
func straighten(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	for range len(path) { // every step shortens or ends it
		next := slipped(path)
		if next == path {
			break
		}
		path = next
	}
	// What is not below one of the roots of the data plane is not ours to change.
	if short := strings.TrimSuffix(path, "/"); isDataPath(short) {
		return short
	}
	return path
}

func slipped(path string) string {
	for _, s := range slips {
		rest, ok := strings.CutPrefix(path, s.from)
		if ok && (strings.HasSuffix(s.from, "/") || rest == "" || rest[0] == '/') {
			return s.to + rest
		}
	}
	return path
}
