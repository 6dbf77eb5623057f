package gemini_test

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

var (
	lane  = gemini.Raw{}
	count = gemini.CountRaw{}
	embed = gemini.EmbedRaw{}
	batch = gemini.EmbedRaw{Batch: true}
)

func index(t *testing.T, body string) *jsonspan.Doc {
	t.Helper()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func requireInvalid(t *testing.T, err error, param string) {
	t.Helper()
	if param == "" {
		require.NoError(t, err)
		return
	}
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []any{llm.KindInvalid, param}, []any{e.Kind, e.Param})
}

func TestRawDescribe(t *testing.T) {
	const body = `{"contents":[]}`
	for _, tt := range []struct {
		name  string
		raw   wire.Raw
		body  string
		in    wire.Inbound
		want  wire.Meta
		param string // of the error
	}{
		{"whole", lane, body, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"prefixed", lane, body, wire.Inbound{Model: "models/m"}, wire.Meta{Model: "m"}, ""},
		{"tuned", lane, body, wire.Inbound{Model: "tunedModels/m"}, wire.Meta{Model: "tunedModels/m"}, ""},
		{"array stream", lane, body, wire.Inbound{Model: "m", Stream: true}, wire.Meta{Model: "m", Stream: true}, ""},
		{"stream of events", lane, body, wire.Inbound{Model: "m", Stream: true, Query: "key=secret&alt=sse&x=y"}, wire.Meta{Model: "m", Stream: true, Query: "alt=sse"}, ""},
		{"another form", lane, body, wire.Inbound{Model: "m", Stream: true, Query: "alt=json"}, wire.Meta{Model: "m", Stream: true}, ""},
		{"events of no stream", lane, body, wire.Inbound{Model: "m", Query: "alt=sse"}, wire.Meta{Model: "m"}, ""},
		{"query of nonsense", lane, body, wire.Inbound{Model: "m", Stream: true, Query: "%zz&alt=sse"}, wire.Meta{Model: "m", Stream: true}, ""},
		{"the body's model is second", lane, `{"model":"models/x","contents":[]}`, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"one content", lane, `{"contents":{"parts":[]}}`, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"no model", lane, body, wire.Inbound{Model: "models/"}, wire.Meta{}, "model"},
		{"no contents", lane, `{}`, wire.Inbound{Model: "m"}, wire.Meta{}, "contents"},
		{"null contents", lane, `{"contents":null}`, wire.Inbound{Model: "m"}, wire.Meta{}, "contents"},
		{"contents as text", lane, `{"contents":"x"}`, wire.Inbound{Model: "m"}, wire.Meta{}, "contents"},

		{"count", count, body, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"count a request", count, `{"generateContentRequest":{}}`, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"count a request, other spelling", count, `{"generate_content_request":{}}`, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"count nothing", count, `{"generateContentRequest":null}`, wire.Inbound{Model: "m"}, wire.Meta{}, "contents"},
		{"count text", count, `{"generateContentRequest":"x"}`, wire.Inbound{Model: "m"}, wire.Meta{}, "generateContentRequest"},
		{"count without model", count, body, wire.Inbound{}, wire.Meta{}, "model"},

		{"embed", embed, `{"content":{}}`, wire.Inbound{Model: "models/m"}, wire.Meta{Model: "m"}, ""},
		{"embed nothing", embed, `{}`, wire.Inbound{Model: "m"}, wire.Meta{}, "content"},
		{"embed text", embed, `{"content":"x"}`, wire.Inbound{Model: "m"}, wire.Meta{}, "content"},
		{"embed without model", embed, `{"content":{}}`, wire.Inbound{}, wire.Meta{}, "model"},
		{"batch", batch, `{"requests":[]}`, wire.Inbound{Model: "m"}, wire.Meta{Model: "m"}, ""},
		{"batch of nothing", batch, `{"content":{}}`, wire.Inbound{Model: "m"}, wire.Meta{}, "requests"},
		{"batch of an object", batch, `{"requests":{}}`, wire.Inbound{Model: "m"}, wire.Meta{}, "requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.raw.Describe(index(t, tt.body), tt.in)
			require.Equal(t, tt.want, got)
			requireInvalid(t, err, tt.param)
		})
	}
}

