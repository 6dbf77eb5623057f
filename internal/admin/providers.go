package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// ProviderView is a provider as loaded. It holds no credential.
type ProviderView struct {
	Name          string             `json:"name"`
	Vendor        string             `json:"vendor,omitempty" doc:"Vendor, where the configuration names one"`
	Enabled       bool               `json:"enabled"`
	Endpoints     []ProviderEndpoint `json:"endpoints" nullable:"false"`
	Models        []string           `json:"models" nullable:"false" doc:"Upstream models the configuration declares; empty when it does not list them"`
	HasCredential bool               `json:"has_credential" doc:"Whether a credential is configured; never its value"`
	TimeoutMs     *float64           `json:"timeout_ms,omitempty" doc:"Limit for one attempt, where configured"`
	Aliases       []string           `json:"aliases" nullable:"false" doc:"Aliases with a target at this provider"`
}

// ProviderEndpoint is one protocol a provider speaks and where.
type ProviderEndpoint struct {
	Protocol string `json:"protocol" example:"openai.chat"`
	BaseURL  string `json:"base_url" doc:"Without user info and query, which may hold a credential"`
}

type providersOutput struct {
	Body struct {
		Items []ProviderView `json:"items" nullable:"false"`
	}
}

func (a *api) providerRoutes() {
	register(a, PermConfigRead, huma.Operation{
		OperationID: "list-providers", Method: http.MethodGet, Path: "/v0/providers", Tags: []string{"Configuration"},
		Summary: "Providers as loaded",
	}, a.listProviders)
}

func (a *api) listProviders(context.Context, *struct{}) (*providersOutput, error) {
	out := &providersOutput{}
	out.Body.Items = []ProviderView{}
	for _, p := range a.Loaded.Providers() {
		p.Models, p.Aliases = present(p.Models), present(p.Aliases)
		endpoints := make([]ProviderEndpoint, len(p.Endpoints))
		for i, e := range p.Endpoints {
			endpoints[i] = ProviderEndpoint{Protocol: e.Protocol, BaseURL: bareURL(e.BaseURL)}
		}
		p.Endpoints = endpoints
		out.Body.Items = append(out.Body.Items, p)
	}
	return out, nil
}

// bareURL removes the parts of a URL that may carry a credential.
func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}
