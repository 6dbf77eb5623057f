package demo_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/demo"
)

func TestModels(t *testing.T) {
	w := ask(t, http.MethodGet, "/v1/models", "")
	require.Equal(t, http.StatusOK, w.Code)
	list := parse[struct {
		Object string `json:"object"`
		Data   []struct {
			ID string `json:"id"`
		} `json:"data"`
	}](t, w.Body.Bytes())
	require.Equal(t, "list", list.Object)
	var ids []string
	for _, m := range list.Data {
		ids = append(ids, m.ID)
		require.Equal(t, http.StatusOK, ask(t, http.MethodGet, "/v1/models/"+m.ID, "").Code)
	}
	require.Equal(t, demo.Models(), ids)
	require.Equal(t, http.StatusNotFound, ask(t, http.MethodGet, "/v1/models/gpt-none", "").Code)
}

func TestFailingModels(t *testing.T) {
	tests := []struct {
		name   string
		model  string
		status int
		typ    string
		code   string
	}{
		{"plain", "demo-fail", 500, "server_error", ""},
		{"400", "demo-fail-400", 400, "invalid_request_error", ""},
		{"401", "demo-fail-401", 401, "invalid_request_error", "invalid_api_key"},
		{"404", "demo-fail-404", 404, "invalid_request_error", "model_not_found"},
		{"418 has no script of its own", "demo-fail-418", 418, "invalid_request_error", ""},
		{"429", "demo-fail-429", 429, "requests", "rate_limit_exceeded"},
		{"503", "demo-fail-503", 503, "server_error", ""},
		{"599", "demo-fail-599", 599, "server_error", ""},
		{"200 is no failure", "demo-fail-200", 404, "invalid_request_error", "model_not_found"},
		{"600", "demo-fail-600", 404, "invalid_request_error", "model_not_found"},
		{"not a number", "demo-fail-abc", 404, "invalid_request_error", "model_not_found"},
		{"signed", "demo-fail-+45", 404, "invalid_request_error", "model_not_found"},
		{"unknown", "gpt-none", 404, "invalid_request_error", "model_not_found"},
		{"rate limit", "demo-ratelimit", 429, "requests", "rate_limit_exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for path, body := range map[string]string{
				"/v1/chat/completions": `{"model":"` + tt.model + `","messages":[{"role":"user","content":"hi"}]}`,
				"/v1/embeddings":       `{"model":"` + tt.model + `","input":"hi"}`,
			} {
				w := ask(t, http.MethodPost, path, body)
				require.Equal(t, tt.status, w.Code)
				e := parse[answer](t, w.Body.Bytes()).Error
				require.NotNil(t, e)
				require.Equal(t, tt.typ, e.Type)
				require.NotEmpty(t, e.Message)
				if tt.code == "" {
					require.Nil(t, e.Code)
				} else {
					require.Equal(t, tt.code, *e.Code)
				}
				wantRetry := ""
				if tt.model == "demo-ratelimit" {
					wantRetry = "7"
				}
				require.Equal(t, wantRetry, w.Header().Get("Retry-After"))
			}
		})
	}
}

func TestRouting(t *testing.T) {
	tests := []struct {
		name, method, path string
		status             int
	}{
		{"wrong method on chat", http.MethodGet, "/v1/chat/completions", 405},
		{"wrong method on models", http.MethodPost, "/v1/models", 405},
		{"unknown path", http.MethodPost, "/v1/audio/speech", 404},
		{"no version", http.MethodPost, "/chat/completions", 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, tt.method, tt.path, "{}")
			require.Equal(t, tt.status, w.Code)
			require.NotNil(t, parse[answer](t, w.Body.Bytes()).Error)
		})
	}
}
