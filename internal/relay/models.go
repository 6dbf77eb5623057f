package relay

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// model is one entry of the models list of the OpenAI API.
// https://platform.openai.com/docs/api-reference/models
type model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func modelOf(name string) model { return model{ID: name, Object: "model", OwnedBy: "plexus"} }

// Models serves GET /v1/models: what the caller's key may use.
func (r *Relay) Models(dialect wire.ErrorEncoder) http.Handler {
	return r.reading(dialect, func(x *exchange) (any, *llm.Error) {
		list := struct {
			Object string  `json:"object"`
			Data   []model `json:"data"`
		}{"list", []model{}}
		for _, a := range x.snap.Routes.Aliases() {
			for _, name := range a.Names() {
				if x.mayUse(a, name) {
					list.Data = append(list.Data, modelOf(name))
				}
			}
		}
		return list, nil
	})
}

// Model serves GET /v1/models/{id}; ids may contain slashes.
func (r *Relay) Model(dialect wire.ErrorEncoder) http.Handler {
	return r.reading(dialect, func(x *exchange) (any, *llm.Error) {
		name := strings.TrimPrefix(x.req.URL.Path, "/v1/models/")
		a := x.snap.Routes.Lookup(name)
		if a == nil || !x.mayUse(a, name) {
			x.meta.Model = name
			return nil, x.unknownModel()
		}
		return modelOf(name), nil
	})
}

// mayUse reports whether the key may use the alias at one provider at least.
func (x *exchange) mayUse(a *route.Alias, name string) bool {
	if !x.mayUseModel(a, name) {
		return false
	}
	for _, t := range a.Targets {
		if x.snap.Providers[t.Provider] != nil && x.key.MayUseProvider(t.Provider) {
			return true
		}
	}
	return false
}

// reading serves an operation that only reads the snapshot. It reaches no
// upstream and leaves no record.
func (r *Relay) reading(dialect wire.ErrorEncoder, read func(x *exchange) (any, *llm.Error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		x := r.begin(w, req, dialect, llm.OpenAIChat)
		e := x.identify()
		var v any
		if e == nil {
			v, e = read(x)
		}
		if e != nil {
			writeError(w, e, dialect.EncodeError(e))
			return
		}
		body, err := json.Marshal(v)
		if err != nil {
			e := asError(err)
			writeError(w, e, dialect.EncodeError(e))
			return
		}
		w.Header()["Content-Type"] = jsonType
		_, _ = w.Write(body) // the client may be gone; nothing depends on it
	})
}
