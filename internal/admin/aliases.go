package admin

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// AliasView is a public model name as loaded.
type AliasView struct {
	Name       string        `json:"name"`
	OtherNames []string      `json:"other_names" nullable:"false" doc:"Additional names clients may use"`
	Groups     []TargetGroup `json:"groups" nullable:"false" doc:"Tried in order"`
}

// TargetGroup is a set of targets and how one of them is chosen.
type TargetGroup struct {
	Selector string       `json:"selector" doc:"How a target is chosen within the group: random or in_order" example:"random"`
	Targets  []TargetView `json:"targets" nullable:"false"`
}

// TargetView is one (provider, upstream model) pair.
type TargetView struct {
	Provider string `json:"provider"`
	Model    string `json:"model" doc:"Upstream model"`
	Enabled  bool   `json:"enabled" doc:"False when the target or its provider is switched off"`
}

type aliasesOutput struct {
	Body struct {
		Items []AliasView `json:"items" nullable:"false"`
	}
}

func (a *api) aliasRoutes() {
	register(a, PermConfigRead, huma.Operation{
		OperationID: "list-aliases", Method: http.MethodGet, Path: "/v0/aliases", Tags: []string{"Configuration"},
		Summary: "Aliases and their targets as loaded",
	}, a.listAliases)
}

func (a *api) listAliases(context.Context, *struct{}) (*aliasesOutput, error) {
	out := &aliasesOutput{}
	out.Body.Items = []AliasView{}
	for _, alias := range a.Loaded.Aliases() {
		alias.OtherNames = present(alias.OtherNames)
		groups := make([]TargetGroup, len(alias.Groups))
		for i, g := range alias.Groups {
			groups[i] = TargetGroup{Selector: g.Selector, Targets: append([]TargetView{}, g.Targets...)}
		}
		alias.Groups = groups
		out.Body.Items = append(out.Body.Items, alias)
	}
	return out, nil
}
