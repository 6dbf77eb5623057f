package config_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/config"
)

const referenceFile = "../../docs/configuration.md"

// node is what the reference shows of a schema.
type node struct {
	Type                 string         `json:"type"`
	Description          string         `json:"description"`
	Default              jsontext.Value `json:"default"`
	Enum                 []any          `json:"enum"`
	Pattern              string         `json:"pattern"`
	Properties           members        `json:"properties"`
	AdditionalProperties *node          `json:"additionalProperties"`
	Items                *node          `json:"items"`
	AnyOf                []*node        `json:"anyOf"`
	OneOf                []*node        `json:"oneOf"`
}

// UnmarshalJSONFrom reads a schema; true and false are schemas too.
func (n *node) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	type plain node
	return json.UnmarshalDecode(dec, (*plain)(n))
}

// members keeps the order of the properties, which is that of the structs.
type members []member

type member struct {
	name string
	node *node
}

// UnmarshalJSONFrom reads an object in its order.
func (m *members) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		one := member{name: name.String(), node: new(node)}
		if err := json.UnmarshalDecode(dec, one.node); err != nil {
			return err
		}
		*m = append(*m, one)
	}
	_, err := dec.ReadToken()
	return err
}

func schemaTree(t *testing.T) *node {
	t.Helper()
	text, err := config.Schema()
	require.NoError(t, err)
	var root node
	require.NoError(t, json.Unmarshal(text, &root))
	return &root
}

// inner finds the members below n, and the path that leads to them.
func (n *node) inner() (members, string) {
	for _, c := range append([]*node{n}, n.OneOf...) {
		switch {
		case len(c.Properties) > 0:
			return c.Properties, ""
		case c.AdditionalProperties != nil && len(c.AdditionalProperties.Properties) > 0:
			return c.AdditionalProperties.Properties, ".*"
		case c.Items != nil && len(c.Items.Properties) > 0:
			return c.Items.Properties, ".*"
		}
	}
	return nil, ""
}

// walk visits every key below n in order.
func (n *node) walk(path string, visit func(path string, n *node)) {
	below, step := n.inner()
	for _, m := range below {
		at := strings.TrimPrefix(path+step+"."+m.name, ".")
		visit(at, m.node)
		m.node.walk(at, visit)
	}
}

// kind words what a key holds.
func (n *node) kind() string {
	if len(n.Enum) > 0 {
		words := make([]string, len(n.Enum))
		for i, v := range n.Enum {
			words[i] = fmt.Sprintf("`%v`", v)
		}
		return strings.Join(words, ", ")
	}
	var words []string
	for _, c := range append(n.AnyOf, n.OneOf...) {
		if w := c.kind(); w != "" && c.Pattern != `\$\{` {
			words = append(words, w)
		}
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, " or ")
	case n.Type == "object":
		return "mapping"
	case n.Type == "array":
		return "list"
	case n.Type == "boolean":
		return "true or false"
	default:
		return n.Type
	}
}

func reference(t *testing.T) []byte {
	t.Helper()
	head, err := os.ReadFile("testdata/reference/head.md")
	require.NoError(t, err)
	out := bytes.NewBuffer(head)
	schemaTree(t).walk("", func(path string, n *node) {
		if !strings.Contains(path, ".") {
			fmt.Fprintf(out, "\n## %s\n\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", path, n.Description)
			return
		}
		byDefault := ""
		if len(n.Default) > 0 {
			byDefault = "`" + strings.Trim(string(n.Default), `"`) + "`"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", path, n.kind(), byDefault, n.Description)
	})
	return out.Bytes()
}

func TestReferenceFile(t *testing.T) { golden(t, referenceFile, reference(t)) }

// TestEveryKeyIsDescribed also finds descriptions of keys that are gone.
func TestEveryKeyIsDescribed(t *testing.T) {
	table := config.Descriptions()
	schemaTree(t).walk("", func(path string, n *node) {
		require.NotEmpty(t, n.Description, path)
		if !strings.HasPrefix(n.Description, "Another spelling of ") {
			require.Equal(t, table[path], n.Description, path)
		}
		delete(table, path)
	})
	require.Empty(t, table, "descriptions of keys that do not exist")
}

// TestModelTypesOfTheCatalog compares the catalog's list with the tag.
func TestModelTypesOfTheCatalog(t *testing.T) {
	for _, typ := range catalog.ModelTypes() {
		c := parse(t, "providers: {p: {vendor: openai, models: {m: {type: "+string(typ)+"}}}}")
		require.Equal(t, typ, c.Providers[0].Models[0].Type)
	}
	schemaTree(t).walk("", func(path string, n *node) {
		if path == "providers.*.models.*.type" {
			require.Len(t, n.AnyOf[0].Enum, len(catalog.ModelTypes()))
		}
	})
}
