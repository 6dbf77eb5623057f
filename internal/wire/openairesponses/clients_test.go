package openairesponses_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// answer is an answer as a foreign upstream gives it, without any item ids.
func answer() *llm.Response {
	return &llm.Response{ID: "resp_1", Model: "m", Created: 5, Usage: &llm.Usage{Input: 10, CacheRead: 4, Output: 6, Reasoning: 2}, Choices: []llm.Choice{{
		Finish: llm.FinishToolUse,
		Blocks: []llm.Block{
			&llm.Reasoning{Text: "hm", Summary: []string{"short"}},
			&llm.Text{Text: "Hello", Citations: []llm.Citation{{URL: "https://e.com", Title: "E", Start: 0, End: 5}}},
			&llm.ToolCall{CallID: "call_1", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw(`{"a":1}`)},
			&llm.ToolCall{CallID: "call_2", Name: "g", Kind: llm.ToolFunction, Input: llm.Raw(`{}`)},
		},
	}}}
}

// serve answers every request by the codec, whole or as a stream.
func serve(t *testing.T, resp *llm.Response, fail *llm.Error) openai.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		if !assertNoError(t, json.NewDecoder(r.Body).Decode(&body)) {
			return
		}
		req := decodeRequest(t, body)
		switch {
		case fail != nil && !req.Stream:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(fail.HTTPStatus())
			_, _ = w.Write(codec.EncodeError(fail))
		case req.Stream:
			w.Header().Set("Content-Type", "text/event-stream")
			events := unfold(resp)
			if fail != nil {
				events = append(events[:4], &llm.Event{Type: llm.EventFail, Err: fail})
			}
			b, _ := encodeStream(events, req)
			_, _ = w.Write(b)
		default:
			w.Header().Set("Content-Type", "application/json")
			b, _, err := codec.EncodeResponse(resp, req)
			if assertNoError(t, err) {
				_, _ = w.Write(b)
			}
		}
	}))
	t.Cleanup(srv.Close)
	return openai.NewClient(option.WithBaseURL(srv.URL), option.WithAPIKey("k"), option.WithMaxRetries(0))
}

// assertNoError reports from a handler, where require may not be called.
func assertNoError(t *testing.T, err error) bool {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

func ask() responses.ResponseNewParams {
	return responses.ResponseNewParams{
		Model: "m",
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("hi")},
		Tools: []responses.ToolUnionParam{{OfFunction: &responses.FunctionToolParam{Name: "f", Parameters: map[string]any{"type": "object"}, Strict: openai.Bool(true)}}},
	}
}

// The official SDK reads the answer, and no member it demands is missing.
func TestOpenAIGoReadsResponse(t *testing.T) {
	client := serve(t, answer(), nil)
	got, err := client.Responses.New(context.Background(), ask())
	require.NoError(t, err)
	requireDemanded(t, reflect.ValueOf(*got), "response")
	require.Equal(t, "Hello", got.OutputText())
	require.Equal(t, responses.ResponseStatusCompleted, got.Status)
	require.Equal(t, int64(14), got.Usage.InputTokens)
	require.Equal(t, int64(4), got.Usage.InputTokensDetails.CachedTokens)
	require.Equal(t, int64(2), got.Usage.OutputTokensDetails.ReasoningTokens)
	require.Len(t, got.Tools, 1)
	for _, item := range got.Output {
		switch v := item.AsAny().(type) {
		case responses.ResponseOutputMessage:
			requireDemanded(t, reflect.ValueOf(v), "message")
			requireDemanded(t, reflect.ValueOf(v.Content[0].AsOutputText()), "output_text")
		case responses.ResponseReasoningItem: // scar B15: reasoning without id or summary is refused
			requireDemanded(t, reflect.ValueOf(v), "reasoning")
		case responses.ResponseFunctionToolCall:
			requireDemanded(t, reflect.ValueOf(v), "function_call")
			require.NotEmpty(t, v.ID)
		default:
			require.Failf(t, "item", "%T", v)
		}
	}
}

// requireDemanded checks that every member the SDK calls required is there.
func requireDemanded(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	meta := v.FieldByName("JSON")
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag := field.Tag.Get("api")
		if tag != "required" && field.Tag.Get("default") == "" {
			continue
		}
		raw := meta.FieldByName(field.Name).MethodByName("Raw").Call(nil)[0].String()
		require.NotEmpty(t, raw, "%s.%s", path, field.Tag.Get("json"))
	}
}

// The official SDK reads the stream: every event is of a type it knows and has
// every member it demands.
func TestOpenAIGoReadsStream(t *testing.T) {
	client := serve(t, answer(), nil)
	stream := client.Responses.NewStreaming(context.Background(), ask())
	var text, args strings.Builder
	var final responses.Response
	n := int64(0)
	for stream.Next() {
		ev := stream.Current()
		require.Equal(t, n, ev.SequenceNumber)
		n++
		variant := ev.AsAny()
		require.NotNil(t, variant, ev.Type)
		requireDemanded(t, reflect.ValueOf(variant), ev.Type)
		switch v := variant.(type) {
		case responses.ResponseTextDeltaEvent:
			text.WriteString(v.Delta)
		case responses.ResponseFunctionCallArgumentsDeltaEvent:
			args.WriteString(v.Delta)
		case responses.ResponseCompletedEvent:
			final = v.Response
		}
	}
	require.NoError(t, stream.Err())
	require.Equal(t, "Hello", text.String())
	require.Equal(t, `{"a":1}{}`, args.String())
	require.Equal(t, "Hello", final.OutputText())
	require.Len(t, final.Output, 4)
}

