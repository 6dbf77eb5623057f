package wiretest_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

var update = flag.Bool("update", false, "write docs/fidelity.md anew")

// The page says what the codecs do.
func TestFidelityPageIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "fidelity.md")
	got, err := wiretest.Fidelity(clients(), upstreams())
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run the test with -update when the change is meant")
}
