package openairesponses_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

var lane = openairesponses.Raw{}

func index(t *testing.T, body string) *jsonspan.Doc {
	t.Helper()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func TestRawDescribe(t *testing.T) {
	for _, tt := range []struct {
		body      string
		want      wire.Meta
		param, is string // of the error
	}{
		{`{"model":"m","input":"x"}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"m","input":[],"stream":true}`, wire.Meta{Model: "m", Stream: true}, "", ""},
		{`{"model":"m","input":"x","stream":false}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"m","input":"x","stream":null}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"a\u002fb","input":"x"}`, wire.Meta{Model: "a/b"}, "", ""},
		{`{"model":"m","previous_response_id":"resp_1"}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"m","input":null,"prompt":{"id":"p"}}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"m","conversation":"c"}`, wire.Meta{Model: "m"}, "", ""},
		{`{"model":"m"}`, wire.Meta{}, "input", "Missing required parameter"},
		{`{"model":"m","previous_response_id":null}`, wire.Meta{}, "input", "Missing required parameter"},
		{`{"model":"m","input":{}}`, wire.Meta{}, "input", "expected a string or an array"},
		{`{"model":"m","input":"x","stream":1}`, wire.Meta{}, "stream", "expected a boolean"},
		{`{"input":"x"}`, wire.Meta{}, "model", "Missing required parameter"},
		{`{"model":"","input":"x"}`, wire.Meta{}, "model", "Missing required parameter"},
		{`{"model":7,"input":"x"}`, wire.Meta{}, "model", "expected a string"},
		{`{"prompt":{"id":"p"},"input":"x"}`, wire.Meta{}, "model", "name it beside 'prompt'"},
		{`{"model":null,"prompt":{"id":"p"}}`, wire.Meta{}, "model", "name it beside 'prompt'"},
	} {
		got, err := lane.Describe(index(t, tt.body), wire.Inbound{})
		require.Equal(t, tt.want, got, tt.body)
		if tt.param == "" {
			require.NoError(t, err, tt.body)
			continue
		}
		var e *llm.Error
		require.ErrorAs(t, err, &e, tt.body)
		require.Equal(t, []any{llm.KindInvalid, tt.param}, []any{e.Kind, e.Param}, tt.body)
		require.Contains(t, e.Message, tt.is)
	}
}

// Whatever the codec takes, the raw lane takes, and says the same of it.
func TestRawDescribesAsTheCodec(t *testing.T) {
	for _, s := range requests(t) {
		t.Run(s.name, func(t *testing.T) {
			var d jsonspan.Doc
			require.NoError(t, d.Index(s.data))
			got, err := lane.Describe(&d, wire.Inbound{})
			require.NoError(t, err)
			want := decodeRequest(t, s.data)
			require.Equal(t, wire.Meta{Model: want.Model, Stream: want.Stream}, got)
		})
	}
}

func TestRawPatch(t *testing.T) {
	for _, tt := range []struct{ body, model, want string }{
		{`{ "input":"x", "model" : "m", "n":1e3 }`, `u"p`, `{ "input":"x", "model" : "u\"p", "n":1e3 }`},
		{`{ "input":"x", "model" : "m", "n":1e3 }`, "m", `{ "input":"x", "model" : "m", "n":1e3 }`},
		{`{"model":"a\u002fb","input":"x","stream":true}`, "a/b", `{"model":"a\u002fb","input":"x","stream":true}`},
	} {
		d := index(t, tt.body)
		meta, err := lane.Describe(d, wire.Inbound{})
		require.NoError(t, err)
		p, err := lane.Patch(d, meta, wire.Target{Model: tt.model, NeedUsage: true})
		require.NoError(t, err)
		require.Equal(t, wire.Patch{Path: "/responses", Edits: p.Edits}, p)
		s, err := jsonspan.Splice(d.Body(), p.Edits...)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(s.Bytes()))
	}
}

func TestRawDialect(t *testing.T) {
	require.Equal(t, llm.OpenAIResponses, lane.Protocol())
	e := llm.Errorf(llm.KindInvalid, "c", "m")
	require.Equal(t, string(codec.EncodeError(e)), string(lane.EncodeError(e)))
	require.True(t, strings.HasSuffix(string(lane.EncodeStreamError(e)), "\n\n"))
	up := lane.DecodeError(429, []byte(`{"error":{"message":"m","type":"t","code":"c"}}`))
	require.Equal(t, []any{429, "t", "c", "m"}, []any{up.Status, up.Type, up.Code, up.Message})
	require.JSONEq(t, `{"error":{"message":"m","type":"t","code":"c"}}`, string(up.Body))
}
