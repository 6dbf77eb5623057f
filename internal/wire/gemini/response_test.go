package gemini_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

func encodeResponse(t *testing.T, r *llm.Response, req *llm.Request) (string, string) {
	t.Helper()
	body, losses, err := gemini.Codec{}.EncodeResponse(r, req)
	require.NoError(t, err)
	require.NoError(t, wirejson.Check(body))
	return string(body), codes(losses)
}

func TestDecodeResponseUsage(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "02"))
	require.Equal(t, &llm.Usage{
		Input: 45, CacheRead: 60, Output: 50, Reasoning: 30, AudioIn: 20, Source: llm.UsageUpstream,
	}, r.Usage)
	require.Equal(t, int64(155), r.Usage.Total())
	require.Nil(t, decodeResponse(t, sampleNamed(t, "responses", "06")).Usage, "absent is not zero")
	require.Equal(t, int64(2), decodeResponse(t, sampleNamed(t, "responses", "03")).Usage.Searches)
}

func TestUsage(t *testing.T) {
	tests := []struct {
		name, in string
		want     llm.Usage
	}{
		{
			"thoughts are beside the candidates", `{"promptTokenCount":9,"candidatesTokenCount":29,"thoughtsTokenCount":256,"totalTokenCount":294}`,
			llm.Usage{Input: 9, Output: 285, Reasoning: 256},
		},
		{
			"unless the total says they are inside", `{"promptTokenCount":9,"candidatesTokenCount":285,"thoughtsTokenCount":256,"totalTokenCount":294}`,
			llm.Usage{Input: 9, Output: 285, Reasoning: 256},
		},
		{"cached are inside the prompt", `{"promptTokenCount":100,"cachedContentTokenCount":80}`, llm.Usage{Input: 20, CacheRead: 80}},
		{
			"more cached than prompt", `{"promptTokenCount":10,"cachedContentTokenCount":80}`,
			llm.Usage{CacheRead: 80, Flags: llm.UsageCachedOverInput},
		},
		{"negative", `{"promptTokenCount":-5,"candidatesTokenCount":1}`, llm.Usage{Output: 1, Flags: llm.UsageNegative}},
		{"tool prompts are input", `{"promptTokenCount":10,"toolUsePromptTokenCount":7}`, llm.Usage{Input: 17}},
		{
			"media", `{"promptTokenCount":300,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE","tokenCount":258},{"modality":"AUDIO","tokenCount":32}],"candidatesTokenCount":9,"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":9}]}`,
			llm.Usage{Input: 300, ImageIn: 258, AudioIn: 32, Output: 9, AudioOut: 9},
		},
		{"strings", `{"promptTokenCount":"12"}`, llm.Usage{Input: 12}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := decodeResponse(t, []byte(`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":`+tt.in+`}`))
			tt.want.Source = llm.UsageUpstream
			require.Equal(t, &tt.want, r.Usage)
		})
	}
}

func TestEncodeUsageSumsUp(t *testing.T) {
	r := &llm.Response{Usage: &llm.Usage{
		Input: 50, CacheRead: 30, CacheWrite5m: 20, Output: 40, Reasoning: 15, AudioIn: 5, ImageIn: 7, AudioOut: 3, Source: llm.UsageUpstream,
	}}
	body, losses := encodeResponse(t, r, nil)
	requireBytes(t, `{"promptTokenCount":100,"cachedContentTokenCount":30,"candidatesTokenCount":25,"thoughtsTokenCount":15,"totalTokenCount":140,`+
		`"promptTokensDetails":[{"modality":"TEXT","tokenCount":88},{"modality":"AUDIO","tokenCount":5},{"modality":"IMAGE","tokenCount":7}],`+
		`"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":22},{"modality":"AUDIO","tokenCount":3}]}`,
		string(wirejson.Member([]byte(body), "usageMetadata")))
	require.Equal(t, "approximated:usage_cache_write", losses)
}

// The upstream's own usage goes back only while it says the same.
func TestEncodeUsageThatWasChanged(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "02"))
	body, _ := encodeResponse(t, r, asker())
	require.Contains(t, body, `"trafficType":"ON_DEMAND"`)
	r.Usage.Output++
	body, _ = encodeResponse(t, r, asker())
	require.NotContains(t, body, "trafficType")
	require.Contains(t, body, `"totalTokenCount":156`)
}

