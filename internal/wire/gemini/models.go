package gemini

import (
	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// Models renders lists of models in the Gemini dialect.
// https://ai.google.dev/api/models
type Models struct{}

type modelResource struct {
	Name        string   `json:"name"`
	BaseModelID string   `json:"baseModelId"`
	Version     string   `json:"version"`
	DisplayName string   `json:"displayName"`
	InputLimit  int64    `json:"inputTokenLimit,omitzero"`
	OutputLimit int64    `json:"outputTokenLimit,omitzero"`
	Methods     []string `json:"supportedGenerationMethods"`
}

func modelResourceOf(m wire.Model) modelResource {
	return modelResource{
		Name: "models/" + m.Name, BaseModelID: m.Name, Version: "001", DisplayName: m.Name,
		InputLimit: m.ContextTokens, OutputLimit: m.MaxOutput,
		Methods: []string{"generateContent", "countTokens"},
	}
}

// EncodeModels renders one page. Its token is the name of its last model.
func (Models) EncodeModels(models []wire.Model, more bool) []byte {
	page := struct {
		Models []modelResource `json:"models"`
		Next   string          `json:"nextPageToken,omitzero"`
	}{Models: make([]modelResource, 0, len(models))}
	for _, m := range models {
		page.Models = append(page.Models, modelResourceOf(m))
	}
	if n := len(models); more && n > 0 {
		page.Next = models[n-1].Name
	}
	return marshalModels(page)
}

// EncodeModel renders one model.
func (Models) EncodeModel(m wire.Model) []byte { return marshalModels(modelResourceOf(m)) }

// EncodeError renders an error.
func (Models) EncodeError(e *llm.Error) []byte { return Codec{}.EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (Models) EncodeStreamError(e *llm.Error) []byte { return Codec{}.EncodeStreamError(e) }

func marshalModels(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // strings with invalid UTF-8 are the only way; names have none
		return []byte("{}")
	}
	return b
}

// Counter counts tokens here for clients whose upstream cannot.
type Counter struct{}

var _ wire.Counter = Counter{}

// DecodeCount reads a countTokens request: contents alone, or a whole request
// under generateContentRequest.
func (Counter) DecodeCount(in wire.Inbound) (*llm.Request, error) {
	if whole := wirejson.Member(in.Body, "generateContentRequest"); whole != nil {
		in.Body = whole
	}
	return Codec{}.DecodeRequest(in)
}

// EncodeCount renders the count.
func (Counter) EncodeCount(tokens int64) []byte {
	return marshalModels(struct {
		Total int64 `json:"totalTokens"`
	}{tokens})
}
