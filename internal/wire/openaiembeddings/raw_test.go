package openaiembeddings_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openaiembeddings"
	"github.com/plexus-gateway/plexus/internal/wire/sse"
)

func TestDescribeAndPatch(t *testing.T) {
	raw := openaiembeddings.Raw{}
	for _, tt := range []struct{ body, to, want, param string }{
		{`{"input":"a", "model":"m" }`, "up", `{"input":"a", "model":"up" }`, ""},
		{`{"input":[1],"model":"m"}`, "m", `{"input":[1],"model":"m"}`, ""},
		{`{"input":[1],"model":"m","stream":true}`, "up", `{"input":[1],"model":"up","stream":true}`, ""},
		{`{"model":"m"}`, "", "", "input"},
		{`{"input":"a"}`, "", "", "model"},
	} {
		var d jsonspan.Doc
		require.NoError(t, d.Index([]byte(tt.body)))
		meta, err := raw.Describe(&d, wire.Inbound{})
		if tt.param != "" {
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, []any{llm.KindInvalid, tt.param}, []any{e.Kind, e.Param})
			continue
		}
		require.NoError(t, err)
		require.Equal(t, wire.Meta{Model: "m"}, meta)
		p, err := raw.Patch(&d, meta, wire.Target{Model: tt.to, NeedUsage: true})
		require.NoError(t, err)
		require.False(t, p.HideUsage)
		require.Equal(t, []string{"/embeddings", ""}, []string{p.Path, p.Query})
		s, err := jsonspan.Splice(d.Body(), p.Edits...)
		require.NoError(t, err)
		require.Equal(t, tt.want, string(s.Bytes()))
	}
	require.Equal(t, llm.OpenAIEmbeddings, raw.Protocol())
}

func TestTaps(t *testing.T) {
	raw := openaiembeddings.Raw{}
	tap := raw.BodyTap()
	for _, part := range []string{`{"data":[{"embedding":[0.1,`, `0.2],"usage":1}],"mod`, `el":"served","usage":{"prompt_tokens":8,"total_tokens":8}}`} {
		tap.Write([]byte(part))
	}
	require.Equal(t, "served", tap.Seen().Model)
	require.Equal(t, []int64{8, 0}, []int64{tap.Seen().Usage.Input, tap.Seen().Usage.Output})
	require.Nil(t, tap.Seen().Err)

	tap = raw.BodyTap()
	tap.Write([]byte(`{"error":{"message":"m"}}`))
	require.Equal(t, "m", tap.Seen().Err.Message)
	for _, broken := range []string{`{"model":"`, `{"model":"\`, `{"usage":`, ``} {
		tap = raw.BodyTap()
		tap.Write([]byte(broken))
		require.NotPanics(t, func() { tap.Seen() })
	}
	require.Equal(t, wire.Meaningful, raw.StreamTap(true).Frame(&sse.Frame{}))
	require.Nil(t, raw.StreamTap(true).Seen().Usage)

	e := llm.Errorf(llm.KindInvalid, "c", "m")
	require.Equal(t, "m", raw.DecodeError(400, raw.EncodeError(e)).Message)
	require.Contains(t, string(raw.EncodeStreamError(e)), "data: {")
}
