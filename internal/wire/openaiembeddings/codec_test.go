package openaiembeddings_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openaiembeddings"
)

var codec = openaiembeddings.Codec{}

func decode(t require.TestingT, body string) *llm.EmbedRequest {
	r, err := codec.DecodeEmbedRequest(wire.Inbound{Body: []byte(body)})
	require.NoError(t, err)
	return r
}

// What came in this protocol goes out by it again, in the order of the API.
func TestRequestsRoundTrip(t *testing.T) {
	for _, body := range []string{
		`{"model":"m","input":"a"}`,
		`{"model":"m","input":["a"]}`,
		`{"model":"m","input":["a","\n\"ü"],"dimensions":256,"encoding_format":"base64","user":"u"}`,
		`{"model":"m","input":[1,2,3]}`,
		`{"model":"m","input":[[1,2],[3]],"encoding_format":"float"}`,
		`{"model":"m","input":["a",[3]],"input_type":"query","truncate":null}`,
		`{"model":"m","input":["a","b"],"task_type":"CLUSTERING","title":"t"}`,
		`{"model":"m","input":"a","title":7}`,
	} {
		out, losses, err := codec.EncodeEmbedRequest(decode(t, body), wire.Target{})
		require.NoError(t, err)
		require.Empty(t, losses, body)
		require.Equal(t, "/embeddings", out.Path)
		require.JSONEq(t, body, string(out.Body))
	}
}

func TestDecodeEmbedRequest(t *testing.T) {
	r := decode(t, `{"model":"m","input":["a",[1, 2]],"dimensions":8,"encoding_format":"base64","user":"u","task_type":"CLUSTERING","title":"t"}`)
	require.Equal(t, "m", r.Model)
	require.False(t, r.Single)
	require.EqualValues(t, 8, *r.Dimensions)
	require.Equal(t, []string{"base64", "u"}, []string{r.Encoding, r.User})
	require.Equal(t, []llm.EmbedInput{
		{Text: "a", Task: "CLUSTERING", Title: "t"},
		{Tokens: llm.Raw("[1, 2]"), Task: "CLUSTERING", Title: "t"},
	}, r.Inputs)
	require.True(t, decode(t, `{"model":"m","input":"a","dimensions":null}`).Single)
	require.True(t, decode(t, `{"model":"m","input":[5]}`).Single)
}

func TestDecodeEmbedRequestRefuses(t *testing.T) {
	for body, param := range map[string]string{
		`[]`:                                                            "",
		`{"input":"a"}`:                                                 "model",
		`{"model":1,"input":"a"}`:                                       "model",
		`{"model":"m"}`:                                                 "input",
		`{"model":"m","input":[]}`:                                      "input",
		`{"model":"m","input":{}}`:                                      "input",
		`{"model":"m","input":[1,"a"]}`:                                 "input[1]",
		`{"model":"m","input":[1.5]}`:                                   "input[0]",
		`{"model":"m","input":[-1]}`:                                    "input[0]",
		`{"model":"m","input":["a",1]}`:                                 "input[1]",
		`{"model":"m","input":[[]]}`:                                    "input[0]",
		`{"model":"m","input":[["a"]]}`:                                 "input[0][0]",
		`{"model":"m","input":[null]}`:                                  "input[0]",
		`{"model":"m","input":"a","dimensions":0}`:                      "dimensions",
		`{"model":"m","input":"a","dimensions":"8"}`:                    "dimensions",
		`{"model":"m","input":"a","encoding_format":"int8"}`:            "encoding_format",
		`{"model":"m","input":"a","encoding_format":["float"]}`:         "encoding_format",
		`{"model":"m","input":"a","user":{}}`:                           "user",
		`{"model":"m","input":[` + strings.Repeat(`"",`, 2048) + `""]}`: "input",
	} {
		_, err := codec.DecodeEmbedRequest(wire.Inbound{Body: []byte(body)})
		var e *llm.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, []any{llm.KindInvalid, param}, []any{e.Kind, e.Param}, body)
	}
}

