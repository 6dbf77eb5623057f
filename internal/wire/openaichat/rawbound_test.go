package openaichat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/jsonspan"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
)

// What the provider refuses of the old name leaves by the new one; nothing else
// of the request changes.
func TestPatchRenamesTheBound(t *testing.T) {
	reference := []string{"reference", "extras"}
	for _, tt := range []struct {
		name, model string
		traits      []string
		body, want  string
	}{
		{"reasons", "gpt-5", reference, `{"model":"gpt-5","max_tokens": 32000 ,"messages":[]}`, `{"model":"gpt-5","max_completion_tokens": 32000 ,"messages":[]}`},
		{"renamed model", "o4-mini", reference, `{"max_tokens":1e3,"model":"gpt-5","messages":[]}`, `{"max_completion_tokens":1e3,"model":"o4-mini","messages":[]}`},
		{"escaped", "gpt-5", reference, `{"model":"gpt-5","messages":[],"max\u005ftokens" : 5}`, `{"model":"gpt-5","messages":[],"max_completion_tokens" : 5}`},
		{"with usage", "gpt-5", reference, `{"model":"gpt-5","messages":[],"stream":true,"max_tokens":5}`, `{"model":"gpt-5","messages":[],"stream":true,"max_completion_tokens":5,"stream_options":{"include_usage":true}}`},
		{"both", "gpt-5", reference, `{"model":"gpt-5","max_tokens":5,"max_completion_tokens":6,"messages":[]}`, `{"model":"gpt-5","max_tokens":5,"max_completion_tokens":6,"messages":[]}`},
		{"new already", "gpt-5", reference, `{"model":"gpt-5","max_completion_tokens":6,"messages":[]}`, `{"model":"gpt-5","max_completion_tokens":6,"messages":[]}`},
		{"does not think", "gpt-4o", reference, `{"model":"gpt-5","max_tokens":5,"messages":[]}`, `{"model":"gpt-4o","max_tokens":5,"messages":[]}`},
		{"other vendor", "gpt-5", []string{"extras"}, `{"model":"gpt-5","max_tokens":5,"messages":[]}`, `{"model":"gpt-5","max_tokens":5,"messages":[]}`},
		{"vendor says nothing", "gpt-5", nil, `{"model":"gpt-5","max_tokens":5,"messages":[]}`, `{"model":"gpt-5","max_tokens":5,"messages":[]}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			raw := openaichat.Raw{}
			d := index(t, tt.body)
			meta, err := raw.Describe(d, wire.Inbound{})
			require.NoError(t, err)
			p, err := raw.Patch(d, meta, wire.Target{Model: tt.model, Traits: tt.traits, NeedUsage: true})
			require.NoError(t, err)
			s, err := jsonspan.Splice(d.Body(), p.Edits...)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(s.Bytes()))
			require.NoError(t, new(jsonspan.Doc).Index(s.Bytes()), "what leaves is strict JSON still")
		})
	}
}
