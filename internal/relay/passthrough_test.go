package relay_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/fakeupstream"
	"github.com/plexus-gateway/plexus/internal/record"
)

// TestRequestBodyReachesTheUpstreamByteForByte: all but what routing demands.
func TestRequestBodyReachesTheUpstreamByteForByte(t *testing.T) {
	long := strings.Repeat("lorem ipsum ä😀 \\u00e4\\n", 45_000) // 1 MB and more
	tests := []struct{ name, in, out string }{
		{"plain", `{"model":"m","messages":[]}`, `{"model":"upstream-model","messages":[]}`},
		{"model is the upstream's already", `{"model" : "same","messages":[]}`, `{"model" : "same","messages":[]}`},
		{
			"white space, order, numbers, unknown fields",
			"\r\n\t{ \"zz\" : [1.0e+2 ,-0 ,1E400,0.10 , 9007199254740993 ],\n\"messages\" :[ ]\t, \"model\"\r:\n\"m\" ,\"_x\":{\"y\":null} }\n\n",
			"\r\n\t{ \"zz\" : [1.0e+2 ,-0 ,1E400,0.10 , 9007199254740993 ],\n\"messages\" :[ ]\t, \"model\"\r:\n\"upstream-model\" ,\"_x\":{\"y\":null} }\n\n",
		},
		{"escapes", `{"m\u006fdel":"\u006d","messages":["\ud83d\ude00\/\u0000\ud800"]}`, `{"m\u006fdel":"upstream-model","messages":["\ud83d\ude00\/\u0000\ud800"]}`},
		{"a member of that name inside is no edit", `{"a":{"model":"m"},"messages":[{"model":"m"}],"model":"m"}`, `{"a":{"model":"m"},"messages":[{"model":"m"}],"model":"upstream-model"}`},
		{"1 MB", `{"messages":["` + long + `"],"model":"m"}`, `{"messages":["` + long + `"],"model":"upstream-model"}`},
		{"not streaming: no usage asked for", `{"model":"m","messages":[],"stream":false,"stream_options":null}`, `{"model":"upstream-model","messages":[],"stream":false,"stream_options":null}`},
		{"streaming: usage absent", `{"model":"m","messages":[],"stream":true }`, `{"model":"upstream-model","messages":[],"stream":true ,"stream_options":{"include_usage":true}}`},
		{"streaming: options null", `{"model":"m","stream_options": null ,"messages":[],"stream":true}`, `{"model":"upstream-model","stream_options": {"include_usage":true} ,"messages":[],"stream":true}`},
		{"streaming: options empty", `{"model":"m","stream_options":{ },"messages":[],"stream":true}`, `{"model":"upstream-model","stream_options":{ "include_usage":true},"messages":[],"stream":true}`},
		{"streaming: usage false", `{"stream_options":{"a":1,"include_usage":false},"messages":[],"stream":true,"model":"m"}`, `{"stream_options":{"a":1,"include_usage":true},"messages":[],"stream":true,"model":"upstream-model"}`},
		{"streaming: usage null", `{"stream_options":{"include_usage":null,"a":1},"messages":[],"stream":true,"model":"m"}`, `{"stream_options":{"include_usage":true,"a":1},"messages":[],"stream":true,"model":"upstream-model"}`},
		{"streaming: usage true", `{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage" : true}}`, `{"model":"upstream-model","messages":[],"stream":true,"stream_options":{"include_usage" : true}}`},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := w.in(t)
			up.Reset()
			up.Script(fakeupstream.JSON(200, `{"id":"x"}`))
			r := w.post(chatPath, tt.in)
			require.Equal(t, http.StatusOK, r.StatusCode, r.body)
			require.Len(t, up.Requests(), 1)
			got := up.Requests()[0]
			require.NoError(t, got.BodyErr)
			require.Equal(t, tt.out, string(got.Body))
			require.Equal(t, "/v1/chat/completions", got.Path)
			require.Empty(t, got.Query)
			rec := w.only()
			require.Equal(t, int64(len(tt.in)), rec.RequestBytes)
			require.True(t, rec.Passthrough)
		})
	}
}

func TestAnswerReturnsByteForByte(t *testing.T) {
	big := `{"pad":"` + strings.Repeat("0123456789abcdef", 80_000) + `","usage":{"prompt_tokens":1,"completion_tokens":2}}`
	tests := []struct{ name, body string }{
		{"small", `{"id":"a","model":"served","choices":[{"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`},
		{"odd", "\n {\"usage\" : {\"completion_tokens\":2.0,\"prompt_tokens\":1}, \"x\":1.50, \"x\":2 ,\"\\u0061\":\"\\/\" }\r\n"},
		{"1 MB", big},
		{"an array", `[{"usage":1}]`},
	}
	w, up := newWorld(t)
	for _, tt := range tests {
		for _, how := range []struct {
			name string
			h    http.Handler
		}{
			{"known length", fakeupstream.JSON(200, tt.body)},
			{"in parts", fakeupstream.SplitAt(fakeupstream.JSON(200, tt.body), 1, 2, 7, len(tt.body)-1)},
		} {
			t.Run(tt.name+", "+how.name, func(t *testing.T) {
				w := w.in(t)
				up.Script(how.h)
				r := w.chat(200)
				require.NoError(t, r.err)
				require.Equal(t, tt.body, r.body)
				rec := w.only()
				require.Equal(t, record.StatusOK, rec.Status)
				require.Equal(t, int64(len(tt.body)), rec.ResponseBytes)
				if tt.name != "an array" {
					require.Equal(t, []int64{1, 2}, []int64{rec.InputTokens, rec.OutputTokens})
					require.Equal(t, "upstream", rec.UsageSource)
				}
				require.Positive(t, rec.TTFT)
			})
		}
	}
}

