package openaicompletions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
)

var raw openaicompletions.Raw

func indexed(t *testing.T, body string) *jsonspan.Doc {
	t.Helper()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func TestDescribe(t *testing.T) {
	for _, tt := range []struct {
		body  string
		want  wire.Meta
		param string // of the error
	}{
		{`{"model":"m","prompt":""}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","prompt":"a","stream":true}`, wire.Meta{Model: "m", Stream: true}, ""},
		{`{"model":"m","prompt":"a","stream":null}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","prompt":["a","b"]}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","prompt":[1,2]}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","prompt":[[1,2],[3]]}`, wire.Meta{Model: "m"}, ""},
		{`{"prompt":"a"}`, wire.Meta{}, "model"},
		{`{"model":"m"}`, wire.Meta{}, "prompt"},
		{`{"model":"m","prompt":null}`, wire.Meta{}, "prompt"},
		{`{"model":"m","prompt":[]}`, wire.Meta{}, "prompt"},
		{`{"model":"m","prompt":[{}]}`, wire.Meta{}, "prompt"},
		{`{"model":"m","prompt":7}`, wire.Meta{}, "prompt"},
		{`{"model":"m","prompt":"a","stream":1}`, wire.Meta{}, "stream"},
	} {
		got, err := raw.Describe(indexed(t, tt.body), wire.Inbound{Query: "beta=true"})
		require.Equal(t, tt.want, got, tt.body)
		if tt.param == "" {
			require.NoError(t, err, tt.body)
			continue
		}
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{llm.KindInvalid, tt.param}, []any{e.Kind, e.Param}, tt.body)
	}
}

func TestPatch(t *testing.T) {
	const asked = `"stream_options":{"include_usage":true}`
	for _, tt := range []struct {
		name, body, want string
		need, hide       bool
	}{
		{"usage not needed", `{"model":"m","prompt":"a","stream":true}`, `{"model":"u\"p","prompt":"a","stream":true}`, false, false},
		{"not a stream", `{"model":"m","prompt":"a"}`, `{"model":"u\"p","prompt":"a"}`, true, false},
		{"usage needed", `{"model":"m","prompt":"a","stream":true}`, `{"model":"u\"p","prompt":"a","stream":true,` + asked + `}`, true, true},
		{"options null", `{"model":"m","prompt":"a","stream":true,"stream_options":null}`, `{"model":"u\"p","prompt":"a","stream":true,` + asked + `}`, true, true},
		{"other options", `{"stream_options":{"x":1},"model":"m","prompt":"a","stream":true}`, `{"stream_options":{"x":1,"include_usage":true},"model":"u\"p","prompt":"a","stream":true}`, true, true},
		{"asked for", `{` + asked + `,"model":"m","prompt":"a","stream":true}`, `{` + asked + `,"model":"u\"p","prompt":"a","stream":true}`, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := indexed(t, tt.body)
			meta, err := raw.Describe(d, wire.Inbound{})
			require.NoError(t, err)
			p, err := raw.Patch(d, meta, wire.Target{Model: `u"p`, NeedUsage: tt.need})
			require.NoError(t, err)
			require.Equal(t, []any{tt.hide, "/completions", ""}, []any{p.HideUsage, p.Path, p.Query})
			s, err := jsonspan.Splice(d.Body(), p.Edits...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(s.Bytes()))
		})
	}
	d := indexed(t, `{"model":"m","prompt":"a","stream":true,"stream_options":"x"}`)
	_, err := raw.Patch(d, wire.Meta{Model: "m", Stream: true}, wire.Target{Model: "m", NeedUsage: true})
	require.ErrorContains(t, err, "stream_options must be an object, not a string")
}

func TestRawErrors(t *testing.T) {
	require.Equal(t, llm.OpenAICompletions, raw.Protocol())
	e := llm.Errorf(llm.KindInvalid, "c", "m")
	require.Contains(t, string(raw.EncodeError(e)), `"code":"c"`)
	require.True(t, strings.HasSuffix(string(raw.EncodeStreamError(e)), "\n\n"))
	require.Equal(t, "m", raw.DecodeError(400, raw.EncodeError(e)).Message)
}
