package demo_test

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type embeddings[V any] struct {
	Object string `json:"object"`
	Model  string `json:"model"`
	Data   []struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding V      `json:"embedding"`
	} `json:"data"`
	Usage usage `json:"usage"`
}

func embed[V any](t *testing.T, body string) embeddings[V] {
	t.Helper()
	w := ask(t, http.MethodPost, "/v1/embeddings", body)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return parse[embeddings[V]](t, w.Body.Bytes())
}

func TestEmbeddings(t *testing.T) {
	tests := []struct {
		name, body      string
		vectors, length int
		tokens          int
	}{
		{"text", `{"model":"demo-embed","input":"hello"}`, 1, 256, 2},
		{"list", `{"model":"demo-embed","input":["a","b","c"]}`, 3, 256, 3},
		{"dimensions", `{"model":"demo-embed","input":"hello","dimensions":8,"encoding_format":"float"}`, 1, 8, 2},
		{"tokens", `{"model":"demo-embed","input":[1,2,3,4],"dimensions":2}`, 1, 2, 4},
		{"lists of tokens", `{"model":"demo-embed","input":[[1,2],[3]],"dimensions":2}`, 2, 2, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := embed[[]float32](t, tt.body)
			require.Equal(t, got, embed[[]float32](t, tt.body), "deterministic")
			require.Equal(t, "demo-embed", got.Model)
			require.Len(t, got.Data, tt.vectors)
			require.Equal(t, tt.tokens, got.Usage.PromptTokens)
			require.Equal(t, tt.tokens, got.Usage.TotalTokens)
			for i, d := range got.Data {
				require.Equal(t, i, d.Index)
				require.Len(t, d.Embedding, tt.length)
				var sum float64
				for _, x := range d.Embedding {
					sum += float64(x) * float64(x)
				}
				require.InDelta(t, 1, math.Sqrt(sum), 1e-5)
			}
		})
	}
	list := embed[[]float32](t, `{"model":"demo-embed","input":["a","b"]}`)
	require.NotEqual(t, list.Data[0].Embedding, list.Data[1].Embedding)
}

func TestEmbeddingsBase64(t *testing.T) {
	floats := embed[[]float32](t, `{"model":"demo-embed","input":"hello","dimensions":16}`)
	encoded := embed[string](t, `{"model":"demo-embed","input":"hello","dimensions":16,"encoding_format":"base64"}`)
	b, err := base64.StdEncoding.DecodeString(encoded.Data[0].Embedding)
	require.NoError(t, err)
	var got []float32
	for ; len(b) >= 4; b = b[4:] {
		got = append(got, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	require.Equal(t, floats.Data[0].Embedding, got)
}

func TestMalformedEmbeddings(t *testing.T) {
	tests := []struct{ name, body, param string }{
		{"no input", `{"model":"demo-embed"}`, "input"},
		{"empty text", `{"model":"demo-embed","input":""}`, "input"},
		{"empty list", `{"model":"demo-embed","input":[]}`, "input"},
		{"empty text in list", `{"model":"demo-embed","input":["a",""]}`, "input"},
		{"mixed", `{"model":"demo-embed","input":["a",1]}`, "input"},
		{"object", `{"model":"demo-embed","input":{}}`, "input"},
		{"too many", `{"model":"demo-embed","input":[` + strings.Repeat(`"a",`, 2048) + `"a"]}`, "input"},
		{"no dimensions", `{"model":"demo-embed","input":"a","dimensions":0}`, "dimensions"},
		{"too many dimensions", `{"model":"demo-embed","input":"a","dimensions":3073}`, "dimensions"},
		{"encoding", `{"model":"demo-embed","input":"a","encoding_format":"hex"}`, "encoding_format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := ask(t, http.MethodPost, "/v1/embeddings", tt.body)
			require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
			require.Equal(t, tt.param, deref(parse[answer](t, w.Body.Bytes()).Error.Param))
		})
	}
}
