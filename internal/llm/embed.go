package llm

// EmbedRequest asks for the vectors that stand for inputs.
type EmbedRequest struct {
	// Source is the protocol the client spoke; "" when it is the one that is
	// encoded.
	Source Protocol
	Model  string
	Inputs []EmbedInput // in order; each becomes one vector
	// Single: the client gave one input outside a list, and where its protocol
	// tells the two apart it expects one vector outside a list.
	Single bool

	Dimensions *int64 // length of each vector; nil is the model's own
	// Encoding is the form of the vectors that the client expects: "float" or
	// "base64"; "" is the protocol's default, which is numbers everywhere.
	Encoding string
	User     string // the client's end-user id
	Ext      Ext
}

// EmbedInput is one thing to be embedded.
type EmbedInput struct {
	Text string
	// Tokens is a JSON array of token numbers in place of Text: only the
	// model's own tokenizer understands them.
	Tokens Raw

	// Task says what the vector is for, in Gemini's words
	// ("RETRIEVAL_DOCUMENT"); "" when not said. Title is the document's.
	Task  string
	Title string
	Ext   Ext
}

// EmbedResponse answers an EmbedRequest.
type EmbedResponse struct {
	Model   string   // as the upstream names it; "" when it does not say
	Vectors []Vector // one for each input, in their order
	Usage   *Usage   // nil when the upstream did not say
}
