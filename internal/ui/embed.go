//go:build !noui

package ui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the embedded build of web/; it holds no index.html when the
// binary was built before the UI.
func Dist() (fs.FS, error) {
	return fs.Sub(dist, "dist") //nolint:wrapcheck // fails only for an invalid name
}
