package app

import (
	"net/http"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
)

// ollamaVersion is the version of the API that is served; clients switch
// features on by it.
const ollamaVersion = "0.13.0"

// ollamaPages mounts what clients of Ollama ask for beside answers.
func (a *App) ollamaPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/tags", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Models(w, r, tagLister{}, wire.ModelPage{})
	})
	mux.HandleFunc("GET /api/version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(ollama.EncodeVersion(ollamaVersion)) // the client may be gone
	})
	mux.HandleFunc("POST /api/show", func(w http.ResponseWriter, r *http.Request) {
		a.relay.Show(w, r, tagLister{}, ollama.DecodeShow)
	})
}

// tagLister renders models as Ollama does.
type tagLister struct{ ollama.Raw }

// EncodeModels renders the list of tags.
func (tagLister) EncodeModels(models []wire.Model, _ bool) []byte {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.Name
	}
	return ollama.EncodeTags(names)
}

// EncodeModel renders what is known of one model.
func (tagLister) EncodeModel(m wire.Model) []byte { return ollama.EncodeShow(m.Name) }
