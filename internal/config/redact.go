package config

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Redacted returns the effective configuration as YAML: every default filled
// in, every secret as "<secret>". With its secrets put back it reads as the
// same configuration.
func (c *Config) Redacted() ([]byte, error) {
	out, err := yaml.Dump(structNode(reflect.ValueOf(*c)), yaml.WithIndent(2))
	if err != nil {
		return nil, fmt.Errorf("config: write YAML: %w", err)
	}
	return out, nil
}

// structNode writes a struct by its tags. What is empty and has no default is
// left out.
func structNode(v reflect.Value) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v.Type()) {
		if n := fieldNode(v.Field(f.index)); n != nil {
			m.Content = append(m.Content, keyNode(f.name), n)
		}
	}
	return m
}

// fieldNode writes one value, or returns nil for one that is left out.
func fieldNode(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case Secret:
		return secretNode(x)
	case time.Duration:
		return textNode(formatDuration(x))
	case *time.Time:
		if x == nil {
			return nil
		}
		return textNode(x.Format(time.RFC3339Nano))
	case *bool:
		if x == nil {
			return nil
		}
		return literal("!!bool", strconv.FormatBool(*x))
	case bool:
		return literal("!!bool", strconv.FormatBool(x))
	case int:
		return literal("!!int", strconv.Itoa(x))
	case int64:
		return textNode(formatSize(x))
	case []ProviderModel: // none is not the same as absent, which means the vendor's
		return namedNode(x, func(m ProviderModel) string { return m.Name })
	}
	if v.Kind() == reflect.Struct {
		if n := structNode(v); len(n.Content) > 0 {
			return n
		}
		return nil
	}
	if v.IsZero() {
		return nil
	}
	switch x := v.Interface().(type) {
	case []string:
		return listNode(x, textNode)
	case []netip.Prefix:
		return listNode(x, func(p netip.Prefix) *yaml.Node { return textNode(p.String()) })
	case map[llm.Protocol]string:
		return sortedNode(x, textNode)
	case map[string]Secret:
		return sortedNode(x, secretNode)
	case []Target:
		return listNode(x, func(t Target) *yaml.Node { return structNode(reflect.ValueOf(t)) })
	case []Provider:
		return namedNode(x, func(p Provider) string { return p.Slug })
	case []Alias:
		return namedNode(x, func(a Alias) string { return a.Name })
	case []Key:
		return namedNode(x, func(k Key) string { return k.Name })
	}
	return textNode(v.String())
}

func listNode[T any](items []T, node func(T) *yaml.Node) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	for _, item := range items {
		list.Content = append(list.Content, node(item))
	}
	return list
}

func sortedNode[K ~string, V any](m map[K]V, node func(V) *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n := node(m[k])
		if n == nil {
			n = textNode("")
		}
		out.Content = append(out.Content, keyNode(string(k)), n)
	}
	return out
}

func namedNode[T any](items []T, name func(T) string) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	for _, item := range items {
		out.Content = append(out.Content, keyNode(name(item)), structNode(reflect.ValueOf(item)))
	}
	return out
}

func secretNode(s Secret) *yaml.Node {
	if s.IsZero() {
		return nil
	}
	return textNode(s.String())
}

// textNode writes a string value; $ is doubled, as the file wants it.
func textNode(s string) *yaml.Node {
	return literal("!!str", strings.ReplaceAll(s, "$", "$$"))
}

// keyNode writes a key, in which $ has no meaning.
func keyNode(s string) *yaml.Node { return literal("!!str", s) }

func literal(tag, s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}
