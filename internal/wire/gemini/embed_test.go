package gemini_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
)

var embedTarget = wire.Target{Model: "embedder"}

func decodeEmbed(t require.TestingT, batch bool, body string) *llm.EmbedRequest {
	r, err := gemini.EmbedCodec{Batch: batch}.DecodeEmbedRequest(wire.Inbound{Body: []byte(body), Model: "models/asked"})
	require.NoError(t, err)
	return r
}

// What came in this protocol goes out by it again.
func TestEmbedRequestsRoundTrip(t *testing.T) {
	const model = `"model":"models/embedder",`
	for _, tt := range []struct {
		batch      bool
		body, want string // want is body when it is ""
	}{
		{body: `{` + model + `"content":{"parts":[{"text":"a"}]}}`},
		{body: `{` + model + `"content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_DOCUMENT","title":"t","outputDimensionality":8,"new":{"x":1}}`},
		{
			body: `{"content":{"role":"user","parts":[{"text":"a"}]},"task_type":"CLUSTERING","output_dimensionality":"8"}`,
			want: `{` + model + `"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","outputDimensionality":8}`,
		},
		{
			body: `{"content":{"parts":[{"text":"a"}]},"embedContentConfig":{"taskType":"CLUSTERING","title":"t","outputDimensionality":8,"autoTruncate":true}}`,
			want: `{` + model + `"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","title":"t","outputDimensionality":8,"embedContentConfig":{"autoTruncate":true}}`,
		},
		{batch: true, body: `{"requests":[{` + model + `"content":{"parts":[{"text":"a"}]},"title":"t"},{` + model + `"content":{"parts":[{"text":"b"}]},"taskType":"CLUSTERING"}],"new":1}`},
		{
			batch: true, body: `{"requests":[{"model":"models/other","content":{"parts":[{"text":"a"}]}}]}`,
			want: `{` + model + `"content":{"parts":[{"text":"a"}]}}`,
		},
	} {
		r := decodeEmbed(t, tt.batch, tt.body)
		require.Equal(t, "asked", r.Model)
		require.Equal(t, !tt.batch, r.Single)
		out, losses, err := gemini.EmbedCodec{}.EncodeEmbedRequest(r, embedTarget)
		require.NoError(t, err)
		require.Empty(t, losses)
		want := tt.want
		if want == "" {
			want = tt.body
		}
		require.JSONEq(t, want, string(out.Body))
		method := ":embedContent"
		if len(r.Inputs) > 1 {
			method = ":batchEmbedContents"
		}
		require.Equal(t, "/models/embedder"+method, out.Path)
	}
}

func TestEmbedRequestsAreJoined(t *testing.T) {
	r := decodeEmbed(t, true, `{"requests":[{"content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"CLUSTERING","outputDimensionality":4},{"content":{"parts":[{"text":"c"}]},"outputDimensionality":4}]}`)
	require.EqualValues(t, 4, *r.Dimensions)
	require.Equal(t, []string{"a\nb", "c"}, []string{r.Inputs[0].Text, r.Inputs[1].Text})
	require.Equal(t, []string{"CLUSTERING", ""}, []string{r.Inputs[0].Task, r.Inputs[1].Task})
	require.Len(t, r.Inputs[0].Ext, 1, "how the parts were cut")
}

