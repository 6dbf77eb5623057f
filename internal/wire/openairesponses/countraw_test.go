package openairesponses_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
)

func TestCountRaw(t *testing.T) {
	raw := openairesponses.CountRaw{}
	require.Equal(t, llm.OpenAIResponses, raw.Protocol())
	d := index(t, `{"model":"m","input":"hi","stream":true}`)
	meta, err := raw.Describe(d, wire.Inbound{})
	require.NoError(t, err)
	require.Equal(t, wire.Meta{Model: "m"}, meta, "a count does not stream")
	p, err := raw.Patch(d, meta, wire.Target{Model: "up"})
	require.NoError(t, err)
	require.Equal(t, "/responses/input_tokens", p.Path)
	s, err := jsonspan.Splice(d.Body(), p.Edits...)
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"up","input":"hi","stream":true}`, string(s.Bytes()))

	_, err = raw.Describe(index(t, `{"model":"m"}`), wire.Inbound{})
	require.NoError(t, err, "input may be missing")
	_, err = raw.Describe(index(t, `{"input":"hi"}`), wire.Inbound{})
	require.ErrorContains(t, err, "model")

	tap := raw.BodyTap()
	tap.Write([]byte(`{"object":"response.input_tokens","input_tokens":17}`))
	require.Equal(t, &wire.Seen{}, tap.Seen(), "what is counted was not consumed")
	_, keeps := tap.(openairesponses.Finalizer)
	require.False(t, keeps)
	require.NotNil(t, raw.StreamTap(false).Seen())

	e := llm.Errorf(llm.KindInvalid, "c", "m")
	require.Equal(t, "m", raw.DecodeError(400, raw.EncodeError(e)).Message)
	require.NotEmpty(t, raw.EncodeStreamError(e))
}

func TestCounter(t *testing.T) {
	c := openairesponses.Counter{}
	req, err := c.DecodeCount(wire.Inbound{Body: []byte(`{"model":"m","instructions":"be brief","input":"hi"}`)})
	require.NoError(t, err)
	require.Len(t, req.Messages, 1)
	require.JSONEq(t, `{"object":"response.input_tokens","input_tokens":42}`, string(c.EncodeCount(42)))
	_, err = c.DecodeCount(wire.Inbound{Body: []byte(`{"model":"m","input":[{"type":"message","role":"nobody","content":""}]}`)})
	require.ErrorContains(t, err, "role")
}
