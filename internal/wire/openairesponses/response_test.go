package openairesponses_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

func TestDecodeUsage(t *testing.T) {
	resp, err := codec.DecodeResponse(files(t, "testdata/responses/01_text.json")[0].data, wire.Target{})
	require.NoError(t, err)
	require.Equal(t, &llm.Usage{Input: 50, CacheRead: 40, CacheWrite5m: 10, Output: 20, Reasoning: 5, Source: llm.UsageUpstream}, resp.Usage)
	require.Equal(t, int64(100), resp.Usage.Prompt())

	resp, err = codec.DecodeResponse(files(t, "testdata/responses/05_hosted.json")[0].data, wire.Target{})
	require.NoError(t, err)
	require.Equal(t, int64(1), resp.Usage.Searches, "opening a page is not a search")
	require.Equal(t, int64(1_230_000), *resp.Usage.ReportedCostNano)
	require.Equal(t, int64(2), resp.Usage.AudioIn)
	require.Equal(t, int64(1), resp.Usage.ImageIn)
	require.Equal(t, int64(1), resp.Usage.AudioOut)

	resp, err = codec.DecodeResponse([]byte(`{"output":[],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":9},"output_tokens":-1,"cost_in_usd_ticks":125}}`), wire.Target{})
	require.NoError(t, err)
	require.Equal(t, llm.UsageCachedOverInput|llm.UsageNegative, resp.Usage.Flags)
	require.Equal(t, int64(0), resp.Usage.Input, "never negative (scar C21)")
	require.Equal(t, int64(13), *resp.Usage.ReportedCostNano)
}

func TestDecodeResponseFinish(t *testing.T) {
	tests := []struct {
		file string
		want llm.Finish
		raw  string
	}{
		{"01_text", llm.FinishStop, "completed"},
		{"02_calls", llm.FinishToolUse, "completed"},
		{"03_incomplete", llm.FinishLength, "max_output_tokens"},
		{"04_refusal", llm.FinishRefusal, "completed"},
		{"05_hosted", llm.FinishToolUse, "completed"}, // local_shell waits for the client
		{"07_filter", llm.FinishContentFilter, "content_filter"},
		{"08_background", llm.FinishNone, "queued"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			resp, err := codec.DecodeResponse(files(t, "testdata/responses/"+tt.file+".json")[0].data, wire.Target{})
			require.NoError(t, err)
			require.Equal(t, tt.want, resp.Choices[0].Finish)
			require.Equal(t, tt.raw, resp.Choices[0].FinishRaw)
		})
	}
}

func TestDecodeResponseErrors(t *testing.T) {
	tests := []struct {
		name, body string
		kind       llm.Kind
	}{
		{"garbage", `<html>`, llm.KindUpstream},
		{"array", `[]`, llm.KindUpstream},
		{"failed", `{"status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"},"output":[]}`, llm.KindRateLimit},
		{"failed without a reason", `{"status":"failed","output":[]}`, llm.KindUpstream},
		{"error in a 200", `{"error":{"message":"quota","type":"insufficient_quota","code":"insufficient_quota"}}`, llm.KindQuota},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := codec.DecodeResponse([]byte(tt.body), wire.Target{})
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.kind, e.Kind)
			require.NotEmpty(t, e.Message)
		})
	}
}