func TestDecodeEmbedRequestRefuses(t *testing.T) {
	const invalid, unsupported = llm.KindInvalid, llm.KindUnsupported
	const text = `"content":{"parts":[{"text":"a"}]}`
	for _, tt := range []struct {
		batch bool
		body  string
		kind  llm.Kind
		param string
	}{
		{false, `{}`, invalid, "content"},
		{false, `{"content":null}`, invalid, "content"},
		{false, `{"content":"a"}`, invalid, "content"},
		{false, `{"content":{}}`, invalid, "content.parts"},
		{false, `{"content":{"parts":[]}}`, invalid, "content.parts"},
		{false, `{"content":{"parts":[{}]}}`, invalid, "content.parts[0]"},
		{false, `{"content":{"parts":[{"text":1}]}}`, invalid, "content.parts[0].text"},
		{false, `{` + text + `,"taskType":1}`, invalid, "taskType"},
		{false, `{` + text + `,"outputDimensionality":0}`, invalid, "outputDimensionality"},
		{false, `{` + text + `,"embedContentConfig":{"title":1}}`, invalid, "embedContentConfig.title"},
		{true, `{}`, invalid, "requests"},
		{true, `{"requests":[]}`, invalid, "requests"},
		{true, `{"requests":[1]}`, invalid, "requests[0]"},
		{true, `{"requests":[{` + text + `},{}]}`, invalid, "requests[1].content"},
		{true, `{"requests":[` + strings.Repeat(`{`+text+`},`, 2048) + `{` + text + `}]}`, invalid, "requests[2048]"},
		{false, `{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}}`, unsupported, "content.parts"},
		{true, `{"requests":[{` + text + `},{` + text + `,"outputDimensionality":4}]}`, unsupported, "outputDimensionality"},
		{true, `{"requests":[{` + text + `,"outputDimensionality":8},{` + text + `,"outputDimensionality":4}]}`, unsupported, "outputDimensionality"},
	} {
		_, err := gemini.EmbedCodec{Batch: tt.batch}.DecodeEmbedRequest(wire.Inbound{Body: []byte(tt.body), Model: "m"})
		var e *llm.Error
		require.ErrorAs(t, err, &e, tt.body)
		require.Equal(t, []any{tt.kind, tt.param, 400}, []any{e.Kind, e.Param, e.HTTPStatus()}, tt.body)
	}
}

func TestEncodeEmbedRequestForOthers(t *testing.T) {
	codec := gemini.EmbedCodec{}
	four := int64(4)
	out, losses, err := codec.EncodeEmbedRequest(&llm.EmbedRequest{
		Source: llm.OpenAIEmbeddings, Single: true, Dimensions: &four, Encoding: "base64", User: "u",
		Inputs: []llm.EmbedInput{{Text: "a", Task: "CLUSTERING"}},
		Ext:    llm.Ext{{Protocol: llm.OpenAIEmbeddings, Name: "input_type", Value: llm.Raw("1")}, {Protocol: llm.OpenAIEmbeddings + "#mark", Name: "task_type"}},
	}, embedTarget)
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"models/embedder","content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","outputDimensionality":4}`, string(out.Body))
	require.Equal(t, "dropped:extension,dropped:user", llm.LossCodes(losses), "the encoding is ours to make")

	for single, param := range map[bool]string{true: "input", false: "input[0]"} {
		_, _, err = codec.EncodeEmbedRequest(&llm.EmbedRequest{Single: single, Inputs: []llm.EmbedInput{{Tokens: llm.Raw("[1]")}}}, embedTarget)
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{llm.KindUnsupported, param}, []any{e.Kind, e.Param})
	}
	_, _, err = codec.EncodeEmbedRequest(&llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "a"}, {Tokens: llm.Raw("[1]")}}}, embedTarget)
	require.Error(t, err)
	_, _, err = codec.EncodeEmbedRequest(&llm.EmbedRequest{Inputs: []llm.EmbedInput{{Text: "a"}}}, wire.Target{Model: "models/.."})
	require.Error(t, err)
}

func TestDecodeEmbedResponse(t *testing.T) {
	codec := gemini.EmbedCodec{}
	one, two := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, 1)}, &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, 2)}
	for _, tt := range []struct {
		body   string
		req    *llm.EmbedRequest
		last   string
		tokens int64 // -1: not told
	}{
		{"{\n\"embedding\": {\"values\": [1, 2]}}", one, "[1, 2]", -1},
		{`{"embeddings":[{"values":[1]}]}`, one, "[1]", -1},
		{`{"embeddings":[{"values":[1]},{"values":[2]}],"usageMetadata":{"promptTokenCount":9,"promptTokenDetails":[{"modality":"TEXT","tokenCount":9}]}}`, two, "[2]", 9},
		{`{"embeddings":[{"values":[1],"statistics":{"tokenCount":3}},{"values":[2],"statistics":{"tokenCount":4.0}}],"usageMetadata":{}}`, two, "[2]", 7},
	} {
		r, err := codec.DecodeEmbedResponse([]byte(tt.body), tt.req)
		require.NoError(t, err, tt.body)
		require.Len(t, r.Vectors, len(tt.req.Inputs))
		require.Equal(t, tt.last, string(r.Vectors[len(r.Vectors)-1].Values))
		if tt.tokens < 0 {
			require.Nil(t, r.Usage)
			continue
		}
		require.Equal(t, llm.Usage{Source: llm.UsageUpstream, Input: tt.tokens}, *r.Usage)
	}
	for _, body := range []string{
		``, `[]`, `{}`, `{"embeddings":{}}`, `{"embedding":{}}`, `{"embedding":{"values":"AA=="}}`, `{"embeddings":[1]}`, `{"embeddings":[{"values":[1]}],"embedding":{"values":[1]}}`,
	} {
		_, err := codec.DecodeEmbedResponse([]byte(body), one)
		var e *llm.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, []any{llm.KindUpstream, llm.ScopeModel}, []any{e.Kind, e.Scope}, body)
	}
	_, err := codec.DecodeEmbedResponse([]byte(`{"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}`), one)
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindOverloaded, e.Kind)
	require.Equal(t, llm.KindNotFound, codec.DecodeError(404, nil, nil).Kind)
}

