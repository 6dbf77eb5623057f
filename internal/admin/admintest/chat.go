package admintest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
)

// Chat is a data plane small enough to record something: it checks the key
// and answers every chat request with the same words, as JSON or as a stream.
func (w *World) Chat() http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		key, ok := w.Keys.NameOf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if !ok {
			http.Error(out, `{"error":{"message":"unknown key","type":"invalid_request_error"}}`, http.StatusUnauthorized)
			return
		}
		var body struct {
			Model  string `json:"model"`
			Stream bool   `json:"stream"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(out, r.Body, maxChat)).Decode(&body); err != nil {
			http.Error(out, `{"error":{"message":"bad body","type":"invalid_request_error"}}`, http.StatusBadRequest)
			return
		}
		start := w.now()
		if body.Stream {
			out.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(out, "data: {\"choices\":[{\"delta\":{\"content\":\"Hello!\"}}]}\n\ndata: [DONE]\n\n")
		} else {
			out.Header().Set("Content-Type", "application/json")
			fmt.Fprint(out, `{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hello!"},"finish_reason":"stop"}]}`)
		}
		w.Log.Append(record.Record{
			ID: idAt(start, rand.New(rand.NewPCG(uint64(start.UnixNano()), 1))), Start: start.UTC(), KeyName: key, //nolint:gosec // a test's id
			Method: r.Method, Path: r.URL.Path, ProtocolIn: string(llm.OpenAIChat), ProtocolOut: string(llm.OpenAIChat),
			Alias: body.Model, Provider: "demo", Model: body.Model, ServedModel: body.Model, Attempts: 1, Streamed: body.Stream,
			Passthrough: true, Status: record.StatusOK, HTTPStatus: http.StatusOK, FinishReason: "stop",
			InputTokens: 12, OutputTokens: 9, UsageSource: llm.UsageUpstream.String(), TTFT: 42 * time.Millisecond, Duration: 180 * time.Millisecond,
		})
	})
}

const maxChat = 1 << 20