// Every finish has an outcome, and the way back gives the same or the nearest.
func TestFinishesAreTotal(t *testing.T) {
	want := map[llm.Finish]struct {
		status, loss string
		back         llm.Finish
	}{
		llm.FinishStop:          {"completed", "", llm.FinishStop},
		llm.FinishStopSequence:  {"completed", "", llm.FinishStop},
		llm.FinishLength:        {"incomplete", "", llm.FinishLength},
		llm.FinishToolUse:       {"completed", "", llm.FinishToolUse},
		llm.FinishContentFilter: {"incomplete", "", llm.FinishContentFilter},
		llm.FinishRefusal:       {"incomplete", "approximated:refusal", llm.FinishContentFilter},
		llm.FinishPause:         {"completed", "approximated:pause", llm.FinishStop},
		llm.FinishError:         {"failed", "", llm.FinishError},
	}
	for _, f := range llm.Finishes() {
		t.Run(f.String(), func(t *testing.T) {
			w, ok := want[f]
			require.True(t, ok, "a new finish needs a row here")
			blocks := []llm.Block{&llm.Text{Text: "x"}}
			if f == llm.FinishToolUse {
				blocks = append(blocks, &llm.ToolCall{CallID: "c", Name: "n", Kind: llm.ToolFunction})
			}
			resp := &llm.Response{ID: "r", Choices: []llm.Choice{{Blocks: blocks, Finish: f}}}
			body, losses, err := codec.EncodeResponse(resp, nil)
			require.NoError(t, err)
			require.Equal(t, w.loss, codes(losses))
			var out struct{ Status string }
			require.NoError(t, json.Unmarshal(body, &out))
			require.Equal(t, w.status, out.Status)
			again, err := codec.DecodeResponse(body, wire.Target{})
			if w.back == llm.FinishError {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.Equal(t, w.back, again.Choices[0].Finish)
			}
			// The stream says the same.
			b, streamLosses := encodeStream(unfold(resp), nil)
			all := parseStream(t, b)
			require.Equal(t, "response."+w.status, all[len(all)-1].event)
			require.Equal(t, w.loss, codes(streamLosses))
		})
	}
}

// What was cut short says so in the item, too, so that no client runs half a call.
func TestCutCallIsIncomplete(t *testing.T) {
	resp := &llm.Response{ID: "r", Choices: []llm.Choice{{Finish: llm.FinishLength, Blocks: []llm.Block{
		&llm.ToolCall{CallID: "a", Name: "n", Kind: llm.ToolFunction, Input: llm.Raw(`{}`)},
		&llm.ToolCall{CallID: "b", Name: "n", Kind: llm.ToolFunction, Input: llm.Raw(`{"x":`)},
	}}}}
	body, _, err := codec.EncodeResponse(resp, nil)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(body), `"status":"completed","call_id":"a"`))
	require.Equal(t, 1, strings.Count(string(body), `"status":"incomplete","call_id":"b"`))
	b, _ := encodeStream(unfold(resp), nil)
	require.Equal(t, 2, strings.Count(string(b), `"status":"incomplete","call_id":"b"`), "in output_item.done and the last event")
}

func TestEncodeForeignResponse(t *testing.T) {
	resp := &llm.Response{ID: "msg_01", Model: "claude", Created: 7, Usage: &llm.Usage{Input: 5, CacheRead: 3, CacheWrite5m: 1, CacheWrite1h: 1, Output: 4, Reasoning: 2}, Choices: []llm.Choice{{Blocks: []llm.Block{
		&llm.Reasoning{Text: "thinking", Signature: &llm.Signature{Data: "sig", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}},
		&llm.Reasoning{Redacted: true, Encrypted: &llm.Signature{Data: "red", Origin: llm.Origin{Protocol: llm.AnthropicMessages}}},
		&llm.Text{Text: "a", Citations: []llm.Citation{{URL: "https://e.com", Title: "E", Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}}},
		&llm.Text{Text: "b"},
		&llm.Media{Kind: llm.MediaImage, MIME: "image/avif", Data: "AAAA"},
		&llm.Media{Kind: llm.MediaAudio, Data: "AAAA", Transcript: "said"},
		&llm.ServerToolResult{Native: &llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}},
	}}, {Index: 1, Blocks: []llm.Block{&llm.Text{Text: "other"}}}}}
	body, losses, err := codec.EncodeResponse(resp, nil)
	require.NoError(t, err)
	const want = "approximated:audio_out,dropped:foreign_signature,dropped:n,dropped:server_tool"
	require.Equal(t, want, codes(losses))
	require.NotContains(t, string(body), "sig\"")
	var out struct {
		Output []struct {
			Type         string
			OutputFormat string `json:"output_format"`
			Content      []struct{ Type, Text string }
		}
		Usage json.RawMessage
	}
	require.NoError(t, json.Unmarshal(body, &out))
	var got []string
	for _, o := range out.Output {
		got = append(got, o.Type)
	}
	require.Equal(t, []string{"reasoning", "message", "image_generation_call", "message"}, got)
	require.Len(t, out.Output[1].Content, 2)
	require.Equal(t, "avif", out.Output[2].OutputFormat)
	require.Equal(t, "said", out.Output[3].Content[0].Text)
	require.JSONEq(t, `{"input_tokens":10,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},"output_tokens":4,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}`, string(out.Usage))

	b, streamLosses := encodeStream(unfold(resp), nil)
	require.Equal(t, want, codes(streamLosses))
	all := parseStream(t, b)
	checkOrder(t, all)
	streamed, err := json.Marshal(all[len(all)-1].data["response"])
	require.NoError(t, err)
	require.JSONEq(t, string(body), string(streamed))
}

