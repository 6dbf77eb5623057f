package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/catalog"
)

// maxFile bounds the size of a configuration file, in bytes.
const maxFile = 4 << 20

// Load reads the file at path. Problems of its content are returned as Errors;
// a file that cannot be read gives another error, which wraps fs.ErrNotExist
// when there is none: serve Default then.
func Load(path string, env LookupEnv) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: open: %w", err)
	}
	defer func() { _ = f.Close() }() // opened for reading: closing cannot lose anything
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config: read: %w", err)
	}
	return Parse(path, data, env)
}

// Parse reads the content of a file. Its name appears in the problems, which
// are returned as Errors, all of them. An empty file is a valid configuration
// that serves nothing. The environment fills ${NAME} and overrides the
// database (see ApplyEnv).
func Parse(name string, data []byte, env LookupEnv) (*Config, error) {
	cat, err := catalog.Load()
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return ParseWith(cat, name, data, env)
}

// ParseWith is Parse with another catalog of vendors.
func ParseWith(cat *catalog.Catalog, name string, data []byte, env LookupEnv) (*Config, error) {
	d := &decoder{file: name, env: env, catalog: cat, places: make(map[string]place)}
	c := new(Config)
	root, problem := d.document(data)
	if problem != nil {
		return nil, Errors{problem}
	}
	d.object(value{node: root}, c)
	d.check(c)
	if err := c.applyEnv(env); err != nil {
		d.errs = append(d.errs, err)
	}
	if len(d.errs) > 0 {
		return nil, d.errs.sorted()
	}
	return c, nil
}

// document returns the root node of the one document in data; a null node when
// there is none.
func (d *decoder) document(data []byte) (*yaml.Node, *Error) {
	if len(data) > maxFile {
		return nil, &Error{File: d.file, Line: 1, Col: 1, Message: fmt.Sprintf("the file is larger than %s", formatSize(maxFile))}
	}
	if line, col, bad := firstControl(data); bad {
		return nil, &Error{File: d.file, Line: line, Col: col, Message: "not YAML: the file is not UTF-8 text, or holds control characters"}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, d.syntax(err)
	}
	var first, second yaml.Node
	if err := loader.Load(&first); errors.Is(err, io.EOF) || err == nil && len(first.Content) == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: 1, Column: 1}, nil
	} else if err != nil {
		return nil, d.syntax(err)
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, d.syntax(err)
	default:
		return nil, &Error{File: d.file, Line: max(second.Line, 1), Col: max(second.Column, 1), Message: "a second YAML document begins here", Allowed: "one document"}
	}
	if at, problem := checkExpansion(&first); problem != "" {
		return nil, &Error{File: d.file, Line: at.Line, Col: at.Column, Message: problem}
	}
	return resolve(first.Content[0]), nil
}

// syntax words an error of the YAML library. Its text names what was expected,
// never what the file holds but for names of anchors and tags.
func (d *decoder) syntax(err error) *Error {
	e := &Error{File: d.file, Line: 1, Col: 1, Message: "not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if at, ok := errors.AsType[*yaml.LoadError](err); ok {
		e.Message = "not YAML: " + at.Message
		if at.ContextMsg != "" {
			e.Message += " " + at.ContextMsg
		}
		e.Line, e.Col = max(at.Mark.Line, 1), max(at.Mark.Column, 1)
	}
	return e
}

// firstControl finds the first byte that cannot stand in a YAML file: the
// library refuses it too, but does not say where it is.
func firstControl(data []byte) (line, col int, found bool) {
	line, col = 1, 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return line, col, true
		case r == '\n':
			line, col = line+1, 0
		}
		data, col = data[size:], col+1
	}
	return 0, 0, false
}
