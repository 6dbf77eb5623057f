package relay_test

import (
	"net/http"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/authn"
	"github.com/plexus-gateway/plexus/internal/route"
)

func modelWorld(t *testing.T, key authn.Key) *world {
	t.Helper()
	key.ID, key.Name = "key-1", "tester"
	to := []route.Target{{Provider: "up", Model: "x", Weight: 1}}
	w, _ := newWorld(t, func(s *setup) {
		s.keys = []authn.Key{key}
		s.aliases = []*route.Alias{
			{Name: "gpt-5", Additional: []string{"openai/gpt-5"}, Targets: to},
			{Name: "claude", Targets: to},
			{Name: "orphan", Targets: []route.Target{{Provider: "gone", Model: "x", Weight: 1}}},
			{Name: "empty"},
		}
	})
	return w
}

func (w *world) get(path string, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(w.t.Context(), http.MethodGet, path, "", header...))
}

func TestModelsListIsTheKeys(t *testing.T) {
	for _, tt := range []struct {
		name string
		key  authn.Key
		want []string
	}{
		{"all", authn.Key{}, []string{"claude", "gpt-5", "openai/gpt-5"}},
		{"allowed", authn.Key{AllowedModels: []string{"cl*"}}, []string{"claude"}},
		{"excluded under any name", authn.Key{ExcludedModels: []string{"openai/*"}}, []string{"claude"}},
		{"no provider", authn.Key{ExcludedProviders: []string{"up"}}, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := modelWorld(t, tt.key)
			r := w.get("/v1/models")
			require.Equal(t, 200, r.StatusCode)
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			var list struct {
				Object string `json:"object"`
				Data   []struct {
					ID     string `json:"id"`
					Object string `json:"object"`
				} `json:"data"`
			}
			require.NoError(t, json.Unmarshal([]byte(r.body), &list))
			require.Equal(t, "list", list.Object)
			ids := []string{}
			for _, m := range list.Data {
				require.Equal(t, "model", m.Object)
				ids = append(ids, m.ID)
			}
			require.Equal(t, tt.want, ids)
			require.Empty(t, w.recorder.c, "reading the list is no request of a model")
		})
	}
}

func TestOneModel(t *testing.T) {
	w := modelWorld(t, authn.Key{ExcludedModels: []string{"claude"}})
	r := w.get("/v1/models/openai/gpt-5")
	require.Equal(t, 200, r.StatusCode)
	require.Contains(t, r.body, `"id":"openai/gpt-5"`)

	e := w.fails(w.get("/v1/models/GPT-5-turbo"), 404, "model_not_found")
	require.Contains(t, e.Message, "did you mean gpt-5?")
	require.Equal(t, "model", e.Param)
	for _, hidden := range []string{"claude", "Claude", "orphan", "empty", "emp"} {
		e = w.fails(w.get("/v1/models/"+hidden), 404, "model_not_found")
		require.NotContains(t, e.Message, "did you mean", "what a key may not use is not suggested")
	}
	w.fails(w.get("/v1/models", "Authorization", ""), 401, "missing_api_key")
	w.fails(w.get("/v1/models/claude", "Authorization", "wrong"), 401, "invalid_api_key")
}
