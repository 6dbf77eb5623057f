package relay_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/record"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/openaiembeddings"
)

const (
	embedPath       = "/v1/embeddings"
	geminiEmbedPath = "/v1beta/models/m:embedContent"
	geminiBatchPath = "/v1beta/models/m:batchEmbedContents"

	openAIVector  = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]}],"model":"served","usage":{"prompt_tokens":3,"total_tokens":3}}`
	geminiVector  = "{\n \"embedding\": {\n  \"values\": [\n   0.5,\n   -1\n  ]\n }\n}"
	geminiVectors = `{"embeddings":[{"values":[0.5,-1]},{"values":[0.25,2]}],"usageMetadata":{"promptTokenCount":7}}`
)

func embedEgress() map[llm.Protocol]wire.EmbedEgress {
	return map[llm.Protocol]wire.EmbedEgress{llm.OpenAIEmbeddings: openaiembeddings.Codec{}, llm.Gemini: gemini.EmbedCodec{}}
}

// byteTokens counts a token for each byte of text and ten for the frame.
type byteTokens struct{}

func (byteTokens) Estimate(req *llm.Request, _ string) int64 {
	n := int64(10)
	for _, m := range req.Messages {
		for _, b := range m.Blocks {
			if t, ok := b.(*llm.Text); ok {
				n += int64(len(t.Text))
			}
		}
	}
	return n
}

func (t byteTokens) Count(req *llm.Request, model string) (int64, bool) {
	return t.Estimate(req, model), false
}

// embedWorld is a world whose one upstream speaks the protocol only.
func embedWorld(t *testing.T, p llm.Protocol) (*world, *fakeupstream.Server) {
	t.Helper()
	return newWorld(t, func(s *setup) {
		s.speaks = map[string][]llm.Protocol{"up": {p}}
		s.tokens = byteTokens{}
	})
}

func TestEmbeddingsGoToGemini(t *testing.T) {
	w, up := embedWorld(t, llm.Gemini)
	up.Script(fakeupstream.JSON(200, geminiVectors))
	r := w.post(embedPath, `{"model":"m","input":["a","b"],"dimensions":2,"encoding_format":"base64"}`)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Equal(t, "exact", r.Header.Get("X-Plexus-Fidelity"))
	require.JSONEq(t, `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL8="},{"object":"embedding","index":1,"embedding":"AACAPgAAAEA="}],
		"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`, r.body)

	sent := up.Requests()[0]
	require.Equal(t, "/v1/models/upstream-model:batchEmbedContents", sent.Path)
	require.JSONEq(t, `{"requests":[
		{"model":"models/upstream-model","content":{"parts":[{"text":"a"}]},"outputDimensionality":2},
		{"model":"models/upstream-model","content":{"parts":[{"text":"b"}]},"outputDimensionality":2}]}`, string(sent.Body))

	rec := w.only()
	require.Equal(t, record.StatusOK, rec.Status)
	require.Equal(t, []string{"openai.embeddings", "gemini"}, []string{rec.ProtocolIn, rec.ProtocolOut})
	require.False(t, rec.Passthrough)
	require.EqualValues(t, 7, rec.InputTokens)
	require.Equal(t, "upstream", rec.UsageSource)
	require.EqualValues(t, len(r.body), rec.ResponseBytes)
}

// An upstream that does not count leaves the count to us.
func TestEmbeddingsAreEstimated(t *testing.T) {
	w, up := embedWorld(t, llm.Gemini)
	up.Script(fakeupstream.JSON(200, geminiVector))
	r := w.post(embedPath, `{"model":"m","input":"four"}`)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.Contains(t, r.body, `"embedding":[0.5,-1]`)
	require.Contains(t, r.body, `"usage":{"prompt_tokens":4,"total_tokens":4}`)
	require.Equal(t, "/v1/models/upstream-model:embedContent", up.Requests()[0].Path)
	rec := w.only()
	require.EqualValues(t, 4, rec.InputTokens)
	require.Equal(t, "estimated", rec.UsageSource)
}

