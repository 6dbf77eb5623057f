package wiretest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/anthropic"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/ollama"
	"github.com/plexus-gateway/plexus/internal/wire/openaichat"
	"github.com/plexus-gateway/plexus/internal/wire/openaicompletions"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

// codecs returns the codecs that convert to each other, in the table's order.
func codecs() []wiretest.Codec {
	return []wiretest.Codec{openaichat.Codec{}, openairesponses.Codec{}, anthropic.Codec{}, gemini.Codec{}}
}

// upstreams returns the protocols that upstreams speak.
func upstreams() []wiretest.Codec { return append(clients(), ollamaCodec{}) }

// ollamaCodec serves both paths that requests go to.
type ollamaCodec struct{ ollama.Codec }

// Serving returns the server of the path.
func (ollamaCodec) Serving(path string) wire.Ingress {
	return ollama.Codec{Generate: path == "/generate"}
}

// clients returns the protocols that clients speak.
func clients() []wiretest.Codec { return append(codecs(), openaicompletions.Codec{}) }

// What a feature is called in each protocol means what its canonical words say.
func TestNativeWordsMeanTheFeature(t *testing.T) {
	for _, f := range wiretest.Features() {
		want := f.Meaning(f.Request())
		for _, c := range clients() {
			in, ok := f.Inbound(c.Protocol())
			if !ok || f.Own {
				continue
			}
			t.Run(f.Name+"/"+string(c.Protocol()), func(t *testing.T) {
				got, err := c.DecodeRequest(in)
				require.NoError(t, err)
				require.Equal(t, want, f.Meaning(got))
			})
		}
	}
}

// Nothing is lost without saying so.
func TestNothingIsLostSilently(t *testing.T) {
	for _, f := range wiretest.Features() {
		for _, from := range clients() {
			for _, to := range upstreams() {
				t.Run(f.Name+"/"+string(from.Protocol())+"/"+string(to.Protocol()), func(t *testing.T) {
					o, err := wiretest.Classify(&f, from, to)
					require.NoError(t, err)
					if exceptions()[to.Protocol()][f.Name] != "" && o.Silent != "" {
						return // known
					}
					require.Empty(t, o.Silent, "losses: %s", llm.LossCodes(o.Losses))
				})
			}
		}
	}
}

func TestFeaturesAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range wiretest.Features() {
		require.False(t, seen[f.Name], f.Name)
		require.Regexp(t, `^[a-z0-9_]+$`, f.Name)
		require.NotEmpty(t, f.Title)
		require.NotEmpty(t, f.Native, f.Name)
		seen[f.Name] = true
	}
}
