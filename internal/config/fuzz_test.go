package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
)

// FuzzParse: a configuration or Errors, never both and never a panic; every
// position is inside the file; what is accepted can be printed, and what is
// printed is accepted.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"testdata", "../../docs"} {
		entries, err := os.ReadDir(dir)
		require.NoError(f, err)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".yaml") {
				data, err := os.ReadFile(dir + "/" + e.Name())
				require.NoError(f, err)
				f.Add(data)
			}
		}
	}
	cat, err := catalog.Load()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.ParseWith(cat, "plexus.yaml", data, testEnv)
		if err == nil {
			out, err := c.Redacted()
			require.NoError(t, err)
			_, err = config.ParseWith(cat, "again", []byte(fillSecrets(string(out))), nil)
			require.NoError(t, err, "%s", out)
			return
		}
		require.Nil(t, c)
		var problems config.Errors
		require.ErrorAs(t, err, &problems)
		require.NotEmpty(t, problems)
		lines := strings.Count(strings.ReplaceAll(string(data), "\r", "\n"), "\n") + 2
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
			require.GreaterOrEqual(t, p.Line, 1)
			require.GreaterOrEqual(t, p.Col, 1)
			require.LessOrEqual(t, p.Line, lines)
		}
	})
}
