package gemini_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plexus-gateway/plexus/internal/llm"
	"github.com/plexus-gateway/plexus/internal/wire"
	"github.com/plexus-gateway/plexus/internal/wire/gemini"
	"github.com/plexus-gateway/plexus/internal/wire/wirejson"
)

type tester interface {
	require.TestingT
	Helper()
}

// cleaned returns a schema as the response schema of a target that knows the
// subset only.
func cleaned(t tester, schema string) (string, bool) {
	t.Helper()
	r := &llm.Request{
		Messages: []llm.Message{user(text("q"))},
		Format:   &llm.Format{Type: "json_schema", Schema: llm.Raw(schema)},
	}
	out, losses, err := gemini.Codec{SchemaSubset: true}.EncodeRequest(r, wire.Target{Model: "m"})
	require.NoError(t, err)
	got := wirejson.Member(wirejson.Member(out.Body, "generationConfig"), "responseSchema")
	return string(got), strings.Contains(codes(losses), "schema")
}

// parameters returns a schema as the parameters of a function.
func parameters(t tester, schema string) (string, bool) {
	t.Helper()
	r := &llm.Request{
		Messages: []llm.Message{user(text("q"))},
		Tools:    []llm.Tool{{Kind: llm.ToolFunction, Name: "f", Schema: llm.Raw(schema)}},
	}
	out, losses, err := gemini.Codec{SchemaSubset: true}.EncodeRequest(r, wire.Target{Model: "m"})
	require.NoError(t, err)
	var decl llm.Raw
	for _, v := range wirejson.Elements(wirejson.Member(out.Body, "tools")) {
		for _, d := range wirejson.Elements(wirejson.Member(v, "functionDeclarations")) {
			decl = d
		}
	}
	return string(wirejson.Member(decl, "parameters")), strings.Contains(codes(losses), "schema")
}

