package archtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/archtest"
)

const module = "github.com/plexus-gateway/plexus"

// listed is a package of the module with its files.
type listed struct {
	archtest.Package
	GoFiles, TestGoFiles, XTestGoFiles []string
}

// house lists the packages of the module. What npm put under web is not ours.
func house(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-buildvcs=false", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if !strings.HasPrefix(p.ImportPath, module+"/web/") {
			pkgs = append(pkgs, p)
		}
	}
	require.Greater(t, len(pkgs), 5, "go list found hardly a package")
	return pkgs
}

// parse reads a source file.
func parse(t *testing.T, fset *token.FileSet, path string, src any) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	return f
}

func TestEveryImportIsInTheTable(t *testing.T) {
	t.Parallel()
	var pkgs []archtest.Package
	for _, p := range house(t) {
		pkgs = append(pkgs, p.Package)
	}
	require.Empty(t, archtest.Edges(module, pkgs, archtest.Table()))
}

func TestNoInitFunctions(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	for _, p := range house(t) {
		for _, group := range [][]string{p.GoFiles, p.TestGoFiles, p.XTestGoFiles} {
			for _, name := range group {
				require.Empty(t, archtest.Inits(fset, parse(t, fset, filepath.Join(p.Dir, name), nil)))
			}
		}
	}
}

func TestNoGlobalIsWrittenTo(t *testing.T) {
	t.Parallel()
	for _, p := range house(t) {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range p.GoFiles {
			files = append(files, parse(t, fset, filepath.Join(p.Dir, name), nil))
		}
		if len(files) > 0 {
			require.Empty(t, archtest.GlobalWrites(fset, p.ImportPath, files))
		}
	}
}

func TestNoVendorIDOutsideItsFolders(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	files, err := filepath.Glob(filepath.Join("..", "catalog", "vendors", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "the catalog has moved: this test looks for its vendors")
	var ids []string
	for _, f := range files {
		ids = append(ids, strings.TrimSuffix(filepath.Base(f), ".yaml"))
	}
	protocols := archtest.Protocols(parse(t, fset, filepath.Join("..", "llm", "protocol.go"), nil))
	require.Contains(t, protocols, "openai.chat")
	for _, p := range house(t) {
		for _, name := range p.GoFiles {
			file := parse(t, fset, filepath.Join(p.Dir, name), nil)
			require.Empty(t, archtest.VendorIDs(fset, strings.TrimPrefix(p.ImportPath, module+"/"), file, ids, protocols))
		}
	}
}

func TestEdgesCatchesWhatItShould(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, pkg, imports string
		want               string // "" when the edge is allowed
	}{
		{"pure stays pure", "internal/llm", "internal/store", "internal/llm imports internal/store"},
		{"a codec imports no codec", "internal/wire/anthropic", "internal/wire/openaichat", "internal/wire/anthropic imports internal/wire/openaichat"},
		{"a codec reads events", "internal/wire/anthropic", "internal/wire/sse", ""},
		{"relay has no database", "internal/relay", "internal/store", "internal/relay imports internal/store"},
		{"admin has no database", "internal/admin", "internal/store", "internal/admin imports internal/store"},
		{"store implements ports", "internal/store", "internal/record", ""},
		{"app wires everything", "internal/app", "internal/store", ""},
		{"app takes no doubles", "internal/app", "internal/fakeupstream", "internal/app imports internal/fakeupstream"},
		{"a wide pattern takes no doubles", "internal/relay", "internal/wire/wiretest", "internal/relay imports internal/wire/wiretest"},
		{"anyone wraps errors", "internal/money", "internal/errs", ""},
		{"commands only wire", "cmd/plexus", "internal/store", "cmd/plexus imports internal/store"},
		{"the bench stands apart", "bench", "internal/relay", "bench imports internal/relay"},
		{"unknown package", "internal/util", "internal/llm", "internal/util: no rule"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := archtest.Edges(module, []archtest.Package{{
				ImportPath: module + "/" + c.pkg,
				Imports:    []string{"net/http", "example.com/other", module + "/" + c.imports},
			}}, archtest.Table())
			if c.want == "" {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Contains(t, got[0], c.want)
		})
	}
}

func TestSourceRulesCatchWhatTheyShould(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	file := parse(t, fset, "x.go", `package x
import _ "moonshot"
type T struct{ F string `+"`moonshot`"+` }
func (T) init() {}
func init() {}
var a = []string{"moonshot", "moonshot.chat", "use moonshot", "gemini"}
const Chat Protocol = "gemini"
const other = "openai"
`)
	require.Len(t, archtest.Inits(fset, file), 1)
	ids := []string{"moonshot", "gemini", "demo"}
	protocols := archtest.Protocols(file)
	require.Equal(t, []string{"gemini"}, protocols)
	got := archtest.VendorIDs(fset, "internal/relay", file, ids, protocols)
	require.Len(t, got, 2, "the whole literals, in code and in a tag: %v", got)
	require.Contains(t, got[0], "x.go:3:")
	require.Contains(t, got[1], "x.go:6:")
	require.Empty(t, archtest.VendorIDs(fset, "internal/vendor/moonshot", file, ids, protocols))

	demo := parse(t, fset, "d.go", `package d; var s = "demo"`)
	require.Empty(t, archtest.VendorIDs(fset, "internal/app", demo, ids, nil))
	require.Len(t, archtest.VendorIDs(fset, "internal/relay", demo, ids, nil), 1)
}

func TestGlobalWritesCatchesWhatItShould(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	a := parse(t, fset, "a.go", `package x
import "sync"
var table = map[string]int{"a": 1}
var list [3]int
var state struct{ n int }
var pool = sync.Pool{}
`)
	b := parse(t, fset, "b.go", `package x
func f() {
	table["b"] = 2
	delete(table, "a")
	list[0]++
	state.n, _ = 1, 2
	for table["k"] = range 3 {
	}
}
func fine(m map[string]int) int {
	table := map[string]int{}
	table["b"] = 2
	m["x"] = len(list)
	pool.Put(m)
	return state.n
}
`)
	got := archtest.GlobalWrites(fset, "x", []*ast.File{a, b})
	require.Len(t, got, 5, "%v", got)
	for i, at := range []string{"b.go:3:", "b.go:4:", "b.go:5:", "b.go:6:", "b.go:7:"} {
		require.Contains(t, got[i], at)
	}
}