// An answer that is written and read again is the same, in either form.
func TestEmbedResponsesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(t, "n")
		req := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, n), Single: n == 1 && rapid.Bool().Draw(t, "single")}
		resp := &llm.EmbedResponse{}
		if rapid.Bool().Draw(t, "counted") {
			resp.Usage = &llm.Usage{Input: rapid.Int64Range(1, 1<<40).Draw(t, "tokens"), Source: llm.UsageUpstream}
		}
		for range n {
			values, err := json.Marshal(rapid.SliceOfN(rapid.Float32Range(-4, 4), 1, 8).Draw(t, "values"))
			require.NoError(t, err)
			resp.Vectors = append(resp.Vectors, llm.Vector{Values: values})
		}
		body, losses, err := gemini.EmbedCodec{}.EncodeEmbedResponse(resp, req)
		require.NoError(t, err)
		require.Empty(t, losses)
		require.Equal(t, req.Single, strings.HasPrefix(string(body), `{"embedding":`))
		again, err := gemini.EmbedCodec{}.DecodeEmbedResponse(body, req)
		require.NoError(t, err)
		require.Equal(t, resp, again)
	})
}

func TestEncodeEmbedResponseUnpacks(t *testing.T) {
	body, _, err := gemini.EmbedCodec{}.EncodeEmbedResponse(&llm.EmbedResponse{Vectors: []llm.Vector{{Base64: "AAAAPwAAgL8="}}}, &llm.EmbedRequest{Single: true})
	require.NoError(t, err)
	require.Equal(t, `{"embedding":{"values":[0.5,-1]}}`, string(body))
	for _, single := range []bool{true, false} {
		_, _, err = gemini.EmbedCodec{}.EncodeEmbedResponse(&llm.EmbedResponse{Vectors: []llm.Vector{{Base64: "AADAfw=="}}}, &llm.EmbedRequest{Single: single})
		require.Error(t, err, "NaN is no JSON")
	}
}

func FuzzEmbedCodec(f *testing.F) {
	f.Add([]byte(`{"content":{"parts":[{"text":"a"}]},"embedContentConfig":{"title":"t","x":1}}`), false)
	f.Add([]byte(`{"requests":[{"content":{"parts":[{"text":"a"},{"text":"b"}]}}],"embeddings":[{"values":[1]}]}`), true)
	f.Fuzz(func(t *testing.T, body []byte, batch bool) {
		codec := gemini.EmbedCodec{Batch: batch}
		if req, err := codec.DecodeEmbedRequest(wire.Inbound{Body: body, Model: "m"}); err == nil {
			out, _, err := codec.EncodeEmbedRequest(req, embedTarget)
			require.NoError(t, err)
			require.True(t, json.Valid(out.Body), "%s", out.Body)
		}
		req := &llm.EmbedRequest{Inputs: make([]llm.EmbedInput, 1), Single: !batch}
		if resp, err := codec.DecodeEmbedResponse(body, req); err == nil {
			if out, _, err := codec.EncodeEmbedResponse(resp, req); err == nil {
				require.True(t, json.Valid(out), "%s", out)
			}
		}
	})
}
