package relay

import (
	"net/http"
	"slices"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/route"
	"github.com/plexus-gateway/plexus/internal/wire"
)

// Models lists what the caller's key may use, in the lister's dialect.
func (r *Relay) Models(w http.ResponseWriter, req *http.Request, l wire.ModelLister, page wire.ModelPage) {
	r.read(w, req, l, func(x *exchange) ([]byte, *llm.Error) {
		all := x.models()
		part := pageOf(all, page)
		more := len(part) > 0 && part[len(part)-1].Name != all[len(all)-1].Name
		return l.EncodeModels(part, more), nil
	})
}

// Model tells of one model; names may contain slashes.
func (r *Relay) Model(w http.ResponseWriter, req *http.Request, l wire.ModelLister, name string) {
	r.read(w, req, l, func(x *exchange) ([]byte, *llm.Error) {
		a := x.snap.Routes.Lookup(name)
		if a == nil || !x.mayUse(a, name) {
			x.meta.Model = name
			return nil, x.unknownModel()
		}
		return l.EncodeModel(x.model(a, name)), nil
	})
}

// Show is Model where the request's body names the model.
func (r *Relay) Show(w http.ResponseWriter, req *http.Request, l wire.ModelLister, nameOf func(body []byte) (string, error)) {
	r.read(w, req, l, func(x *exchange) ([]byte, *llm.Error) {
		if e := x.readBody(); e != nil {
			return nil, e
		}
		defer func() {
			x.body.free()
			x.body = nil
		}()
		name, err := nameOf(x.body.b)
		if err != nil {
			return nil, asError(err)
		}
		a := x.snap.Routes.Lookup(name)
		if a == nil || !x.mayUse(a, name) {
			x.meta.Model = name
			return nil, x.unknownModel()
		}
		return l.EncodeModel(x.model(a, name)), nil
	})
}

// models returns what the key may use, by every public name.
func (x *exchange) models() []wire.Model {
	var list []wire.Model
	for _, a := range x.snap.Routes.Aliases() {
		for _, name := range a.Names() {
			if x.mayUse(a, name) {
				list = append(list, x.model(a, name))
			}
		}
	}
	return list
}

// model describes an alias by what all its targets can do.
func (x *exchange) model(a *route.Alias, name string) wire.Model {
	m := wire.Model{Name: name}
	if x.relay.o.Facts == nil {
		return m
	}
	for i, t := range a.Targets {
		p := x.snap.Providers[t.Provider]
		if p == nil {
			continue
		}
		f := x.relay.o.Facts(p.Vendor, t.Model)
		if i == 0 {
			m.ContextTokens, m.MaxOutput = f.Context, f.MaxOutput
		}
		m.ContextTokens, m.MaxOutput = min(m.ContextTokens, f.Context), min(m.MaxOutput, f.MaxOutput)
	}
	return m
}

// pageOf cuts the page out of the list. A cursor that is not in the list is
// taken for the list's beginning or end.
func pageOf(all []wire.Model, p wire.ModelPage) []wire.Model {
	at := func(name string) int {
		return slices.IndexFunc(all, func(m wire.Model) bool { return m.Name == name })
	}
	from, to := 0, len(all)
	if i := at(p.After); p.After != "" && i >= 0 {
		from = i + 1
	}
	if i := at(p.Before); p.Before != "" && i >= 0 {
		to = max(i, from)
		if p.Limit > 0 {
			from = max(from, to-p.Limit) // the page that ends there
		}
	}
	if p.Limit > 0 {
		to = min(to, from+p.Limit)
	}
	return all[from:to]
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

// read serves an operation that only reads the snapshot. It reaches no
// upstream and leaves no record.
func (r *Relay) read(w http.ResponseWriter, req *http.Request, dialect wire.ErrorEncoder, read func(x *exchange) ([]byte, *llm.Error)) {
	x := r.begin(w, req, dialect, llm.OpenAIResponses)
	if raw, ok := dialect.(wire.Raw); ok {
		x.op.Raw = raw
	}
	defer func() { x.slot.Release() }()
	e := x.identify()
	var body []byte
	if e == nil {
		body, e = read(x)
	}
	if e != nil {
		writeError(w, e, dialect.EncodeError(e))
		return
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(body) // the client may be gone; nothing depends on it
}
