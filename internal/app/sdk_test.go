package app_test

import (
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
	"github.com/stretchr/testify/require"
)

// sdk returns the official OpenAI client, changed in nothing but its address.
func sdk(g *gateway) openai.Client {
	return openai.NewClient(option.WithBaseURL(g.base+"/v1"), option.WithAPIKey(testKey), option.WithHTTPClient(client), option.WithMaxRetries(0))
}

var question = []openai.ChatCompletionMessageParamUnion{openai.UserMessage("What is the weather in Paris?")}

func TestOpenAISDKChat(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	c := sdk(g)
	answer, err := c.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{Model: "gpt-alias", Messages: question})
	require.NoError(t, err)
	require.Contains(t, answer.Choices[0].Message.Content, "Paris")
	require.Equal(t, "stop", answer.Choices[0].FinishReason)
	require.Positive(t, answer.Usage.PromptTokens)
	require.Equal(t, answer.Usage.TotalTokens, answer.Usage.PromptTokens+answer.Usage.CompletionTokens)
}

func TestOpenAISDKStream(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	c := sdk(g)
	for _, asked := range []bool{false, true} {
		p := openai.ChatCompletionNewParams{Model: "demo-chat", Messages: question}
		if asked {
			p.StreamOptions.IncludeUsage = openai.Bool(true)
		}
		stream := c.Chat.Completions.NewStreaming(t.Context(), p)
		var acc openai.ChatCompletionAccumulator
		usage := 0
		for stream.Next() {
			chunk := stream.Current()
			require.True(t, acc.AddChunk(chunk))
			if chunk.JSON.Usage.Valid() {
				usage++
			}
		}
		require.NoError(t, stream.Err())
		require.Contains(t, acc.Choices[0].Message.Content, "Paris")
		require.Equal(t, "stop", acc.Choices[0].FinishReason)
		require.Equal(t, asked, usage > 0, "usage is seen if and only if it was asked for")
	}
}

func TestOpenAISDKTools(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	c := sdk(g)
	p := openai.ChatCompletionNewParams{
		Model: "demo-tools", Messages: question,
		Tools: []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
			Name: "get_weather", Parameters: shared.FunctionParameters{
				"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []string{"city"},
			},
		})},
	}
	first, err := c.Chat.Completions.New(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, "tool_calls", first.Choices[0].FinishReason)
	call := first.Choices[0].Message.ToolCalls[0]
	require.Equal(t, "get_weather", call.Function.Name)
	require.Contains(t, call.Function.Arguments, "city")

	p.Messages = append(p.Messages, first.Choices[0].Message.ToParam(), openai.ToolMessage("22 degrees", call.ID))
	second, err := c.Chat.Completions.New(t.Context(), p)
	require.NoError(t, err)
	require.Contains(t, second.Choices[0].Message.Content, "22 degrees")
}

func TestOpenAISDKEmbeddings(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	c := sdk(g)
	answer, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{
		Model: "demo-embed", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}},
	})
	require.NoError(t, err)
	require.Len(t, answer.Data, 2)
	require.NotEmpty(t, answer.Data[0].Embedding)
	require.Positive(t, answer.Usage.PromptTokens)
}

func TestOpenAISDKModelsAndErrors(t *testing.T) {
	t.Parallel()
	g := start(t, demoConfig)
	c := sdk(g)
	list, err := c.Models.List(t.Context())
	require.NoError(t, err)
	var ids []string
	for _, m := range list.Data {
		ids = append(ids, m.ID)
	}
	require.Equal(t, []string{"demo-chat", "demo-embed", "demo-stall-stream", "demo-tools", "gpt-alias", "other/name"}, ids)
	one, err := c.Models.Get(t.Context(), "gpt-alias")
	require.NoError(t, err)
	require.Equal(t, "gpt-alias", one.ID)

	_, err = c.Chat.Completions.New(t.Context(), openai.ChatCompletionNewParams{Model: "gpt-alia", Messages: question})
	var failure *openai.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, 404, failure.StatusCode)
	require.Equal(t, "model_not_found", failure.Code)
	require.Contains(t, failure.Message, "gpt-alias")
}
