package catalog_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
)

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	require.NoError(t, err)
	return c
}

func TestShippedVendors(t *testing.T) {
	// At least these: one more file is one more vendor, and no test changes.
	require.Subset(t, load(t).IDs(), []string{
		"anthropic", "cerebras", "deepseek", "demo", "fireworks", "gemini", "groq", "mistral", "moonshot", "ollama",
		"openai", "openai-compatible", "openrouter", "perplexity", "together", "xai", "zai",
	})
	files, err := os.ReadDir("vendors")
	require.NoError(t, err)
	require.Len(t, load(t).Vendors(), len(files))
}

// TestVendorsAreWellFormed checks what holds for every vendor.
func TestVendorsAreWellFormed(t *testing.T) {
	for _, v := range load(t).Vendors() {
		t.Run(v.ID, func(t *testing.T) {
			require.NotEmpty(t, v.Name)
			require.Equal(t, v.BuiltIn, v.Docs == "", "a vendor of the world has documentation")
			for p, base := range v.Protocols {
				u, err := url.Parse(base)
				require.NoError(t, err)
				switch {
				case v.BuiltIn:
				case v.AllowPrivate:
					require.Equal(t, "http", u.Scheme)
					require.Equal(t, "127.0.0.1", u.Hostname())
				default:
					require.Equal(t, "https", u.Scheme)
				}
				require.NotEmpty(t, v.AuthFor(p).Kind)
			}
		})
	}
}

func TestURLsAndAuth(t *testing.T) {
	bearer := catalog.Auth{Kind: catalog.AuthBearer}
	xAPIKey := catalog.Auth{Kind: catalog.AuthHeader, Header: "X-Api-Key"}
	tests := []struct {
		name, vendor string
		protocol     llm.Protocol
		url          string
		auth         catalog.Auth
	}{
		{"openai chat", "openai", llm.OpenAIChat, "https://api.openai.com/v1", bearer},
		{"anthropic", "anthropic", llm.AnthropicMessages, "https://api.anthropic.com/v1", xAPIKey},
		{"gemini", "gemini", llm.Gemini, "https://generativelanguage.googleapis.com/v1beta", catalog.Auth{Kind: catalog.AuthHeader, Header: "X-Goog-Api-Key"}},
		{"gemini as openai", "gemini", llm.OpenAIChat, "https://generativelanguage.googleapis.com/v1beta/openai", bearer},
		{"deepseek as anthropic", "deepseek", llm.AnthropicMessages, "https://api.deepseek.com/anthropic/v1", xAPIKey},
		{"moonshot as anthropic", "moonshot", llm.AnthropicMessages, "https://api.moonshot.ai/anthropic/v1", bearer},
		{"groq", "groq", llm.OpenAIChat, "https://api.groq.com/openai/v1", bearer},
		{"fireworks", "fireworks", llm.OpenAIChat, "https://api.fireworks.ai/inference/v1", bearer},
		{"demo", "demo", llm.OpenAIChat, "demo://local/v1", catalog.Auth{Kind: catalog.AuthNone}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, ok := load(t).Vendor(tt.vendor)
			require.True(t, ok)
			require.Equal(t, tt.url, v.Protocols[tt.protocol])
			require.Equal(t, tt.auth, v.AuthFor(tt.protocol))
			require.Equal(t, tt.auth, load(t).AuthFor(tt.vendor, tt.protocol))
		})
	}
}

func TestAuthWithoutVendor(t *testing.T) {
	c := load(t)
	require.Equal(t, catalog.Auth{Kind: catalog.AuthBearer}, c.AuthFor("", llm.OpenAIChat))
	require.Equal(t, catalog.Auth{Kind: catalog.AuthHeader, Header: "X-Api-Key"}, c.AuthFor("", llm.AnthropicMessages))
	require.Equal(t, catalog.Auth{Kind: catalog.AuthHeader, Header: "X-Goog-Api-Key"}, c.AuthFor("nobody", llm.Gemini))
}

func TestInfer(t *testing.T) {
	tests := []struct {
		name, url string
		want      []llm.Protocol
	}{
		{"anthropic", "https://api.anthropic.com/v1", []llm.Protocol{llm.AnthropicMessages}},
		{"any case, trailing dot", "https://API.Anthropic.com./v1", []llm.Protocol{llm.AnthropicMessages}},
		{"not a suffix of letters", "https://notanthropic.com/v1", nil},
		{"not a prefix", "https://api.anthropic.com.evil.example/v1", nil},
		{"gemini", "https://generativelanguage.googleapis.com/v1beta", []llm.Protocol{llm.Gemini}},
		{"gemini's openai surface", "https://generativelanguage.googleapis.com/v1beta/openai/", []llm.Protocol{llm.OpenAIChat, llm.OpenAIEmbeddings}},
		{"path is whole segments", "https://generativelanguage.googleapis.com/v1beta/openaix", []llm.Protocol{llm.Gemini}},
		{"anyone else", "https://llm.example/v1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			require.NoError(t, err)
			require.Equal(t, tt.want, load(t).Infer(u))
		})
	}
}

func TestSchemes(t *testing.T) {
	require.Subset(t, load(t).Schemes(), []string{"demo", "http", "https"})
	require.NotContains(t, load(t).Schemes(), "file")
}