func TestOpenAIGoSeesErrors(t *testing.T) {
	client := serve(t, answer(), llm.Errorf(llm.KindRateLimit, "", "slow down"))
	_, err := client.Responses.New(context.Background(), ask())
	var apiErr *openai.Error
	require.ErrorAs(t, err, &apiErr)
	require.Equal(t, 429, apiErr.StatusCode, "429 must arrive as 429")
	require.Equal(t, "rate_limit_exceeded", apiErr.Code)

	stream := client.Responses.NewStreaming(context.Background(), ask())
	for stream.Next() {
		require.NotEqual(t, "response.completed", stream.Current().Type)
	}
	require.ErrorContains(t, stream.Err(), "slow down", "an error in the stream is an error to the SDK")
}

// Codex CLI: what it sends survives (scars H53, G43), and the stream ends as it
// demands: response.completed with id and usage.
func TestCodex(t *testing.T) {
	data := files(t, "testdata/requests/11_codex.json")[0].data
	req := decodeRequest(t, data)
	body, losses := encodeRequest(t, req)
	require.Empty(t, losses)
	require.Equal(t, 6, strings.Count(string(body), `"internal_chat_message_metadata_passthrough":{"turn_id":`))
	require.Contains(t, string(body), `"client_metadata":{"x-codex-installation-id":"i"}`)
	require.Contains(t, string(body), `"prompt_cache_key":"0199-thread"`)
	require.Contains(t, string(body), `"include":["reasoning.encrypted_content"]`)
	require.Contains(t, string(body), `"id":"fco_9"`)
	require.Contains(t, string(body), `"encrypted_content":"gAAAAB"`)
	require.Contains(t, string(body), `"syntax":"lark"`)
	require.Equal(t, llm.RoleDeveloper, req.Messages[0].Role, "its system text is a developer message")
	require.Empty(t, req.System)

	// Its tools come back by its names from an upstream that has no such kinds.
	resp := &llm.Response{ID: "r", Usage: &llm.Usage{Input: 1}, Choices: []llm.Choice{{Finish: llm.FinishToolUse, Blocks: []llm.Block{
		&llm.ToolCall{CallID: "a", Name: "mcp__db__q", Kind: llm.ToolFunction, Input: llm.Raw(`{}`)},
		&llm.ToolCall{CallID: "b", Name: "apply_patch", Kind: llm.ToolFunction, Input: llm.Raw(`{"input":"*** Begin Patch"}`)},
	}}}}
	b, _ := encodeStream(unfold(resp), req)
	require.Contains(t, string(b), `"name":"q","namespace":"mcp__db"`)
	require.Contains(t, string(b), `"type":"custom_tool_call"`)
	all := parseStream(t, b)
	last, ok := all[len(all)-1].data["response"].(map[string]any)
	require.True(t, ok)
	require.Equal(t, "r", last["id"])
	require.NotNil(t, last["usage"])
}

// Vercel AI SDK: references to items pass, and a completed response without
// known usage still has the object its schema demands.
func TestVercel(t *testing.T) {
	req := decodeRequest(t, files(t, "testdata/requests/17_vercel.json")[0].data)
	var refs []string
	for _, m := range req.Messages {
		for _, b := range m.Blocks {
			if o, ok := b.(*llm.Opaque); ok {
				refs = append(refs, o.Type+" "+o.ID)
			}
		}
	}
	require.Equal(t, []string{"item_reference rs_plx00112233445566778899aabbccddeeff", "item_reference msg_1"}, refs)
	resp := answer()
	resp.Usage = nil
	b, _ := encodeStream(unfold(resp), req)
	all := parseStream(t, b)
	last, ok := all[len(all)-1].data["response"].(map[string]any)
	require.True(t, ok)
	usage, ok := last["usage"].(map[string]any)
	require.True(t, ok)
	require.InDelta(t, 0, usage["input_tokens"], 0)
}

// openai JS replays what its helpers added to the output: parsed,
// parsed_arguments, annotations and refusal. LangChain replays items by id.
func TestJSReplays(t *testing.T) {
	body := []byte(`{"model":"m","input":[{"role":"user","content":"x"},
		{"id":"msg_1","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"{}","annotations":[],"parsed":{"a":1}},{"type":"refusal","refusal":"no"}]},
		{"id":"fc_1","type":"function_call","call_id":"c","name":"f","arguments":"{}","parsed_arguments":{},"status":"completed"},
		{"type":"function_call_output","call_id":"c","output":"ok"}]}`)
	out, losses := encodeRequest(t, decodeRequest(t, body))
	require.Empty(t, losses)
	require.Contains(t, string(out), `"parsed":{"a":1}`)
	require.Contains(t, string(out), `"parsed_arguments":{}`)
	require.Contains(t, string(out), `{"type":"refusal","refusal":"no"}`)
	require.Contains(t, string(out), `"id":"fc_1"`)
}

// opencode sends two users in a row and no item ids; nothing of it is merged away.
func TestOpencode(t *testing.T) {
	req := decodeRequest(t, []byte(`{"model":"m","store":false,"prompt_cache_key":"s","input":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"user","content":"b"}]}`))
	require.Len(t, req.Messages, 3)
	require.False(t, *req.Store)
	require.Equal(t, "s", req.PromptCacheKey)
}
