package demo

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// behaviour is what a model's name asks for.
type behaviour struct {
	embeds        bool
	fail          int // status to fail with; 0 for none
	rateLimit     bool
	stall         bool // before the head of the answer
	stallStream   bool // after three chunks
	errorInStream bool
	delay         time.Duration // per word; negative means the configured one
}

type model struct {
	id string
	behaviour
}

// models are all names but the pattern demo-fail-NNN, in the order listed.
var models = []model{
	{"demo-chat", behaviour{delay: -1}},
	{"demo-tools", behaviour{delay: -1}},
	{"demo-slow", behaviour{delay: SlowDelay}},
	{"demo-embed", behaviour{embeds: true}},
	{"demo-fail", behaviour{fail: http.StatusInternalServerError}},
	{"demo-ratelimit", behaviour{rateLimit: true}},
	{"demo-stall", behaviour{stall: true}},
	{"demo-stall-stream", behaviour{stallStream: true, delay: -1}},
	{"demo-error-in-stream", behaviour{errorInStream: true, delay: -1}},
}

// Models returns the names of the demo models, in the order they are listed.
// demo-fail-NNN is served too, and is not among them.
func Models() []string {
	names := make([]string, len(models))
	for i, m := range models {
		names[i] = m.id
	}
	return names
}

// find returns what the model's name asks for.
func find(id string) (behaviour, bool) {
	for _, m := range models {
		if m.id == id {
			return m.behaviour, true
		}
	}
	if nnn, ok := strings.CutPrefix(id, "demo-fail-"); ok && len(nnn) == 3 {
		if status, err := strconv.Atoi(nnn); err == nil && status >= 400 && status <= 599 {
			return behaviour{fail: status}, true
		}
	}
	return behaviour{}, false
}

// modelsCreated is when the demo models came to be: 2026-11-01 UTC.
const modelsCreated = 1793491200

type modelObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func describe(id string) modelObject {
	return modelObject{ID: id, Object: "model", Created: modelsCreated, OwnedBy: "plexus"}
}

func (s *server) models(w http.ResponseWriter, _ *http.Request) {
	list := struct {
		Object string        `json:"object"`
		Data   []modelObject `json:"data"`
	}{Object: "list"}
	for _, name := range Models() {
		list.Data = append(list.Data, describe(name))
	}
	writeJSON(w, http.StatusOK, list)
}

func (s *server) model(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, ok := find(id); !ok {
		writeError(w, http.StatusNotFound, unknownModel(id))
		return
	}
	writeJSON(w, http.StatusOK, describe(id))
}
