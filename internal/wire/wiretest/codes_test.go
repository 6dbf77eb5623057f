package wiretest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/wire/wiretest"
)

// Every feature that a codec may note as lost is described.
func TestEveryCodeIsDescribed(t *testing.T) {
	used := usedFeatures(t)
	require.Greater(t, len(used), 50, "the scan of the codecs finds nothing any more")
	described := map[string]bool{}
	for _, c := range wiretest.Codes() {
		require.False(t, described[c.Feature], c.Feature)
		require.NotEmpty(t, c.Meaning)
		described[c.Feature] = true
	}
	for feature, where := range used {
		require.True(t, described[feature], "%s, which %s notes, has no description in wiretest.Codes", feature, where)
	}
}

func TestCodesAreInOrder(t *testing.T) {
	codes := wiretest.Codes()
	require.True(t, slices.IsSortedFunc(codes, func(a, b wiretest.Code) int { return strings.Compare(a.Feature, b.Feature) }))
}

// usedFeatures returns the features named in the codecs' sources, each with a
// file that names it.
func usedFeatures(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "*", "*.go"))
	require.NoError(t, err)
	found := map[string]string{}
	fset := token.NewFileSet()
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "wiretest") {
			continue
		}
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			for _, feature := range featuresOf(n) {
				found[feature] = filepath.Base(filepath.Dir(path)) + "/" + filepath.Base(path)
			}
			return true
		})
	}
	return found
}

// noting tells at which argument the functions that note a loss take the feature.
var noting = map[string]int{
	"Drop": 0, "Approximate": 0, "Default": 0, "drop": 0, "approximate": 0, "dropIf": 1, "once": 1, "verbatim": 1,
}

func featuresOf(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if at, notes := noting[sel.Sel.Name]; notes && at < len(n.Args) {
			if feature, ok := literal(n.Args[at]); ok {
				return []string{feature}
			}
		}
	case *ast.KeyValueExpr: // of the words for a finish
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "loss" {
			if feature, ok := literal(n.Value); ok {
				return []string{feature}
			}
		}
	case *ast.CompositeLit:
		return tableFeatures(n)
	case *ast.FuncDecl:
		return returnedFeatures(n)
	}
	return nil
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil && s != ""
}

// tableFeatures returns the column "feature" of a table that is written where
// it is used.
func tableFeatures(table *ast.CompositeLit) []string {
	list, ok := table.Type.(*ast.ArrayType)
	if !ok {
		return nil
	}
	row, ok := list.Elt.(*ast.StructType)
	if !ok {
		return nil
	}
	column, at := -1, 0
	for _, f := range row.Fields.List {
		for _, name := range f.Names {
			if name.Name == "feature" {
				column = at
			}
			at++
		}
	}
	if column < 0 {
		return nil
	}
	var out []string
	for _, e := range table.Elts {
		if cells, ok := e.(*ast.CompositeLit); ok && column < len(cells.Elts) {
			if feature, ok := literal(cells.Elts[column]); ok {
				out = append(out, feature)
			}
		}
	}
	return out
}

// returnedFeatures returns what a function returns whose name says that it
// names features.
func returnedFeatures(f *ast.FuncDecl) []string {
	name := f.Name.Name
	if !strings.HasSuffix(name, "Feature") && name != "featureOf" && name != "unsupportedMedia" || f.Body == nil {
		return nil
	}
	var out []string
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok {
			for _, e := range ret.Results {
				if feature, ok := literal(e); ok {
					out = append(out, feature)
				}
			}
		}
		return true
	})
	return out
}