func TestEmbeddingsGoToOpenAI(t *testing.T) {
	w, up := embedWorld(t, llm.OpenAIEmbeddings)
	up.Fallback(fakeupstream.JSON(200, openAIVector))
	r := w.post(geminiEmbedPath, `{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"}`)
	require.Equal(t, 200, r.StatusCode, r.body)
	require.JSONEq(t, `{"embedding":{"values":[0.5,-1]},"usageMetadata":{"promptTokenCount":3}}`, r.body)
	require.Equal(t, "lossy; codes=dropped:task_type", r.Header.Get("X-Plexus-Fidelity"))
	require.Equal(t, "/v1/embeddings", up.Requests()[0].Path)
	require.JSONEq(t, `{"model":"upstream-model","input":"a"}`, string(up.Requests()[0].Body))
	rec := w.only()
	require.Equal(t, []string{"served", "dropped:task_type"}, []string{rec.ServedModel, rec.LossCodes})

	r = w.post(geminiBatchPath, `{"requests":[{"content":{"parts":[{"text":"a"}]}}]}`)
	require.JSONEq(t, `{"embeddings":[{"values":[0.5,-1]}],"usageMetadata":{"promptTokenCount":3}}`, r.body)
	require.JSONEq(t, `{"model":"upstream-model","input":["a"]}`, string(up.Requests()[1].Body))
	w.only()

	r = w.post(geminiEmbedPath, `{"content":{"parts":[{"text":"a"}]},"title":"t"}`, "X-Plexus-Fidelity", "strict")
	require.Equal(t, 400, r.StatusCode, r.body)
	require.Contains(t, r.body, "LOSSY_CONVERSION")
	require.Len(t, up.Requests(), 2)
}

// What one target cannot be asked, another may be.
func TestEmbeddingsFailOver(t *testing.T) {
	for name, tt := range map[string]struct{ body, header string }{
		"tokens": {body: `{"model":"m","input":[1,2]}`},
		"strict": {body: `{"model":"m","input":"a","user":"u"}`, header: "strict"},
	} {
		t.Run(name, func(t *testing.T) {
			w, one, other := two(t, func(s *setup) { s.speaks = map[string][]llm.Protocol{"one": {llm.Gemini}} })
			other.Script(fakeupstream.JSON(200, openAIVector))
			r := w.post(embedPath, tt.body, "X-Plexus-Fidelity", tt.header)
			require.Equal(t, 200, r.StatusCode, r.body)
			require.Equal(t, openAIVector, r.body, "it passes as it is")
			require.Empty(t, one.Requests())
			rec := w.only()
			require.Equal(t, 2, rec.Attempts)
			require.True(t, rec.Passthrough)
		})
	}
}

func TestEmbeddingsThatCannotBeAskedFor(t *testing.T) {
	w, up := embedWorld(t, llm.Gemini)
	e := w.fails(w.post(embedPath, `{"model":"m","input":[[1,2]]}`), 400, "token_input")
	require.Equal(t, "input[0]", e.Param)
	e = w.fails(w.post(embedPath, `{"model":"m","input":{"text":"a"}}`), 400, "invalid_type")
	require.Equal(t, "input", e.Param)
	require.Empty(t, up.Requests())

	chat, _ := embedWorld(t, llm.OpenAIChat)
	chat.fails(chat.post(embedPath, `{"model":"m","input":"a"}`), 404, "no_target")
}

func TestEmbeddingsThatFail(t *testing.T) {
	long := strings.Repeat("0,", 100)
	for name, tt := range map[string]struct {
		status int
		answer string
		code   string
	}{
		"too few":    {502, `{"embeddings":[]}`, "upstream_malformed"},
		"no numbers": {502, `{"embedding":{"values":[` + long + `"1"]}}`, "upstream_malformed"},
		"not JSON":   {502, `<html>`, "upstream_malformed"},
		"inside":     {429, `{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}`, "rate_limit_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			w, up := embedWorld(t, llm.Gemini)
			up.Script(fakeupstream.JSON(200, tt.answer))
			w.fails(w.post(embedPath, `{"model":"m","input":"a"}`), tt.status, tt.code)
			require.Equal(t, record.StatusFailed, w.only().Status)
		})
	}
	t.Run("status", func(t *testing.T) {
		w, up := embedWorld(t, llm.Gemini)
		up.Script(fakeupstream.Status(429, `{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}`, "Retry-After", "3"))
		r := w.post(embedPath, `{"model":"m","input":"a"}`)
		require.Equal(t, "slow down", w.fails(r, 429, "rate_limit_exceeded").Message)
		require.Equal(t, "3", r.Header.Get("Retry-After"))
	})
	t.Run("stream", func(t *testing.T) {
		w, up := embedWorld(t, llm.Gemini)
		up.Script(fakeupstream.SSE("data: {}\n\n"))
		w.fails(w.post(embedPath, `{"model":"m","input":"a"}`), 502, "upstream_garbage")
	})
}
