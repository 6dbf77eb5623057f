package openai

import (
	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Models renders lists of models in the OpenAI dialect.
// https://platform.openai.com/docs/api-reference/models
type Models struct{}

type model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	// The API has no word for the length of the context. Compatible servers
	// (OpenRouter, vLLM) and the agents that read them use these.
	ContextLength int64 `json:"context_length,omitzero"`
	MaxOutput     int64 `json:"max_output_tokens,omitzero"`
}

func modelOf(m wire.Model) model {
	return model{ID: m.Name, Object: "model", OwnedBy: "plexus", ContextLength: m.ContextTokens, MaxOutput: m.MaxOutput}
}

// EncodeModels renders a list; the API has no pages.
func (Models) EncodeModels(models []wire.Model, _ bool) []byte {
	list := struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{"list", make([]model, 0, len(models))}
	for _, m := range models {
		list.Data = append(list.Data, modelOf(m))
	}
	return marshal(list)
}

// EncodeModel renders one model.
func (Models) EncodeModel(m wire.Model) []byte { return marshal(modelOf(m)) }

// EncodeError renders an error.
func (Models) EncodeError(e *llm.Error) []byte { return EncodeError(e) }

// EncodeStreamError renders an error as the last event of a stream.
func (Models) EncodeStreamError(e *llm.Error) []byte { return EncodeStreamError(e) }

// marshal renders what always can be.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // strings with invalid UTF-8 are the only way; names have none
		return []byte("{}")
	}
	return b
}
