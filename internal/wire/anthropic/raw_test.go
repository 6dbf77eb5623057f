package anthropic_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
)

func indexed(t *testing.T, body string) *jsonspan.Doc {
	t.Helper()
	var d jsonspan.Doc
	require.NoError(t, d.Index([]byte(body)))
	return &d
}

func TestRawDescribe(t *testing.T) {
	for _, tt := range []struct {
		body, query string
		want        wire.Meta
		param       string // of the error
	}{
		{body: `{"model":"m","messages":[]}`, want: wire.Meta{Model: "m"}},
		{body: `{"model":"m","messages":[],"stream":true}`, want: wire.Meta{Model: "m", Stream: true}},
		{body: `{"model":"m","messages":[],"stream":null}`, want: wire.Meta{Model: "m"}},
		{body: `{"model":"m","messages":[]}`, query: "beta=true", want: wire.Meta{Model: "m", Query: "beta=true"}},
		{body: `{"model":"m","messages":[]}`, query: "key=secret&beta=true&x=1", want: wire.Meta{Model: "m", Query: "beta=true"}},
		{body: `{"model":"m","messages":[]}`, query: "beta=false&alpha=true", want: wire.Meta{Model: "m"}},
		{body: `{"messages":[]}`, param: "model"},
		{body: `{"model":"","messages":[]}`, param: "model"},
		{body: `{"model":null,"messages":[]}`, param: "model"},
		{body: `{"model":["m"],"messages":[]}`, param: "model"},
		{body: `{"model":"m","messages":[],"stream":"true"}`, param: "stream"},
		{body: `{"model":"m","messages":{}}`, param: "messages"},
		{body: `{"model":"m"}`, param: "messages"},
	} {
		for _, raw := range []wire.Raw{anthropic.Raw{}, anthropic.CountRaw{}} {
			got, err := raw.Describe(indexed(t, tt.body), wire.Inbound{Query: tt.query, Model: "of the URL"})
			want, param := tt.want, tt.param
			if raw == (anthropic.CountRaw{}) { // it never streams, and reads nothing about it
				want.Stream = false
				if param == "stream" {
					want, param = wire.Meta{Model: "m"}, ""
				}
			}
			require.Equal(t, want, got, tt.body)
			if param == "" {
				require.NoError(t, err, tt.body)
				continue
			}
			var e *llm.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, []any{llm.KindInvalid, param}, []any{e.Kind, e.Param}, tt.body)
			require.Contains(t, string(raw.EncodeError(e)), param, "the client reads which field it is")
		}
	}
}

func TestRawPatch(t *testing.T) {
	for _, tt := range []struct{ body, to, want string }{
		{`{"max_tokens": 1.0, "model":"m" ,"messages":[]}`, `u"p`, `{"max_tokens": 1.0, "model":"u\"p" ,"messages":[]}`},
		{`{"model":"m","messages":[],"stream":true}`, "m", `{"model":"m","messages":[],"stream":true}`},
	} {
		for path, raw := range map[string]wire.Raw{"/messages": anthropic.Raw{}, "/messages/count_tokens": anthropic.CountRaw{}} {
			d := indexed(t, tt.body)
			meta, err := raw.Describe(d, wire.Inbound{Query: "beta=true"})
			require.NoError(t, err)
			p, err := raw.Patch(d, meta, wire.Target{Model: tt.to, NeedUsage: true})
			require.NoError(t, err)
			require.Equal(t, []any{path, "beta=true", false}, []any{p.Path, p.Query, p.HideUsage})
			s, err := jsonspan.Splice(d.Body(), p.Edits...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(s.Bytes()))
		}
	}
}

// What the raw lane says of an error is what the codec says of it.
func TestRawErrors(t *testing.T) {
	for _, raw := range []wire.Raw{anthropic.Raw{}, anthropic.CountRaw{}} {
		require.Equal(t, llm.AnthropicMessages, raw.Protocol())
		e := llm.Errorf(llm.KindOverloaded, "c", "busy")
		require.Equal(t, codec.EncodeError(e), raw.EncodeError(e))
		require.Equal(t, codec.EncodeStreamError(e), raw.EncodeStreamError(e))
		for _, body := range []string{
			`{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}`,
			`{"error":"no capacity"}`, `{"error":{"message":"slow","code":"rate_limit_exceeded"}}`, `<html>`, ``,
		} {
			require.Equal(t, codec.DecodeError(529, nil, []byte(body)).Upstream, raw.DecodeError(529, []byte(body)), body)
		}
	}
}

// The recorded requests pass: what the codec decodes, the raw lane describes.
func TestRawDescribesRecordedRequests(t *testing.T) {
	all := requests(t)
	for _, name := range sorted(all) {
		req := decodeRequest(t, all[name])
		meta, err := anthropic.Raw{}.Describe(indexed(t, string(all[name])), wire.Inbound{})
		require.NoError(t, err, name)
		require.Equal(t, wire.Meta{Model: req.Model, Stream: req.Stream}, meta, name)
	}
}
