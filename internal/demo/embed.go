package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of an embeddings request.
const (
	defaultDimensions = 256
	maxDimensions     = 3072
	maxInputs         = 2048
)

type embeddingRequest struct {
	Model          string         `json:"model"`
	Input          jsontext.Value `json:"input"`
	Dimensions     *int           `json:"dimensions"`
	EncodingFormat string         `json:"encoding_format"`
}

type embeddingList struct {
	Object string            `json:"object"`
	Data   []embeddingObject `json:"data"`
	Model  string            `json:"model"`
	Usage  embeddingUsage    `json:"usage"`
}

type embeddingObject struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // []float32, or base64 of them
}

type embeddingUsage struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// embeddingInput is one text, or its tokens in decimal.
type embeddingInput struct {
	text   string
	tokens int
}

func (s *server) embeddings(w http.ResponseWriter, r *http.Request) {
	var q embeddingRequest
	body, ok := readJSON(w, r, &q)
	if !ok {
		return
	}
	b, ok := admit(w, q.Model, true)
	if !ok {
		return
	}
	if misbehave(w, r, b) {
		return
	}
	inputs, dimensions, e := q.check()
	if e != nil {
		writeError(w, http.StatusBadRequest, *e)
		return
	}
	list := embeddingList{Object: "list", Model: q.Model}
	for i, in := range inputs {
		o := embeddingObject{Object: "embedding", Index: i}
		vector := unitVector(in.text, dimensions)
		o.Embedding = vector
		if q.EncodingFormat == "base64" {
			o.Embedding = base64Vector(vector)
		}
		list.Data = append(list.Data, o)
		list.Usage.PromptTokens += in.tokens
	}
	list.Usage.TotalTokens = list.Usage.PromptTokens
	w.Header().Set("X-Request-Id", "req_"+digest("embedding", string(body)))
	writeJSON(w, http.StatusOK, list)
}

func (q *embeddingRequest) check() (inputs []embeddingInput, dimensions int, e *apiError) {
	dimensions = defaultDimensions
	if q.Dimensions != nil {
		dimensions = *q.Dimensions
	}
	if dimensions < 1 || dimensions > maxDimensions {
		return nil, 0, invalid("dimensions", "invalid_value", "Invalid value for 'dimensions': expected a value between 1 and %d, but got %d instead.", maxDimensions, dimensions)
	}
	switch q.EncodingFormat {
	case "", "float", "base64":
	default:
		return nil, 0, invalid("encoding_format", "invalid_value", "Invalid value: '%s'. Supported values are: 'float' and 'base64'.", q.EncodingFormat)
	}
	if q.Input.Kind() == 0 {
		return nil, 0, invalid("input", "missing_required_parameter", "Missing required parameter: 'input'.")
	}
	inputs, ok := parseInput(q.Input)
	if !ok || len(inputs) == 0 || len(inputs) > maxInputs {
		return nil, 0, invalid("input", "invalid_value", "'$.input' is invalid: expected a string, a list of 1 to %d strings, a list of tokens or a list of lists of tokens, none of them empty.", maxInputs)
	}
	return inputs, dimensions, nil
}

// parseInput reads the four shapes of input: a text, texts, tokens, and lists
// of tokens. It reports false for any other and for an empty one.
func parseInput(v jsontext.Value) ([]embeddingInput, bool) {
	if in, ok := parseOne(v); ok {
		return []embeddingInput{in}, true
	}
	var many []jsontext.Value
	if json.Unmarshal(v, &many) != nil {
		return nil, false
	}
	inputs := make([]embeddingInput, len(many))
	for i, item := range many {
		in, ok := parseOne(item)
		if !ok {
			return nil, false
		}
		inputs[i] = in
	}
	return inputs, true
}

// parseOne reads a text or a list of tokens.
func parseOne(v jsontext.Value) (embeddingInput, bool) {
	switch v.Kind() {
	case '"':
		var text string
		if json.Unmarshal(v, &text) != nil || text == "" {
			return embeddingInput{}, false
		}
		return embeddingInput{text, bytesToTokens(len(text))}, true
	case '[':
		var tokens []uint32
		if json.Unmarshal(v, &tokens) != nil || len(tokens) == 0 {
			return embeddingInput{}, false
		}
		return embeddingInput{fmt.Sprint(tokens), len(tokens)}, true
	default:
		return embeddingInput{}, false
	}
}

// unitVector returns a vector of length 1 that follows from the text.
func unitVector(text string, dimensions int) []float32 {
	rng := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(text)))) //nolint:gosec // wanted: the same text, the same vector
	raw := make([]float64, dimensions)
	var sum float64
	for i := range raw {
		raw[i] = rng.NormFloat64()
		sum += raw[i] * raw[i]
	}
	length := math.Sqrt(sum)
	vector := make([]float32, dimensions)
	for i, x := range raw {
		vector[i] = float32(x / length)
	}
	return vector
}

// base64Vector encodes the vector as OpenAI does: little-endian float32.
func base64Vector(v []float32) string {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
