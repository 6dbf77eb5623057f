package app_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const oddConfig = `
providers:
  demo: {vendor: demo}
models:
  "pub/x:y": {targets: [{provider: demo, model: demo-chat}]}
  "models/nested": {targets: [{provider: demo, model: demo-chat}]}
  a: {targets: [{provider: demo, model: demo-chat}]}
  b: {targets: [{provider: demo, model: demo-chat}]}
keys:
  ada: {secret: ` + testKey + `}
  eve: {secret: ` + otherKey + `}
`

const otherKey = "plx_other-canary-9876543210zyxwvu"

const contents = `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`

// Names of models may hold what means something in a URL.
func TestModelNamesInURLs(t *testing.T) {
	t.Parallel()
	g := start(t, oddConfig)
	for _, path := range []string{
		"/v1beta/models/pub/x:y:generateContent",
		"/v1beta/models/pub%2Fx:y:generateContent",
		"/v1beta/models/pub%2fx%3Ay%3AgenerateContent",
		"/v1/models/pub/x:y:generateContent",
		"/v1beta/v1beta/models/pub%2Fx:y:generateContent",
		"//v1beta//models/pub/x:y:streamGenerateContent?alt=sse",
		"/gemini/v1beta/models/pub/x:y:generateContent/",
	} {
		resp, body := g.call(t, http.MethodPost, path, testKey, contents)
		require.Equal(t, http.StatusOK, resp.StatusCode, path+": "+body)
	}
	for _, path := range []string{"/v1/models/pub/x:y", "/v1/models/pub%2Fx:y", "/v1beta/models/pub/x:y", "/models/pub/x:y", "/v1/models/a/"} {
		resp, body := g.call(t, http.MethodGet, path, testKey, "")
		require.Equal(t, http.StatusOK, resp.StatusCode, path+": "+body)
	}
	for path, status := range map[string]int{
		"/v1beta/models/pub/x:y":          http.StatusNotFound, // the last colon is the verb's
		"/v1beta/models/a:fly":            http.StatusNotFound,
		"/v1beta/models/a":                http.StatusMethodNotAllowed,
		"/v1beta/models/:generateContent": http.StatusBadRequest,
		"/v1/chat/completions/x":          http.StatusNotFound,
		"/v1/":                            http.StatusNotFound,
		"/v1beta/":                        http.StatusNotFound,
		"/api/":                           http.StatusNotFound,
		"/api/nothing":                    http.StatusNotFound,
	} {
		resp, body := g.call(t, http.MethodPost, path, testKey, contents)
		require.Equal(t, status, resp.StatusCode, path+": "+body)
		require.Contains(t, body, `"error"`, path)
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"), path)
	}
	resp, body := g.call(t, http.MethodPost, "/api/chat/", testKey, `{"model":"a","stream":false,"messages":[{"role":"user","content":"hi"}]}`)
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
}

// Browsers may call the data plane with a key, never with what they know
// already.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	g := start(t, oddConfig)
	for _, path := range []string{"/v1/chat/completions", "/v1/responses/x", "/v1beta/models/a:generateContent", "/api/chat", "/chat/completions"} {
		for _, method := range []string{http.MethodOptions, http.MethodPost, http.MethodGet, http.MethodHead} {
			req, err := http.NewRequestWithContext(t.Context(), method, g.base+path, http.NoBody)
			require.NoError(t, err)
			req.Header.Set("Origin", "https://elsewhere.test")
			req.Header.Set("Access-Control-Request-Headers", "authorization,x-any")
			req.Header.Set("Cookie", "session=x")
			resp, err := client.Do(req)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, "*", resp.Header.Get("Access-Control-Allow-Origin"), method+path)
			require.Empty(t, resp.Header.Values("Access-Control-Allow-Credentials"))
			if method == http.MethodOptions {
				require.Equal(t, http.StatusNoContent, resp.StatusCode)
				require.Empty(t, body)
			} else {
				require.GreaterOrEqual(t, resp.StatusCode, 400, method+path)
			}
			if method == http.MethodHead {
				require.Empty(t, body)
			}
		}
	}
	for _, path := range []string{"/v0/status", "/ui/", "/metrics"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, g.base+path, http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Origin", "https://elsewhere.test")
		resp, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"), path)
	}
}

