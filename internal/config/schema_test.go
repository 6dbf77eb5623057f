package config_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/plexus-gateway/plexus/internal/config"
)

const (
	schemaFile  = "../../docs/plexus.schema.json"
	exampleFile = "../../docs/plexus.example.yaml"
)

func TestSchemaFile(t *testing.T) {
	s, err := config.Schema()
	require.NoError(t, err)
	golden(t, schemaFile, s)
}

// compiledSchema compiles the schema, which also checks it against draft 2020-12.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := config.Schema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("plexus.schema.json", doc))
	s, err := c.Compile("plexus.schema.json")
	require.NoError(t, err)
	return s
}

// instance reads YAML as an editor does: with merge keys resolved, dates as text.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	var root yaml.Node
	require.NoError(t, yaml.Load(data, &root))
	datesAsText(&root)
	var v map[string]any
	require.NoError(t, root.Decode(&v))
	return v
}

func datesAsText(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!timestamp" {
		n.Tag = "!!str"
	}
	for _, c := range n.Content {
		datesAsText(c)
	}
}

func TestSchemaAcceptsGoodFiles(t *testing.T) {
	s := compiledSchema(t)
	for rule, path := range rules(t, "good") {
		t.Run(rule, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, s.Validate(instance(t, data)))
		})
	}
	require.NoError(t, s.Validate(map[string]any{}), "an empty file")
}

// TestSchemaAndBadFiles checks that the schema refuses those bad files whose
// structure is at fault. The first line of each says whether it is.
func TestSchemaAndBadFiles(t *testing.T) {
	s := compiledSchema(t)
	for rule, path := range rules(t, "bad") {
		t.Run(rule, func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			verdict, _, _ := strings.Cut(string(data), "\n")
			switch verdict {
			case "# schema: refuses":
				require.Error(t, s.Validate(instance(t, data)))
			default:
				require.Equal(t, "# schema: accepts", verdict)
			}
		})
	}
}

func TestExampleFile(t *testing.T) {
	data, err := os.ReadFile(exampleFile)
	require.NoError(t, err)
	require.NoError(t, compiledSchema(t).Validate(instance(t, data)))
	c, err := config.Parse("plexus.example.yaml", data, nil)
	require.NoError(t, err)
	require.Len(t, c.Providers, 5)
	require.Equal(t, ":4000", c.Server.Listen)
}
