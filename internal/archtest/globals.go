package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// GlobalWrites returns one message for each place in the files of one package
// where a function assigns to a package-level variable, to a part of one, or
// deletes from one. A package-level table is written where it is declared and
// nowhere else; state belongs in a value that app builds.
//
// Names are resolved within the package only: what it imports is not loaded.
func GlobalWrites(fset *token.FileSet, path string, files []*ast.File) []string {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{
		Importer: nothing{},
		Error:    func(error) {}, // imports are missing on purpose; the compiler reports real errors
	}
	pkg, _ := conf.Check(path, fset, files, info) // the error is the first of those ignored above
	w := &writes{fset: fset, info: info, scope: pkg.Scope()}
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				ast.Inspect(fn.Body, w.visit)
			}
		}
	}
	return w.found
}

type writes struct {
	fset  *token.FileSet
	info  *types.Info
	scope *types.Scope
	found []string
}

func (w *writes) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for _, e := range n.Lhs {
			w.target(e)
		}
	case *ast.IncDecStmt:
		w.target(n.X)
	case *ast.RangeStmt:
		w.target(n.Key)
		w.target(n.Value)
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
			w.target(n.Args[0])
		}
	}
	return true
}

// target notes e if what it writes to begins with a variable of the package.
func (w *writes) target(e ast.Expr) {
	for {
		switch x := e.(type) {
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.Ident:
			if v, ok := w.info.Uses[x].(*types.Var); ok && v.Parent() == w.scope {
				w.found = append(w.found, fmt.Sprintf("%s: writes to the package variable %s: keep state in a value that app builds", w.fset.Position(x.Pos()), x.Name))
			}
			return
		default:
			return
		}
	}
}

// nothing imports nothing.
type nothing struct{}

var errNotLoaded = errors.New("imports are not loaded")

// Import fails.
func (nothing) Import(string) (*types.Package, error) { return nil, errNotLoaded }
