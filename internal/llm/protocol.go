package llm

// Protocol names a wire API. The set is open: a protocol is one folder under
// internal/wire, and its codec states its own ID.
type Protocol string

// The protocols Plexus names today.
const (
	OpenAIChat        Protocol = "openai.chat"
	OpenAIResponses   Protocol = "openai.responses"
	OpenAICompletions Protocol = "openai.completions"
	OpenAIEmbeddings  Protocol = "openai.embeddings"
	AnthropicMessages Protocol = "anthropic.messages"
	Gemini            Protocol = "gemini"
	Ollama            Protocol = "ollama"
)