// The response repeats the request, as clients expect of it.
func TestResponseEchoesRequest(t *testing.T) {
	for _, name := range []string{"04_function_tools", "13_structured", "14_state", "11_codex"} {
		t.Run(name, func(t *testing.T) {
			data := files(t, "testdata/requests/"+name+".json")[0].data
			body, _, err := codec.EncodeResponse(&llm.Response{ID: "r", Choices: []llm.Choice{{}}}, decodeRequest(t, data))
			require.NoError(t, err)
			var in, out map[string]any
			require.NoError(t, json.Unmarshal(data, &in))
			require.NoError(t, json.Unmarshal(body, &out))
			for _, m := range []string{"parallel_tool_calls", "previous_response_id", "prompt_cache_key", "store", "truncation", "metadata", "user", "safety_identifier", "background", "top_logprobs", "conversation"} {
				if v, said := in[m]; said {
					require.Equal(t, v, out[m], m)
				} else {
					require.Contains(t, out, m)
				}
			}
			require.Equal(t, in["model"], out["model"])
		})
	}
}

// Tools that other protocols know by other names come back as the client's own.
func TestClientToolsAreRestored(t *testing.T) {
	req := decodeRequest(t, files(t, "testdata/requests/06_namespaces.json")[0].data)
	req.Tools = append(req.Tools, llm.Tool{Kind: llm.ToolCustom, Name: "apply_patch"})
	call := func(id, name, input string) *llm.ToolCall {
		return &llm.ToolCall{CallID: id, Name: name, Kind: llm.ToolFunction, Input: llm.Raw(input)}
	}
	resp := &llm.Response{ID: "r", Choices: []llm.Choice{{Finish: llm.FinishToolUse, Blocks: []llm.Block{
		call("a", "crm__list", `{}`),
		call("b", "crm__query", `{"input":"select"}`),
		call("c", "apply_patch", `{"input":"*** \"x\"\n"}`),
		call("d", "apply_patch", `not wrapped`),
		call("e", "plain", `{"x":1}`),
	}}}}
	body, losses, err := codec.EncodeResponse(resp, req)
	require.NoError(t, err)
	require.Empty(t, losses)
	var out struct {
		Output []struct{ Type, Name, Namespace, Arguments, Input string }
	}
	require.NoError(t, json.Unmarshal(body, &out))
	require.Equal(t, []struct{ Type, Name, Namespace, Arguments, Input string }{
		{"function_call", "list", "crm", "{}", ""},
		{"custom_tool_call", "query", "crm", "", "select"},
		{"custom_tool_call", "apply_patch", "", "", "*** \"x\"\n"},
		{"custom_tool_call", "apply_patch", "", "", "not wrapped"},
		{"function_call", "plain", "", `{"x":1}`, ""},
	}, out.Output)
	b, _ := encodeStream(unfold(resp), req)
	all := parseStream(t, b)
	checkOrder(t, all)
	streamed, err := json.Marshal(all[len(all)-1].data["response"])
	require.NoError(t, err)
	require.JSONEq(t, string(body), string(streamed))
}