func TestFinishReasonsIn(t *testing.T) {
	tests := map[string]llm.Finish{
		"STOP": llm.FinishStop, "MAX_TOKENS": llm.FinishLength, "SAFETY": llm.FinishContentFilter,
		"RECITATION": llm.FinishContentFilter, "LANGUAGE": llm.FinishContentFilter, "OTHER": llm.FinishContentFilter,
		"BLOCKLIST": llm.FinishContentFilter, "PROHIBITED_CONTENT": llm.FinishContentFilter, "SPII": llm.FinishContentFilter,
		"MALFORMED_FUNCTION_CALL": llm.FinishError, "IMAGE_SAFETY": llm.FinishContentFilter,
		"UNEXPECTED_TOOL_CALL": llm.FinishError, "TOO_MANY_TOOL_CALLS": llm.FinishError,
		"IMAGE_PROHIBITED_CONTENT": llm.FinishContentFilter, "NO_IMAGE": llm.FinishError,
		"IMAGE_RECITATION": llm.FinishContentFilter, "IMAGE_OTHER": llm.FinishError, "CONTINUATION": llm.FinishPause,
		"MALFORMED_RESPONSE": llm.FinishError, "MISSING_THOUGHT_SIGNATURE": llm.FinishError,
		"FINISH_REASON_UNSPECIFIED": llm.FinishNone, "SOMETHING_NEW": llm.FinishStop,
	}
	for word, want := range tests {
		t.Run(word, func(t *testing.T) {
			r := decodeResponse(t, []byte(`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"`+word+`"}]}`))
			require.Equal(t, want, r.Choices[0].Finish)
			body, losses := encodeResponse(t, r, nil)
			require.Empty(t, losses)
			if want != llm.FinishNone {
				require.Equal(t, word, r.Choices[0].FinishRaw)
				require.Contains(t, body, `"finishReason":"`+word+`"`)
			}
		})
	}
}

func TestFinishReasonsOutAreTotal(t *testing.T) {
	want := map[llm.Finish]string{
		llm.FinishStop: "STOP", llm.FinishStopSequence: "STOP", llm.FinishLength: "MAX_TOKENS", llm.FinishToolUse: "STOP",
		llm.FinishContentFilter: "SAFETY", llm.FinishRefusal: "SAFETY", llm.FinishPause: "OTHER", llm.FinishError: "OTHER",
	}
	for _, f := range llm.Finishes() {
		t.Run(f.String(), func(t *testing.T) {
			require.Contains(t, want, f)
			body, _ := encodeResponse(t, &llm.Response{Choices: []llm.Choice{{Finish: f, FinishRaw: "end_turn"}}}, nil)
			require.Contains(t, body, `"finishReason":"`+want[f]+`"`)
		})
	}
}

func TestBlockedPrompt(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "04"))
	require.Equal(t, []llm.Choice{{
		Finish: llm.FinishContentFilter, FinishRaw: "PROHIBITED_CONTENT", Explanation: "The prompt was blocked.",
	}}, r.Choices)
	body, _ := encodeResponse(t, r, nil)
	require.NotContains(t, body, "candidates")
	require.Contains(t, body, `"blockReason":"PROHIBITED_CONTENT"`)
}

func TestDecodeResponseIDsOfCalls(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "02"))
	var ids []string
	for _, b := range r.Choices[0].Blocks[1:] {
		ids = append(ids, b.(*llm.ToolCall).CallID)
	}
	require.Equal(t, "own", ids[2])
	require.NotEqual(t, ids[0], ids[1], "two calls of one function")
	require.True(t, strings.HasPrefix(ids[0], "call_gmr_"))
	require.LessOrEqual(t, len(ids[0]), 40, "chat clients take at most 40 characters")
	require.Equal(t, ids[0], decodeResponse(t, sampleNamed(t, "responses", "02")).Choices[0].Blocks[1].(*llm.ToolCall).CallID)
	require.Equal(t, llm.FinishToolUse, r.Choices[0].Finish)
	require.Equal(t, "STOP", r.Choices[0].FinishRaw)
}

func TestDecodeGrounding(t *testing.T) {
	text := decodeResponse(t, sampleNamed(t, "responses", "03")).Choices[0].Blocks[0].(*llm.Text)
	type cite struct {
		url, title, text string
		start, end       int64
	}
	var got []cite
	for _, c := range text.Citations {
		require.Equal(t, llm.Gemini, c.Protocol)
		got = append(got, cite{c.URL, c.Title, c.Text, c.Start, c.End})
	}
	require.Equal(t, []cite{
		{"https://a.example/z", "a.example", "Zürich is größer.", 0, 17},
		{"https://a.example/z", "a.example", "Rome is old.", 18, 30},
		{"gs://b/r", "doc", "Rome is old.", 18, 30},
		{"https://c.example", "", "", 0, 6},
	}, got)
}

func TestEncodeForeignCitations(t *testing.T) {
	r := &llm.Response{Choices: []llm.Choice{{Finish: llm.FinishStop, Blocks: []llm.Block{
		text("ä. "),
		&llm.Text{Text: "größer wird", Citations: []llm.Citation{
			{URL: "https://x.example", Title: "X", Start: 7, End: 11, Text: "wird", Protocol: llm.OpenAIChat},
			{URL: "https://y.example", Protocol: llm.AnthropicMessages},
		}},
	}}}}
	body, losses := encodeResponse(t, r, nil)
	require.Contains(t, body, `"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://x.example","title":"X"}},{"web":{"uri":"https://y.example"}}],`+
		`"groundingSupports":[{"segment":{"partIndex":1,"startIndex":9,"endIndex":13,"text":"wird"},"groundingChunkIndices":[0]}]}`)
	require.Empty(t, losses)
}

