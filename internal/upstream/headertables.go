package upstream

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Header is one entry of a table of allowed headers.
type Header struct {
	Name string
	Why  string // the reason it may pass
}

// What does not stand in a table does not pass. Left out on purpose:
// everything that is or carries a credential (Authorization, X-Api-Key,
// Api-Key, X-Goog-Api-Key, Cookie, Proxy-Authorization, OpenAI-Organization,
// OpenAI-Project, X-Goog-User-Project), what tells of the client's network
// (X-Forwarded-*, Forwarded, Via, X-Real-Ip), hop-by-hop headers, Host,
// Accept-Encoding (the tap must read the answer), Accept-Language (tells of a
// person, and no vendor reads it), Baggage (an application's own data),
// X-Stainless-* (an SDK's telemetry) and X-Plexus-* (ours).
//
// The tables are keyed by the upstream's protocol; "" is what all have.
var requestTables = map[llm.Protocol][]Header{
	"": {
		{"Accept", "says whether a stream or a document is expected"},
		{"Content-Type", "the body is passed verbatim, so is its type"},
		{"User-Agent", "vendors tell clients apart by it and ask for it in reports"},
		{"X-Client-Request-Id", "the client's own id, kept by vendors for support"},
		{"Idempotency-Key", "makes a repeated request safe where the vendor honours it"},
		{"Traceparent", "W3C trace context: joins the client's trace and the vendor's"},
		{"Tracestate", "belongs to Traceparent"},
		{"Session_id", "session affinity: keeps a conversation on the machine that cached its prompt"},
		{"Session-Id", "session affinity, as coding agents spell it"},
		{"X-Session-Id", "session affinity, as coding agents spell it"},
		{"X-Session-Affinity", "session affinity, as coding agents spell it"},
		{"Thread-Id", "session affinity: the conversation's thread"},
		{"Originator", "names the coding agent; some vendors serve features by it"},
	},
	llm.OpenAIChat:        openAIRequest,
	llm.OpenAIResponses:   openAIRequest,
	llm.OpenAICompletions: openAIRequest,
	llm.OpenAIEmbeddings:  openAIRequest,
	llm.AnthropicMessages: {
		{"Anthropic-Version", "fixes the shape of request and answer"},
		{"Anthropic-Beta", "switches features on that the body may rely on"},
	},
}

var openAIRequest = []Header{
	{"Openai-Beta", "switches features on that the body may rely on"},
}

// Left out of answers on purpose: Set-Cookie, hop-by-hop headers,
// Content-Length (see ResponseHeaders), Server, Date, Alt-Svc, Cf-Ray and other
// marks of the vendor's network, CORS and security headers (ours apply), and
// the names of our account with the vendor (OpenAI-Organization,
// OpenAI-Project, Anthropic-Organization-Id).
var responseTables = map[llm.Protocol][]Header{
	"": {
		{"Content-Type", "the body is passed verbatim, so is its type"},
		{"Content-Encoding", "a body that came encoded unasked must say so"},
		{"Retry-After", "tells clients when to come back"},
		{"Retry-After-Ms", "the same, finer; official SDKs read it first"},
	},
	llm.OpenAIChat:        openAIResponse,
	llm.OpenAIResponses:   openAIResponse,
	llm.OpenAICompletions: openAIResponse,
	llm.OpenAIEmbeddings:  openAIResponse,
	llm.AnthropicMessages: {
		{"Anthropic-Ratelimit-Requests-Limit", "rate limit state, which agents show and obey"},
		{"Anthropic-Ratelimit-Requests-Remaining", "rate limit state"},
		{"Anthropic-Ratelimit-Requests-Reset", "rate limit state"},
		{"Anthropic-Ratelimit-Tokens-Limit", "rate limit state"},
		{"Anthropic-Ratelimit-Tokens-Remaining", "rate limit state"},
		{"Anthropic-Ratelimit-Tokens-Reset", "rate limit state"},
		{"Anthropic-Ratelimit-Input-Tokens-Limit", "rate limit state"},
		{"Anthropic-Ratelimit-Input-Tokens-Remaining", "rate limit state"},
		{"Anthropic-Ratelimit-Input-Tokens-Reset", "rate limit state"},
		{"Anthropic-Ratelimit-Output-Tokens-Limit", "rate limit state"},
		{"Anthropic-Ratelimit-Output-Tokens-Remaining", "rate limit state"},
		{"Anthropic-Ratelimit-Output-Tokens-Reset", "rate limit state"},
	},
}

var openAIResponse = []Header{
	{"Openai-Processing-Ms", "how long the vendor worked, for latency analysis"},
	{"Openai-Model", "the model that really answered"},
	{"Openai-Version", "version of the answer's shape"},
	{"X-Ratelimit-Limit-Requests", "rate limit state, which SDKs expose"},
	{"X-Ratelimit-Limit-Tokens", "rate limit state"},
	{"X-Ratelimit-Remaining-Requests", "rate limit state"},
	{"X-Ratelimit-Remaining-Tokens", "rate limit state"},
	{"X-Ratelimit-Reset-Requests", "rate limit state"},
	{"X-Ratelimit-Reset-Tokens", "rate limit state"},
}

// requestIDNames are the headers vendors give their request id in, best first.
var requestIDNames = []string{"X-Request-Id", "Request-Id", "Apim-Request-Id", "X-Amzn-Requestid"}

var (
	requestAllowed  = compile(requestTables)
	responseAllowed = compile(responseTables)
)

// compile joins each protocol's table with the common one.
func compile(tables map[llm.Protocol][]Header) map[llm.Protocol]Allowed {
	sets := make(map[llm.Protocol]Allowed, len(tables))
	for p, own := range tables {
		names := make(map[string]struct{}, len(own)+len(tables[""]))
		for _, table := range [][]Header{tables[""], own} {
			for _, h := range table {
				names[http.CanonicalHeaderKey(h.Name)] = struct{}{}
			}
		}
		sets[p] = Allowed{names}
	}
	return sets
}