// Whatever the codec takes, the raw lane takes, and says the same of it.
func TestRawDescribesAsTheCodec(t *testing.T) {
	for _, s := range append(samples(t, "requests"), fixtures(t).requests...) {
		t.Run(s.name, func(t *testing.T) {
			in := wire.Inbound{Body: s.body, Model: "models/m", Stream: true}
			want, err := gemini.Codec{}.DecodeRequest(in)
			require.NoError(t, err)
			got, err := lane.Describe(index(t, string(s.body)), in)
			require.NoError(t, err)
			require.Equal(t, wire.Meta{Model: want.Model, Stream: want.Stream}, got)
		})
	}
}

func TestRawPatch(t *testing.T) {
	stream := wire.Meta{Model: "m", Stream: true, Query: "alt=sse"}
	for _, tt := range []struct {
		name              string
		raw               wire.Raw
		body              string
		meta              wire.Meta
		model             string
		path, query, want string
	}{
		{"whole", lane, `{ "contents":[], "n":1e3 }`, wire.Meta{Model: "m"}, "u", "/models/u:generateContent", "", `{ "contents":[], "n":1e3 }`},
		{"stream", lane, `{"contents":[]}`, stream, "u", "/models/u:streamGenerateContent", "alt=sse", `{"contents":[]}`},
		{"array", lane, `{"contents":[]}`, wire.Meta{Model: "m", Stream: true}, "u", "/models/u:streamGenerateContent", "", `{"contents":[]}`},
		{"model in the body", lane, `{"model" : "models/m", "contents":[]}`, stream, `u"p`, `/models/u"p:streamGenerateContent`, "alt=sse", `{"model" : "models/u\"p", "contents":[]}`},
		{"model of another type", lane, `{"model":7,"contents":[]}`, stream, "u", "/models/u:streamGenerateContent", "alt=sse", `{"model":"models/u","contents":[]}`},
		{"the target's already", lane, `{"model":"models\u002fu"}`, stream, "u", "/models/u:streamGenerateContent", "alt=sse", `{"model":"models\u002fu"}`},
		{"resource", lane, `{"model":"x"}`, wire.Meta{}, "tunedModels/u", "/tunedModels/u:generateContent", "", `{"model":"tunedModels/u"}`},
		{"count", count, `{"contents":[]}`, wire.Meta{}, "u", "/models/u:countTokens", "", `{"contents":[]}`},
		{
			"count a request", count, `{"generateContentRequest": {"contents":[{"model":"a"}], "model" :"models/m"},"model":"models/m"}`,
			wire.Meta{},
			"u", "/models/u:countTokens", "",
			`{"generateContentRequest": {"contents":[{"model":"a"}], "model" :"models/u"},"model":"models/u"}`,
		},
		{
			"count a request in both spellings", count, `{"generate_content_request":{"model":"a"},"generateContentRequest":{"model":"b"}}`,
			wire.Meta{},
			"u", "/models/u:countTokens", "",
			`{"generate_content_request":{"model":"models/u"},"generateContentRequest":{"model":"models/u"}}`,
		},
		{"count a request without model", count, `{"generateContentRequest":{}}`, wire.Meta{}, "u", "/models/u:countTokens", "", `{"generateContentRequest":{}}`},
		{"embed", embed, `{"model":"models/m","content":{"model":"a"}}`, wire.Meta{}, "u", "/models/u:embedContent", "", `{"model":"models/u","content":{"model":"a"}}`},
		{"embed without model", embed, `{"content":{}}`, wire.Meta{}, "u", "/models/u:embedContent", "", `{"content":{}}`},
		{
			"batch", batch, `{"x":[{"model":"a"}],"requests" : [ {"model":"models/m","content":{"parts":[{"text":"],["}]}} ,{"content":{}},` + "\n\t" + `{"content":{"model":"a"},"model":"models/u"},{ "model" : "b"}]}`,
			wire.Meta{},
			"u", "/models/u:batchEmbedContents", "",
			`{"x":[{"model":"a"}],"requests" : [ {"model":"models/u","content":{"parts":[{"text":"],["}]}} ,{"content":{}},` + "\n\t" + `{"content":{"model":"a"},"model":"models/u"},{ "model" : "models/u"}]}`,
		},
		{"batch of none", batch, `{"requests":[ ]}`, wire.Meta{}, "u", "/models/u:batchEmbedContents", "", `{"requests":[ ]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := index(t, tt.body)
			p, err := tt.raw.Patch(d, tt.meta, wire.Target{Model: tt.model, NeedUsage: true})
			require.NoError(t, err)
			require.Equal(t, wire.Patch{Path: tt.path, Query: tt.query, Edits: p.Edits}, p)
			s, err := jsonspan.Splice(d.Body(), p.Edits...)
			require.NoError(t, err)
			requireBytes(t, tt.want, string(s.Bytes()))
			require.NoError(t, new(jsonspan.Doc).Index(s.Bytes()), "what leaves is strict JSON still")
		})
	}
}

func TestRawPatchRefuses(t *testing.T) {
	_, err := batch.Patch(index(t, `{"requests":[{},"x"]}`), wire.Meta{}, wire.Target{Model: "u"})
	requireInvalid(t, err, "requests[1]")
	for _, raw := range []wire.Raw{lane, count, embed, batch} {
		for _, model := range []string{"", "/", "a/../b", "..", "./a", "models//x"} {
			_, err := raw.Patch(index(t, `{}`), wire.Meta{}, wire.Target{Model: model})
			requireInvalid(t, err, "model")
		}
	}
}

func TestRawDialect(t *testing.T) {
	for _, raw := range []wire.Raw{lane, count, embed, batch} {
		require.Equal(t, llm.Gemini, raw.Protocol())
		e := llm.Errorf(llm.KindInvalid, "c", "m")
		require.Equal(t, string(gemini.Codec{}.EncodeError(e)), string(raw.EncodeError(e)))
		require.Equal(t, string(gemini.Codec{}.EncodeStreamError(e)), string(raw.EncodeStreamError(e)))
		up := raw.DecodeError(429, []byte(`[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]`))
		require.Equal(t, []any{429, "RESOURCE_EXHAUSTED", "429", "m"}, []any{up.Status, up.Type, up.Code, up.Message})
	}
	require.Equal(t, &wire.Seen{}, count.StreamTap(false).Seen())
	require.Equal(t, &wire.Seen{}, embed.StreamTap(false).Seen())
}

// patchHolds checks a batch after its patch: strict JSON, and every request
// that named a model names the target's.
func patchHolds(t *testing.T, body string) {
	t.Helper()
	var d jsonspan.Doc
	if d.Index([]byte(body)) != nil {
		return
	}
	p, err := batch.Patch(&d, wire.Meta{}, wire.Target{Model: "u"})
	if err != nil {
		requireRefused(t, err)
		return
	}
	s, err := jsonspan.Splice(d.Body(), p.Edits...)
	require.NoError(t, err)
	var out struct {
		Requests any `json:"requests"`
	}
	require.NoError(t, new(jsonspan.Doc).Index(s.Bytes()))
	require.NoError(t, json.Unmarshal(s.Bytes(), &out))
	list, _ := out.Requests.([]any)
	for _, r := range list {
		if m, named := r.(map[string]any)["model"]; named {
			require.Equal(t, "models/u", m)
		}
	}
}

func requireRefused(t *testing.T, err error) {
	t.Helper()
	var e *llm.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, llm.KindInvalid, e.Kind)
}