func TestLogprobsBothWays(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "06"))
	require.JSONEq(t, `[{"token":"Hello","logprob":-1.0489701e-05,"token_id":9259,"top_logprobs":[
		{"token":"Hello","logprob":-1.0489701e-05,"token_id":9259},{"token":"\"","logprob":-11.782881,"token_id":236775}]}]`,
		string(r.Choices[0].Blocks[0].(*llm.Text).Logprobs))
	other := &llm.Response{Choices: []llm.Choice{{Blocks: []llm.Block{
		&llm.Text{Text: "a", Logprobs: llm.Raw(`[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]`)},
		&llm.Text{Text: "b", Logprobs: llm.Raw(`[{"token":"b","logprob":-1}]`)},
	}}}}
	body, losses := encodeResponse(t, other, nil)
	require.Contains(t, body, `"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.5},{"token":"b","logProbability":-1}],"topCandidates":[{"candidates":[]},{"candidates":[]}]}`)
	require.Empty(t, losses)
	other.Choices[0].Blocks = []llm.Block{&llm.Text{Text: "a", Logprobs: llm.Raw(`{"tokens":[]}`)}}
	_, losses = encodeResponse(t, other, nil)
	require.Equal(t, "dropped:logprobs", losses)
}

// The API shows thoughts only to those who ask.
func TestThoughtsAreShownOnRequest(t *testing.T) {
	r := &llm.Response{ID: "x", Choices: []llm.Choice{{Finish: llm.FinishStop, Blocks: []llm.Block{
		&llm.Reasoning{Text: "secret plan", Signature: ownSig("KEEP")}, text("answer"),
	}}}}
	body, _ := encodeResponse(t, r, asker())
	require.Contains(t, body, `{"text":"secret plan","thought":true,"thoughtSignature":"KEEP"}`)
	for _, req := range []*llm.Request{{}, {Reasoning: &llm.ReasoningConfig{IncludeThoughts: new(false)}}} {
		body, losses := encodeResponse(t, r, req)
		require.NotContains(t, body, "secret plan")
		require.Contains(t, body, `"parts":[{"text":"","thought":true,"thoughtSignature":"KEEP"},{"text":"answer"}]`)
		require.Empty(t, losses)
	}
}

func TestEncodeResponseOfOthers(t *testing.T) {
	other := llm.Native{Protocol: llm.AnthropicMessages, Raw: llm.Raw("{}")}
	r := &llm.Response{
		ID: "msg_1", Model: "claude", Created: 1700000000, ServiceTier: "standard", SystemFingerprint: "fp",
		Choices: []llm.Choice{{Finish: llm.FinishRefusal, Explanation: "policy", Blocks: []llm.Block{
			&llm.Reasoning{Text: "hm", Signature: foreignSig()},
			&llm.Refusal{Text: "no"}, text(""),
			&llm.ToolCall{CallID: "toolu_1", Name: "f", Kind: llm.ToolFunction, Input: llm.Raw("")},
			&llm.ToolCall{CallID: "srv", Kind: llm.ToolServer, Native: &other},
		}}},
	}
	body, losses := encodeResponse(t, r, asker())
	requireBytes(t, `{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"no"},{"functionCall":{"id":"toolu_1","name":"f","args":{}}}],"role":"model"},`+
		`"finishReason":"SAFETY","finishMessage":"policy","index":0}],"modelVersion":"claude","createTime":"2023-11-14T22:13:20Z","responseId":"msg_1"}`, body)
	require.Equal(t, "approximated:finish,approximated:refusal,dropped:foreign_signature,dropped:server_tool,dropped:service_tier,dropped:system_fingerprint", losses)
}

func TestDecodeResponseErrors(t *testing.T) {
	tests := []struct{ name, body, says string }{
		{"garbage", `<html>`, "not a Gemini response"},
		{"array", `[]`, "must be an object"},
		{"candidates", `{"candidates":{}}`, "candidates: must be an array"},
		{"part", `{"candidates":[{"content":{"parts":[{"text":1}]}}]}`, "candidates[0].content.parts[0].text"},
		{"index", `{"candidates":[{"index":-1}]}`, "out of range"},
		{"usage", `{"usageMetadata":{"promptTokenCount":"many"}}`, "usageMetadata.promptTokenCount"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gemini.Codec{}.DecodeResponse([]byte(tt.body), target)
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, llm.KindUpstream, e.Kind)
			require.Contains(t, e.Message, tt.says)
		})
	}
}

func TestDecodeResponseThatIsAnError(t *testing.T) {
	_, err := gemini.Codec{}.DecodeResponse([]byte(`{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`), target)
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindOverloaded, e.Kind)
}

func TestDecodeResponseReplacesInvalidUTF8(t *testing.T) {
	r := decodeResponse(t, []byte("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\xff\\ud800b\"}]},\"finishReason\":\"STOP\"}]}"))
	require.Equal(t, "a\uFFFD\uFFFDb", r.Choices[0].Blocks[0].(*llm.Text).Text)
}

func TestSignaturesOfAnswersNameTheirOrigin(t *testing.T) {
	r := decodeResponse(t, sampleNamed(t, "responses", "02"))
	require.Equal(t, llm.Origin{Protocol: llm.Gemini, Vendor: "google"}, r.Choices[0].Blocks[1].(*llm.ToolCall).Signature.Origin)
}
