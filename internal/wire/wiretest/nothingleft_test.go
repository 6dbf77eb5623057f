package wiretest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

// A conversation of which nothing can be said is refused, so that another
// target is tried.
func TestNothingLeft(t *testing.T) {
	unknown := &llm.Opaque{Type: "x", Native: llm.Native{Protocol: "else", Raw: llm.Raw(`{"type":"x"}`)}}
	for _, c := range upstreams() {
		t.Run(string(c.Protocol()), func(t *testing.T) {
			_, _, err := c.EncodeRequest(&llm.Request{Model: "m", Messages: []llm.Message{
				{Role: llm.RoleSystem, Blocks: []llm.Block{&llm.Opaque{Type: "x", Native: unknown.Native}}},
				{Role: llm.RoleUser, Blocks: []llm.Block{unknown}},
			}}, wiretest.TargetOf(c.Protocol(), false))
			refused := new(llm.Error)
			require.ErrorAs(t, err, &refused)
			require.Equal(t, []any{llm.KindUnsupported, "nothing_left", "messages[1]"}, []any{refused.Kind, refused.Code, refused.Param})
		})
	}
}
