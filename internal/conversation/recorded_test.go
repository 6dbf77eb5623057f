package conversation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/conversation"
	"github.com/plexus-gateway/plexus/internal/store/storetest"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/openairesponses"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

// recorded are answers of real servers; a clone of the repository has none.
const recorded = "../../../shared/fixtures/openai-responses/*.json"

// TestRecordedAnswersCanBeContinued keeps each recorded answer as a vendor gave
// it, and continues it at another vendor.
func TestRecordedAnswersCanBeContinued(t *testing.T) {
	files, err := filepath.Glob(recorded)
	require.NoError(t, err)
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), conversation.Options{})
	for i, f := range files {
		body, err := os.ReadFile(f)
		require.NoError(t, err)
		var a struct {
			ID     string            `json:"id"`
			Output []json.RawMessage `json:"output"`
		}
		if json.Unmarshal(body, &a) != nil || a.ID == "" || len(a.Output) == 0 {
			continue // a cassette or an error
		}
		// Recordings share ids.
		tenant := fmt.Sprintf("key-%d", i)
		r, err := w.Resolve(t.Context(), tenant, []byte(`{"input":"go"}`))
		require.NoError(t, err)
		require.NoError(t, w.Keep(t.Context(), r, conversation.Answer{Body: body, Provider: "acme", Native: true}), f)
		r, err = w.Resolve(t.Context(), tenant, fmt.Appendf(nil, `{"model":"m","previous_response_id":%q,"input":"on"}`, a.ID))
		require.NoError(t, err, f)
		require.True(t, r.Native)
		for provider, least := range map[string]int{"acme": len(a.Output) + 2, "": 3} {
			b, err := r.Body(provider)
			require.NoError(t, err, f)
			n := 0
			for range wirejson.Elements(wirejson.Member(b, "input")) {
				n++
			}
			require.GreaterOrEqual(t, n, least, f)
			_, err = openairesponses.Codec{}.DecodeRequest(wire.Inbound{Body: b})
			require.NoError(t, err, "%s: %s", f, b)
		}
	}
}
