package tokens

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/plexus-gateway/plexus/internal/llm"
)

// Costs of a function's signature in tokens, from OpenAI's published example.
const (
	propertiesCost = 3  // parameters, if there are any
	propertyCost   = 3  // each parameter
	enumCost       = -3 // a parameter that lists its values
	valueCost      = 3  // each of the values
	maxDepth       = 16 // of a schema; deeper parts are not counted

	// serverToolCost is the least for a tool the upstream runs: its definition is
	// the vendor's secret. Recorded and documented are 94 (code execution of
	// Gemini) to 735 (computer use of Anthropic).
	serverToolCost = 94
)

// toolset adds the definitions of tools.
func (m *meter) toolset(tools []llm.Tool) {
	if len(tools) == 0 {
		return
	}
	m.approximate(m.family.tools.once)
	for i := range tools {
		m.tool(&tools[i])
	}
}

func (m *meter) tool(t *llm.Tool) {
	if t.Kind == llm.ToolServer {
		m.approximate(max(m.family.tools.server, serverToolCost))
		return
	}
	m.approximate(m.family.tools.each)
	if t.Grammar != nil {
		m.add(t.Grammar.Definition)
	}
	if t.Native != nil {
		m.json(t.Native.Raw)
		return
	}
	m.schema(t.Name, t.Description, t.Schema)
}

// schema adds what is named and described and has a JSON Schema.
func (m *meter) schema(name, description string, raw llm.Raw) {
	if m.family.tools.signature {
		var s schema
		if len(raw) == 0 || json.Unmarshal(raw, &s, jsontext.AllowDuplicateNames(true)) == nil {
			m.add(name + ":" + strings.TrimSuffix(description, "."))
			m.properties(s.Properties, 0)
			m.definitions(&s)
			return
		}
	}
	m.add(name)
	m.add(description)
	m.json(raw)
}

// schema is what the signature of a function is made from.
type schema struct {
	Type        jsontext.Value    `json:"type"`
	Description string            `json:"description"`
	Properties  map[string]schema `json:"properties"`
	Enum        []jsontext.Value  `json:"enum"`
	Items       *schema           `json:"items"`
	AnyOf       []schema          `json:"anyOf"`
	OneOf       []schema          `json:"oneOf"`
	AllOf       []schema          `json:"allOf"`
	Defs        map[string]schema `json:"$defs"`
	Definitions map[string]schema `json:"definitions"`
}

func (m *meter) properties(all map[string]schema, depth int) {
	if len(all) == 0 || depth > maxDepth {
		return
	}
	m.approximate(propertiesCost)
	for name, p := range all {
		m.approximate(propertyCost)
		kind := strings.Trim(string(p.Type), `"`)
		m.add(name + ":" + kind + ":" + strings.TrimSuffix(p.Description, "."))
		m.body(&p, depth)
	}
}

// body adds what stands inside a schema.
func (m *meter) body(s *schema, depth int) {
	if depth > maxDepth {
		return
	}
	if len(s.Enum) > 0 {
		m.approximate(enumCost)
		for _, v := range s.Enum {
			m.approximate(valueCost)
			m.add(strings.Trim(string(v), `"`))
		}
	}
	m.properties(s.Properties, depth+1)
	if s.Items != nil {
		m.body(s.Items, depth+1)
	}
	for _, list := range [][]schema{s.AnyOf, s.OneOf, s.AllOf} {
		for i := range list {
			m.body(&list[i], depth+1)
		}
	}
}

// definitions adds the schemas that others refer to.
func (m *meter) definitions(s *schema) {
	for _, defs := range []map[string]schema{s.Defs, s.Definitions} {
		for name, d := range defs {
			m.add(name)
			m.body(&d, 1)
		}
	}
}
