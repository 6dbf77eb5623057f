package fakeupstream

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// What the OpenAI double always answers and reports.
const (
	Answer           = "Hello from the fake upstream."
	PromptTokens     = 11
	CachedTokens     = 3
	CompletionTokens = 6
	ResponseID       = "chatcmpl-fake"
	UpstreamID       = "req_fake" // its x-request-id
)

// OpenAI answers as an OpenAI-compatible upstream: chat completions (JSON and
// SSE; usage in a stream only when stream_options.include_usage is true),
// embeddings and models, under any prefix.
func OpenAI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", UpstreamID)
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/chat/completions"):
			chat(w, r)
		case strings.HasSuffix(path, "/embeddings"):
			embeddings(w, r)
		case strings.HasSuffix(path, "/models"):
			JSON(http.StatusOK, `{"object":"list","data":[{"id":"fake-model","object":"model","created":1700000000,"owned_by":"fake"}]}`).ServeHTTP(w, r)
		default:
			JSON(http.StatusNotFound, `{"error":{"message":"Unknown request URL","type":"invalid_request_error","param":null,"code":"unknown_url"}}`).ServeHTTP(w, r)
		}
	})
}

type asked struct {
	Model         string `json:"model"`
	Stream        bool   `json:"stream"`
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// read reports false after having answered an unreadable body.
func read(w http.ResponseWriter, r *http.Request) (asked, bool) {
	var a asked
	if err := json.UnmarshalRead(r.Body, &a); err != nil || a.Model == "" {
		JSON(http.StatusBadRequest, `{"error":{"message":"We could not parse the JSON body of your request.","type":"invalid_request_error","param":null,"code":null}}`).ServeHTTP(w, r)
		return a, false
	}
	return a, true
}

func chat(w http.ResponseWriter, r *http.Request) {
	a, ok := read(w, r)
	if !ok {
		return
	}
	if a.Stream {
		SSE(ChatFrames(a.Model, a.StreamOptions.IncludeUsage)...).ServeHTTP(w, r)
		return
	}
	JSON(http.StatusOK, fmt.Sprintf(
		`{"id":%q,"object":"chat.completion","created":1700000000,"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":%q,"refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":%s}`,
		ResponseID, a.Model, Answer, usageJSON())).ServeHTTP(w, r)
}

// ChatFrames are the frames of the double's streamed answer, [DONE] included.
func ChatFrames(model string, includeUsage bool) []string {
	usage := ""
	if includeUsage {
		usage = `,"usage":null`
	}
	chunk := func(delta, finish string) string {
		return Data(fmt.Sprintf(`{"id":%q,"object":"chat.completion.chunk","created":1700000000,"model":%q,"choices":[{"index":0,"delta":%s,"finish_reason":%s}]%s}`,
			ResponseID, model, delta, finish, usage))
	}
	frames := []string{chunk(`{"role":"assistant","content":""}`, "null")}
	for _, word := range strings.SplitAfter(Answer, " ") {
		frames = append(frames, chunk(fmt.Sprintf(`{"content":%q}`, word), "null"))
	}
	frames = append(frames, chunk(`{}`, `"stop"`))
	if includeUsage {
		frames = append(frames, Data(fmt.Sprintf(`{"id":%q,"object":"chat.completion.chunk","created":1700000000,"model":%q,"choices":[],"usage":%s}`,
			ResponseID, model, usageJSON())))
	}
	return append(frames, Data("[DONE]"))
}

func usageJSON() string {
	return fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":0}}`,
		PromptTokens, CompletionTokens, PromptTokens+CompletionTokens, CachedTokens)
}

func embeddings(w http.ResponseWriter, r *http.Request) {
	a, ok := read(w, r)
	if !ok {
		return
	}
	JSON(http.StatusOK, fmt.Sprintf(
		`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.6,0.8]}],"model":%q,"usage":{"prompt_tokens":%d,"total_tokens":%d}}`,
		a.Model, PromptTokens, PromptTokens)).ServeHTTP(w, r)
}