// A client that asks before it sends its body is told to go on, or why not.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	g := start(t, oddConfig)
	ask := func(key string) (string, *bufio.Reader, net.Conn) {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(g.base, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, "POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Api-Key: "+key+
			"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 79\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		return line, in, conn
	}
	line, in, conn := ask(testKey)
	require.Contains(t, line, "100 Continue")
	const body = `{"model":"a","max_tokens":9,"messages":[{"role":"user","content":"hello, you"}]}`
	require.Len(t, body, 80)
	_, err := io.WriteString(conn, body[:79])
	require.NoError(t, err)
	rest, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Contains(t, string(rest), "400 Bad Request", "the body is one byte short of an object")

	line, _, _ = ask("wrong")
	require.Contains(t, line, "401")
}

// Lists come in pages that join, in the words of each API.
func TestModelPages(t *testing.T) {
	t.Parallel()
	g := start(t, oddConfig)
	var names []string
	token := ""
	for range 10 {
		path := "/v1beta/models?pageSize=3"
		if token != "" {
			path += "&pageToken=" + token
		}
		_, body := g.call(t, http.MethodGet, path, testKey, "")
		var page struct {
			Models []struct {
				Name string `json:"name"`
			} `json:"models"`
			Next string `json:"nextPageToken"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &page), body)
		require.LessOrEqual(t, len(page.Models), 3)
		for _, m := range page.Models {
			names = append(names, m.Name)
		}
		if token = page.Next; token == "" {
			break
		}
	}
	require.Len(t, names, 4, names)
	require.Contains(t, names, "models/pub/x:y")
}

// What one key has stored is not there for another, by any way.
func TestStoredStateIsItsTenants(t *testing.T) {
	t.Parallel()
	g := start(t, oddConfig)
	id := func(body string) string {
		var v struct {
			ID string `json:"id"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &v), body)
		require.NotEmpty(t, v.ID, body)
		return v.ID
	}
	_, body := g.call(t, http.MethodPost, "/v1/responses", testKey, `{"model":"a","input":"my secret plan"}`)
	first := id(body)
	_, body = g.call(t, http.MethodPost, "/v1/conversations", testKey, `{"items":[{"type":"message","role":"user","content":"my secret talk"}]}`)
	talk := id(body)
	_, body = g.call(t, http.MethodGet, "/v1/conversations/"+talk+"/items", testKey, "")
	require.Contains(t, body, "my secret talk")

	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, "/v1/responses/" + first, ""},
		{http.MethodGet, "/v1/responses/" + first + "/input_items", ""},
		{http.MethodPost, "/v1/responses/" + first + "/cancel", "{}"},
		{http.MethodDelete, "/v1/responses/" + first, ""},
		{http.MethodGet, "/v1/conversations/" + talk, ""},
		{http.MethodPost, "/v1/conversations/" + talk, `{"metadata":{"a":"b"}}`},
		{http.MethodGet, "/v1/conversations/" + talk + "/items", ""},
		{http.MethodPost, "/v1/conversations/" + talk + "/items", `{"items":[{"type":"message","role":"user","content":"x"}]}`},
		{http.MethodDelete, "/v1/conversations/" + talk, ""},
		{http.MethodPost, "/v1/responses", `{"model":"a","previous_response_id":"` + first + `","input":"x"}`},
		{http.MethodPost, "/v1/responses", `{"model":"a","conversation":"` + talk + `","input":"x"}`},
	} {
		resp, body := g.call(t, c.method, c.path, otherKey, c.body)
		require.GreaterOrEqual(t, resp.StatusCode, 400, c.method+c.path+body)
		require.Less(t, resp.StatusCode, 500, c.method+c.path+body)
		require.NotContains(t, body, "secret")
	}
	resp, body := g.call(t, http.MethodPost, "/v1/responses", testKey, `{"model":"a","previous_response_id":"`+first+`","conversation":"`+talk+`","input":"x"}`)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, body)
	resp, body = g.call(t, http.MethodPost, "/v1/responses", testKey, `{"model":"a","previous_response_id":"`+first+`","input":"x","store":false}`)
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	resp, _ = g.call(t, http.MethodGet, "/v1/responses/"+id(body), testKey, "")
	require.Equal(t, http.StatusNotFound, resp.StatusCode, "store:false")
	resp, _ = g.call(t, http.MethodDelete, "/v1/responses/"+first, testKey, "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	resp, body = g.call(t, http.MethodPost, "/v1/responses", testKey, `{"model":"a","previous_response_id":"`+first+`","input":"x"}`)
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, body)
	require.Contains(t, body, "previous_response_not_found")
}