// TestCallerOwnsWhatItGets changes a vendor that was handed out.
func TestCallerOwnsWhatItGets(t *testing.T) {
	c := load(t)
	v, _ := c.Vendor("openai")
	v.Protocols[llm.OpenAIChat] = "https://evil.example"
	c.IDs()[0], c.Schemes()[0] = "x", "x"
	again, _ := c.Vendor("openai")
	require.Equal(t, "https://api.openai.com/v1", again.Protocols[llm.OpenAIChat])
	require.NotEqual(t, "x", c.IDs()[0])
	_, ok := c.Vendor("nobody")
	require.False(t, ok)
}

// TestVendorIsOneFile is the promise: one more file is one more vendor.
func TestVendorIsOneFile(t *testing.T) {
	c, err := catalog.LoadFS(fstest.MapFS{
		"README.md": {Data: []byte("not a vendor")},
		"acme.yaml": {Data: []byte(`
id: acme
name: Acme
docs: https://acme.example/docs
auth: {kind: header, header: x-acme-key}
protocols:
  openai.chat: {base_url: acme://here/v1}
  gemini: {base_url: https://api.acme.example/v1beta, auth: {kind: none}}
models: [{name: a}, {name: b, type: embeddings}]
allow_private: true
infer: [{host: acme.example, path: /api, protocols: [ollama]}]
`)},
	})
	require.NoError(t, err)
	v, ok := c.Vendor("acme")
	require.True(t, ok)
	require.Equal(t, catalog.Vendor{
		ID: "acme", Name: "Acme", Docs: "https://acme.example/docs", AllowPrivate: true,
		Protocols:    map[llm.Protocol]string{llm.OpenAIChat: "acme://here/v1", llm.Gemini: "https://api.acme.example/v1beta"},
		Auth:         catalog.Auth{Kind: catalog.AuthHeader, Header: "X-Acme-Key"},
		ProtocolAuth: map[llm.Protocol]catalog.Auth{llm.Gemini: {Kind: catalog.AuthNone}},
		Models:       []catalog.Model{{Name: "a", Type: catalog.ModelChat}, {Name: "b", Type: catalog.ModelEmbeddings}},
		Infer:        []catalog.Inference{{Host: "acme.example", Path: "/api", Protocols: []llm.Protocol{llm.Ollama}}},
	}, v)
	require.Equal(t, []string{"acme", "http", "https"}, c.Schemes())
}

func TestRefusedFiles(t *testing.T) {
	const head = "id: acme\nname: Acme\n"
	tests := []struct{ name, text, want string }{
		{"empty", "", "decode"},
		{"unknown key", head + "urls: {}\n", "urls"},
		{"duplicate key", head + "name: Again\n", "name"},
		{"id is not the file's name", "id: other\nname: Acme\n", `id is "other"`},
		{"no name", "id: acme\n", "name is missing"},
		{"docs", head + "docs: somewhere\n", "docs"},
		{"unknown protocol", head + "protocols: {chat: {base_url: https://a.example/v1}}\n", `"chat" is unknown`},
		{"no base URL", head + "protocols: {gemini: {}}\n", "protocols.gemini.base_url"},
		{"URL with credentials", head + "protocols: {gemini: {base_url: 'https://a:b@c.example/v1'}}\n", "without credentials"},
		{"URL with a trailing slash", head + "protocols: {gemini: {base_url: 'https://c.example/v1/'}}\n", "trailing slash"},
		{"unknown auth", head + "auth: {kind: basic}\n", `kind is "basic"`},
		{"header without a name", head + "auth: {kind: header}\n", "needs a header"},
		{"bearer with a header", head + "auth: {kind: bearer, header: x-a}\n", "takes no header"},
		{"protocol's auth", head + "protocols: {gemini: {base_url: 'https://c.example/v1', auth: {kind: x}}}\n", "protocols.gemini.auth"},
		{"model twice", head + "models: [{name: a}, {name: a}]\n", "models[1]"},
		{"model type", head + "models: [{name: a, type: image}]\n", `type is "image"`},
		{"infer host", head + "infer: [{host: 'A.example', protocols: [gemini]}]\n", "infer[0]: host"},
		{"infer path", head + "infer: [{host: a.example, path: /a/, protocols: [gemini]}]\n", "infer[0]: path"},
		{"infer nothing", head + "infer: [{host: a.example}]\n", "protocols is empty"},
		{"infer protocol", head + "infer: [{host: a.example, protocols: [chat]}]\n", `"chat" is unknown`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := catalog.LoadFS(fstest.MapFS{"acme.yaml": {Data: []byte(tt.text)}})
			require.Nil(t, c)
			require.ErrorContains(t, err, "catalog: acme.yaml")
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// TestAllProblemsAtOnce expects the problems of every file in one error.
func TestAllProblemsAtOnce(t *testing.T) {
	_, err := catalog.LoadFS(fstest.MapFS{
		"a.yaml": {Data: []byte("id: b\n")},
		"c.yaml": {Data: []byte("id: c\nname: C\nauth: {kind: x}\nmodels: [{}]\n")},
	})
	for _, want := range []string{"a.yaml", `id is "b"`, "name is missing", "c.yaml", "auth", "models[0]"} {
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, 4, strings.Count(err.Error(), "\n")+1)
}
