package demo_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/plexus-gateway/plexus/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var clock = func() time.Time { return time.Unix(1_700_000_000, 0) }

// ask sends one request to a demo vendor without delays.
func ask(t *testing.T, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	demo.New(demo.Options{Now: clock}).ServeHTTP(w, r)
	return w
}

func chat(t *testing.T, body string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, http.MethodPost, "/v1/chat/completions", body)
}

type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

type toolCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type body struct {
	Content   *string    `json:"content"`
	Role      string     `json:"role"`
	ToolCalls []toolCall `json:"tool_calls"`
}

type choice struct {
	Index        int    `json:"index"`
	Message      body   `json:"message"`
	Delta        body   `json:"delta"`
	FinishReason string `json:"finish_reason"`
}

// answer is a completion or a chunk.
type answer struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage"`
	Error   *apiErr  `json:"error"`
}

type apiErr struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

func parse[T any](t *testing.T, b []byte) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(b, &v), "%s", b)
	return v
}

// complete sends a chat request that must succeed.
func complete(t *testing.T, body string) answer {
	t.Helper()
	w := chat(t, body)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return parse[answer](t, w.Body.Bytes())
}

// frames splits an event stream into the payloads of its events.
func frames(t *testing.T, stream []byte) []string {
	t.Helper()
	var out []string
	for event := range bytes.SplitSeq(stream, []byte("\n\n")) {
		if len(event) == 0 {
			continue
		}
		data, ok := bytes.CutPrefix(event, []byte("data: "))
		require.True(t, ok, "%q", event)
		out = append(out, string(data))
	}
	return out
}

// folded is a stream put together.
type folded struct {
	texts  map[int]string
	calls  map[int]toolCall
	finish map[int]string
	usage  *usage
	fail   *apiErr
	chunks int
	done   bool
}

func fold(t *testing.T, stream []byte) folded {
	t.Helper()
	f := folded{texts: map[int]string{}, calls: map[int]toolCall{}, finish: map[int]string{}}
	for _, data := range frames(t, stream) {
		require.False(t, f.done, "an event after [DONE]")
		if data == "[DONE]" {
			f.done = true
			continue
		}
		c := parse[answer](t, []byte(data))
		if c.Error != nil {
			f.fail = c.Error
			continue
		}
		f.chunks++
		require.Equal(t, "chat.completion.chunk", c.Object)
		if c.Usage != nil {
			require.Empty(t, c.Choices)
			f.usage = c.Usage
		}
		for _, ch := range c.Choices {
			f.add(ch)
		}
	}
	return f
}

func (f *folded) add(ch choice) {
	if ch.Delta.Content != nil {
		f.texts[ch.Index] += *ch.Delta.Content
	}
	for _, part := range ch.Delta.ToolCalls {
		call := f.calls[part.Index]
		if part.ID != "" {
			call = part
		} else {
			call.Function.Arguments += part.Function.Arguments
		}
		f.calls[part.Index] = call
	}
	if ch.FinishReason != "" {
		f.finish[ch.Index] = ch.FinishReason
	}
}
