package wire

import "github.com/plexus-gateway/plexus/internal/llm"

// Model is a model as lists of models show it. Counts are tokens; 0 where not
// known.
type Model struct {
	Name          string
	ContextTokens int64
	MaxOutput     int64
}

// ModelPage is the part of a list that a client asked for. Zero values mean
// that it did not say.
type ModelPage struct {
	Limit  int    // models at most
	After  string // begins behind this model
	Before string // ends before this model
}

// ModelLister renders lists of models in a protocol's dialect.
type ModelLister interface {
	ErrorEncoder
	// EncodeModels renders the models of one page; more says that the list goes
	// on behind it.
	EncodeModels(models []Model, more bool) []byte
	// EncodeModel renders one model.
	EncodeModel(m Model) []byte
}

// Counter serves the operation that counts a request's tokens, where no
// upstream of the protocol does.
type Counter interface {
	// DecodeCount reads the request. Errors are *llm.Error of KindInvalid.
	DecodeCount(in Inbound) (*llm.Request, error)
	// EncodeCount renders the answer.
	EncodeCount(tokens int64) []byte
}
