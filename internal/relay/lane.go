package relay

import (
	"io"
	"net/http"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/vault"
)

// lane is how a request goes to an upstream and its answer comes back: raw,
// where both speak the same protocol and bytes pass, or codec, where they are
// decoded, converted and encoded.
type lane interface {
	// compose makes the upstream's request.
	compose(a *attempt) (*outgoing, *llm.Error)
	// refine adds to e what the upstream's error body says.
	refine(a *attempt, e *llm.Error, resp *http.Response)
	// stream relays an answer that is a stream, answer one that is a document.
	stream(a *attempt, resp *http.Response, body io.Reader) *llm.Error
	answer(a *attempt, resp *http.Response, body io.Reader) *llm.Error
}

// outgoing is an upstream request without its base URL and credentials.
type outgoing struct {
	path, query string
	header      http.Header // what the protocol demands; sent where the client said nothing
	size        int64       // of the body, in bytes
	body        func() io.ReadCloser
}

// preference has the protocols in the order in which a provider that speaks
// several is spoken to when it does not speak the client's: first those that
// can say most.
var preference = [...]llm.Protocol{
	llm.AnthropicMessages, llm.OpenAIResponses, llm.Gemini, llm.OpenAIChat, llm.Ollama, llm.OpenAICompletions,
}

// protocolAt returns what the provider is spoken to in for this request, or ""
// when it cannot serve it.
func (x *exchange) protocolAt(p *Provider) llm.Protocol {
	if _, ok := p.Endpoints[x.protocol]; ok {
		return x.protocol
	}
	if x.op.Embed != nil {
		return x.embedProtocolAt(p)
	}
	if x.op.Codec == nil {
		return ""
	}
	i := slices.IndexFunc(preference[:], func(other llm.Protocol) bool {
		_, speaks := p.Endpoints[other]
		return speaks && x.relay.o.Egress[other] != nil
	})
	if i < 0 {
		return ""
	}
	return preference[i]
}

// laneTo chooses how a request goes to a provider that is spoken to in the protocol.
func (x *exchange) laneTo(p llm.Protocol) lane {
	if p == x.protocol && !x.mustConvert() {
		return rawLane{x.op.Raw}
	}
	if x.op.Embed != nil {
		return &embedLane{egress: x.relay.o.EmbedEgress[p]}
	}
	return &codecLane{egress: x.relay.o.Egress[p]}
}

// mustConvert reports whether the request cannot go on as it came although the
// upstream speaks its protocol.
func (x *exchange) mustConvert() bool {
	return x.op.Codec != nil && x.relay.o.Egress[x.protocol] != nil && vault.HasEnvelope(x.body.b)
}