// What other protocols know and this one does not is noted.
func TestEncodeEmbedRequestLosses(t *testing.T) {
	out, losses, err := codec.EncodeEmbedRequest(&llm.EmbedRequest{
		Source: llm.Gemini, Model: "alias", Single: true, Ext: llm.Ext{{Protocol: llm.Gemini, Name: "x", Value: llm.Raw("1")}},
		Inputs: []llm.EmbedInput{{
			Text: "a", Task: "CLUSTERING", Title: "t",
			Ext: llm.Ext{{Protocol: llm.Gemini, Name: "parts", Value: llm.Raw("[]")}, {Protocol: llm.Gemini, Name: "y", Value: llm.Raw("2")}},
		}},
	}, wire.Target{Model: "up"})
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"up","input":"a"}`, string(out.Body))
	require.Equal(t, "approximated:extension,dropped:extension,dropped:task_type,dropped:title", llm.LossCodes(losses))

	_, losses, err = codec.EncodeEmbedRequest(&llm.EmbedRequest{Inputs: []llm.EmbedInput{{Task: "TASK_TYPE_UNSPECIFIED"}}}, wire.Target{Model: "up"})
	require.NoError(t, err)
	require.Empty(t, losses, "which is no task")
}

func TestDecodeEmbedResponse(t *testing.T) {
	two := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, 2)}
	r, err := codec.DecodeEmbedResponse([]byte(`{"object":"list","model":"served","data":[
		{"object":"embedding","index":1,"embedding":"AAAAPw=="},{"object":"embedding","index":0,"embedding":[0.10, 2]}],
		"usage":{"prompt_tokens":5,"total_tokens":5}}`), two)
	require.NoError(t, err)
	require.Equal(t, "served", r.Model)
	require.Equal(t, []llm.Vector{{Values: llm.Raw("[0.10, 2]")}, {Base64: "AAAAPw=="}}, r.Vectors, "in the order of their indices")
	require.EqualValues(t, 5, r.Usage.Input)

	r, err = codec.DecodeEmbedResponse([]byte(`{"data":[{"embedding":[1]},{"embedding":[2]}]}`), two)
	require.NoError(t, err)
	require.Equal(t, "[2]", string(r.Vectors[1].Values))
	require.Nil(t, r.Usage)

	for _, body := range []string{
		``, `[]`, `{}`, `{"data":[]}`, `{"data":[{"embedding":[1]}]}`,
		`{"data":[{"embedding":[1],"index":0},{"embedding":[1],"index":0}]}`,
		`{"data":[{"embedding":[1],"index":2},{"embedding":[1],"index":0}]}`,
		`{"data":[{"embedding":[1],"index":-1},{"embedding":[1],"index":0}]}`,
		`{"data":[{"embedding":[1],"index":"x"},{"embedding":[1]}]}`,
		`{"data":[{"embedding":{}},{"embedding":[1]}]}`, `{"data":[1,2]}`,
	} {
		_, err := codec.DecodeEmbedResponse([]byte(body), two)
		var e *llm.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, []any{llm.KindUpstream, llm.ScopeModel}, []any{e.Kind, e.Scope}, body)
	}
	_, err = codec.DecodeEmbedResponse([]byte(`{"error":{"message":"m","code":"insufficient_quota"}}`), two)
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindQuota, e.Kind)
	require.Equal(t, llm.KindRateLimit, codec.DecodeError(429, nil, []byte(`{"error":{"message":"m"}}`)).Kind)
}

func TestEncodeEmbedResponse(t *testing.T) {
	resp := &llm.EmbedResponse{Model: "m", Vectors: []llm.Vector{{Values: llm.Raw("[ 0.5, -1 ]")}, {Base64: "AAAAPw=="}}, Usage: &llm.Usage{Input: 3, CacheRead: 2}}
	for encoding, want := range map[string]string{
		"":       `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1]},{"object":"embedding","index":1,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}`,
		"base64": `{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL8="},{"object":"embedding","index":1,"embedding":"AAAAPw=="}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}}`,
	} {
		body, losses, err := codec.EncodeEmbedResponse(resp, &llm.EmbedRequest{Encoding: encoding})
		require.NoError(t, err)
		require.Empty(t, losses)
		require.Equal(t, want, string(body))
	}
	for _, encoding := range []string{"float", "base64"} {
		_, _, err := codec.EncodeEmbedResponse(&llm.EmbedResponse{Vectors: []llm.Vector{{}}}, &llm.EmbedRequest{Encoding: encoding})
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, llm.KindUpstream, e.Kind)
	}
}

// An answer that is written and read again is the same.
func TestResponsesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		req := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, n), Encoding: rapid.SampledFrom([]string{"", "float", "base64"}).Draw(t, "encoding")}
		resp := &llm.EmbedResponse{Model: "m", Usage: &llm.Usage{Input: rapid.Int64Range(0, 1<<40).Draw(t, "tokens"), Source: llm.UsageUpstream}}
		for range n {
			f := rapid.Float32Range(-4, 4).Draw(t, "value")
			v := llm.Vector{Values: llm.Raw("[" + strconv.FormatFloat(float64(f), 'g', -1, 32) + "]")}
			if req.Encoding == "base64" {
				packed, err := v.Packed()
				require.NoError(t, err)
				v = llm.Vector{Base64: packed}
			}
			resp.Vectors = append(resp.Vectors, v)
		}
		body, _, err := codec.EncodeEmbedResponse(resp, req)
		require.NoError(t, err)
		again, err := codec.DecodeEmbedResponse(body, req)
		require.NoError(t, err)
		require.Equal(t, resp, again)
	})
}

func FuzzEmbeddings(f *testing.F) {
	f.Add([]byte(`{"model":"m","input":["a",[1]],"dimensions":2}`))
	f.Add([]byte(`{"model":"m","input":[1,2],"data":[{"embedding":[1],"index":0}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if req, err := codec.DecodeEmbedRequest(wire.Inbound{Body: body}); err == nil {
			out, _, err := codec.EncodeEmbedRequest(req, wire.Target{})
			require.NoError(t, err)
			require.True(t, json.Valid(out.Body), "%s", out.Body)
		}
		req := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, 1)}
		if resp, err := codec.DecodeEmbedResponse(body, req); err == nil {
			if out, _, err := codec.EncodeEmbedResponse(resp, req); err == nil {
				require.True(t, json.Valid(out), "%s", out)
			}
		}
	})
}
