package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// Package is what the rules need to know of a package, as go list prints it.
type Package struct {
	ImportPath string
	Dir        string
	Imports    []string // of files that are not tests
}

// Edges returns one message for each import of pkgs that no rule of table
// allows and for each package that has no rule. Packages outside module are
// not looked at, neither as importer nor as imported.
func Edges(module string, pkgs []Package, table []Rule) []string {
	var out []string
	for _, p := range pkgs {
		name, ours := below(module, p.ImportPath)
		if !ours {
			continue
		}
		rule, ok := find(table, name)
		if !ok {
			out = append(out, fmt.Sprintf("%s: no rule: say in internal/archtest/table.go what it may import", name))
			continue
		}
		for _, imp := range p.Imports {
			target, ours := below(module, imp)
			if ours && !allowed(rule, target) {
				out = append(out, fmt.Sprintf("%s imports %s: it may import %s", name, target, list(rule.Imports)))
			}
		}
	}
	return out
}

// below returns path relative to module, and whether it lies in it.
func below(module, path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func find(table []Rule, name string) (Rule, bool) {
	i := slices.IndexFunc(table, func(r Rule) bool { return matches(r.Package, name) })
	if i < 0 {
		return Rule{}, false
	}
	return table[i], true
}

func allowed(r Rule, target string) bool {
	if slices.Contains(everyone(), target) {
		return true
	}
	return slices.ContainsFunc(r.Imports, func(pattern string) bool {
		// A wide pattern does not reach what is for tests only.
		if pattern != target && within(target, testOnly()) {
			return false
		}
		return pattern == "*" || matches(pattern, target)
	})
}

// matches reports whether name is pattern, or lies below it when it ends in /*.
func matches(pattern, name string) bool {
	if root, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(name, root+"/")
	}
	return pattern == name
}

func list(names []string) string {
	if len(names) == 0 {
		return "none of ours"
	}
	return strings.Join(names, ", ")
}
