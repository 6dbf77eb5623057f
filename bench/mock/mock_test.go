package mock_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/bench/load"
	"github.com/plexus-gateway/plexus/bench/mock"
	"github.com/plexus-gateway/plexus/bench/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask posts a chat to the mock, by way of the proxy, and returns the answer.
func ask(t *testing.T, body string) string {
	t.Helper()
	return askAt(t, "/v1/chat/completions", body)
}

// fullDuplex keeps the standard server from closing a request's body at the
// first byte of an answer: the proxy's transport may still have to read its
// end, and gives the connection up when it cannot.
func fullDuplex(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func askAt(t *testing.T, path, body string) string {
	t.Helper()
	up := httptest.NewServer(mock.Handler(mock.Options{Chunks: 3, Gap: time.Millisecond}))
	t.Cleanup(up.Close)
	h, err := proxy.Handler(up.URL)
	require.NoError(t, err)
	front := httptest.NewServer(fullDuplex(h))
	t.Cleanup(front.Close)
	resp, err := front.Client().Post(front.URL+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 200, resp.StatusCode)
	return string(got)
}

func TestJSONAnswerHasUsage(t *testing.T) {
	var got struct {
		Usage struct {
			Total int `json:"total_tokens"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(ask(t, string(load.ChatBody(mock.ModelJSON, false, 1<<20)))), &got))
	require.Equal(t, 99, got.Usage.Total)
}

func TestStreamIsStampedAndEndsWithUsageWhenAsked(t *testing.T) {
	plain := string(load.ChatBody("bench-stream", true, 2000))
	for _, c := range []struct {
		name, body string
		usage      bool
	}{
		{"not asked", plain, false},
		{"asked at the end", strings.TrimSuffix(plain, "}") + `,"stream_options":{"include_usage":true}}`, true},
		{"asked at the start", `{"stream_options":{"include_usage":true},` + plain[1:], true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, c.body)
			stamps := 0
			for line := range strings.Lines(got) {
				if _, ok := load.Sent([]byte(line)); ok {
					stamps++
				}
			}
			require.Equal(t, 3, stamps)
			require.Equal(t, c.usage, strings.Contains(got, `"total_tokens"`))
			require.True(t, strings.HasSuffix(got, "data: [DONE]\n\n"))
		})
	}
}

func TestOtherProtocols(t *testing.T) {
	for p, end := range map[load.Protocol]string{load.Messages: `"message_stop"`, load.Responses: `"response.completed"`, load.Gemini: `"finishReason":"STOP"`} {
		whole := askAt(t, p.Path(mock.ModelJSON, false), string(p.Body(mock.ModelJSON, false, 300)))
		require.True(t, json.Valid([]byte(whole)), whole)
		models := map[string]int{mock.ModelStream: 3}
		if p == load.Gemini { // names it in the path
			models[mock.ModelLong] = mock.LongChunks
		}
		for model, want := range models {
			got := askAt(t, p.Path(model, true), string(p.Body(model, true, 300)))
			stamps := 0
			for line := range strings.Lines(got) {
				data, ok := strings.CutPrefix(line, "data: ")
				if !ok {
					continue
				}
				require.True(t, json.Valid([]byte(strings.TrimSpace(data))), data)
				if _, ok := load.Sent([]byte(data)); ok {
					stamps++
				}
			}
			require.Equal(t, want, stamps, p)
			require.Contains(t, got, end)
		}
	}
}

func TestHoldStaysOpenUntilTheClientLeaves(t *testing.T) {
	up := httptest.NewServer(mock.Handler(mock.Options{Chunks: 1, Gap: time.Millisecond}))
	t.Cleanup(up.Close)
	addr := up.Listener.Addr().String()
	f, err := load.NewFleet(t.Context(), addr, 2)
	require.NoError(t, err)
	require.NoError(t, f.Hold(t.Context(), load.NewRequest(addr, "/v1/chat/completions", "k", load.ChatBody("bench-hold", true, 300))))
	require.NoError(t, f.Close())
}

func TestProxyRefusesWhatIsNoURL(t *testing.T) {
	for _, bad := range []string{"", "/path", "http://%zz"} {
		_, err := proxy.Handler(bad)
		require.Error(t, err, bad)
	}
}
