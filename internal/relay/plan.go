package relay

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/route"
)

// plan turns the model asked for into the targets to try, in order.
func (x *exchange) plan() ([]int, *llm.Error) {
	x.alias = x.snap.Routes.Lookup(x.meta.Model)
	if x.alias == nil {
		return nil, x.unknownModel()
	}
	if !x.mayUseModel(x.alias, x.meta.Model) {
		e := llm.Errorf(llm.KindPermission, "model_not_allowed", "key %q may not use the model %q (allowed_models, excluded_models)", x.key.Key.Name, x.meta.Model)
		e.Param = "model"
		return nil, e
	}
	x.rec.Alias = x.alias.Name
	speaks, permitted, there := false, false, false
	usable := func(i int) bool {
		p := x.snap.Providers[x.alias.Targets[i].Provider]
		if p == nil {
			return false
		}
		there = true
		if x.protocolAt(p) == "" {
			return false
		}
		speaks = true
		ok := x.key.MayUseProvider(p.Slug)
		permitted = permitted || ok
		return ok
	}
	// The random half of the id is this request's seed: unpredictable, and the
	// decision can be repeated from the record.
	seed := binary.BigEndian.Uint64(x.rec.ID[8:])
	order := route.Order(make([]int, 0, 8), x.alias.Targets, seed, usable)
	x.homeFirst(order)
	if len(order) > 0 || x.op.Count != nil && there && !speaks {
		return order, nil
	}
	switch {
	case speaks && !permitted:
		e := llm.Errorf(llm.KindPermission, "provider_not_allowed", "key %q may not use any provider of the model %q (allowed_providers, excluded_providers)", x.key.Key.Name, x.alias.Name)
		return nil, e
	default:
		e := llm.Errorf(llm.KindNotFound, "no_target", "no enabled provider of the model %q speaks %s or what it can be converted to", x.alias.Name, x.protocol)
		e.Param = "model"
		return nil, e
	}
}

// mayUseModel reports whether the key may use the alias under the name asked
// for. An exclusion of any of its names holds for all of them, since they are
// the same thing.
func (x *exchange) mayUseModel(a *route.Alias, asked string) bool {
	return x.key.MayUseModel(a.Name, asked) && !x.key.ExcludesModel(a.Additional...)
}

// unknownModel names the model and, where one is near, what was probably meant.
func (x *exchange) unknownModel() *llm.Error {
	asked := x.meta.Model
	e := llm.Errorf(llm.KindNotFound, "model_not_found", "the model %.200q does not exist here; GET /v1/models lists what this key may use", asked)
	if near := x.nearest(asked); near != "" {
		e.Message = e.Message + "; did you mean " + near + "?"
	}
	e.Param = "model"
	return e
}

func (x *exchange) nearest(asked string) string {
	fold := strings.ToLower(asked)
	for _, a := range x.snap.Routes.Aliases() {
		if !x.mayUse(a, a.Name) {
			continue
		}
		i := slices.IndexFunc(a.Names(), func(n string) bool {
			n = strings.ToLower(n)
			return n == fold || len(fold) >= 4 && (strings.HasPrefix(n, fold) || strings.HasPrefix(fold, n))
		})
		if i >= 0 {
			return a.Names()[i]
		}
	}
	return ""
}
