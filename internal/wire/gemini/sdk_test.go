package gemini_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/genai"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
)

// The official SDK, unmodified, speaks to the ingress side of the codec.

// serve answers each request with what answer makes of it.
func serve(t *testing.T, answer func(*llm.Request) (*llm.Response, *llm.Error)) *genai.Client {
	t.Helper()
	codec := gemini.Codec{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.URL.Path, "/models/")
		model, verb, _ := strings.Cut(rest, ":")
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		req, err := codec.DecodeRequest(wire.Inbound{Body: body, Model: model, Stream: verb == "streamGenerateContent"})
		var resp *llm.Response
		var failure *llm.Error
		if err != nil {
			if !errors.As(err, &failure) {
				failure = llm.Errorf(llm.KindInternal, "", "DecodeRequest gave another error: %v", err)
			}
		} else {
			resp, failure = answer(req)
		}
		write(w, codec, req, resp, failure)
	}))
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		srv.Close()
		goleak.VerifyNone(t)
	})
	c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: "k", Backend: genai.BackendGeminiAPI, HTTPClient: client,
		HTTPOptions: genai.HTTPOptions{BaseURL: srv.URL},
	})
	require.NoError(t, err)
	return c
}

func write(w http.ResponseWriter, codec gemini.Codec, req *llm.Request, resp *llm.Response, failure *llm.Error) {
	switch {
	case failure != nil:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(failure.HTTPStatus())
		_, _ = w.Write(codec.EncodeError(failure))
	case req.Stream:
		w.Header().Set("Content-Type", "text/event-stream")
		enc := codec.EventEncoder(req)
		for ev := range llm.Unfold(resp) {
			_, _ = w.Write(enc.Encode(nil, ev))
		}
	default:
		body, _, err := codec.EncodeResponse(resp, req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}
}

// sdkAnswer is an answer of another protocol's model.
func sdkAnswer() *llm.Response {
	return &llm.Response{
		ID: "msg_1", Model: "claude", Usage: &llm.Usage{Input: 10, CacheRead: 5, Output: 20, Reasoning: 8, Source: llm.UsageUpstream},
		Choices: []llm.Choice{{Finish: llm.FinishToolUse, Blocks: []llm.Block{
			&llm.Reasoning{Text: "let me see", Signature: foreignSig()}, text("I will look."),
			call("toolu_1", "weather", `{"city":"Rom \u00e9","n":1.0}`), call("toolu_2", "weather", ``),
		}}},
	}
}

func sdkConfig() *genai.GenerateContentConfig {
	return &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText("be brief", genai.RoleUser),
		Temperature:       genai.Ptr[float32](0.5), TopK: genai.Ptr[float32](40), MaxOutputTokens: 100,
		StopSequences:  []string{"END"},
		ThinkingConfig: &genai.ThinkingConfig{IncludeThoughts: true, ThinkingLevel: genai.ThinkingLevelLow},
		Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
			Name: "weather", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}},
		}}}},
		ToolConfig: &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{
			Mode: genai.FunctionCallingConfigModeAny, AllowedFunctionNames: []string{"weather"},
		}},
	}
}

func checkAnswer(t *testing.T, parts []*genai.Part, usage *genai.GenerateContentResponseUsageMetadata) {
	t.Helper()
	var thoughts, texts string
	var calls []*genai.FunctionCall
	for _, p := range parts {
		switch {
		case p.Thought:
			thoughts += p.Text
		case p.FunctionCall != nil:
			calls = append(calls, p.FunctionCall)
		default:
			texts += p.Text
		}
	}
	require.Equal(t, "let me see", thoughts)
	require.Equal(t, "I will look.", texts)
	require.Len(t, calls, 2)
	require.Equal(t, "toolu_1", calls[0].ID)
	require.Equal(t, map[string]any{"city": "Rom é", "n": 1.0}, calls[0].Args)
	require.Equal(t, "toolu_2", calls[1].ID)
	require.Equal(t, int32(15), usage.PromptTokenCount)
	require.Equal(t, int32(5), usage.CachedContentTokenCount)
	require.Equal(t, int32(12), usage.CandidatesTokenCount)
	require.Equal(t, int32(8), usage.ThoughtsTokenCount)
	require.Equal(t, int32(35), usage.TotalTokenCount)
}

