package admin_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/admin"
)

var update = flag.Bool("update", false, "write docs/openapi.yaml anew")

func TestOpenAPIDocumentIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "openapi.yaml")
	got, err := admin.OpenAPI().YAML()
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go test ./internal/admin -run OpenAPI -update, then npm run gen in web")
}

// operations calls visit for every operation of the document.
func operations(visit func(method, path string, op *huma.Operation)) {
	for path, item := range admin.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op != nil {
				visit(method, path, op)
			}
		}
	}
}

func TestEveryOperationDeclaresItsPermission(t *testing.T) {
	known := map[string]bool{string(admin.PermPublic): true}
	for _, p := range admin.Permissions() {
		known[string(p)] = true
	}
	public := map[string]bool{"sign-in": true, "get-session": true, "sign-out": true}
	count := 0
	operations(func(method, path string, op *huma.Operation) {
		count++
		perm, ok := op.Extensions["x-permission"].(string)
		require.Truef(t, ok, "%s %s has no x-permission", method, path)
		require.Truef(t, known[perm], "%s %s has the unknown permission %q", method, path, perm)
		require.Equalf(t, public[op.OperationID], perm == string(admin.PermPublic), "%s %s is public", method, path)
		require.NotEmptyf(t, op.Summary, "%s %s has no summary", method, path)
	})
	require.Equal(t, 14, count, "an operation was added or removed: is its permission right?")
}
