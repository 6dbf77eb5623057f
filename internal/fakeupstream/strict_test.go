package fakeupstream_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// mock is one strict mock with what a well-behaved client sends it.
type mock struct {
	name    string
	make    func(...fakeupstream.StrictOption) http.Handler
	path    string
	stream  string // path of a stream, if it is another one
	headers map[string]string
}

var (
	chatMock = mock{"chat", fakeupstream.StrictOpenAIChat, "/v1/chat/completions", "", map[string]string{"Authorization": "Bearer k"}}
	respMock = mock{"responses", fakeupstream.StrictResponses, "/v1/responses", "", map[string]string{"Authorization": "Bearer k"}}
	claude   = mock{"anthropic", fakeupstream.StrictAnthropic, "/v1/messages", "", map[string]string{"X-Api-Key": "k", "Anthropic-Version": "2023-06-01"}}
	gemini   = mock{"gemini", fakeupstream.StrictGemini, "/v1beta/models/gemini-3-pro-preview:generateContent", "/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse", map[string]string{"X-Goog-Api-Key": "k"}}
)

// post sends body to a handler, with the headers of a client of the mock.
func (m mock) post(t *testing.T, h http.Handler, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range m.headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// refused is a row: what is sent and what the answer's body says; "" for a
// request that is accepted.
type refused struct{ name, body, says string }

func (m mock) check(t *testing.T, rows []refused) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := m.post(t, m.make(), m.path, row.body)
			if row.says == "" {
				require.Equal(t, http.StatusOK, w.Code, w.Body.String())
				return
			}
			require.GreaterOrEqual(t, w.Code, 400, w.Body.String())
			require.Less(t, w.Code, 500)
			var shape struct{ Error struct{ Message string } }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &shape))
			require.Contains(t, shape.Error.Message, row.says)
		})
	}
}

// recorded is a cassette of the shared fixtures: requests as the real
// providers were sent them, and with what status they answered.
type recorded struct {
	Interactions []struct {
		Request struct {
			Method, URL string
			Body        json.RawMessage
		}
		Response struct{ Status int }
	}
}

// served returns the mock that serves a recorded URL, if one of the four
// providers it stands for was meant.
func served(url string) (mock, string, bool) {
	host, path, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	bare, _, _ := strings.Cut(path, "?")
	for end, m := range map[string]mock{
		"api.openai.com v1/chat/completions": chatMock, "api.openai.com v1/responses": respMock, "api.anthropic.com v1/messages": claude,
		"generativelanguage.googleapis.com :generateContent": gemini, "generativelanguage.googleapis.com :streamGenerateContent": gemini,
	} {
		name, tail, _ := strings.Cut(end, " ")
		if host == name && strings.HasSuffix(bare, tail) {
			return m, "/" + path, true
		}
	}
	return mock{}, "", false
}

// TestRecordedRequestsAreAccepted: what the real provider took, its mock takes,
// but for proofs of thinking, which only their issuer knows.
func TestRecordedRequestsAreAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "fixtures", "*", "*.cassette.json"))
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var c recorded
		require.NoError(t, json.Unmarshal(raw, &c))
		for _, i := range c.Interactions {
			m, path, ok := served(i.Request.URL)
			if !ok || i.Response.Status != http.StatusOK || i.Request.Method != http.MethodPost || len(i.Request.Body) == 0 {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".cassette.json"), func(t *testing.T) {
				t.Parallel()
				w := m.post(t, m.make(), path, string(i.Request.Body))
				if w.Code == http.StatusOK || foreign(w.Body.String()) {
					return
				}
				require.Fail(t, "refused", "%s\n%s\n%s", path, w.Body.String(), i.Request.Body)
			})
		}
	}
}

// foreign reports whether a refusal speaks of a proof of another issuer's, or
// of something the real provider had kept.
func foreign(body string) bool {
	for _, mark := range []string{"invalid_encrypted_content", "Invalid `signature`", "Invalid `data`", "Corrupted thought", "Base64 decoding", "not found"} {
		if strings.Contains(body, mark) {
			return true
		}
	}
	return false
}
