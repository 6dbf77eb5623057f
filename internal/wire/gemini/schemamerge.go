package gemini

import "slices"

func firstOf(nodes ...*node) *node {
	for _, n := range nodes {
		if n != nil {
			return n
		}
	}
	return nil
}

// reference inlines what ref points to; keywords beside it win. A reference
// inside itself is cut off: the API has no recursion.
func (c *cleaner) reference(n *node, ref string) *subset {
	target := c.root.pointer(ref)
	if target == nil || slices.Contains(c.refs, ref) {
		c.lossy = true
		return &subset{typ: "OBJECT", keep: described(n)}
	}
	if target.kind != '{' {
		return c.anything()
	}
	return c.within(func() *subset { return c.schema(c.resolved(n, ref)) })
}

// within forgets the references that fn follows when it is done.
func (c *cleaner) within(fn func() *subset) *subset {
	followed := len(c.refs)
	s := fn()
	c.refs = c.refs[:followed]
	return s
}

func described(n *node) []namedNode {
	if d := n.get("description"); d.text() != "" {
		return []namedNode{{"description", d}}
	}
	return nil
}

// mergeAll folds allOf into the schema that holds it: properties and required
// add up, of other keywords the first wins.
func (c *cleaner) mergeAll(n *node) *node {
	out := &node{kind: '{'}
	add := func(part *node) {
		for _, m := range part.members {
			if m.name != "allOf" {
				c.mergeMember(out, m)
			}
		}
	}
	add(n)
	for _, part := range n.get("allOf").items {
		if ref := part.get("$ref").text(); ref != "" {
			part = c.resolved(part, ref)
		}
		if part.get("allOf") != nil {
			part = c.mergeAll(part)
		}
		add(part)
	}
	return out
}

// resolved returns part with the target of its reference in it; keywords beside
// the reference win. The reference is noted as followed.
func (c *cleaner) resolved(part *node, ref string) *node {
	for ref != "" {
		target := c.root.pointer(ref)
		if target == nil || target.kind != '{' || slices.Contains(c.refs, ref) {
			c.lossy = true
			return &node{kind: '{', members: described(part)}
		}
		c.refs = append(c.refs, ref)
		merged := &node{kind: '{'}
		for _, m := range part.members {
			if m.name != "$ref" {
				merged.members = append(merged.members, m)
			}
		}
		for _, m := range target.members {
			c.mergeMember(merged, m)
		}
		part, ref = merged, merged.get("$ref").text()
	}
	return part
}

func (c *cleaner) mergeMember(out *node, m namedNode) {
	for i, have := range out.members {
		if have.name != m.name {
			continue
		}
		switch m.name {
		case "properties":
			merged := &node{kind: '{', members: slices.Clone(have.members)}
			for _, p := range m.members {
				if have.get(p.name) == nil {
					merged.members = append(merged.members, p)
				}
			}
			out.members[i].node = merged
		case "required":
			out.members[i].node = &node{kind: '[', items: append(slices.Clone(have.items), m.items...)}
		case "description", "title", "$defs", "definitions":
		default:
			if string(jsonOf(have.write)) != string(jsonOf(m.write)) {
				c.lossy = true
			}
		}
		return
	}
	out.members = append(out.members, m)
}

// union cleans anyOf and oneOf. The API wants anyOf to stand alone, so what
// stands beside it moves into the branches.
func (c *cleaner) union(n, union *node) *subset {
	beside := &node{kind: '{'}
	for _, m := range n.members {
		if m.name != "anyOf" && m.name != "oneOf" {
			beside.members = append(beside.members, m)
		}
	}
	if n.get("oneOf") != nil {
		c.lossy = true // "exactly one" becomes "at least one"
	}
	var out []*subset
	nullable := beside.get("nullable").isTrue()
	for _, branch := range union.items {
		if isNullSchema(branch) {
			nullable = true
			continue
		}
		out = append(out, c.branch(branch, beside))
	}
	return either(out, nullable, n)
}

// either joins branches: those that are only null make the rest nullable, and
// one that is left needs no union.
func either(list []*subset, nullable bool, n *node) *subset {
	list = slices.DeleteFunc(flatten(list), func(s *subset) bool {
		nullable = nullable || s.typ == "NULL"
		return s.typ == "NULL"
	})
	if len(list) == 0 {
		return &subset{typ: "NULL", keep: described(n)}
	}
	joined := list[0]
	if len(list) > 1 {
		joined = oneEnum(list)
	}
	if joined != nil {
		joined.nullable = joined.nullable || nullable
		return joined
	}
	for _, s := range list {
		s.nullable = s.nullable || nullable
	}
	return &subset{anyOf: list}
}

// branch cleans one branch together with what stands beside the union.
func (c *cleaner) branch(branch, beside *node) *subset {
	if branch.kind != '{' {
		return c.anything()
	}
	if len(beside.members) == 0 {
		return c.schema(branch)
	}
	return c.within(func() *subset { return c.schema(c.withBeside(branch, beside)) })
}

func (c *cleaner) withBeside(branch, beside *node) *node {
	if ref := branch.get("$ref").text(); ref != "" {
		branch = c.resolved(branch, ref)
	}
	merged := &node{kind: '{', members: slices.Clone(branch.members)}
	for _, m := range beside.members {
		switch {
		case m.name == "title", m.name == "default", m.name == "$defs", m.name == "definitions", m.name == "nullable":
		case m.name == "description" && branch.get("description") != nil:
		case m.name == "type" && branch.get("type") != nil:
		default:
			c.mergeMember(merged, m)
		}
	}
	return merged
}

func isNullSchema(n *node) bool {
	if n.get("type").text() == "null" || n.get("type").text() == "NULL" {
		return true
	}
	if k := n.get("const"); k != nil {
		return k.kind == 'n'
	}
	e := n.get("enum")
	return e != nil && len(e.items) == 1 && e.items[0].kind == 'n'
}

// oneEnum joins branches that are all enums of strings.
func oneEnum(list []*subset) *subset {
	joined := &subset{typ: "STRING"}
	for _, s := range list {
		if s.typ != "STRING" || len(s.enum) == 0 {
			return nil
		}
		for _, e := range s.enum {
			if !slices.Contains(joined.enum, e) {
				joined.enum = append(joined.enum, e)
			}
		}
		joined.nullable = joined.nullable || s.nullable
	}
	joined.keep = list[0].keep
	return joined
}

// flatten takes unions inside a union apart.
func flatten(list []*subset) []*subset {
	var out []*subset
	for _, s := range list {
		if len(s.anyOf) > 0 {
			for _, inner := range s.anyOf {
				inner.nullable = inner.nullable || s.nullable
				out = append(out, inner)
			}
			continue
		}
		out = append(out, s)
	}
	return out
}