func TestCleanSchema(t *testing.T) {
	tests := []struct {
		name, in, want string
		lossy          bool
	}{
		{
			"additionalProperties at every level",
			`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"object","additionalProperties":false,"properties":{"b":{"type":"array","items":{"type":"object","additionalProperties":false,"properties":{"c":{"type":"string"}}}}}}}}`,
			`{"type":"OBJECT","properties":{"a":{"type":"OBJECT","properties":{"b":{"type":"ARRAY","items":{"type":"OBJECT","properties":{"c":{"type":"STRING"}}}}}}}}`, false,
		},
		{"a map type is lost", `{"type":"object","additionalProperties":{"type":"string"}}`, `{"type":"OBJECT"}`, true},
		{
			"properties named as keywords stay",
			`{"type":"object","properties":{"format":{"type":"string"},"default":{"type":"integer"},"title":{"type":"string"},"additionalProperties":{"type":"boolean"},"$ref":{"type":"string"},"type":{"type":"string"},"properties":{"type":"string"}},"required":["format","type"]}`,
			`{"type":"OBJECT","properties":{"format":{"type":"STRING"},"default":{"type":"INTEGER"},"title":{"type":"STRING"},"additionalProperties":{"type":"BOOLEAN"},"$ref":{"type":"STRING"},"type":{"type":"STRING"},"properties":{"type":"STRING"}},"required":["format","type"]}`, false,
		},
		{"keywords the API keeps", `{"type":"string","title":"T","description":"D","default":"x","minLength":1,"maxLength":2,"pattern":"^a"}`, `{"type":"STRING","title":"T","description":"D","default":"x","minLength":1,"maxLength":2,"pattern":"^a"}`, false},
		{"keywords it does not", `{"type":"array","items":{"type":"string"},"uniqueItems":true}`, `{"type":"ARRAY","items":{"type":"STRING"}}`, true},
		{"annotations go silently", `{"$schema":"x","$id":"y","$comment":"z","type":"string","examples":["a"],"x-own":1,"strict":true}`, `{"type":"STRING"}`, false},
		{"references", `{"$defs":{"A":{"type":"string"}},"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"d"},"b":{"$ref":"#/$defs/A"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"d"},"b":{"type":"STRING"}}}`, false},
		{"definitions", `{"definitions":{"A":{"type":"integer"}},"$ref":"#/definitions/A"}`, `{"type":"INTEGER"}`, false},
		{"escaped pointer", `{"$defs":{"a/b":{"type":"integer"}},"$ref":"#/$defs/a~1b"}`, `{"type":"INTEGER"}`, false},
		{"pointer into an array", `{"anyOf":[{"type":"integer"},{"$ref":"#/anyOf/0"}]}`, `{"anyOf":[{"type":"INTEGER"},{"type":"INTEGER"}]}`, false},
		{"recursion is cut", `{"$defs":{"N":{"type":"object","properties":{"v":{"type":"string"},"next":{"$ref":"#/$defs/N"}}}},"$ref":"#/$defs/N"}`, `{"type":"OBJECT","properties":{"v":{"type":"STRING"},"next":{"type":"OBJECT"}}}`, true},
		{"a reference to itself", `{"$defs":{"A":{"$ref":"#/$defs/A"}},"$ref":"#/$defs/A"}`, `{"type":"STRING"}`, true},
		{"a reference to nowhere", `{"$ref":"https://e.example/s.json","description":"d"}`, `{"type":"OBJECT","description":"d"}`, true},
		{"nullable by type", `{"type":["string","null"]}`, `{"type":"STRING","nullable":true}`, false},
		{"several types", `{"type":["string","integer","null"],"minimum":1,"minLength":2}`, `{"anyOf":[{"type":"STRING","minLength":2,"nullable":true},{"type":"INTEGER","minimum":1,"nullable":true}]}`, false},
		{"nullable by union", `{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d","default":null}`, `{"type":"STRING","description":"d","nullable":true}`, false},
		{"union", `{"anyOf":[{"type":"string"},{"type":"number"}]}`, `{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}`, false},
		{"oneOf", `{"oneOf":[{"type":"string"},{"type":"number"}]}`, `{"anyOf":[{"type":"STRING"},{"type":"NUMBER"}]}`, true},
		{"union of constants", `{"anyOf":[{"const":"a"},{"const":"b"},{"enum":["b","c"]}]}`, `{"type":"STRING","enum":["a","b","c"]}`, false},
		{
			"what stands beside a union moves in",
			`{"type":"object","properties":{"k":{"type":"string"}},"required":["k"],"anyOf":[{"properties":{"a":{"type":"string"}}},{"required":["k"]}]}`,
			`{"anyOf":[{"type":"OBJECT","properties":{"a":{"type":"STRING"},"k":{"type":"STRING"}},"required":["k"]},{"type":"OBJECT","properties":{"k":{"type":"STRING"}},"required":["k"]}]}`, false,
		},
		{"unions in unions", `{"anyOf":[{"anyOf":[{"type":"string"},{"type":"number"}]},{"type":"boolean"}]}`, `{"anyOf":[{"type":"STRING"},{"type":"NUMBER"},{"type":"BOOLEAN"}]}`, false},
		{"only null", `{"anyOf":[{"type":"null"}]}`, `{"type":"NULL"}`, false},
		{
			"allOf", `{"$defs":{"B":{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}},"allOf":[{"$ref":"#/$defs/B"},{"properties":{"c":{"type":"integer"}}}],"properties":{"a":{"type":"string"}},"required":["a"]}`,
			`{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"},"c":{"type":"INTEGER"}},"required":["a","b"]}`, false,
		},
		{"allOf that contradicts", `{"allOf":[{"type":"string","maxLength":1},{"type":"string","maxLength":2}]}`, `{"type":"STRING","maxLength":1}`, true},
		{"const", `{"const":"x"}`, `{"type":"STRING","enum":["x"]}`, false},
		{"numeric enum", `{"type":"integer","enum":[1,2,3],"minimum":1}`, `{"type":"STRING","enum":["1","2","3"]}`, true},
		{"enum with null", `{"type":["string","null"],"enum":["a",null]}`, `{"type":"STRING","nullable":true,"enum":["a"]}`, false},
		{"enum with an empty string", `{"enum":["","a"]}`, `{"type":"STRING","enum":["a"]}`, true},
		{"boolean const", `{"const":true}`, `{"type":"BOOLEAN"}`, true},
		{"formats", `{"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"uuid"},"c":{"type":"integer","format":"int64"},"d":{"type":"number","format":"double"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING","format":"date-time"},"b":{"type":"STRING"},"c":{"type":"INTEGER","format":"int64"},"d":{"type":"NUMBER","format":"double"}}}`, true},
		{"exclusive bounds", `{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10}`, `{"type":"INTEGER","minimum":1,"maximum":9}`, false},
		{"exclusive bound of a number", `{"type":"number","exclusiveMinimum":0}`, `{"type":"NUMBER"}`, true},
		{"tuple", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"minItems":2}`, `{"type":"ARRAY","minItems":2,"items":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}}`, true},
		{"array without items", `{"type":"array"}`, `{"type":"ARRAY","items":{"type":"STRING"}}`, true},
		{"required that is not declared", `{"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"]}`, true},
		{"anything", `{"type":"object","properties":{"a":{},"b":true,"c":{"description":"d"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"},"c":{"type":"STRING","description":"d"}}}`, true},
		{"inferred types", `{"properties":{"a":{"items":{"type":"string"}},"b":{"enum":["x"]}}}`, `{"type":"OBJECT","properties":{"a":{"type":"ARRAY","items":{"type":"STRING"}},"b":{"type":"STRING","enum":["x"]}}}`, false},
		{"the API's own", `{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}},"propertyOrdering":["a"]}`, `{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"STRING","nullable":true}}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, lossy := cleaned(t, tt.in)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.lossy, lossy)
			again, _ := cleaned(t, got)
			require.Equal(t, got, again, "cleaning what is clean changes nothing")
		})
	}
}

func TestCleanParameters(t *testing.T) {
	tests := []struct {
		name, in, want string
		lossy          bool
	}{
		{"description and strict of the top go", `{"type":"object","description":"top","strict":true,"properties":{"a":{"type":"string","description":"kept"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"kept"}}}`, false},
		{"a function without parameters has none", `{"type":"object","properties":{},"additionalProperties":false}`, ``, false},
		{"a union becomes one object", `{"anyOf":[{"type":"object","properties":{"a":{"type":"string"},"k":{"type":"string"}},"required":["a","k"]},{"type":"object","properties":{"b":{"type":"string"},"k":{"type":"string"}},"required":["k"]}]}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING"},"k":{"type":"STRING"},"b":{"type":"STRING"}},"required":["k"]}`, true},
		{"no object", `{"type":"string"}`, ``, true},
		{"nullable object", `{"type":["object","null"],"properties":{"a":{"type":"string"}}}`, `{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, lossy := parameters(t, tt.in)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.lossy, lossy)
		})
	}
}

// References that double at each step would grow without bound.
func TestCleanBoundsGrowth(t *testing.T) {
	var defs []string
	for i := range 40 {
		defs = append(defs, fmt.Sprintf(`"D%d":{"type":"object","properties":{"l":{"$ref":"#/$defs/D%d"},"r":{"$ref":"#/$defs/D%d"}}}`, i, i+1, i+1))
	}
	defs = append(defs, `"D40":{"type":"string"}`)
	got, lossy := cleaned(t, `{"$defs":{`+strings.Join(defs, ",")+`},"$ref":"#/$defs/D0"}`)
	require.True(t, lossy)
	require.Less(t, len(got), 2<<20)

	deep := strings.Repeat(`{"type":"array","items":`, 5000) + `{"type":"string"}` + strings.Repeat(`}`, 5000)
	got, lossy = cleaned(t, deep)
	require.True(t, lossy)
	require.NoError(t, wirejson.Check([]byte(got)))

	mutual := `{"$defs":{"A":{"allOf":[{"$ref":"#/$defs/B"},{"$ref":"#/$defs/B"}]},"B":{"allOf":[{"$ref":"#/$defs/A"}],"properties":{"x":{"$ref":"#/$defs/A"},"y":{"$ref":"#/$defs/B"}}}},"$ref":"#/$defs/A"}`
	got, _ = cleaned(t, mutual)
	require.Less(t, len(got), 4096)
}

func TestSchemaCacheGivesTheSame(t *testing.T) {
	c := gemini.New(2)
	c.SchemaSubset = true
	plain := gemini.Codec{SchemaSubset: true}
	for round := range 3 {
		for i := range 4 { // more schemas than the cache holds
			r := &llm.Request{Messages: []llm.Message{user(text("q"))}, Tools: []llm.Tool{{
				Kind: llm.ToolFunction, Name: "f",
				Schema: llm.Raw(fmt.Sprintf(`{"type":"object","properties":{"p%d":{"type":"string","format":"uri"}}}`, i)),
			}}}
			want, wantLosses := encodeRequest(t, plain, r, target)
			got, losses := encodeRequest(t, c, r, target)
			require.Equal(t, want, got, "round %d", round)
			require.Equal(t, wantLosses, losses)
		}
	}
}

// genSchema draws schemas of every form, with property names that look like
// keywords.
func genSchema(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		forms := []string{"string", "integer", "enum", "const", "null", "types", "ref", "any", "bool", "format"}
		if depth > 0 {
			forms = append(forms, "object", "object", "array", "anyOf", "oneOf", "allOf", "tuple")
		}
		sub := func(label string) string { return genSchema(depth-1).Draw(t, label) }
		list := func() string {
			n := rapid.IntRange(1, 3).Draw(t, "n")
			var out []string
			for range n {
				out = append(out, sub("branch"))
			}
			return "[" + strings.Join(out, ",") + "]"
		}
		switch rapid.SampledFrom(forms).Draw(t, "form") {
		case "string":
			return `{"type":"string","minLength":1,"description":"d"}`
		case "integer":
			return `{"type":"integer","exclusiveMinimum":3,"multipleOf":2}`
		case "enum":
			return `{"enum":` + rapid.SampledFrom([]string{`["a","b"]`, `[1,2.5]`, `[null,"x"]`, `[true]`, `[]`, `[{}]`}).Draw(t, "enum") + `}`
		case "const":
			return `{"const":` + rapid.SampledFrom([]string{`"a"`, `1`, `null`, `false`, `{}`}).Draw(t, "const") + `}`
		case "null":
			return `{"type":"null"}`
		case "types":
			return `{"type":["string","null","integer"],"maximum":5}`
		case "ref":
			return `{"$ref":"` + rapid.SampledFrom([]string{"#", "#/$defs/A", "#/$defs/B", "#/none", "urn:x"}).Draw(t, "ref") + `"}`
		case "bool":
			return "true"
		case "format":
			return `{"type":"string","format":"uuid"}`
		case "object":
			var props []string
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"format", "default", "title", "type", "$ref", "a", "additionalProperties"}), 0, 4, rapid.ID).Draw(t, "names") {
				props = append(props, `"`+name+`":`+sub("property"))
			}
			return `{"type":"object","additionalProperties":false,"properties":{` + strings.Join(props, ",") + `},"required":["a","format"]}`
		case "array":
			return `{"type":"array","items":` + sub("items") + `,"uniqueItems":true}`
		case "anyOf":
			return `{"anyOf":` + list() + `,"description":"u"}`
		case "oneOf":
			return `{"oneOf":` + list() + `}`
		case "allOf":
			return `{"allOf":` + list() + `}`
		case "tuple":
			return `{"type":"array","prefixItems":` + list() + `}`
		}
		return `{}`
	})
}

