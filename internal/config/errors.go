package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one problem of a configuration. It never shows a secret, nor the
// value of an environment variable.
type Error struct {
	File    string `json:"file"`              // as given to Load or Parse; "environment" for a variable
	Line    int    `json:"line"`              // from 1; 0 when the problem has no position
	Col     int    `json:"col"`               // in characters, from 1
	Path    string `json:"path"`              // e.g. models.claude-opus.targets[1].provider; "" for the whole file
	Message string `json:"message"`           // what is wrong
	Found   string `json:"found,omitempty"`   // what stands there
	Allowed string `json:"allowed,omitempty"` // what would be right
	Hint    string `json:"hint,omitempty"`    // e.g. did you mean "timeout"?
}

// Error returns one line: file:line:col: path: message: found …, allowed: …; hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Col)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	sep := ": "
	if e.Found != "" {
		b.WriteString(sep + "found " + e.Found)
		sep = ", "
	}
	if e.Allowed != "" {
		b.WriteString(sep + "allowed: " + e.Allowed)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors is every problem of a configuration, in the order of their position.
type Errors []*Error

// Error returns one line per problem.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems, for errors.As.
func (es Errors) Unwrap() []error {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return all
}

// maxErrors bounds what one file can make us report: an alias used many times
// repeats the problems of its anchor.
const maxErrors = 500

// sorted returns the problems by position, without exact repetitions and not
// more than maxErrors of them.
func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Path, b.Path))
	})
	es = slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
	if len(es) <= maxErrors {
		return es
	}
	last := es[maxErrors-1]
	return append(es[:maxErrors:maxErrors], &Error{
		File: last.File, Line: last.Line, Col: last.Col,
		Message: fmt.Sprintf("%d more problems are not shown", len(es)-maxErrors),
	})
}
