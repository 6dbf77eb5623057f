// Package errs holds the one helper the house uses to add context to errors.
package errs

import "fmt"

// Wrap adds context to *err in a deferred call, so that a function with many
// returns says once what it was doing. It does nothing when *err is nil.
//
//	defer errs.Wrap(&err, "store: key by name %q", name)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
