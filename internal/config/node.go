package config

import (
	"fmt"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// value is a node of the file with the place it has in the configuration.
type value struct {
	node  *yaml.Node // never an alias
	path  string     // as written in the file, for people
	canon string     // the same with every key in its own spelling, for look-ups
}

// place is where something was written.
type place struct {
	node *yaml.Node
	path string
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// joinPath appends a key to a path: a.b, or a["b.c"] where a dot would mislead.
func joinPath(path, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// showPath is joinPath for people, who do not need the whole of a long key.
func showPath(path, key string) string { return joinPath(path, clip(key)) }

func (v value) child(key, canon string, node *yaml.Node) value {
	return value{node: resolve(node), path: showPath(v.path, key), canon: joinPath(v.canon, canon)}
}

func (v value) item(i int, node *yaml.Node) value {
	suffix := fmt.Sprintf("[%d]", i)
	return value{node: resolve(node), path: v.path + suffix, canon: v.canon + suffix}
}

func (v value) isNull() bool {
	return v.node.Kind == yaml.ScalarNode && v.node.ShortTag() == "!!null"
}

// resolve follows an alias to the node it stands for. checkExpansion has
// excluded cycles.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// maxClip is how much of the file's text a message quotes.
const maxClip = 64

// clip shortens text to what a message quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > maxClip {
		return string(r[:maxClip]) + "…"
	}
	return s
}

// kindOf names what a node is, without showing its content.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!str":
			return "a string"
		case "!!int", "!!float":
			return "a number"
		case "!!bool":
			return "true or false"
		case "!!null":
			return "nothing"
		case "!!timestamp":
			return "a date"
		}
		return "a value tagged " + strconv.Quote(clip(n.ShortTag()))
	default:
		return "something unknown"
	}
}

// maxExpanded bounds how many nodes a file may have once every alias is
// replaced by what it stands for.
const maxExpanded = 500_000

// checkExpansion refuses aliases that contain themselves and files that grow
// beyond maxExpanded by their aliases ("billion laughs"), so that nothing after
// it needs a bound. It visits every node of the file once. The node returned
// is where the trouble is.
func checkExpansion(root *yaml.Node) (*yaml.Node, string) {
	e := expansion{size: make(map[*yaml.Node]int)}
	e.measure(root)
	return e.at, e.problem
}

type expansion struct {
	size    map[*yaml.Node]int // 0 while a node is being measured
	at      *yaml.Node
	problem string
}

func (e *expansion) measure(n *yaml.Node) int {
	if size, seen := e.size[n]; seen {
		if size == 0 {
			e.fail(n, "an alias stands inside the anchor it refers to")
		}
		return size
	}
	e.size[n] = 0
	total := 1
	if n.Kind == yaml.AliasNode {
		total += e.measure(n.Alias)
	}
	for _, c := range n.Content {
		if e.problem != "" {
			break
		}
		total += e.measure(c)
	}
	if total > maxExpanded {
		e.fail(n, fmt.Sprintf("the aliases expand to more than %d values", maxExpanded))
	}
	e.size[n] = total
	return total
}

func (e *expansion) fail(n *yaml.Node, problem string) {
	if e.problem == "" {
		e.at, e.problem = n, problem
	}
}
