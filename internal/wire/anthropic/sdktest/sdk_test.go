// Package sdktest_test runs the official SDK, unmodified, against the codec. It
// is a folder of its own because building the SDK for fuzzing takes minutes.
package sdktest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
)

var codec anthropic.Codec

func decodeRequest(t *testing.T, body []byte) *llm.Request {
	t.Helper()
	req, err := codec.DecodeRequest(wire.Inbound{Body: body})
	require.NoError(t, err)
	return req
}

func encodeResponse(t *testing.T, r *llm.Response) []byte {
	t.Helper()
	body, losses, err := codec.EncodeResponse(r, &llm.Request{})
	require.NoError(t, err)
	require.Empty(t, losses)
	return body
}

func encodeStream(evs []*llm.Event) []byte {
	e := codec.EventEncoder(&llm.Request{})
	var out []byte
	for _, ev := range evs {
		out = e.Encode(out, ev)
	}
	return out
}

// transport answers an SDK's requests without a network.
type transport func(*http.Request) *http.Response

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }

func respond(status int, contentType string, body []byte) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a recorder takes every write
	return w.Result()
}

func client(f transport) sdk.Client {
	return sdk.NewClient(option.WithAPIKey("k"), option.WithBaseURL("http://gateway.test"), option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: f}))
}

func sdkParams() sdk.MessageNewParams {
	return sdk.MessageNewParams{
		Model: "alias", MaxTokens: 64, Temperature: sdk.Float(0.5), StopSequences: []string{"END"},
		System:   []sdk.TextBlockParam{{Text: "be brief", CacheControl: sdk.NewCacheControlEphemeralParam()}},
		Messages: []sdk.MessageParam{sdk.NewUserMessage(sdk.NewTextBlock("q"), sdk.NewImageBlockBase64("image/png", "iVBO"))},
		Tools: []sdk.ToolUnionParam{{OfTool: &sdk.ToolParam{
			Name: "f", InputSchema: sdk.ToolInputSchemaParam{Properties: map[string]any{"a": map[string]any{"type": "integer"}}},
		}}},
		Thinking: sdk.ThinkingConfigParamOfEnabled(2048),
	}
}

func answered() *llm.Response {
	blocks := []llm.Block{
		&llm.Reasoning{Text: "hm", Signature: &llm.Signature{Data: "SIG", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}},
		&llm.Text{Text: "ünï 😀"},
		&llm.ToolCall{CallID: "toolu_1", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{"a":1}`)},
		&llm.ToolCall{CallID: "toolu_2", Name: "g", Kind: llm.ToolFunction},
	}
	return &llm.Response{
		ID: "msg_1", Model: "m", Choices: []llm.Choice{{Blocks: blocks, Finish: llm.FinishToolUse}},
		Usage: &llm.Usage{Input: 10, CacheRead: 5, CacheWrite5m: 2, CacheWrite1h: 1, Output: 20},
	}
}

func requireAnswered(t *testing.T, m *sdk.Message) {
	t.Helper()
	require.Equal(t, "msg_1", m.ID)
	require.Equal(t, sdk.StopReasonToolUse, m.StopReason)
	require.EqualValues(t, 20, m.Usage.OutputTokens)
	require.EqualValues(t, 10, m.Usage.InputTokens)
	require.EqualValues(t, 5, m.Usage.CacheReadInputTokens)
	require.EqualValues(t, 3, m.Usage.CacheCreationInputTokens)
	require.Len(t, m.Content, 4)
	require.Equal(t, "SIG", m.Content[0].AsThinking().Signature)
	require.Equal(t, "hm", m.Content[0].AsThinking().Thinking)
	require.Equal(t, "ünï 😀", m.Content[1].AsText().Text)
	require.JSONEq(t, `{"a":1}`, string(m.Content[2].AsToolUse().Input))
	require.Equal(t, "toolu_2", m.Content[3].AsToolUse().ID)
	require.JSONEq(t, `{}`, string(m.Content[3].AsToolUse().Input))
}

// What the official SDK sends is understood, and what it gets it understands.
func TestSDKWhole(t *testing.T) {
	c := client(func(r *http.Request) *http.Response {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		req := decodeRequest(t, body)
		require.Equal(t, "alias", req.Model)
		require.EqualValues(t, 2048, *req.Reasoning.Budget)
		require.Equal(t, "be brief", req.System[0].(*llm.Text).Text)
		require.NotNil(t, req.System[0].Common().Cache)
		require.Equal(t, "iVBO", req.Messages[0].Blocks[1].(*llm.Media).Data)
		require.Equal(t, "f", req.Tools[0].Name)
		return respond(200, "application/json", encodeResponse(t, answered()))
	})
	m, err := c.Messages.New(context.Background(), sdkParams())
	require.NoError(t, err)
	requireAnswered(t, m)
}

func TestSDKStream(t *testing.T) {
	c := client(func(r *http.Request) *http.Response {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.True(t, decodeRequest(t, body).Stream)
		return respond(200, "text/event-stream", encodeStream(slices.Collect(llm.Unfold(answered()))))
	})
	stream := c.Messages.NewStreaming(context.Background(), sdkParams())
	var m sdk.Message
	for stream.Next() {
		require.NoError(t, m.Accumulate(stream.Current()))
	}
	require.NoError(t, stream.Err())
	require.NoError(t, stream.Close())
	requireAnswered(t, &m)
}

func TestSDKErrors(t *testing.T) {
	c := client(func(*http.Request) *http.Response {
		return respond(429, "application/json", codec.EncodeError(llm.Errorf(llm.KindRateLimit, "c", "slow down")))
	})
	_, err := c.Messages.New(context.Background(), sdkParams())
	var e *sdk.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 429, e.StatusCode)
	require.Contains(t, e.RawJSON(), "rate_limit_error")

	c = client(func(*http.Request) *http.Response {
		evs := slices.Collect(llm.Unfold(answered()))
		evs = append(evs[:4:4], &llm.Event{Type: llm.EventFail, Err: llm.Errorf(llm.KindOverloaded, "c", "busy")})
		return respond(200, "text/event-stream", encodeStream(evs))
	})
	stream := c.Messages.NewStreaming(context.Background(), sdkParams())
	for stream.Next() {
		_ = stream.Current() // what came before the error is not the point
	}
	require.ErrorContains(t, stream.Err(), "overloaded_error")
}

// The SDK replays its own messages; they come back as what was told.
func TestSDKReplay(t *testing.T) {
	var m sdk.Message
	require.NoError(t, json.Unmarshal(encodeResponse(t, answered()), &m))
	params := sdkParams()
	params.Messages = append(params.Messages, m.ToParam(), sdk.NewUserMessage(
		sdk.NewToolResultBlock("toolu_1", "one", false), sdk.NewToolResultBlock("toolu_2", "two", true)))
	body, err := json.Marshal(params)
	require.NoError(t, err)
	req := decodeRequest(t, body)
	want := answered().Choices[0].Blocks
	want[3].(*llm.ToolCall).Input = llm.Raw("{}")
	require.Equal(t, want, req.Messages[1].Blocks)
	require.Len(t, req.Messages[2].Blocks, 2)
	require.True(t, req.Messages[2].Blocks[1].(*llm.ToolResult).IsError)
	out, losses, err := codec.EncodeRequest(req, wire.Target{Model: "alias"})
	require.NoError(t, err)
	require.Empty(t, losses)
	require.True(t, bytes.Contains(out.Body, []byte(`"signature":"SIG"`)))
}
