package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/stretchr/testify/require"
	"google.golang.org/genai"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
)

// embedGateway serves one alias for an upstream that speaks gemini only and one
// for an upstream that speaks openai.embeddings only.
func embedGateway(t *testing.T) (g *gateway, google, openAI *fakeupstream.Server) {
	t.Helper()
	google, openAI = fakeupstream.Start(t), fakeupstream.Start(t)
	google.Fallback(http.HandlerFunc(embedAsGoogle))
	g = start(t, fmt.Sprintf(`
providers:
  google: {vendor: gemini, base_url: {gemini: "%s/v1beta"}, api_key: up-google, allow_private: true}
  openai: {vendor: openai, base_url: {embeddings: "%s/v1"}, api_key: up-openai, allow_private: true}
models:
  to-google: {targets: [{provider: google, model: gemini-embedding-001}]}
  to-openai: {targets: [{provider: openai, model: text-embedding-3-small}]}
keys:
  ada: {secret: %s}
`, google.URL, openAI.URL, testKey))
	return g, google, openAI
}

// embedAsGoogle answers with vectors that tell the lengths of the texts.
func embedAsGoogle(w http.ResponseWriter, r *http.Request) {
	type ask struct {
		Model   string
		Content struct{ Parts []struct{ Text string } }
	}
	var one ask
	body := struct {
		*ask
		Requests []ask
	}{ask: &one}
	if json.NewDecoder(r.Body).Decode(&body) != nil || r.Header.Get("X-Goog-Api-Key") != "up-google" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	type embedding struct {
		Values []float32 `json:"values"`
	}
	vector := func(a ask) embedding { return embedding{[]float32{float32(len(a.Content.Parts[0].Text)), 0.1, -3e-9}} }
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if body.Requests == nil {
		_ = json.NewEncoder(w).Encode(map[string]any{"embedding": vector(one)})
		return
	}
	var all []embedding
	for _, a := range body.Requests {
		all = append(all, vector(a))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"embeddings": all, "usageMetadata": map[string]int{"promptTokenCount": 11}})
}

func TestOpenAISDKEmbedsWithGemini(t *testing.T) {
	t.Parallel()
	g, google, _ := embedGateway(t)
	c := sdk(g)
	for _, encoding := range []openai.EmbeddingNewParamsEncodingFormat{"", openai.EmbeddingNewParamsEncodingFormatFloat, openai.EmbeddingNewParamsEncodingFormatBase64} {
		answer, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
			Model: "to-google", Dimensions: openai.Int(3), EncodingFormat: encoding,
			Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "bcd"}},
		})
		require.NoError(t, err, encoding)
		require.Len(t, answer.Data, 2)
		for i, length := range []float64{1, 3} {
			require.EqualValues(t, i, answer.Data[i].Index)
			require.Len(t, answer.Data[i].Embedding, 3)
			require.InDeltaSlice(t, []float64{length, 0.1, -3e-9}, answer.Data[i].Embedding, 1e-8, encoding)
		}
		require.EqualValues(t, 11, answer.Usage.PromptTokens)
		require.EqualValues(t, 11, answer.Usage.TotalTokens)
		require.Equal(t, "to-google", answer.Model)
	}
	sent := google.Requests()[0]
	require.Equal(t, "/v1beta/models/gemini-embedding-001:batchEmbedContents", sent.Path)
	require.Contains(t, string(sent.Body), `"outputDimensionality":3`)

	one, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{Model: "to-google", Input: openai.EmbeddingNewParamsInputUnion{OfString: openai.String("four")}})
	require.NoError(t, err)
	require.Positive(t, one.Usage.PromptTokens, "counted here, since the upstream does not")

	_, err = c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{Model: "to-google", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfTokens: []int64{1, 2}}})
	var failure *openai.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, []any{400, "token_input", "input"}, []any{failure.StatusCode, failure.Code, failure.Param})
}

func TestGeminiSDKEmbedsWithOpenAI(t *testing.T) {
	t.Parallel()
	g, _, openAI := embedGateway(t)
	c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: testKey, Backend: genai.BackendGeminiAPI, HTTPClient: client, HTTPOptions: genai.HTTPOptions{BaseURL: g.base},
	})
	require.NoError(t, err)
	// Either encoding is understood, and the indices count.
	openAI.Script(fakeupstream.JSON(200, `{"object":"list","model":"text-embedding-3-small","data":[
		{"object":"embedding","index":1,"embedding":"AAAAPwAAgL8="},{"object":"embedding","index":0,"embedding":[0.25,3]}],
		"usage":{"prompt_tokens":6,"total_tokens":6}}`))
	answer, err := c.Models.EmbedContent(t.Context(), "to-openai",
		[]*genai.Content{genai.NewContentFromText("a", genai.RoleUser), genai.NewContentFromText("b", genai.RoleUser)},
		&genai.EmbedContentConfig{OutputDimensionality: new(int32(2)), TaskType: "RETRIEVAL_QUERY"})
	require.NoError(t, err)
	require.Len(t, answer.Embeddings, 2)
	require.Equal(t, [][]float32{{0.25, 3}, {0.5, -1}}, [][]float32{answer.Embeddings[0].Values, answer.Embeddings[1].Values})
	require.JSONEq(t, `{"model":"text-embedding-3-small","input":["a","b"],"dimensions":2}`, string(openAI.Requests()[0].Body))

	openAI.Script(fakeupstream.JSON(404, `{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}`))
	_, err = c.Models.EmbedContent(t.Context(), "to-openai", genai.Text("a"), nil)
	var failure genai.APIError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, []any{404, "NOT_FOUND"}, []any{failure.Code, failure.Status})
}

// Without a batch, the answer has one embedding outside a list.
func TestEmbedContentWithOpenAI(t *testing.T) {
	t.Parallel()
	g, _, openAI := embedGateway(t)
	openAI.Script(fakeupstream.JSON(200, `{"data":[{"embedding":[0.25,3],"index":0}],"usage":{"prompt_tokens":6,"total_tokens":6}}`))
	resp, body := g.call(t, http.MethodPost, "/v1beta/models/to-openai:embedContent", testKey, `{"content":{"parts":[{"text":"a"}]}}`)
	require.Equal(t, http.StatusOK, resp.StatusCode, body)
	require.JSONEq(t, `{"embedding":{"values":[0.25,3]},"usageMetadata":{"promptTokenCount":6}}`, body)
	require.Equal(t, "exact", resp.Header.Get("X-Plexus-Fidelity"))
}