// allowed are the members of the API's Schema.
var allowed = map[string]bool{
	"type": true, "format": true, "title": true, "description": true, "nullable": true, "enum": true, "maxItems": true,
	"minItems": true, "properties": true, "required": true, "minProperties": true, "maxProperties": true, "minLength": true,
	"maxLength": true, "pattern": true, "example": true, "anyOf": true, "propertyOrdering": true, "default": true,
	"items": true, "minimum": true, "maximum": true,
}

// requireLegal checks what the API refuses.
func requireLegal(t tester, schema llm.Raw) {
	t.Helper()
	require.Equal(t, byte('{'), wirejson.KindOf(schema))
	names := map[string]bool{}
	members := map[string]llm.Raw{}
	for name, v := range wirejson.Members(schema) {
		require.True(t, allowed[string(name)], "%s in %s", name, schema)
		require.False(t, names[string(name)], "%s twice in %s", name, schema)
		names[string(name)], members[string(name)] = true, v
	}
	typ, _ := wirejson.Text(members["type"])
	if names["anyOf"] {
		require.Len(t, members, 1, "anyOf stands alone in %s", schema)
	} else {
		require.Contains(t, []string{"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}, typ)
	}
	for _, v := range wirejson.Elements(members["enum"]) {
		require.Equal(t, "STRING", typ)
		s, ok := wirejson.Text(v)
		require.True(t, ok && s != "")
	}
	require.Equal(t, typ == "ARRAY", names["items"])
	for _, v := range wirejson.Elements(members["required"]) {
		name, _ := wirejson.Text(v)
		require.NotNil(t, wirejson.Member(members["properties"], name))
	}
	for _, v := range wirejson.Members(members["properties"]) {
		requireLegal(t, v)
	}
	for _, v := range wirejson.Elements(members["anyOf"]) {
		requireLegal(t, v)
	}
	if names["items"] {
		requireLegal(t, members["items"])
	}
}

func TestCleanedSchemasAreLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root := genSchema(3).Draw(t, "root")
		if !strings.HasPrefix(root, "{}") && strings.HasPrefix(root, "{") {
			root = strings.Replace(root, "{", `{"$defs":{"A":`+genSchema(1).Draw(t, "A")+`,"B":`+genSchema(1).Draw(t, "B")+`},`, 1)
		}
		if !strings.HasPrefix(root, "{") {
			root = "{}"
		}
		got, _ := cleaned(t, root)
		require.NoError(t, wirejson.Check([]byte(got)))
		requireLegal(t, llm.Raw(got))
		again, _ := cleaned(t, got)
		require.Equal(t, got, again)

		if p, _ := parameters(t, root); p != "" {
			requireLegal(t, llm.Raw(p))
			require.True(t, strings.HasPrefix(p, `{"type":"OBJECT"`), p)
		}
	})
}

// The names of an object's properties survive, whatever they are.
func TestCleanKeepsPropertyNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zA-Z_$][a-zA-Z0-9_$]{0,12}`), 1, 6, rapid.ID).Draw(t, "names")
		var props, want []string
		for _, n := range names {
			props = append(props, `"`+n+`":{"type":"string"}`)
			want = append(want, n)
		}
		got, lossy := parameters(t, `{"type":"object","properties":{`+strings.Join(props, ",")+`}}`)
		var have []string
		for n := range wirejson.Members(wirejson.Member([]byte(got), "properties")) {
			have = append(have, string(n))
		}
		require.Equal(t, want, have)
		require.False(t, lossy)
	})
}
