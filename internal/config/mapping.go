package config

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// entry is one member of a mapping.
type entry struct {
	key  string
	node *yaml.Node // of the key
	val  *yaml.Node
}

const mergeTag = "!!merge"

// mapping returns the members of v: its own in their order, then those merged
// in with <<. A duplicate key is reported and dropped. Null is an empty
// mapping. It reports false when v is no mapping at all.
func (d *decoder) mapping(v value, allowed string) ([]entry, bool) {
	if v.isNull() {
		return nil, true
	}
	if v.node.Kind != yaml.MappingNode {
		d.wrongKind(v, allowed)
		return nil, false
	}
	seen := make(map[string]*yaml.Node, len(v.node.Content)/2)
	var own []entry
	var merges []*yaml.Node
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key, val := resolve(v.node.Content[i]), v.node.Content[i+1]
		if key.ShortTag() == mergeTag {
			merges = append(merges, val)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			d.report(key, v.path, Error{Message: "a key is not plain text", Found: kindOf(key), Allowed: "a string"})
			continue
		}
		if first, dup := seen[key.Value]; dup {
			d.report(key, showPath(v.path, key.Value), Error{
				Message: fmt.Sprintf("duplicate key, already given at line %d, column %d", first.Line, first.Column),
			})
			continue
		}
		seen[key.Value] = key
		own = append(own, entry{key: key.Value, node: key, val: val})
	}
	for _, m := range merges {
		own = d.merge(v, resolve(m), own, seen)
	}
	return own, true
}

// merge adds to own the members of the merged node (a mapping or a list of
// them) that are not there yet: a mapping's own members win over merged ones,
// earlier merged ones over later (YAML 1.1 type registry, "merge").
func (d *decoder) merge(v value, node *yaml.Node, own []entry, seen map[string]*yaml.Node) []entry {
	if node.Kind == yaml.SequenceNode {
		for _, item := range node.Content {
			own = d.merge(v, resolve(item), own, seen)
		}
		return own
	}
	merged, ok := d.mapping(value{node: node, path: showPath(v.path, "<<"), canon: v.canon}, "a mapping or a list of mappings")
	if !ok {
		return own
	}
	for _, e := range merged {
		if _, have := seen[e.key]; !have {
			seen[e.key] = e.node
			own = append(own, e)
		}
	}
	return own
}

// list calls each for the items of v. Null is an empty list.
func (d *decoder) list(v value, allowed string, each func(value)) {
	if v.isNull() {
		return
	}
	if v.node.Kind != yaml.SequenceNode {
		d.wrongKind(v, allowed)
		return
	}
	for i, n := range v.node.Content {
		each(v.item(i, n))
	}
}

// named calls each for the members of v, a mapping whose keys are names that
// people choose, and remembers where each name stands.
func (d *decoder) named(v value, allowed string, each func(name string, v value)) {
	entries, _ := d.mapping(v, allowed)
	for _, e := range entries {
		child := v.child(e.key, e.key, e.val)
		d.places[child.canon] = place{node: e.node, path: child.path}
		each(e.key, child)
	}
}

// wrongKind reports that v is not what is allowed. It does not show what v
// holds, which may be a secret in the wrong place.
func (d *decoder) wrongKind(v value, allowed string) {
	e := Error{Message: "wrong kind of value", Found: kindOf(v.node), Allowed: allowed}
	quotable := []string{"!!int", "!!float", "!!bool", "!!timestamp"}
	if v.node.Kind == yaml.ScalarNode && allowed == allowedString && slices.Contains(quotable, v.node.ShortTag()) {
		e.Hint = "put it in quotes"
	}
	d.report(v.node, v.path, e)
}

// invalid reports that the scalar v was understood as the right kind but its
// text is not allowed. The text is shown as it stands in the file: what an
// environment variable put in is not.
func (d *decoder) invalid(v value, message, allowed, hint string) {
	d.report(v.node, v.path, Error{Message: message, Found: strconv.Quote(clip(v.node.Value)), Allowed: allowed, Hint: hint})
}