func TestSDKRoundTrip(t *testing.T) {
	var got *llm.Request
	client := serve(t, func(r *llm.Request) (*llm.Response, *llm.Error) { got = r; return sdkAnswer(), nil })
	resp, err := client.Models.GenerateContent(context.Background(), "gemini-3-pro", genai.Text("weather?"), sdkConfig())
	require.NoError(t, err)
	checkAnswer(t, resp.Candidates[0].Content.Parts, resp.UsageMetadata)
	require.Equal(t, genai.FinishReasonStop, resp.Candidates[0].FinishReason)
	require.Equal(t, "msg_1", resp.ResponseID)

	require.Equal(t, "gemini-3-pro", got.Model)
	require.False(t, got.Stream)
	require.Equal(t, "be brief", got.System[0].(*llm.Text).Text)
	require.Equal(t, int64(100), *got.MaxTokens)
	require.Equal(t, int64(40), *got.Sampling.TopK)
	require.Equal(t, "low", got.Reasoning.Effort)
	require.Equal(t, llm.ToolModeNamed, got.ToolChoice.Mode)
	require.JSONEq(t, `{"type":"object","properties":{"city":{"type":"string"}}}`, string(got.Tools[0].Schema))
}

func TestSDKStream(t *testing.T) {
	client := serve(t, func(r *llm.Request) (*llm.Response, *llm.Error) {
		if !r.Stream {
			return nil, llm.Errorf(llm.KindInvalid, "", "not a stream")
		}
		return sdkAnswer(), nil
	})
	var parts []*genai.Part
	var last *genai.GenerateContentResponse
	for resp, err := range client.Models.GenerateContentStream(context.Background(), "m", genai.Text("weather?"), sdkConfig()) {
		require.NoError(t, err)
		parts = append(parts, resp.Candidates[0].Content.Parts...)
		last = resp
	}
	checkAnswer(t, parts, last.UsageMetadata)
	require.Equal(t, genai.FinishReasonStop, last.Candidates[0].FinishReason)
}

// The second turn of a tool loop: what the SDK sends back finds its calls.
func TestSDKToolLoop(t *testing.T) {
	var got *llm.Request
	client := serve(t, func(r *llm.Request) (*llm.Response, *llm.Error) {
		got = r
		return &llm.Response{Choices: []llm.Choice{{Finish: llm.FinishStop, Blocks: []llm.Block{text("done")}}}}, nil
	})
	history := []*genai.Content{
		genai.NewContentFromText("q", genai.RoleUser),
		{Role: genai.RoleModel, Parts: []*genai.Part{
			{FunctionCall: &genai.FunctionCall{ID: "a", Name: "f", Args: map[string]any{"x": 1}}, ThoughtSignature: []byte{0xfb, 0xff}},
			{FunctionCall: &genai.FunctionCall{ID: "b", Name: "f"}},
		}},
		{Role: genai.RoleUser, Parts: []*genai.Part{
			{FunctionResponse: &genai.FunctionResponse{ID: "b", Name: "f", Response: map[string]any{"output": "B"}}},
			{FunctionResponse: &genai.FunctionResponse{ID: "a", Name: "f", Response: map[string]any{"error": "A"}}},
		}},
	}
	_, err := client.Models.GenerateContent(context.Background(), "m", history, nil)
	require.NoError(t, err)
	results := got.Messages[2].Blocks
	require.Equal(t, "b", results[0].(*llm.ToolResult).CallID)
	require.True(t, results[1].(*llm.ToolResult).IsError)
	require.Equal(t, "+/8=", got.Messages[1].Blocks[0].(*llm.ToolCall).Signature.Data, "the signature's spelling is kept")
}

func TestSDKErrors(t *testing.T) {
	client := serve(t, func(*llm.Request) (*llm.Response, *llm.Error) {
		return nil, &llm.Error{Kind: llm.KindRateLimit, Code: "slow", Message: "slow down"}
	})
	_, err := client.Models.GenerateContent(context.Background(), "m", genai.Text("q"), nil)
	var api genai.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, 429, api.Code)
	require.Equal(t, "RESOURCE_EXHAUSTED", api.Status)
	require.Equal(t, "slow down", api.Message)
}

// A failure after the first byte reaches the caller as an error, with what came before.
func TestSDKStreamedError(t *testing.T) {
	codec := gemini.Codec{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		enc := codec.EventEncoder(asker())
		for _, ev := range []*llm.Event{startEvent(), open(0, &llm.Text{}), delta(0, llm.DeltaText, "half")} {
			_, _ = w.Write(enc.Encode(nil, ev))
		}
		_, _ = w.Write(codec.EncodeStreamError(llm.Errorf(llm.KindOverloaded, "overloaded", "try later")))
	}))
	defer srv.Close()
	client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: "k", Backend: genai.BackendGeminiAPI, HTTPClient: srv.Client(),
		HTTPOptions: genai.HTTPOptions{BaseURL: srv.URL},
	})
	require.NoError(t, err)
	var texts string
	var failure error
	for resp, err := range client.Models.GenerateContentStream(context.Background(), "m", genai.Text("q"), nil) {
		if err != nil {
			failure = err
			break
		}
		texts += resp.Text()
	}
	require.Equal(t, "half", texts)
	require.ErrorContains(t, failure, "try later")
}
