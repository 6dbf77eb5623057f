package anthropic

import (
	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Models renders lists of models in the Anthropic dialect.
// https://platform.claude.com/docs/en/api/models-list
type Models struct{}

type modelInfo struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
	MaxInput    int64  `json:"max_input_tokens,omitzero"`
	MaxOutput   int64  `json:"max_tokens,omitzero"`
}

// unknownTime is what the API gives for a model whose release date it does not know.
const unknownTime = "1970-01-01T00:00:00Z"

func modelInfoOf(m wire.Model) modelInfo {
	return modelInfo{Type: "model", ID: m.Name, DisplayName: m.Name, CreatedAt: unknownTime, MaxInput: m.ContextTokens, MaxOutput: m.MaxOutput}
}

// EncodeModels renders one page.
func (Models) EncodeModels(models []wire.Model, more bool) []byte {
	page := struct {
		Data    []modelInfo `json:"data"`
		HasMore bool        `json:"has_more"`
		FirstID *string     `json:"first_id"`
		LastID  *string     `json:"last_id"`
	}{Data: make([]modelInfo, 0, len(models)), HasMore: more}
	for _, m := range models {
		page.Data = append(page.Data, modelInfoOf(m))
	}
	if n := len(models); n > 0 {
		page.FirstID, page.LastID = &models[0].Name, &models[n-1].Name
	}
	return marshalModels(page)
}

// EncodeModel renders one model.
func (Models) EncodeModel(m wire.Model) []byte { return marshalModels(modelInfoOf(m)) }

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

// DecodeCount reads a request to count.
func (Counter) DecodeCount(in wire.Inbound) (*llm.Request, error) {
	return Codec{}.DecodeCountRequest(in)
}

// EncodeCount renders the count.
func (Counter) EncodeCount(tokens int64) []byte { return Codec{}.EncodeCount(tokens) }