// TestRecordTellsWhatHappened looks at every field of one ordinary request.
func TestRecordTellsWhatHappened(t *testing.T) {
	w, _ := newWorld(t)
	r := w.post(chatPath, `{"model":"m","messages":[]}`, "X-Client-Request-Id", "mine", "Authorization", "Bearer "+clientSecret+":Team-A")
	require.Equal(t, 200, r.StatusCode)
	rec := w.only()
	require.Equal(t, r.Header.Get("X-Request-Id"), rec.ID.String())
	require.Positive(t, rec.Duration)
	require.LessOrEqual(t, rec.TTFT, rec.Duration)
	require.Equal(t, record.Record{
		ID: rec.ID, Start: rec.Start, Duration: rec.Duration, TTFT: rec.TTFT, RequestBytes: 27, ResponseBytes: rec.ResponseBytes,
		ClientRequestID: "mine", KeyID: "key-1", KeyName: "tester", Label: "team-a", ClientIP: "127.0.0.1", Method: "POST", Path: chatPath,
		ProtocolIn: "openai.chat", ProtocolOut: "openai.chat", Alias: "m", Provider: "up", Model: "upstream-model", ServedModel: "upstream-model",
		Attempts: 1, Passthrough: true, Status: record.StatusOK, HTTPStatus: 200, FinishReason: "stop", UpstreamID: fakeupstream.ResponseID,
		InputTokens: fakeupstream.PromptTokens - fakeupstream.CachedTokens, CacheReadTokens: fakeupstream.CachedTokens,
		OutputTokens: fakeupstream.CompletionTokens, UsageSource: "upstream",
	}, rec)
}

func TestEmbeddings(t *testing.T) {
	w, up := newWorld(t)
	r := w.post("/v1/embeddings", `{"input": ["a"], "model":"m"}`)
	require.Equal(t, 200, r.StatusCode)
	require.Equal(t, `{"input": ["a"], "model":"upstream-model"}`, string(up.Requests()[0].Body))
	require.Equal(t, "/v1/embeddings", up.Requests()[0].Path)
	rec := w.only()
	require.Equal(t, []int64{fakeupstream.PromptTokens, 0}, []int64{rec.InputTokens, rec.OutputTokens})
	require.Equal(t, "openai.embeddings", rec.ProtocolIn)
	require.Equal(t, "upstream-model", rec.ServedModel)
}

// TestLeadingWhiteSpaceIsNotGarbage: some vendors send blank lines to keep a
// waiting connection alive.
func TestLeadingWhiteSpaceIsNotGarbage(t *testing.T) {
	w, up := newWorld(t)
	body := "\n\n \n{\"id\":\"x\"}"
	up.Script(fakeupstream.SplitAt(fakeupstream.JSON(200, body), 1, 2, 4))
	require.Equal(t, body, w.chat(200).body)
	require.Equal(t, record.StatusOK, w.only().Status)

	up.Script(fakeupstream.SplitAt(fakeupstream.JSON(200, "\n\n \n"), 1, 2))
	w.fails(w.chat(502), 502, "upstream_garbage")
	require.Equal(t, record.StatusFailed, w.only().Status)
}

// TestAnErrorInsideAnAnswerIsAnError: some vendors answer 200 with an error.
func TestAnErrorInsideAnAnswerIsAnError(t *testing.T) {
	w, up := newWorld(t)
	up.Script(
		fakeupstream.JSON(200, `{"error":{"message":"slow down","code":429}}`),
		fakeupstream.JSON(200, `{"error":{"message":"bad key sk-part","code":"invalid_api_key"}}`),
		fakeupstream.JSON(200, `{"id":"x","error":null}`),
		fakeupstream.JSON(200, `{"id":"x","error":{}}`),
	)
	r := w.chat(429)
	require.JSONEq(t, `{"error":{"message":"slow down","code":429}}`, r.body)
	rec := w.only()
	require.Equal(t, "rate_limit", rec.ErrorKind)
	require.Equal(t, record.StatusFailed, rec.Status)
	r = w.chat(502)
	w.fails(r, 502, "upstream_auth")
	require.NotContains(t, r.body, "sk-part")
	w.only()
	w.chat(200)
	require.Equal(t, record.StatusOK, w.only().Status)
	w.chat(200)
	require.Equal(t, record.StatusOK, w.only().Status)
}

// TestMembersThatDifferInCaseAreRefused: an upstream written in Go would serve
// the model that nobody authorised.
func TestMembersThatDifferInCaseAreRefused(t *testing.T) {
	w, up := newWorld(t)
	for _, body := range []string{
		`{"model":"m","Model":"forbidden","messages":[]}`,
		`{"MODEL":"forbidden","model":"m","messages":[]}`,
		`{"model":"m","\u004dodel":"forbidden","messages":[]}`,
		`{"model":"m","messages":[],"Stream":true}`,
	} {
		w.fails(w.post(chatPath, body), 400, "ambiguous_member")
	}
	require.Empty(t, up.Requests())
}
