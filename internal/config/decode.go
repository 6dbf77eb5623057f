package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/catalog"
)

// decoder reads one file. Every method that finds a problem reports it and
// goes on, so that all of them are known at the end.
type decoder struct {
	file    string
	env     LookupEnv
	catalog *catalog.Catalog
	errs    Errors
	// places says where each value that is in the file stands, by its
	// canonical path, for the checks that follow the decoding.
	places map[string]place
}

func (d *decoder) report(at *yaml.Node, path string, e Error) {
	e.File, e.Line, e.Col, e.Path = d.file, at.Line, at.Column, path
	d.errs = append(d.errs, &e)
}

// reportAt reports a problem with the value at a canonical path, or, when the
// file does not hold it, with the nearest thing around it.
func (d *decoder) reportAt(canon string, e Error) {
	for {
		if p, ok := d.places[canon]; ok {
			d.report(p.node, p.path, e)
			return
		}
		cut := strings.LastIndexAny(canon, ".[")
		if cut < 0 {
			d.errs = append(d.errs, &Error{File: d.file, Line: 1, Col: 1, Message: e.Message, Found: e.Found, Allowed: e.Allowed, Hint: e.Hint})
			return
		}
		canon = canon[:cut]
	}
}

// has reports whether the file gives the value at the canonical path.
func (d *decoder) has(canon string) bool {
	_, ok := d.places[canon]
	return ok
}

// field is one key of a struct of the configuration, from its tags.
type field struct {
	index    int
	name     string // "" for what is not a key
	also     string
	was      []string
	def      string
	hasDef   bool
	enum     []string
	min, max string
	required bool
	size     bool
	ref      bool
	typ      reflect.Type
}

func fieldsOf(t reflect.Type) []field {
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		sf := t.Field(i)
		name := sf.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		f := field{
			index: i, name: name, typ: sf.Type,
			also: sf.Tag.Get("also"), min: sf.Tag.Get("min"), max: sf.Tag.Get("max"),
			required: sf.Tag.Get("required") != "", size: sf.Tag.Get("size") != "", ref: sf.Tag.Get("ref") != "",
		}
		f.def, f.hasDef = sf.Tag.Lookup("default")
		f.was, f.enum = splitTag(sf.Tag.Get("was")), splitTag(sf.Tag.Get("enum"))
		fields = append(fields, f)
	}
	return fields
}

func splitTag(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// object fills the struct that out points to from the mapping v, defaults
// first. Keys that the struct does not have are reported.
func (d *decoder) object(v value, out any) {
	dst := reflect.ValueOf(out).Elem()
	fields := fieldsOf(dst.Type())
	d.defaults(fields, dst)
	entries, ok := d.mapping(v, "a mapping")
	if !ok {
		return
	}
	given := make(map[string]entry, len(entries))
	for _, e := range entries {
		i := slices.IndexFunc(fields, func(f field) bool { return e.key == f.name || e.key == f.also && f.also != "" })
		if i < 0 {
			d.unknownKey(v, e, fields)
			continue
		}
		f := fields[i]
		if first, twice := given[f.name]; twice {
			d.report(e.node, showPath(v.path, e.key), Error{Message: fmt.Sprintf("%s and %s are the same setting; give one of them", first.key, e.key)})
			continue
		}
		given[f.name] = e
		child := v.child(e.key, f.name, e.val)
		if child.isNull() { // a key with nothing behind it is as good as absent
			continue
		}
		d.places[child.canon] = place{node: child.node, path: child.path}
		d.into(child, f, dst.Field(f.index).Addr().Interface())
	}
	for _, f := range fields {
		if _, ok := given[f.name]; f.required && (!ok || !d.has(joinPath(v.canon, f.name))) {
			d.missing(v, f.name, f.also)
		}
	}
}

// missing reports that v lacks a key it must have.
func (d *decoder) missing(v value, name, also string) {
	allowed := ""
	if also != "" {
		allowed = name + " or " + also
	}
	d.reportAt(v.canon, Error{Message: name + " is required", Allowed: allowed})
}

// extension starts the top-level keys that are ignored: a place for anchors.
const extension = "x-"

func (d *decoder) unknownKey(v value, e entry, fields []field) {
	if v.canon == "" && strings.HasPrefix(e.key, extension) {
		return
	}
	var names []string
	hint := ""
	for _, f := range fields {
		names = append(names, f.name)
		if slices.Contains(f.was, e.key) {
			hint = fmt.Sprintf("did you mean %q?", f.name)
		}
	}
	if hint == "" {
		hint = didYouMean(e.key, names)
	}
	slices.Sort(names)
	d.report(e.node, showPath(v.path, e.key), Error{
		Message: "unknown key", Found: fmt.Sprintf("%q", clip(e.key)), Allowed: strings.Join(names, ", "), Hint: hint,
	})
}

// defaults sets what the default tags say. The tags are ours, so a problem
// with one is a defect that the tests find: it would be reported like any
// other.
func (d *decoder) defaults(fields []field, dst reflect.Value) {
	for _, f := range fields {
		if f.hasDef {
			node := &yaml.Node{Kind: yaml.ScalarNode, Tag: defaultTag(f.typ), Value: f.def}
			d.into(value{node: node, path: f.name, canon: f.name}, f, dst.Field(f.index).Addr().Interface())
		} else if f.typ.Kind() == reflect.Struct && f.typ != reflect.TypeFor[Secret]() {
			d.defaults(fieldsOf(f.typ), dst.Field(f.index)) // a section that the file may leave out
		}
	}
}

func defaultTag(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "!!bool"
	case reflect.Int:
		return "!!int"
	default:
		return "!!str"
	}
}
