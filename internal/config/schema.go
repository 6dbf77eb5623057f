package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/plexus-gateway/plexus/internal/catalog"
	"github.com/plexus-gateway/plexus/internal/llm"
)

// envPattern matches text that an environment variable decides.
const envPattern = `\$\{`

// Schema returns the JSON Schema (draft 2020-12) of plexus.yaml, for editors.
// It says what the structs say; what concerns several values at once, such as
// references, only Parse checks.
func Schema() ([]byte, error) {
	s := schemaOf(reflect.TypeFor[Config](), "")
	s.Version = jsonschema.Version
	s.Title = "plexus.yaml"
	s.Description = "Configuration of the Plexus gateway"
	s.PatternProperties = map[string]*jsonschema.Schema{"^" + extension: jsonschema.TrueSchema}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("config: write schema: %w", err)
	}
	return append(out, '\n'), nil
}

// schemaOf describes a struct of the configuration. at is the path of the
// struct in the table of descriptions.
func schemaOf(t reflect.Type, at string) *jsonschema.Schema {
	r := jsonschema.Reflector{
		FieldNameTag: "yaml", Anonymous: true, DoNotReference: true, RequiredFromJSONSchemaTags: true,
		// The reflector gives the members and their order; each member is
		// described below, by its tags.
		Mapper: func(member reflect.Type) *jsonschema.Schema {
			if member == t {
				return nil
			}
			return &jsonschema.Schema{}
		},
	}
	s := r.ReflectFromType(t)
	s.Version = ""
	text := descriptions()
	for _, f := range fieldsOf(t) {
		path := strings.TrimPrefix(at+"."+f.name, ".")
		member := memberSchema(f, path)
		member.Description = text[path]
		setDefault(member, f)
		s.Properties.Set(f.name, member)
		if f.also != "" {
			twin := *member
			twin.Description = "Another spelling of " + f.name + "."
			s.Properties.Set(f.also, &twin)
		}
		switch {
		case f.required && f.also != "":
			s.AnyOf = []*jsonschema.Schema{{Required: []string{f.name}}, {Required: []string{f.also}}}
		case f.required:
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

// memberSchema describes one key by the type of its field.
func memberSchema(f field, path string) *jsonschema.Schema {
	switch f.typ {
	case reflect.TypeFor[string](), reflect.TypeFor[catalog.ModelType]():
		return stringSchema(f)
	case reflect.TypeFor[Secret]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[bool](), reflect.TypeFor[*bool]():
		return orEnv(&jsonschema.Schema{Type: "boolean"})
	case reflect.TypeFor[int]():
		return orEnv(&jsonschema.Schema{Type: "integer", Minimum: json.Number(f.min), Maximum: json.Number(f.max)})
	case reflect.TypeFor[int64]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: "0"},
			{Type: "string", Pattern: `^[0-9]+ *([KMGT]i?B|kB|B)?$|` + envPattern},
		}}
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Const: 0},
			{Type: "string", Pattern: `^([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$|^0$|` + envPattern},
		}}
	case reflect.TypeFor[*time.Time]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt].*)?$|` + envPattern}
	case reflect.TypeFor[[]string](), reflect.TypeFor[[]netip.Prefix]():
		return &jsonschema.Schema{Type: "array", Items: nonEmpty()}
	case reflect.TypeFor[map[llm.Protocol]string]():
		return baseURLSchema()
	case reflect.TypeFor[map[string]Secret]():
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}}
	default:
		return nestedSchema(f, path)
	}
}

// nestedSchema describes a key that holds structs.
func nestedSchema(f field, path string) *jsonschema.Schema {
	entry := path + ".*"
	switch f.typ {
	case reflect.TypeFor[[]Provider]():
		return namedSchema(schemaOf(reflect.TypeFor[Provider](), entry), &jsonschema.Schema{Pattern: namePattern})
	case reflect.TypeFor[[]Key]():
		return namedSchema(schemaOf(reflect.TypeFor[Key](), entry), &jsonschema.Schema{Pattern: namePattern})
	case reflect.TypeFor[[]Alias]():
		return namedSchema(aliasSchema(entry), nonEmpty())
	case reflect.TypeFor[[]Target]():
		return &jsonschema.Schema{Type: "array", Items: schemaOf(reflect.TypeFor[Target](), path+".*")}
	case reflect.TypeFor[[]ProviderModel]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "array", Items: nonEmpty(), UniqueItems: true},
			namedSchema(schemaOf(reflect.TypeFor[ProviderModel](), entry), nonEmpty()),
		}}
	default:
		return schemaOf(f.typ, path)
	}
}

// aliasSchema describes an alias: with targets, or in the short form.
func aliasSchema(at string) *jsonschema.Schema {
	s := schemaOf(reflect.TypeFor[aliasForm](), at)
	s.OneOf = []*jsonschema.Schema{
		{Required: []string{"targets"}},
		{Required: []string{"provider"}, AnyOf: []*jsonschema.Schema{{Required: []string{"model"}}, {Required: []string{"model_id"}}}},
	}
	return s
}

func namedSchema(entry, name *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", PropertyNames: name, AdditionalProperties: entry}
}

func nonEmpty() *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{Type: "string", MinLength: &one}
}

func baseURLSchema() *jsonschema.Schema {
	names := make([]any, 0, len(protocolNames()))
	for _, n := range protocolNames() {
		names = append(names, n)
	}
	one := uint64(1)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
		nonEmpty(),
		{Type: "object", PropertyNames: &jsonschema.Schema{Enum: names}, AdditionalProperties: nonEmpty(), MinProperties: &one},
	}}
}

func stringSchema(f field) *jsonschema.Schema {
	if f.enum == nil {
		if f.required {
			return nonEmpty()
		}
		return &jsonschema.Schema{Type: "string"}
	}
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range f.enum {
		s.Enum = append(s.Enum, v)
	}
	return orEnv(s)
}

// orEnv allows text with a variable beside what s allows.
func orEnv(s *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Type: "string", Pattern: envPattern}}}
}

// setDefault puts the default tag into the schema, as the type writes it.
func setDefault(s *jsonschema.Schema, f field) {
	if !f.hasDef {
		return
	}
	s.Default = f.def
	if tag := defaultTag(f.typ); slices.Contains([]string{"!!int", "!!bool"}, tag) {
		s.Default = json.RawMessage(f.def)
	}
}
