package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
)

const allowedBaseURL = "a URL, or a mapping of protocol to URL"

// shortNames are the other spellings of the protocols in a base_url.
func shortNames() map[string]llm.Protocol {
	return map[string]llm.Protocol{
		"chat": llm.OpenAIChat, "embeddings": llm.OpenAIEmbeddings, "responses": llm.OpenAIResponses,
		"completions": llm.OpenAICompletions, "messages": llm.AnthropicMessages,
	}
}

// protocolNames lists every spelling of a protocol in a base_url, the
// protocols' own names first.
func protocolNames() []string {
	var names, short []string
	for _, p := range catalog.Protocols() {
		names = append(names, string(p))
	}
	for s := range shortNames() {
		short = append(short, s)
	}
	slices.Sort(short)
	return append(names, short...)
}

func protocolNamed(name string) (llm.Protocol, bool) {
	if p, ok := shortNames()[name]; ok {
		return p, true
	}
	p := llm.Protocol(name)
	return p, slices.Contains(catalog.Protocols(), p)
}

// baseURL decodes a base_url: one URL whose protocols are inferred, or a
// mapping of protocol to URL.
func (d *decoder) baseURL(v value, out *map[llm.Protocol]string) {
	switch {
	case v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!str":
		if u, ok := d.url(v); ok {
			*out = d.inferProtocols(u)
		}
	case v.node.Kind == yaml.MappingNode:
		d.urlByProtocol(v, out)
	default:
		d.wrongKind(v, allowedBaseURL)
	}
}

func (d *decoder) urlByProtocol(v value, out *map[llm.Protocol]string) {
	urls := make(map[llm.Protocol]string)
	spelled := make(map[llm.Protocol]string)
	entries, _ := d.mapping(v, allowedBaseURL)
	for _, e := range entries {
		p, ok := protocolNamed(e.key)
		if !ok {
			d.report(e.node, showPath(v.path, e.key), Error{
				Message: "unknown protocol", Found: fmt.Sprintf("%q", clip(e.key)),
				Allowed: strings.Join(protocolNames(), ", "), Hint: didYouMean(e.key, protocolNames()),
			})
			continue
		}
		if first, twice := spelled[p]; twice {
			d.report(e.node, showPath(v.path, e.key), Error{Message: fmt.Sprintf("%s and %s are the same protocol; give one of them", first, e.key)})
			continue
		}
		spelled[p] = e.key
		if u, ok := d.url(v.child(e.key, string(p), e.val)); ok {
			urls[p] = u.String()
		}
	}
	if len(entries) == 0 {
		d.report(v.node, v.path, Error{Message: "names no protocol", Allowed: allowedBaseURL})
	}
	*out = urls
}

// inferProtocols says what a URL given alone speaks: what the catalog knows of
// its host, otherwise the OpenAI protocols that other servers commonly copy.
func (d *decoder) inferProtocols(u *url.URL) map[llm.Protocol]string {
	protocols := d.catalog.Infer(u)
	if protocols == nil {
		protocols = []llm.Protocol{llm.OpenAIChat, llm.OpenAIEmbeddings, llm.OpenAICompletions}
	}
	urls := make(map[llm.Protocol]string, len(protocols))
	for _, p := range protocols {
		urls[p] = u.String()
	}
	return urls
}

// url decodes one base URL, without its trailing slash.
func (d *decoder) url(v value) (*url.URL, bool) {
	s, ok := d.text(v)
	if !ok {
		return nil, false
	}
	u, err := parseBaseURL(s, d.catalog.Schemes())
	if err != nil {
		// The URL is not shown: it may hold a password or a key.
		d.report(v.node, v.path, Error{Message: err.Error(), Allowed: "a URL up to and including the version, e.g. https://host/v1"})
		return nil, false
	}
	return u, true
}

// endpoints are the paths that the gateway itself appends to a base URL.
func endpoints() []string {
	return []string{"/chat/completions", "/completions", "/embeddings", "/responses", "/messages", "/models"}
}

func parseBaseURL(s string, schemes []string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("not an absolute URL")
	case !slices.Contains(schemes, u.Scheme):
		return nil, fmt.Errorf("the URL's scheme is not one of %s", strings.Join(schemes, ", "))
	case u.User != nil:
		return nil, errors.New("the URL holds credentials; they belong in api_key or headers")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the URL has a query or a fragment, but a path is appended to it")
	}
	for _, e := range endpoints() {
		if strings.HasSuffix(u.Path, e) {
			return nil, fmt.Errorf("the URL ends with %s, which is appended to it", e)
		}
	}
	return u, nil
}
