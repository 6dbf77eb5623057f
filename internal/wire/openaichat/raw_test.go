package openaichat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
)

func index(t *testing.T, body string) *jsonspan.Doc {
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
		{`{"model":"m","messages":[]}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","messages":[],"stream":true}`, wire.Meta{Model: "m", Stream: true}, ""},
		{`{"model":"m","messages":[],"stream":false}`, wire.Meta{Model: "m"}, ""},
		{`{"model":"m","messages":[],"stream":null}`, wire.Meta{Model: "m"}, ""},
		{`{"messages":[]}`, wire.Meta{}, "model"},
		{`{"model":"m","messages":[],"stream":1}`, wire.Meta{}, "stream"},
		{`{"model":"m","messages":{}}`, wire.Meta{}, "messages"},
		{`{"model":"m"}`, wire.Meta{}, "messages"},
	} {
		got, err := openaichat.Raw{}.Describe(index(t, tt.body), wire.Inbound{})
		require.Equal(t, tt.want, got)
		if tt.param == "" {
			require.NoError(t, err)
			continue
		}
		var e *llm.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, []any{llm.KindInvalid, tt.param}, []any{e.Kind, e.Param})
	}
}

func TestPatch(t *testing.T) {
	for _, tt := range []struct {
		name, body, want string
		need, hide       bool
	}{
		{"usage not needed", `{"model":"m","messages":[],"stream":true}`, `{"model":"u\"p","messages":[],"stream":true}`, false, false},
		{"not a stream", `{"model":"m","messages":[]}`, `{"model":"u\"p","messages":[]}`, true, false},
		{"usage needed", `{"model":"m","messages":[],"stream":true}`, `{"model":"u\"p","messages":[],"stream":true,"stream_options":{"include_usage":true}}`, true, true},
		{"asked for", `{"stream_options":{"include_usage":true},"model":"m","messages":[],"stream":true}`, `{"stream_options":{"include_usage":true},"model":"u\"p","messages":[],"stream":true}`, true, false},
		{"asked for by an escape", `{"stream_options":{"include\u005fusage":true},"model":"m","messages":[],"stream":true}`, `{"stream_options":{"include\u005fusage":true},"model":"u\"p","messages":[],"stream":true}`, true, false},
		{"of another type", `{"stream_options":{"include_usage":"yes"},"model":"m","messages":[],"stream":true}`, `{"stream_options":{"include_usage":true},"model":"u\"p","messages":[],"stream":true}`, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := openaichat.Raw{}
			d := index(t, tt.body)
			meta, err := raw.Describe(d, wire.Inbound{})
			require.NoError(t, err)
			p, err := raw.Patch(d, meta, wire.Target{Model: `u"p`, NeedUsage: tt.need})
			require.NoError(t, err)
			require.Equal(t, tt.hide, p.HideUsage)
			require.Equal(t, []string{"/chat/completions", ""}, []string{p.Path, p.Query})
			s, err := jsonspan.Splice(d.Body(), p.Edits...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(s.Bytes()))
			require.NoError(t, new(jsonspan.Doc).Index(s.Bytes()), "what leaves is strict JSON still")
		})
	}
	raw := openaichat.Raw{}
	d := index(t, `{"model":"m","messages":[],"stream":true,"stream_options":"x"}`)
	_, err := raw.Patch(d, wire.Meta{Model: "m", Stream: true}, wire.Target{Model: "m", NeedUsage: true})
	require.ErrorContains(t, err, "stream_options must be an object, not a string")
}

func TestRaw(t *testing.T) {
	raw := openaichat.Raw{}
	require.Equal(t, llm.OpenAIChat, raw.Protocol())
	e := llm.Errorf(llm.KindInvalid, "c", "m")
	require.Contains(t, string(raw.EncodeError(e)), `"code":"c"`)
	require.True(t, strings.HasSuffix(string(raw.EncodeStreamError(e)), "\n\n"))
	require.Equal(t, "m", raw.DecodeError(400, raw.EncodeError(e)).Message)
}
