package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Inits returns one message for each init function of a file: what it would do
// belongs in a constructor that app calls.
func Inits(fset *token.FileSet, file *ast.File) []string {
	var out []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			out = append(out, fmt.Sprintf("%s: func init: build it in a constructor that app calls", fset.Position(f.Pos())))
		}
	}
	return out
}

// VendorIDs returns one message for each string literal of a file of pkg (a
// path below the module) that is, as a whole, one of ids. Names of protocols
// are not ids, even where a vendor is called like its protocol.
func VendorIDs(fset *token.FileSet, pkg string, file *ast.File, ids, protocols []string) []string {
	if within(pkg, vendorFolders()) || within(pkg, testOnly()) {
		return nil
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if id, ok := stringValue(n); ok && slices.Contains(ids, id) && !slices.Contains(protocols, id) && !within(pkg, vendorExceptions()[id]) {
				out = append(out, fmt.Sprintf("%s: vendor id %q outside %s: put what it decides into internal/catalog/vendors/%s.yaml",
					fset.Position(n.Pos()), id, strings.Join(vendorFolders(), ", "), id))
			}
		}
		return true
	})
	return out
}

// Protocols returns the values of the string constants of type Protocol that a
// file declares.
func Protocols(file *ast.File) []string {
	var out []string
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			if t, ok := v.Type.(*ast.Ident); !ok || t.Name != "Protocol" {
				continue
			}
			for _, e := range v.Values {
				if lit, ok := e.(*ast.BasicLit); ok {
					if value, ok := stringValue(lit); ok {
						out = append(out, value)
					}
				}
			}
		}
	}
	return out
}

func stringValue(lit *ast.BasicLit) (string, bool) {
	if lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// within reports whether pkg is one of folders or lies below one.
func within(pkg string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return pkg == f || strings.HasPrefix(pkg, f+"/") })
}
