//go:build noui

package ui

import (
	"embed"
	"io/fs"
)

// Dist returns no files: the binary was built with the tag noui.
func Dist() (fs.FS, error) { return embed.FS{}, nil }
